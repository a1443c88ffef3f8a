//! Trailing slashes, booleans and empty parameters: what the client libraries of several languages make of them.

use lectern_tests::Stage;
use lectern_tests::content::{event_form, owned_by, series_form, values};
use lectern_tests::fixture::{READER, each_tenant};
use lectern_tests::stage::titles;
use lectern_tests::{Encoding, Form};
use serde_json::json;

#[test]
fn a_trailing_slash_changes_nothing_when_reading() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Reihe" }));
        let event = stage.event(json!({ "title": "Folge" }));
        for path in [
            "/api/events".to_owned(),
            "/api/series".to_owned(),
            format!("/api/events/{event}"),
            format!("/api/events/{event}/acl"),
            format!("/api/events/{event}/metadata"),
            format!("/api/series/{series}"),
            format!("/api/series/{series}/acl"),
            format!("/api/series/{series}/metadata"),
        ] {
            let plain = stage.actor.get(&path).send().expect(200);
            let slash = stage.actor.get(&format!("{path}/")).send().expect(200);
            assert_eq!(plain.json(), slash.json(), "{path}");
            let query = stage.actor.get(&format!("{path}/?limit=10")).send().expect(200);
            assert_eq!(plain.json(), query.json(), "{path}");
        }
        for path in [
            "/api",
            "/api/version",
            "/api/version/default",
            "/api/info/me",
            "/api/info/organization",
        ] {
            let plain = tenant.user(READER).get(path).send().expect(200);
            let slash = tenant.user(READER).get(&format!("{path}/")).send().expect(200);
            assert_eq!(plain.json(), slash.json(), "{path}");
        }
    });
}

#[test]
fn a_trailing_slash_changes_nothing_when_writing() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let list = owned_by(&stage.role);
        let form = series_form(&json!({ "title": "Reihe" }), &list);
        let series = stage
            .admin
            .post("/api/series/")
            .form(&form, Encoding::Multipart)
            .send()
            .expect(201);
        let series = series.json()["identifier"].as_str().expect("an identifier").to_owned();
        let form = event_form(&json!({ "title": "Folge" }), &list);
        let event = stage.admin.post("/api/events/").multipart(&form).send().expect(201);
        let event = event.json()["identifier"].as_str().expect("an identifier").to_owned();
        let metadata = Form::new().field("metadata", values(&json!({ "title": "Neu" })));
        let acl = Form::new().field("acl", &list);
        let path = format!("/api/events/{event}/metadata/?type=dublincore/episode");
        stage.actor.put(&path).urlencoded(&metadata).send().expect(204);
        stage
            .actor
            .put(&format!("/api/series/{series}/acl/"))
            .urlencoded(&acl)
            .send()
            .expect(200);
        stage.actor.delete(&format!("/api/events/{event}/")).send().expect(204);
        stage.actor.delete(&format!("/api/series/{series}/")).send().expect(204);
    });
}

#[test]
fn booleans_are_true_in_any_case_and_false_otherwise() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        stage.event(json!({ "title": "Folge" }));
        stage.series(json!({ "title": "Reihe" }));
        for (text, with) in [
            ("true", true),
            ("True", true),
            ("TRUE", true),
            ("tRuE", true),
            ("false", false),
            ("False", false),
            ("1", false),
            ("yes", false),
            ("", false),
        ] {
            for collection in ["events", "series"] {
                let list = stage.list(collection).query("withacl", text).send().expect(200).json();
                assert_eq!(list[0].get("acl").is_some(), with, "{collection} {text:?}");
            }
        }
    });
}

#[test]
fn empty_parameters_are_as_if_they_were_not_there() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        stage.event(json!({ "title": "Folge" }));
        stage.series(json!({ "title": "Reihe" }));
        for (collection, expected) in [("events", ["Folge"]), ("series", ["Reihe"])] {
            for query in [
                "filter=",
                "sort=",
                "filter=&sort=&limit=&offset=&withacl=",
                "limit=0",
                "filter",
                "&&",
                "unknown=1",
            ] {
                let list = stage.actor.get(&format!("/api/{collection}?{query}")).send();
                assert_eq!(titles(&list), expected, "{query}");
            }
        }
    });
}

#[test]
fn a_plus_in_a_query_is_a_blank() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        stage.event(json!({ "title": "zwei Worte" }));
        stage.event(json!({ "title": "zwei+Worte" }));
        for (query, expected) in [
            ("zwei+Worte", "zwei Worte"),
            ("zwei%20Worte", "zwei Worte"),
            ("zwei%2BWorte", "zwei+Worte"),
        ] {
            let list = stage.actor.get(&format!("/api/events?filter=title:{query}")).send();
            assert_eq!(titles(&list), [expected], "{query}");
        }
    });
}
