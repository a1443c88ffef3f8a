//! The rules of scheduling, each as one sentence.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where an expectation is not met"
)]

mod conflicts;
mod daylight_saving;
mod expansion;
mod properties;
mod request;
mod titles;
mod vectors;

use lectern_scheduling::{Error, Period, Request, TimeZone, expand, format_instant};
use serde_json::{Value, json};

/// Milliseconds of a minute and an hour.
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn parse(scheduling: Value) -> Result<Request, Error> {
    Request::from_json(&scheduling)
}

fn instant(text: &str) -> i64 {
    parse(json!({"start": text})).unwrap().start.unwrap()
}

fn zone(name: &str) -> TimeZone {
    name.parse().unwrap()
}

/// A rule for recordings of one minute.
fn recurring(start: &str, end: &str, rrule: &str) -> Request {
    parse(json!({"start": start, "end": end, "duration": MINUTE, "rrule": rrule})).unwrap()
}

/// The starts of the occurrences as text, or the problem as text.
fn starts(time_zone: &str, start: &str, end: &str, rrule: &str) -> Vec<String> {
    match expand(&recurring(start, end, rrule), zone(time_zone)) {
        Ok(periods) => periods.iter().map(|period| format_instant(period.start)).collect(),
        Err(error) => vec![error.to_string()],
    }
}

fn period(start: i64, end: i64) -> Period {
    Period { start, end }
}
