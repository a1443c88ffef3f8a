//! Recurring recordings: what a recurrence rule becomes in the time zone of its capture agent.

use lectern_tests::content::{owned_by, scheduled_form, unique};
use lectern_tests::fixture::{NORTH, SOUTH, Tenant, each_tenant};
use lectern_tests::{Answer, Stage};
use serde_json::{Value, json};

/// What a rule asks for, recordings of ten minutes.
fn rule(agent: &str, start: &str, end: &str, rrule: &str) -> Value {
    json!({ "agent_id": agent, "start": start, "end": end, "duration": 600_000, "rrule": rrule })
}

/// The starts of the events that a rule becomes at a new agent, in chronological order.
#[track_caller]
fn starts(tenant: &Tenant, time_zone: &str, start: &str, end: &str, rrule: &str) -> Vec<String> {
    let stage = Stage::new(tenant);
    let agent = tenant.agent(time_zone);
    let created = stage.schedule("Serie", &rule(&agent, start, end, rrule)).expect(200);
    let listed = stage
        .list("events")
        .query("sort", "technical_start:ASC")
        .send()
        .expect(200);
    let mut identifiers = [created.identifiers(), listed.identifiers()];
    identifiers.iter_mut().for_each(|list| list.sort());
    assert_eq!(identifiers[0], identifiers[1]);
    listed.column("start")
}

/// The starts of daily recordings at the time of day of the first one.
fn daily(time_zone: &str, start: &str, end: &str) -> Vec<String> {
    let (hour, minute) = (&start[11..13], &start[14..16]);
    starts(
        &NORTH,
        time_zone,
        start,
        end,
        &format!("FREQ=DAILY;BYHOUR={hour};BYMINUTE={minute}"),
    )
}

struct Vector {
    time_zone: &'static str,
    start: &'static str,
    end: &'static str,
    days: &'static str,
    /// Hour and minute in UTC.
    utc: (u32, u32),
    count: usize,
    first: &'static str,
    last: &'static str,
}

/// Those of Opencast's own tests.
#[rustfmt::skip]
const VECTORS: [Vector; 8] = [
    Vector { time_zone: "Asia/Tokyo", start: "2016-03-25T13:00:00Z", end: "2016-03-29T13:05:50Z", days: "MO,TU,FR,SA,SU",
        utc: (13, 0), count: 5, first: "2016-03-25T13:00:00Z", last: "2016-03-29T13:00:00Z" },
    Vector { time_zone: "Europe/Zurich", start: "2016-03-25T14:05:00Z", end: "2016-03-29T13:10:50Z", days: "MO,TU,FR,SA,SU",
        utc: (14, 5), count: 5, first: "2016-03-25T14:05:00Z", last: "2016-03-29T13:05:00Z" },
    Vector { time_zone: "America/Phoenix", start: "2016-03-10T07:05:00Z", end: "2016-03-17T07:10:50Z", days: "MO,TU,FR,SA,SU",
        utc: (7, 5), count: 5, first: "2016-03-11T07:05:00Z", last: "2016-03-15T07:05:00Z" },
    Vector { time_zone: "Europe/Zurich", start: "2016-03-15T14:05:00Z", end: "2016-04-11T13:10:50Z", days: "MO,TH,FR,SA,SU",
        utc: (14, 5), count: 20, first: "2016-03-17T14:05:00Z", last: "2016-04-11T13:05:00Z" },
    Vector { time_zone: "Europe/Zurich", start: "2016-03-20T11:05:00Z", end: "2016-04-11T10:10:50Z", days: "MO,TH,FR,SA,SU",
        utc: (11, 5), count: 17, first: "2016-03-20T11:05:00Z", last: "2016-04-11T10:05:00Z" },
    Vector { time_zone: "Europe/Berlin", start: "2016-10-19T22:05:00Z", end: "2016-11-17T23:10:50Z", days: "MO,TU,WE,TH,FR,SA,SU",
        utc: (22, 5), count: 30, first: "2016-10-19T22:05:00Z", last: "2016-11-17T23:05:00Z" },
    Vector { time_zone: "Europe/Zurich", start: "2015-10-15T03:05:00Z", end: "2017-10-30T04:05:50Z", days: "MO,TH,FR,SA,SU",
        utc: (3, 5), count: 535, first: "2015-10-15T03:05:00Z", last: "2017-10-30T04:05:00Z" },
    Vector { time_zone: "America/Phoenix", start: "2015-10-15T12:05:00Z", end: "2017-10-30T12:05:50Z", days: "MO,TH,FR,SA,SU",
        utc: (12, 5), count: 535, first: "2015-10-15T12:05:00Z", last: "2017-10-30T12:05:00Z" },
];

#[test]
fn every_vector_of_opencast_has_its_count_and_its_first_and_last_recording() {
    for (tenant, vector) in [&NORTH, &SOUTH].into_iter().cycle().zip(&VECTORS) {
        let (hour, minute) = vector.utc;
        let rrule = format!("FREQ=WEEKLY;BYDAY={};BYHOUR={hour};BYMINUTE={minute}", vector.days);
        let starts = starts(tenant, vector.time_zone, vector.start, vector.end, &rrule);
        let name = format!("{} from {}", vector.time_zone, vector.start);
        assert_eq!(starts.len(), vector.count, "{name}");
        assert_eq!(starts.first().map(String::as_str), Some(vector.first), "{name}");
        assert_eq!(starts.last().map(String::as_str), Some(vector.last), "{name}");
    }
}

#[test]
fn the_documented_sample_gives_sixteen_numbered_events() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let scheduling = json!({
            "agent_id": tenant.agent("UTC"), "start": "2019-05-20T16:00:00Z", "end": "2019-06-10T19:00:00Z", "inputs": ["default"],
            "rrule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=16;BYMINUTE=0", "duration": 1_080_000,
        });
        let answer = stage.schedule("Kurs", &scheduling).expect(200);
        assert_eq!(answer.header("location"), None);
        assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
        let created = answer.json();
        let members = created
            .as_array()
            .expect("a list")
            .iter()
            .map(|event| event.as_object().map(serde_json::Map::len));
        assert!(members.clone().all(|members| members == Some(1)), "{created}");
        let titles: Vec<_> = (1..=16).map(|number| format!("Kurs {number:02}")).collect();
        assert_eq!(stage.sorted("events", "technical_start:ASC"), titles);
        let event = stage.actor.event(&answer.identifiers()[0]);
        assert_eq!(event["created"], event["start"]);
        assert_eq!(event["duration"], 1_080_000);
    });
}

#[test]
fn a_rule_with_a_single_occurrence_is_answered_like_a_single_recording() {
    let stage = Stage::new(&NORTH);
    let object = rule(
        &NORTH.agent("UTC"),
        "2031-05-05T10:00:00Z",
        "2031-05-05T12:00:00Z",
        "FREQ=DAILY;BYHOUR=10;BYMINUTE=0",
    );
    let answer = stage.schedule("Einzeln", &object).expect(201);
    let id = answer.json()["identifier"].as_str().expect("an identifier").to_owned();
    assert!(
        answer
            .header("location")
            .is_some_and(|location| location.ends_with(&id))
    );
    assert_eq!(stage.actor.event(&id)["title"], "Einzeln 1");
}

#[test]
fn nine_recordings_are_numbered_with_one_digit() {
    let stage = Stage::new(&NORTH);
    let rrule = "FREQ=DAILY;COUNT=9;BYHOUR=10;BYMINUTE=0";
    let object = rule(
        &NORTH.agent("UTC"),
        "2031-05-05T10:00:00Z",
        "2032-05-05T12:00:00Z",
        rrule,
    );
    stage.schedule("Neun", &object).expect(200);
    let titles: Vec<_> = (1..=9).map(|number| format!("Neun {number}")).collect();
    assert_eq!(stage.sorted("events", "start_date:ASC"), titles);
}

#[test]
fn the_time_of_day_stays_when_the_clock_is_changed_north_and_south_of_the_equator() {
    // 16:15 in Zurich, forward and back.
    assert_eq!(
        daily("Europe/Zurich", "2026-03-28T15:15:00Z", "2026-03-30T23:00:00Z"),
        ["2026-03-28T15:15:00Z", "2026-03-29T14:15:00Z", "2026-03-30T14:15:00Z"]
    );
    assert_eq!(
        daily("Europe/Zurich", "2026-10-24T14:15:00Z", "2026-10-26T23:00:00Z"),
        ["2026-10-24T14:15:00Z", "2026-10-25T15:15:00Z", "2026-10-26T15:15:00Z"]
    );
    // 09:00 in Sydney, forward in October and back in April.
    assert_eq!(
        daily("Australia/Sydney", "2026-10-02T23:00:00Z", "2026-10-04T23:00:00Z"),
        ["2026-10-02T23:00:00Z", "2026-10-03T22:00:00Z", "2026-10-04T22:00:00Z"]
    );
    assert_eq!(
        daily("Australia/Sydney", "2026-04-03T22:00:00Z", "2026-04-05T23:00:00Z"),
        ["2026-04-03T22:00:00Z", "2026-04-04T23:00:00Z", "2026-04-05T23:00:00Z"]
    );
}

#[test]
fn hour_and_minute_are_utc_and_days_are_those_of_the_agent() {
    // 22:30 UTC on Monday is 07:30 on Tuesday in Tokyo: the rule's days are Tokyo's.
    assert_eq!(
        starts(
            &NORTH,
            "Asia/Tokyo",
            "2031-05-05T00:00:00Z",
            "2031-05-19T00:00:00Z",
            "FREQ=WEEKLY;BYDAY=TU;BYHOUR=22;BYMINUTE=30"
        ),
        ["2031-05-05T22:30:00Z", "2031-05-12T22:30:00Z"]
    );
    // Half an hour off full hours: 04:15 UTC is 09:45 in Kolkata.
    assert_eq!(
        starts(
            &NORTH,
            "Asia/Kolkata",
            "2031-05-05T00:00:00Z",
            "2031-05-06T23:00:00Z",
            "FREQ=DAILY;BYHOUR=4;BYMINUTE=15"
        ),
        ["2031-05-05T04:15:00Z", "2031-05-06T04:15:00Z"]
    );
}

#[test]
fn a_rule_that_cannot_be_followed_is_refused() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("Europe/Zurich");
    let week = |rrule: &str| rule(&agent, "2031-05-05T10:00:00Z", "2031-05-11T12:00:00Z", rrule);
    for (scheduling, member) in [
        (week("FREQ=DAILY"), "rrule"),
        (week("FREQ=DAILY;BYHOUR=10"), "rrule"),
        (week("FREQ=DAILY;BYMINUTE=0"), "rrule"),
        (week("FREQ=DAILY;BYHOUR=10,11;BYMINUTE=0"), "rrule"),
        (week("FREQ=DAILY;BYHOUR=10;BYMINUTE=0,30"), "rrule"),
        (week("FREQ=DAILY;BYHOUR=24;BYMINUTE=0"), "rrule"),
        (week("FREQ=SOMETIMES;BYHOUR=10;BYMINUTE=0"), "rrule"),
        (week("every day"), "rrule"),
        // Not in this week.
        (week("FREQ=YEARLY;BYMONTH=1;BYHOUR=10;BYMINUTE=0"), "rrule"),
        // Longer than a day, and the next day is one as well.
        (
            json!({ "agent_id": agent, "start": "2031-05-05T10:00:00Z", "end": "2031-05-11T12:00:00Z", "duration": 86_400_001,
                "rrule": "FREQ=DAILY;BYHOUR=10;BYMINUTE=0" }),
            "duration",
        ),
        (
            json!({ "agent_id": agent, "start": "2031-05-05T10:00:00Z", "duration": 1, "rrule": "FREQ=DAILY;BYHOUR=10;BYMINUTE=0" }),
            "end",
        ),
        (
            rule(
                &agent,
                "2031-01-01T00:00:00Z",
                "9999-01-01T00:00:00Z",
                "FREQ=DAILY;BYHOUR=10;BYMINUTE=0",
            ),
            "rrule",
        ),
    ] {
        stage.schedule("Nie", &scheduling).refused(400, &format!("`{member}`"));
    }
    assert_eq!(stage.list("events").send().expect(200).json(), json!([]));
    // Touching each other is fine.
    let whole_days = json!({ "agent_id": agent, "start": "2031-05-05T10:00:00Z", "end": "2031-05-11T12:00:00Z", "duration": 86_400_000,
        "rrule": "FREQ=DAILY;BYHOUR=10;BYMINUTE=0" });
    assert_eq!(stage.schedule("Tage", &whole_days).expect(200).identifiers().len(), 7);
}

#[test]
fn a_list_of_recordings_that_is_asked_for_again_under_its_key_is_made_once() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let rrule = "FREQ=DAILY;BYHOUR=10;BYMINUTE=0";
        // More identifiers than a small answer has.
        let object = rule(
            &tenant.agent("UTC"),
            "2031-01-01T10:00:00Z",
            "2034-12-31T12:00:00Z",
            rrule,
        );
        let form = scheduled_form(&json!({ "title": "Einmal" }), &owned_by(&stage.role), &object);
        let key = unique("key");
        let post = || -> Answer {
            let request = stage.admin.post("/api/events").header("idempotency-key", &key);
            request.multipart(&form).send().expect(200)
        };
        let (first, again) = (post(), post());
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.identifiers(), first.identifiers());
        assert_eq!(first.identifiers().len(), 1461);
        let total = stage.list("events").query("limit", "1").send().expect(200);
        assert_eq!(total.header("x-total-count"), Some("1461"));
    });
}
