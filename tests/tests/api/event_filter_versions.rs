//! The `filter` of `GET /api/events` in every version of the API, and values that hold its separators.

use lectern_tests::content::{event_form, owned_by};
use lectern_tests::fixture::NORTH;
use lectern_tests::fixture::each_tenant;
use lectern_tests::stage::titles;
use lectern_tests::{Encoding, Stage};
use serde_json::json;

/// Two events that differ in everything, and the filters that select the first, each with the minor version that brought it.
fn two(stage: &Stage) -> Vec<(u32, String)> {
    let series = stage.series(json!({ "title": "Optik" }));
    let first = stage.event(json!({
        "title": "Licht", "description": "Brechung", "subjects": ["Physik"], "language": "de", "rightsHolder": "Uni",
        "license": "CC-BY", "isPartOf": series, "creator": ["Ada", "Max"], "contributor": ["Technik"],
        "startDate": "2024-05-01", "startTime": "10:00", "duration": "01:00:00", "location": "Hörsaal", "source": "Band",
    }));
    stage.event(json!({ "title": "Schall", "startDate": "2024-06-01", "startTime": "10:00" }));
    [
        (0, "presenters:Max".to_owned()),
        (0, "contributors:Technik".to_owned()),
        (0, "location:Hörsaal".to_owned()),
        (0, format!("series:{series}")),
        (0, "subject:Physik".to_owned()),
        (0, "textFilter:brech".to_owned()),
        (1, format!("identifier:{first}")),
        (1, "title:Licht".to_owned()),
        (1, "description:Brechung".to_owned()),
        (1, "series_name:Optik".to_owned()),
        (1, "language:de".to_owned()),
        (1, "created:2024-05-01T10:00:00Z".to_owned()),
        (1, "license:CC-BY".to_owned()),
        (1, "rightsholder:Uni".to_owned()),
        (1, format!("is_part_of:{series}")),
        (1, "source:Band".to_owned()),
        (1, "start:2024-05-01T10:00:00Z/2024-05-01T10:00:00Z".to_owned()),
    ]
    .into()
}

#[test]
fn every_filter_selects_in_every_version_that_knows_it_and_in_no_other() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        for (since, filter) in two(&stage) {
            for minor in 0..=11 {
                let request = stage.list("events").query("filter", &filter).query("sort", "title:ASC");
                let listed = titles(&request.version(&format!("v1.{minor}.0")).send());
                let expected: &[&str] = if minor >= since {
                    &["Licht"]
                } else {
                    &["Licht", "Schall"]
                };
                assert_eq!(listed, expected, "{filter} in 1.{minor}");
            }
        }
    });
}

#[test]
fn several_filters_are_alternatives_from_1_5_0_on_and_before_it_the_first_counts() {
    let stage = Stage::new(&NORTH);
    two(&stage);
    for minor in 0..=11 {
        let request = stage
            .list("events")
            .query("filter", "location:Hörsaal")
            .query("filter", "textFilter:schall")
            .query("filter", "presenters:Ada")
            .query("sort", "title:ASC");
        let listed = titles(&request.version(&format!("v1.{minor}.0")).send());
        let expected: &[&str] = if minor >= 5 { &["Licht", "Schall"] } else { &["Licht"] };
        assert_eq!(listed, expected, "1.{minor}");
    }
}

#[test]
fn a_backslash_takes_the_meaning_from_a_separator_in_every_filter() {
    let stage = Stage::new(&NORTH);
    for text in ["a,b", "a:b", r"a\b", r"a\,b", "a,b:c", r"\", ",", ":"] {
        let fields =
            json!({ "title": text, "location": text, "creator": [text], "subjects": [text.replace(',', ";")] });
        stage
            .admin
            .post("/api/events")
            .form(&event_form(&fields, &owned_by(&stage.role)), Encoding::Multipart)
            .send()
            .expect(201);
        let escaped = text.replace('\\', r"\\").replace(',', r"\,").replace(':', r"\:");
        for name in ["title", "location", "presenters"] {
            assert_eq!(
                stage.matching("events", &format!("{name}:{escaped}")),
                [text],
                "{name}:{escaped}"
            );
            // With something behind it the end of the value is where it should be.
            let both = format!("{name}:{escaped},title:{escaped}");
            assert_eq!(stage.matching("events", &both), [text], "{both}");
        }
    }
    // Only before a separator or a backslash it means anything.
    stage.event(json!({ "title": r"C:\temp" }));
    assert_eq!(stage.matching("events", r"title:C:\temp"), [r"C:\temp"]);
}

#[test]
fn only_what_may_be_written_is_the_same_with_and_without_filters() {
    let stage = Stage::new(&NORTH);
    two(&stage);
    let read_only = json!([{ "role": stage.role, "action": "read", "allow": true }]);
    stage
        .admin
        .create_event(json!({ "title": "Lesen", "location": "Hörsaal" }), &read_only);
    for (filters, expected) in [
        (vec![], vec!["Licht", "Schall"]),
        (vec!["location:Hörsaal"], vec!["Licht"]),
        (vec!["textFilter:lesen"], vec![]),
        (vec!["location:Hörsaal", "title:Schall"], vec!["Licht", "Schall"]),
        (vec!["title:Lesen", "title:Schall"], vec!["Schall"]),
    ] {
        let request = stage
            .list("events")
            .query("onlyWithWriteAccess", "true")
            .query("sort", "title:ASC");
        let request = filters
            .iter()
            .fold(request, |request, filter| request.query("filter", filter));
        let answer = request.send().expect(200);
        assert_eq!(answer.column("title"), expected, "{filters:?}");
        assert_eq!(
            answer.header("x-total-count"),
            Some(expected.len().to_string().as_str()),
            "{filters:?}"
        );
    }
}
