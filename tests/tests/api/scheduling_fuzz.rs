//! No `scheduling` object gives a 5xx: random ones, near enough to real ones to get far.

use std::sync::LazyLock;

use lectern_tests::Stage;
use lectern_tests::content::{event_form, owned_by};
use lectern_tests::fixture::NORTH;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};
use serde_json::{Value, json};

struct Target {
    stage: Stage,
    agents: Vec<String>,
    event: String,
}

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let stage = Stage::new(&NORTH);
    let zones = [
        "Europe/Zurich",
        "Australia/Lord_Howe",
        "America/Havana",
        "Pacific/Apia",
        "UTC",
    ];
    let agents: Vec<String> = zones.iter().map(|zone| NORTH.agent(zone)).collect();
    let event = stage.scheduled(
        "Ziel",
        &json!({ "agent_id": agents[0], "start": "2031-05-05T10:00:00Z", "duration": 1 }),
    );
    Target { stage, agents, event }
});

/// The same cases in every run, so that a failure is found again.
fn check<T: std::fmt::Debug>(
    cases: u32,
    strategy: impl Strategy<Value = T>,
    test: impl Fn(&T) -> Result<(), TestCaseError>,
) {
    let config = Config {
        cases,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(0x5c4ed),
        failure_persistence: None,
        ..Config::default()
    };
    if let Err(error) = TestRunner::new(config).run(&strategy, |input| test(&input)) {
        panic!("{error}");
    }
    NORTH.admin().get("/api/version").send().expect(200);
}

fn date() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (2015_i32..2035, 1_u32..14, 0_u32..33, 0_u32..25, 0_u32..61, select(vec!["Z", "+02:00", "-10:30", "+99:99", "", "z"]))
            .prop_map(|(year, month, day, hour, minute, zone)| {
                json!(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:00{zone}"))
            }),
        2 => select(vec![
            "2031-05-05T10:00:00Z", "2031-05-05T10:00Z", "2031-05-05T10:00:00.5Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-14:00", "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "2031-05-05", "T", "", "2016-12-31T23:59:60Z",
        ]).prop_map(|text| json!(text)),
        1 => any::<i64>().prop_map(|number| json!(number)),
    ]
}

/// Recurrence rules: the right parts with right and wrong values, in any order.
fn rrule() -> impl Strategy<Value = String> {
    let number = || {
        prop_oneof![
            4 => (-3_i64..60).prop_map(|number| number.to_string()),
            1 => any::<i64>().prop_map(|number| number.to_string()),
            1 => select(vec!["", "x", "1,2", "0", "+1", "1e3", "99999999999999999999"]).prop_map(str::to_owned),
        ]
    };
    let days = subsequence(
        vec![
            "MO", "TU", "WE", "TH", "FR", "SA", "SU", "1MO", "-1FR", "0SU", "99TH", "XX",
        ],
        0..4,
    );
    let frequency = select(vec![
        "DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY", "MINUTELY", "SECONDLY", "NEVER",
    ]);
    let until = select(vec![
        "20320101T000000Z",
        "20320101T000000",
        "20320101",
        "99991231",
        "00010101",
        "x",
    ]);
    let named = (
        select(vec![
            "INTERVAL",
            "COUNT",
            "BYMONTH",
            "BYMONTHDAY",
            "BYYEARDAY",
            "BYWEEKNO",
            "BYSETPOS",
            "BYSECOND",
            "WKST",
            "X",
        ]),
        number(),
    );
    let part = prop_oneof![
        4 => named.prop_map(|(name, value)| format!("{name}={value}")),
        2 => days.prop_map(|days| format!("BYDAY={}", days.join(","))),
        1 => until.prop_map(|until| format!("UNTIL={until}")),
        1 => select(vec!["", "=", "FREQ", "FREQ=DAILY", "BYHOUR=3", "\u{0}", "ä=ß"]).prop_map(str::to_owned),
    ];
    let time = prop_oneof![
        6 => (0_u32..24, 0_u32..60).prop_map(|(hour, minute)| format!("BYHOUR={hour};BYMINUTE={minute}")),
        1 => (number(), number()).prop_map(|(hour, minute)| format!("BYHOUR={hour};BYMINUTE={minute}")),
        1 => Just(String::new()),
    ];
    (frequency, time, vec(part, 0..3)).prop_map(|(frequency, time, parts)| {
        let parts: Vec<String> = [vec![format!("FREQ={frequency}"), time], parts].concat();
        parts.join(";")
    })
}

fn scheduling() -> impl Strategy<Value = Value> {
    let agent = (0_usize..6).prop_map(|index| TARGET.agents.get(index).map_or(json!("nobody"), |agent| json!(agent)));
    let duration = prop_oneof![
        3 => (0_i64..100_000_000).prop_map(|number| json!(number)),
        1 => any::<i64>().prop_map(|number| json!(number)),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => select(vec!["60000", "-1", "x", ""]).prop_map(|text| json!(text)),
    ];
    let inputs = prop_oneof![
        Just(json!(["default"])),
        Just(json!([])),
        Just(json!("default")),
        Just(json!([1, null])),
        Just(json!([["x"]])),
        Just(json!(["\u{1}"])),
    ];
    let maybe = prop::option::weighted::<BoxedStrategy<Value>>;
    (
        maybe(0.95, agent.boxed()),
        maybe(0.95, date().boxed()),
        maybe(0.8, date().boxed()),
        maybe(0.7, duration.boxed()),
        maybe(0.3, inputs.boxed()),
        maybe(0.6, rrule().prop_map(|rule| json!(rule)).boxed()),
    )
        .prop_map(|(agent, start, end, duration, inputs, rrule)| {
            // Thousands of years of recordings are allowed but take their time.
            let is_far = |date: &Option<Value>| {
                let text = date.as_ref().and_then(Value::as_str).unwrap_or_default();
                text.starts_with("0001") || text.starts_with("9999")
            };
            let rrule = rrule.filter(|_| !is_far(&start) && !is_far(&end));
            let members = [
                ("agent_id", agent),
                ("start", start),
                ("end", end),
                ("duration", duration),
                ("inputs", inputs),
                ("rrule", rrule),
            ];
            members
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect()
        })
}

#[test]
fn random_objects_are_scheduled_or_refused() {
    check(400, scheduling(), |scheduling| {
        let form =
            event_form(&json!({ "title": "Zufall" }), &owned_by(&TARGET.stage.role)).field("scheduling", scheduling);
        let answer = TARGET.stage.admin.post("/api/events").multipart(&form).send();
        prop_assert!([200, 201, 400, 409].contains(&answer.status), "{answer}");
        if answer.status == 409 {
            let conflicts = answer.json();
            prop_assert!(conflicts.as_array().is_some_and(|list| !list.is_empty()), "{answer}");
        }
        Ok(())
    });
}

#[test]
fn random_changes_are_made_or_refused() {
    check(300, (scheduling(), any::<bool>()), |(scheduling, allow)| {
        let form = lectern_tests::Form::new()
            .field("scheduling", scheduling)
            .field("allowConflict", allow);
        let path = format!("/api/events/{}/scheduling", TARGET.event);
        let answer = TARGET.stage.admin.put(&path).urlencoded(&form).send();
        prop_assert!([204, 400, 409].contains(&answer.status), "{answer}");
        TARGET.stage.actor.get(&path).send().expect(200);
        Ok(())
    });
}

#[test]
fn random_text_is_an_object_or_refused() {
    let text = prop_oneof![
        scheduling().prop_flat_map(|object| {
            let text = object.to_string();
            let length = text.len();
            (Just(text), 0..=length).prop_map(|(text, at)| text.get(..at).unwrap_or(&text).to_owned())
        }),
        any::<String>(),
        select(vec![
            "null",
            "[]",
            "{}",
            "\"\"",
            "{\"start\":{}}",
            "{\"agent_id\":{}}",
            "{{{"
        ])
        .prop_map(str::to_owned),
    ];
    check(200, text, |text| {
        let form = event_form(&json!({ "title": "Zufall" }), &owned_by(&TARGET.stage.role)).field("scheduling", text);
        let answer = TARGET.stage.admin.post("/api/events").multipart(&form).send();
        prop_assert!(answer.status < 500, "{answer}");
        Ok(())
    });
}
