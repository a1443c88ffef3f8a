use lectern_scheduling::{MAX_OCCURRENCES, Problem};

use super::*;

const NEVER: &str = "`rrule` has no occurrence between `start` and `end`";

/// The message that refuses a rule.
fn refusal(rrule: &str) -> String {
    let request = recurring("2026-01-05T09:00:00Z", "2026-02-05T09:00:00Z", rrule);
    let error = expand(&request, TimeZone::default()).unwrap_err();
    assert_eq!(error.member, "rrule", "{rrule}");
    assert!(matches!(error.problem, Problem::Rule(_)), "{rrule}: {error}");
    error.to_string()
}

#[test]
fn a_request_without_rule_is_one_period() {
    let request = parse(json!({"start": "2018-03-27T16:00:00Z", "end": "2018-03-27T19:00:00Z"})).unwrap();
    assert_eq!(expand(&request, zone("Asia/Tokyo")).unwrap().len(), 1);
}

#[test]
fn a_rule_needs_start_end_and_duration() {
    let complete = json!({
        "start": "2026-01-05T09:00:00Z", "end": "2026-01-09T09:00:00Z", "duration": HOUR,
        "rrule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"
    });
    assert_eq!(
        expand(&parse(complete.clone()).unwrap(), TimeZone::default())
            .unwrap()
            .len(),
        5
    );
    for member in ["start", "end", "duration"] {
        let mut incomplete = complete.clone();
        incomplete.as_object_mut().unwrap().remove(member);
        let error = expand(&parse(incomplete).unwrap(), TimeZone::default()).unwrap_err();
        assert_eq!(error.member, member);
        assert!(matches!(error.problem, Problem::Missing(_)));
    }
}

#[test]
fn an_end_before_the_start_is_refused() {
    let request = recurring(
        "2026-01-05T09:00:00Z",
        "2026-01-05T08:59:59Z",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0",
    );
    let error = expand(&request, TimeZone::default()).unwrap_err();
    assert_eq!((error.member, error.problem), ("end", Problem::EndBeforeStart));
}

#[test]
fn hour_and_minute_are_utc_on_the_utc_date_of_the_start() {
    // In July Zurich is at +02:00: 14:15 UTC is 16:15 on its clock, also for the occurrences in winter.
    let rule = "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1;BYHOUR=14;BYMINUTE=15";
    assert_eq!(
        starts("Europe/Zurich", "2026-07-01T00:00:00Z", "2027-01-31T00:00:00Z", rule),
        ["2026-07-01T14:15:00Z", "2026-10-01T14:15:00Z", "2027-01-01T15:15:00Z"]
    );
}

#[test]
fn a_half_hour_time_zone_shifts_the_minute() {
    // 10:40 UTC is 16:10 in India.
    assert_eq!(
        starts(
            "Asia/Kolkata",
            "2026-01-05T10:40:00Z",
            "2026-01-06T10:40:00Z",
            "FREQ=DAILY;BYHOUR=10;BYMINUTE=40"
        ),
        ["2026-01-05T10:40:00Z", "2026-01-06T10:40:00Z"]
    );
}

#[test]
fn days_are_those_of_the_agent_and_not_of_utc() {
    // 22:30 UTC on Sunday is 07:30 on Monday in Tokyo, and Monday is what BYDAY means.
    let rule = "FREQ=WEEKLY;BYDAY=MO;BYHOUR=22;BYMINUTE=30";
    assert_eq!(
        starts("Asia/Tokyo", "2026-01-04T00:00:00Z", "2026-01-12T00:00:00Z", rule),
        ["2026-01-04T22:30:00Z", "2026-01-11T22:30:00Z"]
    );
}

#[test]
fn start_and_end_are_included() {
    let rule = "FREQ=DAILY;BYHOUR=9;BYMINUTE=0";
    assert_eq!(
        starts("UTC", "2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z", rule),
        ["2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z"]
    );
    assert_eq!(
        starts("UTC", "2026-01-05T09:01:00Z", "2026-01-06T08:59:00Z", rule),
        [NEVER]
    );
}

#[test]
fn a_recording_may_go_on_beyond_the_end() {
    let request = parse(json!({
        "start": "2026-01-05T09:00:00Z", "end": "2026-01-05T09:00:00Z", "duration": 3 * HOUR,
        "rrule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"
    }));
    let periods = expand(&request.unwrap(), TimeZone::default()).unwrap();
    assert_eq!(
        periods,
        [period(instant("2026-01-05T09:00:00Z"), instant("2026-01-05T12:00:00Z"))]
    );
}

#[test]
fn seconds_and_milliseconds_come_from_the_start() {
    assert_eq!(
        starts(
            "UTC",
            "2026-01-05T09:00:42.250Z",
            "2026-01-06T10:00:00Z",
            "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"
        ),
        ["2026-01-05T09:00:42.250Z", "2026-01-06T09:00:42.250Z"]
    );
}

#[test]
fn seconds_of_the_rule_go_before_those_of_the_start() {
    assert_eq!(
        starts(
            "UTC",
            "2026-01-05T09:00:42Z",
            "2026-01-06T10:00:00Z",
            "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=5"
        ),
        ["2026-01-06T09:00:05Z"]
    );
}

#[test]
fn a_rule_needs_exactly_one_hour_and_one_minute() {
    for rule in [
        "FREQ=DAILY",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=DAILY;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0,30",
        "FREQ=DAILY;BYHOUR=9,9;BYMINUTE=0",
    ] {
        assert!(
            refusal(rule).contains("exactly one BYHOUR and exactly one BYMINUTE"),
            "{rule}"
        );
    }
}

#[test]
fn a_rule_that_rfc_5545_does_not_allow_is_refused() {
    for rule in [
        "nonsense",
        ";",
        "FREQ=DAILY;BYHOUR=24;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=60",
        "FREQ=DAILY;BYHOUR=-1;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=;BYMINUTE=0",
        "BYHOUR=9;BYMINUTE=0",
        "FREQ=FORTNIGHTLY;BYHOUR=9;BYMINUTE=0",
        "FREQ=DAILY;FREQ=DAILY;BYHOUR=9;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYMOON=1",
        "RRULE:FREQ=DAILY;BYHOUR=9;BYMINUTE=0",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;COUNT=0",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;COUNT=-1",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;INTERVAL=0",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;INTERVAL=65536",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL=2026",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL=20260230",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL=20260201T0900Z",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYMONTH=13",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=60",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSETPOS=0",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYHOUR=9;BYMINUTE=0;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYHOUR=9;BYMINUTE=0;BYMONTHDAY=1,-32",
        "FREQ=WEEKLY;BYHOUR=9;BYMINUTE=0;BYMONTHDAY=1",
        "FREQ=WEEKLY;BYHOUR=9;BYMINUTE=0;WKST=XX",
        "FREQ=WEEKLY;BYHOUR=9;BYMINUTE=0;BYDAY=",
        "FREQ=WEEKLY;BYHOUR=9;BYMINUTE=0;BYDAY=M",
        "FREQ=WEEKLY;BYHOUR=9;BYMINUTE=0;BYDAY=MO,,TU",
        "FREQ=WEEKLY;BYHOUR=9;BYMINUTE=0;BYDAY=XYMO",
        "FREQ=MONTHLY;BYHOUR=9;BYMINUTE=0;BYDAY=0MO",
        "FREQ=MONTHLY;BYHOUR=9;BYMINUTE=0;BYDAY=6MO",
        "FREQ=WEEKLY;BYHOUR=9;BYMINUTE=0;BYDAY=mö",
        "FREQ=WEEKLY;BYHOUR=9;BYMINUTE=0;BYDAY=€",
        "FREQ=WÖCHENTLICH;BYHOUR=9;BYMINUTE=0",
    ] {
        assert!(
            refusal(rule).starts_with("`rrule` is not a usable recurrence rule: "),
            "{rule}"
        );
    }
}

#[test]
fn a_numbered_day_needs_a_month_or_a_year_to_count_in() {
    assert!(refusal("FREQ=WEEKLY;BYDAY=2MO;BYHOUR=9;BYMINUTE=0").contains("a number in BYDAY"));
    assert!(refusal("FREQ=DAILY;BYDAY=-1FR;BYHOUR=9;BYMINUTE=0").contains("a number in BYDAY"));
    assert!(refusal("FREQ=MONTHLY;BYDAY=MO,2TU;BYHOUR=9;BYMINUTE=0").contains("mixes"));
    assert_eq!(
        starts(
            "UTC",
            "2026-01-01T09:00:00Z",
            "2026-02-28T09:00:00Z",
            "FREQ=MONTHLY;BYDAY=2MO,-1FR;BYHOUR=9;BYMINUTE=0"
        ),
        [
            "2026-01-12T09:00:00Z",
            "2026-01-30T09:00:00Z",
            "2026-02-09T09:00:00Z",
            "2026-02-27T09:00:00Z"
        ]
    );
}

#[test]
fn case_and_a_semicolon_too_many_make_no_difference() {
    let window = ("2026-01-05T09:00:00Z", "2026-02-05T09:00:00Z");
    let expected = starts("UTC", window.0, window.1, "FREQ=WEEKLY;BYDAY=TU;BYHOUR=9;BYMINUTE=0");
    assert_eq!(expected.len(), 5);
    assert_eq!(
        starts("UTC", window.0, window.1, "freq=weekly;byday=tu;byhour=9;byminute=0;"),
        expected
    );
    assert_eq!(
        starts(
            "UTC",
            window.0,
            window.1,
            " FREQ=WEEKLY;BYDAY=TU;BYHOUR=09;BYMINUTE=00 "
        ),
        expected
    );
}

#[test]
fn an_interval_counts_from_the_week_of_the_start() {
    let rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;BYHOUR=9;BYMINUTE=0";
    assert_eq!(
        starts("UTC", "2026-01-07T09:00:00Z", "2026-01-25T09:00:00Z", rule),
        ["2026-01-09T09:00:00Z", "2026-01-19T09:00:00Z", "2026-01-23T09:00:00Z"]
    );
    // With weeks that begin on Thursday, the Monday after belongs to the first week.
    assert_eq!(
        starts(
            "UTC",
            "2026-01-08T09:00:00Z",
            "2026-01-25T09:00:00Z",
            &format!("{rule};WKST=TH")
        ),
        ["2026-01-09T09:00:00Z", "2026-01-12T09:00:00Z", "2026-01-23T09:00:00Z"]
    );
}

#[test]
fn an_interval_counts_from_the_day_of_the_start() {
    assert_eq!(
        starts(
            "UTC",
            "2026-01-05T10:00:00Z",
            "2026-01-12T10:00:00Z",
            "FREQ=DAILY;INTERVAL=3;BYHOUR=9;BYMINUTE=0"
        ),
        ["2026-01-08T09:00:00Z", "2026-01-11T09:00:00Z"]
    );
}

#[test]
fn a_count_counts_the_occurrences_from_the_start() {
    let rule = "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;COUNT=2";
    assert_eq!(
        starts("UTC", "2026-01-05T10:00:00Z", "2026-02-05T10:00:00Z", rule),
        ["2026-01-06T09:00:00Z", "2026-01-07T09:00:00Z"]
    );
    assert_eq!(
        starts("UTC", "2026-01-05T10:00:00Z", "2026-01-06T10:00:00Z", rule),
        ["2026-01-06T09:00:00Z"]
    );
}

#[test]
fn until_is_included_and_without_z_in_the_time_zone_of_the_agent() {
    let until = |until: &str| {
        let rule = format!("FREQ=DAILY;BYHOUR=15;BYMINUTE=0;UNTIL={until}");
        starts(
            "America/New_York",
            "2026-01-05T15:00:00Z",
            "2026-01-31T00:00:00Z",
            &rule,
        )
        .len()
    };
    assert_eq!(until("20260107T150000Z"), 3);
    assert_eq!(until("20260107T145959Z"), 2);
    assert_eq!(until("20260107T100000"), 3);
    assert_eq!(until("20260107T095959"), 2);
    assert_eq!(until("20260107"), 3);
}

#[test]
fn until_includes_the_whole_second_that_it_names() {
    let window = ("2026-01-05T09:00:00.750Z", "2026-01-08T00:00:00Z");
    for until in ["20260106T090000Z", "20260106T090000"] {
        let rule = format!("FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL={until}");
        assert_eq!(starts("UTC", window.0, window.1, &rule).len(), 2, "{until}");
    }
}

#[test]
fn until_and_end_are_both_limits() {
    let rule = "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL=20260201T000000Z";
    assert_eq!(
        starts("UTC", "2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z", rule).len(),
        2
    );
    assert_eq!(
        starts("UTC", "2026-02-05T09:00:00Z", "2026-02-06T09:00:00Z", rule),
        [NEVER]
    );
}

#[test]
fn a_rule_without_day_takes_that_of_the_start_in_the_time_zone_of_the_agent() {
    // Sunday 22:30 UTC is Monday in Tokyo.
    assert_eq!(
        starts(
            "Asia/Tokyo",
            "2026-01-04T22:30:00Z",
            "2026-01-18T00:00:00Z",
            "FREQ=WEEKLY;BYHOUR=22;BYMINUTE=30"
        ),
        ["2026-01-04T22:30:00Z", "2026-01-11T22:30:00Z"]
    );
    assert_eq!(
        starts(
            "Asia/Tokyo",
            "2026-01-04T22:30:00Z",
            "2026-02-28T00:00:00Z",
            "FREQ=MONTHLY;BYHOUR=22;BYMINUTE=30"
        ),
        ["2026-01-04T22:30:00Z", "2026-02-04T22:30:00Z"]
    );
}

#[test]
fn a_position_counts_in_the_whole_week_also_before_the_start() {
    let rule = "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1;BYHOUR=9;BYMINUTE=0";
    assert_eq!(
        starts("UTC", "2026-01-07T00:00:00Z", "2026-01-18T00:00:00Z", rule),
        ["2026-01-12T09:00:00Z"]
    );
}

#[test]
fn weeks_months_and_years_end_where_the_calendar_says() {
    let rule = "FREQ=MONTHLY;BYMONTHDAY=31;BYHOUR=9;BYMINUTE=0";
    assert_eq!(
        starts("UTC", "2026-01-01T00:00:00Z", "2026-05-31T23:00:00Z", rule),
        ["2026-01-31T09:00:00Z", "2026-03-31T09:00:00Z", "2026-05-31T09:00:00Z"]
    );
    let rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=9;BYMINUTE=0";
    assert_eq!(
        starts("UTC", "2026-01-01T00:00:00Z", "2033-01-01T00:00:00Z", rule),
        ["2028-02-29T09:00:00Z", "2032-02-29T09:00:00Z"]
    );
    let rule = "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;BYHOUR=9;BYMINUTE=0";
    assert_eq!(
        starts("UTC", "2025-06-01T00:00:00Z", "2027-06-01T00:00:00Z", rule),
        ["2025-12-29T09:00:00Z", "2027-01-04T09:00:00Z"]
    );
}

#[test]
fn every_hour_that_is_at_one_hour_is_every_day() {
    let window = ("2026-01-05T09:00:00Z", "2026-01-31T09:00:00Z");
    let daily = starts("Europe/Zurich", window.0, window.1, "FREQ=DAILY;BYHOUR=9;BYMINUTE=0");
    assert_eq!(daily.len(), 27);
    for frequency in ["HOURLY", "MINUTELY"] {
        let rule = format!("FREQ={frequency};BYHOUR=9;BYMINUTE=0");
        assert_eq!(starts("Europe/Zurich", window.0, window.1, &rule), daily);
    }
}

#[test]
fn steps_shorter_than_a_day_are_refused() {
    for rule in [
        "FREQ=SECONDLY;BYHOUR=9;BYMINUTE=0",
        "FREQ=SECONDLY;INTERVAL=59;BYHOUR=9;BYMINUTE=0;BYSECOND=7",
        "FREQ=MINUTELY;INTERVAL=7;BYHOUR=9;BYMINUTE=0",
        "FREQ=HOURLY;INTERVAL=25;BYHOUR=9;BYMINUTE=0",
    ] {
        assert!(refusal(rule).contains("at most daily"), "{rule}");
    }
}

#[test]
fn a_rule_that_never_occurs_is_refused() {
    for rule in [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=9;BYMINUTE=0",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2;BYHOUR=9;BYMINUTE=0",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=9;BYMINUTE=0",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=9;BYMINUTE=0",
    ] {
        assert_eq!(
            starts("UTC", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", rule),
            [NEVER]
        );
    }
}

#[test]
fn occurrences_that_overlap_each_other_are_refused() {
    let daily = |duration: i64| {
        let request = parse(json!({
            "start": "2026-01-05T09:00:00Z", "end": "2026-01-06T09:00:00Z", "duration": duration,
            "rrule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"
        }));
        expand(&request.unwrap(), TimeZone::default())
    };
    assert_eq!(daily(24 * HOUR).unwrap().len(), 2, "touching is fine");
    let error = daily(24 * HOUR + 1).unwrap_err();
    let (first, second) = (instant("2026-01-05T09:00:00Z"), instant("2026-01-06T09:00:00Z"));
    assert_eq!(
        (error.member, error.problem),
        ("duration", Problem::Overlap { first, second })
    );
}

#[test]
fn a_rule_may_have_a_single_occurrence() {
    assert_eq!(
        starts(
            "UTC",
            "2026-01-05T09:00:00Z",
            "2026-01-31T09:00:00Z",
            "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;COUNT=1"
        )
        .len(),
        1
    );
}

#[test]
fn twenty_five_thousand_occurrences_of_one_rule_are_expanded() {
    let request = recurring(
        "2026-01-05T09:00:00Z",
        "2095-01-01T00:00:00Z",
        "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;COUNT=25000",
    );
    let periods = expand(&request, zone("Europe/Zurich")).unwrap();
    assert_eq!(periods.len(), 25_000);
    assert_eq!(format_instant(periods[24_999].start), "2094-06-16T08:00:00Z");
}

#[test]
fn a_rule_has_at_most_a_hundred_thousand_occurrences() {
    let daily = |count: usize| {
        let rule = format!("FREQ=DAILY;BYHOUR=9;BYMINUTE=0;COUNT={count}");
        expand(
            &recurring("0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", &rule),
            TimeZone::default(),
        )
    };
    assert_eq!(daily(MAX_OCCURRENCES).unwrap().len(), MAX_OCCURRENCES);
    let error = daily(MAX_OCCURRENCES + 1).unwrap_err();
    assert_eq!((error.member, error.problem), ("rrule", Problem::TooManyOccurrences));
}

#[test]
fn a_rule_of_excessive_length_is_refused() {
    let rule = format!("FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYMONTH={}1", "1,".repeat(3_000));
    assert!(refusal(&rule).contains("longer than"));
}
