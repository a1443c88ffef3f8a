mod admin;
mod calendar;
mod recordings;

use lectern_handler::api::Value;
use lectern_handler::fake::{Client, NOW, Object};
use serde_json::json;

use super::*;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Adds an object of a small collection.
fn add(client: &Client, collection: &str, identifier: &str, fields: Vec<(&str, Value)>) {
    let mut store = client.backend.store.borrow_mut();
    store.sequence += 1;
    let object = Object {
        fields: fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        sequence: store.sequence,
        ..Object::default()
    };
    store
        .objects
        .insert((collection.to_owned(), identifier.to_owned()), object);
}

/// An administrator, and an agent that was heard of some minutes ago.
fn with_agent(minutes: i64) -> Client {
    let client = Client::of(&APP);
    let fields = vec![
        ("state", text("capturing")),
        ("url", text("http://hall-1.example")),
        ("updated", Value::Number(NOW - minutes * 60_000)),
        ("inputs", Value::Texts(vec!["camera".to_owned(), "screen".to_owned()])),
    ];
    add(&client, "agents", "hall-1", fields);
    client
}

#[test]
fn an_agent_is_shown_as_it_has_said_last() {
    let expected = json!({
        "agent_id": "hall-1", "status": "capturing", "update": "2018-03-19T16:09:48Z", "url": "http://hall-1.example",
        "inputs": ["camera", "screen"]
    });
    let client = with_agent(2);
    assert_eq!(client.get("/api/agents/hall-1").json(), expected);
    assert_eq!(client.get("/api/agents").json(), json!([expected]));
    let answer = client.get("/api/agents");
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    assert_eq!(answer.header("x-total-count"), Some("1"));
}

#[test]
fn an_agent_that_only_the_operator_has_spoken_of_is_shown_with_what_is_known() {
    let client = Client::of(&APP);
    add(&client, "agents", "new", vec![("state", text("unknown"))]);
    assert_eq!(
        client.get("/api/agents/new").json(),
        json!({"agent_id": "new", "status": "unknown", "update": "", "url": "", "inputs": []})
    );
}

#[test]
fn an_agent_that_is_silent_for_two_hours_is_offline() {
    let status = |client: &Client| client.get("/api/agents/hall-1").json()["status"].clone();
    assert_eq!(status(&with_agent(120)), "capturing");
    assert_eq!(status(&with_agent(121)), "offline");
    assert_eq!(with_agent(121).get("/api/agents").json()[0]["status"], "offline");
}

#[test]
fn the_tenant_says_how_long_an_agent_may_be_silent() {
    let status = |minutes: i64, property: &str| {
        let client = with_agent(minutes);
        let name = "org.opencastproject.capture.admin.timeout".to_owned();
        client
            .backend
            .store
            .borrow_mut()
            .properties
            .push((name, property.to_owned()));
        client.get("/api/agents/hall-1").json()["status"].clone()
    };
    assert_eq!(status(6, "5"), "offline");
    assert_eq!(status(5, " 5 "), "capturing");
    assert_eq!(status(100_000, "0"), "capturing");
    assert_eq!(status(121, "often"), "offline");
}

#[test]
fn an_agent_has_a_tag_that_changes_when_it_turns_silent() {
    let tag = |client: &Client| client.get("/api/agents/hall-1").header("etag").unwrap().to_owned();
    let client = with_agent(0);
    let answer = client
        .with_header("if-none-match", &tag(&client))
        .get("/api/agents/hall-1");
    assert_eq!((answer.status, answer.text.as_str()), (304, ""));
    assert_ne!(tag(&client), tag(&with_agent(121)));
    let silent = with_agent(121);
    let answer = silent
        .with_header("if-none-match", &tag(&client))
        .get("/api/agents/hall-1");
    assert_eq!(answer.status, 200);
    let answer = silent
        .with_header("if-none-match", &tag(&silent))
        .get("/api/agents/hall-1");
    assert_eq!(answer.status, 304);
}

#[test]
fn agents_are_listed_by_name_and_in_parts() {
    let client = Client::of(&APP);
    for name in ["c", "a", "b"] {
        add(&client, "agents", name, vec![("state", text("idle"))]);
    }
    assert_eq!(client.get("/api/agents").column("agent_id"), ["a", "b", "c"]);
    assert_eq!(client.get("/api/agents?limit=1&offset=1").column("agent_id"), ["b"]);
    assert_eq!(
        client.get("/api/agents?limit=0&offset=-1").column("agent_id"),
        ["a", "b", "c"]
    );
    assert_eq!(client.get("/api/agents?offset=7").text, "[]");
    assert_eq!(client.get("/api/agents?limit=x").status, 400);
}

#[test]
fn an_agent_with_roles_is_listed_for_those_who_have_one() {
    let client = with_agent(0);
    add(
        &client,
        "agents",
        "studio",
        vec![("roles", Value::Texts(vec!["ROLE_STUDIO".to_owned()]))],
    );
    let listed = |role: &str| client.identified("ben", &[role]).get("/api/agents").column("agent_id");
    assert_eq!(listed("ROLE_X"), ["hall-1"]);
    assert_eq!(listed("ROLE_STUDIO"), ["hall-1", "studio"]);
    assert_eq!(client.identified("ben", &[]).get("/api/agents/studio").status, 200);
}

#[test]
fn an_unknown_agent_is_not_found() {
    let answer = with_agent(0).get("/api/agents/hall-2");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.text, "Cannot find a capture agent with id 'hall-2'.");
}

#[test]
fn agents_are_there_since_version_1_1() {
    for path in ["/api/agents", "/api/agents/hall-1"] {
        assert_eq!(with_agent(0).speaking("1.0.0").get(path).status, 406);
        assert_eq!(with_agent(0).speaking("1.1.0").get(path).status, 200);
    }
}

#[test]
fn the_external_api_does_not_change_agents() {
    let answer = with_agent(0).send("POST", "/api/agents/hall-1");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
}

#[test]
fn agents_find_the_services_that_there_are() {
    let client = Client::of(&APP);
    let service = |kind: &str| {
        client
            .get(&format!("/services/available.json?serviceType={kind}"))
            .json()
    };
    let found = service("org.opencastproject.scheduler");
    assert_eq!(found["services"]["service"][0]["host"], "http://localhost:8080");
    assert_eq!(found["services"]["service"][0]["path"], "/recordings");
    assert_eq!(found["services"]["service"][0]["online"], true);
    assert_eq!(
        service("org.opencastproject.capture.admin")["services"]["service"][0]["path"],
        "/capture-admin"
    );
    assert_eq!(service("org.opencastproject.ingest"), json!({"services": ""}));
    let all = client.get("/services/available.json").json();
    assert_eq!(all["services"]["service"].as_array().unwrap().len(), 2);
}
