//! A reverse proxy in front of the server: whom it is believed about.

use lectern_tests::client::basic;
use lectern_tests::{Installation, Server};

const PASSWORD: &str = "stands behind";

fn server(installation: &Installation, arguments: &[&str]) -> Server {
    installation.init("north", "North", "north.example", "admin", PASSWORD);
    Server::start_with(installation, arguments)
}

/// The status of a login from an address that a proxy names.
fn login(server: &Server, from: &str, password: &str) -> u16 {
    let client = server.client("north.example").with_header("x-forwarded-for", from);
    let request = client.get("/api/info/me");
    request.header("authorization", basic("admin", password)).send().status
}

#[test]
fn behind_a_trusted_proxy_guessing_slows_down_its_client_and_nobody_else() {
    let installation = Installation::empty();
    let server = server(&installation, &["--trusted-proxy", "127.0.0.0/8"]);
    while login(&server, "192.0.2.7", "wrong") != 429 {}
    assert_eq!(login(&server, "192.0.2.7", PASSWORD), 429);
    assert_eq!(login(&server, "203.0.113.9, 192.0.2.7", PASSWORD), 429);
    assert_eq!(login(&server, "192.0.2.8", PASSWORD), 200);
    assert!(server.log().contains("client=192.0.2.8"), "{}", server.log());
}

#[test]
fn a_client_that_names_another_address_is_not_believed() {
    let installation = Installation::empty();
    let server = server(&installation, &["--trusted-proxy", "10.0.0.0/8"]);
    while login(&server, "192.0.2.7", "wrong") != 429 {}
    assert_eq!(login(&server, "192.0.2.8", PASSWORD), 429);
    assert!(!server.log().contains("192.0.2."), "{}", server.log());
}

#[test]
fn behind_a_trusted_proxy_that_speaks_tls_addresses_begin_with_https() {
    let installation = Installation::empty();
    let server = server(
        &installation,
        &["--trusted-proxy", "127.0.0.1", "--trusted-proxy", "::1"],
    );
    let url = |scheme: &str| {
        let request = server
            .client("north.example")
            .get("/api")
            .header("x-forwarded-proto", scheme);
        request.send().expect(200).json()["url"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    assert_eq!(url("https"), "https://north.example/api");
    assert_eq!(url("http"), "http://north.example/api");
}

#[test]
fn what_is_no_network_is_refused_by_name() {
    let installation = Installation::empty();
    installation.init("north", "North", "north.example", "admin", PASSWORD);
    let arguments = ["serve", "--trusted-proxy", "proxy.example"];
    installation.call(&arguments).refused(&["proxy.example", "10.0.0.0/8"]);
}
