//! Changing when and where events are recorded: `PUT …/scheduling` and the parts of `POST /api/events/{id}`.

use lectern_tests::content::{catalog, owned_by, unique};
use lectern_tests::fixture::{LMS, NORTH, TEACHER, each_tenant};
use lectern_tests::form::ENCODINGS;
use lectern_tests::{Answer, Client, Form, Stage};
use serde_json::{Value, json};

fn at(agent: &str, start: &str, end: &str) -> Value {
    json!({ "agent_id": agent, "start": format!("2031-05-05T{start}Z"), "end": format!("2031-05-05T{end}Z") })
}

fn put(client: &Client, event: &str, scheduling: &Value) -> Answer {
    let form = Form::new().field("scheduling", scheduling);
    client
        .put(&format!("/api/events/{event}/scheduling"))
        .urlencoded(&form)
        .send()
}

#[track_caller]
fn scheduling(stage: &Stage, event: &str) -> Value {
    stage
        .actor
        .get(&format!("/api/events/{event}/scheduling"))
        .send()
        .expect(200)
        .json()
}

#[test]
fn what_is_named_changes_and_everything_else_stays() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let (agent, other) = (tenant.agent("UTC"), tenant.agent("UTC"));
        let mut expected = at(&agent, "10:00:00", "11:00:00");
        expected["inputs"] = json!(["camera"]);
        let id = stage.scheduled("Umzug", &expected);
        let created = stage.actor.event(&id)["created"].clone();
        for (change, members) in [
            (
                json!({ "end": "2031-05-05T12:00:00Z" }),
                json!({ "end": "2031-05-05T12:00:00Z" }),
            ),
            (
                json!({ "duration": 1_800_000 }),
                json!({ "end": "2031-05-05T10:30:00Z" }),
            ),
            (
                json!({ "start": "2031-05-05T09:00:00Z", "duration": "3600000" }),
                json!({ "start": "2031-05-05T09:00:00Z", "end": "2031-05-05T10:00:00Z" }),
            ),
            // The end wins.
            (
                json!({ "end": "2031-05-05T09:15:00Z", "duration": 1 }),
                json!({ "end": "2031-05-05T09:15:00Z" }),
            ),
            (
                json!({ "agent_id": other, "end": "2031-05-05T09:15:00.500Z" }),
                json!({ "agent_id": other, "end": "2031-05-05T09:15:00.500Z" }),
            ),
            (
                json!({ "end": "2031-05-05T09:15:00Z", "inputs": ["slides", "sound"] }),
                json!({ "end": "2031-05-05T09:15:00Z", "inputs": ["slides", "sound"] }),
            ),
            // No meaning here.
            (
                json!({ "end": "2031-05-05T09:15:00Z", "rrule": "FREQ=DAILY" }),
                json!({}),
            ),
        ] {
            put(&stage.actor, &id, &change).expect_empty(204);
            for (name, value) in members.as_object().expect("an object") {
                expected[name] = value.clone();
            }
            assert_eq!(scheduling(&stage, &id), expected, "{change}");
        }
        let event = stage.actor.event(&id);
        assert_eq!(event["start"], "2031-05-05T09:00:00Z");
        assert_eq!(event["duration"], 15 * 60_000);
        assert_eq!(event["location"], json!(other));
        assert_eq!(event["created"], created);
        assert_eq!(
            stage.matching("events", &format!("agent_id:{agent}")),
            Vec::<String>::new()
        );
        assert_eq!(stage.matching("events", &format!("agent_id:{other}")), ["Umzug"]);
        let range = "technical_start:2031-05-05T08:00:00Z/2031-05-05T09:30:00Z";
        assert_eq!(stage.matching("events", range), ["Umzug"]);
    });
}

#[test]
fn both_kinds_of_form_are_taken() {
    let stage = Stage::new(&NORTH);
    let id = stage.scheduled("Form", &at(&NORTH.agent("UTC"), "10:00:00", "11:00:00"));
    for encoding in ENCODINGS {
        let form = Form::new().field("scheduling", r#"{"end": "2031-05-05T12:00:00Z",,}"#);
        let request = stage.actor.put(&format!("/api/events/{id}/scheduling"));
        request.form(&form, encoding).send().expect_empty(204);
    }
}

#[test]
fn what_is_wrong_is_refused_naming_the_member() {
    let stage = Stage::new(&NORTH);
    let id = stage.scheduled("Fest", &at(&NORTH.agent("UTC"), "10:00:00", "11:00:00"));
    let before = scheduling(&stage, &id);
    let client = stage.actor.with_header("accept", "application/problem+json");
    for (change, pointer) in [
        (json!({}), "#/scheduling/end"),
        (json!({ "start": "2031-05-05T10:30:00Z" }), "#/scheduling/end"),
        (json!({ "end": "2031-05-05T09:00:00Z" }), "#/scheduling/end"),
        (json!({ "end": "2031-05-05T12:00:00" }), "#/scheduling/end"),
        (json!({ "end": 7 }), "#/scheduling/end"),
        (json!({ "duration": "long" }), "#/scheduling/duration"),
        (
            json!({ "duration": 1, "agent_id": unique("nobody") }),
            "#/scheduling/agent_id",
        ),
        (json!({ "duration": 1, "inputs": "camera" }), "#/scheduling/inputs"),
        (json!([]), "#/scheduling"),
    ] {
        let answer = put(&client, &id, &change).expect(400);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{change}");
        let form = Form::new().field("scheduling", &change);
        let answer = client
            .post(&format!("/api/events/{id}"))
            .multipart(&form)
            .send()
            .expect(400);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{change}");
    }
    let path = format!("/api/events/{id}/scheduling");
    for form in [Form::new(), Form::new().field("scheduling", " ")] {
        stage
            .actor
            .put(&path)
            .urlencoded(&form)
            .send()
            .refused(400, "scheduling");
    }
    let broken = Form::new().field("scheduling", "{'end'}");
    stage
        .actor
        .put(&path)
        .urlencoded(&broken)
        .send()
        .refused(400, "scheduling");
    assert_eq!(scheduling(&stage, &id), before);
}

#[test]
fn an_event_that_is_unknown_or_not_scheduled_is_not_found() {
    let stage = Stage::new(&NORTH);
    let plain = stage.event(json!({ "title": "Hochgeladen" }));
    let change = json!({ "duration": 1 });
    put(&stage.actor, &plain, &change).refused(404, "not scheduled");
    let form = Form::new().field("scheduling", &change);
    let answer = stage
        .actor
        .post(&format!("/api/events/{plain}"))
        .multipart(&form)
        .send();
    answer.refused(404, "not scheduled");
    put(&stage.actor, "none", &change).refused(404, "none");
    put(&stage.actor, "none", &json!([])).refused(404, "none");
}

#[test]
fn rescheduling_needs_write_permission() {
    let stage = Stage::new(&NORTH);
    let id = stage.scheduled("Geschützt", &at(&NORTH.agent("UTC"), "10:00:00", "11:00:00"));
    let change = json!({ "duration": 1 });
    put(&NORTH.user(TEACHER), &id, &change).refused(404, &id);
    let list = Form::new().field(
        "acl",
        json!([{ "role": "ROLE_COURSE_1", "action": "read", "allow": true }]),
    );
    stage
        .admin
        .put(&format!("/api/events/{id}/acl"))
        .urlencoded(&list)
        .send()
        .expect(204);
    assert_eq!(
        put(&NORTH.user(TEACHER), &id, &change).expect(401).text(),
        "unauthorized"
    );
}

#[test]
fn an_event_is_not_in_its_own_way() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    let id = stage.scheduled("Erste", &at(&agent, "10:00:00", "11:00:00"));
    stage.scheduled("Zweite", &at(&agent, "11:00:00", "12:00:00"));
    put(&stage.actor, &id, &at(&agent, "09:30:00", "10:30:00")).expect_empty(204);
    let answer = put(&stage.actor, &id, &at(&agent, "10:00:00", "11:30:00")).expect(409);
    assert_eq!(answer.column("title"), ["Zweite"]);
    // The list is about the new time also if only the duration is given.
    let answer = put(&stage.actor, &id, &json!({ "duration": 2 * 3_600_000 })).expect(409);
    assert_eq!(answer.column("title"), ["Zweite"]);
    assert_eq!(scheduling(&stage, &id), at(&agent, "09:30:00", "10:30:00"));
}

#[test]
fn only_administrators_can_allow_conflicts_and_only_since_1_2_0() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    let id = stage.scheduled("Erste", &at(&agent, "10:00:00", "11:00:00"));
    stage.scheduled("Zweite", &at(&agent, "11:00:00", "12:00:00"));
    let change = at(&agent, "10:00:00", "11:30:00");
    let allowing = |client: &Client, version: &str, allow: &str| {
        let form = Form::new().field("scheduling", &change).field("allowConflict", allow);
        let request = client.put(&format!("/api/events/{id}/scheduling")).version(version);
        request.urlencoded(&form).send().status
    };
    assert_eq!(allowing(&stage.actor, "v1.11.0", "true"), 409);
    assert_eq!(
        allowing(
            &NORTH.user(LMS).with_header("x-run-with-roles", &stage.role),
            "v1.2.0",
            "true"
        ),
        409
    );
    assert_eq!(allowing(&stage.admin, "v1.1.0", "true"), 409);
    assert_eq!(allowing(&stage.admin, "v1.11.0", "false"), 409);
    assert_eq!(allowing(&stage.admin, "v1.11.0", ""), 409);
    assert_eq!(scheduling(&stage, &id), at(&agent, "10:00:00", "11:00:00"));
    // Never here.
    let form = Form::new().field("scheduling", &change).field("allowConflict", "true");
    stage
        .admin
        .post(&format!("/api/events/{id}"))
        .multipart(&form)
        .send()
        .expect(409);
    assert_eq!(allowing(&stage.admin, "v1.2.0", "True"), 204);
    assert_eq!(scheduling(&stage, &id), change);
}

#[test]
fn all_parts_of_an_update_are_made_together() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let agent = tenant.agent("UTC");
        let id = stage.scheduled("Alt", &at(&agent, "10:00:00", "11:00:00"));
        let form = Form::new()
            .field("scheduling", json!({ "duration": 1_800_000 }))
            .field(
                "processing",
                json!({ "workflow": unique("workflow"), "configuration": { "publish": true } }),
            )
            .field(
                "metadata",
                json!([catalog(
                    "dublincore/episode",
                    &json!({ "title": "Neu", "duration": "09:00:00" })
                )]),
            )
            // Who takes the permission away from himself may still do so.
            .field("acl", json!([{ "role": stage.role, "action": "read" }]));
        stage
            .actor
            .post(&format!("/api/events/{id}"))
            .multipart(&form)
            .send()
            .expect_empty(204);
        let event = stage.actor.event(&id);
        assert_eq!(
            (&event["title"], &event["duration"]),
            (&json!("Neu"), &json!(1_800_000))
        );
        assert_eq!(scheduling(&stage, &id), at(&agent, "10:00:00", "10:30:00"));
        stage.actor.delete(&format!("/api/events/{id}")).send().expect(401);
    });
}

#[test]
fn a_conflict_undoes_all_parts_of_an_update() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    let id = stage.scheduled("Alt", &at(&agent, "10:00:00", "11:00:00"));
    stage.scheduled("Anderes", &at(&agent, "12:00:00", "13:00:00"));
    let path = format!("/api/events/{id}?withacl=true&withmetadata=true&withscheduling=true");
    let before = stage.admin.get(&path).send().expect(200);
    let form = Form::new()
        .field(
            "metadata",
            json!([catalog("dublincore/episode", &json!({ "title": "Neu" }))]),
        )
        .field("acl", owned_by("ROLE_A"))
        .field("processing", json!({ "workflow": "other" }))
        .field("scheduling", at(&agent, "12:30:00", "13:30:00"));
    let answer = stage
        .actor
        .post(&format!("/api/events/{id}"))
        .multipart(&form)
        .send()
        .expect(409);
    assert_eq!(answer.column("title"), ["Anderes"]);
    let after = stage.admin.get(&path).send().expect(200);
    assert_eq!(after.json(), before.json());
    assert_eq!(after.header("etag"), before.header("etag"));
}

#[test]
fn processing_can_be_changed_of_what_waits_for_its_recording_and_of_nothing_else() {
    let stage = Stage::new(&NORTH);
    let id = stage.scheduled("Wartet", &at(&NORTH.agent("UTC"), "10:00:00", "11:00:00"));
    let plain = stage.event(json!({ "title": "Hochgeladen" }));
    // A workflow is not looked up before it is needed.
    let form = Form::new().field("processing", json!({ "workflow": unique("unknown") }));
    let post = |id: &str, form: &Form| stage.actor.post(&format!("/api/events/{id}")).multipart(form).send();
    post(&id, &form).expect_empty(204);
    post(&plain, &form).refused(400, "processing");
    for (processing, named) in [
        ("{}", "workflow"),
        ("[]", "processing"),
        (r#"{"workflow": ""}"#, "workflow"),
    ] {
        post(&id, &Form::new().field("processing", processing)).refused(400, named);
    }
}

#[test]
fn metadata_do_not_move_the_recording() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    let id = stage.scheduled("Fest", &at(&agent, "10:00:00", "11:00:00"));
    let update = |fields: Value| {
        let form = Form::new().field("metadata", json!([catalog("dublincore/episode", &fields)]));
        stage
            .actor
            .post(&format!("/api/events/{id}"))
            .multipart(&form)
            .send()
            .expect_empty(204);
    };
    update(json!({ "title": "Ohne Datum" }));
    assert_eq!(stage.actor.event(&id)["start"], "2031-05-05T10:00:00Z");
    update(json!({ "startDate": "2030-01-01", "startTime": "08:00", "duration": "00:05:00", "location": "Anderswo" }));
    let event = stage.actor.event(&id);
    assert_eq!(
        (&event["start"], &event["location"]),
        (&json!("2030-01-01T08:00:00Z"), &json!("Anderswo"))
    );
    assert_eq!(scheduling(&stage, &id), at(&agent, "10:00:00", "11:00:00"));
    stage
        .schedule("Besetzt", &at(&agent, "10:30:00", "10:45:00"))
        .expect(409);
}

#[test]
fn an_update_can_depend_on_what_the_client_has_read() {
    let stage = Stage::new(&NORTH);
    let id = stage.scheduled("Bedingt", &at(&NORTH.agent("UTC"), "10:00:00", "11:00:00"));
    let path = format!("/api/events/{id}/scheduling");
    let read = stage.actor.get(&path).send().expect(200);
    let tag = read.header("etag").expect("a tag").to_owned();
    stage.actor.get(&path).header("if-none-match", &tag).send().expect(304);
    let form = Form::new().field("scheduling", json!({ "duration": 60_000 }));
    let guarded = || stage.actor.put(&path).header("if-match", &tag).urlencoded(&form).send();
    guarded().expect_empty(204);
    guarded().expect(412);
    stage.actor.get(&path).header("if-none-match", &tag).send().expect(200);
}
