//! Clients that read a large answer slowly, or not at all.

use std::time::{Duration, Instant};

use lectern_tests::raw::Connection;
use lectern_tests::{Client, Installation, Server};

const PASSWORD: &str = "reads at leisure";

/// The time of a request.
const LIMIT: Duration = Duration::from_secs(2);

/// A server with room for one request at a time, and the handler whose answers are large.
fn server(installation: &Installation, limit: Duration) -> Server {
    installation.init("north", "North", "north.example", "admin", PASSWORD);
    let folder = installation.components_with("misbehaving");
    let limit = limit.as_millis().to_string();
    let folder = folder.to_str().expect("a path");
    let arguments = [
        "--components",
        folder,
        "--request-timeout-ms",
        &limit,
        "--tenant-instances",
        "1",
    ];
    Server::start_with(installation, &arguments)
}

fn ask(server: &Server, path: &str) -> Connection {
    let mut connection = Connection::open(server.address());
    connection.send(format!(
        "GET {path} HTTP/1.1\r\nHost: north.example\r\nConnection: close\r\n\r\n"
    ));
    connection
}

fn is_served(client: &Client) -> bool {
    client.get("/api/misbehaving/well").send().status == 200
}

#[test]
fn a_large_answer_reaches_a_client_that_takes_longer_than_a_request_may() {
    let installation = Installation::empty();
    let server = server(&installation, LIMIT);
    let started = Instant::now();
    let mut connection = ask(&server, "/api/misbehaving/huge");
    let mut read = connection.read_at_least(1);
    while started.elapsed() < 2 * LIMIT {
        // Something else is done meanwhile: that takes a while, but not as long as a request may.
        let pause = Instant::now();
        while pause.elapsed() < LIMIT / 8 {
            server.client("north.example").get("/health/live").send().expect(200);
        }
        // Enough for TCP to ask for more.
        read = connection.read_at_least(1 << 20);
    }
    assert!(read < 32 << 20, "there is something left to read");
    let answer = connection.until_closed();
    assert!(
        answer.len() > 32 << 20 && answer.ends_with(b"0\r\n\r\n"),
        "{} bytes",
        answer.len()
    );
}

#[test]
fn a_client_that_does_not_read_does_not_keep_its_instance() {
    let installation = Installation::empty();
    let server = server(&installation, LIMIT);
    let client = server.client("north.example");
    let mut connection = ask(&server, "/api/misbehaving/huge");
    connection.read_at_least(1);
    let started = Instant::now();
    while !is_served(&client) {
        assert!(started.elapsed() < 20 * LIMIT, "its instance is still there");
    }
    let answer = connection.until_closed();
    assert!(
        answer.starts_with(b"HTTP/1.1 200") && !answer.ends_with(b"0\r\n\r\n"),
        "cut off, not ended"
    );
}

#[test]
fn an_answer_without_end_ends_although_its_client_reads_on() {
    let installation = Installation::empty();
    let server = server(&installation, LIMIT / 4);
    let answer = ask(&server, "/api/misbehaving/endless").last_before_closing(64);
    assert!(!answer.ends_with(b"0\r\n\r\n"), "cut off, not ended");
    assert!(is_served(&server.client("north.example")));
}

#[test]
fn clients_that_do_not_read_keep_nobody_from_being_answered() {
    let installation = Installation::empty();
    installation.init("north", "North", "north.example", "admin", PASSWORD);
    installation.add_tenant("south", "South", "south.example", "admin", PASSWORD);
    installation.add_tenant("east", "East", "east.example", "admin", PASSWORD);
    let folder = installation.components_with("misbehaving");
    let folder = folder.to_str().expect("a path");
    // Longer than the patience of a test: whoever waits for these clients waits too long.
    let arguments = ["--components", folder, "--request-timeout-ms", "600000"];
    let server = Server::start_with(&installation, &[&arguments[..], &["--stop-timeout-ms", "100"]].concat());
    let mut unread: Vec<Connection> = Vec::new();
    for host in ["north.example", "south.example"] {
        for _ in 0..12 {
            let mut connection = Connection::open(server.address());
            connection.send(format!("GET /api/misbehaving/huge HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            unread.push(connection);
        }
    }
    for connection in &mut unread {
        assert!(connection.read_at_least(1) > 0, "the answer has begun");
    }
    for _ in 0..20 {
        for host in ["east.example", "north.example", "south.example"] {
            server.client(host).get("/api").send().expect(200);
        }
    }
}

#[test]
fn an_http_2_client_that_takes_nothing_is_cut() {
    let installation = Installation::empty();
    installation.init("north", "North", "north.example", "admin", PASSWORD);
    let arguments = ["--write-timeout-ms", "300", "--head-timeout-ms", "300"];
    let server = Server::start_with(&installation, &arguments);
    let mut connection = Connection::open(server.address());
    connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    // SETTINGS with INITIAL_WINDOW_SIZE = 0: answers may have heads and no bodies (RFC 9113, section 6.9).
    connection.send([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
    // HEADERS of stream 1, complete: GET / http, with the path and the authority as literals (RFC 7541).
    let mut fields = vec![0x82, 0x86];
    for (name, value) in [(0x04, "/api/openapi.json"), (0x01, "north.example")] {
        fields.extend([name, u8::try_from(value.len()).expect("a short text")]);
        fields.extend(value.as_bytes());
    }
    let length = u8::try_from(fields.len()).expect("a short head");
    connection.send([&[0, 0, length, 1, 0x05, 0, 0, 0, 1][..], &fields].concat());
    // The server says that it is going, or is gone.
    let said = connection.until_closed();
    assert!(!said.is_empty(), "the answer had a head");
}

#[test]
fn an_address_with_too_many_connections_is_told_so() {
    let installation = Installation::empty();
    installation.init("north", "North", "north.example", "admin", PASSWORD);
    let server = Server::start_with(&installation, &["--address-connections", "2"]);
    let request = "GET /health/live HTTP/1.1\r\nHost: north.example\r\n\r\n";
    let mut first = Connection::open(server.address());
    let mut second = Connection::open(server.address());
    for connection in [&mut first, &mut second] {
        connection.send(request);
        assert_eq!(connection.answer().expect("an answer").status, 200);
    }
    let mut third = Connection::open(server.address());
    third.send(request);
    let text = String::from_utf8(third.until_closed()).expect("text");
    assert!(text.starts_with("HTTP/1.1 503 "), "{text}");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let head = head.to_ascii_lowercase();
    assert!(
        head.contains("retry-after: 1") && head.contains("connection: close"),
        "{head}"
    );
    assert!(body.contains("too many connections from this address"), "{body}");
    first.send(request);
    assert_eq!(first.answer().expect("an answer").status, 200);
}
