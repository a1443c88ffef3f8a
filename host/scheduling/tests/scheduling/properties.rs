//! What holds for whatever is sent, and the comparison with a model that walks day by day.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Offset, TimeZone as _, Weekday};
use chrono_tz::Tz;
use lectern_scheduling::MAX_OCCURRENCES;
use proptest::{collection::vec, option, prelude::*, sample::select, sample::subsequence};

use super::*;

const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const DAY: i64 = 24 * HOUR;

fn time_zones() -> impl Strategy<Value = Tz> {
    select(vec![
        Tz::UTC,
        Tz::Europe__Zurich,
        Tz::America__New_York,
        Tz::America__Phoenix,
        Tz::America__Havana,
        Tz::Australia__Sydney,
        Tz::Australia__Lord_Howe,
        Tz::Asia__Tokyo,
        Tz::Asia__Kolkata,
        Tz::Africa__Cairo,
        Tz::Africa__Casablanca,
        Tz::Pacific__Apia,
        Tz::Pacific__Kiritimati,
    ])
}

#[derive(Debug)]
struct Weekly {
    time_zone: Tz,
    start: i64,
    end: i64,
    hour: u32,
    minute: u32,
    days: Vec<usize>,
    interval: i64,
    week_start: usize,
    count: Option<usize>,
    until: Option<i64>,
}

prop_compose! {
    fn weekly()(
        time_zone in time_zones(),
        // Whole minutes of the years 2010 to 2039.
        start in (14_610..25_500_i64, 0..1440_i64).prop_map(|(day, minute)| day * DAY + minute * MINUTE),
        length in 0..300 * DAY,
        (hour, minute) in (0..24_u32, 0..60_u32),
        days in subsequence((0..7).collect::<Vec<_>>(), 1..=7),
        interval in 1..4_i64,
        week_start in 0..7_usize,
        count in option::of(1..40_usize),
        until in option::of(0..300_i64),
    ) -> Weekly {
        Weekly {
            time_zone, start, end: start + length, hour, minute, days, interval, week_start, count,
            until: until.map(|days| start + days * DAY),
        }
    }
}

impl Weekly {
    fn rule(&self) -> String {
        let days: Vec<_> = self.days.iter().map(|day| DAYS[*day]).collect();
        let mut rule = format!(
            "FREQ=WEEKLY;INTERVAL={};WKST={};BYDAY={};BYHOUR={};BYMINUTE={}",
            self.interval,
            DAYS[self.week_start],
            days.join(","),
            self.hour,
            self.minute
        );
        if let Some(count) = self.count {
            rule += &format!(";COUNT={count}");
        }
        if let Some(until) = self.until {
            rule += &DateTime::from_timestamp_millis(until)
                .unwrap()
                .format(";UNTIL=%Y%m%dT%H%M%SZ")
                .to_string();
        }
        rule
    }

    /// Every day of the window is looked at on its own.
    fn model(&self) -> Vec<i64> {
        let start = DateTime::from_timestamp_millis(self.start).unwrap();
        let in_utc = start.date_naive().and_hms_opt(self.hour, self.minute, 0).unwrap();
        let time = self.time_zone.from_utc_datetime(&in_utc).time();
        let first = start.with_timezone(&self.time_zone).date_naive();
        let mut found = Vec::new();
        for date in first.iter_days().take(310) {
            let weeks = (self.week(date) - self.week(first)).num_days() / 7;
            if weeks % self.interval != 0 || !self.days.contains(&(date.weekday().num_days_from_monday() as usize)) {
                continue;
            }
            let instant = moment(self.time_zone, date.and_time(time));
            if instant >= self.start
                && instant <= self.end
                && self.until.is_none_or(|until| instant <= until)
                && self.count.is_none_or(|count| found.len() < count)
                // Where a zone left out a whole day (Apia, 30 December 2011), two wall clock times are one moment.
                && found.last() != Some(&instant)
            {
                found.push(instant);
            }
        }
        found
    }

    /// The day on which the week of `date` begins.
    fn week(&self, date: NaiveDate) -> NaiveDate {
        let first: Weekday = Weekday::try_from(u8::try_from(self.week_start).unwrap()).unwrap();
        date - Days::new(u64::from(date.weekday().days_since(first)))
    }
}

/// The first moment with this wall clock time, or with the offset of the day before where there is none.
fn moment(time_zone: Tz, local: NaiveDateTime) -> i64 {
    let offset = match time_zone.offset_from_local_datetime(&local).earliest() {
        Some(offset) => offset,
        None => time_zone.offset_from_utc_datetime(&(local - Days::new(1))),
    };
    (local - offset.fix()).and_utc().timestamp_millis()
}

fn numbers(range: std::ops::RangeInclusive<i32>) -> impl Strategy<Value = String> {
    vec(range, 1..4).prop_map(|numbers| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
}

/// One part of a rule with a value that may or may not be allowed.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..70_000_u32).prop_map(|interval| format!("INTERVAL={interval}")),
        (1..5_u32).prop_map(|interval| format!("INTERVAL={interval}")),
        (0..200_000_u32).prop_map(|count| format!("COUNT={count}")),
        select(&DAYS[..]).prop_map(|day| format!("WKST={day}")),
        subsequence(&DAYS[..], 1..=7).prop_map(|days| format!("BYDAY={}", days.join(","))),
        vec((-54..=54_i32, select(&DAYS[..])), 1..4).prop_map(|days| {
            let days: Vec<_> = days.iter().map(|(number, day)| format!("{number}{day}")).collect();
            format!("BYDAY={}", days.join(","))
        }),
        numbers(0..=60).prop_map(|seconds| format!("BYSECOND={seconds}")),
        numbers(-32..=32).prop_map(|days| format!("BYMONTHDAY={days}")),
        numbers(-367..=367).prop_map(|days| format!("BYYEARDAY={days}")),
        numbers(-54..=54).prop_map(|weeks| format!("BYWEEKNO={weeks}")),
        numbers(0..=13).prop_map(|months| format!("BYMONTH={months}")),
        numbers(-367..=367).prop_map(|positions| format!("BYSETPOS={positions}")),
        "UNTIL=[0-9]{8}(T[0-9]{6}Z?)?",
        "UNTIL=20[0-9]{2}(01|06|12)(01|28)(T[01][0-9]0000Z?)?",
    ]
}

prop_compose! {
    fn rule()(
        frequency in select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY", "SECONDLY"]),
        hour in 0..25_u32,
        minute in 0..61_u32,
        parts in vec(part(), 0..4),
    ) -> String {
        format!("FREQ={frequency};BYHOUR={hour};BYMINUTE={minute};{}", parts.join(";"))
    }
}

prop_compose! {
    /// A start and an end in the years 1 to 9999.
    fn window()(start in -62_135_596_800_000..253_402_300_799_999_i64, end in any::<i64>(), days in option::weighted(0.9, 0..4_000_i64))
        -> (i64, i64) {
        let end = days.map_or(end, |days| start + days * DAY);
        (start, end.clamp(start, 253_402_300_799_999))
    }
}

proptest! {
    #[test]
    fn a_weekly_rule_expands_to_the_days_that_walking_the_calendar_finds(weekly in weekly()) {
        let request = Request {
            start: Some(weekly.start), end: Some(weekly.end), duration: Some(0), rrule: Some(weekly.rule()), ..Request::default()
        };
        let found = expand(&request, zone(weekly.time_zone.name()));
        let found: Vec<_> = found.into_iter().flatten().map(|period| period.start).collect();
        prop_assert_eq!(found, weekly.model(), "{}", weekly.rule());
    }

    #[test]
    fn whatever_the_rule_the_periods_are_within_the_window_in_order_and_apart(
        rule in rule(), (start, end) in window(), duration in 0..3 * DAY, time_zone in time_zones(),
    ) {
        let request = Request {
            start: Some(start), end: Some(end), duration: Some(duration), rrule: Some(rule), ..Request::default()
        };
        if let Ok(periods) = expand(&request, zone(time_zone.name())) {
            prop_assert!(!periods.is_empty() && periods.len() <= MAX_OCCURRENCES);
            prop_assert!(periods.iter().all(|period| start <= period.start && period.start <= end));
            prop_assert!(periods.iter().all(|period| period.end - period.start == duration));
            prop_assert!(periods.windows(2).all(|pair| pair[0].start < pair[1].start && pair[0].end <= pair[1].start));
        }
    }

    #[test]
    fn any_text_as_rule_has_an_answer(rule in ".*", mixed in "(FREQ|BY[A-Z]*|COUNT|UNTIL|INTERVAL|[;=,+ -]|[0-9]|[A-Z]{2}|\\PC)*") {
        for rule in [&rule, &mixed, &format!("FREQ=DAILY;BYHOUR=9;BYMINUTE=0;{rule}"), &format!("FREQ=MONTHLY;BYDAY={rule}")] {
            let request = Request { start: Some(0), end: Some(DAY), duration: Some(0), rrule: Some(rule.clone()), ..Request::default() };
            if let Err(error) = expand(&request, TimeZone::default()) {
                prop_assert_eq!(error.member, "rrule");
            }
        }
    }

    #[test]
    fn any_text_as_date_has_an_answer(text in ".*", alike in "[0-9+-]{4,6}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9:.]{0,9}(Z|[+-][0-9:]{0,6})?") {
        for text in [text, alike] {
            if let Err(error) = parse(json!({"end": text})) {
                prop_assert_eq!(error.member, "end");
            }
        }
    }

    #[test]
    fn a_point_in_time_that_is_written_and_read_is_the_same((start, end) in window()) {
        for instant in [start, end] {
            let request = parse(json!({"start": format_instant(instant)})).unwrap();
            prop_assert_eq!(request.start, Some(instant));
        }
    }

    #[test]
    fn any_text_as_time_zone_has_an_answer(name in ".*") {
        prop_assert!(name.parse::<TimeZone>().is_ok() || !name.trim().is_empty());
    }
}
