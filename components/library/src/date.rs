//! Points in time and durations as the API writes and reads them. Inside they are milliseconds since 1970-01-01T00:00:00Z.

use std::fmt;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, Timelike};
use serde::{Serialize, Serializer};

/// How a point in time is written, always in UTC. What lies beyond the calendar is written as nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// `2018-03-19T16:11:48Z`
    Second(i64),
    /// `2018-03-19T16:11:48.000Z`
    Millisecond(i64),
    /// `2018-03-19T16:11:48Z`, `2018-03-19T16:11:48.3Z`: as many digits as there are
    Fraction(i64),
    /// `2018-03-19`
    Date(i64),
    /// `16:11`
    Minute(i64),
}

impl Written {
    /// Lists are full of points in time, so they are put together digit by digit.
    fn text(self) -> String {
        let (Written::Second(at)
        | Written::Millisecond(at)
        | Written::Fraction(at)
        | Written::Date(at)
        | Written::Minute(at)) = self;
        let mut text = String::new();
        let Some(at) = DateTime::from_timestamp_millis(at).map(|at| at.naive_utc()) else {
            return text;
        };
        text.reserve("2018-03-19T16:11:48.000Z".len());
        if !matches!(self, Written::Minute(_)) {
            match u32::try_from(at.year()) {
                Ok(year @ ..=9999) => push(&mut text, "", year, 4),
                _ => text.push_str(&format!("{:04}", at.year())),
            }
            push(&mut text, "-", at.month(), 2);
            push(&mut text, "-", at.day(), 2);
        }
        if matches!(self, Written::Date(_)) {
            return text;
        }
        let separator = if text.is_empty() { "" } else { "T" };
        push(&mut text, separator, at.hour(), 2);
        push(&mut text, ":", at.minute(), 2);
        if matches!(self, Written::Minute(_)) {
            return text;
        }
        push(&mut text, ":", at.second(), 2);
        let milliseconds = at.and_utc().timestamp_subsec_millis();
        match self {
            Written::Millisecond(_) => push(&mut text, ".", milliseconds, 3),
            Written::Fraction(_) if milliseconds > 0 => {
                push(&mut text, ".", milliseconds, 3);
                text.truncate(text.trim_end_matches('0').len());
            }
            _ => {}
        }
        text.push('Z');
        text
    }
}

/// Appends a separator and a number with this many digits.
fn push(text: &mut String, separator: &str, number: u32, digits: u32) {
    text.push_str(separator);
    for place in (0..digits).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// A duration, written `01:30:00`; the hours may exceed 24.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration(pub i64);

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.max(0) / 1000;
        write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads `yyyy-MM-ddTHH:mm[:ss]` with an optional fraction, which is dropped, and an optional `Z` or offset; without one
/// it is UTC. Numbers beyond their range roll over: month 13 is next January.
pub fn parse_instant(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_once('T')?;
    let midnight = parse_date(date)?.and_hms_opt(0, 0, 0)?;
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, ""),
    };
    let mut numbers = clock.split(':');
    let hours = number(numbers.next()?)?;
    let minutes = number(numbers.next()?)?;
    let seconds = match numbers.next() {
        // What stands behind whole seconds does not matter.
        Some(seconds) => number(seconds.split(['.', ',']).next()?.trim_end())?,
        None => 0,
    };
    if numbers.next().is_some() {
        return None;
    }
    let local = midnight
        .checked_add_signed(TimeDelta::try_hours(hours)?)?
        .checked_add_signed(TimeDelta::try_minutes(minutes)?)?
        .checked_add_signed(TimeDelta::try_seconds(seconds)?)?;
    Some(milliseconds(local.checked_sub_signed(offset(zone)?)?))
}

/// Reads a point in time that is written out in UTC, `yyyy-MM-ddTHH:mm:ss[.fraction]Z`, and nothing else.
pub fn parse_utc(text: &str) -> Option<i64> {
    let at = text.ends_with('Z').then(|| DateTime::parse_from_rfc3339(text))?;
    Some(at.ok()?.timestamp_millis())
}

/// Reads `yyyy-MM-dd`; numbers beyond their range roll over.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let mut numbers = text.trim().split('-');
    let year = i32::try_from(number(numbers.next()?)?).ok()?;
    let months = u32::try_from(number(numbers.next()?)?).ok()?;
    let days = u64::try_from(number(numbers.next()?)?).ok()?;
    if numbers.next().is_some() || year > 9999 {
        return None;
    }
    // One month and one day too many, because both count from 1 and may be 0.
    let first = NaiveDate::from_ymd_opt(year, 1, 1)?.checked_add_months(Months::new(months))?;
    first
        .checked_sub_months(Months::new(1))?
        .checked_add_days(Days::new(days))?
        .pred_opt()
}

/// Reads `HH:mm` and drops what follows (`22:15:00Z`). Gives milliseconds since midnight.
pub fn parse_minute(text: &str) -> Option<i64> {
    let (hours, rest) = text.trim().split_once(':')?;
    let end = rest
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(rest.len());
    let (hours, minutes) = (number(hours)?, number(rest.get(..end)?)?);
    (hours < 24 && minutes < 60).then_some((hours * 60 + minutes) * 60_000)
}

/// Reads `H:M:S`.
pub fn parse_duration(text: &str) -> Option<i64> {
    let mut parts = text.trim().split(':').map(|part| number(part.trim()));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    parts
        .next()
        .is_none()
        .then_some(((hours * 60 + minutes) * 60 + seconds) * 1000)
}

/// Midnight UTC of a date.
pub fn midnight(date: NaiveDate) -> i64 {
    milliseconds(date.and_time(chrono::NaiveTime::MIN))
}

/// A day in milliseconds.
pub const DAY: i64 = 24 * 60 * 60 * 1000;

fn milliseconds(at: NaiveDateTime) -> i64 {
    at.and_utc().timestamp_millis()
}

/// A short row of digits: long enough for everything meant, too short to overflow.
fn number(text: &str) -> Option<i64> {
    let is_short = (1..=9).contains(&text.len());
    (is_short && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn offset(zone: &str) -> Option<TimeDelta> {
    let sign = match zone.chars().next() {
        None => return Some(TimeDelta::zero()),
        Some('Z') => return (zone == "Z").then(TimeDelta::zero),
        Some('-') => -1,
        _ => 1,
    };
    let digits = zone.get(1..)?;
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() > 2 => (digits.get(..2)?, digits.get(2..)?),
        None => (digits, "0"),
    };
    TimeDelta::try_minutes(sign * (number(hours)? * 60 + number(minutes)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LECTURE: i64 = 1_521_475_908_000;

    fn read(text: &str) -> Option<String> {
        parse_instant(text).map(|at| Written::Second(at).to_string())
    }

    #[test]
    fn points_in_time_are_written_in_utc_with_whole_seconds() {
        assert_eq!(Written::Second(LECTURE + 999).to_string(), "2018-03-19T16:11:48Z");
        assert_eq!(Written::Millisecond(LECTURE).to_string(), "2018-03-19T16:11:48.000Z");
        assert_eq!(Written::Date(LECTURE).to_string(), "2018-03-19");
        assert_eq!(Written::Minute(LECTURE).to_string(), "16:11");
        assert_eq!(Written::Second(-1000).to_string(), "1969-12-31T23:59:59Z");
        assert_eq!(Written::Second(i64::MAX).to_string(), "");
    }

    #[test]
    fn what_is_written_can_be_read() {
        assert_eq!(parse_instant("2018-03-19T16:11:48Z"), Some(LECTURE));
        assert_eq!(parse_instant("2018-03-19T16:11:48"), Some(LECTURE));
        assert_eq!(parse_instant(" 2018-03-19T16:11:48.123Z "), Some(LECTURE));
    }

    #[test]
    fn seconds_may_be_missing() {
        assert_eq!(read("2014-09-27T16:25Z").unwrap(), "2014-09-27T16:25:00Z");
    }

    #[test]
    fn numbers_beyond_their_range_roll_over() {
        assert_eq!(read("2014-13-01T00:00:00Z").unwrap(), "2015-01-01T00:00:00Z");
        assert_eq!(read("2014-12-32T25:00:00Z").unwrap(), "2015-01-02T01:00:00Z");
        assert_eq!(read("2015-02-29T00:00:60Z").unwrap(), "2015-03-01T00:01:00Z");
        assert_eq!(read("2015-01-00T00:00:00Z").unwrap(), "2014-12-31T00:00:00Z");
    }

    #[test]
    fn an_offset_is_honoured() {
        assert_eq!(read("2018-03-27T16:00:00+02:00").unwrap(), "2018-03-27T14:00:00Z");
        assert_eq!(read("2018-03-27T16:00:00.5-0130").unwrap(), "2018-03-27T17:30:00Z");
    }

    #[test]
    fn anything_else_is_no_point_in_time() {
        for text in [
            "",
            "T",
            "2018-03-19",
            "2018-03-19 16:11:48",
            "yesterdayT16:11:48",
            "2018-03-19T16",
            "2018-03-19T16:11:48T",
            "2018-03T16:11:48",
            "2018-03-19Tx:11:48",
            "2018-03-19T16:11:48Z/2018-03-19T16:11:48Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_of_day_drops_its_seconds() {
        assert_eq!(parse_minute("22:15:59Z"), Some((22 * 60 + 15) * 60_000));
        assert_eq!(parse_minute("9:05"), Some((9 * 60 + 5) * 60_000));
        for text in ["", "22", "24:00", "22:60", "ab:cd", ":", "22:"] {
            assert_eq!(parse_minute(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_hours_minutes_seconds() {
        assert_eq!(Duration(0).to_string(), "00:00:00");
        assert_eq!(Duration(100 * 3_600_000 + 61_000).to_string(), "100:01:01");
        assert_eq!(parse_duration("1:30:00"), Some(5_400_000));
        for text in ["30:00", "", "a:b:c", "1:2:3:4"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = parse_instant(&text);
            let _ = parse_date(&text);
            let _ = parse_minute(&text);
            let _ = parse_duration(&text);
        }

        #[test]
        fn almost_times_are_read_or_refused(text in "[0-9]{0,10}-[0-9]{0,10}-[0-9]{0,10}T[0-9]{0,10}(:[0-9.]{0,10}){0,3}(Z|[+-][0-9:]{0,6})?") {
            let _ = parse_instant(&text);
        }

        #[test]
        fn whole_seconds_come_back(second in -62_000_000_000i64..250_000_000_000) {
            prop_assert_eq!(parse_instant(&Written::Second(second * 1000).to_string()), Some(second * 1000));
        }

        #[test]
        fn whole_second_durations_come_back(seconds in 0..1_000_000i64) {
            prop_assert_eq!(parse_duration(&Duration(seconds * 1000).to_string()), Some(seconds * 1000));
        }
    }
}
