use lectern_handler::api::Value;
use lectern_handler::fake::{Answer, Client};
use serde_json::json;

use super::definitions::add;
use crate::APP;

/// An event that teachers may write and students may read, and a definition.
fn client() -> Client {
    let client = Client::of(&APP);
    let acl = [
        ("ROLE_TEACHER", "read"),
        ("ROLE_TEACHER", "write"),
        ("ROLE_STUDENT", "read"),
    ];
    client.backend.add_event("e", &[("title", "E")], Some(&acl));
    add(&client, "fast", "Fast", 1, &[]);
    client
}

fn start(client: &Client, event: &str, definition: &str, configuration: &str) -> Answer {
    client.urlencoded(
        "POST",
        "/api/workflows?withconfiguration=true&withoperations=true",
        &[
            ("event_identifier", event),
            ("workflow_definition_identifier", definition),
            ("configuration", configuration),
        ],
    )
}

/// Sets a field of the workflow with this address, as if the host had done it.
fn set(client: &Client, address: &str, field: &str, value: Value) {
    let identifier = address.rsplit('/').next().unwrap();
    let mut store = client.backend.store.borrow_mut();
    let key = ("workflows".to_owned(), identifier.to_owned());
    store
        .objects
        .get_mut(&key)
        .unwrap()
        .fields
        .insert(field.to_owned(), value);
}

/// Starts a workflow and gives its path.
fn started(client: &Client) -> String {
    let answer = start(client, "e", "fast", "");
    assert_eq!(answer.status, 201, "{}", answer.text);
    let address = answer.header("location").unwrap();
    address.strip_prefix("http://localhost:8080").unwrap().to_owned()
}

#[test]
fn a_workflow_that_is_started_is_shown_with_its_number_and_its_address() {
    let client = client();
    let answer = start(&client, "e", "fast", r#"{"publish": true, "speed": "slow"}"#);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let shown = answer.json();
    let identifier = shown["identifier"].as_u64().unwrap();
    let address = format!("http://localhost:8080/api/workflows/{identifier}");
    assert_eq!(answer.header("location"), Some(address.as_str()));
    assert_eq!(shown["event_identifier"], "e");
    assert_eq!(shown["workflow_definition_identifier"], "fast");
    assert_eq!(shown["creator"], "admin");
    assert_eq!(shown["state"], "instantiated");
    assert_eq!(shown["configuration"], json!({ "publish": "true", "speed": "slow" }));
    assert_eq!(shown["operations"], json!([]));
    assert_eq!(
        answer.header("content-length"),
        Some(answer.text.len().to_string().as_str())
    );
    let plain = client.get(&format!("/api/workflows/{identifier}")).json();
    assert!(plain.get("configuration").is_none() && plain.get("operations").is_none());
}

#[test]
fn what_is_missing_is_said_in_the_order_of_the_fields() {
    let client = client();
    for (event, definition, configuration, status, text) in [
        (
            "",
            "",
            "{",
            400,
            "Required parameter 'event_identifier' is missing or invalid",
        ),
        (
            "e",
            " ",
            "{",
            400,
            "Required parameter 'workflow_definition_identifier' is missing or invalid",
        ),
        ("x", "y", "{", 404, "Cannot find an event with id 'x'."),
        ("e", "y", "{", 404, "Cannot find a workflow definition with id 'y'."),
        (
            "e",
            "fast",
            "{",
            400,
            "Passed parameter 'configuration' is invalid JSON",
        ),
        (
            "e",
            "fast",
            "[]",
            400,
            "Passed parameter 'configuration' is invalid JSON",
        ),
        ("x", "fast", "", 404, "Cannot find an event with id 'x'."),
    ] {
        let answer = start(&client, event, definition, configuration);
        assert_eq!(
            answer.status, status,
            "{event} {definition} {configuration}: {}",
            answer.text
        );
        assert!(answer.text.starts_with(text), "{}", answer.text);
    }
}

#[test]
fn only_one_workflow_of_an_event_is_active_and_the_refusal_is_json() {
    let client = client();
    started(&client);
    let refused = start(&client, "e", "fast", "");
    assert_eq!(refused.status, 409);
    assert_eq!(refused.header("content-type"), Some("application/v1.11.0+json"));
    assert!(refused.json()["message"].is_string(), "{}", refused.text);
}

#[test]
fn who_may_only_read_the_event_starts_nothing() {
    let client = client();
    let student = client.identified("student", &["ROLE_STUDENT"]);
    let refused = start(&student, "e", "fast", "");
    assert_eq!((refused.status, refused.text.as_str()), (401, "unauthorized"));
    assert_eq!(start(&client.identified("x", &[]), "e", "fast", "").status, 404);
}

#[test]
fn a_request_that_is_sent_again_under_its_key_starts_one_workflow() {
    let client = client().with_header("idempotency-key", "k");
    let first = start(&client, "e", "fast", "");
    let again = start(&client, "e", "fast", "");
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.json(), again.json());
    assert_eq!(client.get("/api/workflows").column("identifier").len(), 1);
}

#[test]
fn operations_show_how_far_they_have_come() {
    let client = client();
    let path = started(&client);
    let operations = json!([
        {
            "operation": "inspect", "description": "Look", "state": "SUCCEEDED", "configuration": {"overwrite": "true"},
            "if": "true", "unless": "x", "fail_on_error": true, "exception_handler_workflow": "retract",
            "retry_strategy": "none", "max_attempts": 1, "start": 1_533_718_017_300_i64, "completion": 1_533_718_018_000_i64,
        },
        {"operation": "pause", "state": "INSTANTIATED", "retry_strategy": "hold", "max_attempts": 2, "failed_attempts": 1},
    ]);
    set(&client, &path, "operations", Value::Document(operations.to_string()));
    let shown = client.get(&format!("{path}?withoperations=TRUE")).json();
    assert_eq!(
        shown["operations"],
        json!([
            {
                "identifier": 1, "operation": "inspect", "description": "Look", "state": "succeeded", "host": "",
                "configuration": {"overwrite": "true"}, "if": "true", "fail_workflow_on_error": true,
                "error_handler_workflow": "retract", "retry_strategy": "none", "max_attempts": 1, "failed_attempts": 0,
                "start": "2018-08-08T08:46:57.3Z", "completion": "2018-08-08T08:46:58Z",
            },
            {
                "identifier": 2, "operation": "pause", "description": "", "state": "instantiated", "host": "",
                "configuration": {}, "if": "", "fail_workflow_on_error": false, "error_handler_workflow": "",
                "retry_strategy": "hold", "max_attempts": 2, "failed_attempts": 1, "start": "", "completion": "",
            },
        ])
    );
}

#[test]
fn state_and_configuration_are_changed_by_put() {
    let client = client();
    let path = started(&client);
    let shown = client.urlencoded(
        "PUT",
        &format!("{path}?withconfiguration=true"),
        &[("state", "PAUSED"), ("configuration", r#"{"a": "b"}"#)],
    );
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert_eq!(shown.json()["state"], "paused");
    assert_eq!(shown.json()["configuration"]["a"], "b");
    let read = client.urlencoded("PUT", &path, &[]);
    assert_eq!((read.status, read.json()["state"].clone()), (200, json!("paused")));
    for (field, text, message) in [
        ("state", "sleeping", "Invalid workflow state 'sleeping'"),
        ("configuration", "{", "Passed parameter 'configuration' is invalid JSON"),
    ] {
        let refused = client.submit("PUT", &path, &[(field, text)]);
        assert_eq!(refused.status, 400);
        assert!(refused.text.starts_with(message), "{}", refused.text);
    }
}

#[test]
fn who_may_only_read_a_workflow_does_not_change_it() {
    let client = client();
    let path = started(&client);
    let student = client.identified("student", &["ROLE_STUDENT"]);
    assert_eq!(student.get(&path).status, 200);
    assert_eq!(student.urlencoded("PUT", &path, &[("state", "stopped")]).status, 403);
    assert_eq!(student.send("DELETE", &path).status, 403);
    let teacher = client.identified("teacher", &["ROLE_TEACHER"]);
    assert_eq!(teacher.urlencoded("PUT", &path, &[("state", "stopped")]).status, 200);
    assert_eq!(teacher.send("DELETE", &path).status, 204);
    assert_eq!(client.get(&path).status, 404);
}

#[test]
fn a_workflow_that_does_not_exist_is_not_found_whatever_its_number_looks_like() {
    let client = client();
    let stranger = client.identified("stranger", &[]);
    let path = started(&client);
    let hidden = path.rsplit('/').next().unwrap().to_owned();
    for (client, identifier) in [
        (&client, "7"),
        (&client, "abc"),
        (&client, "-1"),
        (&stranger, hidden.as_str()),
    ] {
        let text = format!("Cannot find workflow instance with id '{identifier}'.");
        let path = format!("/api/workflows/{identifier}");
        for answer in [
            client.get(&path),
            client.submit("PUT", &path, &[("state", "x")]),
            client.send("DELETE", &path),
        ] {
            assert_eq!((answer.status, answer.text.as_str()), (404, text.as_str()));
        }
    }
}

#[test]
fn a_change_may_depend_on_what_the_client_knows() {
    let client = client();
    let path = started(&client);
    let tag = client.get(&path).header("etag").unwrap().to_owned();
    let known = client.with_header("if-match", &tag);
    assert_eq!(client.with_header("if-none-match", &tag).get(&path).status, 304);
    assert_eq!(known.urlencoded("PUT", &path, &[("state", "paused")]).status, 200);
    assert_eq!(known.urlencoded("PUT", &path, &[("state", "stopped")]).status, 412);
}

#[test]
fn the_list_is_filtered_and_sorted() {
    let client = client();
    for (event, state) in [("f", "RUNNING"), ("g", "PAUSED"), ("h", "SUCCEEDED")] {
        client.backend.add_event(event, &[], None);
        let answer = start(&client, event, "fast", "");
        set(
            &client,
            answer.header("location").unwrap(),
            "state",
            Value::Text(state.to_owned()),
        );
    }
    let events = |query: &str| {
        client
            .get(&format!("/api/workflows?{query}"))
            .column("event_identifier")
    };
    assert_eq!(
        events("filter=state:running,state:paused&sort=identifier:DESC"),
        ["g", "f"]
    );
    assert_eq!(events("filter=event_identifier:h"), ["h"]);
    assert_eq!(events("filter=event:h&filter=creator:admin,state:PAUSED").len(), 2);
    assert_eq!(events("filter=workflow_definition_identifier:slow"), [""; 0]);
    assert_eq!(
        events("filter=created:2018-03-19T00:00:00Z/2018-03-20T00:00:00Z&limit=2").len(),
        2
    );
    for odd in ["filter=colour:red", "sort=colour:ASC", "filter=created:now", "limit=x"] {
        assert_eq!(client.get(&format!("/api/workflows?{odd}")).status, 400, "{odd}");
    }
    let counted = client.get("/api/workflows?limit=1");
    assert_eq!(counted.header("x-total-count"), Some("3"));
    assert_eq!(client.speaking("1.0.0").get("/api/workflows").status, 406);
}
