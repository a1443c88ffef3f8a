//! `POST /api/series`

use lectern_handler::acl::{self, Allow};
use lectern_handler::api::{Reason, assign_text};
use lectern_handler::metadata::parse_catalogs;
use lectern_handler::{Context, Problem, Response};

use crate::SERIES;

pub fn create(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let catalogs = parse_catalogs("metadata", form.required("metadata")?)?;
    let mut metadata = crate::metadata::main_catalog(&catalogs, 400)?;
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
        fields.push(assign_text("theme", parse_theme(theme)?));
    }
    let transaction = context.session.begin();
    let identifier = transaction.create(SERIES, identifier.as_deref(), &fields, Some(&acl));
    transaction.commit().map_err(|error| match error.reason {
        Reason::Conflict => taken(&identifier),
        _ => metadata.refused(error),
    })?;
    Ok(context.created("/series", &identifier))
}

/// The number of a theme. The documents show it in quotes.
fn parse_theme(text: &str) -> Result<String, Problem> {
    let number = text.trim().trim_matches('"').trim();
    match number.parse::<i64>() {
        Ok(number) => Ok(number.to_string()),
        Err(_) => {
            Err(Problem::bad_request(format!("The theme must be a whole number, not '{number}'.")).at_body("theme"))
        }
    }
}

fn taken(identifier: &str) -> Problem {
    Problem::new(409, format!("There already is a series with id '{identifier}'.")).at_body("metadata")
}
