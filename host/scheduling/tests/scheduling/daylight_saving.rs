//! What the clock's changes mean for recurring recordings, in both hemispheres.

use super::*;

/// The starts of daily occurrences at hour and minute UTC of the first day.
fn daily(time_zone: &str, start: &str, end: &str) -> Vec<String> {
    let (hour, minute) = (&start[11..13], &start[14..16]);
    starts(
        time_zone,
        start,
        end,
        &format!("FREQ=DAILY;BYHOUR={hour};BYMINUTE={minute}"),
    )
}

#[test]
fn the_time_of_day_stays_when_the_north_sets_the_clock_forward() {
    // 16:15 in Zurich.
    assert_eq!(
        daily("Europe/Zurich", "2026-03-28T15:15:00Z", "2026-03-30T23:00:00Z"),
        ["2026-03-28T15:15:00Z", "2026-03-29T14:15:00Z", "2026-03-30T14:15:00Z"]
    );
    // 16:15 in New York.
    assert_eq!(
        daily("America/New_York", "2026-03-07T21:15:00Z", "2026-03-09T23:00:00Z"),
        ["2026-03-07T21:15:00Z", "2026-03-08T20:15:00Z", "2026-03-09T20:15:00Z"]
    );
}

#[test]
fn the_time_of_day_stays_when_the_north_sets_the_clock_back() {
    assert_eq!(
        daily("Europe/Zurich", "2026-10-24T14:15:00Z", "2026-10-26T23:00:00Z"),
        ["2026-10-24T14:15:00Z", "2026-10-25T15:15:00Z", "2026-10-26T15:15:00Z"]
    );
    assert_eq!(
        daily("America/New_York", "2026-10-31T20:15:00Z", "2026-11-02T23:00:00Z"),
        ["2026-10-31T20:15:00Z", "2026-11-01T21:15:00Z", "2026-11-02T21:15:00Z"]
    );
}

#[test]
fn the_time_of_day_stays_in_the_south() {
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
fn the_time_of_day_stays_where_the_clock_is_changed_by_half_an_hour() {
    // 09:00 on Lord Howe Island: +10:30 in winter, +11:00 in summer.
    assert_eq!(
        daily("Australia/Lord_Howe", "2026-10-02T22:30:00Z", "2026-10-04T23:00:00Z"),
        ["2026-10-02T22:30:00Z", "2026-10-03T22:00:00Z", "2026-10-04T22:00:00Z"]
    );
    assert_eq!(
        daily("Australia/Lord_Howe", "2026-04-03T22:00:00Z", "2026-04-05T23:00:00Z"),
        ["2026-04-03T22:00:00Z", "2026-04-04T22:30:00Z", "2026-04-05T22:30:00Z"]
    );
}

#[test]
fn the_hour_in_utc_stays_where_there_is_no_daylight_saving_time() {
    for time_zone in ["Asia/Tokyo", "America/Phoenix", "UTC"] {
        for start in daily(time_zone, "2026-01-05T16:15:00Z", "2027-01-05T16:15:00Z") {
            assert!(start.ends_with("T16:15:00Z"), "{time_zone}: {start}");
        }
    }
}

#[test]
fn a_time_that_a_day_leaves_out_comes_as_much_later_as_the_clock_is_set() {
    // 02:30 becomes 03:30, in the new offset, and is 02:30 again the next day.
    assert_eq!(
        daily("Europe/Zurich", "2026-03-28T01:30:00Z", "2026-03-30T23:00:00Z"),
        ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]
    );
    assert_eq!(
        daily("America/New_York", "2026-03-07T07:30:00Z", "2026-03-09T23:00:00Z"),
        ["2026-03-07T07:30:00Z", "2026-03-08T07:30:00Z", "2026-03-09T06:30:00Z"]
    );
    assert_eq!(
        daily("Australia/Sydney", "2026-10-02T16:30:00Z", "2026-10-04T23:00:00Z"),
        ["2026-10-02T16:30:00Z", "2026-10-03T16:30:00Z", "2026-10-04T15:30:00Z"]
    );
    // 02:15 becomes 02:45.
    assert_eq!(
        daily("Australia/Lord_Howe", "2026-10-02T15:45:00Z", "2026-10-04T23:00:00Z"),
        ["2026-10-02T15:45:00Z", "2026-10-03T15:45:00Z", "2026-10-04T15:15:00Z"]
    );
}

#[test]
fn a_time_that_a_day_has_twice_is_the_first() {
    // 02:30 in Zurich and Sydney, 01:30 in New York, 01:45 on Lord Howe Island: still in summer time.
    assert_eq!(
        daily("Europe/Zurich", "2026-10-24T00:30:00Z", "2026-10-26T23:00:00Z"),
        ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
    );
    assert_eq!(
        daily("America/New_York", "2026-10-31T05:30:00Z", "2026-11-02T23:00:00Z"),
        ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
    assert_eq!(
        daily("Australia/Sydney", "2026-04-03T15:30:00Z", "2026-04-05T23:00:00Z"),
        ["2026-04-03T15:30:00Z", "2026-04-04T15:30:00Z", "2026-04-05T16:30:00Z"]
    );
    assert_eq!(
        daily("Australia/Lord_Howe", "2026-04-03T14:45:00Z", "2026-04-05T23:00:00Z"),
        ["2026-04-03T14:45:00Z", "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"]
    );
}

#[test]
fn no_occurrence_is_lost_where_the_clock_is_changed_at_midnight() {
    // Cairo set the clock from 00:00 to 01:00 on 24 April 2026: 00:30 becomes 01:30.
    assert_eq!(
        daily("Africa/Cairo", "2026-04-22T22:30:00Z", "2026-04-24T23:00:00Z"),
        ["2026-04-22T22:30:00Z", "2026-04-23T22:30:00Z", "2026-04-24T21:30:00Z"]
    );
    // Havana set it from 01:00 back to 00:00 on 2 November 2025.
    assert_eq!(
        daily("America/Havana", "2025-11-01T04:30:00Z", "2025-11-03T23:00:00Z"),
        ["2025-11-01T04:30:00Z", "2025-11-02T04:30:00Z", "2025-11-03T05:30:00Z"]
    );
}

#[test]
fn a_day_that_a_time_zone_left_out_has_no_occurrence() {
    // Apia went from 29 to 31 December 2011.
    assert_eq!(
        daily("Pacific/Apia", "2011-12-29T20:00:00Z", "2012-01-01T00:00:00Z"),
        ["2011-12-29T20:00:00Z", "2011-12-30T20:00:00Z", "2011-12-31T20:00:00Z"]
    );
}

#[test]
fn a_recording_across_the_change_takes_its_duration() {
    // From 01:00 in Zurich, three hours: until 05:00 on the day that leaves out an hour, until 03:00 on the day that repeats one.
    for start in ["2026-03-29T00:00:00Z", "2026-10-24T23:00:00Z"] {
        let request = parse(json!({
            "start": start, "end": start, "duration": 3 * HOUR,
            "rrule": format!("FREQ=DAILY;BYHOUR={};BYMINUTE=0", &start[11..13])
        }));
        let periods = expand(&request.unwrap(), zone("Europe/Zurich")).unwrap();
        assert_eq!(periods, [period(instant(start), instant(start) + 3 * HOUR)]);
    }
}

#[test]
fn occurrences_a_day_apart_may_overlap_when_the_clock_is_set_forward() {
    let request = |duration: i64| {
        let request = parse(json!({
            "start": "2026-03-28T08:00:00Z", "end": "2026-03-29T08:00:00Z", "duration": duration,
            "rrule": "FREQ=DAILY;BYHOUR=8;BYMINUTE=0"
        }));
        expand(&request.unwrap(), zone("Europe/Zurich"))
    };
    assert_eq!(request(23 * HOUR).unwrap().len(), 2);
    assert!(request(23 * HOUR + 1).is_err());
}

#[test]
fn a_start_in_the_second_pass_of_a_repeated_hour_excludes_the_first() {
    // 02:30 for the second time, 01:30 UTC; the rule's 02:30 is the first one of the day, before the start.
    assert_eq!(
        daily("Europe/Zurich", "2026-10-25T01:30:00Z", "2026-10-26T23:00:00Z"),
        ["2026-10-26T01:30:00Z"]
    );
}
