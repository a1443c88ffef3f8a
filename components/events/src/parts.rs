//! The parts of the multipart bodies that create and update events.

use lectern_handler::acl::{self, Allow};
use lectern_handler::api::{Acl, Processing, Transaction, Upload};
use lectern_handler::form::multipart::{Multipart, Part};
use lectern_handler::form::{Form, read_json};
use lectern_handler::metadata::{CatalogInput, parse_catalogs};
use lectern_handler::{Context, Problem};
use serde_json::Value;

/// The parts that are media files, and the flavors of the tracks that they become.
const FILES: [(&str, &str); 3] = [
    ("presenter", "presenter/source"),
    ("presentation", "presentation/source"),
    ("audio", "presenter-audio/source"),
];

/// How many files one request may bring: each is open until all are there.
const FILE_LIMIT: usize = 64;

/// The parts of a body, in any order. The files are on the server's disk and go unless a transaction takes them.
pub struct Parts {
    pub form: Form,
    pub files: Vec<File>,
}

/// A file, and the flavor of the track that it becomes.
pub struct File {
    pub flavor: &'static str,
    pub upload: Box<dyn Upload>,
}

/// Reads the body of a request about the media of an event. `admit` is asked before the first file is read.
pub fn read(context: &mut Context, admit: impl Fn(&Context) -> Result<(), Problem>) -> Result<Parts, Problem> {
    let flavor = |part: &str| {
        FILES
            .iter()
            .find(|(known, _)| *known == part)
            .map(|(_, flavor)| *flavor)
    };
    let mut files = Vec::new();
    let form = read_parts(context, |context, part| {
        if let Some(flavor) = flavor(part.name()) {
            if files.is_empty() {
                admit(context)?;
            }
            check_number(files.len(), part.name())?;
            let upload = store(context, part)?;
            files.push(File { flavor, upload });
        }
        Ok(())
    })?;
    Ok(Parts { form, files })
}

/// Reads the text parts of a body, and hands over the files. A file without a name is what browsers send for an empty input; a
/// file under a name that is not known is ignored like any unknown field.
pub fn read_parts(
    context: &mut Context,
    mut file: impl FnMut(&Context, &mut Part<'_>) -> Result<(), Problem>,
) -> Result<Form, Problem> {
    let content_type = context.request.header("content-type").unwrap_or_default().to_owned();
    let body = std::mem::replace(&mut context.request.body, Box::new(std::io::empty()));
    let mut parts = Multipart::new(&content_type, body)?;
    let mut form = Form::default();
    while let Some(mut part) = parts.part()? {
        match part.file_name().map(str::trim) {
            None => form.add(&mut part)?,
            Some("") => {}
            Some(_) => file(context, &mut part)?,
        }
    }
    Ok(form)
}

/// Has the host store a file as it arrives.
pub fn store(context: &Context, part: &mut Part<'_>) -> Result<Box<dyn Upload>, Problem> {
    let at_part = |error| Problem::from(error).at_body(part.name());
    let upload = context
        .session
        .upload(part.file_name().unwrap_or_default())
        .map_err(at_part)?;
    while let Some(chunk) = part.chunk()? {
        upload
            .write(&chunk)
            .map_err(|error| Problem::from(error).at_body(part.name()))?;
    }
    Ok(upload)
}

/// Adds files to an event as tracks; instead of those of the same flavor that it has, if `replace`.
pub fn add_tracks(transaction: &dyn Transaction, event: &str, files: Vec<File>, replace: bool) {
    let mut known = Vec::new();
    for File { flavor, upload } in files {
        // Several files of one flavor are to stand side by side.
        let is_first = !known.contains(&flavor);
        known.push(flavor);
        transaction.add_track(event, flavor, &[], upload, replace && is_first);
    }
}

fn check_number(files: usize, part: &str) -> Result<(), Problem> {
    if files < FILE_LIMIT {
        return Ok(());
    }
    Err(Problem::bad_request(format!("A request brings at most {FILE_LIMIT} files.")).at_body(part))
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
