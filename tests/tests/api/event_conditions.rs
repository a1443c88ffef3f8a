//! Events: `ETag`, `If-None-Match`, `If-Match`, and problem details.

use lectern_tests::content::{acl, catalog, event_form, owned_by};
use lectern_tests::fixture::{NORTH, each_tenant};
use lectern_tests::{Form, Stage};
use serde_json::json;

/// What of an event has a tag.
fn paths(id: &str) -> [String; 4] {
    [
        format!("/api/events/{id}"),
        format!("/api/events/{id}?withacl=true&withmetadata=true"),
        format!("/api/events/{id}/acl"),
        format!("/api/events/{id}/metadata"),
    ]
}

fn tag(stage: &Stage, path: &str) -> String {
    let answer = stage.actor.get(path).send().expect(200);
    answer.header("etag").expect("a tag").to_owned()
}

fn title(value: &str) -> Form {
    Form::new().field("metadata", json!([{ "id": "title", "value": value }]))
}

#[test]
fn who_has_an_event_as_it_is_gets_304_without_a_body() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.event(json!({ "title": "Stand" }));
        for path in paths(&id) {
            let tag = tag(&stage, &path);
            for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
                let answer = stage
                    .actor
                    .get(&path)
                    .header("if-none-match", &known)
                    .send()
                    .expect_empty(304);
                assert_eq!(answer.header("etag"), Some(tag.as_str()), "{path}");
            }
            stage
                .actor
                .get(&path)
                .header("if-none-match", "\"0-0\"")
                .send()
                .expect(200);
        }
    });
}

#[test]
fn whatever_an_event_shows_changes_its_tag() {
    let stage = Stage::new(&NORTH);
    let series = stage.series(json!({ "title": "Reihe" }));
    let id = stage.event(json!({ "title": "Stand", "isPartOf": series }));
    let event = format!("/api/events/{id}");
    let list = Form::new().field("acl", owned_by(&stage.role));
    let renamed = Form::new().field("metadata", json!([{ "id": "title", "value": "Andere Reihe" }]));
    for change in [
        stage
            .actor
            .put(&format!("{event}/metadata?type=dublincore/episode"))
            .urlencoded(&title("Neu")),
        stage.actor.put(&format!("{event}/acl")).urlencoded(&list),
        stage
            .actor
            .put(&format!("/api/series/{series}/metadata?type=dublincore/series"))
            .urlencoded(&renamed),
    ] {
        let before = tag(&stage, &event);
        let shown = change.to_string();
        assert!(change.send().status < 300, "{shown}");
        assert_ne!(tag(&stage, &event), before, "{shown}");
        stage
            .actor
            .get(&event)
            .header("if-none-match", &before)
            .send()
            .expect(200);
    }
}

#[test]
fn the_tag_of_one_version_is_not_that_of_another() {
    let stage = Stage::new(&NORTH);
    let path = format!("/api/events/{}", stage.event(json!({ "title": "Stand" })));
    let old = stage.actor.get(&path).version("v1.0.0").send().expect(200);
    let old = old.header("etag").expect("a tag").to_owned();
    stage
        .actor
        .get(&path)
        .version("v1.0.0")
        .header("if-none-match", &old)
        .send()
        .expect(304);
    stage
        .actor
        .get(&path)
        .version("v1.11.0")
        .header("if-none-match", &old)
        .send()
        .expect(200);
}

#[test]
fn a_change_of_an_event_may_depend_on_the_state_that_the_client_knows() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.event(json!({ "title": "Stand" }));
        let event = format!("/api/events/{id}");
        let metadata = format!("{event}/metadata?type=dublincore/episode");
        let stale = tag(&stage, &event);
        stage
            .actor
            .put(&metadata)
            .header("if-match", &stale)
            .urlencoded(&title("Neu"))
            .send()
            .expect(204);
        let list = Form::new().field("acl", owned_by(&stage.role));
        let role = Form::new().field("role", "ROLE_X");
        let several = Form::new().field(
            "metadata",
            json!([catalog("dublincore/episode", &json!({ "title": "Alt" }))]),
        );
        for change in [
            stage.actor.put(&metadata).urlencoded(&title("Alt")),
            stage.actor.put(&format!("{event}/acl")).urlencoded(&list),
            stage.actor.post(&format!("{event}/acl/read")).urlencoded(&role),
            stage.actor.delete(&format!("{event}/acl/read/{}", stage.role)),
            stage.actor.post(&event).multipart(&several),
            stage.actor.delete(&event),
        ] {
            change.header("if-match", &stale).send().expect(412);
        }
        assert_eq!(stage.actor.event(&id)["title"], "Neu");
        let current = tag(&stage, &event);
        let either = format!("{stale}, {current}");
        stage
            .actor
            .put(&metadata)
            .header("if-match", &either)
            .urlencoded(&title("Neuer"))
            .send()
            .expect(204);
        stage
            .actor
            .put(&metadata)
            .header("if-match", "*")
            .urlencoded(&title("Egal"))
            .send()
            .expect(204);
        stage
            .actor
            .delete(&event)
            .header("if-match", tag(&stage, &event))
            .send()
            .expect(204);
    });
}

#[test]
fn a_start_date_alone_keeps_the_condition_of_the_client() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Stand", "startDate": "2024-05-01", "startTime": "10:00" }));
    let metadata = format!("/api/events/{id}/metadata?type=dublincore/episode");
    let stale = tag(&stage, &format!("/api/events/{id}"));
    let date = |value: &str| Form::new().field("metadata", json!([{ "id": "startDate", "value": value }]));
    stage
        .actor
        .put(&metadata)
        .header("if-match", &stale)
        .urlencoded(&date("2024-06-01"))
        .send()
        .expect(204);
    stage
        .actor
        .put(&metadata)
        .header("if-match", &stale)
        .urlencoded(&date("2024-07-01"))
        .send()
        .expect(412);
    assert_eq!(stage.actor.event(&id)["start"], "2024-06-01T10:00:00Z");
}

#[test]
fn problem_details_point_at_the_part_at_fault() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Fehler" }));
    let event = format!("/api/events/{id}");
    let broken_list = Form::new().field("acl", json!([{ "role": "ROLE_A", "action": "read" }]));
    for (request, status, member, part) in [
        (stage.actor.get("/api/events?limit=ten"), 400, "parameter", "limit"),
        (stage.actor.get("/api/events?offset=ten"), 400, "parameter", "offset"),
        (
            stage.actor.get("/api/events?filter=colour:red"),
            400,
            "parameter",
            "filter",
        ),
        (
            stage.actor.get("/api/events?filter=start:x/y"),
            400,
            "parameter",
            "filter",
        ),
        (stage.actor.get("/api/events?sort=colour:ASC"), 400, "parameter", "sort"),
        (
            stage.actor.get("/api/events?limit=1&cursor=x"),
            400,
            "parameter",
            "cursor",
        ),
        (
            stage.actor.get(&format!("{event}/metadata?type=x")),
            400,
            "parameter",
            "type",
        ),
        (
            stage.actor.put(&format!("{event}/acl")).urlencoded(&broken_list),
            400,
            "pointer",
            "#/acl/0/allow",
        ),
        (
            stage.actor.post(&format!("{event}/acl/read")).urlencoded(&Form::new()),
            400,
            "pointer",
            "#/role",
        ),
        (
            stage
                .actor
                .post("/api/events")
                .multipart(&event_form(&json!({ "title": "x", "colour": "red" }), &acl(&[]))),
            400,
            "pointer",
            "#/metadata/0/fields/0/id",
        ),
        (
            stage.actor.delete(&event).header("if-match", "\"0-0\""),
            412,
            "header",
            "if-match",
        ),
    ] {
        let shown = request.to_string();
        let answer = request
            .header("accept", "application/problem+json")
            .send()
            .expect(status);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{shown}"
        );
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{shown}");
        assert_eq!(problem["errors"][0][member], part, "{shown}: {problem}");
        assert_eq!(problem["detail"], problem["errors"][0]["detail"], "{shown}");
    }
}

#[test]
fn without_asking_for_details_a_problem_is_one_sentence() {
    let stage = Stage::new(&NORTH);
    let answer = stage.actor.get("/api/events?limit=ten").send().refused(400, "limit");
    assert_eq!(answer.header("content-type"), Some("text/plain;charset=utf-8"));
}
