use lectern_handler::api::Reason;
use serde_json::json;

use super::{METADATA, PROCESSING, refused, with_event};

const SAMPLE: &str = r#"[{"flavor": "dublincore/episode", "fields": [
    {"id": "title", "value": "New title"}, {"id": "subjects", "value": ["Space", "Final Frontier"]}]}]"#;

#[test]
fn metadata_and_access_list_are_updated_together() {
    let (client, path) = with_event();
    let acl = r#"[{"action": "read", "role": "ROLE_A", "allow": false}]"#;
    let answer = client.multipart("POST", &path, &[("acl", acl), ("metadata", SAMPLE)]);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let event = client.get(&format!("{path}?withacl=true")).json();
    assert_eq!(event["title"], "New title");
    assert_eq!(event["subjects"], json!(["Space", "Final Frontier"]));
    assert_eq!(
        event["acl"],
        json!([{"allow": true, "action": "read", "role": "ROLE_A"}])
    );
}

#[test]
fn metadata_without_a_start_date_leaves_the_start_alone() {
    let (client, path) = with_event();
    let before = client.get(&path).json();
    client.multipart("POST", &path, &[("metadata", SAMPLE)]);
    let after = client.get(&path).json();
    assert_eq!(
        (&after["start"], &after["created"]),
        (&before["start"], &before["created"])
    );
    assert_eq!(after["duration"], before["duration"]);
}

#[test]
fn no_part_changes_nothing() {
    let (client, path) = with_event();
    let before = client.get(&path).json();
    assert_eq!(client.multipart("POST", &path, &[]).status, 204);
    assert_eq!(client.get(&path).json(), before);
}

#[test]
fn if_one_part_is_refused_none_is_applied() {
    let (client, path) = with_event();
    let before = client.get(&format!("{path}?withacl=true"));
    let unknown = METADATA.replace("subjects", "colour");
    for (parts, status, named) in [
        (vec![("metadata", SAMPLE), ("acl", "[{]")], 400, "acl"),
        (vec![("acl", "[]"), ("metadata", "[{]")], 400, "metadata"),
        (vec![("acl", "[]"), ("metadata", unknown.as_str())], 404, "colour"),
        (vec![("acl", "[]"), ("processing", "{}")], 400, "workflow"),
        (vec![("acl", "[]"), ("processing", PROCESSING)], 400, "processing"),
        (vec![("acl", "[]"), ("scheduling", "{}")], 404, "scheduling"),
        (vec![("acl", "[]"), ("scheduling", "[]")], 400, "scheduling"),
        (
            vec![("presenter; filename=\"a.mp4\"", "media"), ("acl", "[{]")],
            400,
            "acl",
        ),
    ] {
        refused(&client.multipart("POST", &path, &parts), status, named);
        assert_eq!(client.get(&format!("{path}?withacl=true")), before, "{parts:?}");
    }
}

#[test]
fn an_event_that_is_not_there_is_the_first_thing_to_say() {
    let (client, _) = with_event();
    for parts in [
        vec![],
        vec![("metadata", "[{]")],
        vec![("metadata", SAMPLE)],
        vec![("scheduling", "{}")],
    ] {
        refused(&client.multipart("POST", "/api/events/none", &parts), 404, "'none'");
    }
    refused(&client.send("POST", "/api/events/none"), 404, "'none'");
}

#[test]
fn a_body_that_is_not_multipart_is_a_bad_request() {
    let (client, path) = with_event();
    refused(
        &client.urlencoded("POST", &path, &[("metadata", SAMPLE)]),
        400,
        "multipart",
    );
}

#[test]
fn version_1_0_0_ignores_scheduling() {
    let (client, path) = with_event();
    assert_eq!(
        client
            .speaking("1.0.0")
            .multipart("POST", &path, &[("scheduling", "{}")])
            .status,
        204
    );
}

#[test]
fn a_conflict_that_is_not_about_a_workflow_is_not_about_the_access_list() {
    let (client, path) = with_event();
    client.backend.store.borrow_mut().failures = vec![Some(Reason::Conflict)];
    let acl = r#"[{"role": "ROLE_A", "action": "read", "allow": true}]"#;
    let answer = client.multipart("POST", &path, &[("acl", acl)]);
    assert_eq!(answer.status, 409, "{}", answer.text);
}
