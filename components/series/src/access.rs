//! `/api/series/{id}/acl`

use lectern_handler::acl::{self, Allow};
use lectern_handler::{Context, Problem, Response, Version};

use crate::{SERIES, named};

pub fn read(context: Context) -> Result<Response, Problem> {
    let found = named(&context).find(&context, &[], true)?;
    Ok(found.respond(&context, || {
        Response::json(200, context.version, &acl::Shown(found.acl()))
    }))
}

pub fn replace(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let text = form.required("acl")?;
    let acl = acl::parse("acl", text, Allow::Required)?;
    let overrides = context.version >= Version::V1_2 && form.flag("override");
    let series = named(&context);
    series.change(&context, |transaction| {
        transaction.set_acl(SERIES, series.identifier, Some(&acl));
        if overrides {
            transaction.override_acls(series.identifier);
        }
    })?;
    // What was sent, to the letter: clients compare.
    Ok(Response::new(200).with_body(context.version.media_type(), text.as_bytes().to_vec()))
}
