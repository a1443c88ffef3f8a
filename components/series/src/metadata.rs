//! `/api/series/{id}/metadata`, and the update of all catalogs at once.

use lectern_handler::metadata::{Metadata, SERIES, Wanted, no_such_catalog, parse_catalogs};
use lectern_handler::{Context, Problem, Response};

use crate::named;
use crate::shown::FIELDS;

/// The metadata of series, which are never processed.
pub const METADATA: Metadata = Metadata {
    collection: crate::SERIES,
    main: &SERIES,
    fields: FIELDS,
    is_locked: |_| false,
};

pub fn read(context: Context) -> Result<Response, Problem> {
    let series = named(&context);
    match Wanted::of(&context) {
        Wanted::All => METADATA.show_all(&context, series),
        Wanted::One(flavor) => METADATA.show(&context, series, &flavor),
        Wanted::Nonsense(_) => Err(series.if_found(&context, no_such_catalog(series))),
    }
}

pub fn update(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    METADATA.update(&context, named(&context), form.required("metadata")?)?;
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
    let known = METADATA.catalogs_of(&context, &inputs)?;
    let changes = known
        .changes(&inputs, 400)
        .map_err(|problem| series.if_found(&context, problem))?;
    series.write(&context, &changes, |_| {})?;
    catalogs(&context)
}

pub fn delete(context: Context) -> Result<Response, Problem> {
    let flavor = Wanted::one(&context)?;
    if flavor == SERIES.flavor {
        return Err(METADATA.must_stay());
    }
    METADATA.delete(&context, named(&context), &flavor)?;
    Ok(Response::no_content())
}

/// The catalogs of the series as they are now.
fn catalogs(context: &Context) -> Result<Response, Problem> {
    let (_, text) = METADATA.all(context, named(context))?;
    Ok(Response::new(200).with_body(context.version.media_type(), text))
}
