//! Versions of single tenants.

use lectern_tests::component::version;
use lectern_tests::{Installation, Server};

use super::{installed, serving};

fn deploy(installation: &Installation, tenant: Option<&str>, number: u8) {
    let file = installation.component(&format!("version-{number}.wasm"), &version(number));
    match tenant {
        None => installation.deploy("versions", &file),
        Some(tenant) => installation.deploy_for(tenant, "versions", &file),
    };
}

#[track_caller]
fn are_serving(server: &Server, north: Option<u8>, south: Option<u8>) {
    let served = ["north.example", "south.example"].map(|host| serving(server, host));
    assert_eq!(served, [north, south]);
}

#[test]
fn a_tenant_keeps_its_own_version_whatever_all_others_get() {
    let installation = installed();
    let server = Server::start(&installation);
    deploy(&installation, Some("north"), 1);
    are_serving(&server, Some(1), None);
    deploy(&installation, None, 2);
    are_serving(&server, Some(1), Some(2));
    deploy(&installation, Some("north"), 3);
    are_serving(&server, Some(3), Some(2));
    drop(server);
    let server = Server::start(&installation);
    are_serving(&server, Some(3), Some(2));
    let back = |tenant: &str| {
        installation
            .call(&["component", "rollback", "versions", "--tenant", tenant])
            .succeeded()
    };
    back("north");
    are_serving(&server, Some(1), Some(2));
    back("north");
    are_serving(&server, Some(2), Some(2));
    installation.roll_back("versions");
    are_serving(&server, None, None);
}

#[test]
fn what_a_tenant_is_given_is_in_its_audit_trail() {
    let installation = installed();
    deploy(&installation, Some("north"), 1);
    installation
        .call(&["component", "rollback", "versions", "--tenant", "north"])
        .succeeded();
    let trail = |tenant: &str| installation.call(&["audit", "--tenant", tenant]).succeeded().stdout;
    let north = trail("north");
    assert!(
        north.contains("deploy") && north.contains("rollback") && north.contains("versions"),
        "{north}"
    );
    assert!(!trail("south").contains("versions"));
}

#[test]
fn the_versions_of_a_tenant_go_with_it() {
    let installation = installed();
    deploy(&installation, Some("south"), 1);
    assert!(installation.component_list().contains("south"));
    installation.call(&["tenant", "erase", "south", "--yes"]).succeeded();
    assert!(!installation.component_list().contains("south"));
    installation.add_tenant("south", "South", "south.example", "admin", super::PASSWORD);
    let server = Server::start(&installation);
    are_serving(&server, None, None);
}
