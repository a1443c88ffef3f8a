//! `POST /api/workflows`: starts a workflow on an event.

use lectern_handler::api::{Error, Processing, Reason};
use lectern_handler::creation::once;
use lectern_handler::form::Form;
use lectern_handler::object::Object;
use lectern_handler::{Context, Problem, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::definitions;
use crate::instances::{FIELDS, named, shown};
use crate::operations::configuration;

/// What is remembered of a workflow that was started.
#[derive(Serialize)]
struct Started {
    identifier: u64,
}

pub fn start(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let event = Object {
        collection: "events",
        noun: "an event",
        identifier: required(&form, "event_identifier")?,
    };
    let definition = Object {
        noun: "a workflow definition",
        ..definitions::named(required(&form, "workflow_definition_identifier")?)
    };
    let configuration = match form.filled("configuration").map(configuration) {
        None => Ok(Vec::new()),
        Some(Ok(configuration)) => Ok(configuration.into_iter().collect()),
        Some(Err(problem)) => Err(problem),
    };
    // What is wrong with the event and the definition matters more.
    let configuration = configuration
        .map_err(|problem| event.if_found(&context, problem))
        .map_err(|problem| match problem.status {
            404 => problem,
            _ => definition.if_found(&context, problem),
        })?;
    let processing = Processing {
        workflow: definition.identifier.to_owned(),
        configuration,
    };
    let refused = |error: Error, _| match (error.reason, error.subject.as_str()) {
        (Reason::Missing, "workflow") => definition.missing(),
        (Reason::Missing, _) => event.missing(),
        (Reason::Conflict, "workflow") => active(error.message),
        (Reason::Invalid, "configuration") => Problem::from(error).at_body("configuration"),
        _ => error.into(),
    };
    let response = once(
        &context,
        &form,
        |transaction| {
            let identifier = transaction.start_workflow(event.identifier, &processing);
            let address = format!("{}/workflows/{identifier}", context.api_url());
            let response = Response::json(201, context.version, &Started { identifier });
            Ok((response.with_header("location", address), ()))
        },
        refused,
    )?;
    Ok(described(&context, response))
}

fn required<'f>(form: &'f Form, name: &str) -> Result<&'f str, Problem> {
    let text = form.filled(name).map(str::trim);
    text.ok_or_else(|| Problem::bad_request(format!("Required parameter '{name}' is missing or invalid")).at_body(name))
}

/// Another workflow is active: the only refusal that upstream answers with JSON.
#[derive(Serialize, ToSchema)]
#[schema(as = ActiveWorkflow)]
pub struct Active {
    message: String,
}

fn active(message: String) -> Problem {
    let active = Active { message };
    Problem {
        document: serde_json::to_string(&active).ok(),
        ..Problem::new(409, active.message)
    }
}

/// The answer with the workflow as it is now in the place of what is remembered of it.
fn described(context: &Context, response: Response) -> Response {
    let address = response.header("location").unwrap_or_default();
    let identifier = address.rsplit('/').next().unwrap_or_default();
    match named(identifier).find(context, FIELDS, false) {
        Ok(found) => response
            .headers
            .into_iter()
            // Those that are about the body belong to what is not sent.
            .filter(|(name, _)| !name.starts_with("content-"))
            .fold(shown(context, response.status, &found), |shown, (name, value)| {
                shown.with_header(&name, value)
            }),
        // It has been deleted meanwhile.
        Err(_) => response,
    }
}
