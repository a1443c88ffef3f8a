//! JSON in form fields is read as forgivingly as upstream's parser reads it: clients depend on it.

use lectern_tests::content::owned_by;
use lectern_tests::fixture::NORTH;
use lectern_tests::{Form, Stage};

fn form(stage: &Stage, metadata: &str) -> Form {
    Form::new()
        .field("metadata", metadata)
        .field("acl", owned_by(&stage.role))
}

/// Creates a series from this text and returns its title.
fn title(stage: &Stage, metadata: &str) -> String {
    let answer = stage
        .admin
        .post("/api/series")
        .urlencoded(&form(stage, metadata))
        .send()
        .expect(201);
    let id = answer.json()["identifier"].as_str().expect("an identifier").to_owned();
    stage.actor.series(&id)["title"].as_str().expect("a title").to_owned()
}

#[test]
fn commas_may_trail_repeat_or_be_missing() {
    let stage = Stage::new(&NORTH);
    for metadata in [
        r#"[{"flavor":"dublincore/series","fields":[{"id":"title","value":"x"},]},]"#,
        r#"[{"flavor":"dublincore/series","fields":[{"id":"title","value":"x",},],},]"#,
        r#"[,{"flavor":"dublincore/series",,"fields":[,{,"id":"title",,,"value":"x"}]}]"#,
        r#"[{"flavor":"dublincore/series" "fields":[{"id":"title" "value":"x"}{"id":"description" "value":"y"}]}]"#,
    ] {
        assert_eq!(title(&stage, metadata), "x", "{metadata}");
    }
}

#[test]
fn colons_may_repeat_or_be_missing() {
    let stage = Stage::new(&NORTH);
    for metadata in [
        r#"[{"flavor"::"dublincore/series","fields":[{"id":::"title","value":"x"}]}]"#,
        r#"[{"flavor" "dublincore/series","fields" [{"id" "title","value" "x"}]}]"#,
    ] {
        assert_eq!(title(&stage, metadata), "x", "{metadata}");
    }
}

#[test]
fn texts_may_contain_line_ends_and_tabs() {
    let stage = Stage::new(&NORTH);
    let metadata = "[{\"flavor\":\"dublincore/series\",\"fields\":[{\"id\":\"title\",\"value\":\"a\tb\r\nc\"}]}]";
    assert_eq!(title(&stage, metadata), "a\tb\r\nc");
}

#[test]
fn escapes_are_those_of_json() {
    let stage = Stage::new(&NORTH);
    let metadata =
        r#"[{"flavor":"dublincore\/series","fields":[{"id":"title","value":"\u00fc \"\\ \/ \ud83d\ude00"}]}]"#;
    assert_eq!(title(&stage, metadata), "ü \"\\ / 😀");
}

#[test]
fn numbers_may_begin_with_zeros() {
    let stage = Stage::new(&NORTH);
    let metadata =
        r#"[{"flavor":"dublincore/series","fields":[{"id":"title","value":"x"},{"id":"description","value":007}]}]"#;
    assert_eq!(title(&stage, metadata), "x");
}

#[test]
fn white_space_around_is_no_matter() {
    let stage = Stage::new(&NORTH);
    let metadata = "\n\t [ { \"flavor\" : \"dublincore/series\" , \"fields\" : [ { \"id\":\"title\" , \"value\":\"x\" } ] } ] \r\n";
    assert_eq!(title(&stage, metadata), "x");
}

#[test]
fn what_even_a_forgiving_parser_cannot_read_is_refused_by_the_name_of_the_field() {
    let stage = Stage::new(&NORTH);
    for metadata in [
        "[{'flavor':'dublincore/series'}]",
        r#"[{"flavor":"dublincore/series","fields":[{"id":"title","value":x}]}]"#,
        r#"[{flavor:"dublincore/series"}]"#,
        r#"[{"flavor":"dublincore/series","fields":[{"id":"title","value":"x"}]}] more"#,
        r#"[{"flavor":"dublincore/series","fields":[{"id":"title","value":"x"}]}"#,
        r#"[{"flavor":"dublincore/series","fields":[{"id":"title","value":"x]}]"#,
        r#"// a comment
           [{"flavor":"dublincore/series","fields":[{"id":"title","value":"x"}]}]"#,
        r#"[{"flavor":"dublincore/series","fields":[{"id":"title","value":"\u12"}]}]"#,
        "[",
        "]",
        "}",
        "\"",
        "[\"a\":1]",
        "{\"a\"}",
        "tru",
        "-",
        "\u{0}",
    ] {
        stage
            .admin
            .post("/api/series")
            .urlencoded(&form(&stage, metadata))
            .send()
            .refused(400, "metadata");
        let broken = Form::new().field("acl", metadata);
        let id = stage.series(serde_json::json!({ "title": "Ziel" }));
        let path = format!("/api/series/{id}/acl");
        stage.admin.put(&path).urlencoded(&broken).send().refused(400, "acl");
    }
}

#[test]
fn depth_and_size_are_no_way_to_break_the_server() {
    let stage = Stage::new(&NORTH);
    for metadata in [
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        "[{\"flavor\":".repeat(50_000),
    ] {
        let answer = stage
            .admin
            .post("/api/series")
            .urlencoded(&form(&stage, &metadata))
            .send()
            .not_5xx();
        assert!([400, 413].contains(&answer.status), "{}", answer.status);
    }
    let commas = format!("[{}]", ",".repeat(1_000_000));
    let answer = stage
        .admin
        .post("/api/series")
        .urlencoded(&form(&stage, &commas))
        .send()
        .not_5xx();
    assert!([400, 413].contains(&answer.status), "{}", answer.status);
}

#[test]
fn a_long_title_is_no_failure() {
    let stage = Stage::new(&NORTH);
    let long = "ä".repeat(10_000);
    let metadata = format!(r#"[{{"flavor":"dublincore/series","fields":[{{"id":"title","value":"{long}"}}]}}]"#);
    let title = title(&stage, &metadata);
    assert!(
        long.starts_with(&title) && title.chars().count() >= 255,
        "{}",
        title.chars().count()
    );
}
