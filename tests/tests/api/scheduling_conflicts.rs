//! A capture agent records one thing at a time.

use std::thread;

use lectern_tests::Stage;
use lectern_tests::content::{owned_by, scheduled_form, unique_role};
use lectern_tests::fixture::{NORTH, TEACHER, each_tenant};
use serde_json::{Value, json};

fn at(agent: &str, start: &str, end: &str) -> Value {
    json!({ "agent_id": agent, "start": format!("2031-05-05T{start}Z"), "end": format!("2031-05-05T{end}Z") })
}

#[test]
fn a_conflict_lists_the_events_in_the_way_by_time_and_title() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let agent = tenant.agent("UTC");
        stage.scheduled("Zweite", &at(&agent, "11:00:00", "12:00:00"));
        stage.scheduled("Erste", &at(&agent, "10:00:00", "11:00:00"));
        stage.scheduled("Weit weg", &at(&agent, "15:00:00", "16:00:00"));
        let answer = stage
            .schedule("Dritte", &at(&agent, "10:30:00", "11:30:00"))
            .expect(409);
        assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
        assert_eq!(
            answer.json(),
            json!([
                { "start": "2031-05-05T10:00:00Z", "end": "2031-05-05T11:00:00Z", "title": "Erste" },
                { "start": "2031-05-05T11:00:00Z", "end": "2031-05-05T12:00:00Z", "title": "Zweite" },
            ])
        );
        assert_eq!(stage.sorted("events", "title:ASC"), ["Erste", "Weit weg", "Zweite"]);
    });
}

#[test]
fn problem_details_have_the_list_as_well() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    stage.scheduled("Erste", &at(&agent, "10:00:00", "11:00:00"));
    let form = scheduled_form(
        &json!({ "title": "Zweite" }),
        &owned_by(&stage.role),
        &at(&agent, "10:00:00", "11:00:00"),
    );
    let client = stage.admin.with_header("accept", "application/problem+json");
    let problem = client.post("/api/events").multipart(&form).send().expect(409).json();
    assert_eq!(problem["conflicts"][0]["title"], "Erste");
}

#[test]
fn recordings_that_touch_are_no_conflict() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    for (start, end, status) in [
        ("10:00:00", "11:00:00", 201),
        ("11:00:00", "12:00:00", 201),
        ("09:00:00", "10:00:00", 201),
        ("09:59:59", "10:00:01", 409),
        ("11:59:59.999", "13:00:00", 409),
        ("10:15:00", "10:15:00", 409),
        ("12:00:00", "12:00:00", 201),
        ("08:00:00", "20:00:00", 409),
    ] {
        assert_eq!(
            stage.schedule("Nah", &at(&agent, start, end)).status,
            status,
            "{start} {end}"
        );
    }
}

#[test]
fn agents_do_not_get_in_each_others_way() {
    let stage = Stage::new(&NORTH);
    for agent in [NORTH.agent("UTC"), NORTH.agent("UTC")] {
        stage.scheduled("Zugleich", &at(&agent, "10:00:00", "11:00:00"));
    }
}

#[test]
fn one_occurrence_in_the_way_refuses_the_whole_rule() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    stage.scheduled(
        "Mittwoch",
        &json!({ "agent_id": agent, "start": "2031-05-07T10:30:00Z", "duration": 1000 }),
    );
    let week = json!({
        "agent_id": agent, "start": "2031-05-05T10:00:00Z", "end": "2031-05-09T12:00:00Z", "duration": 3_600_000,
        "rrule": "FREQ=DAILY;BYHOUR=10;BYMINUTE=0",
    });
    let conflicts = stage.schedule("Woche", &week).expect(409).json();
    assert_eq!(
        conflicts,
        json!([{ "start": "2031-05-07T10:30:00Z", "end": "2031-05-07T10:30:01Z", "title": "Mittwoch" }])
    );
    assert_eq!(stage.sorted("events", "title:ASC"), ["Mittwoch"]);
}

#[test]
fn a_deleted_event_frees_its_agent() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    let scheduling = at(&agent, "10:00:00", "11:00:00");
    let id = stage.scheduled("Erste", &scheduling);
    stage.schedule("Zweite", &scheduling).expect(409);
    stage
        .actor
        .delete(&format!("/api/events/{id}"))
        .send()
        .expect_empty(204);
    stage.scheduled("Zweite", &scheduling);
}

#[test]
fn an_event_that_may_not_be_read_is_in_the_way_without_its_title() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    let scheduling = at(&agent, "10:00:00", "11:00:00");
    stage.scheduled("Geheim", &scheduling);
    let form = scheduled_form(&json!({ "title": "Zweite" }), &owned_by(&unique_role()), &scheduling);
    let conflicts = NORTH
        .user(TEACHER)
        .post("/api/events")
        .multipart(&form)
        .send()
        .expect(409)
        .json();
    assert_eq!(
        conflicts,
        json!([{ "start": "2031-05-05T10:00:00Z", "end": "2031-05-05T11:00:00Z", "title": "" }])
    );
}

#[test]
fn of_ten_who_want_the_same_time_at_the_same_moment_one_gets_it() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let scheduling = at(&tenant.agent("UTC"), "10:00:00", "11:00:00");
        let mut statuses: Vec<u16> = thread::scope(|scope| {
            let attempts: Vec<_> = (0..10)
                .map(|number| {
                    let (stage, scheduling) = (&stage, &scheduling);
                    scope.spawn(move || {
                        let answer = stage.schedule(&format!("Versuch {number}"), scheduling);
                        if answer.status == 409 {
                            assert_eq!(answer.json().as_array().map(Vec::len), Some(1), "{answer}");
                        }
                        answer.status
                    })
                })
                .collect();
            attempts
                .into_iter()
                .map(|attempt| attempt.join().expect("an answer"))
                .collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![201], vec![409; 9]].concat());
        assert_eq!(stage.list("events").send().expect(200).identifiers().len(), 1);
    });
}

#[test]
fn of_ten_events_moved_to_the_same_time_at_the_same_moment_one_gets_there() {
    let stage = Stage::new(&NORTH);
    let agent = NORTH.agent("UTC");
    let events: Vec<String> = (0..10)
        .map(|hour| {
            stage.scheduled(
                "Wandernd",
                &at(&agent, &format!("{hour:02}:00:00"), &format!("{hour:02}:30:00")),
            )
        })
        .collect();
    let target = json!({ "start": "2031-05-05T20:00:00Z", "duration": 60_000 });
    let mut statuses: Vec<u16> = thread::scope(|scope| {
        let attempts: Vec<_> = events
            .iter()
            .map(|event| {
                let (stage, target) = (&stage, &target);
                scope.spawn(move || {
                    let form = lectern_tests::Form::new().field("scheduling", target);
                    let path = format!("/api/events/{event}/scheduling");
                    stage.actor.put(&path).urlencoded(&form).send().status
                })
            })
            .collect();
        attempts
            .into_iter()
            .map(|attempt| attempt.join().expect("an answer"))
            .collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![204], vec![409; 9]].concat());
}
