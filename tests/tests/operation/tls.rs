//! TLS: certificates for several hosts, new ones while the server runs, and what is wrong with them.

use std::fs;

use lectern_tests::raw::Connection;
use lectern_tests::tls::{Certificate, Client};
use lectern_tests::{Installation, Server};

const PASSWORD: &str = "sealed";

fn installed() -> Installation {
    let installation = Installation::empty();
    installation.init("north", "North", "north.example", "admin", PASSWORD);
    installation.add_tenant("south", "South", "south.example", "admin", PASSWORD);
    installation
}

#[test]
fn the_api_is_served_over_tls_with_http_1_and_2() {
    let installation = installed();
    let certificate = Certificate::new(&installation, "north", "north.example");
    let server = Server::start_with(&installation, &certificate.options());
    let client = Client::new(server.address(), &[&certificate]);
    for protocol in ["http/1.1", "h2"] {
        let answer = client.get("north.example", "/api", protocol).expect("an answer");
        assert_eq!(answer.status, 200);
        // Clients are told the address under which they reach the server.
        assert!(answer.text.contains("https://north.example/api"), "{}", answer.text);
    }
}

#[test]
fn each_host_has_its_certificate_and_strangers_see_the_first() {
    let installation = installed();
    let north = Certificate::new(&installation, "north", "north.example");
    let south = Certificate::new(&installation, "south", "south.example");
    let server = Server::start_with(&installation, &[north.options(), south.options()].concat());
    let client = Client::new(server.address(), &[&north, &south]);
    let shown = |host| client.get(host, "/api", "http/1.1").expect("an answer").certificate;
    assert_eq!(shown("north.example"), north.der);
    assert_eq!(shown("south.example"), south.der);
    let refused = client.get("elsewhere.test", "/api", "http/1.1");
    assert!(refused.err().is_some_and(|error| error.contains("not valid for name")));
}

/// What the server shows to clients that trust both.
fn shown(server: &Server, certificates: [&Certificate; 2]) -> Vec<u8> {
    let client = Client::new(server.address(), &certificates);
    let answer = client.get("north.example", "/api", "http/1.1").expect("an answer");
    answer.certificate.to_vec()
}

#[test]
fn a_new_certificate_is_taken_on_hangup_and_connections_go_on() {
    let installation = installed();
    let first = Certificate::new(&installation, "north", "north.example");
    let server = Server::start_with(&installation, &first.options());
    let mut kept = Client::new(server.address(), &[&first]).open("north.example");
    assert_eq!(kept.get("/api"), 200);

    let second = Certificate::new(&installation, "north", "north.example");
    server.signal("HUP");
    // The server acts on a signal when it comes to it.
    let taken = (0..10_000).any(|_| shown(&server, [&first, &second]) == second.der.as_ref());
    assert!(taken, "{}", server.log_so_far());
    assert_eq!(kept.get("/api"), 200);
}

#[test]
fn a_certificate_that_cannot_be_used_leaves_the_one_from_before() {
    let installation = installed();
    let certificate = Certificate::new(&installation, "north", "north.example");
    let server = Server::start_with(&installation, &certificate.options());
    fs::write(&certificate.key, "no key any more").expect("a file");
    server.signal("HUP");
    let client = Client::new(server.address(), &[&certificate]);
    let told = (0..10_000).any(|_| {
        assert_eq!(
            client
                .get("north.example", "/api", "http/1.1")
                .expect("an answer")
                .status,
            200
        );
        server.log_so_far().contains("the new certificates cannot be used")
    });
    assert!(
        told && server.log_so_far().contains("north.key"),
        "{}",
        server.log_so_far()
    );
}

#[test]
fn a_hangup_does_not_end_a_server_without_certificates() {
    let installation = installed();
    let server = Server::start(&installation);
    server.signal("HUP");
    let client = server.client("north.example");
    for _ in 0..20 {
        client.get("/api").send().expect(200);
    }
}

#[test]
fn a_server_does_not_start_with_certificates_that_cannot_be_used() {
    let installation = installed();
    let [one, other] = ["one", "other"].map(|name| Certificate::new(&installation, name, "north.example"));
    let text = installation.file("text.pem");
    fs::write(&text, "nothing").expect("a file");
    let path = |path: &std::path::Path| path.to_str().expect("a path").to_owned();
    let [certificate, key, other_key, text] = [&one.certificate, &one.key, &other.key, &text].map(|file| path(file));
    for (arguments, parts) in [
        (vec!["--tls-certificate", &certificate], vec!["--tls-key"]),
        (
            vec!["--tls-certificate", &certificate, "--tls-key", "/nonexistent.key"],
            vec!["/nonexistent.key"],
        ),
        (
            vec!["--tls-certificate", &text, "--tls-key", &key],
            vec!["text.pem", "PEM"],
        ),
        (
            vec!["--tls-certificate", &certificate, "--tls-key", &text],
            vec!["text.pem", "PEM"],
        ),
        (
            vec!["--tls-certificate", &certificate, "--tls-key", &other_key],
            vec!["one.crt", "other.key", "do not go together"],
        ),
    ] {
        let message = Server::refuses_to_start(&installation, &arguments);
        for part in parts {
            assert!(message.contains(part), "{part} in {message}");
        }
    }
}

#[test]
fn who_does_not_speak_tls_or_says_nothing_is_cut_and_others_are_served() {
    let installation = installed();
    let certificate = Certificate::new(&installation, "north", "north.example");
    let options = [certificate.options().as_slice(), &["--head-timeout-ms", "300"]].concat();
    let server = Server::start_with(&installation, &options);
    let silent = Connection::open(server.address());
    let mut plain = Connection::open(server.address());
    plain.send("GET /api HTTP/1.1\r\nHost: north.example\r\n\r\n");
    // Not a word of HTTP, an alert of TLS at most.
    assert!(!plain.until_closed().starts_with(b"HTTP"));
    let mut silent = silent;
    assert!(silent.until_closed().is_empty());
    let client = Client::new(server.address(), &[&certificate]);
    assert_eq!(
        client.get("north.example", "/api", "h2").expect("an answer").status,
        200
    );
}
