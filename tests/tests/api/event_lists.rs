//! `GET /api/events`: order, windows, and what comes along.

use lectern_tests::Stage;
use lectern_tests::content::{acl, owned_by, unique};
use lectern_tests::fixture::{NORTH, each_tenant};
use lectern_tests::stage::titles;
use serde_json::{Value, json};

fn three(stage: &Stage) {
    stage.event(json!({
        "title": "B", "creator": ["Anna", "Zoë"], "location": "Raum 2",
        "startDate": "2024-05-01", "startTime": "10:00", "duration": "03:00:00",
    }));
    stage.event(json!({
        "title": "A", "creator": ["Berta"], "location": "Raum 1",
        "startDate": "2024-05-01", "startTime": "11:00", "duration": "00:30:00",
    }));
    stage.event(json!({ "title": "C", "startDate": "2024-04-01", "startTime": "23:59" }));
}

#[test]
fn the_list_is_an_array_of_events() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        assert_eq!(stage.list("events").send().expect(200).json(), json!([]));
        three(&stage);
        assert_eq!(stage.sorted("events", "title:ASC"), ["A", "B", "C"]);
    });
}

#[test]
fn a_listed_event_shows_what_the_single_one_shows() {
    let stage = Stage::new(&NORTH);
    let series = stage.series(json!({ "title": "Reihe" }));
    let id = stage.event(json!({ "title": "Folge", "isPartOf": series, "creator": ["Ada"], "duration": "00:10:00" }));
    for version in ["v1.0.0", "v1.1.0", "v1.5.0", "v1.11.0"] {
        let with = "withacl=true&withmetadata=true&withscheduling=true&withpublications=true";
        let single = stage
            .actor
            .get(&format!("/api/events/{id}?{with}"))
            .version(version)
            .send()
            .expect(200);
        let list = stage
            .actor
            .get(&format!("/api/events?{with}"))
            .version(version)
            .send()
            .expect(200);
        assert_eq!(list.json(), json!([single.json()]), "{version}");
    }
}

#[test]
fn lists_are_sorted_as_asked() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        three(&stage);
        for (sort, expected) in [
            ("title:ASC", ["A", "B", "C"]),
            ("title:DESC", ["C", "B", "A"]),
            ("title:descending", ["C", "B", "A"]),
            // By the smallest name ascending, by the largest descending; the one without any comes last in both.
            ("presenter:ASC", ["B", "A", "C"]),
            ("presenter:DESC", ["B", "A", "C"]),
            ("start_date:ASC", ["C", "B", "A"]),
            ("date:DESC", ["A", "B", "C"]),
            ("end_date:ASC", ["C", "A", "B"]),
            ("location:ASC", ["A", "B", "C"]),
            ("location:DESC", ["B", "A", "C"]),
            ("location:ASC,title:DESC", ["A", "B", "C"]),
            (" title :ASC", ["A", "B", "C"]),
        ] {
            assert_eq!(stage.sorted("events", sort), expected, "{sort}");
        }
    });
}

#[test]
fn every_documented_sort_is_accepted() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    for name in [
        "title",
        "presenter",
        "start_date",
        "date",
        "end_date",
        "technical_start",
        "technical_date",
        "technical_end",
        "workflow_state",
        "series_name",
        "location",
        "review_status",
        "scheduling_status",
    ] {
        for order in ["ASC", "DESC"] {
            assert_eq!(
                stage.sorted("events", &format!("{name}:{order}")).len(),
                3,
                "{name}:{order}"
            );
        }
    }
}

#[test]
fn several_sort_criteria_count_in_the_order_given() {
    let stage = Stage::new(&NORTH);
    for (title, location) in [("1", "y"), ("2", "x"), ("3", "y"), ("4", "x")] {
        stage.event(json!({ "title": title, "location": location }));
    }
    assert_eq!(stage.sorted("events", "location:ASC,title:DESC"), ["4", "2", "3", "1"]);
    assert_eq!(stage.sorted("events", "location:DESC,title:ASC"), ["1", "3", "2", "4"]);
    assert_eq!(stage.sorted("events", "title:DESC,location:ASC"), ["4", "3", "2", "1"]);
}

#[test]
fn the_series_name_sorts_and_events_without_a_series_come_last() {
    let stage = Stage::new(&NORTH);
    let first = stage.series(json!({ "title": "Anatomie" }));
    let second = stage.series(json!({ "title": "Zoologie" }));
    stage.event(json!({ "title": "ohne" }));
    stage.event(json!({ "title": "zoo", "isPartOf": second }));
    stage.event(json!({ "title": "ana", "isPartOf": first }));
    assert_eq!(stage.sorted("events", "series_name:ASC"), ["ana", "zoo", "ohne"]);
    assert_eq!(stage.sorted("events", "series_name:DESC"), ["zoo", "ana", "ohne"]);
}

#[test]
fn an_unknown_or_malformed_sort_is_refused() {
    let stage = Stage::new(&NORTH);
    for (sort, part) in [
        ("colour:ASC", "colour"),
        ("created:ASC", "created"),
        ("Title:ASC", "Title"),
        ("title", "title"),
        ("title:UP", "title"),
        ("title:ASC:DESC", "title"),
        ("title:", "title"),
        (":ASC", "sort"),
        ("title:ASC,colour:ASC", "colour"),
    ] {
        stage.list("events").query("sort", sort).send().refused(400, part);
    }
    stage.list("events").query("sort", "").send().expect(200);
}

#[test]
fn limit_and_offset_cut_a_window() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        three(&stage);
        for (window, expected) in [
            ("limit=2", vec!["A", "B"]),
            ("limit=2&offset=1", vec!["B", "C"]),
            ("offset=2", vec!["C"]),
            ("offset=3", vec![]),
            ("limit=5&offset=1000000000", vec![]),
            ("limit=0", vec!["A", "B", "C"]),
            ("limit=-1", vec!["A", "B", "C"]),
            ("offset=-5&limit=1", vec!["A"]),
            ("limit=&offset=", vec!["A", "B", "C"]),
        ] {
            let list = stage.actor.get(&format!("/api/events?sort=title:ASC&{window}")).send();
            assert_eq!(titles(&list), expected, "{window}");
        }
    });
}

#[test]
fn a_window_that_is_no_number_is_refused_by_name() {
    let stage = Stage::new(&NORTH);
    for value in ["ten", "1.5", "0x10", "1e3", "99999999999999999999999", "1 2"] {
        for name in ["limit", "offset"] {
            stage.list("events").query(name, value).send().refused(400, name);
        }
    }
}

#[test]
fn without_a_limit_all_events_are_listed() {
    let stage = Stage::new(&NORTH);
    let marker = unique("alle");
    for number in 0..120 {
        stage.event(json!({ "title": format!("{marker} {number:03}") }));
    }
    let all = stage.sorted("events", "title:ASC");
    assert_eq!(all.len(), 120);
    assert!(all.is_sorted());
    assert_eq!(
        stage
            .list("events")
            .query("limit", "0")
            .send()
            .expect(200)
            .identifiers()
            .len(),
        120
    );
}

#[test]
fn pages_neither_repeat_nor_miss_an_event_with_the_same_title() {
    let stage = Stage::new(&NORTH);
    let mut expected: Vec<_> = (0..7).map(|_| stage.event(json!({ "title": "Gleich" }))).collect();
    for sort in ["title:ASC", "location:DESC", "presenter:ASC", ""] {
        let mut listed = Vec::new();
        for offset in [0, 3, 6] {
            let path = format!("/api/events?sort={sort}&limit=3&offset={offset}");
            listed.extend(stage.actor.get(&path).send().expect(200).identifiers());
        }
        expected.sort();
        listed.sort();
        assert_eq!(listed, expected, "{sort}");
    }
}

#[test]
fn only_with_write_access_leaves_out_what_may_only_be_read() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        stage.event(json!({ "title": "Schreiben" }));
        stage
            .admin
            .create_event(json!({ "title": "Lesen" }), &acl(&[(&stage.role, "read")]));
        let list = |query: &str| {
            let mut titles = titles(&stage.actor.get(&format!("/api/events?{query}")).send());
            titles.sort();
            titles
        };
        assert_eq!(list(""), ["Lesen", "Schreiben"]);
        assert_eq!(list("onlyWithWriteAccess=true"), ["Schreiben"]);
        assert_eq!(
            list("onlyWithWriteAccess=True&filter=title:Lesen"),
            Vec::<String>::new()
        );
        assert_eq!(
            list("onlyWithWriteAccess=true&filter=title:Lesen&filter=title:Schreiben"),
            ["Schreiben"]
        );
        assert_eq!(list("onlyWithWriteAccess=no"), ["Lesen", "Schreiben"]);
    });
}

#[test]
fn access_lists_and_metadata_come_along_if_asked_for() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    let list = stage
        .list("events")
        .query("withacl", "true")
        .query("withmetadata", "true")
        .send()
        .expect(200)
        .json();
    for event in list.as_array().expect("a list") {
        assert_eq!(event["acl"], owned_by(&stage.role));
        let fields = event["metadata"][0]["fields"].as_array().expect("fields");
        assert_eq!(fields[0]["id"], "title");
        assert_eq!(fields[0]["value"], event["title"]);
    }
    let plain = stage.list("events").send().expect(200).json();
    for member in ["acl", "metadata", "publications", "scheduling"] {
        assert_eq!(plain[0].get(member), None::<&Value>, "{member}");
    }
}

#[test]
fn an_administrator_sees_what_no_list_admits() {
    each_tenant(|tenant| {
        let marker = unique("verwaist");
        tenant.admin().create_event(json!({ "title": marker }), &json!([]));
        let found = tenant
            .admin()
            .get("/api/events")
            .query("filter", &format!("title:{marker}"))
            .send();
        assert_eq!(titles(&found), [marker]);
    });
}
