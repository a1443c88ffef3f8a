//! Fields that hold a document: an assignment is a merge patch.

use crate::support::{Tenant, admin, contains, create, delete, event, filtered, series, text, update};
use lectern_data::model::{Assignment, Reason, Value};

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

fn extended(json: &str) -> Assignment {
    Assignment {
        field: "extended_metadata".to_owned(),
        value: Value::Document(json.to_owned()),
    }
}

fn kept(tenant: &Tenant, collection: &str, identifier: &str) -> Value {
    let (item, _) = tenant
        .get(&admin(), collection, identifier, &["extended_metadata"])
        .unwrap();
    item.values[0].clone()
}

/// An event and a series that it belongs to.
fn with_both() -> Tenant {
    let tenant = Tenant::new();
    tenant.write(&admin(), &[series("s", "S", None)]);
    tenant.write(
        &admin(),
        &[event("e", &[text("title", "E"), text("is_part_of", "s")], None)],
    );
    tenant
}

#[test]
fn catalogs_and_their_fields_come_and_go_one_by_one() {
    for (collection, identifier) in [("events", "e"), ("series", "s")] {
        let tenant = with_both();
        for (patch, expected) in [
            (
                r#"{"a/b": {"room": "B 7", "seats": 12}}"#,
                r#"{"a/b":{"room":"B 7","seats":12}}"#,
            ),
            (
                r#"{"a/b": {"seats": null, "tags": ["x", "y"], "open": true}}"#,
                r#"{"a/b":{"room":"B 7","tags":["x","y"],"open":true}}"#,
            ),
            (
                r#"{"c/d": {"note": null}, "a/b": {"tags": ["z"]}}"#,
                r#"{"a/b":{"room":"B 7","tags":["z"],"open":true},"c/d":{}}"#,
            ),
            (r#"{"a/b": null}"#, r#"{"c/d":{}}"#),
        ] {
            tenant.write(&admin(), &[update(collection, identifier, &[extended(patch)])]);
            assert_eq!(kept(&tenant, collection, identifier), document(expected), "{patch}");
        }
    }
}

#[test]
fn the_catalogs_of_an_event_and_of_its_series_have_nothing_to_do_with_each_other() {
    let tenant = with_both();
    tenant.write(
        &admin(),
        &[update("series", "s", &[extended(r#"{"a/b": {"x": "1"}}"#)])],
    );
    assert_eq!(kept(&tenant, "events", "e"), Value::None);
    tenant.write(
        &admin(),
        &[update("events", "e", &[extended(r#"{"a/b": {"x": "2"}}"#)])],
    );
    tenant.write(&admin(), &[delete("series", "s")]);
    assert_eq!(kept(&tenant, "events", "e"), document(r#"{"a/b":{"x":"2"}}"#));
}

#[test]
fn what_catalogs_hold_is_found_by_searching_for_it() {
    for (collection, identifier) in [("events", "e"), ("series", "s")] {
        let tenant = with_both();
        let patch = r#"{"a/b": {"room": "Hörsaal Ost", "tags": ["Mikroskop"], "seats": 4711, "open": true}}"#;
        tenant.write(&admin(), &[update(collection, identifier, &[extended(patch)])]);
        let found = |text: &str| tenant.list(&admin(), &filtered(collection, &[contains(text)]));
        for text in ["horsaal", "mikro", "471"] {
            assert_eq!(found(text), [identifier], "{text}");
        }
        for text in ["a/b", "room", "true", "\"]"] {
            assert!(found(text).is_empty(), "{text}");
        }
        tenant.write(
            &admin(),
            &[update(collection, identifier, &[extended(r#"{"a/b": null}"#)])],
        );
        assert!(found("mikro").is_empty());
    }
}

#[test]
fn an_object_may_be_created_with_catalogs() {
    let tenant = Tenant::new();
    let fields = [text("title", "E"), extended(r#"{"a/b": {"x": "1", "y": null}}"#)];
    tenant.write(&admin(), &[event("e", &fields, None)]);
    assert_eq!(kept(&tenant, "events", "e"), document(r#"{"a/b":{"x":"1"}}"#));
}

#[test]
fn catalogs_hold_nothing_but_metadata() {
    let tenant = with_both();
    for json in [
        "[]",
        "null",
        r#"{"a/b": "x"}"#,
        r#"{"a/b": ["x"]}"#,
        r#"{"a/b": {"x": {}}}"#,
        r#"{"a/b": {"x": [1]}}"#,
        r#"{"a/b": {"x": 1.5}}"#,
        r#"{"a/b": {"x": "\u0000"}}"#,
        r#"{"a/b": {"x": ["\u001b"]}}"#,
        r#"{"a/b": {"\u0000": "x"}}"#,
    ] {
        let error = tenant
            .try_write(&admin(), &[update("events", "e", &[extended(json)])])
            .unwrap_err();
        assert_eq!(
            (error.reason, error.subject.as_str()),
            (Reason::Invalid, "extended_metadata"),
            "{json}"
        );
    }
    assert_eq!(kept(&tenant, "events", "e"), Value::None);
}
