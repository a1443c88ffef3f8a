use lectern_handler::fake::{Answer, Client};
use serde_json::json;

use super::{ACL, METADATA, PROCESSING, client, create, refused, with_event};

fn post(client: &Client, parts: &[(&str, &str)]) -> Answer {
    client.multipart("POST", "/api/events", parts)
}

/// The parts of a creation with one of them replaced.
fn parts<'a>(name: &str, text: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut parts = vec![("metadata", METADATA), ("acl", ACL), ("processing", PROCESSING)];
    for part in &mut parts {
        if part.0 == name {
            part.1 = text;
        }
    }
    parts
}

#[test]
fn the_answer_says_where_the_event_is() {
    let answer = post(&client().speaking("1.2.0"), &parts("", ""));
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("content-type"), Some("application/v1.2.0+json"));
    let identifier = answer.json()["identifier"].as_str().unwrap().to_owned();
    assert_eq!(
        answer.header("location").unwrap(),
        format!("http://localhost:8080/api/events/{identifier}")
    );
}

#[test]
fn only_multipart_creates() {
    let answer = client().urlencoded("POST", "/api/events", &parts("", ""));
    assert_eq!(answer.status, 415);
    assert_eq!(client().send("POST", "/api/events").status, 415);
}

#[test]
fn the_start_is_that_of_the_metadata_and_created_follows() {
    let (client, path) = with_event();
    let event = client.get(&path).json();
    assert_eq!(event["start"], "2016-06-22T13:30:00Z");
    assert_eq!(event["created"], "2016-06-22T13:30:00Z");
    assert_eq!(event["duration"], 0);
}

#[test]
fn without_a_start_the_event_starts_now() {
    let client = client();
    let identifier = create(&client, r#"{"id": "title", "value": "Now"}"#);
    let event = client.get(&format!("/api/events/{identifier}")).json();
    assert_eq!(event["start"], "2018-03-19T16:11:48Z");
    assert_eq!(event["created"], "2018-03-19T16:11:48Z");
}

#[test]
fn entries_of_the_access_list_always_allow() {
    let client = client();
    let list = r#"[{"action": "read", "role": "ROLE_A", "allow": false}, {"action": "write", "role": "ROLE_A"}]"#;
    let answer = post(&client, &parts("acl", list));
    let identifier = answer.json()["identifier"].as_str().unwrap().to_owned();
    assert_eq!(
        client.get(&format!("/api/events/{identifier}/acl")).json(),
        json!([
            {"allow": true, "action": "read", "role": "ROLE_A"},
            {"allow": true, "action": "write", "role": "ROLE_A"}
        ])
    );
}

#[test]
fn metadata_acl_and_processing_must_be_there() {
    for name in ["metadata", "acl", "processing"] {
        refused(&post(&client(), &parts(name, " ")), 400, name);
        let without: Vec<_> = parts("", "").into_iter().filter(|(known, _)| *known != name).collect();
        refused(&post(&client(), &without), 400, name);
    }
}

#[test]
fn what_is_wrong_with_a_part_is_named() {
    let catalog = |fields: &str| format!(r#"[{{"flavor": "dublincore/episode", "fields": [{fields}]}}]"#);
    let cases = [
        ("metadata", "[{]".to_owned(), "line 1"),
        ("metadata", "[]".to_owned(), "metadata"),
        ("metadata", "{}".to_owned(), "metadata"),
        (
            "metadata",
            r#"[{"flavor": "license/episode", "fields": []}]"#.to_owned(),
            "license/episode",
        ),
        ("metadata", r#"[{"flavor": "dublincore/episode"}]"#.to_owned(), "fields"),
        ("metadata", catalog(r#"{"id": "title", "value": ""}"#), "title"),
        ("metadata", catalog(r#"{"id": "colour", "value": "red"}"#), "colour"),
        (
            "metadata",
            catalog(r#"{"id": "startDate", "value": "soon"}"#),
            "startDate",
        ),
        (
            "metadata",
            catalog(r#"{"id": "startTime", "value": "10:00"}"#),
            "startDate",
        ),
        (
            "metadata",
            catalog(r#"{"id": "identifier", "value": "mine"}"#),
            "identifier",
        ),
        (
            "metadata",
            catalog(r#"{"id": "isPartOf", "value": "none"}"#),
            "isPartOf",
        ),
        ("acl", r#"[{"action": "read"}]"#.to_owned(), "role"),
        ("acl", "{}".to_owned(), "acl"),
        ("processing", "[]".to_owned(), "processing"),
        ("processing", "{}".to_owned(), "workflow"),
        ("processing", r#"{"workflow": 7}"#.to_owned(), "workflow"),
        (
            "processing",
            r#"{"workflow": "fast", "configuration": []}"#.to_owned(),
            "configuration",
        ),
    ];
    for (part, text, named) in cases {
        let client = client();
        refused(&post(&client, &parts(part, &text)), 400, named);
        assert_eq!(
            client.get("/api/events").text,
            "[]",
            "a refused creation leaves nothing behind"
        );
    }
}

#[test]
fn unknown_parts_and_files_without_a_name_are_ignored() {
    let mut all = parts("", "");
    all.extend([
        ("colour", "red"),
        ("", "nameless"),
        ("notes; filename=\"notes.pdf\"", "%PDF"),
        ("presenter; filename=\"\"", ""),
        ("metadata; filename=\"metadata.json\"", "["),
    ]);
    assert_eq!(post(&client(), &all).status, 201);
}
