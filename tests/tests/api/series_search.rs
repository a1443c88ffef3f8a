//! `GET /api/series/series.json`: the search with parameters of its own.

use lectern_tests::content::unique;
use lectern_tests::fixture::{NORTH, each_tenant};
use lectern_tests::{Request, Stage};
use serde_json::json;

const PATH: &str = "/api/series/series.json";

fn search(stage: &Stage, parameters: &[(&str, &str)]) -> Request {
    let request = stage.actor.get(PATH);
    parameters
        .iter()
        .fold(request, |request, (name, value)| request.query(name, value))
}

fn found(stage: &Stage, parameters: &[(&str, &str)]) -> Vec<String> {
    search(stage, parameters).send().expect(200).column("title")
}

fn three(stage: &Stage) -> [String; 3] {
    [
        stage.series(json!({
            "title": "Analysis",
            "description": "Grenzwerte",
            "subjects": ["Mathematik"],
            "language": "de",
            "rightsHolder": "Universität Bern",
            "license": "CC-BY",
            "creator": ["Emmy Noether"],
            "contributor": ["Felix Klein"],
            "publisher": ["Verlag Ü"],
        })),
        stage.series(json!({
            "title": "Botanik",
            "description": "Pflanzen",
            "subjects": ["Biologie"],
            "language": "en",
            "rightsHolder": "Garten",
            "license": "CC0",
            "contributor": ["Anna Atkins", "Carl Correns"],
            "publisher": ["Verlag A", "Verlag C"],
        })),
        stage.series(json!({ "title": "Chemie" })),
    ]
}

#[test]
fn the_answer_is_a_list_of_series_in_the_shape_of_version_1_7_0() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let [id, ..] = three(&stage);
        let answer = search(&stage, &[("sort", "TITLE")])
            .header("accept", "application/json")
            .send()
            .expect(200);
        assert_eq!(answer.header("content-type"), Some("application/v1.7.0+json"));
        assert_eq!(answer.header("x-total-count"), Some("3"));
        let listed = stage
            .actor
            .get("/api/series")
            .version("v1.7.0")
            .query("filter", &format!("identifier:{id}"))
            .send()
            .expect(200)
            .json();
        assert_eq!(answer.json()[0], listed[0]);
    });
}

#[test]
fn every_parameter_selects_by_its_field_and_all_must_be_met() {
    let stage = Stage::new(&NORTH);
    let [analysis, ..] = three(&stage);
    for (parameter, value) in [
        ("q", "grenz"),
        ("seriesId", analysis.as_str()),
        ("seriesTitle", "Analysis"),
        ("contributor", "Felix Klein"),
        ("publisher", "Verlag Ü"),
        ("rightsholder", "Universität Bern"),
        ("language", "de"),
        ("license", "CC-BY"),
        ("subject", "Mathematik"),
        ("abstract", "Grenzwerte"),
        ("description", "Grenzwerte"),
    ] {
        assert_eq!(found(&stage, &[(parameter, value)]), ["Analysis"], "{parameter}");
        assert_eq!(
            found(&stage, &[(parameter, value), ("createdfrom", "2999-01-01T00:00:00Z")]),
            [""; 0],
            "{parameter}"
        );
        assert_eq!(
            found(&stage, &[(parameter, &unique("nirgends"))]),
            [""; 0],
            "{parameter}"
        );
    }
    let creator = stage.actor.series(&analysis)["creator"]
        .as_str()
        .expect("a name")
        .to_owned();
    assert_eq!(found(&stage, &[("creator", &creator), ("sort", "TITLE")]).len(), 3);
}

#[test]
fn a_part_of_an_identifier_is_enough_for_a_fuzzy_match() {
    let stage = Stage::new(&NORTH);
    let [id, ..] = three(&stage);
    let part = id.get(4..20).expect("a long identifier");
    assert_eq!(found(&stage, &[("seriesId", part)]), [""; 0]);
    assert_eq!(found(&stage, &[("seriesId", part), ("fuzzyMatch", "false")]), [""; 0]);
    assert_eq!(
        found(&stage, &[("seriesId", part), ("fuzzyMatch", "true")]),
        ["Analysis"]
    );
    assert_eq!(
        found(&stage, &[("seriesId", &part.to_uppercase()), ("fuzzyMatch", "true")]),
        ["Analysis"]
    );
}

#[test]
fn each_bound_of_the_creation_date_works_alone_and_both_are_included() {
    let stage = Stage::new(&NORTH);
    let [id, ..] = three(&stage);
    let created = stage.actor.series(&id)["created"].as_str().expect("a time").to_owned();
    let only = |bounds: &[(&str, &str)]| found(&stage, &[bounds, &[("seriesId", id.as_str())]].concat());
    for bounds in [
        &[("createdfrom", created.as_str())][..],
        &[("createdto", created.as_str())],
        &[("createdfrom", created.as_str()), ("createdto", created.as_str())],
    ] {
        assert_eq!(only(bounds), ["Analysis"], "{bounds:?}");
    }
    assert_eq!(only(&[("createdfrom", "2999-01-01T00:00:00Z")]), [""; 0]);
    assert_eq!(only(&[("createdto", "2001-01-01T00:00:00Z")]), [""; 0]);
}

#[test]
fn only_what_may_be_written_is_found_for_editing() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    let readable = json!([{ "role": stage.role, "action": "read", "allow": true }]);
    stage.admin.create_series(json!({ "title": "Gesperrt" }), &readable);
    assert_eq!(found(&stage, &[]).len(), 4);
    assert_eq!(
        found(&stage, &[("edit", "true"), ("sort", "TITLE")]),
        ["Analysis", "Botanik", "Chemie"]
    );
}

#[test]
fn series_are_sorted_by_every_name_in_both_directions() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    for (name, ascending) in [
        ("TITLE", ["Analysis", "Botanik", "Chemie"]),
        ("SUBJECT", ["Botanik", "Analysis", "Chemie"]),
        ("PUBLISHERS", ["Botanik", "Analysis", "Chemie"]),
        ("publisher", ["Botanik", "Analysis", "Chemie"]),
        ("CONTRIBUTORS", ["Botanik", "Analysis", "Chemie"]),
        ("DESCRIPTION", ["Analysis", "Botanik", "Chemie"]),
        ("LANGUAGE", ["Analysis", "Botanik", "Chemie"]),
        ("RIGHTS_HOLDER", ["Botanik", "Analysis", "Chemie"]),
        ("LICENCE", ["Analysis", "Botanik", "Chemie"]),
        ("license", ["Analysis", "Botanik", "Chemie"]),
    ] {
        assert_eq!(found(&stage, &[("sort", name)]), ascending, "{name}");
        let mut descending = ascending;
        if name == "TITLE" {
            descending.reverse();
        } else {
            // What has no content comes last both ways.
            descending.swap(0, 1);
        }
        assert_eq!(
            found(&stage, &[("sort", &format!("{name}_DESC"))]),
            descending,
            "{name}"
        );
    }
    for name in ["CREATOR", "CREATED_DATE_TIME", "createdDateTime", "MANAGED_ACL"] {
        assert_eq!(found(&stage, &[("sort", name)]).len(), 3, "{name}");
        assert_eq!(found(&stage, &[("sort", &format!("{name}_desc"))]).len(), 3, "{name}");
    }
}

#[test]
fn count_and_offset_cut_a_window() {
    let stage = Stage::new(&NORTH);
    three(&stage);
    assert_eq!(
        found(&stage, &[("sort", "TITLE"), ("count", "2"), ("offset", "1")]),
        ["Botanik", "Chemie"]
    );
    let answer = search(&stage, &[("sort", "TITLE"), ("count", "1")]).send().expect(200);
    assert_eq!(answer.header("x-total-count"), Some("3"));
    assert!(
        answer
            .header("link")
            .is_some_and(|link| link.contains("series.json") && link.contains("count=1"))
    );
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let stage = Stage::new(&NORTH);
    for (parameter, value) in [
        ("sort", "COLOUR"),
        ("createdfrom", "gestern"),
        ("createdto", "2018"),
        ("count", "viele"),
        ("offset", "x"),
    ] {
        search(&stage, &[(parameter, value)]).send().refused(400, parameter);
    }
}
