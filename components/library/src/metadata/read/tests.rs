use serde_json::json;

use super::*;
use crate::metadata::EPISODE;

const FIELDS: &[&str] = &["title", "presenter", "start", "subject", "duration", "license"];

fn shown(values: &[Value], form: Form, is_locked: bool) -> serde_json::Value {
    let mut text = Vec::new();
    let catalogs = Catalogs::main(&EPISODE);
    catalogs
        .layouts(FIELDS, form)
        .write_catalogs(values, is_locked, &mut text);
    let catalogs: serde_json::Value = serde_json::from_slice(&text).unwrap();
    catalogs[0].clone()
}

fn field<'a>(catalog: &'a serde_json::Value, id: &str) -> Option<&'a serde_json::Value> {
    catalog["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["id"] == id)
}

fn lecture() -> Vec<Value> {
    vec![
        Value::Text("Captivating title".to_owned()),
        Value::Texts(vec!["Prof. X".to_owned(), "Who, Dr.".to_owned()]),
        Value::Number(1_503_965_100_000),
        Value::Text("Space, Final Frontier".to_owned()),
        Value::Number(5_400_000),
        Value::Text("CC-BY".to_owned()),
    ]
}

#[test]
fn a_field_tells_how_it_may_be_edited() {
    let catalog = shown(&lecture(), Form::Own, false);
    assert_eq!(catalog["flavor"], "dublincore/episode");
    assert_eq!(catalog["title"], "EVENTS.EVENTS.DETAILS.CATALOG.EPISODE");
    assert_eq!(
        field(&catalog, "title").unwrap(),
        &json!({
            "id": "title",
            "readOnly": false,
            "value": "Captivating title",
            "label": "EVENTS.EVENTS.DETAILS.METADATA.TITLE",
            "type": "text",
            "required": true
        })
    );
    assert_eq!(field(&catalog, "license").unwrap()["translatable"], true);
    assert_eq!(field(&catalog, "identifier").unwrap()["readOnly"], true);
}

#[test]
fn a_catalog_of_its_own_splits_the_start_into_date_and_time() {
    let catalog = shown(&lecture(), Form::Own, false);
    assert_eq!(field(&catalog, "startDate").unwrap()["value"], "2017-08-29");
    assert_eq!(field(&catalog, "startTime").unwrap()["value"], "00:05");
    assert_eq!(field(&catalog, "startTime").unwrap()["type"], "time");
    assert_eq!(field(&catalog, "license").unwrap()["type"], "text");
}

#[test]
fn an_embedded_catalog_has_the_whole_start_in_one_field() {
    let catalog = shown(&lecture(), Form::Embedded, false);
    assert_eq!(
        field(&catalog, "startDate").unwrap()["value"],
        "2017-08-29T00:05:00.000Z"
    );
    assert_eq!(field(&catalog, "startTime"), None);
    assert_eq!(field(&catalog, "license").unwrap()["type"], "ordered_text");
}

#[test]
fn lists_are_never_joined_or_split() {
    for form in [Form::Own, Form::Embedded] {
        let catalog = shown(&lecture(), form, false);
        assert_eq!(
            field(&catalog, "creator").unwrap()["value"],
            json!(["Prof. X", "Who, Dr."])
        );
        assert_eq!(
            field(&catalog, "subjects").unwrap()["value"],
            json!(["Space", "Final Frontier"])
        );
    }
}

#[test]
fn empty_fields_are_shown_with_the_empty_value_of_their_type() {
    let catalog = shown(&[], Form::Own, false);
    let value = |id| &field(&catalog, id).unwrap()["value"];
    assert_eq!(value("title"), "");
    assert_eq!(value("creator"), &json!([]));
    assert_eq!(value("subjects"), &json!([]));
    assert_eq!(value("startDate"), "");
    assert_eq!(value("startTime"), "");
    assert_eq!(value("duration"), "00:00:00");
}

#[test]
fn durations_are_shown_as_hours_minutes_and_seconds() {
    assert_eq!(
        field(&shown(&lecture(), Form::Own, false), "duration").unwrap()["value"],
        "01:30:00"
    );
}

#[test]
fn fields_come_in_their_order() {
    let catalog = shown(&lecture(), Form::Own, false);
    let ids: Vec<&str> = catalog["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            "title",
            "subjects",
            "description",
            "language",
            "rightsHolder",
            "license",
            "isPartOf",
            "creator",
            "contributor",
            "startDate",
            "startTime",
            "duration",
            "location",
            "source",
            "created",
            "publisher",
            "identifier"
        ]
    );
}

#[test]
fn a_locked_catalog_is_read_only_and_says_why() {
    let catalog = shown(&lecture(), Form::Own, true);
    assert_eq!(catalog["locked"], "EVENTS.EVENTS.DETAILS.METADATA.LOCKED.RUNNING");
    assert!(
        catalog["fields"]
            .as_array()
            .unwrap()
            .iter()
            .all(|field| field["readOnly"] == true)
    );
}

#[test]
fn flags_and_numbers_have_their_own_types() {
    let shown = |kind, value: &Value| {
        let content = Content {
            kind,
            value,
            form: Form::Own,
            pattern: None,
        };
        serde_json::to_value(content).unwrap()
    };
    assert_eq!(shown(Kind::Boolean, &Value::Flag(true)), json!(true));
    assert_eq!(shown(Kind::Boolean, &Value::None), json!(""));
    assert_eq!(shown(Kind::Long, &Value::Number(7)), json!("7"));
    assert_eq!(shown(Kind::Long, &Value::None), json!(""));
    assert_eq!(shown(Kind::Date, &Value::Number(0)), json!("1970-01-01T00:00:00.000Z"));
}
