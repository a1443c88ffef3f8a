//! Scheduled events: creating one, and how it is shown and found.

use lectern_tests::content::{event_form, owned_by, scheduled_form, unique};
use lectern_tests::fixture::{NORTH, TEACHER, each_tenant};
use lectern_tests::{Form, Stage};
use serde_json::{Value, json};

fn hour(agent: &str) -> Value {
    json!({ "agent_id": agent, "start": "2031-03-27T16:00:00Z", "end": "2031-03-27T17:00:00Z" })
}

#[test]
fn a_scheduled_event_is_at_its_agent_at_its_time() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let agent = tenant.agent("Europe/Zurich");
        let scheduling = json!({
            "agent_id": agent, "start": "2031-03-27T16:00:00Z", "end": "2031-03-27T19:00:00Z", "inputs": ["default", "slides"],
        });
        let fields = json!({
            "title": "Vorlesung", "startDate": "2020-01-01", "startTime": "08:00", "duration": "00:10:00", "location": "Anderswo",
        });
        let form = scheduled_form(&fields, &owned_by(&stage.role), &scheduling);
        let answer = tenant
            .user(TEACHER)
            .post("/api/events")
            .multipart(&form)
            .send()
            .expect(201);
        let id = answer.json()["identifier"].as_str().expect("an identifier").to_owned();
        let location = answer.header("location").expect("a location");
        assert!(location.ends_with(&format!("/api/events/{id}")), "{location}");

        let event = stage.actor.event(&id);
        for (member, expected) in [
            ("title", json!("Vorlesung")),
            ("location", json!(agent)),
            ("start", json!("2031-03-27T16:00:00Z")),
            ("duration", json!(3 * 3_600_000)),
            ("created", json!("2020-01-01T08:00:00Z")),
            ("status", json!("EVENTS.EVENTS.STATUS.SCHEDULED")),
            ("processing_state", json!("")),
        ] {
            assert_eq!(event[member], expected, "{member}");
        }
        let shown = stage
            .actor
            .get(&format!("/api/events/{id}/scheduling"))
            .send()
            .expect(200);
        assert_eq!(shown.json(), scheduling);
    });
}

#[test]
fn before_1_4_0_start_and_duration_are_those_of_the_recording() {
    let stage = Stage::new(&NORTH);
    let id = stage.scheduled("Früher", &hour(&NORTH.agent("UTC")));
    let path = format!("/api/events/{id}");
    let metadata = Form::new().field(
        "metadata",
        json!([{ "id": "startDate", "value": "2030-01-01" }, { "id": "duration", "value": "00:30:00" }]),
    );
    let address = format!("{path}/metadata?type=dublincore/episode");
    stage.actor.put(&address).urlencoded(&metadata).send().expect_empty(204);
    for (version, start, duration) in [
        ("v1.0.0", "2031-03-27T16:00:00Z", 3_600_000),
        ("v1.3.0", "2031-03-27T16:00:00Z", 3_600_000),
        ("v1.4.0", "2030-01-01T16:00:00Z", 1_800_000),
        ("v1.11.0", "2030-01-01T16:00:00Z", 1_800_000),
    ] {
        let event = stage.actor.get(&path).version(version).send().expect(200).json();
        assert_eq!(
            (&event["start"], &event["duration"]),
            (&json!(start), &json!(duration)),
            "{version}"
        );
    }
}

#[test]
fn a_recording_has_an_end_or_a_duration_and_of_both_the_duration_counts() {
    let stage = Stage::new(&NORTH);
    for (scheduling, end) in [
        (json!({ "duration": 60_000 }), "2031-03-27T16:01:00Z"),
        (json!({ "duration": "60000" }), "2031-03-27T16:01:00Z"),
        (json!({ "end": "2031-03-27T18:00:00+01:00" }), "2031-03-27T17:00:00Z"),
        (
            json!({ "end": "2031-03-27T17:00Z", "duration": 120_000 }),
            "2031-03-27T16:02:00Z",
        ),
        (json!({ "end": "2031-03-27T16:00:00Z" }), "2031-03-27T16:00:00Z"),
        (json!({ "end": "2031-03-27T16:00:00.007Z" }), "2031-03-27T16:00:00.007Z"),
    ] {
        let mut object = scheduling.clone();
        object["agent_id"] = json!(NORTH.agent("UTC"));
        object["start"] = json!("2031-03-27T16:00:00Z");
        let id = stage.scheduled("Dauer", &object);
        let shown = stage
            .actor
            .get(&format!("/api/events/{id}/scheduling"))
            .send()
            .expect(200)
            .json();
        assert_eq!(shown["end"], end, "{scheduling}");
        assert_eq!(shown["start"], "2031-03-27T16:00:00Z", "{scheduling}");
        assert_eq!(shown.get("inputs"), None, "{scheduling}");
    }
}

#[test]
fn without_a_start_in_the_metadata_the_event_is_created_now() {
    let stage = Stage::new(&NORTH);
    let event = stage.actor.event(&stage.scheduled("Jetzt", &hour(&NORTH.agent("UTC"))));
    assert_eq!(event["start"], "2031-03-27T16:00:00Z");
    let created = event["created"].as_str().expect("a date");
    assert!(
        created > "2024-01-01T00:00:00Z" && created < "2031-01-01T00:00:00Z",
        "{created}"
    );
}

#[test]
fn version_1_0_0_does_not_know_scheduling() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    let form = scheduled_form(&json!({ "title": "Alt" }), &owned_by(&stage.role), &hour(&agent));
    let answer = stage
        .admin
        .post("/api/events")
        .version("v1.0.0")
        .multipart(&form)
        .send()
        .expect(201);
    let id = answer.json()["identifier"].as_str().expect("an identifier").to_owned();
    let path = format!("/api/events/{id}");
    stage.actor.until_processed(&id);
    stage.actor.get(&format!("{path}/scheduling")).send().expect_empty(204);
    assert_eq!(
        stage.actor.get(&path).send().json()["status"],
        "EVENTS.EVENTS.STATUS.PROCESSED"
    );
    let scheduling = Form::new().field("scheduling", hour(&agent));
    for request in [
        stage.actor.get(&format!("{path}/scheduling")),
        stage.actor.put(&format!("{path}/scheduling")).urlencoded(&scheduling),
    ] {
        request.version("v1.0.0").send().expect(406);
    }
    stage
        .actor
        .post(&path)
        .version("v1.0.0")
        .multipart(&Form::new().field("scheduling", "[nonsense"))
        .send()
        .expect_empty(204);
}

#[test]
fn scheduling_is_included_on_request_since_1_1_0() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    let id = stage.scheduled("Geplant", &hour(&agent));
    let plain = stage.event(json!({ "title": "Hochgeladen" }));
    let with = |path: &str, version: &str| {
        let request = stage.actor.get(path).query("withscheduling", "TRUE");
        request.version(version).send().expect(200).json()
    };
    for version in ["v1.1.0", "v1.11.0"] {
        assert_eq!(with(&format!("/api/events/{id}"), version)["scheduling"], hour(&agent));
        assert_eq!(with(&format!("/api/events/{plain}"), version)["scheduling"], json!({}));
        let list = with("/api/events?sort=title:ASC", version);
        assert_eq!(
            (&list[0]["scheduling"], &list[1]["scheduling"]),
            (&hour(&agent), &json!({}))
        );
    }
    assert_eq!(with(&format!("/api/events/{id}"), "v1.0.0").get("scheduling"), None);
    assert_eq!(stage.actor.event(&id).get("scheduling"), None);
    stage
        .actor
        .get(&format!("/api/events/{plain}/scheduling"))
        .send()
        .expect_empty(204);
    stage
        .actor
        .get("/api/events/none/scheduling")
        .send()
        .refused(404, "none");
}

#[test]
fn scheduled_events_are_found_and_sorted_by_their_recording() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let agent = tenant.agent("UTC");
        let at = |title: &str, start: &str, end: &str| {
            stage.scheduled(title, &json!({ "agent_id": agent, "start": start, "end": end }));
        };
        at("B", "2031-03-27T10:00:00Z", "2031-03-27T10:30:00Z");
        at("A", "2031-03-27T12:00:00Z", "2031-03-27T12:30:00Z");
        at("C", "2031-03-27T08:00:00Z", "2031-03-27T08:30:00Z");
        stage.event(json!({ "title": "Upload" }));
        for (filter, titles) in [
            (format!("agent_id:{agent}"), vec!["A", "B", "C"]),
            (format!("location:{agent}"), vec!["A", "B", "C"]),
            ("status:EVENTS.EVENTS.STATUS.SCHEDULED".to_owned(), vec!["A", "B", "C"]),
            ("status:EVENTS.EVENTS.STATUS.PROCESSED".to_owned(), vec!["Upload"]),
            (
                "technical_start:2031-03-27T08:00:00Z/2031-03-27T10:00:00Z".to_owned(),
                vec!["B", "C"],
            ),
            (format!("textFilter:{agent}"), vec!["A", "B", "C"]),
        ] {
            assert_eq!(stage.matching("events", &filter), titles, "{filter}");
        }
        for (sort, titles) in [
            ("technical_start:ASC", ["C", "B", "A"]),
            ("technical_date:DESC", ["A", "B", "C"]),
            ("technical_end:DESC", ["A", "B", "C"]),
        ] {
            let sorted = stage.sorted("events", sort);
            let recorded: Vec<_> = sorted.iter().filter(|title| *title != "Upload").collect();
            assert_eq!(recorded, titles.iter().collect::<Vec<_>>(), "{sort}");
        }
    });
}

#[test]
fn what_is_wrong_is_refused_naming_the_member() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    let client = stage
        .admin
        .with_header("accept", "application/v1.11.0+json, application/problem+json");
    let with = |member: &str, value: Value| {
        let mut object = hour(&agent);
        object[member] = value;
        object.to_string()
    };
    let without = |member: &str| {
        let mut object = hour(&agent);
        object.as_object_mut().expect("an object").remove(member);
        object.to_string()
    };
    for (scheduling, pointer) in [
        ("[]".to_owned(), "#/scheduling"),
        ("7".to_owned(), "#/scheduling"),
        ("{'agent_id'}".to_owned(), "#/scheduling"),
        (without("agent_id"), "#/scheduling/agent_id"),
        (without("start"), "#/scheduling/start"),
        (without("end"), "#/scheduling/end"),
        (with("agent_id", json!(unique("nobody"))), "#/scheduling/agent_id"),
        (with("agent_id", json!([agent])), "#/scheduling/agent_id"),
        (with("start", json!("tomorrow")), "#/scheduling/start"),
        (with("start", json!("2031-03-27T16:00:00")), "#/scheduling/start"),
        (with("start", json!(1_929_888_000_000_i64)), "#/scheduling/start"),
        (with("end", json!("2031-03-27T15:59:59Z")), "#/scheduling/end"),
        (with("duration", json!("long")), "#/scheduling/duration"),
        (with("duration", json!(1.5)), "#/scheduling/duration"),
        (with("duration", json!(-1)), "#/scheduling/duration"),
        (with("inputs", json!("default")), "#/scheduling/inputs"),
        (with("inputs", json!([7])), "#/scheduling/inputs"),
        (
            with("rrule", json!("FREQ=DAILY;BYHOUR=1;BYMINUTE=0")),
            "#/scheduling/duration",
        ),
    ] {
        let form = event_form(&json!({ "title": "Nie" }), &owned_by(&stage.role)).field("scheduling", &scheduling);
        let answer = client.post("/api/events").multipart(&form).send().expect(400);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{scheduling}");
        // Without the wish for details it is a sentence that names the member.
        let member = pointer.rsplit('/').next().expect("a member");
        stage
            .admin
            .post("/api/events")
            .multipart(&form)
            .send()
            .refused(400, member);
    }
    assert_eq!(stage.list("events").send().expect(200).json(), json!([]));
}

#[test]
fn a_refused_part_beside_it_creates_nothing_either() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    let series = json!({ "title": "Reihe?", "isPartOf": unique("none") });
    let form = scheduled_form(&series, &owned_by(&stage.role), &hour(&agent));
    stage
        .admin
        .post("/api/events")
        .multipart(&form)
        .send()
        .refused(400, "isPartOf");
    let form = Form::new()
        .field(
            "metadata",
            json!([{ "flavor": "dublincore/episode", "fields": [{ "id": "title", "value": "x" }] }]),
        )
        .field("acl", owned_by(&stage.role))
        .field("scheduling", hour(&agent));
    stage
        .admin
        .post("/api/events")
        .multipart(&form)
        .send()
        .refused(400, "processing");
    stage.scheduled("Frei", &hour(&agent));
}

#[test]
fn scheduled_events_belong_to_their_series_and_follow_it_in_lists() {
    let stage = Stage::new(&NORTH);
    let series = stage.series(json!({ "title": "Geplante Reihe" }));
    let scheduling = json!({
        "agent_id": NORTH.agent("UTC"), "start": "2031-05-05T10:00:00Z", "end": "2031-05-07T12:00:00Z", "duration": 60_000,
        "rrule": "FREQ=DAILY;BYHOUR=10;BYMINUTE=0",
    });
    let fields = json!({ "title": "Sitzung", "isPartOf": series });
    let form = scheduled_form(&fields, &owned_by(&stage.role), &scheduling);
    stage.admin.post("/api/events").multipart(&form).send().expect(200);
    assert_eq!(
        stage.matching("events", &format!("series:{series}")),
        ["Sitzung 1", "Sitzung 2", "Sitzung 3"]
    );
    stage.admin.delete(&format!("/api/series/{series}")).send().expect(204);
    assert_eq!(
        stage.matching("events", "status:EVENTS.EVENTS.STATUS.SCHEDULED").len(),
        3
    );
}

#[test]
fn an_agent_of_one_tenant_is_unknown_to_the_other_and_namesakes_are_two_agents() {
    let name = unique("hall");
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        if tenant.id == NORTH.id {
            let stranger = Stage::new(tenant.other());
            stranger.schedule("Fremd", &hour(&name)).refused(400, "agent_id");
        }
        lectern_tests::fixture::installation().add_agent(tenant.id, &name, "UTC");
        stage.scheduled("Eigenes", &hour(&name));
        let conflicts = stage.schedule("Nochmals", &hour(&name)).expect(409).json();
        assert_eq!(conflicts.as_array().map(Vec::len), Some(1), "{conflicts}");
    });
}
