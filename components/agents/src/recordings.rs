//! `/capture-admin/recordings`: how far the recordings of scheduled events have come.

use lectern_handler::api::{Query, everything};
use lectern_handler::object::Object;
use lectern_handler::row::{Row, column};
use lectern_handler::{Context, Problem, Response};

use crate::sentence;
use crate::shown::{Format, Node, answer};

/// The collection of scheduled events, as capture agents see it.
pub const RECORDINGS: &str = "recordings";

const FIELDS: &[&str] = &["identifier", "state", "updated"];

const IDENTIFIER: usize = column(FIELDS, "identifier");
const STATE: usize = column(FIELDS, "state");
const UPDATED: usize = column(FIELDS, "updated");

fn recording(identifier: &str) -> Object<'_> {
    Object {
        collection: RECORDINGS,
        noun: "a recording",
        identifier,
    }
}

/// `POST …/{id}`: the recording's `state`.
pub fn set_state(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let state = form.required("state")?.trim();
    let event = context.path("id");
    report(&context, event, Some(state))?;
    Ok(sentence(format!("{event} set to {state}")))
}

/// `DELETE …/{id}`: forgets what was said of a recording. The event stays.
pub fn forget(context: Context) -> Result<Response, Problem> {
    let event = context.path("id");
    report(&context, event, None)?;
    Ok(sentence(format!("{event} removed")))
}

fn report(context: &Context, event: &str, state: Option<&str>) -> Result<(), Problem> {
    let report = |transaction: &dyn lectern_handler::api::Transaction| transaction.report_recording(event, state);
    recording(event).commit(context, report, |error| {
        let is_about_state = error.subject == "state";
        let problem = Problem::from(error);
        if is_about_state {
            problem.at_body("state")
        } else {
            problem
        }
    })
}

/// `GET …/{id}.json` or `.xml`.
pub fn single(context: Context) -> Result<Response, Problem> {
    let segment = context.path("id");
    let (event, format) = Format::of(segment).unwrap_or((segment, Format::Xml));
    let found = recording(event).find(&context, FIELDS, false)?;
    let row = Row(found.values());
    if row.text(STATE).is_empty() {
        return Err(Problem::not_found(format!(
            "Nothing has been said of the recording of the event with id '{event}'."
        )));
    }
    Ok(answer(format, "recording-state-update", &update(&context, row)))
}

/// `GET /capture-admin/recordings`: those that something has been said of.
pub fn list(context: Context) -> Result<Response, Problem> {
    let mut recordings = Vec::new();
    let mut query = everything(RECORDINGS, FIELDS);
    loop {
        let page = context.session.find(&query)?;
        let rows = page.items.iter().map(|item| Row(&item.values));
        recordings.extend(
            rows.filter(|row| !row.text(STATE).is_empty())
                .map(|row| update(&context, row)),
        );
        let Some(next) = page.next else { break };
        query = Query {
            cursor: Some(next),
            ..query
        };
    }
    let recordings = Node::object([("recording-state-update", Node::List(recordings))]);
    Ok(answer(Format::Xml, "recordings", &recordings))
}

/// How a recording is, as Opencast shows it.
fn update(context: &Context, row: Row<'_>) -> Node {
    Node::object([
        ("name", Node::text(row.text(IDENTIFIER))),
        ("state", Node::text(row.text(STATE))),
        (
            "time-since-last-update",
            Node::since(context.session.now(), row.number(UPDATED)),
        ),
    ])
}
