//! What clients send to `/api/events`, and what they read.

mod access;
mod create;
mod extended;
mod listing;
mod media;
mod metadata;
mod processing;
mod publications;
mod scheduling;
mod shown;
mod update;

use lectern_handler::api::Value;
use lectern_handler::fake::{Answer, Client};

use crate::APP;

/// The example of the documentation.
pub const METADATA: &str = r#"[{"flavor": "dublincore/episode", "fields": [
    {"id": "title", "value": "Captivating title"},
    {"id": "subjects", "value": ["John Clark", "Thiago Melo Costa"]},
    {"id": "description", "value": "A great description"},
    {"id": "startDate", "value": "2016-06-22"},
    {"id": "startTime", "value": "13:30:00Z"}
]}]"#;

pub const ACL: &str = r#"[
    {"action": "write", "role": "ROLE_TEACHER"},
    {"action": "read", "role": "ROLE_TEACHER"},
    {"action": "read", "role": "ROLE_STUDENT"}
]"#;

pub const PROCESSING: &str = r#"{"workflow": "schedule-and-upload", "configuration": {
    "flagForCutting": "false", "straightToPublishing": "true"}}"#;

pub fn client() -> Client {
    Client::of(&APP)
}

/// Creates an event with these metadata fields.
pub fn create(client: &Client, fields: &str) -> String {
    let metadata = format!(r#"[{{"flavor": "dublincore/episode", "fields": [{fields}]}}]"#);
    let parts = [
        ("metadata", metadata.as_str()),
        ("acl", ACL),
        ("processing", PROCESSING),
    ];
    let answer = client.multipart("POST", "/api/events", &parts);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let identifier = answer.json()["identifier"].as_str().unwrap().to_owned();
    end_workflow(client, &identifier);
    identifier
}

/// The workflow of an upload has ended, as if there never was one.
fn end_workflow(client: &Client, path: &str) {
    set(client, path, "processing_state", Value::None);
}

/// A tenant with the event of the documentation at this path.
pub fn with_event() -> (Client, String) {
    let client = client();
    let parts = [("metadata", METADATA), ("acl", ACL), ("processing", PROCESSING)];
    let answer = client.multipart("POST", "/api/events", &parts);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let path = format!("/api/events/{}", answer.json()["identifier"].as_str().unwrap());
    end_workflow(&client, &path);
    (client, path)
}

/// Gives a field of an event content that no request can.
pub fn set(client: &Client, path: &str, field: &str, value: Value) {
    let key = ("events".to_owned(), path.rsplit('/').next().unwrap().to_owned());
    let mut store = client.backend.store.borrow_mut();
    store
        .objects
        .get_mut(&key)
        .unwrap()
        .fields
        .insert(field.to_owned(), value);
}

/// Asserts a refusal that names the part at fault in plain text.
pub fn refused(answer: &Answer, status: u16, named: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(answer.text.contains(named), "{} does not name {named}", answer.text);
    assert_eq!(answer.header("content-type"), Some("text/plain;charset=utf-8"));
}

#[test]
fn an_event_that_may_not_be_read_is_as_good_as_none() {
    let (client, path) = with_event();
    let stranger = client.identified("eve", &["ROLE_OTHER"]);
    for path in [path.as_str(), "/api/events/none"] {
        for rest in [
            "",
            "/acl",
            "/metadata",
            "/media",
            "/publications",
            "/publications/1",
            "/scheduling",
        ] {
            refused(
                &stranger.get(&format!("{path}{rest}")),
                404,
                "Cannot find an event with id '",
            );
        }
    }
    assert_eq!(client.identified("bob", &["ROLE_STUDENT"]).get(&path).status, 200);
}

#[test]
fn who_may_read_but_not_write_is_unauthorized_and_who_may_not_read_finds_nothing() {
    let (client, path) = with_event();
    let acl = format!("{path}/acl");
    let title = [("metadata", r#"[{"id": "title", "value": "Mine"}]"#)];
    let attempts = |client: &Client| {
        [
            client.send("DELETE", &path),
            client.submit("PUT", &acl, &[("acl", "[]")]),
            client.submit("POST", &format!("{acl}/write"), &[("role", "ROLE_STUDENT")]),
            client.send("DELETE", &format!("{acl}/write/ROLE_TEACHER")),
            client.submit("PUT", &format!("{path}/metadata?type=dublincore/episode"), &title),
            client.multipart("POST", &path, &[("metadata", METADATA)]),
            client.multipart("POST", &path, &[]),
            client.multipart("POST", &path, &[("presenter; filename=\"a.mp4\"", "video")]),
            client.multipart(
                "POST",
                &format!("{path}/track"),
                &[("flavor", "presenter/source"), ("track; filename=\"a.mp4\"", "video")],
            ),
        ]
    };
    for answer in attempts(&client.identified("bob", &["ROLE_STUDENT"])) {
        assert_eq!((answer.status, answer.text.as_str()), (401, "unauthorized"));
    }
    for answer in attempts(&client.identified("eve", &[])) {
        assert_eq!(answer.status, 404);
    }
    assert_eq!(client.get(&path).json()["title"], "Captivating title");
}

#[test]
fn a_deleted_event_is_gone() {
    let (client, path) = with_event();
    let answer = client
        .identified("tom", &["ROLE_TEACHER"])
        .send("DELETE", &format!("{path}/"));
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(client.get(&path).status, 404);
    assert_eq!(client.send("DELETE", &path).status, 404);
    assert_eq!(client.get("/api/events").text, "[]");
}

#[test]
fn an_event_that_was_only_created_has_no_media_publications_or_scheduling() {
    let (client, path) = with_event();
    for rest in ["/media", "/publications"] {
        let answer = client.get(&format!("{path}{rest}"));
        assert_eq!((answer.status, answer.text.as_str()), (200, "[]"));
        assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    }
    refused(&client.get(&format!("{path}/publications/7")), 404, "'7'");
    let scheduling = client.get(&format!("{path}/scheduling"));
    assert_eq!((scheduling.status, scheduling.text.as_str()), (204, ""));
    assert_eq!(client.speaking("1.0.0").get(&format!("{path}/scheduling")).status, 406);
}

#[test]
fn a_client_that_has_the_event_already_is_told_so() {
    let (client, path) = with_event();
    for rest in ["", "/acl", "/metadata"] {
        let address = format!("{path}{rest}");
        let tag = client.get(&address).header("etag").unwrap().to_owned();
        let known = client.with_header("if-none-match", &tag);
        assert_eq!(known.get(&address).status, 304);
        client.submit("PUT", &format!("{path}/acl"), &[("acl", "[]")]);
        assert_eq!(known.get(&address).status, 200);
    }
}
