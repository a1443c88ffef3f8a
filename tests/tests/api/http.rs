//! The HTTP layer: versions of the protocol, connections, and requests that are none.

use lectern_tests::client::basic;
use lectern_tests::content::{event_form, owned_by};
use lectern_tests::except_under_spin;
use lectern_tests::fixture::{NORTH, READER, each_tenant, password, server};
use lectern_tests::raw::Connection;
use lectern_tests::{Client, Stage};
use serde_json::json;

fn head(path: &str) -> String {
    let authorization = basic(READER, &password(&NORTH, READER));
    format!("GET {path} HTTP/1.1\r\nHost: north.example\r\nAuthorization: {authorization}\r\n")
}

#[test]
fn http_2_is_spoken_to_clients_that_begin_with_it() {
    each_tenant(|tenant| {
        let me = tenant
            .user(READER)
            .get("/api/info/me")
            .http2()
            .send()
            .expect(200)
            .json();
        assert_eq!(me["username"], READER);
        let stage = Stage::new(tenant);
        let form = event_form(&json!({ "title": "Über HTTP/2" }), &owned_by(&stage.role));
        stage
            .admin
            .post("/api/events")
            .multipart(&form)
            .http2()
            .send()
            .expect(201);
        let list = stage.list("events").http2().send();
        assert_eq!(list.expect(200).column("title"), ["Über HTTP/2"]);
        tenant.anonymous().get("/api/info/me").http2().send().expect(401);
    });
}

#[test]
fn an_unknown_host_is_not_found_over_http_2_either() {
    NORTH
        .user(READER)
        .at_host("elsewhere.example")
        .get("/api/info/me")
        .http2()
        .send()
        .expect(404);
}

#[test]
fn a_connection_serves_many_requests_one_after_the_other() {
    let mut connection = Connection::open(server().address());
    for path in [
        "/api/info/me",
        "/api/version",
        "/api/events?limit=1",
        "/api/no-such-thing",
        "/api",
    ] {
        connection.send(format!("{}\r\n", head(path)));
        let answer = connection.answer().expect("an answer on the same connection");
        assert!([200, 403, 404].contains(&answer.status), "{answer:?}");
    }
}

#[test]
fn requests_may_be_sent_before_the_answers_are_read() {
    let mut connection = Connection::open(server().address());
    connection.send(format!(
        "{}\r\n{}\r\n",
        head("/api/version/default"),
        head("/api/version")
    ));
    let first = connection.answer().expect("the first answer");
    let second = connection.answer().expect("the second answer");
    assert_eq!((first.status, second.status), (200, 200));
    assert!(second.body.len() > first.body.len(), "in the order of the requests");
}

#[test]
fn a_connection_is_closed_when_the_client_asks_for_it() {
    let mut connection = Connection::open(server().address());
    connection.send(format!("{}Connection: close\r\n\r\n", head("/api/version")));
    assert_eq!(connection.answer().expect("an answer").status, 200);
    assert!(connection.answer().is_none(), "closed");
}

#[test]
fn a_request_body_that_nobody_reads_does_not_spoil_the_connection() {
    let mut connection = Connection::open(server().address());
    connection.send(format!(
        "{}Content-Length: 5\r\n\r\nhello{}\r\n",
        head("/api/version"),
        head("/api/version")
    ));
    assert_eq!(connection.answer().expect("the first answer").status, 200);
    if let Some(second) = connection.answer() {
        assert_eq!(second.status, 200, "{second:?}");
    }
}

#[test]
fn requests_that_are_none_are_refused_and_nothing_worse() {
    let long = format!("GET /{} HTTP/1.1\r\nHost: north.example\r\n\r\n", "a".repeat(100_000));
    let wide = format!(
        "GET / HTTP/1.1\r\nHost: north.example\r\nX: {}\r\n\r\n",
        "a".repeat(1_000_000)
    );
    let many: String = (0..1000).map(|number| format!("X-{number}: y\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nHost: north.example\r\n{many}\r\n");
    let with = |line: &str| format!("{}{line}\r\n\r\n", head("/api/version"));
    for bytes in [
        "hello\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "\0\0\0\0\r\n\r\n".to_owned(),
        "GET /ü HTTP/1.1\r\nHost: north.example\r\n\r\n".to_owned(),
        "GET / api HTTP/1.1\r\nHost: north.example\r\n\r\n".to_owned(),
        "GET /%zz HTTP/1.1\r\nHost: north.example\r\n\r\n".to_owned(),
        "GET * HTTP/1.1\r\nHost: north.example\r\n\r\n".to_owned(),
        "OPTIONS * HTTP/1.1\r\nHost: north.example\r\n\r\n".to_owned(),
        "CONNECT north.example:80 HTTP/1.1\r\nHost: north.example\r\n\r\n".to_owned(),
        "GET /api HTTP/1.1\r\nHost: a b\r\n\r\n".to_owned(),
        "GET /api HTTP/1.1\r\nHost:\r\n\r\n".to_owned(),
        with("Content-Length: many"),
        with("Content-Length: -1"),
        with("Content-Length: 5\r\nContent-Length: 6"),
        with("Transfer-Encoding: chunked\r\nContent-Length: 3"),
        with("Transfer-Encoding: nonsense"),
        with("Bad Header: x"),
        with("X: a\0b"),
        with("Accept: \u{1}"),
        format!(
            "{}Transfer-Encoding: chunked\r\n\r\nzz\r\nnot a chunk\r\n",
            head("/api/version")
        ),
        long,
        wide,
        many,
    ] {
        let mut connection = Connection::open(server().address());
        connection.send(&bytes);
        connection.finish();
        if let Some(answer) = connection.answer() {
            assert!(answer.status < 500, "{bytes:.200}\n{answer:?}");
        }
    }
    NORTH.user(READER).get("/api/version").send().expect(200);
}

#[test]
fn a_request_that_breaks_off_leaves_nothing_behind() {
    let stage = Stage::new(&NORTH);
    let (content_type, body) = event_form(&json!({ "title": "Abgebrochen" }), &owned_by(&stage.role))
        .encode(lectern_tests::Encoding::Multipart);
    let authorization = basic("admin", &password(&NORTH, "admin"));
    let length = body.len();
    for sent in [0, 10, length / 2, length - 1] {
        let mut connection = Connection::open(server().address());
        connection.send(format!(
            "POST /api/events HTTP/1.1\r\nHost: north.example\r\nAuthorization: {authorization}\r\n\
             Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        ));
        connection.send(&body[..sent]);
        connection.finish();
        if let Some(answer) = connection.answer() {
            assert!((400..500).contains(&answer.status), "{answer:?}");
        }
    }
    assert_eq!(stage.list("events").send().expect(200).json(), json!([]));
}

#[test]
fn a_client_that_sends_on_after_a_body_was_refused_gets_to_see_why() {
    let authorization = basic("admin", &password(&NORTH, "admin"));
    for length in [5 << 20, 20 << 20] {
        let mut connection = Connection::open(server().address());
        connection.send(format!(
            "POST /api/series HTTP/1.1\r\nHost: north.example\r\nAuthorization: {authorization}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\nmetadata="
        ));
        for _ in 0..length >> 20 {
            connection.send(vec![b'a'; 1 << 20]);
        }
        let answer = connection.answer().expect("an answer, and no reset");
        assert_eq!(answer.status, 413, "{answer:?}");
        NORTH.user(READER).get("/api/version").send().expect(200);
    }
}

#[test]
fn a_client_that_sends_much_without_being_known_gets_to_see_why_it_is_refused() {
    except_under_spin!();
    let mut connection = Connection::open(server().address());
    connection.send(format!(
        "POST /api/events HTTP/1.1\r\nHost: north.example\r\nContent-Type: multipart/form-data; boundary=X\r\n\
         Content-Length: {}\r\n\r\n",
        12 << 20
    ));
    for _ in 0..12 {
        connection.send(vec![b'a'; 1 << 20]);
    }
    assert_eq!(connection.answer().expect("an answer, and no reset").status, 401);
    connection.send(format!("{}\r\n", head("/api/version")));
    assert_eq!(connection.answer().expect("the connection goes on").status, 200);
}

#[test]
fn a_client_that_asks_first_is_not_told_to_send_what_is_refused() {
    let authorization = basic(READER, &password(&NORTH, READER));
    let mut connection = Connection::open(server().address());
    connection.send(format!(
        "POST /api/events HTTP/1.1\r\nHost: north.example\r\nAuthorization: {authorization}\r\nContent-Type: multipart/form-data; boundary=X\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        12 << 20
    ));
    assert_eq!(connection.answer().expect("an answer").status, 403, "and not 100");
}

#[test]
fn a_handler_for_nothing_but_the_api_is_not_found_elsewhere() {
    for path in ["/", "/favicon.ico", "/apis", "/api-docs", "/admin-ng/index.html"] {
        let client: Client = NORTH.user(READER);
        let answer = client.get(path).send();
        assert!([403, 404].contains(&answer.status), "{answer}");
    }
}
