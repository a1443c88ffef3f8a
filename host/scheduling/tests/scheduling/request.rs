use lectern_scheduling::Problem;

use super::*;

fn problem(scheduling: Value) -> (&'static str, Problem) {
    let error = parse(scheduling).unwrap_err();
    (error.member, error.problem)
}

/// The period of a single recording.
fn single(scheduling: Value) -> Result<Period, Error> {
    expand(&parse(scheduling)?, TimeZone::default()).map(|periods| periods[0])
}

#[test]
fn the_documented_sample_is_one_recording() {
    let scheduling = json!({
        "agent_id": "ca24",
        "start": "2018-03-27T16:00:00Z",
        "end": "2018-03-27T19:00:00Z",
        "inputs": ["default"]
    });
    let request = parse(scheduling.clone()).unwrap();
    assert_eq!(request.agent().unwrap(), "ca24");
    assert_eq!(request.inputs, Some(vec!["default".to_owned()]));
    let expected = period(instant("2018-03-27T16:00:00Z"), instant("2018-03-27T19:00:00Z"));
    assert_eq!(single(scheduling), Ok(expected));
}

#[test]
fn every_way_to_write_a_point_in_time_is_the_same_point() {
    let expected = 1_522_166_400_000;
    for text in [
        "2018-03-27T16:00:00Z",
        "2018-03-27T16:00Z",
        "2018-03-27T16:00:00.000Z",
        "2018-03-27t16:00:00z",
        " 2018-03-27T16:00:00Z ",
        "2018-03-27T18:00:00+02:00",
        "2018-03-27T18:00+02:00",
        "2018-03-27T18:00:00+0200",
        "2018-03-27T18:00:00+02",
        "2018-03-27T10:30:00-05:30",
    ] {
        assert_eq!(parse(json!({"start": text})).unwrap().start, Some(expected), "{text}");
    }
}

#[test]
fn fractions_of_a_second_are_kept_to_the_millisecond() {
    assert_eq!(instant("2018-03-27T16:00:00.5Z"), instant("2018-03-27T16:00:00Z") + 500);
    assert_eq!(
        instant("2018-03-27T16:00:00.1239Z"),
        instant("2018-03-27T16:00:00Z") + 123
    );
}

#[test]
fn a_date_without_an_offset_is_refused() {
    for text in ["2018-03-27T16:00:00", "2018-03-27T16:00", "2018-03-27T16:00:00.25"] {
        assert_eq!(problem(json!({"end": text})), ("end", Problem::Offset), "{text}");
    }
}

#[test]
fn a_text_that_is_no_date_is_refused() {
    for text in [
        "tomorrow",
        "2018-03-27",
        "2018-13-27T16:00:00Z",
        "2018-02-29T16:00:00Z",
        "2018-03-27T24:00:00Z",
        "2018-03-27T16:00:60Z",
        "2018-03-27 16:00:00Z",
        "2018-03-27T16:00:00Z and more",
        "２０１８-03-27T16:00:00Z",
    ] {
        assert_eq!(problem(json!({"start": text})), ("start", Problem::Date), "{text}");
    }
}

#[test]
fn a_date_outside_of_four_digit_years_is_refused() {
    for text in [
        "+12018-03-27T16:00:00Z",
        "0000-03-27T16:00:00Z",
        "9999-12-31T23:30:00-01:00",
    ] {
        assert_eq!(problem(json!({"start": text})), ("start", Problem::Range), "{text}");
    }
}

#[test]
fn a_duration_is_a_whole_number_of_milliseconds_as_number_or_text() {
    for value in [json!(1_080_000), json!("1080000"), json!(" 1080000 ")] {
        assert_eq!(
            parse(json!({"duration": value})).unwrap().duration,
            Some(1_080_000),
            "{value}"
        );
    }
    for value in [
        json!(1.5),
        json!("1.5"),
        json!("18 minutes"),
        json!("1080000;"),
        json!(u64::MAX),
        json!(true),
        json!([]),
    ] {
        let expected = Problem::Type("a whole number of milliseconds");
        assert_eq!(problem(json!({"duration": value})), ("duration", expected), "{value}");
    }
}

#[test]
fn a_negative_duration_is_refused() {
    assert_eq!(problem(json!({"duration": -1})), ("duration", Problem::Negative));
    assert_eq!(problem(json!({"duration": "-1"})), ("duration", Problem::Negative));
}

#[test]
fn a_value_of_another_type_is_refused_and_named() {
    assert_eq!(
        problem(json!({"start": 1_522_166_400_000_i64})),
        ("start", Problem::Type("text"))
    );
    assert_eq!(problem(json!({"end": {}})), ("end", Problem::Type("text")));
    assert_eq!(problem(json!({"agent_id": 24})), ("agent_id", Problem::Type("text")));
    assert_eq!(
        problem(json!({"rrule": ["FREQ=DAILY"]})),
        ("rrule", Problem::Type("text"))
    );
    assert_eq!(
        problem(json!({"inputs": "default"})),
        ("inputs", Problem::Type("an array of texts"))
    );
    assert_eq!(
        problem(json!({"inputs": [1]})),
        ("inputs", Problem::Type("an array of texts"))
    );
    assert_eq!(problem(json!([])), ("scheduling", Problem::Type("a JSON object")));
}

#[test]
fn null_and_blank_are_as_good_as_absent() {
    let scheduling = json!({"agent_id": "", "start": null, "end": " ", "duration": "", "inputs": null, "rrule": ""});
    assert_eq!(parse(scheduling), Ok(Request::default()));
}

#[test]
fn a_start_and_a_duration_need_no_end() {
    let expected = period(instant("2018-03-27T16:00:00Z"), instant("2018-03-27T17:30:00Z"));
    assert_eq!(
        single(json!({"start": "2018-03-27T16:00:00Z", "duration": "5400000"})),
        Ok(expected)
    );
}

#[test]
fn creating_prefers_the_duration_to_the_end() {
    let scheduling = json!({"start": "2018-03-27T16:00:00Z", "end": "2018-03-27T19:00:00Z", "duration": HOUR});
    assert_eq!(single(scheduling).unwrap().end, instant("2018-03-27T17:00:00Z"));
}

#[test]
fn creating_needs_a_start_and_an_end_or_a_duration() {
    let error = single(json!({"end": "2018-03-27T19:00:00Z", "duration": HOUR})).unwrap_err();
    assert!(matches!(
        error,
        Error {
            member: "start",
            problem: Problem::Missing(_)
        }
    ));
    let error = single(json!({"start": "2018-03-27T19:00:00Z"})).unwrap_err();
    assert!(matches!(
        error,
        Error {
            member: "end",
            problem: Problem::Missing(_)
        }
    ));
}

#[test]
fn creating_needs_an_agent() {
    let error = parse(json!({"agent_id": " "})).unwrap().agent().unwrap_err();
    assert!(matches!(
        error,
        Error {
            member: "agent_id",
            problem: Problem::Missing(_)
        }
    ));
}

#[test]
fn an_end_before_the_start_is_refused_even_where_the_duration_wins() {
    for duration in [json!(null), json!(HOUR)] {
        let scheduling = json!({"start": "2018-03-27T19:00:00Z", "end": "2018-03-27T18:59:59Z", "duration": duration});
        let error = single(scheduling).unwrap_err();
        assert_eq!((error.member, error.problem), ("end", Problem::EndBeforeStart));
    }
}

#[test]
fn a_recording_may_have_zero_length() {
    let now = instant("2018-03-27T16:00:00Z");
    assert_eq!(
        single(json!({"start": "2018-03-27T16:00:00Z", "end": "2018-03-27T16:00:00Z"})),
        Ok(period(now, now))
    );
    assert_eq!(
        single(json!({"start": "2018-03-27T16:00:00Z", "duration": 0})),
        Ok(period(now, now))
    );
}

#[test]
fn a_recording_must_end_before_the_year_10000() {
    for duration in [HOUR, i64::MAX] {
        let error = single(json!({"start": "9999-12-31T23:30:00Z", "duration": duration})).unwrap_err();
        assert_eq!((error.member, error.problem), ("duration", Problem::TooLong));
    }
}

fn booked() -> Period {
    period(instant("2018-03-27T16:00:00Z"), instant("2018-03-27T19:00:00Z"))
}

fn changed(scheduling: Value) -> Result<Period, Error> {
    parse(scheduling)?.changed(booked())
}

#[test]
fn an_update_prefers_the_end_to_the_duration() {
    let scheduling = json!({"start": "2018-03-27T17:00:00Z", "end": "2018-03-27T18:00:00Z", "duration": 3 * HOUR});
    let expected = period(instant("2018-03-27T17:00:00Z"), instant("2018-03-27T18:00:00Z"));
    assert_eq!(changed(scheduling), Ok(expected));
}

#[test]
fn an_update_with_start_and_duration_moves_the_end() {
    let expected = period(instant("2018-03-27T12:00:00Z"), instant("2018-03-27T13:00:00Z"));
    assert_eq!(
        changed(json!({"start": "2018-03-27T12:00:00Z", "duration": HOUR})),
        Ok(expected)
    );
}

#[test]
fn an_update_without_start_keeps_it() {
    let expected = period(booked().start, instant("2018-03-27T17:00:00Z"));
    assert_eq!(changed(json!({"end": "2018-03-27T17:00:00Z"})), Ok(expected));
    assert_eq!(changed(json!({"duration": HOUR})), Ok(expected));
}

#[test]
fn an_update_needs_an_end_or_a_duration() {
    for scheduling in [
        json!({}),
        json!({"start": "2018-03-27T12:00:00Z"}),
        json!({"agent_id": "ca25"}),
    ] {
        let error = changed(scheduling).unwrap_err();
        assert!(matches!(
            error,
            Error {
                member: "end",
                problem: Problem::Missing(_)
            }
        ));
    }
}

#[test]
fn an_update_that_ends_before_it_starts_is_refused() {
    let error = changed(json!({"end": "2018-03-27T15:59:59Z"})).unwrap_err();
    assert_eq!((error.member, error.problem), ("end", Problem::EndBeforeStart));
}

#[test]
fn an_update_ignores_a_rule() {
    let scheduling = json!({"end": "2018-03-27T19:00:00Z", "rrule": "nonsense"});
    assert_eq!(changed(scheduling), Ok(booked()));
}

#[test]
fn a_message_names_the_member_and_says_what_to_do() {
    let error = parse(json!({"start": "2018-03-27T16:00:00"})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`start` has no offset from UTC: append Z or, for example, +02:00"
    );
}

#[test]
fn dates_are_written_in_utc_with_milliseconds_only_when_there_are_some() {
    assert_eq!(
        format_instant(instant("2018-03-27T18:00+02:00")),
        "2018-03-27T16:00:00Z"
    );
    assert_eq!(
        format_instant(instant("2018-03-27T16:00:00.5Z")),
        "2018-03-27T16:00:00.500Z"
    );
    assert_eq!(
        format_instant(instant("2018-03-27T16:00:00.007Z")),
        "2018-03-27T16:00:00.007Z"
    );
    assert_eq!(format_instant(-1), "1969-12-31T23:59:59.999Z");
    assert_eq!(format_instant(i64::MIN), "0001-01-01T00:00:00Z");
    assert_eq!(format_instant(i64::MAX), "9999-12-31T23:59:59.999Z");
}

#[test]
fn a_time_zone_is_a_name_of_the_iana_database() {
    for name in [
        "Europe/Zurich",
        "America/Phoenix",
        "Australia/Lord_Howe",
        "US/Eastern",
        "CET",
        "GMT",
        "Etc/GMT+2",
    ] {
        assert_eq!(zone(name).to_string(), name);
    }
    for name in ["CEST", "Europe/Zürich", "europe/zurich", "+02:00", "GMT+1"] {
        let message = name.parse::<TimeZone>().unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn an_agent_without_time_zone_is_in_utc() {
    assert_eq!(zone("").to_string(), "UTC");
    assert_eq!(zone("  "), TimeZone::default());
}
