//! Workflows: starting them, and what they do to their event, one transaction for each step.

use super::content::Content;
use super::media::{self, Document, keep_files};
use super::objects::PROCESSED;
use super::small::{self, Assigned};
use super::target::Target;
use super::{Work, next_sequence, objects};
use crate::access::WRITE;
use crate::collection::EVENTS;
use crate::collection::small::WORKFLOWS;
use crate::media::{Publication, Shown};
use crate::model::{Advance, Assignment, Error, Processing, Reason, Session};
use crate::recording::{self, SCHEDULED};
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
    identifier: Option<i64>,
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
    let configuration = serde_json::json!(remember(work, event, processing)?).to_string();
    let started = work.sql.execute(
        "INSERT INTO workflow (id, event_id, sequence, created_ms, state, definition, title, description, creator, configuration, \
         operations) VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            identifier.map_or(Param::Null, Param::Integer),
            Param::Integer(event.id),
            Param::Integer(work.sequence),
            Param::Integer(work.now_ms),
            Param::Text(State::Instantiated.as_str()),
            Param::Text(&definition.identifier),
            Param::Text(&definition.title),
            Param::Text(&definition.description),
            Param::Text(&work.session.principal.username),
            Param::Text(&configuration),
            Param::Text(&serde_json::json!(definition.operations).to_string()),
        ],
    );
    match started {
        // Somebody who works on the same file has started one meanwhile.
        Err(error) if error.failure == Failure::Constraint && identifier.is_some() => {
            return Err(Error::new(
                Reason::Busy,
                "workflow",
                "The workflow could not be given a number. Try again.",
            ));
        }
        started => started?,
    };
    let mut content = Content::default();
    put_state(&mut content, State::Instantiated);
    objects::store(work, event, content, false)
}

/// What a workflow is configured with: what earlier workflows of the event were given, and what this one is given, which counts more.
/// The event remembers both.
fn remember(work: &Work<'_>, event: &Target, processing: &Processing) -> Result<BTreeMap<String, String>, Error> {
    let mut configuration: BTreeMap<String, String> = BTreeMap::new();
    let statement = "SELECT workflow_parameters FROM event WHERE id = ?";
    work.sql.query(statement, &[Param::Integer(event.id)], &mut |row| {
        // Only this function writes it.
        let remembered = row.column(0).text().and_then(|json| serde_json::from_str(json).ok());
        configuration = remembered.unwrap_or_default();
        Ok(())
    })?;
    configuration.extend(processing.configuration.iter().cloned());
    check_configuration(&configuration)?;
    if !processing.configuration.is_empty() {
        let json = serde_json::json!(configuration).to_string();
        let params = [Param::Text(&json), Param::Integer(event.id)];
        work.sql
            .execute("UPDATE event SET workflow_parameters = ? WHERE id = ?", &params)?;
    }
    Ok(configuration)
}

fn check_configuration(configuration: &BTreeMap<String, String>) -> Result<(), Error> {
    let bytes: usize = configuration.iter().map(|(name, value)| name.len() + value.len()).sum();
    if configuration.len() > VALUES || bytes > BYTES {
        let message = format!("The configuration of a workflow has at most {VALUES} values and 1 MiB.");
        return Err(Error::invalid("configuration", message));
    }
    Ok(())
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
    if let Some(json) = &advance.media {
        media::store(work.sql, event.id, Document::Media, json)?;
    }
    if let Some(json) = &advance.publications {
        let publications = put_publications(&mut content, json)?;
        media::store(work.sql, event.id, Document::Publications, json)?;
        Shown::of(&found.event, &publications).store(work.sql, event.id)?;
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
fn put_publications(content: &mut Content, json: &str) -> Result<Vec<Publication>, Error> {
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
    Ok(publications)
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
    follow(&mut work, &workflow.event).map_err(|error| SqlError {
        failure: Failure::Other,
        message: error.message,
    })?;
    work.texts.store(sql)
}

/// Changes a workflow for somebody who wants it: the configuration as a whole, and the state.
pub fn update(work: &mut Work<'_>, identifier: &str, fields: &[Assignment]) -> Result<(), Error> {
    let before = writable(work, identifier)?;
    let mut found = before.clone();
    let assigned = Assigned::new(&WORKFLOWS, fields)?;
    if let Some(json) = assigned.text("configuration") {
        found.configuration = match json {
            "" => BTreeMap::new(),
            json => serde_json::from_str(json).map_err(|_| {
                let message = "The configuration of a workflow is a JSON object of texts.";
                Error::invalid("configuration", message)
            })?,
        };
        check_configuration(&found.configuration)?;
    }
    if let Some(name) = assigned.text("state") {
        let wanted = State::of(name)
            .ok_or_else(|| Error::invalid("state", format!("There is no state {name:?} of workflows.")))?;
        let was_active = found.state.is_active();
        found.change_state(wanted, work.now_ms)?;
        if found.state.is_active() && !was_active && has_active(work, &found.event)? {
            return Err(Workflow::refusal(&found.event));
        }
    }
    // What is being done goes on if nothing changes.
    if found == before {
        return Ok(());
    }
    store(work.sql, &found, work.sequence, work.now_ms)?;
    follow(work, &found.event)
}

/// Deletes a workflow that has ended.
pub fn delete(work: &mut Work<'_>, identifier: &str) -> Result<(), Error> {
    let found = writable(work, identifier)?;
    if found.state.is_active() {
        let message = "Cannot delete workflow instance in this workflow state";
        return Err(Error::new(Reason::Conflict, "state", message));
    }
    work.sql
        .execute("DELETE FROM workflow WHERE id = ?", &[Param::Integer(found.id)])?;
    follow(work, &found.event)
}

/// The workflow, if the session may change it.
fn writable(work: &Work<'_>, identifier: &str) -> Result<Workflow, Error> {
    let item = small::Object::writable(work.sql, work.session, &WORKFLOWS, identifier)?;
    let found = match item.identifier.parse() {
        Ok(id) => workflow(work.sql, id)?,
        Err(_) => None,
    };
    found.ok_or_else(|| Error::fault(format!("the workflow {identifier:?} cannot be read")))
}

/// Whether a workflow of an event is active.
fn has_active(work: &Work<'_>, event: &str) -> Result<bool, SqlError> {
    let statement = format!(
        "SELECT 1 FROM workflow AS w JOIN event AS o ON o.id = w.event_id WHERE o.identifier = ? AND w.state IN {ACTIVE}"
    );
    Ok(work.number(&statement, &[Param::Text(event)])?.is_some())
}

/// Gives an event the state of the workflow that is active on it, or else of the last one. Without any it is as it was before the first.
fn follow(work: &mut Work<'_>, identifier: &str) -> Result<(), Error> {
    let Some(event) = Target::look_up(work.sql, &EVENTS, identifier)? else {
        return Ok(());
    };
    let mut state = None;
    let statement =
        format!("SELECT state FROM workflow WHERE event_id = ? ORDER BY state IN {ACTIVE} DESC, id DESC LIMIT 1");
    work.sql.query(&statement, &[Param::Integer(event.id)], &mut |row| {
        state = row.column(0).text().and_then(State::of);
        Ok(())
    })?;
    let mut content = Content::default();
    match state {
        Some(state) => put_state(&mut content, state),
        None => {
            let mut status = PROCESSED;
            let scheduled = "SELECT recording_state FROM event WHERE id = ? AND agent_id IS NOT NULL";
            work.sql.query(scheduled, &[Param::Integer(event.id)], &mut |row| {
                status = row.column(0).text().and_then(recording::status).unwrap_or(SCHEDULED);
                Ok(())
            })?;
            content.put("processing_state", String::new());
            content.put("status", status.to_owned());
            content.searched = true;
        }
    }
    objects::store(work, &event, content, false)
}

fn store(sql: &dyn Sql, workflow: &Workflow, sequence: i64, now_ms: i64) -> Result<(), SqlError> {
    let completed = if workflow.state.is_active() {
        Param::Null
    } else {
        Param::Integer(workflow.completed.unwrap_or(now_ms))
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
