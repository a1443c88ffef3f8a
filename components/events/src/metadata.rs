//! `/api/events/{id}/metadata`

use lectern_handler::metadata::{EPISODE, Metadata, Wanted};
use lectern_handler::{Context, Problem, Response};

use crate::shown::{FIELDS, is_locked};
use crate::{EVENTS, named};

/// The metadata of events.
pub const METADATA: Metadata = Metadata {
    collection: EVENTS,
    main: &EPISODE,
    fields: FIELDS,
    is_locked,
};

pub fn read(context: Context) -> Result<Response, Problem> {
    let event = named(&context);
    match Wanted::of(&context) {
        Wanted::All => METADATA.show_all(&context, event),
        Wanted::One(flavor) => METADATA.show(&context, event, &flavor),
        Wanted::Nonsense(problem) => Err(event.if_found(&context, problem)),
    }
}

pub fn update(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    METADATA.update(&context, named(&context), form.required("metadata")?)?;
    Ok(Response::no_content())
}

pub fn delete(context: Context) -> Result<Response, Problem> {
    let event = named(&context);
    let refused = |problem| event.if_found(&context, problem);
    let flavor = Wanted::one(&context).map_err(refused)?;
    if flavor == EPISODE.flavor {
        return Err(refused(METADATA.must_stay()));
    }
    METADATA.delete(&context, event, &flavor)?;
    Ok(Response::no_content())
}
