//! `PUT` and `DELETE /api/workflows/{id}`: changes what a workflow does.

use lectern_handler::api::{Error, Reason, Value, assign};
use lectern_handler::{Context, Problem, Response};
use serde_json::json;

use crate::instances::{FIELDS, WORKFLOWS, named, shown};
use crate::operations::configuration;

/// The states, as clients name them.
pub const STATES: [&str; 7] = [
    "instantiated",
    "running",
    "stopped",
    "paused",
    "succeeded",
    "failed",
    "failing",
];

pub fn update(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let workflow = named(context.path("id"));
    workflow.find(&context, &[], false)?;
    let mut assignments = Vec::new();
    if let Some(text) = form.filled("configuration") {
        let document = Value::Document(json!(configuration(text)?).to_string());
        assignments.push(assign("configuration", document));
    }
    if let Some(text) = form.filled("state").map(str::trim) {
        let state = STATES.into_iter().find(|state| state.eq_ignore_ascii_case(text));
        let state =
            state.ok_or_else(|| Problem::bad_request(format!("Invalid workflow state '{text}'")).at_body("state"))?;
        assignments.push(assign("state", Value::Text(state.to_ascii_uppercase())));
    }
    if !assignments.is_empty() {
        workflow.commit(
            &context,
            |transaction| transaction.update(WORKFLOWS, workflow.identifier, &assignments),
            refused,
        )?;
    }
    let found = workflow.find(&context, FIELDS, false)?;
    Ok(found.respond(&context, || shown(&context, 200, &found)))
}

pub fn delete(context: Context) -> Result<Response, Problem> {
    let workflow = named(context.path("id"));
    workflow.commit(
        &context,
        |transaction| transaction.delete(WORKFLOWS, workflow.identifier),
        refused,
    )?;
    Ok(Response::no_content())
}

fn refused(error: Error) -> Problem {
    match (error.reason, error.subject.as_str()) {
        (Reason::Denied, _) => Problem::new(403, "You may see this workflow but not change it."),
        (Reason::Invalid, "configuration" | "state") => {
            let part = error.subject.clone();
            Problem::from(error).at_body(part)
        }
        _ => error.into(),
    }
}
