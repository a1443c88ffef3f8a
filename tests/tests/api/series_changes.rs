//! What changing a series does to its events, and what series share with events: conditions, cursors, problem details.

use lectern_tests::content::{acl, owned_by, series_form};
use lectern_tests::fixture::{NORTH, each_tenant};
use lectern_tests::form::ENCODINGS;
use lectern_tests::{Form, Stage};
use serde_json::{Value, json};

fn rename(stage: &Stage, id: &str, title: &str) {
    let form = Form::new().field("metadata", json!([{ "id": "title", "value": title }]));
    let path = format!("/api/series/{id}/metadata?type=dublincore/series");
    stage.actor.put(&path).multipart(&form).send().expect(200);
}

#[test]
fn a_new_title_is_in_the_very_next_answer_about_the_events() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Vorher" }));
        let event = stage.event(json!({ "title": "Folge", "isPartOf": series }));
        assert_eq!(stage.actor.event(&event)["series"], "Vorher");
        rename(&stage, &series, "Nachher");
        assert_eq!(stage.actor.event(&event)["series"], "Nachher");
        assert_eq!(stage.list("events").send().expect(200).column("series"), ["Nachher"]);
        for (filter, found) in [
            ("textFilter:nachher", &["Folge"][..]),
            ("textFilter:vorher", &[]),
            ("series_name:Nachher", &["Folge"]),
            ("series_name:Vorher", &[]),
        ] {
            assert_eq!(stage.matching("events", filter), found, "{filter}");
        }
    });
}

#[test]
fn an_event_that_follows_its_series_changes_its_tag_with_it() {
    let stage = Stage::new(&NORTH);
    let series = stage.series(json!({ "title": "Reihe" }));
    let event = stage.event(json!({ "title": "Folge", "isPartOf": series }));
    let path = format!("/api/events/{event}");
    let answer = stage.actor.get(&path).send().expect(200);
    let tag = answer.header("etag").expect("a tag").to_owned();
    stage.actor.get(&path).header("if-none-match", &tag).send().expect(304);
    rename(&stage, &series, "Andere Reihe");
    stage.actor.get(&path).header("if-none-match", &tag).send().expect(200);
}

#[test]
fn all_catalogs_of_a_series_are_updated_at_once_and_the_rest_stays() {
    let stage = Stage::new(&NORTH);
    for encoding in ENCODINGS {
        let id = stage.series(json!({
            "title": "Alt",
            "subjects": ["A", "B"],
            "creator": ["Ada, Gräfin", "Bob"],
            "publisher": ["Verlag A", "Verlag B"],
        }));
        let fields = json!([{ "id": "title", "value": "Neu" }, { "id": "language", "value": null }]);
        let form = Form::new().field("metadata", json!([{ "flavor": "dublincore/series", "fields": fields }]));
        let path = format!("/api/series/{id}");
        let answer = stage.actor.put(&path).form(&form, encoding).send().expect(200);
        assert_eq!(answer.json()[0]["flavor"], "dublincore/series");
        let series = stage.actor.series(&id);
        assert_eq!(series["title"], "Neu");
        assert_eq!(series["subjects"], json!(["A", "B"]));
        assert_eq!(series["organizers"], json!(["Ada, Gräfin", "Bob"]));
        assert_eq!(series["publishers"], json!(["Verlag A", "Verlag B"]));
    }
}

#[test]
fn an_update_of_all_catalogs_that_does_not_fit_is_refused_and_changes_nothing() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(json!({ "title": "Fest" }));
    let path = format!("/api/series/{id}");
    let catalog = |flavor: &str, fields: Value| json!([{ "flavor": flavor, "fields": fields }]);
    for (metadata, part) in [
        (
            catalog("dublincore/series", json!([{ "id": "title", "value": "" }])),
            "title",
        ),
        (
            catalog("dublincore/series", json!([{ "id": "colour", "value": "red" }])),
            "colour",
        ),
        (
            catalog("unknown/series", json!([{ "id": "title", "value": "x" }])),
            "unknown/series",
        ),
        (json!({}), "metadata"),
    ] {
        let form = Form::new().field("metadata", metadata);
        stage.actor.put(&path).multipart(&form).send().refused(400, part);
    }
    stage.actor.put(&path).multipart(&Form::new()).send().expect(400);
    assert_eq!(stage.actor.series(&id)["title"], "Fest");
    let form = Form::new().field(
        "metadata",
        catalog("dublincore/series", json!([{ "id": "title", "value": "x" }])),
    );
    stage.actor.put("/api/series/none").multipart(&form).send().expect(404);
}

#[test]
fn a_change_may_depend_on_the_state_that_the_client_knows() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(json!({ "title": "Stand" }));
    let tag = stage.actor.get(&format!("/api/series/{id}")).send().expect(200);
    let tag = tag.header("etag").expect("a tag").to_owned();
    let properties = Form::new().field("properties", json!({ "a": "b" }));
    let list = Form::new().field("acl", owned_by(&stage.role));
    let put = |part: &str, form: &Form| {
        let path = format!("/api/series/{id}/{part}");
        stage.actor.put(&path).header("if-match", &tag).multipart(form).send()
    };
    put("properties", &properties).expect(200);
    put("properties", &properties).expect(412);
    put("acl", &list).expect(412);
}

#[test]
fn a_list_is_walked_by_its_links_without_gaps() {
    let stage = Stage::new(&NORTH);
    for index in 0..5 {
        stage.series(json!({ "title": format!("Reihe {index}") }));
    }
    let mut path = "/api/series?sort=title:ASC&limit=2".to_owned();
    let mut found = Vec::new();
    loop {
        let answer = stage.actor.get(&path).send().expect(200);
        assert_eq!(answer.header("x-total-count"), Some("5"));
        found.extend(answer.column("title"));
        let links = answer.header("link").expect("links").to_owned();
        let next = links.split(", <").find(|link| link.contains("rel=\"next\""));
        let Some(next) = next else { break };
        let address = next.trim_start_matches('<').split('>').next().unwrap_or_default();
        let (_, rest) = address.split_once("/api/").expect("an address of the API");
        path = format!("/api/{rest}");
    }
    assert_eq!(found, ["Reihe 0", "Reihe 1", "Reihe 2", "Reihe 3", "Reihe 4"]);
}

#[test]
fn problem_details_point_at_the_part_at_fault() {
    let stage = Stage::new(&NORTH);
    let form = series_form(&json!({ "title": "" }), &acl(&[]));
    let answer = stage
        .admin
        .post("/api/series")
        .header("accept", "application/problem+json")
        .multipart(&form)
        .send()
        .expect(400);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["status"], 400);
    assert_eq!(problem["errors"][0]["pointer"], "#/metadata/0/fields/0/value");
}
