//! `Server-Timing`: what an answer took, for those who ask and may know.

use lectern_tests::{Answer, Client, Installation, Server};

const HOST: &str = "video.uni.example";
const PASSWORD: &str = "looks at the clock";

fn server(installation: &Installation, arguments: &[&str]) -> Server {
    installation.init("uni", "University", HOST, "admin", PASSWORD);
    Server::start_with(installation, arguments)
}

fn asking(server: &Server) -> Client {
    server.client(HOST).with_header("x-lectern-timing", "1")
}

/// The names and the milliseconds of an answer's `Server-Timing`, which must be what the specification of the W3C says.
#[track_caller]
fn timing(answer: &Answer) -> Vec<(String, f64)> {
    let field = answer
        .header("server-timing")
        .unwrap_or_else(|| panic!("{answer}\nhas no times"));
    let metric = |metric: &str| {
        let mut parts = metric.trim().split(';');
        let name = parts.next().expect("a name").to_owned();
        let is_token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let duration = parts.next().and_then(|part| part.strip_prefix("dur=")?.parse().ok());
        let described = parts.all(|part| part.starts_with("desc=\"") && part.ends_with('"'));
        assert!(is_token && described, "{field}");
        (name, duration.unwrap_or_else(|| panic!("{field}")))
    };
    field.split(',').map(metric).collect()
}

#[test]
fn an_answer_says_what_it_took_to_whoever_asks_and_is_known() {
    let installation = Installation::empty();
    let server = server(&installation, &[]);
    let admin = asking(&server).with_credentials("admin", PASSWORD);
    let times = timing(&admin.get("/api/events").send().expect(200));
    let names: Vec<&str> = times.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "route",
        "queue",
        "instantiate",
        "authenticate",
        "handler",
        "data",
        "total",
    ];
    assert_eq!(names, expected);
    let (_, total) = times.last().expect("a total");
    let parts: f64 = times.iter().take(6).map(|(_, time)| time).sum();
    assert!(*total > 0.0 && parts <= *total, "{times:?}");
}

#[test]
fn nobody_is_told_who_does_not_ask() {
    let installation = Installation::empty();
    let server = server(&installation, &["--server-timing", "all"]);
    let admin = server.client(HOST).with_credentials("admin", PASSWORD);
    for client in [&admin, &admin.with_header("x-lectern-timing", "0")] {
        let answer = client.get("/api/events").send().expect(200);
        assert_eq!(answer.header("server-timing"), None, "{answer}");
    }
}

#[test]
fn strangers_are_told_nothing() {
    let installation = Installation::empty();
    let server = server(&installation, &[]);
    let wrong = asking(&server).with_credentials("admin", "wrong");
    for (client, path, status) in [
        (asking(&server), "/api", 200),
        (asking(&server), "/health/live", 200),
        (asking(&server), "/api/events", 401),
        (wrong, "/api/events", 401),
    ] {
        let answer = client.get(path).send().expect(status);
        assert_eq!(answer.header("server-timing"), None, "{answer}");
    }
}

#[test]
fn the_operator_decides_who_is_told() {
    let installation = Installation::empty();
    let open = server(&installation, &["--server-timing", "all"]);
    timing(&asking(&open).get("/api").send().expect(200));
    timing(&asking(&open).get("/health/live").send().expect(200));
    let closed = Server::start_with(&installation, &["--server-timing", "off"]);
    let admin = asking(&closed).with_credentials("admin", PASSWORD);
    let answer = admin.get("/api/events").send().expect(200);
    assert_eq!(answer.header("server-timing"), None, "{answer}");
}
