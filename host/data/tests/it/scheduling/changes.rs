//! What can be changed of a recording that is planned.

use super::*;

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
