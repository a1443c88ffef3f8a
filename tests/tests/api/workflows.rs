//! Processing: what an active workflow forbids, and what it does not.

use lectern_tests::content::{catalog, event_form, owned_by};
use lectern_tests::fixture::{NORTH, each_tenant};
use lectern_tests::{Encoding, Form, Stage};
use serde_json::json;

/// An event whose workflow is paused.
fn held(stage: &Stage) -> String {
    let form = Form::new()
        .field(
            "metadata",
            json!([catalog("dublincore/episode", &json!({ "title": "Wartet" }))]),
        )
        .field("acl", owned_by(&stage.role))
        .field(
            "processing",
            json!({ "workflow": "hold", "configuration": { "speed": "slow" } }),
        );
    let answer = stage.actor.post("/api/events").multipart(&form).send().expect(201);
    let id = answer.json()["identifier"].as_str().unwrap().to_owned();
    assert_eq!(stage.actor.until_processed(&id), "PAUSED");
    id
}

#[test]
fn a_paused_event_says_so() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = held(&stage);
        let event = stage.actor.event(&id);
        assert_eq!(event["status"], "EVENTS.EVENTS.STATUS.PAUSED");
        let filter = format!("/api/events?filter=status:EVENTS.EVENTS.STATUS.PAUSED,identifier:{id}");
        assert_eq!(stage.actor.get(&filter).send().expect(200).identifiers(), [id]);
    });
}

#[test]
fn while_a_workflow_is_active_access_lists_and_tracks_stay_as_they_are() {
    let stage = Stage::new(&NORTH);
    let id = held(&stage);
    let acl = format!("/api/events/{id}/acl");
    let list = Form::new().field("acl", owned_by("ROLE_OTHER"));
    stage
        .actor
        .put(&acl)
        .form(&list, Encoding::Urlencoded)
        .send()
        .expect(403);
    let role = Form::new().field("role", "ROLE_OTHER");
    stage
        .actor
        .post(&format!("{acl}/read"))
        .form(&role, Encoding::Urlencoded)
        .send()
        .expect(403);
    stage
        .actor
        .delete(&format!("{acl}/read/{}", stage.role))
        .send()
        .expect(403);
    let update = format!("/api/events/{id}");
    stage.actor.post(&update).multipart(&list).send().expect(400);
    let track = Form::new()
        .field("flavor", "presenter/source")
        .file("track", "a.mp4", "video/mp4", b"no film");
    stage
        .actor
        .post(&format!("{update}/track"))
        .multipart(&track)
        .send()
        .expect(409);
}

#[test]
fn metadata_can_be_changed_while_a_workflow_is_active() {
    let stage = Stage::new(&NORTH);
    let id = held(&stage);
    let metadata = Form::new().field("metadata", json!([{ "id": "title", "value": "Neu" }]));
    let path = format!("/api/events/{id}/metadata?type=dublincore/episode");
    stage
        .actor
        .put(&path)
        .form(&metadata, Encoding::Urlencoded)
        .send()
        .expect(204);
    assert_eq!(stage.actor.event(&id)["title"], "Neu");
}

#[test]
fn an_unpublished_event_is_deleted_at_once_whatever_is_being_done_to_it() {
    let stage = Stage::new(&NORTH);
    let id = held(&stage);
    stage
        .actor
        .delete(&format!("/api/events/{id}"))
        .send()
        .expect_empty(204);
    stage.actor.get(&format!("/api/events/{id}")).send().expect(404);
}

#[test]
fn an_unknown_workflow_is_the_usual_one() {
    let stage = Stage::new(&NORTH);
    let form = Form::new()
        .field(
            "metadata",
            json!([catalog("dublincore/episode", &json!({ "title": "Unbekannt" }))]),
        )
        .field("acl", owned_by(&stage.role))
        .field("processing", json!({ "workflow": "no-such-workflow" }));
    let answer = stage.actor.post("/api/events").multipart(&form).send().expect(201);
    let id = answer.json()["identifier"].as_str().unwrap().to_owned();
    assert_eq!(stage.actor.until_processed(&id), "SUCCEEDED");
}

#[test]
fn what_is_wrong_with_processing_is_named() {
    let stage = Stage::new(&NORTH);
    for (processing, named) in [
        (json!([]), "processing"),
        (json!({}), "workflow"),
        (json!({ "workflow": "" }), "workflow"),
        (json!({ "workflow": "fast", "configuration": [] }), "configuration"),
    ] {
        let form = Form::new()
            .field(
                "metadata",
                json!([catalog("dublincore/episode", &json!({ "title": "Falsch" }))]),
            )
            .field("acl", owned_by(&stage.role))
            .field("processing", processing);
        stage
            .actor
            .post("/api/events")
            .multipart(&form)
            .send()
            .refused(400, named);
    }
    let without = event_form(&json!({ "title": "x" }), &owned_by(&stage.role));
    stage.actor.post("/api/events").multipart(&without).send().expect(201);
}
