//! `/api/series/{id}/properties`

use serde_json::json;

use super::{ACL, MATHS, client, with_maths};

const PATH: &str = "/api/series/maths/properties";

#[test]
fn a_series_starts_without_properties() {
    let answer = with_maths().get(PATH);
    assert_eq!((answer.status, answer.text.as_str()), (200, "{}"));
}

#[test]
fn properties_are_added_and_replaced_one_by_one_and_the_answer_is_what_was_sent() {
    let client = with_maths();
    let first = r#"{ "theme": "1000", "live": "true" }"#;
    let answer = client.submit("PUT", PATH, &[("properties", first)]);
    assert_eq!((answer.status, answer.text.as_str()), (200, first));
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    let second = r#"{"ondemand": "true", "live": "false"}"#;
    assert_eq!(client.submit("PUT", PATH, &[("properties", second)]).text, second);
    assert_eq!(
        client.get(PATH).json(),
        json!({"theme": "1000", "live": "false", "ondemand": "true"})
    );
}

#[test]
fn values_that_are_no_text_become_text() {
    let client = with_maths();
    client.submit(
        "PUT",
        PATH,
        &[("properties", r#"{"a": true, "b": 12, "c": "", "d": [1]}"#)],
    );
    assert_eq!(
        client.get(PATH).json(),
        json!({"a": "true", "b": "12", "c": "", "d": "[1]"})
    );
}

#[test]
fn what_is_no_object_of_texts_is_refused_and_changes_nothing() {
    let client = with_maths();
    for (properties, named) in [
        ("", "properties"),
        ("[]", "properties"),
        ("\"a\"", "properties"),
        ("{", "line 1"),
        (r#"{"live": null}"#, "live"),
        (r#"{"": "a"}"#, "name"),
    ] {
        let answer = client.submit("PUT", PATH, &[("properties", properties)]);
        assert_eq!(answer.status, 400, "{properties}");
        assert!(answer.text.contains(named), "{}", answer.text);
    }
    assert_eq!(client.submit("PUT", PATH, &[]).status, 400);
    assert_eq!(client.get(PATH).text, "{}");
}

#[test]
fn the_theme_of_a_new_series_is_a_property() {
    let client = client();
    let form = [("metadata", MATHS), ("acl", ACL), ("theme", "\"1234\"")];
    assert_eq!(client.urlencoded("POST", "/api/series", &form).status, 201);
    assert_eq!(client.get(PATH).json(), json!({"theme": "1234"}));
}

#[test]
fn properties_are_as_visible_and_as_protected_as_their_series() {
    let client = with_maths();
    let form = [("properties", r#"{"a": "b"}"#)];
    let student = client.identified("bob", &["ROLE_STUDENT"]);
    assert_eq!(student.get(PATH).status, 200);
    assert_eq!(student.submit("PUT", PATH, &form).status, 401);
    let stranger = client.identified("eve", &[]);
    assert_eq!(stranger.get(PATH).status, 404);
    for properties in ["{}", form[0].1] {
        assert_eq!(stranger.submit("PUT", PATH, &[("properties", properties)]).status, 404);
    }
}

#[test]
fn a_client_that_knows_the_properties_is_told_so_and_may_insist_on_them() {
    let client = with_maths();
    let tag = client.get(PATH).header("etag").unwrap().to_owned();
    assert_eq!(client.with_header("if-none-match", &tag).get(PATH).status, 304);
    let change = || {
        client
            .with_header("if-match", &tag)
            .urlencoded("PUT", PATH, &[("properties", r#"{"a": "b"}"#)])
    };
    assert_eq!(change().status, 200);
    assert_eq!(change().status, 412);
}
