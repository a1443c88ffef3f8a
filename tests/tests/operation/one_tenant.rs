//! With a single tenant the host does not matter.

use lectern_tests::{Installation, Server};

#[test]
fn a_single_tenant_answers_whatever_the_host() {
    let installation = Installation::empty();
    installation.init("only", "The only one", "only.example", "admin", "just one of them");
    let server = Server::start(&installation);
    for host in [
        "only.example",
        "127.0.0.1",
        "localhost:8080",
        "10.1.2.3:1",
        "elsewhere.example",
    ] {
        let admin = server.client(host).with_credentials("admin", "just one of them");
        let organization = admin.get("/api/info/organization").send().expect(200).json();
        assert_eq!(organization["id"], "only", "{host}");
    }
    installation.add_tenant("second", "The second", "second.example", "admin", "just one of them");
    let admin = server
        .client("elsewhere.example")
        .with_credentials("admin", "just one of them");
    admin.get("/api/info/organization").send().expect(404);
    admin
        .at_host("only.example")
        .get("/api/info/organization")
        .send()
        .expect(200);
}
