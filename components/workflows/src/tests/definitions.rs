use lectern_handler::api::Value;
use lectern_handler::fake::{Client, Object};
use serde_json::json;

use crate::APP;

/// A definition as the host keeps it.
pub fn add(client: &Client, identifier: &str, title: &str, display_order: i64, tags: &[&str]) {
    let operations = json!([{
        "operation": "publish-engage", "description": "Publish", "configuration": {"strategy": "merge"}, "if": "${publish}",
        "unless": "", "fail_on_error": true, "exception_handler_workflow": "retract", "retry_strategy": "hold",
        "max_attempts": 2, "state": "INSTANTIATED",
    }]);
    let fields = [
        ("title", Value::Text(title.to_owned())),
        ("tags", Value::Texts(tags.iter().map(|&tag| tag.to_owned()).collect())),
        ("display_order", Value::Number(display_order)),
        ("configuration_panel", Value::Text("<input>".to_owned())),
        ("operations", Value::Document(operations.to_string())),
    ];
    let object = Object {
        fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
        sequence: 7,
        ..Object::default()
    };
    let key = ("workflow-definitions".to_owned(), identifier.to_owned());
    client.backend.store.borrow_mut().objects.insert(key, object);
}

fn client() -> Client {
    let client = Client::of(&APP);
    add(&client, "fast", "Fast", 3, &["upload", "archive"]);
    add(&client, "publish", "Publish", 1, &["archive"]);
    add(&client, "retract", "Retract", 2, &[]);
    client
}

const LIST: &str = "/api/workflow-definitions";

#[test]
fn a_definition_shows_what_it_is_for() {
    let answer = client().get("/api/workflow-definitions/fast");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    assert_eq!(
        answer.json(),
        json!({"identifier": "fast", "title": "Fast", "description": "", "tags": ["upload", "archive"]})
    );
}

#[test]
fn panels_and_operations_are_included_if_they_are_asked_for() {
    let shown = client()
        .get("/api/workflow-definitions/fast?withoperations=true&withconfigurationpanel=true&withconfigurationpaneljson=TRUE")
        .json();
    assert_eq!(shown["configuration_panel"], "<input>");
    assert_eq!(shown["configuration_panel_json"], "");
    assert_eq!(
        shown["operations"],
        json!([{
            "operation": "publish-engage", "description": "Publish", "configuration": {"strategy": "merge"},
            "if": "${publish}", "unless": "", "fail_workflow_on_error": true, "error_handler_workflow": "retract",
            "retry_strategy": "hold", "max_attempts": 2,
        }])
    );
}

#[test]
fn a_definition_that_does_not_exist_is_not_found() {
    let answer = client().get("/api/workflow-definitions/nonsense");
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (404, "Cannot find workflow definition with id 'nonsense'.")
    );
}

#[test]
fn an_unchanged_definition_is_not_sent_again() {
    let client = client();
    let tag = client
        .get("/api/workflow-definitions/fast")
        .header("etag")
        .unwrap()
        .to_owned();
    let again = client
        .with_header("if-none-match", &tag)
        .get("/api/workflow-definitions/fast");
    assert_eq!(again.status, 304);
}

#[test]
fn the_list_is_filtered_by_tags_that_must_all_be_there() {
    let client = client();
    let found = |filter: &str| client.get(&format!("{LIST}?filter={filter}")).column("identifier");
    assert_eq!(found("tag:archive"), ["fast", "publish"]);
    assert_eq!(found("tag:archive,tag:upload"), ["fast"]);
    assert_eq!(found("tag:"), ["fast", "publish", "retract"]);
    assert_eq!(found("colour:red"), ["fast", "publish", "retract"]);
}

#[test]
fn the_list_is_sorted_and_paged_and_says_how_long_it_is() {
    let client = client();
    let answer = client.get(&format!("{LIST}?sort=displayorder:DESC&limit=2"));
    assert_eq!(answer.column("identifier"), ["fast", "retract"]);
    assert_eq!(answer.header("x-total-count"), Some("3"));
    assert!(answer.header("link").unwrap().contains("rel=\"next\""));
    let refused = client.get(&format!("{LIST}?sort=tags:ASC"));
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("'tags'"), "{}", refused.text);
}

#[test]
fn definitions_came_with_1_1_0() {
    let client = client();
    assert_eq!(client.speaking("1.0.0").get(LIST).status, 406);
    assert_eq!(client.speaking("1.1.0").get(LIST).status, 200);
    assert_eq!(client.send("POST", LIST).status, 405);
}
