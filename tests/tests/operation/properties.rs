//! `lectern tenant set` and `unset`: what a property changes holds with the next request.

use lectern_tests::content::acl;
use lectern_tests::{Client, Installation, Server};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery staple";
const MERGE_MODE: &str = "org.opencastproject.authorization.acl.merge.mode";

fn installed() -> Installation {
    let installation = Installation::empty();
    installation.init("north", "North", "north.example", "admin", PASSWORD);
    installation
}

fn set(installation: &Installation, name: &str, value: &str) {
    installation.call(&["tenant", "set", "north", name, value]).succeeded();
}

fn admin(server: &Server) -> Client {
    server.client("north.example").with_credentials("admin", PASSWORD)
}

#[test]
fn a_property_is_shown_to_clients_and_on_the_command_line_until_it_is_unset() {
    let installation = installed();
    let server = Server::start(&installation);
    let shown = || {
        let path = "/api/info/organization/properties";
        admin(&server).get(path).send().expect(200).json()
    };
    assert_eq!(shown(), json!({}));
    set(&installation, "logo", "/logo.svg");
    set(&installation, "logo", "/logo-2.svg");
    assert_eq!(shown(), json!({ "logo": "/logo-2.svg" }));
    let list = installation.call(&["tenant", "properties", "north"]).succeeded().stdout;
    assert!(list.contains("logo  /logo-2.svg"), "{list}");
    installation.call(&["tenant", "unset", "north", "logo"]).succeeded();
    assert_eq!(shown(), json!({}));
    installation
        .call(&["tenant", "unset", "north", "logo"])
        .refused(&["logo"]);
}

#[test]
fn setting_a_property_leaves_a_row_in_the_audit_trail() {
    let installation = installed();
    set(&installation, "logo", "/secret.svg");
    let arguments = ["audit", "--tenant", "north", "--json", "--limit", "1"];
    let row: Value = serde_json::from_str(&installation.call(&arguments).succeeded().stdout).expect("a row");
    assert_eq!(
        (
            &row["authenticated"],
            &row["action"],
            &row["collection"],
            &row["detail"]
        ),
        (
            &json!("cli:operator"),
            &json!("update"),
            &json!("organization"),
            &json!("logo")
        )
    );
}

#[test]
fn the_address_of_the_api_is_a_property() {
    let installation = installed();
    let server = Server::start(&installation);
    let name = "org.opencastproject.external.api.url";
    installation
        .call(&["tenant", "set", "north", name, "https://video.example.org"])
        .succeeded();
    let links = admin(&server).get("/api/events?limit=1").send().expect(200);
    let links = links.header("link").expect("links");
    assert!(links.starts_with("<https://video.example.org/api/events?"), "{links}");
}

#[test]
fn a_merge_mode_that_there_is_not_is_refused() {
    let installation = installed();
    installation
        .call(&["tenant", "set", "north", MERGE_MODE, "union"])
        .refused(&["union", "override", "roles", "actions"]);
}

/// An event that allows B to read, of a series that allows A to read and B to write.
fn event(admin: &Client) -> (String, String) {
    let series = admin.create_series(
        json!({ "title": "Series" }),
        &acl(&[("ROLE_A", "read"), ("ROLE_B", "write")]),
    );
    let event = admin.create_event(
        json!({ "title": "Event", "isPartOf": series }),
        &acl(&[("ROLE_B", "read")]),
    );
    (series, event)
}

#[test]
fn the_merge_mode_decides_what_the_list_of_the_series_means_for_its_events() {
    let installation = installed();
    let server = Server::start(&installation);
    let admin = admin(&server);
    let (series, event) = event(&admin);
    let reader = |role: &str| {
        let client = admin.with_header("x-run-with-roles", &format!("{role}, ROLE_API, ROLE_API_EVENTS_VIEW"));
        let list = client.get("/api/events").send().expect(200).identifiers();
        let single = client.get(&format!("/api/events/{event}")).send().status;
        assert_eq!(single, if list.is_empty() { 404 } else { 200 }, "{role}");
        !list.is_empty()
    };
    let path = format!("/api/events/{event}/acl");
    let shown = || admin.get(&path).send().expect(200).json();
    for (mode, expected) in [
        ("roles", acl(&[("ROLE_B", "read"), ("ROLE_A", "read")])),
        (
            "actions",
            acl(&[("ROLE_B", "read"), ("ROLE_A", "read"), ("ROLE_B", "write")]),
        ),
        ("override", acl(&[("ROLE_B", "read")])),
    ] {
        set(&installation, MERGE_MODE, mode);
        assert_eq!(shown(), expected, "{mode}");
        assert_eq!(
            (reader("ROLE_A"), reader("ROLE_B")),
            (mode != "override", true),
            "{mode}"
        );
        let listed = admin.get("/api/events?withacl=true").send().expect(200).json();
        assert_eq!(listed[0]["acl"], expected, "{mode}");
    }
    set(&installation, MERGE_MODE, "roles");
    let change = lectern_tests::Form::new().field("acl", acl(&[("ROLE_C", "read")]));
    admin
        .put(&format!("/api/series/{series}/acl"))
        .urlencoded(&change)
        .send()
        .expect(200);
    assert_eq!(shown(), acl(&[("ROLE_B", "read"), ("ROLE_C", "read")]));
    assert_eq!(
        (reader("ROLE_A"), reader("ROLE_B"), reader("ROLE_C")),
        (false, true, true)
    );
}

#[test]
fn what_comes_from_the_series_cannot_be_revoked_from_the_event() {
    let installation = installed();
    let server = Server::start(&installation);
    let admin = admin(&server);
    set(&installation, MERGE_MODE, "actions");
    let (_, event) = event(&admin);
    let path = format!("/api/events/{event}/acl");
    let before = admin.get(&path).send().expect(200).json();
    admin
        .delete(&format!("{path}/read/ROLE_A"))
        .send()
        .refused(409, "series");
    assert_eq!(admin.get(&path).send().expect(200).json(), before);
    admin.delete(&format!("{path}/read/ROLE_B")).send().expect(204);
    let after = admin.get(&path).send().expect(200).json();
    assert_eq!(after, acl(&[("ROLE_A", "read"), ("ROLE_B", "write")]));
}
