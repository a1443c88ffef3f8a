use serde_json::json;

use super::*;
use crate::api::assign_text;
use crate::metadata::{EPISODE, SERIES, parse_entries};

/// What a client wants of a main catalog. Tests may keep it for ever.
fn of(main: &'static Catalog<'static>, entries: Vec<Entry>, unknown: u16) -> Result<Changes<'static>, Problem> {
    let input = CatalogInput {
        flavor: main.flavor.to_owned(),
        entries,
        pointer: "metadata".to_owned(),
    };
    Box::leak(Box::new(Catalogs::main(main))).changes(&[input], unknown)
}

fn changes(value: Json) -> Result<Changes<'static>, Problem> {
    let entries = parse_entries("metadata", &value.to_string())?;
    of(&EPISODE, entries, 404)
}

fn new(value: Json) -> Vec<Assignment> {
    changes(value).unwrap().for_new().unwrap()
}

fn text(field: &str, text: &str) -> Assignment {
    assign_text(field, text.to_owned())
}

fn number(field: &str, number: i64) -> Assignment {
    assign(field, Value::Number(number))
}

fn refusal(value: Json) -> Problem {
    changes(value).and_then(Changes::for_new).unwrap_err()
}

#[test]
fn text_is_written_as_it_is_and_everything_else_as_its_text() {
    assert_eq!(
        new(json!([
            {"id": "title", "value": " Captivating title "},
            {"id": "description", "value": 5},
            {"id": "source", "value": true},
            {"id": "location", "value": ["a"]},
        ])),
        [
            text("title", " Captivating title "),
            text("description", "5"),
            text("source", "true"),
            text("location", "[\"a\"]")
        ]
    );
}

#[test]
fn null_and_empty_text_clear_a_field() {
    assert_eq!(
        new(json!([{"id": "description", "value": null}, {"id": "source", "value": ""}, {"id": "location"}])),
        [
            assign("description", Value::None),
            assign("source", Value::None),
            assign("location", Value::None)
        ]
    );
}

#[test]
fn lists_are_written_as_lists() {
    assert_eq!(
        new(json!([{"id": "creator", "value": ["Prof. X", "Who, Dr."]}, {"id": "contributor", "value": "[\"A\", 5]"}])),
        [
            assign(
                "presenter",
                Value::Texts(vec!["Prof. X".to_owned(), "Who, Dr.".to_owned()])
            ),
            assign("contributor", Value::Texts(vec!["A".to_owned(), "5".to_owned()])),
        ]
    );
    assert_eq!(
        new(json!([{"id": "creator", "value": []}])),
        [assign("presenter", Value::None)]
    );
}

#[test]
fn a_list_field_takes_nothing_but_a_list() {
    for value in [json!("Prof. X"), json!(""), json!(null), json!(5)] {
        let problem = refusal(json!([{"id": "creator", "value": value}]));
        assert_eq!(problem.status, 400);
        assert!(problem.message.contains("'creator'"), "{}", problem.message);
    }
}

#[test]
fn subjects_take_a_list_and_subject_takes_both() {
    let joined = [text("subject", "Space,Final Frontier")];
    assert_eq!(
        new(json!([{"id": "subjects", "value": ["Space", "Final Frontier"]}])),
        joined
    );
    assert_eq!(
        new(json!([{"id": "subject", "value": ["Space", "Final Frontier"]}])),
        joined
    );
    assert_eq!(new(json!([{"id": "subject", "value": "Space,Final Frontier"}])), joined);
    assert_eq!(refusal(json!([{"id": "subjects", "value": "Space"}])).status, 400);
}

#[test]
fn of_several_entries_for_a_field_the_last_counts() {
    assert_eq!(
        new(
            json!([{"id": "title", "value": "a"}, {"id": "subjects", "value": ["x"]}, {"id": "title", "value": "b"}, {"id": "subject", "value": "y"}])
        ),
        [text("title", "b"), text("subject", "y")]
    );
}

#[test]
fn date_and_time_make_the_start_and_created_follows() {
    let start = 1_466_602_200_000;
    let expected = [number("start", start), number("created", start)];
    let time = json!({"id": "startTime", "value": "13:30:00Z"});
    let date = json!({"id": "startDate", "value": "2016-06-22"});
    assert_eq!(new(json!([time, date])), expected);
    assert_eq!(new(json!([date, time])), expected);
    assert_eq!(
        new(json!([{"id": "startDate", "value": "2016-06-22T13:30:00.000Z"}])),
        expected
    );
}

#[test]
fn a_new_object_starts_at_midnight_without_a_time_and_never_without_a_date() {
    let midnight = 1_466_553_600_000;
    assert_eq!(
        new(json!([{"id": "startDate", "value": "2016-06-22"}])),
        [number("start", midnight), number("created", midnight)]
    );
    assert_eq!(refusal(json!([{"id": "startTime", "value": "13:30"}])).status, 400);
}

#[test]
fn a_date_alone_keeps_the_time_and_a_time_alone_keeps_the_date() {
    let current = |field: &str| (field == "start").then_some(&Value::Number(1_466_602_200_000));
    let merged = |value: Json| changes(value).unwrap().for_existing(&current).unwrap();
    assert_eq!(
        merged(json!([{"id": "startDate", "value": "2016-06-23"}]))[0],
        number("start", 1_466_688_600_000)
    );
    assert_eq!(
        merged(json!([{"id": "startTime", "value": "00:00"}]))[0],
        number("start", 1_466_553_600_000)
    );
    assert!(
        changes(json!([{"id": "startTime", "value": "00:00"}]))
            .unwrap()
            .depend_on_object()
    );
    assert!(
        !changes(json!([{"id": "title", "value": "a"}]))
            .unwrap()
            .depend_on_object()
    );
}

#[test]
fn an_empty_date_time_or_duration_changes_nothing() {
    assert_eq!(
        new(
            json!([{"id": "startDate", "value": ""}, {"id": "startTime", "value": null}, {"id": "duration", "value": ""}])
        ),
        []
    );
}

#[test]
fn a_date_time_or_duration_that_is_none_is_refused_by_name() {
    for (id, value) in [
        ("startDate", "tomorrow"),
        ("startTime", "noon"),
        ("duration", "long"),
        ("duration", "30:00"),
        ("startDate", "99999999999-01-01"),
    ] {
        let problem = refusal(json!([{"id": id, "value": value}]));
        assert_eq!(problem.status, 400);
        assert!(problem.message.contains(id), "{}", problem.message);
    }
}

#[test]
fn a_duration_is_written_in_hours_minutes_and_seconds() {
    assert_eq!(
        new(json!([{"id": "duration", "value": "1:30:00"}])),
        [number("duration", 5_400_000)]
    );
}

#[test]
fn an_unknown_field_is_refused_by_name_with_the_status_of_the_call() {
    let entries = parse_entries(
        "metadata",
        r#"[{"id":"title","value":"a"},{"id":"colour","value":"red"}]"#,
    )
    .unwrap();
    for status in [400, 404] {
        let problem = of(&EPISODE, entries.clone(), status).unwrap_err();
        assert_eq!(problem.status, status);
        assert!(problem.message.contains("'colour'"), "{}", problem.message);
        assert_eq!(problem.part, Some(crate::Part::Body("#/metadata/1/id".to_owned())));
    }
}

#[test]
fn a_required_field_must_not_be_emptied() {
    for value in [json!(""), json!(" "), json!(null), json!([])] {
        let problem = refusal(json!([{"id": "title", "value": value}]));
        assert!(problem.message.contains("'title'"), "{}", problem.message);
    }
}

#[test]
fn a_read_only_field_may_be_sent_unchanged_in_either_form() {
    let current = |field: &str| match field {
        "created" => Some(&Value::Number(1_466_602_200_000)),
        _ => None,
    };
    for (id, value) in [("created", "2016-06-22T13:30:00.000Z"), ("publisher", "")] {
        let changes = changes(json!([{"id": id, "value": value}])).unwrap();
        assert!(changes.depend_on_object());
        assert_eq!(changes.for_existing(&current).unwrap(), []);
    }
    let problem = changes(json!([{"id": "publisher", "value": "me"}]))
        .unwrap()
        .for_existing(&current)
        .unwrap_err();
    assert_eq!(problem.status, 400);
    assert!(problem.message.contains("'publisher'"), "{}", problem.message);
}

#[test]
fn a_new_object_takes_no_read_only_content_except_what_may_be_chosen() {
    assert_eq!(refusal(json!([{"id": "publisher", "value": "me"}])).status, 400);
    assert_eq!(new(json!([{"id": "publisher", "value": ""}])), []);
    let entries = parse_entries("metadata", r#"[{"id":"identifier","value":"my-series"}]"#).unwrap();
    let mut changes = of(&SERIES, entries, 400).unwrap();
    assert_eq!(changes.take_choice("identifier").as_deref(), Some("my-series"));
    assert_eq!(changes.for_new().unwrap(), []);
}

#[test]
fn null_characters_are_refused() {
    assert_eq!(refusal(json!([{"id": "title", "value": "a\u{0}b"}])).status, 400);
    assert_eq!(refusal(json!([{"id": "creator", "value": ["a\u{0}b"]}])).status, 400);
}
