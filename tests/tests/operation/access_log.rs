//! The access log: who asked what, who answered, how it ended, and how long each part took.

use std::io::Read;

use lectern_tests::client::basic;
use lectern_tests::content::{self, owned_by};
use lectern_tests::log::Line;
use lectern_tests::metrics::Metrics;
use lectern_tests::raw::Connection;
use lectern_tests::{Answer, Client, Form, Installation, Server};
use serde_json::{Value, json};

const HOST: &str = "video.uni.example";
const PASSWORD: &str = "writes it down";
const LMS: &str = "lms";

/// The arguments for each of the two formats.
const FORMATS: [&[&str]; 2] = [&[], &["--log-format", "json"]];

/// Parts of the time of a request that do not overlap, as its client does not keep it waiting.
const PARTS: [&str; 7] = [
    "route_us",
    "queue_us",
    "instantiate_us",
    "authenticate_us",
    "handler_us",
    "data_us",
    "encode_us",
];

fn installation() -> Installation {
    let installation = Installation::empty();
    installation.init("uni", "University", HOST, "admin", PASSWORD);
    installation.add_user("uni", LMS, PASSWORD, "Learning Management", &["ROLE_API", "ROLE_SUDO"]);
    installation.add_user("uni", "ada", PASSWORD, "Ada", &["ROLE_API"]);
    installation
}

/// A server beside whose handlers is one that misbehaves.
fn misbehaving(installation: &Installation) -> Server {
    let folder = installation.components_with("misbehaving");
    Server::start_with(installation, &["--components", folder.to_str().expect("a path")])
}

fn user(server: &Server, name: &str) -> Client {
    server.client(HOST).with_credentials(name, PASSWORD)
}

/// The name of the request that was answered with this.
fn request(answer: &Answer) -> &str {
    answer.header("x-request-id").expect("the name of the request")
}

#[test]
fn a_line_names_request_tenant_user_component_version_and_the_time_of_each_part() {
    for format in FORMATS {
        let installation = installation();
        let server = Server::start_with(&installation, format);
        let admin = user(&server, "admin");
        let series = admin
            .post("/api/series?why=x%20y")
            .multipart(&content::series_form(
                &json!({ "title": "Rust" }),
                &owned_by("ROLE_USER"),
            ))
            .header("user-agent", "Portal/1.0 (\"test\")")
            .send()
            .expect(201);
        let list = admin.get("/api/series").send().expect(200);
        let log = server.log();
        let line = Line::of(&log, request(&series));
        for (name, value) in [
            ("tenant", "uni"),
            ("client", "127.0.0.1"),
            ("user", "admin"),
            ("run_as", "-"),
            ("component", "series"),
            ("method", "POST"),
            ("path", "/api/series"),
            ("query", "why=x%20y"),
            ("status", "201"),
            ("end", "complete"),
            ("failure", "-"),
            ("agent", "Portal/1.0 (\"test\")"),
        ] {
            assert_eq!(line.member(name), value, "{name}: {line:?}");
        }
        let version = line.member("version");
        assert!(
            version.len() == 12 && version.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{version}"
        );
        assert_eq!(Line::of(&log, request(&list)).member("version"), version);
        assert_eq!(line.number("sent"), series.body.len() as u64);
        assert!(line.number("received") > 100, "{line:?}");
        assert!(line.number("data_calls") >= 1 && line.number("data_us") > 0, "{line:?}");
        // The first request of a user has the password compared.
        assert!(line.number("authenticate_us") > 100, "{line:?}");
        // It is there, and no part of the whole.
        line.number("accept_us");
        let parts: u64 = PARTS.iter().map(|part| line.number(part)).sum();
        let (receive, write) = (line.number("receive_us"), line.number("write_us"));
        let whole = line.number("micros");
        assert!(parts + receive + write <= whole && parts > whole / 2, "{line:?}");
    }
}

#[test]
fn who_acts_as_somebody_else_is_named_with_them_and_who_is_nobody_is_not() {
    let installation = installation();
    let server = Server::start(&installation);
    let me = "/api/info/me";
    let acting = user(&server, LMS)
        .get(me)
        .header("x-run-as-user", "ada")
        .send()
        .expect(200);
    let itself = user(&server, LMS).get(me).send().expect(200);
    let nobody = server.client(HOST).get("/api").send().expect(200);
    let wrong = server
        .client(HOST)
        .with_credentials("ada", "wrong")
        .get(me)
        .send()
        .expect(401);
    let elsewhere = server.client(HOST).get("/nothing/here").send().expect(404);
    let log = server.log();
    for (answer, user, run_as, component) in [
        (acting, LMS, "ada", "base"),
        (itself, LMS, "-", "base"),
        (nobody, "-", "-", "base"),
        (wrong, "-", "-", "base"),
        (elsewhere, "-", "-", "server"),
    ] {
        let line = Line::of(&log, request(&answer));
        assert_eq!(line.member("user"), user, "{line:?}");
        assert_eq!(line.member("run_as"), run_as, "{line:?}");
        assert_eq!(line.member("component"), component, "{line:?}");
        assert_eq!(line.member("status"), answer.status.to_string(), "{line:?}");
    }
}

#[test]
fn files_have_a_line_with_their_bytes() {
    let installation = installation();
    let server = Server::start(&installation);
    let admin = user(&server, "admin");
    let form = content::event_form(&json!({ "title": "Talk" }), &owned_by("ROLE_USER"));
    let sample: &[u8] = include_bytes!("../../../host/media/tests/data/h264-aac.mp4");
    let form: Form = form.file("presenter", "talk.mp4", "video/mp4", sample);
    let created = admin.post("/api/events").multipart(&form).send().expect(201).json();
    let id = created["identifier"].as_str().expect("an identifier");
    admin.until_processed(id);
    let media: Value = admin.get(&format!("/api/events/{id}/media")).send().expect(200).json();
    let address = media[0]["uri"].as_str().expect("an address");
    let path = &address[address.find("/static/").expect("a path")..];
    let whole = admin.get(path).send().expect(200);
    let part = admin.get(path).header("range", "bytes=10-19").send().expect(206);
    let head = admin.request("HEAD", path).send().expect(200);
    let hidden = server.client(HOST).get(path).send().expect(401);
    let log = server.log();
    for (answer, user, sent) in [
        (&whole, "admin", sample.len() as u64),
        (&part, "admin", 10),
        (&head, "admin", 0),
        (&hidden, "-", hidden.body.len() as u64),
    ] {
        let line = Line::of(&log, request(answer));
        assert_eq!(line.number("sent"), sent, "{line:?}");
        assert_eq!(line.member("user"), user, "{line:?}");
        assert_eq!(line.member("component"), "static", "{line:?}");
        assert_eq!(line.member("end"), "complete", "{line:?}");
        assert_eq!(line.member("status"), answer.status.to_string(), "{line:?}");
    }
    assert!(Line::of(&log, request(&whole)).number("data_calls") >= 1);
}

/// Starts a request that has a name.
fn ask(server: &Server, path: &str, name: &str) -> Connection {
    let mut connection = Connection::open(server.address());
    connection.send(format!(
        "GET {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Request-ID: {name}\r\nConnection: close\r\n\r\n"
    ));
    connection
}

#[test]
fn an_answer_that_breaks_off_has_a_line_with_what_was_sent() {
    let installation = installation();
    let server = misbehaving(&installation);
    let mut reader = ask(&server, "/api/misbehaving/endless", "the-client-leaves");
    reader.read_at_least(1 << 20);
    drop(reader);
    ask(&server, "/api/misbehaving/half", "the-handler-fails").until_closed();
    let is_there = |log: &str| log.contains("the-client-leaves") && log.matches("the-handler-fails").count() > 1;
    let log = server.log_with(is_there);
    let line = Line::of(&log, "the-client-leaves");
    assert_eq!(
        (line.member("status"), line.member("end")),
        ("200", "broken"),
        "{line:?}"
    );
    assert!(line.number("sent") >= 1 << 20, "{line:?}");
    assert_eq!(line.member("failure"), "-", "{line:?}");
    let line = Line::of(&log, "the-handler-fails");
    assert_eq!(line.member("failure"), "trap", "{line:?}");
    // What had been said when it failed may have been taken back.
    assert!(
        line.member("status") == "500" || line.member("end") == "broken",
        "{line:?}"
    );
}

#[test]
fn a_client_that_does_not_wait_for_its_answer_has_a_line() {
    let installation = installation();
    let folder = installation.components_with("misbehaving");
    let folder = folder.to_str().expect("a path");
    let server = Server::start_with(
        &installation,
        &["--components", folder, "--metrics-listen", "127.0.0.1:0"],
    );
    let connection = ask(&server, "/api/misbehaving/wait", "nobody-waits");
    // The request has been read before its client goes.
    while Metrics::of(server.metrics_address()).get("lectern_instances_running", &[]) != Some(1.0) {}
    drop(connection);
    let log = server.log_with(|log| log.contains("nobody-waits"));
    let line = Line::of(&log, "nobody-waits");
    assert_eq!(
        (line.member("status"), line.member("end")),
        ("499", "canceled"),
        "{line:?}"
    );
    assert_eq!(line.number("sent"), 0);
}

#[test]
fn the_name_that_a_request_brings_is_kept_if_it_is_sane() {
    let installation = installation();
    let server = Server::start(&installation);
    let named = |name: &str| {
        let answer = server.client(HOST).get("/api").header("x-request-id", name).send();
        request(&answer.expect(200)).to_owned()
    };
    let sane = "0f8fad5b-d9cb-469f-a165-70867728950e";
    assert_eq!(named(sane), sane);
    for other in ["", "a b", "a\"b", "ü", &"x".repeat(65)] {
        assert_ne!(named(other), other);
    }
    assert_eq!(Line::of(&server.log(), sane).member("path"), "/api");
}

/// What may end a line somewhere: control characters, and what only Unicode knows.
const LINE_ENDS: [char; 9] = [
    '\n', '\r', '\x0b', '\x0c', '\x1c', '\x1d', '\u{85}', '\u{2028}', '\u{2029}',
];

#[test]
fn nothing_that_a_client_sends_forges_a_line_or_commands_a_terminal() {
    for format in FORMATS {
        let installation = installation();
        let name = "eve\u{2028}2026-11-26T02.00.00Z INFO client=one \"\\ \u{202e}";
        installation
            .call_with_input(
                &[
                    "user",
                    "add",
                    name,
                    "--tenant",
                    "uni",
                    "--password-stdin",
                    "--role",
                    "ROLE_API",
                ],
                PASSWORD,
            )
            .succeeded();
        let server = Server::start_with(&installation, format);
        let forged = "2026-11-26T02:00:00Z  INFO lectern::access: request=forged client=::1 status=200";
        let evil = format!("\u{2028}{forged}\u{2029}\u{85}{forged}\u{202e}\u{feff}\" status=1 \\");
        let in_path = evil.replace(' ', "\u{a0}").replace(['\\', '"'], "");
        for (request, fields) in [
            (format!("GET /api/{in_path}?{in_path} HTTP/1.1"), String::new()),
            ("GET /api/path HTTP/1.1".to_owned(), format!("User-Agent: {evil}\r\n")),
            (
                "GET /api/terminal HTTP/1.1".to_owned(),
                "User-Agent: a\tb\u{9b}2J\u{1}\r\n".to_owned(),
            ),
            (
                "FOR'GED|^ /api/method HTTP/1.1".to_owned(),
                format!("X-Request-ID: {evil}\r\n"),
            ),
        ] {
            let mut connection = Connection::open(server.address());
            connection.send(format!(
                "{request}\r\nHost: {HOST}\r\n{fields}Connection: close\r\n\r\n"
            ));
            connection.until_closed();
        }
        let answer = server
            .client(HOST)
            .get("/api/info/me")
            .header("authorization", basic(name, PASSWORD))
            .send()
            .expect(200);
        let log = server.log();
        let lines: Vec<&str> = log.split_terminator('\n').collect();
        let shown = log.replace('\n', "");
        assert!(
            !shown
                .chars()
                .any(|letter| letter.is_control() || LINE_ENDS.contains(&letter) || letter == '\u{202e}'),
            "{shown:?}"
        );
        for line in lines {
            let start = if format.is_empty() { "20" } else { "{\"time\":\"20" };
            assert!(line.starts_with(start), "{line}");
        }
        assert!(Line::all(&log).iter().all(|line| line.member("request") != "forged"));
        let line = Line::of(&log, request(&answer));
        assert_eq!(line.member("user"), name);
    }
}

#[test]
fn a_log_of_json_can_be_imported_as_views() {
    let installation = installation();
    let server = Server::start_with(&installation, &["--log-format", "json"]);
    let admin = user(&server, "admin");
    let id = admin.create_event(json!({ "title": "Talk" }), &owned_by("ROLE_USER"));
    let mut log = server.log();
    let line = log
        .lines()
        .find(|line| line.contains("/api/events"))
        .expect("a line")
        .to_owned();
    let line = line
        .replace("\"POST\"", "\"GET\"")
        .replace("/api/events", &format!("/play/{id}"));
    let line = line
        .replace("\"status\":201", "\"status\":200")
        .replace("\"agent\":\"\"", "\"agent\":\"Mozilla/5.0\"");
    log.push_str(&line);
    log.push('\n');
    let told = installation
        .call_with_input(&["stats", "import", "--tenant", "uni", "-"], &log)
        .succeeded()
        .stdout;
    assert!(told.contains(" 1 new views"), "{told}\n{log}");
}

#[test]
fn a_log_that_nobody_reads_holds_up_no_request() {
    let installation = installation();
    let (server, mut unread) = Server::start_unread(&installation, &[]);
    let client = server.client(HOST);
    let long = "x".repeat(60_000);
    // Much more than a pipe and the server's own patience take.
    for _ in 0..120 {
        client.get(&format!("/health/live?{long}")).send().expect(200);
    }
    // Unchecked: no other request may come with it, the lines are counted.
    user(&server, "admin").get("/api/info/me").send_unchecked().expect(200);
    // Whoever reads at last gets whole lines, and how many are missing.
    let reading = std::thread::spawn(move || {
        let mut log = String::new();
        unread.read_to_string(&mut log).expect("text");
        log
    });
    drop(server);
    let log = reading.join().expect("a log");
    let lost: u64 = log
        .lines()
        .filter(|line| line.contains("lines of the log are lost"))
        .filter_map(|line| line.rsplit_once("lost=")?.1.trim().parse::<u64>().ok())
        .sum();
    let read = log.lines().filter(|line| line.contains(" lectern::access: ")).count() as u64;
    assert!(lost > 0, "{} bytes", log.len());
    assert_eq!(read + lost, 121);
}
