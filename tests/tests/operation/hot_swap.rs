//! Versions of components that take each other's place while the server runs.

mod deploy;
mod list;
mod new;
mod refusal;
mod tenants;
mod watch;

use lectern_tests::component::version_of;
use lectern_tests::{Client, Installation, Server};

const PASSWORD: &str = "two of a kind";

fn installed() -> Installation {
    let installation = Installation::empty();
    installation.init("north", "North", "north.example", "admin", PASSWORD);
    installation.add_tenant("south", "South", "south.example", "admin", PASSWORD);
    installation
}

fn admin(server: &Server, host: &str) -> Client {
    server.client(host).with_credentials("admin", PASSWORD)
}

/// Which version of the guest `versions` answers a tenant; none if none does.
fn serving(server: &Server, host: &str) -> Option<u8> {
    let answer = admin(server, host).get("/api/versions").send();
    if answer.status == 404 {
        return None;
    }
    Some(version_of(answer.status, answer.header("x-version"), &answer.text()))
}

/// What is everywhere, whatever handlers come and go.
#[track_caller]
fn others_are_served(server: &Server) {
    for host in ["north.example", "south.example"] {
        admin(server, host).get("/api/info/me").send().expect(200);
        admin(server, host).get("/api/events").send().expect(200);
    }
}
