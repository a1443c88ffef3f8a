//! `/api/events/{id}/metadata`

use lectern_handler::metadata::{Changes, EPISODE, Form, Shown, parse_entries, parse_flavor};
use lectern_handler::{Context, Problem, Response};

use crate::named;
use crate::shown::{self, FIELDS};

pub fn read(context: Context) -> Result<Response, Problem> {
    let found = named(&context).find(&context, FIELDS, false)?;
    let layout = shown::catalog();
    let fields = shown::fields(&layout, found.values(), Form::Own);
    if context
        .query()
        .first("type")
        .is_none_or(|flavor| flavor.trim().is_empty())
    {
        return Ok(found.respond(&context, || Response::json(200, context.version, &[Shown { fields }])));
    }
    if wanted_flavor(&context)? != EPISODE.flavor {
        return Err(no_such_catalog(&context));
    }
    Ok(found.respond(&context, || Response::json(200, context.version, &fields)))
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
