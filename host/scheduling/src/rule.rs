//! Recurrence rules as text.
//!
//! What a rule means on a calendar is the crate `rrule`'s knowledge, but its reader of the text is not used: it cuts texts at byte
//! positions and panics at others than ASCII, takes `XYMO` for `MO`, reads UNTIL in the time zone of the machine, and compiles
//! regular expressions in every instance. Rules that the crate accepts but expands wrongly, or at a cost that a client could abuse,
//! are refused here; each place says why.
//!
//! Does not belong here: time zones, and which occurrences count (`expansion`).

use std::{
    num::{NonZeroU16, NonZeroU32},
    str::FromStr,
};

use chrono::{Month, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use rrule::{Frequency, NWeekday, RRule, Unvalidated};

use crate::error::Error;

/// A rule of RFC 5545, section 3.3.10, that recurs at most daily.
#[derive(Debug)]
pub(crate) struct Rule {
    /// FREQ, INTERVAL, WKST and the BY… parts, without BYHOUR and BYMINUTE. Ranges are not checked yet.
    pub pattern: RRule<Unvalidated>,
    /// BYHOUR and BYMINUTE, in UTC.
    pub time: NaiveTime,
    /// COUNT.
    pub count: Option<NonZeroU32>,
    /// UNTIL.
    pub until: Option<Until>,
}

/// UNTIL in its three forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// `20190610T160000Z`: this second in UTC.
    Utc(NaiveDateTime),
    /// `20190610T180000`: this second in the agent's time zone.
    Local(NaiveDateTime),
    /// `20190610`: this whole day in the agent's time zone.
    Day(NaiveDate),
}

/// Bytes. Enough for a list of all days of a year.
const MAX_LENGTH: usize = 4096;

impl FromStr for Rule {
    type Err = Error;

    /// Reads a rule; upper and lower case make no difference.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_LENGTH {
            return Err(Error::rule(format!("it is longer than {MAX_LENGTH} bytes")));
        }
        let text = text.to_ascii_uppercase();
        let parts = Parts::split(&text)?;
        let time = parts.time()?;
        let interval = parts.number::<NonZeroU16>("INTERVAL")?.map_or(1, NonZeroU16::get);
        let frequency = parts.frequency(interval)?;
        let pattern = RRule::new(frequency)
            .interval(interval)
            .week_start(parts.week_start()?)
            .by_second(parts.numbers("BYSECOND")?)
            .by_weekday(parts.weekdays(frequency)?)
            .by_month_day(parts.ordinals("BYMONTHDAY", 31)?)
            .by_year_day(parts.ordinals("BYYEARDAY", 366)?)
            .by_week_no(parts.ordinals("BYWEEKNO", 53)?)
            .by_month(&parts.months()?)
            .by_set_pos(parts.ordinals("BYSETPOS", 366)?);
        Ok(Self {
            pattern,
            time,
            count: parts.number("COUNT")?,
            until: parts.until()?,
        })
    }
}

/// The `NAME=value` parts, each name at most once.
struct Parts<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Parts<'a> {
    fn split(rule: &'a str) -> Result<Self, Error> {
        const NAMES: [&str; 14] = [
            "FREQ",
            "UNTIL",
            "COUNT",
            "INTERVAL",
            "BYSECOND",
            "BYMINUTE",
            "BYHOUR",
            "BYDAY",
            "BYMONTHDAY",
            "BYYEARDAY",
            "BYWEEKNO",
            "BYMONTH",
            "BYSETPOS",
            "WKST",
        ];
        let mut parts = Vec::new();
        // An empty part is a semicolon too many, which programs that put rules together leave at the end.
        for part in rule.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if !NAMES.contains(&name) {
                return Err(Error::rule(format!("RFC 5545 has no part `{name}`")));
            }
            if parts.iter().any(|(known, _)| *known == name) {
                return Err(Error::rule(format!("it has more than one {name}")));
            }
            if value.is_empty() {
                return Err(Error::rule(format!("{name} has no value")));
            }
            parts.push((name, value));
        }
        Ok(Self(parts))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, Error> {
        let read = |value: &str| value.parse().map_err(|_| unusable(name, value));
        self.get(name).map(read).transpose()
    }

    fn numbers<T: FromStr>(&self, name: &str) -> Result<Vec<T>, Error> {
        let read = |value: &str| value.parse().map_err(|_| unusable(name, value));
        self.list(name, read)
    }

    fn list<T>(&self, name: &str, read: impl Fn(&str) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        self.get(name)
            .map_or(Ok(Vec::new()), |list| list.split(',').map(read).collect())
    }

    /// Numbers from 1 to `last`, or from -1 to -`last` counted from the end. The crate takes a BYMONTHDAY of 0 for none at all, and so
    /// for every day.
    fn ordinals<T: TryFrom<i32>>(&self, name: &str, last: u32) -> Result<Vec<T>, Error> {
        self.list(name, |value| {
            let number = value
                .parse()
                .ok()
                .filter(|number: &i32| (1..=last).contains(&number.unsigned_abs()));
            let number = number.and_then(|number| T::try_from(number).ok());
            number.ok_or_else(|| unusable(name, value))
        })
    }

    /// One hour and one minute are upstream's rule: what recurs is one recording a day.
    fn time(&self) -> Result<NaiveTime, Error> {
        let hours = self.numbers("BYHOUR")?;
        let minutes = self.numbers("BYMINUTE")?;
        let ([hour], [minute]) = (hours.as_slice(), minutes.as_slice()) else {
            return Err(Error::rule(
                "it needs exactly one BYHOUR and exactly one BYMINUTE, in UTC",
            ));
        };
        let time = NaiveTime::from_hms_opt(*hour, *minute, 0);
        time.ok_or_else(|| Error::rule("BYHOUR is 0 to 23, BYMINUTE is 0 to 59"))
    }

    /// Every hour (or minute) that is at one hour and one minute is every day. Where every step has to be walked, hours of computing can lie
    /// between two occurrences (`FREQ=SECONDLY;INTERVAL=59`), and no recording is made that way: refused.
    fn frequency(&self, interval: u16) -> Result<Frequency, Error> {
        match self.get("FREQ") {
            Some("DAILY") => Ok(Frequency::Daily),
            Some("WEEKLY") => Ok(Frequency::Weekly),
            Some("MONTHLY") => Ok(Frequency::Monthly),
            Some("YEARLY") => Ok(Frequency::Yearly),
            Some("HOURLY" | "MINUTELY") if interval == 1 => Ok(Frequency::Daily),
            Some("HOURLY" | "MINUTELY" | "SECONDLY") => Err(Error::rule(
                "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY: with one BYHOUR and one BYMINUTE it is at most daily",
            )),
            Some(other) => Err(unusable("FREQ", other)),
            None => Err(Error::rule("it has no FREQ")),
        }
    }

    fn week_start(&self) -> Result<Weekday, Error> {
        self.get("WKST").map_or(Ok(Weekday::Mon), |day| {
            weekday(day).ok_or_else(|| unusable("WKST", day))
        })
    }

    fn months(&self) -> Result<Vec<Month>, Error> {
        self.list("BYMONTH", |value| {
            let month = value.parse().ok().and_then(|number: u8| Month::try_from(number).ok());
            month.ok_or_else(|| unusable("BYMONTH", value))
        })
    }

    /// BYDAY: `MO`, or with a number `2MO` (the second Monday of the month or year) and `-1FR`.
    ///
    /// The crate passes over the number where RFC 5545 does not allow one (`FREQ=WEEKLY;BYDAY=2MO` became every day), and of days with and
    /// without number it takes the intersection instead of the union: both are refused.
    fn weekdays(&self, frequency: Frequency) -> Result<Vec<NWeekday>, Error> {
        let days = self.list("BYDAY", |value| {
            nth_weekday(value).ok_or_else(|| unusable("BYDAY", value))
        })?;
        let numbered = days.iter().filter(|day| matches!(day, NWeekday::Nth(..))).count();
        if numbered > 0 && !matches!(frequency, Frequency::Monthly | Frequency::Yearly) {
            return Err(Error::rule("a number in BYDAY needs FREQ=MONTHLY or FREQ=YEARLY"));
        }
        if numbered > 0 && numbered < days.len() {
            return Err(Error::rule("BYDAY mixes days with a number and days without one"));
        }
        Ok(days)
    }

    fn until(&self) -> Result<Option<Until>, Error> {
        const DATE: &str = "%Y%m%d";
        const TIME: &str = "%Y%m%dT%H%M%S";
        let Some(value) = self.get("UNTIL") else {
            return Ok(None);
        };
        let until = match (value.len(), value.strip_suffix('Z')) {
            (8, None) => NaiveDate::parse_from_str(value, DATE).map(Until::Day),
            (15, None) => NaiveDateTime::parse_from_str(value, TIME).map(Until::Local),
            (16, Some(time)) => NaiveDateTime::parse_from_str(time, TIME).map(Until::Utc),
            _ => return Err(unusable("UNTIL", value)),
        };
        until.map(Some).map_err(|_| unusable("UNTIL", value))
    }
}

fn nth_weekday(value: &str) -> Option<NWeekday> {
    let (number, day) = value.split_at_checked(value.len().checked_sub(2)?)?;
    let number = match number {
        "" => None,
        number => Some(number.parse().ok().filter(|number: &i16| *number != 0)?),
    };
    Some(NWeekday::new(number, weekday(day)?))
}

fn weekday(value: &str) -> Option<Weekday> {
    Some(match value {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

fn unusable(name: &str, value: &str) -> Error {
    Error::rule(format!("RFC 5545 does not allow {name}={value}"))
}
