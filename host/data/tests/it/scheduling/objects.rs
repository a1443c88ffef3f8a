//! How a `scheduling` object is read.

use super::*;

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
