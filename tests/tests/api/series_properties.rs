//! `…/series/{id}/properties`.

use lectern_tests::fixture::{NORTH, each_tenant};
use lectern_tests::form::ENCODINGS;
use lectern_tests::{Form, Stage};
use serde_json::json;

fn path(id: &str) -> String {
    format!("/api/series/{id}/properties")
}

#[test]
fn a_series_starts_without_properties() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.series(json!({ "title": "Neu" }));
        assert_eq!(stage.actor.get(&path(&id)).send().expect(200).json(), json!({}));
    });
}

#[test]
fn properties_are_added_and_replaced_and_those_not_sent_stay() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(json!({ "title": "Eigenschaften" }));
    let put = |properties: &str, encoding| {
        let form = Form::new().field("properties", properties);
        stage.actor.put(&path(&id)).form(&form, encoding).send()
    };
    for encoding in ENCODINGS {
        put(r#"{"theme": "1000", "live": "true"}"#, encoding).expect(200);
        let update = "{ \"ondemand\": \"true\",\n  \"live\": \"false\" }";
        assert_eq!(put(update, encoding).expect(200).text(), update, "the echo is verbatim");
        assert_eq!(
            stage.actor.get(&path(&id)).send().expect(200).json(),
            json!({ "theme": "1000", "live": "false", "ondemand": "true" })
        );
    }
}

#[test]
fn values_are_kept_as_text() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(json!({ "title": "Typen" }));
    let form = Form::new().field("properties", r#"{"yes": true, "many": 12.5, "nothing": ""}"#);
    stage.actor.put(&path(&id)).multipart(&form).send().expect(200);
    assert_eq!(
        stage.actor.get(&path(&id)).send().expect(200).json(),
        json!({ "yes": "true", "many": "12.5", "nothing": "" })
    );
}

#[test]
fn the_theme_of_a_series_is_a_property() {
    let stage = Stage::new(&NORTH);
    let form = Form::new()
        .field(
            "metadata",
            json!([{ "flavor": "dublincore/series", "fields": [{ "id": "title", "value": "Farbig" }] }]),
        )
        .field("theme", "1234");
    let created = stage
        .admin
        .post("/api/series")
        .multipart(&form)
        .send()
        .expect(201)
        .json();
    let id = created["identifier"].as_str().expect("an identifier");
    assert_eq!(
        stage.admin.get(&path(id)).send().expect(200).json(),
        json!({ "theme": "1234" })
    );
}

#[test]
fn what_is_no_object_of_texts_is_refused_by_name_and_changes_nothing() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(json!({ "title": "Streng" }));
    for properties in ["", " ", "{", "[]", "7", r#"{"live": null}"#, r#"{"": "x"}"#] {
        let form = Form::new().field("properties", properties);
        stage.actor.put(&path(&id)).multipart(&form).send().expect(400);
    }
    stage
        .actor
        .put(&path(&id))
        .multipart(&Form::new().field("other", "x"))
        .send()
        .refused(400, "properties");
    assert_eq!(stage.actor.get(&path(&id)).send().expect(200).json(), json!({}));
}

#[test]
fn an_unknown_series_has_no_properties() {
    let stage = Stage::new(&NORTH);
    stage.actor.get(&path("none")).send().expect(404);
    let form = Form::new().field("properties", "{}");
    stage.actor.put(&path("none")).multipart(&form).send().expect(404);
}
