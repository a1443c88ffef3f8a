//! The audit trail: what the API and the command line change can be read with `lectern audit`.

use lectern_tests::content::owned_by;
use lectern_tests::{Client, Installation, Server};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery staple";

struct Audited {
    installation: Installation,
    server: Server,
}

impl Audited {
    fn new() -> Self {
        let installation = Installation::empty();
        installation.init("north", "North", "north.example", "admin", PASSWORD);
        installation.add_user("north", "ada", PASSWORD, "Ada", &["ROLE_API"]);
        let server = Server::start(&installation);
        Self { installation, server }
    }

    fn admin(&self) -> Client {
        self.server.client("north.example").with_credentials("admin", PASSWORD)
    }

    /// What `lectern audit --json` prints.
    fn trail(&self, arguments: &[&str]) -> Vec<Value> {
        let arguments = [&["audit", "--tenant", "north", "--json"], arguments].concat();
        let output = self.installation.call(&arguments).succeeded().stdout;
        let lines = output.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().expect("a JSON object a line")
    }
}

/// The members of an entry as one text.
fn shown(entry: &Value) -> String {
    let members = ["authenticated", "effective", "action", "collection", "identifier"];
    members.map(|member| entry[member].as_str().expect("a text")).join(" ")
}

#[test]
fn a_write_over_http_names_who_authenticated_and_for_whom() {
    let audited = Audited::new();
    let series = audited
        .admin()
        .with_header("x-run-as-user", "ada")
        .with_header("x-run-with-roles", "ROLE_ADA")
        .create_series(json!({ "title": "Confidential title" }), &owned_by("ROLE_ADA"));
    audited
        .admin()
        .delete(&format!("/api/series/{series}"))
        .send()
        .expect(204);
    let trail = audited.trail(&[]);
    let told: Vec<String> = trail.iter().rev().take(2).map(shown).collect();
    let expected = [
        format!("admin admin delete series {series}"),
        format!("admin ada create series {series}"),
    ];
    assert_eq!(told, expected);
    assert!(
        !format!("{trail:?}").contains("Confidential"),
        "contents do not live on"
    );
}

#[test]
fn a_write_with_an_api_key_names_the_key_and_making_the_key_is_a_write() {
    let audited = Audited::new();
    let key = audited
        .installation
        .add_api_key("north", "harvester", &["ROLE_API_SERIES_CREATE"]);
    let client = audited
        .server
        .client("north.example")
        .with_header("authorization", &format!("Bearer {key}"));
    let series = client.create_series(json!({ "title": "Harvest" }), &json!([]));
    let trail = audited.trail(&[]);
    let told: Vec<String> = trail.iter().rev().take(2).map(shown).collect();
    let expected = [
        format!("key:harvester key:harvester create series {series}"),
        "cli:operator cli:operator create api-keys harvester".to_owned(),
    ];
    assert_eq!(told, expected);
    assert!(!format!("{trail:?}").contains(&key), "keys do not live on");
}

#[test]
fn a_refused_write_leaves_nothing() {
    let audited = Audited::new();
    let before = audited.trail(&[]);
    audited.admin().delete("/api/series/none").send().expect(404);
    assert_eq!(audited.trail(&[]), before);
}

#[test]
fn what_the_command_line_changes_is_recorded_without_secrets() {
    let audited = Audited::new();
    let installation = &audited.installation;
    installation.set_password("north", "ada", "another secret");
    installation.remove_user("north", "ada");
    let trail = audited.trail(&[]);
    let told: Vec<String> = trail.iter().map(shown).collect();
    let expected = [
        "cli:operator cli:operator create organization north",
        "cli:operator cli:operator create users admin",
        "cli:operator cli:operator create groups NORTH_SYSTEM_ADMINS",
        "cli:operator cli:operator create groups NORTH_EXTERNAL_APPLICATIONS",
        "cli:operator cli:operator create users ada",
        "cli:operator cli:operator update users ada",
        "cli:operator cli:operator delete users ada",
    ];
    assert_eq!(told, expected);
    let text = format!("{trail:?}");
    assert!(!text.contains(PASSWORD) && !text.contains("another secret"), "{text}");
}

#[test]
fn the_trail_is_read_in_parts_by_commit() {
    let audited = Audited::new();
    let admin = audited.admin();
    for title in ["One", "Two", "Three"] {
        admin.create_series(json!({ "title": title }), &json!([]));
    }
    let all = audited.trail(&[]);
    let second = all[1]["sequence"].as_u64().expect("a number").to_string();
    let rest = audited.trail(&["--since", &second]);
    assert!(!rest.is_empty() && all.ends_with(&rest), "{rest:?}");
    assert!(
        rest.iter()
            .all(|entry| entry["sequence"].as_u64() > all[1]["sequence"].as_u64())
    );
    assert_eq!(audited.trail(&["--since", "0", "--limit", "2"]), all[..2]);
    assert_eq!(audited.trail(&["--limit", "2"]), all[all.len() - 2..]);
}

#[test]
fn the_trail_is_a_table_for_people() {
    let audited = Audited::new();
    let output = audited
        .installation
        .call(&["audit", "--tenant", "north"])
        .succeeded()
        .stdout;
    assert!(output.starts_with("SEQUENCE"), "{output}");
    assert_eq!(output.lines().count(), 1 + audited.trail(&[]).len(), "{output}");
}
