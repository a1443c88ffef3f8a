//! The `Accept` header selects the version of the API.

use lectern_tests::content::{owned_by, series_form, unique};
use lectern_tests::fixture::{NORTH, each_tenant};
use lectern_tests::{Encoding, Stage};
use serde_json::json;

const VERSIONS: [&str; 12] = [
    "v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0", "v1.6.0", "v1.7.0", "v1.8.0", "v1.9.0", "v1.10.0",
    "v1.11.0",
];

#[test]
fn every_version_is_answered_under_its_own_media_type() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Numerik" }));
        let event = stage.event(json!({ "title": "Interpolation" }));
        for version in VERSIONS {
            for path in [
                "/api/events".to_owned(),
                "/api/series".to_owned(),
                format!("/api/events/{event}"),
                format!("/api/series/{series}"),
                format!("/api/events/{event}/metadata"),
                format!("/api/series/{series}/metadata"),
                format!("/api/events/{event}/acl"),
                format!("/api/series/{series}/acl"),
            ] {
                let answer = stage.actor.get(&path).version(version).send().expect(200);
                let expected = format!("application/{version}+json");
                assert_eq!(media_type(&answer), expected, "{answer}");
            }
        }
    });
}

#[test]
fn without_a_version_the_newest_answers() {
    let admin = NORTH.admin();
    let answer = admin.get("/api/series?limit=1").send().expect(200);
    assert_eq!(media_type(&answer), "application/v1.11.0+json");
    for accept in [
        "*/*",
        "application/*",
        "application/json",
        "application/json; charset=utf-8",
        "text/html, application/xhtml+xml, */*;q=0.8",
    ] {
        let answer = admin
            .get("/api/events?limit=1")
            .header("accept", accept)
            .send()
            .expect(200);
        assert_eq!(media_type(&answer), "application/v1.11.0+json", "{answer}");
    }
}

#[test]
fn plain_json_in_the_list_means_the_newest_version() {
    let answer = NORTH
        .admin()
        .get("/api/events?limit=1")
        .header("accept", "application/v1.0.0+json, application/json;q=0.1")
        .send()
        .expect(200);
    assert_eq!(media_type(&answer), "application/v1.11.0+json");
}

#[test]
fn of_several_versions_the_highest_answers_whatever_the_preference() {
    let answer = NORTH
        .admin()
        .get("/api/events?limit=1")
        .header("accept", "application/v1.0.0+json, application/v1.3.0+json;q=0.1")
        .send()
        .expect(200);
    assert_eq!(media_type(&answer), "application/v1.3.0+json");
}

#[test]
fn a_version_that_does_not_exist_is_not_acceptable() {
    let admin = NORTH.admin();
    for accept in [
        "application/v2.0.0+json",
        "application/v1.12.0+json",
        "application/v1.0.1+json",
        "application/v1.0.0+xml",
        "text/html",
        "application/vnd.api+json",
    ] {
        for path in [
            "/api",
            "/api/version",
            "/api/info/me",
            "/api/events",
            "/api/series",
            "/api/events/none",
        ] {
            admin.get(path).header("accept", accept).send().expect(406);
        }
    }
}

#[test]
fn a_refused_version_is_told_which_versions_there_are() {
    let answer = NORTH.admin().get("/api/events").version("v3.0.0").send();
    answer.clone().refused(406, "v1.0.0");
    answer.refused(406, "v1.11.0");
}

#[test]
fn a_refused_version_changes_nothing() {
    let stage = Stage::new(&NORTH);
    let form = series_form(&json!({ "title": unique("refused") }), &owned_by(&stage.role));
    let request = stage.admin.post("/api/series").version("v9.9.9");
    request.form(&form, Encoding::Urlencoded).send().expect(406);
    assert_eq!(stage.list("series").send().expect(200).json(), json!([]));
}

#[test]
fn a_creation_is_answered_under_the_version_that_was_asked_for() {
    let stage = Stage::new(&NORTH);
    let form = series_form(&json!({ "title": unique("created") }), &owned_by(&stage.role));
    let request = stage.admin.post("/api/series").version("v1.2.0");
    let answer = request.form(&form, Encoding::Urlencoded).send().expect(201);
    assert_eq!(media_type(&answer), "application/v1.2.0+json");
}

#[test]
fn a_missing_object_is_reported_as_plain_text() {
    for path in ["/api/events/none", "/api/series/none"] {
        let answer = NORTH.admin().get(path).version("v1.5.0").send().refused(404, "none");
        assert_eq!(media_type(&answer), "text/plain", "{answer}");
    }
}

fn media_type(answer: &lectern_tests::Answer) -> &str {
    let content_type = answer.header("content-type").unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim()
}
