//! Scheduling: which recordings a `scheduling` object asks for, and which bookings stand in their way.
//!
//! The way of a request: [`Request::from_json`] reads the object, [`expand`] turns it into the periods to record (one, or the
//! occurrences of its `rrule` in the capture agent's time zone), [`numbered_titles`] names them, [`conflicts`] finds what already
//! occupies the agent. [`Request::changed`] is the way of an update. [`format_instant`] writes the dates of the answers.
//!
//! Everything is a pure function over values: no clock, no storage, no state, so that it runs natively and compiled to
//! `wasm32-wasip2`. Points in time are milliseconds since 1970-01-01T00:00:00Z and durations are milliseconds, as in `lectern:api`.
//! They lie in the years 1 to 9999, the ones that ISO 8601 writes with four digits.
//!
//! Does not belong here: SQL, which agents exist, who may book them, HTTP status codes, parsing of JSON text.

mod conflict;
mod error;
mod expansion;
mod period;
mod request;
mod rule;
mod time;
mod title;

pub use conflict::conflicts;
pub use error::{Error, Problem};
pub use expansion::{MAX_OCCURRENCES, expand};
pub use period::Period;
pub use request::Request;
pub use time::{TimeZone, UnknownTimeZone, format_instant};
pub use title::numbered_titles;
