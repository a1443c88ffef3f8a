//! Bookings: events that occupy a capture agent.

use std::collections::BTreeMap;

use lectern_scheduling::{Period, format_instant};

use super::content::{self, Content};
use super::target::Target;
use super::{NEXT_VERSION, Work, objects};
use crate::collection::{EVENTS, Field};
use crate::model::{Acl, Assignment, Error, Processing, Reason, Recording, Schedule, Value};
use crate::recording::SCHEDULED;
use crate::scheduling::{self, SUBJECT};
use crate::sql::Param;
use crate::text::fold;

/// Creates an event for each recording: the assigned fields, but the agent for a location and the recording's period for a start and a
/// duration. A recording of several is created when it starts.
pub fn schedule(
    work: &mut Work<'_>,
    schedule: &Schedule,
    fields: &[Assignment],
    acl: Option<&Acl>,
    processing: Option<&Processing>,
) -> Result<(), Error> {
    let Schedule {
        agent,
        inputs,
        recordings,
    } = schedule;
    let periods: Vec<Period> = recordings.iter().map(period).collect();
    scheduling::check_free(work.sql, &work.session.principal, agent, &periods, None)?;

    let mut content = objects::new_content(work, &EVENTS, fields)?;
    let effective_acl = objects::complete_event(work, &mut content, acl)?;
    content.put("status", SCHEDULED.to_owned());
    put_agent(&mut content, agent);
    put_inputs(&mut content, inputs)?;
    if let Some(processing) = processing {
        content.put("processing", processing_json(processing)?);
    }
    scheduling::check_size(recordings.len(), content.bytes())?;
    let mut texts: Option<(String, BTreeMap<i64, String>)> = None;
    for recording in recordings {
        objects::put_identifier(work, &EVENTS, &recording.identifier, &mut content)?;
        put_period(&mut content, period(recording));
        if let Some(title) = &recording.title {
            content.put("title", title.clone());
            content.put_number("created_ms", recording.start);
        }
        // Tens of thousands of events that are nearly the same: what they have in common is put together once.
        content.searched = recording.title.is_none();
        let id = objects::insert_event(work, &content, effective_acl)?;
        if recording.title.is_some() {
            let (_, own) = match &mut texts {
                Some(texts) => texts,
                None => {
                    let is_common = |field: &Field| !OWN.contains(&field.name);
                    let common = objects::search_text(work.sql, &EVENTS, id, is_common)?;
                    texts.insert((common, BTreeMap::new()))
                }
            };
            own.insert(id, own_text(recording));
        }
    }
    work.texts.alike.extend(texts);
    Ok(())
}

/// The fields of the search text by which the recordings of one rule differ.
const OWN: [&str; 4] = ["identifier", "title", "created", "start"];

/// The search text of these fields.
fn own_text(recording: &Recording) -> String {
    let Recording {
        identifier,
        title,
        start,
        ..
    } = recording;
    let title = title.as_deref().unwrap_or_default();
    // To the second, as everywhere in search texts.
    let start = format_instant(start / 1000 * 1000);
    fold(&format!("{identifier}\n{title}\n{start}"))
}

/// Changes when and where an event is recorded; its metadata follow. What the object does not name stays as it is.
pub fn reschedule(work: &mut Work<'_>, target: &Target, scheduling: &str, allow_conflict: bool) -> Result<(), Error> {
    let (booked_agent, booked) = booking(work, target)?;
    let request = scheduling::parse(scheduling)?;
    let period = request.changed(booked).map_err(scheduling::refused)?;
    if let Some(agent) = &request.agent_id {
        scheduling::time_zone(work.sql, agent)?;
    }
    let principal = &work.session.principal;
    if !(allow_conflict && principal.administrator) {
        let agent = request.agent_id.as_ref().unwrap_or(&booked_agent);
        scheduling::check_free(work.sql, principal, agent, &[period], Some(target.id))?;
    }
    let mut content = Content::default();
    content.searched = true;
    put_period(&mut content, period);
    if let Some(agent) = &request.agent_id {
        put_agent(&mut content, agent);
    }
    if let Some(inputs) = &request.inputs {
        put_inputs(&mut content, inputs)?;
    }
    objects::assign(work, target, content)
}

/// Replaces what is to be done with a recording. Only before it begins.
pub fn set_processing(work: &mut Work<'_>, target: &Target, processing: &Processing) -> Result<(), Error> {
    let waits = "SELECT 1 FROM event WHERE id = ? AND agent_id IS NOT NULL AND status = ?";
    if work
        .number(waits, &[Param::Integer(target.id), Param::Text(SCHEDULED)])?
        .is_none()
    {
        let message = "The processing of an event can only be changed while it is scheduled and not yet recorded.";
        return Err(Error::invalid("processing", message));
    }
    let processing = processing_json(processing)?;
    let sequence = Param::Integer(work.sequence);
    work.sql.execute(
        &format!("UPDATE event SET processing = ?, {NEXT_VERSION}, sequence = ? WHERE id = ?"),
        &[Param::Text(&processing), sequence, sequence, Param::Integer(target.id)],
    )?;
    Ok(())
}

/// The agent that an event occupies, and when.
fn booking(work: &Work<'_>, target: &Target) -> Result<(String, Period), Error> {
    let mut booking = None;
    work.sql.query(
        "SELECT agent_id, technical_start_ms, technical_end_ms FROM event WHERE id = ?",
        &[Param::Integer(target.id)],
        &mut |row| {
            let agent = row.column(0).text().map(str::to_owned);
            let period = row.column(1).integer().zip(row.column(2).integer());
            booking = agent.zip(period.map(|(start, end)| Period { start, end }));
            Ok(())
        },
    )?;
    booking.ok_or_else(|| {
        let message = format!("The event {:?} is not scheduled.", target.identifier);
        Error::new(Reason::Missing, SUBJECT, message)
    })
}

fn period(recording: &Recording) -> Period {
    Period {
        start: recording.start,
        end: recording.end,
    }
}

fn put_period(content: &mut Content, period: Period) {
    content.put_number("technical_start_ms", period.start);
    content.put_number("technical_end_ms", period.end);
    content.put_number("start_ms", period.start);
    content.put_number("duration_ms", period.end - period.start);
}

fn put_agent(content: &mut Content, agent: &str) {
    content.put("agent_id", agent.to_owned());
    content.put("location", agent.to_owned());
}

fn put_inputs(content: &mut Content, inputs: &[String]) -> Result<(), Error> {
    let put = content.put_field(&EVENTS, "inputs", &Value::Texts(inputs.to_vec()));
    put.map_err(|error| Error::invalid("scheduling/inputs", error.message))
}

/// How the store keeps it: an object of the workflow's identifier and its configuration.
fn processing_json(processing: &Processing) -> Result<String, Error> {
    let configuration: serde_json::Map<String, serde_json::Value> = processing
        .configuration
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    let json = serde_json::json!({ "workflow": processing.workflow, "configuration": configuration }).to_string();
    content::check_length("processing", json.len() as u64)?;
    Ok(json)
}
