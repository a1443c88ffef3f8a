//! The `Host` header selects the tenant.

use lectern_tests::except_under_spin;
use lectern_tests::fixture::{NORTH, READER, SOUTH, each_tenant, password, server};
use lectern_tests::raw::Connection;

#[test]
fn each_host_leads_to_its_tenant() {
    each_tenant(|tenant| {
        let organization = tenant
            .user(READER)
            .get("/api/info/organization")
            .send()
            .expect(200)
            .json();
        assert_eq!(organization["id"], tenant.id);
    });
}

#[test]
fn a_host_that_nobody_has_is_not_found() {
    let reader = NORTH.user(READER);
    for host in [
        "elsewhere.example",
        "127.0.0.1",
        "localhost",
        "north.example.evil.example",
        "evil-north.example",
        "north",
        "xn--nrth-5qa.example",
    ] {
        for path in ["/api", "/api/events", "/api/info/me"] {
            reader.at_host(host).get(path).send().expect(404);
        }
    }
}

#[test]
fn a_host_is_found_whatever_its_case() {
    for host in ["North.Example", "NORTH.EXAMPLE"] {
        let organization = NORTH
            .user(READER)
            .at_host(host)
            .get("/api/info/organization")
            .send()
            .expect(200)
            .json();
        assert_eq!(organization["id"], NORTH.id, "{host}");
    }
}

#[test]
fn a_host_with_a_port_needs_this_port() {
    let reader = SOUTH.user(READER);
    reader.get("/api/info/me").send().expect(200);
    for host in ["south.example:8444", "south.example:"] {
        let answer = reader.at_host(host).get("/api/info/me").send();
        assert!([400, 404].contains(&answer.status), "{answer}");
    }
}

#[test]
fn forwarding_headers_do_not_change_the_tenant() {
    let reader = NORTH.user(READER);
    for header in ["x-forwarded-host", "x-host", "forwarded", "x-original-host"] {
        let answer = reader
            .with_header(header, SOUTH.host)
            .get("/api/info/organization")
            .send()
            .expect(200);
        assert_eq!(answer.json()["id"], NORTH.id, "{header}");
    }
}

#[test]
fn a_request_without_or_with_two_hosts_is_refused() {
    except_under_spin!();
    let authorization = lectern_tests::client::basic(READER, &password(&NORTH, READER));
    for hosts in ["", "Host: north.example\r\nHost: south.example:8443\r\n"] {
        let mut connection = Connection::open(server().address());
        connection.send(format!(
            "GET /api/info/me HTTP/1.1\r\n{hosts}Authorization: {authorization}\r\n\r\n"
        ));
        let answer = connection.answer().expect("an answer");
        assert!([400, 404].contains(&answer.status), "{answer:?}");
    }
}

#[test]
fn the_host_of_an_absolute_target_wins_over_the_header() {
    except_under_spin!();
    let authorization = lectern_tests::client::basic(READER, &password(&NORTH, READER));
    let mut connection = Connection::open(server().address());
    connection.send(format!(
        "GET http://north.example/api/info/organization HTTP/1.1\r\nHost: south.example:8443\r\nAuthorization: {authorization}\r\n\r\n"
    ));
    let answer = connection.answer().expect("an answer");
    // RFC 9112, 3.2.2: the target counts; refusing the contradiction is as good. The other tenant must not answer.
    assert!([200, 400, 404].contains(&answer.status), "{answer:?}");
    assert!(
        !String::from_utf8_lossy(&answer.body).contains(SOUTH.name),
        "{answer:?}"
    );
}
