//! What starts workflows besides an upload: deleting what is published.

use lectern_handler::api::{Processing, Transaction};
use lectern_handler::object::Found;
use lectern_handler::row::Row;
use lectern_handler::{Context, Problem, Response};
use utoipa::ToSchema;

use crate::{EVENTS, named};

/// The workflow that takes back what is published and then deletes the event.
const DELETE: &str = "delete";

/// The channel of live streams, which end by themselves.
const LIVE: &str = "engage-live";

/// How an event is to be processed.
#[derive(ToSchema)]
#[schema(as = Processing)]
#[allow(dead_code, reason = "only the shape is of interest")]
pub struct ProcessingInput {
    /// The identifier of a workflow definition.
    #[schema(example = "schedule-and-upload")]
    workflow: String,
    /// Texts by name.
    #[schema(required = false, value_type = std::collections::HashMap<String, String>)]
    configuration: (),
}

/// `DELETE /api/events/{id}`: at once, or, if something is published, by a workflow that takes it back first.
pub fn delete(context: Context) -> Result<Response, Problem> {
    let event = named(&context);
    let processing = Processing {
        workflow: DELETE.to_owned(),
        configuration: Vec::new(),
    };
    let delete = |found: &Found, transaction: &dyn Transaction| {
        if is_published(found) {
            transaction.start_workflow(event.identifier, &processing);
        } else {
            transaction.delete(EVENTS, event.identifier);
        }
    };
    let found = event.change_found(&context, &["publication_status"], false, delete, Problem::from)?;
    Ok(Response::new(if is_published(&found) { 202 } else { 204 }))
}

fn is_published(event: &Found) -> bool {
    Row(event.values()).texts(0).iter().any(|channel| channel != LIVE)
}
