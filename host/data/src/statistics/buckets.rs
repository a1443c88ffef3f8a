//! The calendar of statistics: from a period to the hours, days, weeks, months or years that it touches, in a time zone.

use chrono::{Datelike, Days, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Resolution {
    Hourly,
    Daily,
    /// From Monday on.
    Weekly,
    Monthly,
    Yearly,
}

impl Resolution {
    /// From the shortest on.
    pub const ALL: [Resolution; 5] = [
        Resolution::Hourly,
        Resolution::Daily,
        Resolution::Weekly,
        Resolution::Monthly,
        Resolution::Yearly,
    ];

    /// As the API names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Resolution::Hourly => "hourly",
            Resolution::Daily => "daily",
            Resolution::Weekly => "weekly",
            Resolution::Monthly => "monthly",
            Resolution::Yearly => "yearly",
        }
    }

    /// The resolution of this name, whatever its case.
    pub fn of(name: &str) -> Option<Resolution> {
        Self::ALL
            .into_iter()
            .find(|resolution| resolution.as_str().eq_ignore_ascii_case(name))
    }
}

/// A bucket ends where the next one starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub start: i64,
    /// How far the clocks are ahead of UTC then, in seconds.
    pub offset: i32,
}

/// The buckets that a period touches, its end included, in order; none if they are more than `limit`, or beyond the calendar.
pub fn buckets(from_ms: i64, to_ms: i64, resolution: Resolution, zone: Tz, limit: usize) -> Option<Vec<Bucket>> {
    let mut buckets = Vec::new();
    let mut local = floor(local(from_ms, zone)?, resolution)?;
    let mut start = match resolution {
        Resolution::Hourly => hour(from_ms, zone)?,
        _ => instant(local, zone)?,
    };
    while start <= to_ms {
        if buckets.len() == limit {
            return None;
        }
        buckets.push(Bucket {
            start,
            offset: offset(start, zone)?,
        });
        let next = match resolution {
            // Of the hours that a day has twice each counts, and of those that it does not have none.
            Resolution::Hourly => {
                let next = start.checked_add(HOUR)?;
                Some(hour(next, zone)?)
                    .filter(|aligned| *aligned > start)
                    .unwrap_or(next)
            }
            _ => {
                local = following(local, resolution)?;
                instant(local, zone)?
            }
        };
        // A day that clocks skip (Samoa, 2011-12-30) starts with the one behind it.
        start = if next > start {
            next
        } else {
            local = following(local, resolution)?;
            instant(local, zone).filter(|next| *next > start)?
        };
    }
    Some(buckets)
}

/// An hour in milliseconds.
const HOUR: i64 = 60 * 60 * 1000;

fn local(at_ms: i64, zone: Tz) -> Option<NaiveDateTime> {
    Some(zone.timestamp_millis_opt(at_ms).single()?.naive_local())
}

fn offset(at_ms: i64, zone: Tz) -> Option<i32> {
    Some(
        zone.timestamp_millis_opt(at_ms)
            .single()?
            .offset()
            .fix()
            .local_minus_utc(),
    )
}

/// When the clocks last showed a whole hour.
fn hour(at_ms: i64, zone: Tz) -> Option<i64> {
    let offset = i64::from(offset(at_ms, zone)?) * 1000;
    let local = at_ms.checked_add(offset)?;
    Some(local - local.rem_euclid(HOUR) - offset)
}

/// The start of the bucket that a local time is in.
fn floor(local: NaiveDateTime, resolution: Resolution) -> Option<NaiveDateTime> {
    let date = local.date();
    let date = match resolution {
        Resolution::Hourly | Resolution::Daily => date,
        Resolution::Weekly => date.checked_sub_days(Days::new(date.weekday().num_days_from_monday().into()))?,
        Resolution::Monthly => date.with_day(1)?,
        Resolution::Yearly => NaiveDate::from_ymd_opt(date.year(), 1, 1)?,
    };
    Some(date.and_time(NaiveTime::MIN))
}

fn following(start: NaiveDateTime, resolution: Resolution) -> Option<NaiveDateTime> {
    match resolution {
        Resolution::Hourly | Resolution::Daily => start.checked_add_days(Days::new(1)),
        Resolution::Weekly => start.checked_add_days(Days::new(7)),
        Resolution::Monthly => start.checked_add_months(Months::new(1)),
        Resolution::Yearly => start.checked_add_months(Months::new(12)),
    }
}

/// When the clocks first show a time, or a later one if they skip it.
fn instant(local: NaiveDateTime, zone: Tz) -> Option<i64> {
    // No clock has ever been set forward by more than a day.
    let quarters = (0..=96).map(|quarters| TimeDelta::minutes(15 * quarters));
    let mut shown = quarters.filter_map(
        |later| match zone.from_local_datetime(&local.checked_add_signed(later)?) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.timestamp_millis()),
            LocalResult::None => None,
        },
    );
    shown.next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    fn starts(from: &str, to: &str, resolution: Resolution, zone: &str) -> Vec<String> {
        let buckets = buckets(at(from), at(to), resolution, zone.parse().unwrap(), 100).unwrap();
        buckets
            .into_iter()
            .map(|bucket| {
                let start = DateTime::from_timestamp_millis(bucket.start).unwrap();
                start.format("%Y-%m-%dT%H:%M:%SZ").to_string()
            })
            .collect()
    }

    #[test]
    fn buckets_start_where_the_calendar_does_and_the_end_of_the_period_is_in_one() {
        assert_eq!(
            starts("2019-04-10T13:45:32Z", "2019-04-12T00:00:00Z", Resolution::Daily, "UTC"),
            ["2019-04-10T00:00:00Z", "2019-04-11T00:00:00Z", "2019-04-12T00:00:00Z"]
        );
        assert_eq!(
            starts(
                "2019-04-10T13:45:32Z",
                "2019-04-10T15:00:00Z",
                Resolution::Hourly,
                "UTC"
            ),
            ["2019-04-10T13:00:00Z", "2019-04-10T14:00:00Z", "2019-04-10T15:00:00Z"]
        );
        assert_eq!(
            starts(
                "2019-12-31T00:00:00Z",
                "2020-01-07T00:00:00Z",
                Resolution::Weekly,
                "UTC"
            ),
            ["2019-12-30T00:00:00Z", "2020-01-06T00:00:00Z"]
        );
        assert_eq!(
            starts(
                "2019-11-30T00:00:00Z",
                "2020-01-07T00:00:00Z",
                Resolution::Monthly,
                "UTC"
            ),
            ["2019-11-01T00:00:00Z", "2019-12-01T00:00:00Z", "2020-01-01T00:00:00Z"]
        );
        assert_eq!(
            starts(
                "2019-11-30T00:00:00Z",
                "2020-01-07T00:00:00Z",
                Resolution::Yearly,
                "UTC"
            ),
            ["2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z"]
        );
    }

    #[test]
    fn years_and_days_are_those_of_the_time_zone() {
        assert_eq!(
            starts(
                "2018-12-31T23:00:00Z",
                "2019-12-31T22:59:59Z",
                Resolution::Yearly,
                "Europe/Berlin"
            ),
            ["2018-12-31T23:00:00Z"]
        );
        assert_eq!(
            starts(
                "2026-03-28T12:00:00Z",
                "2026-03-30T12:00:00Z",
                Resolution::Daily,
                "Europe/Berlin"
            ),
            ["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"]
        );
    }

    #[test]
    fn an_hour_that_a_day_has_twice_counts_twice_and_one_that_it_does_not_have_does_not() {
        assert_eq!(
            starts(
                "2026-10-25T00:00:00Z",
                "2026-10-25T02:00:00Z",
                Resolution::Hourly,
                "Europe/Berlin"
            ),
            ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"]
        );
        assert_eq!(
            starts(
                "2026-03-29T00:30:00Z",
                "2026-03-29T01:30:00Z",
                Resolution::Hourly,
                "Europe/Berlin"
            ),
            ["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"]
        );
        assert_eq!(
            starts(
                "2026-01-01T00:10:00Z",
                "2026-01-01T01:10:00Z",
                Resolution::Hourly,
                "Asia/Kathmandu"
            ),
            ["2025-12-31T23:15:00Z", "2026-01-01T00:15:00Z"]
        );
    }

    #[test]
    fn a_day_whose_midnight_is_skipped_starts_when_the_clocks_go_on() {
        assert_eq!(
            starts(
                "2018-11-04T12:00:00Z",
                "2018-11-04T12:00:00Z",
                Resolution::Daily,
                "America/Sao_Paulo"
            ),
            ["2018-11-04T03:00:00Z"]
        );
    }

    #[test]
    fn more_buckets_than_allowed_are_none() {
        let zone = "UTC".parse().unwrap();
        assert_eq!(buckets(0, 10 * HOUR, Resolution::Hourly, zone, 10), None);
        assert_eq!(
            buckets(0, 9 * HOUR, Resolution::Hourly, zone, 10).map(|found| found.len()),
            Some(10)
        );
        assert_eq!(buckets(i64::MAX - 1, i64::MAX, Resolution::Yearly, zone, 10), None);
    }

    proptest! {
        #[test]
        fn buckets_follow_each_other_and_cover_the_period(
            from in 0i64..2_000_000_000_000, length in 0i64..40_000_000_000, resolution in 0usize..5,
            zone in prop::sample::select(&["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"][..]),
        ) {
            let found = buckets(from, from + length, Resolution::ALL[resolution], zone.parse().unwrap(), 20_000).unwrap();
            prop_assert!(found[0].start <= from);
            prop_assert!(found.windows(2).all(|pair| pair[0].start < pair[1].start));
            prop_assert!(found.iter().skip(1).all(|bucket| bucket.start > from && bucket.start <= from + length));
        }
    }
}
