//! The JSON types of an event in every version of the API.

use lectern_tests::Stage;
use lectern_tests::fixture::each_tenant;
use serde_json::{Value, json};

/// All versions, by their minor number.
const VERSIONS: std::ops::RangeInclusive<u32> = 0..=11;

/// Whether the value is of a type, in words: a list of texts may also be empty.
fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "text" => value.is_string(),
        "texts" => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
        "number" => value.is_i64(),
        "number or null" => value.is_i64() || value.is_null(),
        "flag" => value.is_boolean(),
        "time" => value.as_str().is_some_and(is_time),
        "list" => value.is_array(),
        "object" => value.is_object(),
        _ => panic!("there is no type {kind:?}"),
    }
}

/// `yyyy-MM-ddTHH:mm:ssZ`
fn is_time(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|letter| if letter.is_ascii_digit() { '0' } else { letter })
        .collect();
    shape == "0000-00-00T00:00:00Z"
}

/// The members of an event with everything included, and their types.
fn members(minor: u32) -> Vec<(&'static str, &'static str)> {
    let mut members = vec![
        ("identifier", "text"),
        ("title", "text"),
        ("description", "text"),
        ("creator", "text"),
        ("presenter", "texts"),
        ("contributor", "texts"),
        ("subjects", "texts"),
        ("location", "text"),
        ("created", "time"),
        ("start", "time"),
        ("archive_version", "number"),
        ("has_previews", "flag"),
        ("publication_status", "texts"),
        ("processing_state", "text"),
        ("acl", "list"),
        ("metadata", "list"),
        ("publications", "list"),
    ];
    if minor >= 1 {
        let texts = [
            "language",
            "rightsholder",
            "license",
            "is_part_of",
            "series",
            "source",
            "status",
        ];
        members.extend(texts.map(|name| (name, "text")));
        members.push(("scheduling", "object"));
    }
    if minor >= 4 {
        members.push(("duration", "number or null"));
    }
    members.sort_unstable();
    members
}

#[test]
fn every_member_has_its_type_in_every_version() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Reihe" }));
        let empty = stage.event(json!({ "title": "Leer" }));
        let full = stage.event(json!({
            "title": "Voll", "description": "Text", "creator": ["Ada"], "contributor": ["Bob", "Eve"],
            "subjects": ["Physik", "Musik"], "location": "Raum", "language": "de", "rightsHolder": "Uni",
            "license": "CC0", "isPartOf": series, "source": "Band", "startDate": "2024-03-18",
            "startTime": "08:15", "duration": "01:30:00",
        }));
        for minor in VERSIONS {
            for id in [&empty, &full] {
                let with = "withacl=true&withmetadata=true&withscheduling=true&withpublications=true";
                let request = stage.actor.get(&format!("/api/events/{id}?{with}"));
                let event = request.version(&format!("v1.{minor}.0")).send().expect(200).json();
                let found = event.as_object().expect("an object").keys().map(String::as_str);
                let mut found: Vec<&str> = found.collect();
                found.sort_unstable();
                let expected = members(minor);
                assert_eq!(
                    found,
                    expected.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
                    "1.{minor}"
                );
                for (name, kind) in expected {
                    assert!(
                        is(&event[name], kind),
                        "1.{minor}: {name} is {}, not {kind}",
                        event[name]
                    );
                }
            }
        }
    });
}

#[test]
fn the_status_and_the_state_of_an_event_that_has_been_processed() {
    let stage = Stage::new(&lectern_tests::fixture::NORTH);
    let event = stage.actor.event(&stage.event(json!({ "title": "Ruhe" })));
    assert_eq!(
        [
            &event["status"],
            &event["processing_state"],
            &event["publication_status"],
            &event["has_previews"]
        ],
        [
            &json!("EVENTS.EVENTS.STATUS.PROCESSED"),
            &json!("SUCCEEDED"),
            &json!([]),
            &json!(false)
        ]
    );
}
