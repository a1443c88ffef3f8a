//! `POST /api/events/{id}`: several parts of an event at once, all or nothing. Files take the place of the tracks of their flavor.

use lectern_handler::api::Transaction;
use lectern_handler::form::is_multipart;
use lectern_handler::{Context, Problem, Response};

use crate::metadata::METADATA;
use crate::parts::{self, Parts};
use crate::{EVENTS, named, scheduling};

pub fn update(mut context: Context) -> Result<Response, Problem> {
    let parts = read(&mut context);
    // Whatever is wrong with the body, an event that is not there is the first thing to say.
    parts
        .and_then(|parts| apply(&context, parts))
        .map_err(|problem| match problem.status {
            400 | 404 => named(&context).if_found(&context, problem),
            _ => problem,
        })?;
    Ok(Response::no_content())
}

fn read(context: &mut Context) -> Result<Parts, Problem> {
    if !is_multipart(context.request.header("content-type")) {
        return Err(Problem::bad_request("The body must be 'multipart/form-data'.").at_header("content-type"));
    }
    parts::read(context, |context| named(context).require_write(context))
}

fn apply(context: &Context, parts: Parts) -> Result<(), Problem> {
    let Parts { form, files } = parts;
    let form = &form;
    let event = named(context);
    let inputs = parts::metadata(form)?;
    let catalogs = METADATA.catalogs_of(context, &inputs)?;
    // Not a 400: clients know it so.
    let metadata = catalogs.changes(&inputs, 404)?;
    let acl = parts::acl(form)?;
    let processing = parts::processing(form)?;
    let scheduling = scheduling::part(form, context.version)?;
    let others = |transaction: &dyn Transaction| {
        if let Some(processing) = &processing {
            transaction.set_processing(event.identifier, processing);
        }
        if let Some(scheduling) = &scheduling {
            transaction.reschedule(event.identifier, scheduling, false);
        }
        // Last, as the new list may not allow the other changes.
        if let Some(acl) = &acl {
            transaction.set_acl(EVENTS, event.identifier, Some(acl));
        }
    };
    // Even if nothing changes the event must be there and the client must be allowed to change it.
    let written = if files.is_empty() {
        event.write(context, &metadata, others)
    } else {
        // A file is taken by the first attempt.
        event.write_once(context, &metadata, |transaction| {
            parts::add_tracks(transaction, event.identifier, files, true);
            others(transaction);
        })
    };
    written.map_err(|problem| match problem.status {
        // Clients know it so, while the list alone is refused with 403.
        409 if acl.is_some() && problem.is_about_workflow => Problem::bad_request(problem.message).at_body("acl"),
        _ => problem,
    })
}
