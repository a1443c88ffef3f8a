//! `/api/series/{id}/metadata`, and the update of all catalogs at once.

use lectern_handler::metadata::{
    CatalogInput, Changes, Form, Layout, SERIES, parse_catalogs, parse_entries, parse_flavor,
};
use lectern_handler::{Context, Problem, Response};

use crate::named;
use crate::shown::FIELDS;

pub fn read(context: Context) -> Result<Response, Problem> {
    let found = named(&context).find(&context, FIELDS, false)?;
    let wanted = context.query().first("type").filter(|flavor| !flavor.trim().is_empty());
    let layout = Layout::new(&SERIES, FIELDS, Form::Own);
    let mut text = Vec::new();
    match wanted.map(|flavor| parse_flavor(&flavor)) {
        None => layout.write_catalogs(found.values(), false, &mut text),
        Some(Some(flavor)) if flavor == SERIES.flavor => layout.write_fields(found.values(), false, &mut text),
        Some(_) => return Err(no_such_catalog(&context)),
    }
    Ok(found.respond(&context, || {
        Response::new(200).with_body(context.version.media_type(), text)
    }))
}

pub fn update(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let entries = parse_entries("metadata", form.required("metadata")?)?;
    let series = named(&context);
    let flavor = wanted_flavor(&context)?;
    if flavor != SERIES.flavor {
        return Err(series.if_found(&context, no_such_catalog(&context)));
    }
    let metadata = Changes::of(&SERIES, &entries, 404).map_err(|problem| series.if_found(&context, problem))?;
    series.write(&context, &metadata, |_| {})?;
    catalogs(&context)
}

/// `PUT /api/series/{id}`: like [`update`], for a list of catalogs. Fields without content are left alone.
pub fn update_all(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let mut inputs = parse_catalogs("metadata", form.required("metadata")?)?;
    for input in &mut inputs {
        input.entries.retain(|entry| !entry.value.is_null());
    }
    let series = named(&context);
    let metadata = main_catalog(&inputs, 400).map_err(|problem| series.if_found(&context, problem))?;
    series.write(&context, &metadata, |_| {})?;
    catalogs(&context)
}

pub fn delete(context: Context) -> Result<Response, Problem> {
    if wanted_flavor(&context)? == SERIES.flavor {
        return Err(Problem::new(
            403,
            "The main metadata catalog 'dublincore/series' cannot be deleted.",
        ));
    }
    Err(named(&context).if_found(&context, no_such_catalog(&context)))
}

/// The changes that a request makes to the main catalog, which is the only one.
pub fn main_catalog(inputs: &[CatalogInput], unknown: u16) -> Result<Changes<'static>, Problem> {
    if let Some(input) = inputs.iter().find(|input| input.flavor != SERIES.flavor) {
        return Err(
            Problem::bad_request(format!("There is no metadata catalog with flavor '{}'.", input.flavor))
                .at_body(format!("{}/flavor", input.pointer)),
        );
    }
    let entries: Vec<_> = inputs.iter().flat_map(|input| input.entries.iter().cloned()).collect();
    Changes::of(&SERIES, &entries, unknown)
}

/// The catalogs of the series as they are now.
fn catalogs(context: &Context) -> Result<Response, Problem> {
    let found = named(context).find(context, FIELDS, false)?;
    let mut text = Vec::new();
    Layout::new(&SERIES, FIELDS, Form::Own).write_catalogs(found.values(), false, &mut text);
    Ok(Response::new(200).with_body(context.version.media_type(), text))
}

/// The `type` that says which catalog is meant.
fn wanted_flavor(context: &Context) -> Result<String, Problem> {
    let text = context.query().first("type").unwrap_or_default();
    parse_flavor(&text).ok_or_else(|| {
        Problem::bad_request(format!(
            "The parameter 'type' must be a flavor like 'dublincore/series', not '{text}'."
        ))
        .at_parameter("type")
    })
}

fn no_such_catalog(context: &Context) -> Problem {
    Problem::not_found(format!(
        "The series with id '{}' has no metadata catalog of this type.",
        context.path("id")
    ))
    .at_parameter("type")
}
