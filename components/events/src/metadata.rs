//! `/api/events/{id}/metadata`

use lectern_handler::metadata::{Changes, EPISODE, Form, Layout, parse_entries, parse_flavor};
use lectern_handler::{Context, Problem, Response};

use crate::named;
use crate::shown::{self, FIELDS};

pub fn read(context: Context) -> Result<Response, Problem> {
    let found = named(&context).find(&context, FIELDS, false)?;
    let layout = Layout::new(&EPISODE, FIELDS, Form::Own);
    let is_locked = shown::is_locked(found.values());
    let mut text = Vec::new();
    if context
        .query()
        .first("type")
        .is_none_or(|flavor| flavor.trim().is_empty())
    {
        layout.write_catalogs(found.values(), is_locked, &mut text);
    } else if wanted_flavor(&context)? == EPISODE.flavor {
        layout.write_fields(found.values(), is_locked, &mut text);
    } else {
        return Err(no_such_catalog(&context));
    }
    Ok(found.respond(&context, || {
        Response::new(200).with_body(context.version.media_type(), text)
    }))
}

pub fn update(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let entries = parse_entries("metadata", form.required("metadata")?)?;
    let flavor = wanted_flavor(&context)?;
    let event = named(&context);
    if flavor != EPISODE.flavor {
        return Err(event.if_found(&context, no_such_catalog(&context)));
    }
    let metadata = Changes::of(&EPISODE, &entries, 404).map_err(|problem| event.if_found(&context, problem))?;
    event.write(&context, &metadata, |_| {})?;
    Ok(Response::no_content())
}

pub fn delete(context: Context) -> Result<Response, Problem> {
    named(&context).find(&context, &[], false)?;
    if wanted_flavor(&context)? == EPISODE.flavor {
        return Err(Problem::new(
            403,
            "The main metadata catalog 'dublincore/episode' cannot be deleted.",
        ));
    }
    Err(no_such_catalog(&context))
}

/// The `type` that says which catalog is meant.
fn wanted_flavor(context: &Context) -> Result<String, Problem> {
    let text = context.query().first("type").unwrap_or_default();
    parse_flavor(&text).ok_or_else(|| {
        Problem::bad_request(format!(
            "The parameter 'type' must be a flavor like 'dublincore/episode', not '{text}'."
        ))
        .at_parameter("type")
    })
}

fn no_such_catalog(context: &Context) -> Problem {
    Problem::not_found(format!(
        "The event with id '{}' has no metadata catalog of this type.",
        context.path("id")
    ))
    .at_parameter("type")
}
