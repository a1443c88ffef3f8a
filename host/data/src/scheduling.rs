//! Scheduling: the recordings that a `scheduling` object asks for, and what occupies a capture agent.
//!
//! What the object means is said in `lectern-scheduling`; here it meets the tenant's agents and events. Does not belong here:
//! writing ([`crate::write`]).

use std::collections::BTreeMap;

use lectern_scheduling::{Period, Request, TimeZone, expand, format_instant, numbered_titles};
use serde_json::json;

use crate::access::{self, READ};
use crate::model::{Error, Principal, Reason, Recording, Schedule};
use crate::sql::{Param, Sql, SqlError};

/// What refusals are about: the form field, before the member at fault.
pub(crate) const SUBJECT: &str = "scheduling";

/// Bytes that the texts of all recordings of one request may have together. A rule with a hundred thousand occurrences multiplies what
/// is said of each.
const TEXTS: usize = 64 << 20;

/// Bytes of a list of conflicting events. What does not fit is left out.
const LISTED: usize = 4 << 20;

/// The recordings that a `scheduling` object (JSON) asks for: one, or the occurrences of its `rrule` in the time zone of its capture agent,
/// which are numbered behind `title`. `identifier` makes the identifiers of their events.
///
/// # Errors
///
/// `invalid` with the member at fault as `scheduling/MEMBER`. Whether the agent is free is seen when the events are created.
pub fn recordings(
    sql: &dyn Sql,
    scheduling: &str,
    title: &str,
    mut identifier: impl FnMut() -> String,
) -> Result<Schedule, Error> {
    let request = parse(scheduling)?;
    let agent = request.agent().map_err(refused)?;
    let name = time_zone(sql, agent)?;
    let time_zone: TimeZone = match request.rrule {
        Some(_) => name.parse().map_err(|_| no_time_zone(agent, &name))?,
        // A single recording is at the same moment everywhere.
        None => TimeZone::default(),
    };
    let periods = expand(&request, time_zone).map_err(refused)?;
    check_size(periods.len(), title.len())?;
    let mut titles = request.rrule.as_ref().map(|_| numbered_titles(title, periods.len()));
    let recordings = periods.iter().map(|period| Recording {
        identifier: identifier(),
        title: titles.as_mut().and_then(Iterator::next),
        start: period.start,
        end: period.end,
    });
    Ok(Schedule {
        agent: agent.to_owned(),
        recordings: recordings.collect(),
        inputs: request.inputs.unwrap_or_default(),
    })
}

/// Refuses recordings whose texts would not fit.
pub(crate) fn check_size(recordings: usize, bytes: usize) -> Result<(), Error> {
    if recordings.saturating_mul(bytes) <= TEXTS {
        return Ok(());
    }
    Err(Error::invalid(
        "scheduling/rrule",
        format!(
            "The texts of {recordings} events with {bytes} bytes each would take more than {} MiB: ask for fewer recordings at a time.",
            TEXTS >> 20
        ),
    ))
}

/// Reads a `scheduling` object.
pub(crate) fn parse(scheduling: &str) -> Result<Request, Error> {
    let value = serde_json::from_str(scheduling)
        .map_err(|error| Error::invalid(SUBJECT, format!("The scheduling object is not JSON: {error}.")))?;
    Request::from_json(&value).map_err(refused)
}

/// A `scheduling` object that cannot be followed, as a refusal.
pub(crate) fn refused(error: lectern_scheduling::Error) -> Error {
    let message = format!("This cannot be scheduled: {error}.");
    match error.member {
        SUBJECT => Error::invalid(SUBJECT, message),
        member => Error::invalid(&format!("{SUBJECT}/{member}"), message),
    }
}

/// The time zone of a capture agent, which must exist.
pub(crate) fn time_zone(sql: &dyn Sql, agent: &str) -> Result<String, Error> {
    let mut time_zone = None;
    sql.query(
        "SELECT timezone FROM capture_agent WHERE name = ?",
        &[Param::Text(agent)],
        &mut |row| {
            time_zone = row.column(0).text().map(str::to_owned);
            Ok(())
        },
    )?;
    time_zone.ok_or_else(|| {
        Error::invalid(
            "scheduling/agent_id",
            format!("This cannot be scheduled: `agent_id` names no capture agent, there is no {agent:?}."),
        )
    })
}

fn no_time_zone(agent: &str, time_zone: &str) -> Error {
    Error::invalid(
        "scheduling/agent_id",
        format!(
            "This cannot be scheduled: `agent_id` names a capture agent with the time zone {time_zone:?}, which the IANA database does not \
             have. The administrator of {agent:?} can set another one."
        ),
    )
}

/// An event that occupies a capture agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Booking {
    start: i64,
    end: i64,
    /// The event's row.
    id: i64,
}

/// Refuses periods, chronological and without overlap, at which other events than `except` (a row) occupy the agent.
///
/// The refusal lists these events. One that the user may not read has no title there: when the agent is busy is no secret, as anybody
/// who may schedule can find it out.
pub(crate) fn check_free(
    sql: &dyn Sql,
    principal: &Principal,
    agent: &str,
    periods: &[Period],
    except: Option<i64>,
) -> Result<(), Error> {
    let mut bookings = conflicts(sql, agent, periods, except)?;
    if bookings.is_empty() {
        return Ok(());
    }
    bookings.sort_unstable();
    let message = match bookings.as_slice() {
        [_] => format!("The capture agent {agent:?} is occupied by another event at this time."),
        several => format!(
            "The capture agent {agent:?} is occupied by {} other events at this time.",
            several.len()
        ),
    };
    Err(Error {
        document: list(sql, principal, &bookings)?,
        ..Error::new(Reason::Conflict, SUBJECT, message)
    })
}

fn conflicts(sql: &dyn Sql, agent: &str, periods: &[Period], except: Option<i64>) -> Result<Vec<Booking>, SqlError> {
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else {
        return Ok(Vec::new());
    };
    let mut bookings = Vec::new();
    sql.query(
        "SELECT technical_start_ms, technical_end_ms, id FROM event INDEXED BY event_booking \
         WHERE agent_id = ? AND technical_end_ms > ? AND technical_start_ms < ? AND id <> ?",
        &[
            Param::Text(agent),
            Param::Integer(first.start),
            Param::Integer(last.end),
            // Rows count from 1.
            Param::Integer(except.unwrap_or_default()),
        ],
        &mut |row| {
            let number = |column| row.column(column).integer();
            if let (Some(start), Some(end), Some(id)) = (number(0), number(1), number(2)) {
                bookings.push(Booking { start, end, id });
            }
            Ok(())
        },
    )?;
    let period = |booking: &Booking| Period {
        start: booking.start,
        end: booking.end,
    };
    Ok(lectern_scheduling::conflicts(periods, bookings, period).collect())
}

/// The events as JSON: `[{"start", "end", "title"}, …]`.
fn list(sql: &dyn Sql, principal: &Principal, bookings: &[Booking]) -> Result<String, Error> {
    let mut readable = BTreeMap::new();
    let mut document = String::from("[");
    for booking in bookings {
        let (title, acl, entries) = shown(sql, booking.id)?;
        let may_read = match readable.get(&acl) {
            Some(known) => *known,
            None => *readable
                .entry(acl)
                .or_insert(access::allows(&access::from_json(&entries)?, principal, READ)),
        };
        let event = json!({
            "start": format_instant(booking.start),
            "end": format_instant(booking.end),
            "title": if may_read { title.as_str() } else { "" },
        });
        let event = event.to_string();
        if document.len() + event.len() > LISTED {
            break;
        }
        if document.len() > 1 {
            document.push(',');
        }
        document.push_str(&event);
    }
    document.push(']');
    Ok(document)
}

/// The title of an event, and its access list: which one, and what it says.
fn shown(sql: &dyn Sql, id: i64) -> Result<(String, i64, String), SqlError> {
    let mut shown = (String::new(), 0, String::from("[]"));
    sql.query(
        "SELECT o.title, l.id, l.entries FROM event AS o CROSS JOIN effective_acl AS a ON a.id = o.effective_acl_id \
         CROSS JOIN acl AS l ON l.id = a.acl_id WHERE o.id = ?",
        &[Param::Integer(id)],
        &mut |row| {
            let text = |column| row.column(column).text().unwrap_or_default().to_owned();
            shown = (text(0), row.column(1).integer().unwrap_or_default(), text(2));
            Ok(())
        },
    )?;
    Ok(shown)
}
