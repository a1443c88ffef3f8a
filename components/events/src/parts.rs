//! The parts of the multipart bodies that create and update events.

use lectern_handler::acl::{self, Allow};
use lectern_handler::api::{Acl, Processing};
use lectern_handler::form::multipart::Multipart;
use lectern_handler::form::{Form, read_json};
use lectern_handler::metadata::{CatalogInput, parse_catalogs};
use lectern_handler::{Context, Problem};
use serde_json::Value;

/// The parts that are media files.
const FILES: [&str; 3] = ["presenter", "presentation", "audio"];

/// Reads the text parts of the body. A file without a name is what browsers send for an empty input; a file under a name
/// that is not known is ignored like any unknown field.
pub fn read(context: &mut Context) -> Result<Form, Problem> {
    let content_type = context.request.header("content-type").unwrap_or_default().to_owned();
    let body = std::mem::replace(&mut context.request.body, Box::new(std::io::empty()));
    let mut parts = Multipart::new(&content_type, body)?;
    let mut form = Form::default();
    while let Some(mut part) = parts.part()? {
        match part.file_name().map(str::trim) {
            None => form.add(&mut part)?,
            Some("") => {}
            Some(_) if FILES.contains(&part.name()) => return Err(not_supported(part.name())),
            Some(_) => {}
        }
    }
    Ok(form)
}

/// The part means something that this server does not do. Better than to take it and do nothing.
fn not_supported(part: &str) -> Problem {
    Problem::bad_request(format!("This server does not take the part '{part}'.")).at_body(part)
}

/// New content of metadata catalogs; none if the part is missing.
pub fn metadata(form: &Form) -> Result<Vec<CatalogInput>, Problem> {
    let text = form.filled("metadata");
    text.map_or(Ok(Vec::new()), |text| parse_catalogs("metadata", text))
}

/// The access list, whose entries always allow here.
pub fn acl(form: &Form) -> Result<Option<Acl>, Problem> {
    form.filled("acl")
        .map(|text| acl::parse("acl", text, Allow::Forced))
        .transpose()
}

/// The processing instructions.
pub fn processing(form: &Form) -> Result<Option<Processing>, Problem> {
    let Some(text) = form.filled("processing") else {
        return Ok(None);
    };
    let bad = |message: &str, member: &str| Err(Problem::bad_request(message).at_body(format!("processing{member}")));
    let Value::Object(processing) = read_json("processing", text)? else {
        return bad("The form field 'processing' must be an object with a 'workflow'.", "");
    };
    let workflow = match processing.get("workflow") {
        Some(Value::String(workflow)) if !workflow.trim().is_empty() => workflow.trim().to_owned(),
        _ => {
            return bad(
                "The form field 'processing' needs a 'workflow' that is text.",
                "/workflow",
            );
        }
    };
    let configuration = match processing.get("configuration") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(members)) => members
            .iter()
            .map(|(name, value)| (name.clone(), plain(value)))
            .collect(),
        Some(_) => {
            return bad(
                "The 'configuration' of 'processing' must be an object.",
                "/configuration",
            );
        }
    };
    Ok(Some(Processing {
        workflow,
        configuration,
    }))
}

/// A value as text: everything that is not text already becomes its JSON, and null becomes nothing.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
