//! Fields that hold a document: an assignment is a merge patch.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code may stop a test the short way"
)]

mod support;

use lectern_data::model::{Assignment, Reason, Value};
use support::{Tenant, admin, create, series, text, update};

fn properties(json: &str) -> Assignment {
    Assignment {
        field: "properties".to_owned(),
        value: Value::Document(json.to_owned()),
    }
}

fn stored(tenant: &Tenant) -> Value {
    let (item, _) = tenant.get(&admin(), "series", "s", &["properties"]).unwrap();
    item.values[0].clone()
}

fn document(json: &str) -> Value {
    Value::Document(json.to_owned())
}

#[test]
fn an_assignment_sets_what_it_names_and_leaves_the_rest_alone() {
    let tenant = Tenant::new();
    let fields = [text("title", "A"), properties(r#"{"theme": "1000", "live": "true"}"#)];
    tenant.write(&admin(), &[create("series", "s", &fields, None)]);
    tenant.write(
        &admin(),
        &[update("series", "s", &[properties(r#"{"on": "1", "live": "no"}"#)])],
    );
    assert_eq!(stored(&tenant), document(r#"{"theme":"1000","live":"no","on":"1"}"#));
    tenant.write(&admin(), &[update("series", "s", &[text("title", "B")])]);
    assert_eq!(stored(&tenant), document(r#"{"theme":"1000","live":"no","on":"1"}"#));
}

#[test]
fn an_object_without_a_document_has_no_content_there() {
    let tenant = Tenant::new();
    tenant.write(&admin(), &[series("s", "A", None)]);
    assert_eq!(stored(&tenant), Value::None);
    tenant.write(&admin(), &[update("series", "s", &[properties(r#"{"a": "b"}"#)])]);
    assert_eq!(stored(&tenant), document(r#"{"a":"b"}"#));
}

#[test]
fn properties_are_texts_with_names() {
    let tenant = Tenant::new();
    tenant.write(&admin(), &[series("s", "A", None)]);
    for json in [
        "",
        "[]",
        "1",
        r#"{"a": 1}"#,
        r#"{"a": null}"#,
        r#"{"": "a"}"#,
        r#"{"a": "\u0000"}"#,
    ] {
        let error = tenant
            .try_write(&admin(), &[update("series", "s", &[properties(json)])])
            .unwrap_err();
        assert_eq!(
            (error.reason, error.subject.as_str()),
            (Reason::Invalid, "properties"),
            "{json}"
        );
    }
    assert_eq!(stored(&tenant), Value::None);
}

#[test]
fn a_document_does_not_grow_without_end() {
    let tenant = Tenant::new();
    tenant.write(&admin(), &[series("s", "A", None)]);
    let large = |name: &str| {
        update(
            "series",
            "s",
            &[properties(&format!(r#"{{"{name}": "{}"}}"#, "x".repeat(600_000)))],
        )
    };
    tenant.write(&admin(), &[large("a")]);
    let error = tenant.try_write(&admin(), &[large("b")]).unwrap_err();
    assert_eq!((error.reason, error.subject.as_str()), (Reason::Invalid, "properties"));
    tenant.write(&admin(), &[large("a")]);
}
