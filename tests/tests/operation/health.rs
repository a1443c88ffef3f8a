//! `/health/live` and `/health/ready`: for load balancers, so without host and credentials.

use lectern_tests::fixture::{NORTH, server};

#[test]
fn a_running_server_is_live_and_ready_whatever_the_host() {
    for path in ["/health/live", "/health/ready"] {
        for host in [NORTH.host, "10.0.0.7", "elsewhere.example"] {
            server().client(host).get(path).send().expect(200);
            server().client(host).request("HEAD", path).send().expect_empty(200);
        }
    }
}

#[test]
fn health_tells_nothing_about_tenants() {
    for path in ["/health/live", "/health/ready"] {
        let text = server().client("elsewhere.example").get(path).send().expect(200).text();
        assert!(!text.contains(NORTH.id) && !text.contains(NORTH.name), "{text}");
    }
}

#[test]
fn there_is_no_other_health() {
    server()
        .client("elsewhere.example")
        .get("/health/nothing")
        .send()
        .expect(404);
}
