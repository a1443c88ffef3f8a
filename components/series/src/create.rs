//! `POST /api/series`

use lectern_handler::acl::{self, Allow};
use lectern_handler::api::{Assignment, Error, Reason, Value, assign};
use lectern_handler::creation::Creation;
use lectern_handler::metadata::parse_catalogs;
use lectern_handler::{Context, Problem, Response};
use serde_json::json;

use crate::SERIES;
use crate::metadata::METADATA;

pub fn create(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let inputs = parse_catalogs("metadata", form.required("metadata")?)?;
    let catalogs = METADATA.catalogs_of(&context, &inputs)?;
    let mut metadata = catalogs.changes(&inputs, 400)?;
    let identifier = metadata
        .take_choice("identifier")
        .map(|identifier| identifier.trim().to_owned());
    if !metadata.sets("title") {
        return Err(Problem::bad_request("A series needs a title.").at_body("metadata"));
    }
    let acl = match form.filled("acl") {
        Some(text) => acl::parse("acl", text, Allow::Required)?,
        None => Vec::new(),
    };
    let mut fields = metadata.clone().for_new()?;
    if let Some(theme) = form.filled("theme") {
        fields.push(theme_property(theme)?);
    }
    let creation = Creation {
        collection: SERIES,
        path: "/series",
        identifier: identifier.as_deref(),
        fields: &fields,
        acl: Some(&acl),
    };
    let refused = |error: Error, identifier: &str| match error.reason {
        Reason::Conflict => taken(identifier),
        _ => metadata.refused(error),
    };
    creation.commit(&context, &form, |_, _| {}, refused)
}

/// The theme is kept as a property. It is a whole number, which the documents show in quotes.
fn theme_property(text: &str) -> Result<Assignment, Problem> {
    let number = text.trim().trim_matches('"').trim();
    let number: i64 = number.parse().map_err(|_| {
        Problem::bad_request(format!("The theme must be a whole number, not '{number}'.")).at_body("theme")
    })?;
    let document = json!({ "theme": number.to_string() }).to_string();
    Ok(assign("properties", Value::Document(document)))
}

fn taken(identifier: &str) -> Problem {
    Problem::new(409, format!("There already is a series with id '{identifier}'.")).at_body("metadata")
}
