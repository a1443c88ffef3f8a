//! `POST /api/events/{id}/track`: adds one file to an event, or puts it in the place of others.

use lectern_handler::form::is_multipart;
use lectern_handler::metadata::parse_flavor;
use lectern_handler::{Context, Problem, Response};

use crate::{named, parts};

/// The part that is the file.
const TRACK: &str = "track";

pub fn add(mut context: Context) -> Result<Response, Problem> {
    if !is_multipart(context.request.header("content-type")) {
        return Err(Problem::new(415, "The body must be 'multipart/form-data'.").at_header("content-type"));
    }
    named(&context).require_write(&context)?;
    let mut file = None;
    let form = parts::read_parts(&mut context, |context, part| {
        if part.name() != TRACK {
            return Ok(());
        }
        if file.is_some() {
            return Err(Problem::bad_request("There must be one file 'track', not several.").at_body(TRACK));
        }
        file = Some(parts::store(context, part)?);
        Ok(())
    })?;
    let file =
        file.ok_or_else(|| Problem::bad_request("The file 'track' is missing or has no name.").at_body(TRACK))?;
    let text = form.required("flavor")?;
    let flavor = parse_flavor(text).ok_or_else(|| {
        Problem::bad_request(format!(
            "The form field 'flavor' must be a flavor like 'presenter/source', not '{text}'."
        ))
        .at_body("flavor")
    })?;
    let tags: Vec<String> = form
        .get("tags")
        .unwrap_or_default()
        .split(',')
        .map(|tag| tag.trim().to_owned())
        .filter(|tag| !tag.is_empty())
        .collect();
    let event = named(&context);
    event.change_once(&context, &form, Response::new(200), |transaction| {
        transaction.add_track(event.identifier, &flavor, &tags, file, form.flag("overwriteExisting"));
    })
}
