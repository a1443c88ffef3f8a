//! `/api/series/{id}/properties`: texts by name, for whatever an application wants to remember about a series.

use lectern_handler::api::{Value, assign};
use lectern_handler::form::read_json;
use lectern_handler::row::Row;
use lectern_handler::{Context, Problem, Response};
use serde_json::{Map, Value as Json};

use crate::{SERIES, named};

/// The field that holds them.
const PROPERTIES: &str = "properties";

pub fn read(context: Context) -> Result<Response, Problem> {
    let found = named(&context).find(&context, &[PROPERTIES], false)?;
    Ok(found.respond(&context, || {
        let document = match Row(found.values()).text(0) {
            "" => "{}",
            document => document,
        };
        Response::new(200).with_body(context.version.media_type(), document.as_bytes().to_vec())
    }))
}

pub fn update(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let text = form.required(PROPERTIES)?;
    let properties = Json::Object(parse(text)?).to_string();
    let series = named(&context);
    series.change(&context, |transaction| {
        let properties = assign(PROPERTIES, Value::Document(properties.clone()));
        transaction.update(SERIES, series.identifier, &[properties]);
    })?;
    // What was sent, to the letter, like the access list.
    Ok(Response::new(200).with_body(context.version.media_type(), text.as_bytes().to_vec()))
}

/// Everything becomes text, but nothing is not a text.
fn parse(text: &str) -> Result<Map<String, Json>, Problem> {
    let Json::Object(mut properties) = read_json(PROPERTIES, text)? else {
        return Err(Problem::bad_request(
            "The form field 'properties' must be an object of texts, such as {\"live\": \"true\"}.",
        )
        .at_body(PROPERTIES));
    };
    for (name, value) in &mut properties {
        if name.is_empty() {
            return Err(Problem::bad_request("A property needs a name.").at_body(PROPERTIES));
        }
        match value {
            Json::String(_) => {}
            Json::Null => {
                return Err(Problem::bad_request(format!("The property '{name}' needs a text."))
                    .at_body(format!("{PROPERTIES}/{name}")));
            }
            other => *other = Json::String(other.to_string()),
        }
    }
    Ok(properties)
}
