//! What a server that is told to stop does with requests that have begun.

use std::net::TcpStream;

use lectern_tests::client::basic;
use lectern_tests::raw::Connection;
use lectern_tests::{Installation, Server};
use serde_json::json;

const PASSWORD: &str = "finishes first";

fn server(installation: &Installation, arguments: &[&str]) -> Server {
    installation.init("north", "North", "north.example", "admin", PASSWORD);
    Server::start_with(installation, arguments)
}

/// A form that makes a series, and a request for it whose body is still to come; the server waits for it already.
fn begin(server: &Server) -> (Connection, String) {
    let metadata = json!([{ "flavor": "dublincore/series", "fields": [{ "id": "title", "value": "The last one" }] }]);
    let acl = json!([{ "role": "ROLE_ADMIN", "action": "read", "allow": true }]);
    let form = format!("metadata={metadata}&acl={acl}");
    let mut connection = Connection::open(server.address());
    connection.send(format!(
        "POST /api/series HTTP/1.1\r\nHost: north.example\r\nAuthorization: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        basic("admin", PASSWORD),
        form.len()
    ));
    assert_eq!(connection.answer().expect("a word to go on").status, 100);
    (connection, form)
}

/// Tells the server to stop, and comes back when it takes no new connections.
fn stop(server: &Server) {
    server.signal("TERM");
    while TcpStream::connect(server.address()).is_ok() {}
}

#[test]
fn a_request_that_has_begun_is_answered_and_durable() {
    let installation = Installation::empty();
    let server = server(&installation, &[]);
    let (mut connection, form) = begin(&server);
    stop(&server);
    connection.send(form);
    assert_eq!(connection.answer().expect("an answer").status, 201);
    assert!(connection.until_closed().is_empty());
    drop(server);

    let server = Server::start(&installation);
    let admin = server.client("north.example").with_credentials("admin", PASSWORD);
    let titles = admin.get("/api/series").send().expect(200).column("title");
    assert_eq!(titles, ["The last one"]);
}

#[test]
fn a_request_that_does_not_end_is_cut() {
    let installation = Installation::empty();
    let server = server(&installation, &["--stop-timeout-ms", "300"]);
    let (mut connection, _) = begin(&server);
    stop(&server);
    // Whatever the server still says, it ends.
    connection.until_closed();
    server.log_with(|log| log.contains("stopped with requests unfinished"));
}
