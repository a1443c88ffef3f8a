//! When and where events are recorded: the part `scheduling` of creations and updates, and `/api/events/{id}/scheduling`.

use lectern_handler::api::{AccessEntry, Assignment, Error, Processing, Transaction};
use lectern_handler::creation::{created_several, once};
use lectern_handler::date::Written;
use lectern_handler::form::{Form, read_json};
use lectern_handler::row::{Row, column};
use lectern_handler::{Context, Problem, Response, Version};
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::named;
use crate::shown::FIELDS;

/// The name of the form field.
const FIELD: &str = "scheduling";

/// The events that a `scheduling` object asks for.
pub struct Recordings<'a> {
    /// The object, see [`part`].
    pub scheduling: &'a str,
    pub fields: &'a [Assignment],
    pub acl: Option<&'a [AccessEntry]>,
    pub processing: Option<&'a Processing>,
}

impl Recordings<'_> {
    /// Creates the events, together with `others` that are to happen to them. One is answered like any other creation, several with
    /// a list of their identifiers.
    pub fn create(
        self,
        context: &Context,
        form: &Form,
        others: impl FnOnce(&dyn Transaction, &[String]) -> Result<(), Problem>,
        refused: impl Fn(Error) -> Problem,
    ) -> Result<Response, Problem> {
        let create = |transaction: &dyn Transaction| {
            let identifiers = transaction
                .schedule(self.fields, self.acl, self.scheduling, self.processing)
                .map_err(&refused)?;
            others(transaction, &identifiers)?;
            let response = match identifiers.as_slice() {
                [identifier] => context.created("/events", identifier),
                identifiers => created_several(context, identifiers),
            };
            Ok((response, ()))
        };
        once(context, form, create, |error, ()| refused(error))
    }
}

/// The part of a form, as JSON that everybody can read; none if there is none. Version 1.0.0 does not know it.
pub fn part(form: &Form, version: Version) -> Result<Option<String>, Problem> {
    if version < Version::V1_1 {
        return Ok(None);
    }
    form.filled(FIELD).map(object).transpose()
}

/// What is in the object is the host's to judge.
fn object(text: &str) -> Result<String, Problem> {
    match read_json(FIELD, text)? {
        object @ Value::Object(_) => Ok(object.to_string()),
        _ => Err(Problem::bad_request("The form field 'scheduling' must be an object.").at_body(FIELD)),
    }
}

pub fn read(context: Context) -> Result<Response, Problem> {
    let found = named(&context).find(&context, FIELDS, false)?;
    Ok(match Scheduling::of(Row(found.values())) {
        Some(scheduling) => found.respond(&context, || Response::json(200, context.version, &scheduling)),
        None => Response::no_content(),
    })
}

pub fn replace(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let event = named(&context);
    let scheduling = form
        .required(FIELD)
        .and_then(object)
        .map_err(|problem| event.if_found(&context, problem))?;
    let allow_conflict = context.version >= Version::V1_2 && form.flag("allowConflict");
    event.change(&context, |transaction| {
        transaction.reschedule(event.identifier, &scheduling, allow_conflict);
    })?;
    Ok(Response::no_content())
}

/// When and where an event is recorded; empty for an event that was never scheduled.
#[derive(Default, Serialize, ToSchema)]
pub struct Scheduling<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ca24")]
    agent_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    start: Option<Exact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    end: Option<Exact>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    #[schema(value_type = Vec<String>, required = false)]
    inputs: &'a [String],
}

impl<'a> Scheduling<'a> {
    /// The scheduling of an event with these values of [`FIELDS`]; none if it was never scheduled.
    pub fn of(row: Row<'a>) -> Option<Scheduling<'a>> {
        let agent = row.text(const { column(FIELDS, "agent_id") });
        (!agent.is_empty()).then(|| Scheduling {
            agent_id: Some(agent),
            start: row.number(const { column(FIELDS, "technical_start") }).map(Exact),
            end: row.number(const { column(FIELDS, "technical_end") }).map(Exact),
            inputs: row.texts(const { column(FIELDS, "inputs") }),
        })
    }
}

/// When and where an event is to be recorded; see docs/fields.md for what the host makes of it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only the shape is of interest")]
pub struct SchedulingInput {
    /// The capture agent.
    #[schema(required = false, example = "ca24")]
    agent_id: String,
    #[schema(required = false, example = "2018-03-27T16:00:00Z")]
    start: String,
    #[schema(required = false, example = "2018-03-27T19:00:00Z")]
    end: String,
    /// Inputs of the agent.
    #[schema(required = false, example = json!(["default"]))]
    inputs: Vec<String>,
    /// A recurrence rule (RFC 5545), in the time zone of the agent; then `duration` says how long each recording is.
    #[schema(required = false, example = "FREQ=WEEKLY;BYDAY=MO;BYHOUR=14;BYMINUTE=0")]
    rrule: String,
    /// In milliseconds.
    #[schema(required = false, example = 3600000)]
    duration: i64,
}

/// An event that occupies a capture agent.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only the shape is of interest")]
pub struct Conflict {
    #[schema(example = "2018-03-27T16:00:00Z")]
    start: String,
    #[schema(example = "2018-03-27T19:00:00Z")]
    end: String,
    /// Empty if the user may not read the event.
    title: String,
}

/// A point in time with milliseconds if it has any, which only scheduling shows.
struct Exact(i64);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Exact(at) = *self;
        let written = if at % 1000 == 0 {
            Written::Second(at)
        } else {
            Written::Millisecond(at)
        };
        written.serialize(serializer)
    }
}
