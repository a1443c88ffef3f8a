//! `POST /api/events`

use lectern_handler::api::{Assignment, Transaction, Value, assign};
use lectern_handler::creation::Creation;
use lectern_handler::form::is_multipart;
use lectern_handler::metadata::EPISODE;
use lectern_handler::{Context, Problem, Response};

use crate::EVENTS;
use crate::metadata::METADATA;
use crate::parts::{self, File, Parts};
use crate::scheduling::{self, Recordings};

pub fn create(mut context: Context) -> Result<Response, Problem> {
    if !is_multipart(context.request.header("content-type")) {
        return Err(Problem::new(415, "The body must be 'multipart/form-data'.").at_header("content-type"));
    }
    // Whoever got here may create events; whether this one can be, its other parts will say.
    let Parts { form, files } = parts::read(&mut context, |_| Ok(()))?;
    for part in ["metadata", "acl", "processing"] {
        form.required(part)?;
    }
    let inputs = parts::metadata(&form)?;
    let catalogs = METADATA.catalogs_of(&context, &inputs)?;
    let metadata = catalogs.changes(&inputs, 400)?;
    if inputs.iter().all(|input| input.flavor != EPISODE.flavor) {
        return Err(Problem::bad_request(
            "The form field 'metadata' needs a catalog with flavor 'dublincore/episode'.",
        )
        .at_body("metadata"));
    }
    let acl = parts::acl(&form)?;
    let processing = parts::processing(&form)?;
    let scheduling = scheduling::part(&form, context.version)?;
    let mut fields = metadata.clone().for_new()?;
    fill_up(&mut fields, context.session.now());
    if let Some(scheduling) = &scheduling {
        let recordings = Recordings {
            scheduling,
            fields: &fields,
            acl: acl.as_deref(),
            processing: processing.as_ref(),
        };
        let tracks = |transaction: &dyn Transaction, events: &[String]| add_tracks(transaction, events, files);
        return recordings.create(&context, &form, tracks, |error| metadata.refused(error));
    }
    let creation = Creation {
        collection: EVENTS,
        path: "/events",
        identifier: None,
        fields: &fields,
        acl: acl.as_deref(),
    };
    let others = |transaction: &dyn Transaction, event: &str| {
        parts::add_tracks(transaction, event, files, false);
        // Last, as nothing is added to an event that is being processed.
        if let Some(processing) = &processing {
            transaction.start_workflow(event, processing);
        }
    };
    creation.commit(&context, &form, others, |error, _| metadata.refused(error))
}

/// Files are those of one recording.
fn add_tracks(transaction: &dyn Transaction, events: &[String], files: Vec<File>) -> Result<(), Problem> {
    match events {
        _ if files.is_empty() => {}
        [event] => parts::add_tracks(transaction, event, files, false),
        _ => {
            let message = "Files can only be given to one recording, and 'scheduling' asks for several.";
            return Err(Problem::bad_request(message).at_body("scheduling"));
        }
    }
    Ok(())
}

/// An event without a start starts now, and has no length until its media are known.
fn fill_up(fields: &mut Vec<Assignment>, now: i64) {
    let is_set = |fields: &[Assignment], name: &str| fields.iter().any(|assignment| assignment.field == name);
    if !is_set(fields, "start") {
        // To the second, like every other point in time that a client can filter by.
        let now = now - now.rem_euclid(1000);
        fields.push(assign("start", Value::Number(now)));
        fields.push(assign("created", Value::Number(now)));
    }
    if !is_set(fields, "duration") {
        fields.push(assign("duration", Value::Number(0)));
    }
}
