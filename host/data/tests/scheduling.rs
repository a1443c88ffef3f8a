//! Scheduling: what becomes of a `scheduling` object, who may change it, and that no agent records two things at once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code may stop a test the short way"
)]

mod support;

use lectern_data::identity::{self, Agent};
use lectern_data::model::*;
use lectern_data::scheduling;
use serde_json::{Value as Json, json};
use std::cell::Cell;
use support::*;

/// 2019-05-20T16:00:00Z.
const MONDAY: i64 = 1_558_368_000_000;
const HOUR: i64 = 3_600_000;

/// A tenant with two agents.
fn tenant() -> Tenant {
    let tenant = Tenant::new();
    for (name, timezone) in [("hall", "Europe/Zurich"), ("lab", "")] {
        // The store may hold what the command line does not accept.
        tenant.sql(&format!(
            "INSERT INTO capture_agent (name, timezone, inputs) VALUES ('{name}', '{timezone}', '')"
        ));
    }
    tenant
}

fn recordings(tenant: &Tenant, scheduling: &Json, title: &str) -> Result<Schedule, Error> {
    thread_local!(static MADE: Cell<u32> = const { Cell::new(0) });
    let identifier = || {
        MADE.set(MADE.get() + 1);
        format!("made-{}", MADE.get())
    };
    scheduling::recordings(&tenant.connection, &scheduling.to_string(), title, identifier)
}

/// Schedules what an object asks for, readable for the role A, and gives the identifiers.
fn schedule(
    tenant: &Tenant,
    session: &Session,
    scheduling: &Json,
    fields: &[Assignment],
) -> Result<Vec<String>, Error> {
    let schedule = recordings(tenant, scheduling, "Analysis")?;
    let made = schedule.recordings.iter().map(|recording| recording.identifier.clone());
    let made = made.collect();
    let change = Change::Schedule {
        schedule,
        fields: [&[text("title", "Analysis")], fields].concat(),
        acl: Some(acl(&["A read", "A write", "B read"])),
        processing: Some(Processing {
            workflow: "fast".to_owned(),
            configuration: vec![("publish".to_owned(), "true".to_owned())],
        }),
    };
    tenant.try_write(session, &[change]).map(|_| made)
}

/// One hour from `start` on.
fn an_hour(agent: &str, start: i64) -> Json {
    json!({ "agent_id": agent, "start": lectern_scheduling::format_instant(start), "duration": HOUR })
}

fn one(tenant: &Tenant, scheduling: &Json) -> String {
    schedule(tenant, &admin(), scheduling, &[]).unwrap().remove(0)
}

fn reschedule(event: &str, scheduling: &Json) -> Change {
    Change::Reschedule {
        event: event.to_owned(),
        scheduling: scheduling.to_string(),
        allow_conflict: false,
    }
}

fn allowing_conflicts(change: Change) -> Change {
    match change {
        Change::Reschedule { event, scheduling, .. } => Change::Reschedule {
            event,
            scheduling,
            allow_conflict: true,
        },
        other => other,
    }
}

fn set_processing(event: &str, workflow: &str) -> Change {
    Change::SetProcessing {
        event: event.to_owned(),
        processing: Processing {
            workflow: workflow.to_owned(),
            configuration: Vec::new(),
        },
    }
}

fn values(tenant: &Tenant, event: &str, fields: &[&str]) -> Vec<Value> {
    tenant.get(&admin(), "events", event, fields).unwrap().0.values
}

fn text_of(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn period(tenant: &Tenant, event: &str) -> [i64; 2] {
    let values = values(tenant, event, &["technical_start", "technical_end"]);
    [0, 1].map(|column| match values[column] {
        Value::Number(number) => number,
        ref other => panic!("{other:?}"),
    })
}

fn titles(error: &Error) -> Vec<String> {
    let document: Json = serde_json::from_str(&error.document).unwrap();
    let events = document.as_array().unwrap().iter();
    events
        .map(|event| event["title"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_recording_becomes_an_event_at_its_agent_and_time() {
    let tenant = tenant();
    let scheduling = json!({
        "agent_id": "hall", "start": "2019-05-20T18:00:00.250+02:00", "end": "2019-05-20T19:30:00+02:00", "inputs": ["camera", "slides"],
    });
    let fields = [
        number("start", 5),
        number("created", 7),
        number("duration", 9),
        text("location", "Elsewhere"),
        texts("presenter", &["Noether"]),
    ];
    let event = schedule(&tenant, &user(&["A"]), &scheduling, &fields)
        .unwrap()
        .remove(0);
    let shown = values(
        &tenant,
        &event,
        &[
            "title",
            "status",
            "agent_id",
            "location",
            "inputs",
            "start",
            "duration",
            "technical_start",
            "technical_end",
            "created",
            "presenter",
            "creator",
        ],
    );
    assert_eq!(
        shown,
        [
            text_of("Analysis"),
            text_of("EVENTS.EVENTS.STATUS.SCHEDULED"),
            text_of("hall"),
            text_of("hall"),
            Value::Texts(vec!["camera".to_owned(), "slides".to_owned()]),
            Value::Number(MONDAY + 250),
            Value::Number(90 * 60_000 - 250),
            Value::Number(MONDAY + 250),
            Value::Number(MONDAY + 90 * 60_000),
            Value::Number(7),
            Value::Texts(vec!["Noether".to_owned()]),
            text_of("A User"),
        ]
    );
    let processing: String = tenant
        .connection
        .query_row("SELECT processing FROM event", [], |row| row.get(0))
        .unwrap();
    let expected = json!({ "workflow": "fast", "configuration": { "publish": "true" } });
    assert_eq!(serde_json::from_str::<Json>(&processing).unwrap(), expected);
}

#[test]
fn the_recordings_of_a_rule_are_numbered_and_created_when_they_start() {
    let tenant = tenant();
    let scheduling = json!({
        "agent_id": "hall", "start": "2019-05-20T16:00:00Z", "end": "2019-06-02T19:00:00Z", "duration": HOUR,
        "rrule": "FREQ=DAILY;BYHOUR=16;BYMINUTE=0",
    });
    let events = schedule(
        &tenant,
        &admin(),
        &scheduling,
        &[number("start", 0), number("created", 0)],
    )
    .unwrap();
    assert_eq!(events.len(), 14);
    let in_order = tenant.list(&admin(), &sorted(query("events"), &["technical_start"]));
    assert_eq!(in_order, events);
    for (index, event) in events.iter().enumerate() {
        let start = MONDAY + 24 * HOUR * index as i64;
        assert_eq!(
            values(
                &tenant,
                event,
                &["title", "created", "start", "duration", "end", "technical_end"]
            ),
            [
                text_of(&format!("Analysis {:02}", index + 1)),
                Value::Number(start),
                Value::Number(start),
                Value::Number(HOUR),
                Value::Number(start + HOUR),
                Value::Number(start + HOUR),
            ]
        );
    }
}

#[test]
fn the_audit_trail_has_one_row_for_all_recordings_of_a_rule() {
    let tenant = tenant();
    let rule = json!({
        "agent_id": "hall", "start": "2019-05-20T16:00:00Z", "end": "2019-05-22T19:00:00Z", "duration": HOUR,
        "rrule": "FREQ=DAILY;BYHOUR=16;BYMINUTE=0",
    });
    let events = schedule(&tenant, &admin(), &rule, &[]).unwrap();
    tenant.write(
        &admin(),
        &[
            reschedule(&events[1], &json!({ "duration": 1 })),
            set_processing(&events[2], "slow"),
        ],
    );
    let entries = lectern_data::audit::entries(&tenant.connection, None, 10).unwrap();
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| (entry.action.as_str(), entry.identifier.as_str(), entry.detail.as_str()))
        .collect();
    assert_eq!(
        rows,
        [
            ("schedule", events[0].as_str(), "title and 2 others"),
            ("reschedule", &events[1], ""),
            ("set-processing", &events[2], "slow"),
        ]
    );
}

#[test]
fn scheduled_events_are_found_by_agent_status_time_and_text() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    tenant.write(&admin(), &[self::event("other", &[text("title", "Analysis")], None)]);
    for criterion in [
        equals("agent_id", &["hall"]),
        equals("location", &["hall"]),
        equals("status", &["EVENTS.EVENTS.STATUS.SCHEDULED"]),
        between("technical_start", MONDAY, MONDAY),
        contains("hall"),
        contains("scheduled"),
        contains("2019-05-20T16:00"),
    ] {
        assert_eq!(
            tenant.list(&admin(), &filtered("events", std::slice::from_ref(&criterion))),
            [event.as_str()],
            "{criterion:?}"
        );
    }
}

#[test]
fn every_recording_of_a_rule_is_found_like_any_other_event() {
    let tenant = tenant();
    let rule = json!({
        "agent_id": "hall", "start": "1969-12-30T16:00:00.500Z", "end": "1970-01-02T00:00:00Z", "duration": HOUR,
        "rrule": "FREQ=DAILY;BYHOUR=16;BYMINUTE=0",
    });
    let fields = [texts("presenter", &["Noether"]), text("description", "Größe")];
    let events = schedule(&tenant, &admin(), &rule, &fields).unwrap();
    let words = |event: &str| {
        let text: String = tenant
            .connection
            .query_row(
                "SELECT folded FROM event_text JOIN event USING (id) WHERE identifier = ?",
                [event],
                |row| row.get(0),
            )
            .unwrap();
        let mut words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
        words.sort();
        words.dedup();
        words
    };
    for (index, event) in events.iter().enumerate() {
        let stored = words(event);
        for word in [
            event.as_str(),
            &format!("{}", index + 1),
            "noether",
            "grosse",
            "hall",
            "scheduled",
        ] {
            assert!(stored.iter().any(|stored| stored == word), "{word}: {stored:?}");
        }
        // A change writes the text anew, from the row.
        tenant.write(
            &admin(),
            &[update(
                "events",
                event,
                &[text("title", &format!("Analysis {}", index + 1))],
            )],
        );
        assert_eq!(words(event), stored);
    }
    assert_eq!(
        tenant.list(&admin(), &filtered("events", &[contains("1969-12-31")])),
        [events[1].as_str()]
    );
    let noether = "SELECT count(*) FROM event_gram WHERE event_gram MATCH '\"noe\"'";
    assert_eq!(tenant.number(noether), 3);
    // What is taken out of the index is what was put in.
    let deleted: Vec<_> = events.iter().map(|event| delete("events", event)).collect();
    tenant.write(&admin(), &deleted);
    assert_eq!(tenant.number(noether), 0);
    assert_eq!(tenant.number("SELECT count(*) FROM event_text"), 0);
}

#[test]
fn one_conflict_refuses_all_and_lists_what_is_in_the_way() {
    let tenant = tenant();
    let second = one(&tenant, &an_hour("hall", MONDAY + 24 * HOUR));
    tenant.write(&admin(), &[update("events", &second, &[text("title", "Tuesday")])]);
    let week = json!({
        "agent_id": "hall", "start": "2019-05-20T16:00:00Z", "end": "2019-05-24T19:00:00Z", "duration": HOUR,
        "rrule": "FREQ=DAILY;BYHOUR=16;BYMINUTE=30",
    });
    let error = schedule(&tenant, &admin(), &week, &[]).unwrap_err();
    assert_eq!((error.reason, error.subject.as_str()), (Reason::Conflict, "scheduling"));
    let document: Json = serde_json::from_str(&error.document).unwrap();
    let expected = json!([{ "start": "2019-05-21T16:00:00Z", "end": "2019-05-21T17:00:00Z", "title": "Tuesday" }]);
    assert_eq!(document, expected);
    assert_eq!(tenant.number("SELECT count(*) FROM event"), 1);
}

#[test]
fn bookings_that_touch_and_bookings_of_other_agents_are_no_conflict() {
    let tenant = tenant();
    one(&tenant, &an_hour("hall", MONDAY));
    one(&tenant, &an_hour("hall", MONDAY + HOUR));
    one(&tenant, &an_hour("hall", MONDAY - HOUR));
    one(&tenant, &an_hour("lab", MONDAY + 1));
    for start in [MONDAY - 1, MONDAY + 1] {
        assert!(schedule(&tenant, &admin(), &an_hour("hall", start), &[]).is_err());
    }
    let nothing = json!({ "agent_id": "hall", "start": "2019-05-20T16:00:00Z", "duration": 0 });
    one(&tenant, &nothing);
}

#[test]
fn an_event_occupies_its_agent_whatever_became_of_it_until_it_is_deleted() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    tenant.sql("UPDATE event SET status = 'EVENTS.EVENTS.STATUS.PROCESSED', processing_state = 'SUCCEEDED'");
    assert!(schedule(&tenant, &admin(), &an_hour("hall", MONDAY), &[]).is_err());
    tenant.write(&admin(), &[delete("events", &event)]);
    one(&tenant, &an_hour("hall", MONDAY));
}

#[test]
fn the_title_of_an_event_in_the_way_is_only_told_to_who_may_read_it() {
    let tenant = tenant();
    one(&tenant, &an_hour("hall", MONDAY));
    for (session, title) in [(admin(), "Analysis"), (user(&["B"]), "Analysis"), (user(&["C"]), "")] {
        let error = schedule(&tenant, &session, &an_hour("hall", MONDAY), &[]).unwrap_err();
        assert_eq!(titles(&error), [title]);
        assert!(error.document.contains("2019-05-20T16:00:00Z"));
    }
}

#[test]
fn what_is_wrong_with_an_object_is_named() {
    let tenant = tenant();
    tenant.sql("INSERT INTO capture_agent (name, timezone, inputs) VALUES ('moon', 'Moon/Tycho', '')");
    let rule = |agent: &str, rrule: &str| {
        json!({
            "agent_id": agent, "start": "2019-05-20T16:00:00Z", "end": "2019-05-24T19:00:00Z", "duration": HOUR, "rrule": rrule,
        })
    };
    for (scheduling, subject) in [
        (json!([]), "scheduling"),
        (json!({}), "scheduling/agent_id"),
        (json!({ "agent_id": "attic" }), "scheduling/agent_id"),
        (json!({ "agent_id": "HALL" }), "scheduling/agent_id"),
        (json!({ "agent_id": "hall" }), "scheduling/start"),
        (json!({ "agent_id": "hall", "start": 7 }), "scheduling/start"),
        (
            json!({ "agent_id": "hall", "start": "2019-05-20T16:00:00Z" }),
            "scheduling/end",
        ),
        (
            json!({ "agent_id": "hall", "start": "2019-05-20T16:00:00Z", "end": "2019-05-20T15:00:00Z" }),
            "scheduling/end",
        ),
        (
            json!({ "agent_id": "hall", "start": "2019-05-20T16:00:00Z", "duration": "long" }),
            "scheduling/duration",
        ),
        (
            json!({ "agent_id": "hall", "start": "2019-05-20T16:00:00Z", "duration": 1, "inputs": ["\u{7}"] }),
            "scheduling/inputs",
        ),
        (rule("hall", "FREQ=DAILY"), "scheduling/rrule"),
        (rule("moon", "FREQ=DAILY;BYHOUR=16;BYMINUTE=0"), "scheduling/agent_id"),
    ] {
        let error = schedule(&tenant, &admin(), &scheduling, &[]).unwrap_err();
        assert_eq!(
            (error.reason, error.subject.as_str()),
            (Reason::Invalid, subject),
            "{error}"
        );
        assert!(error.message.ends_with('.'), "{error}");
    }
    assert_eq!(tenant.number("SELECT count(*) FROM event"), 0);
}

#[test]
fn the_rule_is_about_the_clock_of_the_agent_and_an_agent_without_a_time_zone_is_in_utc() {
    let tenant = tenant();
    // The clocks are set forward on 31 March.
    let rule = |agent: &str| {
        json!({
            "agent_id": agent, "start": "2019-03-30T00:00:00Z", "end": "2019-04-01T23:00:00Z", "duration": HOUR,
            "rrule": "FREQ=DAILY;BYHOUR=15;BYMINUTE=0",
        })
    };
    let hours = |agent: &str| {
        let schedule = recordings(&tenant, &rule(agent), "").unwrap();
        let starts = schedule.recordings.iter();
        starts.map(|recording| recording.start / HOUR % 24).collect::<Vec<_>>()
    };
    assert_eq!(hours("hall"), [15, 14, 14]);
    assert_eq!(hours("lab"), [15, 15, 15]);
}

#[test]
fn texts_that_a_rule_would_multiply_beyond_measure_are_refused() {
    let tenant = tenant();
    let rule = json!({
        "agent_id": "hall", "start": "2019-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z", "duration": HOUR,
        "rrule": "FREQ=DAILY;COUNT=300;BYHOUR=15;BYMINUTE=0",
    });
    let long = "x".repeat(300_000);
    let error = recordings(&tenant, &rule, &long).unwrap_err();
    assert_eq!(
        (error.reason, error.subject.as_str()),
        (Reason::Invalid, "scheduling/rrule")
    );
    let error = schedule(&tenant, &admin(), &rule, &[text("description", &long)]).unwrap_err();
    assert_eq!(
        (error.reason, error.subject.as_str()),
        (Reason::Invalid, "scheduling/rrule")
    );
    assert_eq!(tenant.number("SELECT count(*) FROM event"), 0);
}

#[test]
fn rescheduling_keeps_what_the_object_does_not_name() {
    let tenant = tenant();
    let scheduling = json!({
        "agent_id": "hall", "start": "2019-05-20T16:00:00Z", "duration": HOUR, "inputs": ["camera"],
    });
    let event = one(&tenant, &scheduling);
    let all = [
        "technical_start",
        "technical_end",
        "start",
        "duration",
        "agent_id",
        "location",
        "inputs",
        "created",
    ];
    let camera = Value::Texts(vec!["camera".to_owned()]);
    let expect = |start: i64, end: i64, agent: &str, inputs: &Value| {
        assert_eq!(
            values(&tenant, &event, &all),
            [
                Value::Number(start),
                Value::Number(end),
                Value::Number(start),
                Value::Number(end - start),
                text_of(agent),
                text_of(agent),
                inputs.clone(),
                Value::Number(NOW),
            ]
        );
    };
    let change = |scheduling: Json| tenant.write(&admin(), &[reschedule(&event, &scheduling)]);
    expect(MONDAY, MONDAY + HOUR, "hall", &camera);
    change(json!({ "duration": 2 * HOUR }));
    expect(MONDAY, MONDAY + 2 * HOUR, "hall", &camera);
    // The end wins.
    change(json!({ "end": "2019-05-20T19:00:00Z", "duration": 1 }));
    expect(MONDAY, MONDAY + 3 * HOUR, "hall", &camera);
    change(json!({ "agent_id": "lab", "start": "2019-05-20T17:00:00Z", "end": "2019-05-20T18:00:00Z" }));
    expect(MONDAY + HOUR, MONDAY + 2 * HOUR, "lab", &camera);
    change(json!({ "duration": HOUR, "inputs": ["slides", "sound"] }));
    expect(
        MONDAY + HOUR,
        MONDAY + 2 * HOUR,
        "lab",
        &Value::Texts(vec!["slides".to_owned(), "sound".to_owned()]),
    );
    change(json!({ "duration": HOUR, "inputs": [] }));
    expect(MONDAY + HOUR, MONDAY + 2 * HOUR, "lab", &Value::None);
    for (criterion, found) in [
        (equals("agent_id", &["hall"]), vec![]),
        (equals("agent_id", &["lab"]), vec![event.clone()]),
        (contains("hall"), vec![]),
        (contains("lab"), vec![event.clone()]),
        (between("technical_start", MONDAY, MONDAY), vec![]),
    ] {
        assert_eq!(tenant.list(&admin(), &filtered("events", &[criterion])), found);
    }
}

#[test]
fn only_scheduling_moves_a_booking() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    let fields = [number("start", 0), number("duration", 1), text("location", "Elsewhere")];
    tenant.write(&admin(), &[update("events", &event, &fields)]);
    assert_eq!(period(&tenant, &event), [MONDAY, MONDAY + HOUR]);
    assert_eq!(values(&tenant, &event, &["agent_id"]), [text_of("hall")]);
    // A change without an agent leaves the location alone.
    tenant.write(&admin(), &[reschedule(&event, &json!({ "duration": HOUR }))]);
    assert_eq!(
        values(&tenant, &event, &["location", "start"]),
        [text_of("Elsewhere"), Value::Number(MONDAY)]
    );
}

#[test]
fn an_event_is_never_in_its_own_way() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    let next = one(&tenant, &an_hour("hall", MONDAY + HOUR));
    tenant.write(&admin(), &[update("events", &next, &[text("title", "Next")])]);
    let earlier = json!({ "start": "2019-05-20T15:30:00Z", "end": "2019-05-20T16:30:00Z" });
    tenant.write(&admin(), &[reschedule(&event, &earlier)]);
    let longer = json!({ "duration": 2 * HOUR });
    let error = tenant.try_write(&admin(), &[reschedule(&event, &longer)]).unwrap_err();
    assert_eq!((error.reason, error.subject.as_str()), (Reason::Conflict, "scheduling"));
    assert_eq!(titles(&error), ["Next"]);
    assert_eq!(period(&tenant, &event), [MONDAY - HOUR / 2, MONDAY + HOUR / 2]);
}

#[test]
fn conflicts_are_allowed_to_administrators_who_ask_for_it() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    one(&tenant, &an_hour("hall", MONDAY + HOUR));
    let longer = reschedule(&event, &json!({ "duration": 2 * HOUR }));
    let allowing = allowing_conflicts(longer.clone());
    for (session, change) in [
        (admin(), longer.clone()),
        (user(&["A"]), longer),
        (user(&["A"]), allowing.clone()),
    ] {
        assert_eq!(
            tenant.try_write(&session, &[change]).unwrap_err().reason,
            Reason::Conflict
        );
    }
    tenant.write(&admin(), &[allowing]);
    assert_eq!(period(&tenant, &event), [MONDAY, MONDAY + 2 * HOUR]);
}

#[test]
fn rescheduling_needs_write_a_schedule_and_an_agent() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    tenant.write(
        &admin(),
        &[self::event("plain", &[], Some(acl(&["A read", "A write"])))],
    );
    let longer = json!({ "duration": 2 * HOUR });
    for (session, change, reason, subject) in [
        (
            user(&["B"]),
            reschedule(&event, &longer),
            Reason::Denied,
            event.as_str(),
        ),
        (user(&["C"]), reschedule(&event, &longer), Reason::Missing, &event),
        (admin(), reschedule("none", &longer), Reason::Missing, "none"),
        (
            user(&["A"]),
            reschedule("plain", &longer),
            Reason::Missing,
            "scheduling",
        ),
        (
            admin(),
            reschedule(&event, &json!({})),
            Reason::Invalid,
            "scheduling/end",
        ),
        (admin(), reschedule(&event, &json!([])), Reason::Invalid, "scheduling"),
        (
            admin(),
            reschedule(&event, &json!({ "duration": 1, "agent_id": "attic" })),
            Reason::Invalid,
            "scheduling/agent_id",
        ),
        (
            admin(),
            reschedule(
                &event,
                &json!({ "start": "2019-05-21T16:00:00Z", "end": "2019-05-20T16:00:00Z" }),
            ),
            Reason::Invalid,
            "scheduling/end",
        ),
    ] {
        let error = tenant.try_write(&session, &[change]).unwrap_err();
        assert_eq!((error.reason, error.subject.as_str()), (reason, subject), "{error}");
    }
    assert_eq!(period(&tenant, &event), [MONDAY, MONDAY + HOUR]);
}

#[test]
fn an_agent_that_is_gone_can_still_be_left() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    identity::remove_agent(&tenant.connection, "hall").unwrap();
    tenant.write(&admin(), &[reschedule(&event, &json!({ "duration": 2 * HOUR }))]);
    tenant.write(&admin(), &[reschedule(&event, &an_hour("lab", MONDAY))]);
    assert_eq!(values(&tenant, &event, &["agent_id"]), [text_of("lab")]);
    let agent = Agent {
        name: "hall".to_owned(),
        timezone: "UTC".to_owned(),
        inputs: Vec::new(),
    };
    identity::add_agent(&tenant.connection, &agent).unwrap();
    one(&tenant, &an_hour("hall", MONDAY));
}

#[test]
fn processing_can_be_replaced_until_the_recording_has_begun() {
    let tenant = tenant();
    let event = one(&tenant, &an_hour("hall", MONDAY));
    tenant.write(&admin(), &[self::event("plain", &[], None)]);
    tenant.write(&user(&["A"]), &[set_processing(&event, "slow")]);
    let processing: String = tenant
        .connection
        .query_row("SELECT processing FROM event WHERE agent_id IS NOT NULL", [], |row| {
            row.get(0)
        })
        .unwrap();
    let expected = json!({ "workflow": "slow", "configuration": {} });
    assert_eq!(serde_json::from_str::<Json>(&processing).unwrap(), expected);
    let refused = |session: &Session, event: &str| {
        let error = tenant.try_write(session, &[set_processing(event, "x")]).unwrap_err();
        (error.reason, error.subject)
    };
    assert_eq!(refused(&admin(), "plain"), (Reason::Invalid, "processing".to_owned()));
    assert_eq!(refused(&user(&["B"]), &event), (Reason::Denied, event.clone()));
    tenant.sql("UPDATE event SET status = 'EVENTS.EVENTS.STATUS.RECORDING'");
    assert_eq!(refused(&admin(), &event), (Reason::Invalid, "processing".to_owned()));
}
