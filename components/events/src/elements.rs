//! What belongs to an event besides metadata and media: publications. No request can make any of it yet, so what is read here is
//! what an event without them has.

use lectern_handler::{Context, Problem, Response};

use crate::named;

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
