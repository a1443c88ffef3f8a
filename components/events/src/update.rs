//! `POST /api/events/{id}`: several parts of an event at once, all or nothing.

use lectern_handler::api::Transaction;
use lectern_handler::form::{Form, is_multipart};
use lectern_handler::{Context, Problem, Response};

use crate::metadata::METADATA;
use crate::{EVENTS, named, parts, scheduling};

pub fn update(mut context: Context) -> Result<Response, Problem> {
    let form = read(&mut context);
    // Whatever is wrong with the body, an event that is not there is the first thing to say.
    form.and_then(|form| apply(&context, &form))
        .map_err(|problem| match problem.status {
            400 | 404 => named(&context).if_found(&context, problem),
            _ => problem,
        })?;
    Ok(Response::no_content())
}

fn read(context: &mut Context) -> Result<Form, Problem> {
    if !is_multipart(context.request.header("content-type")) {
        return Err(Problem::bad_request("The body must be 'multipart/form-data'.").at_header("content-type"));
    }
    parts::read(context)
}

fn apply(context: &Context, form: &Form) -> Result<(), Problem> {
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
    event.write(context, &metadata, others)
}
