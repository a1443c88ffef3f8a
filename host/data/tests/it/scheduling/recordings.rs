//! The events that recordings become.

use super::*;

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
