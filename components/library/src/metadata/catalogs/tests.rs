//! Extended catalogs: what is written, kept and shown for each type of field.

use serde_json::{Value as Json, json};

use super::*;
use crate::api::{Assignment, Value};
use crate::metadata::{EPISODE, Entry};

const FLAVOR: &str = "lecture/extended";

/// A catalog with one field of this type and these attributes.
fn catalogs(r#type: &str, attributes: Json) -> Catalogs {
    let mut field = json!({"id": "it", "label": "IT", "type": r#type, "required": false, "readOnly": false});
    if let (Json::Object(field), Json::Object(attributes)) = (&mut field, attributes) {
        field.extend(attributes);
    }
    let definition = json!({"flavor": FLAVOR, "title": "TEACHING", "fields": [field]});
    Catalogs {
        main: &EPISODE,
        extended: vec![serde_json::from_value(definition).unwrap()],
        configuration: String::new(),
    }
}

fn input(value: Json) -> CatalogInput {
    CatalogInput {
        flavor: FLAVOR.to_owned(),
        entries: vec![Entry {
            id: "it".to_owned(),
            value,
            pointer: "metadata/0".to_owned(),
        }],
        pointer: "metadata".to_owned(),
    }
}

/// What is kept of a value.
fn kept(catalogs: &Catalogs, value: Json) -> Result<Json, Problem> {
    let assignments = catalogs.changes(&[input(value)], 404)?.for_new()?;
    let [
        Assignment {
            field,
            value: Value::Document(patch),
        },
    ] = assignments.as_slice()
    else {
        panic!("{assignments:?}");
    };
    assert_eq!(field, EXTENDED);
    let mut patch: Json = serde_json::from_str(patch).unwrap();
    Ok(patch[FLAVOR]["it"].take())
}

/// The field of an object that keeps this.
fn shown(catalogs: &Catalogs, content: &Json) -> Json {
    let fields = catalogs.fields(&["title"]);
    assert_eq!(fields, ["title", EXTENDED]);
    let document = json!({ FLAVOR: { "it": content } }).to_string();
    let values = [Value::None, Value::Document(document)];
    let mut text = Vec::new();
    assert!(
        catalogs
            .layouts(&fields, Form::Own)
            .write_fields(FLAVOR, &values, false, &mut text)
    );
    serde_json::from_slice::<Json>(&text).unwrap()[0].take()
}

#[test]
fn each_type_is_written_kept_and_shown_in_its_own_way() {
    for (r#type, name, sent, kept_as, shown_as) in [
        ("text", "text", json!("A b"), json!("A b"), json!("A b")),
        ("text", "text", json!(5), json!("5"), json!("5")),
        ("text_long", "text_long", json!("A\nb"), json!("A\nb"), json!("A\nb")),
        ("ordered_text", "ordered_text", json!("CC"), json!("CC"), json!("CC")),
        (
            "mixed_text",
            "mixed_text",
            json!(["A, b", "c"]),
            json!(["A, b", "c"]),
            json!(["A, b", "c"]),
        ),
        (
            "iterable_text",
            "text",
            json!("[\"A\", \"b\"]"),
            json!(["A", "b"]),
            json!(["A", "b"]),
        ),
        ("boolean", "boolean", json!(true), json!(true), json!(true)),
        ("boolean", "boolean", json!("False"), json!(false), json!(false)),
        ("long", "number", json!("42"), json!(42), json!("42")),
        ("long", "number", json!(-7), json!(-7), json!("-7")),
        (
            "date",
            "date",
            json!("2018-03-19T17:11:48+01:00"),
            json!("2018-03-19T16:11:48.000Z"),
            json!("2018-03-19T16:11:48.000Z"),
        ),
        (
            "start_date",
            "date",
            json!("2018-03-19"),
            json!("2018-03-19T00:00:00.000Z"),
            json!("2018-03-19T00:00:00.000Z"),
        ),
        (
            "start_time",
            "time",
            json!("16:30:10Z"),
            json!("16:30:00"),
            json!("16:30"),
        ),
        (
            "duration",
            "text",
            json!("26:1:5"),
            json!("26:01:05"),
            json!("26:01:05"),
        ),
    ] {
        let catalogs = catalogs(r#type, json!({}));
        let content = kept(&catalogs, sent.clone()).unwrap();
        assert_eq!(content, kept_as, "{type} {sent}");
        let field = shown(&catalogs, &content);
        assert_eq!(
            (&field["type"], &field["value"]),
            (&json!(name), &shown_as),
            "{type} {sent}"
        );
    }
}

#[test]
fn a_pattern_says_how_points_in_time_are_sent_and_shown() {
    for (r#type, pattern, sent, kept_as) in [
        ("date", "dd.MM.yyyy", "19.03.2018", "2018-03-19T00:00:00.000Z"),
        ("start_date", "yyyy-MM-dd", "2018-03-19", "2018-03-19T00:00:00.000Z"),
        ("start_time", "HH'h'mm", "16h30", "16:30:00"),
    ] {
        let catalogs = catalogs(r#type, json!({ "pattern": pattern }));
        let content = kept(&catalogs, json!(sent)).unwrap();
        assert_eq!(content, kept_as);
        assert_eq!(shown(&catalogs, &content)["value"], sent);
    }
    // What is understood without a pattern is understood with one.
    let catalogs = catalogs("date", json!({"pattern": "dd.MM.yyyy"}));
    assert_eq!(
        kept(&catalogs, json!("2018-03-19T16:00:00Z")).unwrap(),
        "2018-03-19T16:00:00.000Z"
    );
}

#[test]
fn nothing_is_kept_of_an_empty_value_and_a_field_without_content_is_shown_as_empty() {
    for (r#type, empty, shown_as) in [
        ("text", json!(""), json!("")),
        ("text_long", json!(null), json!("")),
        ("ordered_text", json!(""), json!("")),
        ("mixed_text", json!([]), json!([])),
        ("iterable_text", json!([" "]), json!([])),
        ("boolean", json!(""), json!("")),
        ("long", json!(" "), json!("")),
        ("date", json!(""), json!("")),
        ("start_date", json!(null), json!("")),
        ("start_time", json!(""), json!("")),
        ("duration", json!(""), json!("00:00:00")),
    ] {
        let catalogs = catalogs(r#type, json!({}));
        assert_eq!(kept(&catalogs, empty).unwrap(), Json::Null, "{type}");
        assert_eq!(shown(&catalogs, &Json::Null)["value"], shown_as, "{type}");
    }
}

#[test]
fn a_value_that_does_not_fit_its_type_is_refused_by_name() {
    for (r#type, value) in [
        ("text", json!("a\u{0}b")),
        ("text_long", json!("a\u{1b}b")),
        ("mixed_text", json!("A")),
        ("mixed_text", json!(["a\u{7}"])),
        ("iterable_text", json!("")),
        ("boolean", json!("maybe")),
        ("long", json!("many")),
        ("long", json!(1.5)),
        ("date", json!("soon")),
        ("start_date", json!("2018-13")),
        ("start_time", json!("noon")),
        ("duration", json!("10:00")),
    ] {
        let problem = kept(&catalogs(r#type, json!({})), value.clone()).unwrap_err();
        assert_eq!(problem.status, 400, "{type} {value}");
        assert!(problem.message.contains("'it'"), "{}", problem.message);
        assert_eq!(problem.part, Some(crate::Part::Body("#/metadata/0/value".to_owned())));
    }
    let problem = kept(&catalogs("date", json!({"pattern": "dd.MM.yyyy"})), json!("soon")).unwrap_err();
    assert!(problem.message.contains("dd.MM.yyyy"), "{}", problem.message);
}

#[test]
fn what_was_written_while_the_field_had_another_type_does_no_harm() {
    let contents = [
        json!("x"),
        json!(["x", "y"]),
        json!(7),
        json!(true),
        json!(null),
        json!({"x": 1}),
    ];
    for r#type in [
        "boolean",
        "date",
        "duration",
        "iterable_text",
        "long",
        "mixed_text",
        "ordered_text",
        "start_date",
        "start_time",
        "text",
        "text_long",
        "unknown",
    ] {
        for content in &contents {
            let field = shown(&catalogs(r#type, json!({"pattern": "yyyy"})), content);
            assert!(!field["value"].is_null(), "{type} {content}");
        }
    }
}

#[test]
fn a_field_tells_what_the_tenant_has_configured() {
    let attributes = json!({"required": true, "readOnly": true, "translatable": false, "delimiter": ";"});
    let field = shown(&catalogs("text", attributes), &json!("x"));
    assert_eq!(
        field,
        json!({"id": "it", "label": "IT", "type": "text", "required": true, "readOnly": true, "translatable": false,
               "delimiter": ";", "value": "x"})
    );
    let field = shown(&catalogs("text", json!({})), &json!("x"));
    assert_eq!((field.get("translatable"), field.get("delimiter")), (None, None));
}
