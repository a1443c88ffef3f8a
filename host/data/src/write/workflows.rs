//! Workflows: starting them, and what they do to their event, one transaction for each step.

use super::content::{Content, check_length};
use super::media::keep_files;
use super::target::Target;
use super::{Work, next_sequence, objects};
use crate::access::WRITE;
use crate::collection::EVENTS;
use crate::media::Publication;
use crate::model::{Advance, Error, Processing, Reason, Session};
use crate::sql::{Failure, Param, Sql, SqlError};
use crate::workflow::{Definition, State, Workflow, workflow};
use std::collections::{BTreeMap, BTreeSet};

/// How many values a configuration may have, and how long all of them may be together, in bytes.
const VALUES: usize = 1000;
const BYTES: usize = 1 << 20;

/// The states in which there is one, for SQL.
const ACTIVE: &str = "('INSTANTIATED', 'RUNNING', 'PAUSED', 'FAILING')";

/// Refuses a change that must not happen while the event is being processed, except to the system itself and to the transaction that
/// has created the event: nobody else can be at work on it.
pub fn refuse_if_active(work: &Work<'_>, event: &Target) -> Result<(), Error> {
    let is_free = !event.collection.has_series() || work.session.is_system() || work.created_events.contains(&event.id);
    if is_free || !is_active(work, event)? {
        return Ok(());
    }
    Err(Workflow::refusal(&event.identifier))
}

/// Whether a workflow is active on an event: its state is the event's.
fn is_active(work: &Work<'_>, event: &Target) -> Result<bool, SqlError> {
    let statement = format!("SELECT 1 FROM event WHERE id = ? AND processing_state IN {ACTIVE}");
    Ok(work.number(&statement, &[Param::Integer(event.id)])?.is_some())
}

/// Starts a workflow on an event.
pub fn start(
    work: &mut Work<'_>,
    event: &Target,
    processing: &Processing,
    definition: Option<&Definition>,
) -> Result<(), Error> {
    let Some(definition) = definition else {
        let message = format!("There is no workflow definition {:?}.", processing.workflow);
        return Err(Error::new(Reason::Missing, "workflow", message));
    };
    // Not even the system runs two at once.
    if is_active(work, event)? {
        return Err(Workflow::refusal(&event.identifier));
    }
    let configuration = configuration(processing)?;
    work.sql.execute(
        "INSERT INTO workflow (event_id, sequence, created_ms, state, definition, title, description, creator, configuration, \
         operations) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            Param::Integer(event.id),
            Param::Integer(work.sequence),
            Param::Integer(work.now_ms),
            Param::Text(State::Instantiated.as_str()),
            Param::Text(&definition.identifier),
            Param::Text(&definition.title),
            Param::Text(&definition.description),
            Param::Text(&work.session.principal.username),
            Param::Text(&serde_json::json!(configuration).to_string()),
            Param::Text(&serde_json::json!(definition.operations).to_string()),
        ],
    )?;
    let mut content = Content::default();
    put_state(&mut content, State::Instantiated);
    objects::store(work, event, content, false)
}

fn configuration(processing: &Processing) -> Result<BTreeMap<&str, &str>, Error> {
    let pairs = &processing.configuration;
    let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
    if pairs.len() > VALUES || bytes > BYTES {
        let message = format!("The configuration of a workflow has at most {VALUES} values and 1 MiB.");
        return Err(Error::invalid("configuration", message));
    }
    Ok(pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect())
}

/// Takes a workflow one step further, together with what the step does to the event. `changed` if somebody has changed the workflow
/// meanwhile, `missing` if it is gone.
pub fn advance(work: &mut Work<'_>, advance: &Advance) -> Result<(), Error> {
    if !work.session.is_system() {
        return Err(Error::fault("only the system itself does what a workflow says"));
    }
    let missing = || Error::new(Reason::Missing, "workflow", "The workflow is gone.");
    let mut found = workflow(work.sql, advance.workflow)?.ok_or_else(missing)?;
    if found.sequence != advance.sequence || !found.state.is_due() {
        return Err(Error::new(
            Reason::Changed,
            "workflow",
            "The workflow has been changed.",
        ));
    }
    let event = Target::find(work.sql, work.session, &EVENTS, &found.event, WRITE)?;
    if advance.deletes_event {
        return objects::delete(work, &event);
    }
    found.state = advance.state;
    found.configuration.clone_from(&advance.configuration);
    found.operations.clone_from(&advance.operations);
    store(work.sql, &found, work.sequence, work.now_ms)?;
    let mut content = Content::default();
    put_state(&mut content, advance.state);
    for (field, document) in [("media", &advance.media), ("publications", &advance.publications)] {
        check_length(field, document.as_ref().map_or(0, String::len) as u64)?;
    }
    if let Some(media) = &advance.media {
        content.put("media", if media == "[]" { String::new() } else { media.clone() });
    }
    if let Some(publications) = &advance.publications {
        put_publications(&mut content, publications)?;
    }
    if let Some(duration) = advance.duration {
        content.put_number("duration_ms", duration);
    }
    let has_effect = advance.media.is_some() || advance.publications.is_some() || advance.duration.is_some();
    objects::store(work, &event, content, has_effect)?;
    if advance.media.is_some() || advance.publications.is_some() {
        keep_files(work.sql, event.id)?;
    }
    Ok(())
}

/// What follows from the publications is kept beside them, so that lists need not look into them.
fn put_publications(content: &mut Content, json: &str) -> Result<(), Error> {
    let publications: Vec<Publication> = serde_json::from_str(json)
        .map_err(|error| Error::fault(format!("publications that cannot be read back: {error}")))?;
    let channels: Vec<&str> = publications
        .iter()
        .map(|publication| publication.channel.as_str())
        .collect();
    let is_preview = |flavor: &str| flavor.split_once('/').is_some_and(|(_, subtype)| subtype == "preview");
    let has_previews = publications
        .iter()
        .flat_map(|publication| publication.elements())
        .any(|element| is_preview(&element.flavor));
    content.put_number("has_previews", i64::from(has_previews));
    content.put(
        "publication_status",
        if channels.is_empty() {
            String::new()
        } else {
            serde_json::json!(channels).to_string()
        },
    );
    content.put(
        "publications",
        if publications.is_empty() {
            String::new()
        } else {
            json.to_owned()
        },
    );
    Ok(())
}

fn put_state(content: &mut Content, state: State) {
    content.put("processing_state", state.as_str().to_owned());
    content.put("status", state.status().to_owned());
    content.searched = true;
}

/// Stores a workflow that the operator has changed, in a commit of its own number, and its event's state with it.
pub fn store_workflow(sql: &dyn Sql, workflow: &Workflow, now_ms: i64) -> Result<(), SqlError> {
    let session = Session::default();
    let mut work = Work {
        sql,
        session: &session,
        now_ms,
        sequence: next_sequence(sql)?,
        counts: super::Counts::default(),
        texts: super::Texts::default(),
        created_events: BTreeSet::new(),
    };
    store(sql, workflow, work.sequence, now_ms)?;
    let mut content = Content::default();
    put_state(&mut content, workflow.state);
    let stored = Target::look_up(sql, &EVENTS, &workflow.event).and_then(|event| match event {
        Some(event) => objects::store(&mut work, &event, content, false),
        None => Ok(()),
    });
    stored.map_err(|error| SqlError {
        failure: Failure::Other,
        message: error.message,
    })?;
    work.texts.store(sql)
}

fn store(sql: &dyn Sql, workflow: &Workflow, sequence: i64, now_ms: i64) -> Result<(), SqlError> {
    let completed = if workflow.state.is_active() {
        Param::Null
    } else {
        Param::Integer(now_ms)
    };
    sql.execute(
        "UPDATE workflow SET sequence = ?, completed_ms = ?, state = ?, configuration = ?, operations = ? WHERE id = ?",
        &[
            Param::Integer(sequence),
            completed,
            Param::Text(workflow.state.as_str()),
            Param::Text(&serde_json::json!(workflow.configuration).to_string()),
            Param::Text(&serde_json::json!(workflow.operations).to_string()),
            Param::Integer(workflow.id),
        ],
    )?;
    Ok(())
}
