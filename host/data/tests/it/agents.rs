//! What capture agents say of themselves and of what they record.

use crate::support::{
    NOW, Recorder, Tenant, acl, admin, between, by, create, delete, equals, filtered, query, set_acl, text, update,
    user,
};
use lectern_data::audit;
use lectern_data::model::{
    Assignment, Change, Processing, Query, Reason, Recording, Schedule, Session, StoredFile, Value,
};
use lectern_data::recording::STATES;
use lectern_data::workflow::Definition;
use lectern_data::{scheduling, search};

/// A user who speaks for capture agents and may read nothing.
fn agent() -> Session {
    user(&["ROLE_CAPTURE_AGENT"])
}

fn values(tenant: &Tenant, collection: &str, identifier: &str, fields: &[&str]) -> Vec<Value> {
    tenant
        .find(
            &admin(),
            &Query {
                fields: fields.iter().map(|field| field.to_string()).collect(),
                ..by(collection, "identifier", identifier)
            },
        )
        .items
        .remove(0)
        .values
}

fn value(tenant: &Tenant, collection: &str, identifier: &str, field: &str) -> Value {
    values(tenant, collection, identifier, &[field]).remove(0)
}

fn word(word: &str) -> Value {
    Value::Text(word.to_owned())
}

fn configuration(json: &str) -> Assignment {
    Assignment {
        field: "configuration".to_owned(),
        value: Value::Document(json.to_owned()),
    }
}

/// A tenant with an agent and an event that it is to record, which waits for the workflow `publish`.
fn scheduled() -> Tenant {
    let tenant = Tenant::new();
    tenant.sql("INSERT INTO capture_agent (name, timezone, inputs) VALUES ('hall', 'UTC', 'camera')");
    let schedule = Schedule {
        agent: "hall".to_owned(),
        inputs: vec!["camera".to_owned()],
        recordings: vec![Recording {
            identifier: "e".to_owned(),
            title: None,
            start: NOW,
            end: NOW + 60_000,
        }],
    };
    let processing = Processing {
        workflow: "publish".to_owned(),
        configuration: vec![("a".to_owned(), "1".to_owned())],
    };
    let change = Change::Schedule {
        schedule,
        fields: vec![text("title", "Talk")],
        acl: Some(acl(&["TEACHER read", "TEACHER write"])),
        processing: Some(processing),
    };
    tenant.write(&admin(), &[change]);
    tenant
}

fn definitions() -> Vec<Definition> {
    ["publish", "schedule-and-upload"]
        .map(|identifier| Definition {
            identifier: identifier.to_owned(),
            title: identifier.to_owned(),
            ..Definition::default()
        })
        .to_vec()
}

fn report(state: Option<&str>) -> Change {
    Change::ReportRecording {
        event: "e".to_owned(),
        state: state.map(str::to_owned),
        definitions: definitions(),
    }
}

fn add_track(tenant: &Tenant) {
    let file = StoredFile {
        identifier: "f".to_owned(),
        name: "talk.mp4".to_owned(),
        mimetype: "video/mp4".to_owned(),
        ..StoredFile::default()
    };
    let change = Change::AddTrack {
        event: "e".to_owned(),
        flavor: "presenter/source".to_owned(),
        tags: Vec::new(),
        file,
        overwrite: false,
    };
    tenant.write(&admin(), &[change]);
}

fn status(tenant: &Tenant) -> String {
    match value(tenant, "events", "e", "status") {
        Value::Text(status) => status.replace("EVENTS.EVENTS.STATUS.", ""),
        other => panic!("{other:?}"),
    }
}

fn workflows(tenant: &Tenant) -> Vec<Vec<Value>> {
    let query = Query {
        fields: ["definition", "configuration", "state"].map(str::to_owned).to_vec(),
        ..query("workflows")
    };
    tenant
        .find(&admin(), &query)
        .items
        .into_iter()
        .map(|item| item.values)
        .collect()
}

#[test]
fn an_agent_registers_itself_and_has_been_heard_of() {
    let tenant = Tenant::new();
    tenant.write(
        &agent(),
        &[create(
            "agents",
            "hall",
            &[text("state", "idle"), text("url", "http://hall")],
            None,
        )],
    );
    assert_eq!(
        values(
            &tenant,
            "agents",
            "hall",
            &["name", "state", "url", "updated", "timezone", "inputs"]
        ),
        [
            word("hall"),
            word("idle"),
            word("http://hall"),
            Value::Number(NOW),
            word("UTC"),
            Value::None
        ]
    );
    let again = tenant.try_write(&agent(), &[create("agents", "hall", &[], None)]);
    assert_eq!(again.unwrap_err().reason, Reason::Conflict);
}

#[test]
fn devices_and_time_zone_follow_the_configuration_if_it_names_them() {
    let tenant = scheduled();
    let shown = |tenant: &Tenant| values(tenant, "agents", "hall", &["inputs", "timezone"]);
    tenant.write(&agent(), &[update("agents", "hall", &[configuration(r#"{"a":"b"}"#)])]);
    assert_eq!(shown(&tenant), [Value::Texts(vec!["camera".to_owned()]), word("UTC")]);
    let named = r#"{"capture.device.names":" one, two,,t\nhree","capture.device.timezone":"Europe/Zurich"}"#;
    tenant.write(&agent(), &[update("agents", "hall", &[configuration(named)])]);
    assert_eq!(
        shown(&tenant),
        [
            Value::Texts(vec!["one".to_owned(), "two".to_owned()]),
            word("Europe/Zurich")
        ]
    );
    assert_eq!(
        value(&tenant, "agents", "hall", "configuration"),
        Value::Document(named.to_owned())
    );
}

#[test]
fn an_agent_whose_state_is_unknown_has_not_been_heard_of() {
    let tenant = scheduled();
    tenant.write(&agent(), &[update("agents", "hall", &[text("state", "unknown")])]);
    assert_eq!(value(&tenant, "agents", "hall", "updated"), Value::None);
    tenant.write(&agent(), &[update("agents", "hall", &[text("state", "idle")])]);
    assert_eq!(value(&tenant, "agents", "hall", "updated"), Value::Number(NOW));
}

#[test]
fn agents_are_changed_only_by_those_who_speak_for_them() {
    let tenant = scheduled();
    for change in [
        create("agents", "lab", &[], None),
        update("agents", "hall", &[text("state", "idle")]),
        delete("agents", "hall"),
        report(Some("capturing")),
    ] {
        let refused = tenant
            .try_write(&user(&["TEACHER", "ROLE_API"]), std::slice::from_ref(&change))
            .unwrap_err();
        let expected = match change {
            Change::ReportRecording { .. } => Reason::Missing,
            _ => Reason::Denied,
        };
        assert_eq!(refused.reason, expected, "{change:?}");
        tenant.write(&agent(), &[change]);
    }
    assert!(tenant.list(&admin(), &by("agents", "identifier", "hall")).is_empty());
}

#[test]
fn what_an_agent_cannot_be_is_refused() {
    let tenant = scheduled();
    let refused = |change: Change| {
        let error = tenant.try_write(&agent(), &[change]).unwrap_err();
        assert_eq!(error.reason, Reason::Invalid, "{error:?}");
        error.subject
    };
    for name in ["", " hall", "a,b", "a\nb", &"x".repeat(129)] {
        assert_eq!(refused(create("agents", name, &[], None)), "identifier");
    }
    assert_eq!(refused(update("agents", "hall", &[text("state", "happy")])), "state");
    assert_eq!(refused(update("agents", "hall", &[text("url", "a\u{1}")])), "url");
    assert_eq!(
        refused(update("agents", "hall", &[configuration("[]")])),
        "configuration"
    );
    assert_eq!(
        refused(update("agents", "hall", &[text("timezone", "UTC")])),
        "timezone"
    );
    let missing = tenant.try_write(&agent(), &[update("agents", "lab", &[])]).unwrap_err();
    assert_eq!((missing.reason, missing.subject.as_str()), (Reason::Missing, "lab"));
}

#[test]
fn that_an_agent_is_well_leaves_no_trace_but_what_it_is_does() {
    let tenant = Tenant::new();
    tenant.write(&agent(), &[create("agents", "hall", &[text("state", "idle")], None)]);
    tenant.write(
        &agent(),
        &[update(
            "agents",
            "hall",
            &[text("state", "idle"), text("url", "http://hall")],
        )],
    );
    tenant.write(&agent(), &[update("agents", "hall", &[configuration("{}")])]);
    tenant.write(&agent(), &[delete("agents", "hall")]);
    let actions: Vec<String> = audit::entries(&tenant.connection, None, 10)
        .unwrap()
        .into_iter()
        .map(|entry| entry.action)
        .collect();
    assert_eq!(actions, ["create", "update", "delete"]);
}

#[test]
fn an_agent_that_has_registered_itself_can_be_booked() {
    let tenant = Tenant::new();
    tenant.write(
        &agent(),
        &[create(
            "agents",
            "hall",
            &[configuration(r#"{"capture.device.timezone":"Europe/Zurich"}"#)],
            None,
        )],
    );
    let request = r#"{"agent_id":"hall","start":"2026-03-27T08:00:00Z","end":"2026-03-31T09:00:00Z","duration":60000,
        "rrule":"FREQ=DAILY;BYDAY=FR,MO,TU;BYHOUR=8;BYMINUTE=0"}"#;
    let schedule = scheduling::recordings(&tenant.connection, request, "Talk", || "e".to_owned()).unwrap();
    // The clocks go forward in between.
    let starts: Vec<i64> = schedule
        .recordings
        .iter()
        .map(|recording| recording.start / 3_600_000 % 24)
        .collect();
    assert_eq!(starts, [8, 7, 7]);
}

#[test]
fn the_status_of_a_scheduled_event_follows_its_recording() {
    let tenant = scheduled();
    assert_eq!(status(&tenant), "SCHEDULED");
    for (state, expected) in STATES {
        tenant.write(&agent(), &[report(Some(state))]);
        assert_eq!(
            status(&tenant),
            expected.replace("EVENTS.EVENTS.STATUS.", ""),
            "{state}"
        );
        assert_eq!(
            values(&tenant, "recordings", "e", &["state", "updated"]),
            [word(state), Value::Number(NOW)]
        );
    }
    tenant.write(&agent(), &[report(None)]);
    assert_eq!(status(&tenant), "SCHEDULED");
    assert_eq!(
        values(&tenant, "recordings", "e", &["state", "updated"]),
        [Value::None, Value::None]
    );
    // What is only about the recording is no new version of the event.
    assert_eq!(value(&tenant, "events", "e", "archive_version"), Value::Number(0));
}

#[test]
fn an_event_is_found_by_the_status_that_its_recording_gives_it() {
    let tenant = scheduled();
    tenant.write(&agent(), &[report(Some("capturing"))]);
    assert_eq!(
        tenant.list(
            &user(&["TEACHER"]),
            &by("events", "status", "EVENTS.EVENTS.STATUS.RECORDING")
        ),
        ["e"]
    );
    assert_eq!(
        tenant.list(&admin(), &filtered("events", &[crate::support::contains("recording")])),
        ["e"]
    );
    let late = tenant.try_write(
        &admin(),
        &[Change::SetProcessing {
            event: "e".to_owned(),
            processing: Processing::default(),
        }],
    );
    assert_eq!(late.unwrap_err().subject, "processing");
}

#[test]
fn what_is_waited_for_begins_when_everything_has_arrived_and_only_once() {
    let tenant = scheduled();
    add_track(&tenant);
    tenant.write(&agent(), &[report(Some("uploading"))]);
    assert!(workflows(&tenant).is_empty());
    tenant.write(&agent(), &[report(Some("upload_finished"))]);
    let expected = vec![
        word("publish"),
        Value::Document(r#"{"a":"1"}"#.to_owned()),
        word("INSTANTIATED"),
    ];
    assert_eq!(workflows(&tenant), std::slice::from_ref(&expected));
    assert_eq!(status(&tenant), "PENDING");
    assert_eq!(value(&tenant, "recordings", "e", "processing"), Value::None);
    // Neither while it is active nor when it has ended.
    tenant.write(&agent(), &[report(Some("upload_finished"))]);
    tenant.sql("UPDATE workflow SET state = 'SUCCEEDED'; UPDATE event SET processing_state = 'SUCCEEDED'");
    tenant.write(&agent(), &[report(Some("upload_finished"))]);
    assert_eq!(workflows(&tenant).len(), 1);
}

#[test]
fn a_recording_that_has_not_come_here_is_not_processed_until_it_has() {
    let tenant = scheduled();
    tenant.write(&agent(), &[report(Some("upload_finished"))]);
    assert!(workflows(&tenant).is_empty());
    assert_eq!(status(&tenant), "INGESTING");
    add_track(&tenant);
    tenant.write(&agent(), &[report(Some("upload_finished"))]);
    assert_eq!(workflows(&tenant).len(), 1);
}

#[test]
fn a_workflow_that_does_not_exist_is_replaced_as_for_uploads() {
    let tenant = scheduled();
    tenant.sql(r#"UPDATE event SET processing = '{"workflow":"gone","configuration":{}}'"#);
    add_track(&tenant);
    tenant.write(&agent(), &[report(Some("upload_finished"))]);
    assert_eq!(workflows(&tenant)[0][0], word("schedule-and-upload"));
}

#[test]
fn what_somebody_else_has_started_decides_the_status() {
    let tenant = scheduled();
    let start = Change::StartWorkflow {
        identifier: None,
        event: "e".to_owned(),
        processing: Processing {
            workflow: "publish".to_owned(),
            ..Processing::default()
        },
        definition: definitions().into_iter().next(),
    };
    add_track(&tenant);
    tenant.write(&admin(), &[start]);
    tenant.write(&agent(), &[report(Some("upload_finished"))]);
    assert_eq!(status(&tenant), "PENDING");
    assert_eq!(workflows(&tenant).len(), 1);
    assert!(matches!(
        value(&tenant, "recordings", "e", "processing"),
        Value::Document(_)
    ));
}

#[test]
fn an_event_that_is_not_scheduled_has_no_recording() {
    let tenant = scheduled();
    tenant.write(&admin(), &[crate::support::event("upload", &[], None)]);
    for event in ["upload", "none"] {
        let change = Change::ReportRecording {
            event: event.to_owned(),
            state: Some("capturing".to_owned()),
            definitions: Vec::new(),
        };
        let error = tenant.try_write(&agent(), &[change]).unwrap_err();
        assert_eq!((error.reason, error.subject.as_str()), (Reason::Missing, event));
    }
    let error = tenant.try_write(&agent(), &[report(Some("happy"))]).unwrap_err();
    assert_eq!((error.reason, error.subject.as_str()), (Reason::Invalid, "state"));
}

#[test]
fn agents_see_all_recordings_and_others_none() {
    let tenant = scheduled();
    tenant.write(
        &admin(),
        &[
            crate::support::series("s", "Rust", None),
            update("events", "e", &[text("is_part_of", "s")]),
        ],
    );
    tenant.write(&admin(), &[set_acl("events", "e", Some(acl(&[])))]);
    let all = query("recordings");
    assert_eq!(tenant.list(&agent(), &all), ["e"]);
    assert_eq!(tenant.list(&admin(), &all), ["e"]);
    assert!(tenant.list(&user(&["TEACHER"]), &all).is_empty());
    let wanted = [
        equals("agent_id", &["hall"]),
        equals("is_part_of", &["s"]),
        between("technical_end", NOW, i64::MAX),
    ];
    assert_eq!(tenant.list(&agent(), &filtered("recordings", &wanted)), ["e"]);
    assert!(tenant.list(&agent(), &by("recordings", "agent_id", "lab")).is_empty());
    let Value::Document(series) = value(&tenant, "recordings", "e", "series") else {
        panic!("no series")
    };
    let series: serde_json::Value = serde_json::from_str(&series).unwrap();
    assert_eq!((&series["identifier"], &series["title"]), (&"s".into(), &"Rust".into()));
    assert_eq!(
        values(&tenant, "recordings", "e", &["title", "inputs", "modified"]),
        [
            word("Talk"),
            Value::Texts(vec!["camera".to_owned()]),
            Value::Number(NOW)
        ]
    );
}

#[test]
fn what_a_recording_shows_changes_its_sequence() {
    let tenant = scheduled();
    let sequence = || tenant.find(&agent(), &query("recordings")).items[0].sequence;
    let mut last = sequence();
    for change in [
        update("events", "e", &[text("title", "Another")]),
        crate::support::series("s", "Rust", None),
        update("events", "e", &[text("is_part_of", "s")]),
        update("series", "s", &[text("title", "Go")]),
        report(Some("capturing")),
    ] {
        let is_elsewhere = matches!(&change, Change::Create { .. });
        tenant.write(&admin(), std::slice::from_ref(&change));
        assert_eq!(sequence() > last, !is_elsewhere, "{change:?}");
        last = sequence();
    }
}

#[test]
fn what_an_agent_has_to_record_is_found_by_its_bookings() {
    let tenant = scheduled();
    let of_agent = [equals("agent_id", &["hall"]), between("technical_end", NOW, i64::MAX)];
    for (query, step) in [
        (
            filtered("recordings", &of_agent),
            "SEARCH v USING INDEX event_booking (agent_id=? AND technical_end_ms>",
        ),
        (
            by("recordings", "identifier", "e"),
            "SEARCH v USING INDEX event_identifier",
        ),
    ] {
        let recorder = Recorder::new(&tenant.connection);
        search::find(&recorder, &agent(), &query, None).unwrap();
        let statements = recorder.statements();
        let found: Vec<_> = statements
            .iter()
            .filter(|text| text.starts_with("WITH asker"))
            .collect();
        assert!(!found.is_empty());
        for statement in found {
            let plan = tenant.plan(statement);
            assert!(plan.iter().any(|line| line.starts_with(step)), "{statement}: {plan:#?}");
        }
    }
}
