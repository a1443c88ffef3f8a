//! Points in time as text, and the wall clock of a time zone.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDateTime, Offset, SecondsFormat, TimeZone as _, Timelike};
use chrono_tz::{GapInfo, Tz};

use crate::error::Problem;

/// 0001-01-01T00:00:00Z.
pub(crate) const FIRST: i64 = -62_135_596_800_000;
/// 9999-12-31T23:59:59.999Z.
pub(crate) const LAST: i64 = 253_402_300_799_999;

/// Reads a date and time of ISO 8601 with any offset; seconds and their fraction may be left out, what is finer than a millisecond is
/// dropped. The documents of the External API ask for UTC, but upstream has always accepted and converted other offsets.
pub(crate) fn parse_instant(text: &str) -> Result<i64, Problem> {
    const WITH_SECONDS: &str = "%Y-%m-%dT%H:%M:%S%.f";
    const WITHOUT_SECONDS: &str = "%Y-%m-%dT%H:%M";
    let text = text.to_ascii_uppercase();
    let with_offset = [WITH_SECONDS, WITHOUT_SECONDS]
        .iter()
        .find_map(|format| DateTime::parse_from_str(&text, &format!("{format}%#z")).ok());
    let Some(date) = with_offset else {
        let is_local = [WITH_SECONDS, WITHOUT_SECONDS]
            .iter()
            .any(|format| NaiveDateTime::parse_from_str(&text, format).is_ok());
        return Err(if is_local { Problem::Offset } else { Problem::Date });
    };
    // The library keeps a leap second as more than 10⁹ nanoseconds; a recording cannot start in one.
    if date.nanosecond() >= 1_000_000_000 {
        return Err(Problem::Date);
    }
    let instant = date.timestamp_millis();
    if (FIRST..=LAST).contains(&instant) {
        Ok(instant)
    } else {
        Err(Problem::Range)
    }
}

/// Writes a point in time (milliseconds since 1970-01-01T00:00:00Z) as scheduling shows it: in UTC, with milliseconds only when they
/// are not zero, `2018-03-27T16:00:00Z` or `2018-03-27T16:00:00.500Z`. What is outside of the years 1 to 9999, which cannot come out
/// of this crate, is written as the nearest point in time within.
pub fn format_instant(instant: i64) -> String {
    DateTime::from_timestamp_millis(instant.clamp(FIRST, LAST))
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The time zone of a capture agent, by its name in the IANA database: `Europe/Zurich`.
///
/// A **blank name is UTC**. Upstream takes the server's own time zone for agents without the property `capture.device.timezone`, so that
/// recordings move when the server does; one fixed zone that no machine can change is the only choice that one can rely on.
///
/// The database is compiled in. It knows the daylight saving time of the years up to 2100 and has standard time after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeZone(Tz);

impl TimeZone {
    /// What the clock on the wall shows at `instant`.
    pub(crate) fn wall_clock(self, instant: i64) -> NaiveDateTime {
        DateTime::from_timestamp_millis(instant)
            .unwrap_or_default()
            .with_timezone(&self.0)
            .naive_local()
    }

    /// When the clock on the wall shows `local`.
    ///
    /// RFC 5545, section 3.3.5: a local time that occurs twice (the clock is set back) is the first of the two; one that does not occur
    /// (the clock is set forward) is read with the offset before the change, so it comes as much later on the clock as the clock was
    /// set forward: 02:30 becomes 03:30 in Zurich, 02:15 becomes 02:45 on Lord Howe Island.
    pub(crate) fn instant(self, local: NaiveDateTime) -> Option<i64> {
        let offset = match self.0.offset_from_local_datetime(&local).earliest() {
            Some(offset) => offset,
            None => GapInfo::new(&local, &self.0)?.begin?.1,
        };
        Some((local - offset.fix()).and_utc().timestamp_millis())
    }
}

impl Default for TimeZone {
    /// UTC.
    fn default() -> Self {
        Self(Tz::UTC)
    }
}

impl FromStr for TimeZone {
    type Err = UnknownTimeZone;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name.trim() {
            "" => Ok(Self::default()),
            name => name.parse().map(Self).map_err(|_| UnknownTimeZone(name.to_owned())),
        }
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.name())
    }
}

/// A time zone that the IANA database does not have. Upstream takes such a name for GMT without a word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone `{0}`: use a name of the IANA database, such as Europe/Zurich")]
pub struct UnknownTimeZone(pub String);
