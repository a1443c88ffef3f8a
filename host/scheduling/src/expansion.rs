//! From a request to the periods to record.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};
use rrule::{Frequency, NWeekday, RRule, RRuleSet, Unvalidated};

use crate::{
    error::{Error, Problem},
    period::Period,
    request::Request,
    rule::{Rule, Until},
    time::TimeZone,
};

/// The most occurrences that one rule may have: four times the beginning of a semester at a large university.
pub const MAX_OCCURRENCES: usize = 100_000;

/// The periods that a request to create asks for, in chronological order, none overlapping another, at least one.
///
/// **Without `rrule`** there is one: from `start` for `duration`, or else until `end`. `duration` wins if both are given.
///
/// **With `rrule`**, `start`, `end` and `duration` are needed, and the rule is expanded as upstream does it:
///
/// - It has exactly one BYHOUR and one BYMINUTE. They are **UTC** on the UTC date of `start`; what the agent's clock shows at that moment
///   is the time of day of every occurrence. So daylight saving time does not change the time of day, only the hour in UTC.
/// - Everything else (BYDAY, BYMONTHDAY, …) is about the agent's calendar and is **not** shifted, also where the hour falls on
///   another day in UTC.
/// - It begins with `start`, from which it takes the seconds and their fraction (unless it has BYSECOND). Occurrences count from `start`
///   to `end`, both included; `end` is about the start of an occurrence, the last recording may go on beyond.
/// - INTERVAL, COUNT and UNTIL are honoured; COUNT counts from `start`. UNTIL without `Z` is in the agent's time zone, and without a time it
///   includes the day.
/// - A recording takes `duration` of elapsed time, also across a change of daylight saving time.
/// - A time of day that a day does not have because the clock is set forward is as much later as the clock is set; one that it has
///   twice is the first (RFC 5545, section 3.3.5).
///
/// # Errors
///
/// What is missing or contradictory, a rule that cannot be used, one without an occurrence or with more than [`MAX_OCCURRENCES`],
/// or occurrences that overlap each other. Touching is allowed.
pub fn expand(request: &Request, time_zone: TimeZone) -> Result<Vec<Period>, Error> {
    let Some(rule) = &request.rrule else {
        return Ok(vec![request.single()?]);
    };
    const REASON: &str = "`rrule` needs `start`, `end` and `duration`";
    let needed = |member, value: Option<i64>| value.ok_or(Error::new(member, Problem::Missing(REASON)));
    let window = Period::between(needed("start", request.start)?, needed("end", request.end)?)?;
    let duration = needed("duration", request.duration)?;

    let starts = occurrences(rule.parse()?, window, time_zone)?;
    let periods = starts.into_iter().map(|start| Period::lasting(start, duration));
    let periods = periods.collect::<Result<Vec<_>, _>>()?;
    let overlap = periods.array_windows().find(|[first, second]| second.start < first.end);
    if let Some([first, second]) = overlap {
        let (first, second) = (first.start, second.start);
        return Err(Error::new("duration", Problem::Overlap { first, second }));
    }
    Ok(periods)
}

/// The starts of the occurrences within `window`, its end included, in chronological order and without duplicates.
fn occurrences(rule: Rule, window: Period, time_zone: TimeZone) -> Result<Vec<i64>, Error> {
    let start = time_zone.wall_clock(window.start);
    let fraction = i64::from(start.and_utc().timestamp_subsec_millis());
    let last = match rule.until.and_then(|until| last_moment(until, time_zone)) {
        Some(until) => until.min(window.end),
        None => window.end,
    };
    let most = rule
        .count
        .map_or(usize::MAX, |count| usize::try_from(count.get()).unwrap_or(usize::MAX));

    let mut starts = Vec::new();
    for local in wall_clock_occurrences(rule, window, start, time_zone)? {
        let Some(instant) = time_zone.instant(local).map(|instant| instant + fraction) else {
            continue;
        };
        if instant > last || starts.len() == most {
            break;
        }
        // Two wall clock times can be one moment where a zone left out a whole day (Apia, 30 December 2011).
        if instant < window.start || starts.last() == Some(&instant) {
            continue;
        }
        if starts.len() == MAX_OCCURRENCES {
            return Err(Error::new("rrule", Problem::TooManyOccurrences));
        }
        starts.push(instant);
    }
    if starts.is_empty() {
        return Err(Error::new("rrule", Problem::NoOccurrence));
    }
    Ok(starts)
}

/// The occurrences as the agent's clock and calendar show them, from some time before the window on.
///
/// The crate `rrule` could do this in a time zone, but then it leaves out occurrences on days on which the clock is changed at midnight
/// (Havana, Beirut, formerly São Paulo). So it is given wall clock times that it takes for UTC, and the time zone is applied to what
/// comes out. `limit` makes it give up after 100,000 periods without an occurrence, some 20 milliseconds, such as those of 30 February; an
/// occurrence that far away would be after the year 9999.
fn wall_clock_occurrences(
    rule: Rule,
    window: Period,
    start: NaiveDateTime,
    time_zone: TimeZone,
) -> Result<impl Iterator<Item = NaiveDateTime>, Error> {
    let time = wall_clock_time(rule.time, window.start, time_zone);
    let mut pattern = rule
        .pattern
        .by_hour(vec![small(time.hour())])
        .by_minute(vec![small(time.minute())]);
    if pattern.get_by_second().is_empty() {
        pattern = pattern.by_second(vec![small(start.second())]);
    }
    if pattern.get_freq() == Frequency::Weekly && pattern.get_by_weekday().is_empty() {
        pattern = pattern.by_weekday(vec![NWeekday::Every(start.weekday())]);
    }
    let begin = first_day(&pattern, start.date())
        .and_time(NaiveTime::MIN)
        .and_utc()
        .with_timezone(&rrule::Tz::UTC);
    let pattern = pattern
        .validate(begin)
        .map_err(|error| Error::rule(error.to_string()))?;
    let rules = RRuleSet::new(begin).limit().rrule(pattern);
    Ok(rules.into_iter().map(|date| date.naive_utc()))
}

/// What the agent's clock shows at `time` UTC on the UTC date of `start`.
fn wall_clock_time(time: NaiveTime, start: i64, time_zone: TimeZone) -> NaiveTime {
    let date = TimeZone::default().wall_clock(start).date();
    time_zone
        .wall_clock(date.and_time(time).and_utc().timestamp_millis())
        .time()
}

/// Where the crate is to begin: the day of `start`, so that INTERVAL counts from there, but for weekly rules the whole week. The crate
/// begins a week in its middle otherwise, and BYSETPOS would count the days that are left of it.
fn first_day(pattern: &RRule<Unvalidated>, start: NaiveDate) -> NaiveDate {
    match pattern.get_freq() {
        Frequency::Weekly => first_of_week(start, pattern.get_week_start()),
        _ => start,
    }
}

fn first_of_week(date: NaiveDate, week_start: Weekday) -> NaiveDate {
    let days = date.weekday().days_since(week_start);
    date.checked_sub_days(Days::new(days.into())).unwrap_or(date)
}

/// The last millisecond that UNTIL includes.
fn last_moment(until: Until, time_zone: TimeZone) -> Option<i64> {
    const REST_OF_SECOND: i64 = 999;
    match until {
        Until::Utc(time) => Some(time.and_utc().timestamp_millis() + REST_OF_SECOND),
        Until::Local(time) => Some(time_zone.instant(time)? + REST_OF_SECOND),
        Until::Day(date) => Some(time_zone.instant(date.succ_opt()?.and_time(NaiveTime::MIN))? - 1),
    }
}

/// Hours, minutes and seconds are below 60.
fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or_default()
}
