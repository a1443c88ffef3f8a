//! What belongs to an event besides metadata: media, publications, scheduling. No request can make any of it yet, so what is
//! read here is what an event without them has.

use lectern_handler::row::{Moment, Row, column};
use lectern_handler::{Context, Problem, Response};
use serde::Serialize;

use crate::named;
use crate::shown::FIELDS;

pub fn media(context: Context) -> Result<Response, Problem> {
    nothing(&context)
}

pub fn publications(context: Context) -> Result<Response, Problem> {
    nothing(&context)
}

pub fn publication(context: Context) -> Result<Response, Problem> {
    let publication = context.path("publication");
    let missing = Problem::not_found(format!("The event has no publication with id '{publication}'."));
    Err(named(&context).if_found(&context, missing))
}

/// An empty list of an event that exists.
fn nothing(context: &Context) -> Result<Response, Problem> {
    named(context).find(context, &[], false)?;
    Ok(Response::json(200, context.version, &[(); 0]))
}

pub fn scheduling(context: Context) -> Result<Response, Problem> {
    let found = named(&context).find(&context, FIELDS, false)?;
    Ok(match Scheduling::of(Row(found.values())) {
        Some(scheduling) => found.respond(&context, || Response::json(200, context.version, &scheduling)),
        None => Response::no_content(),
    })
}

/// When and where an event is recorded; empty for an event that was never scheduled.
#[derive(Default, Serialize)]
pub struct Scheduling<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Moment>,
}

impl<'a> Scheduling<'a> {
    /// The scheduling of an event with these values of [`FIELDS`]; none if it was never scheduled.
    pub fn of(row: Row<'a>) -> Option<Scheduling<'a>> {
        let agent = row.text(const { column(FIELDS, "agent_id") });
        (!agent.is_empty()).then(|| Scheduling {
            agent_id: Some(agent),
            start: Some(Moment(row.number(const { column(FIELDS, "technical_start") }))),
            end: Some(Moment(row.number(const { column(FIELDS, "technical_end") }))),
        })
    }
}
