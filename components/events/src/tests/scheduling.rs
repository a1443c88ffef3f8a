use lectern_handler::api::Value;
use lectern_handler::fake::{Answer, Client};
use serde_json::json;

use super::{ACL, METADATA, PROCESSING, client, refused, set, with_event};

const SCHEDULING: &str =
    r#"{"agent_id": "ca24", "start": "2018-03-27T16:00:00Z", "end": "2018-03-27T19:00:00Z", "inputs": ["default"]}"#;

fn post(client: &Client, scheduling: &str) -> Answer {
    let parts = [
        ("metadata", METADATA),
        ("acl", ACL),
        ("processing", PROCESSING),
        ("scheduling", scheduling),
    ];
    client.multipart("POST", "/api/events", &parts)
}

/// A tenant with a scheduled event at this path.
fn with_scheduled() -> (Client, String) {
    let client = client();
    let answer = post(&client, SCHEDULING);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let path = format!("/api/events/{}", answer.json()["identifier"].as_str().unwrap());
    (client, path)
}

#[test]
fn one_recording_is_answered_like_any_creation() {
    let answer = post(&client().speaking("1.1.0"), SCHEDULING);
    assert_eq!(answer.status, 201);
    let identifier = answer.json()["identifier"].as_str().unwrap().to_owned();
    assert_eq!(
        answer.header("location").unwrap(),
        format!("http://localhost:8080/api/events/{identifier}")
    );
}

#[test]
fn several_recordings_are_answered_with_their_identifiers() {
    let client = client();
    let rule = SCHEDULING.replace("\"inputs\"", "\"rrule\": \"COUNT=3\", \"inputs\"");
    let answer = post(&client, &rule);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    assert_eq!(answer.header("location"), None);
    let mut created = answer.column("identifier");
    let mut listed = client.get("/api/events").column("identifier");
    created.sort();
    listed.sort();
    assert_eq!((created.len(), created), (3, listed));
}

#[test]
fn a_creation_of_several_that_is_sent_again_happens_once() {
    let client = client().with_header("idempotency-key", "again");
    let rule = SCHEDULING.replace("\"inputs\"", "\"rrule\": \"COUNT=3\", \"inputs\"");
    let first = post(&client, &rule);
    let again = post(&client, &rule);
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(client.get("/api/events").column("identifier").len(), 3);
}

#[test]
fn version_1_0_0_does_not_know_the_part() {
    let client = client();
    let answer = post(&client.speaking("1.0.0"), SCHEDULING);
    assert_eq!(answer.status, 201);
    let path = format!(
        "/api/events/{}/scheduling",
        answer.json()["identifier"].as_str().unwrap()
    );
    assert_eq!(client.get(&path).status, 204);
    assert_eq!(client.speaking("1.0.0").get(&path).status, 406);
    let form = [("scheduling", SCHEDULING)];
    assert_eq!(client.speaking("1.0.0").submit("PUT", &path, &form).status, 406);
}

#[test]
fn what_is_wrong_with_the_part_is_named_with_its_place() {
    let client = client().with_header("accept", "application/problem+json");
    for (scheduling, pointer) in [
        ("{'agent_id'}", "#/scheduling"),
        ("[]", "#/scheduling"),
        ("7", "#/scheduling"),
        ("{}", "#/scheduling/agent_id"),
    ] {
        let answer = post(&client, scheduling);
        assert_eq!(answer.status, 400, "{scheduling}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{scheduling}");
    }
    assert_eq!(client.get("/api/events").text, "[]");
}

#[test]
fn the_object_is_read_as_leniently_as_all_json() {
    let answer = post(
        &client(),
        "{\"agent_id\" \"ca24\",, \"start\": \"2018-03-27T16:00:00Z\" \"end\" \"2018-03-27T19:00:00Z\",}",
    );
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[test]
fn the_scheduling_is_shown_with_milliseconds_only_where_there_are_any() {
    let (client, path) = with_scheduled();
    set(&client, &path, "technical_end", Value::Number(1_522_177_200_007));
    let expected = json!({
        "agent_id": "ca24", "start": "2018-03-27T16:00:00Z", "end": "2018-03-27T19:00:00.007Z", "inputs": ["default"]
    });
    assert_eq!(client.get(&format!("{path}/scheduling")).json(), expected);
    assert_eq!(
        client.get(&format!("{path}?withscheduling=true")).json()["scheduling"],
        expected
    );
    assert_eq!(
        client.get("/api/events?withscheduling=true").json()[0]["scheduling"],
        expected
    );
    set(&client, &path, "inputs", Value::None);
    assert_eq!(client.get(&format!("{path}/scheduling")).json().get("inputs"), None);
}

#[test]
fn the_scheduling_can_be_replaced() {
    let (client, path) = with_scheduled();
    let address = format!("{path}/scheduling");
    let form = [
        ("scheduling", r#"{"end": "2018-03-27T20:00:00Z"}"#),
        ("allowConflict", "true"),
    ];
    let answer = client.submit("PUT", &address, &form);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(client.get(&address).json()["end"], "2018-03-27T20:00:00Z");
    refused(&client.submit("PUT", &address, &[]), 400, "scheduling");
    refused(
        &client.submit("PUT", &address, &[("scheduling", "[]")]),
        400,
        "scheduling",
    );
}

#[test]
fn only_what_is_scheduled_can_be_rescheduled() {
    let (client, path) = with_event();
    let form = [("scheduling", SCHEDULING)];
    refused(
        &client.submit("PUT", &format!("{path}/scheduling"), &form),
        404,
        "scheduling",
    );
    refused(
        &client.submit("PUT", "/api/events/none/scheduling", &form),
        404,
        "Cannot find an event with id 'none'",
    );
    refused(
        &client.submit("PUT", "/api/events/none/scheduling", &[]),
        404,
        "Cannot find an event with id 'none'",
    );
}

#[test]
fn all_parts_of_a_scheduled_event_are_updated_together() {
    let (client, path) = with_scheduled();
    let scheduling = r#"{"agent_id": "ca25", "end": "2018-03-27T20:00:00Z"}"#;
    let parts = [
        ("acl", "[]"),
        ("metadata", METADATA),
        ("processing", PROCESSING),
        ("scheduling", scheduling),
    ];
    // Who may no longer change the event when all is done may do so until then.
    let teacher = client.identified("tom", &["ROLE_TEACHER"]);
    let answer = teacher.multipart("POST", &path, &parts);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let event = client.get(&format!("{path}?withscheduling=true&withacl=true")).json();
    assert_eq!(
        (&event["scheduling"]["agent_id"], &event["acl"]),
        (&json!("ca25"), &json!([]))
    );
}

#[test]
fn if_the_scheduling_has_changed_meanwhile_it_is_not_replaced() {
    let (client, path) = with_scheduled();
    let address = format!("{path}/scheduling");
    let tag = client.get(&address).header("etag").unwrap().to_owned();
    let guarded = client.with_header("if-match", &tag);
    let form = [("scheduling", r#"{"end": "2018-03-27T20:00:00Z"}"#)];
    assert_eq!(guarded.multipart("PUT", &address, &form).status, 204);
    assert_eq!(guarded.multipart("PUT", &address, &form).status, 412);
}
