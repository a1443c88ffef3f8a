//! Recordings: what capture agents say of them, and what follows.

use super::content::Content;
use super::target::Target;
use super::{Work, agents, objects, workflows};
use crate::collection::EVENTS;
use crate::model::{Error, Processing, Reason};
use crate::recording::{self, SCHEDULED, STATES, UPLOADED};
use crate::sql::Param;
use crate::workflow::{self, Definition};
use std::collections::BTreeMap;

/// What is to be done with a recording whose workflow does not exist.
const DEFAULT: &str = "schedule-and-upload";

/// What an event waits for, and whether that may begin.
struct Waiting {
    processing: Option<String>,
    has_media: bool,
    /// The state of its latest workflow.
    workflow: Option<String>,
}

/// Takes down the state of a recording, or forgets it. The event's status follows, unless a workflow has been started on it. When all has
/// arrived, the workflow that the event waits for is started; `definitions` are those of the tenant.
pub fn report(
    work: &mut Work<'_>,
    identifier: &str,
    state: Option<&str>,
    definitions: &[Definition],
) -> Result<(), Error> {
    let missing = || {
        let message = format!("There is no scheduled event {identifier:?}.");
        Error::new(Reason::Missing, identifier, message)
    };
    // Others do not see recordings at all.
    agents::require_agent(work.session, identifier).map_err(|_| missing())?;
    let status = match state {
        None => SCHEDULED,
        Some(state) => recording::status(state).ok_or_else(|| {
            let known: Vec<&str> = STATES.iter().map(|(known, _)| *known).collect();
            Error::invalid(
                "state",
                format!("{state:?} is no state of a recording, only: {}.", known.join(", ")),
            )
        })?,
    };
    let event = Target::look_up(work.sql, &EVENTS, identifier)?.ok_or_else(missing)?;
    let waiting = waiting(work, &event)?.ok_or_else(missing)?;
    work.sql.execute(
        "UPDATE event SET recording_state = ?, recording_ms = ? WHERE id = ?",
        &[
            state.map_or(Param::Null, Param::Text),
            state.map_or(Param::Null, |_| Param::Integer(work.now_ms)),
            Param::Integer(event.id),
        ],
    )?;
    let mut content = Content::default();
    if waiting.workflow.is_none() {
        content.put("status", status.to_owned());
        content.searched = true;
    }
    objects::store(work, &event, content, false)?;
    if state == Some(UPLOADED) {
        process(work, &event, waiting, definitions)?;
    }
    Ok(())
}

/// What an event waits for; none if it is not scheduled.
fn waiting(work: &Work<'_>, event: &Target) -> Result<Option<Waiting>, Error> {
    let mut waiting = None;
    work.sql.query(
        "SELECT e.processing, m.media IS NOT NULL, e.processing_state FROM event AS e LEFT JOIN event_media AS m ON m.id = e.id \
         WHERE e.id = ? AND e.agent_id IS NOT NULL",
        &[Param::Integer(event.id)],
        &mut |row| {
            let text = |column| row.column(column).text().map(str::to_owned);
            waiting = Some(Waiting {
                processing: text(0),
                has_media: row.column(1).integer() == Some(1),
                workflow: text(2),
            });
            Ok(())
        },
    )?;
    Ok(waiting)
}

/// Starts what the event waits for, once: it waits for nothing any more then. Nothing is started on an event without media, because what
/// was recorded has not come here, nor while another workflow is active.
fn process(work: &mut Work<'_>, event: &Target, waiting: Waiting, definitions: &[Definition]) -> Result<(), Error> {
    let is_active = waiting
        .workflow
        .and_then(|state| workflow::State::of(&state))
        .is_some_and(workflow::State::is_active);
    let Some(processing) = waiting.processing.filter(|_| waiting.has_media && !is_active) else {
        return Ok(());
    };
    let processing = parse(&processing)?;
    let named = |name: &str| definitions.iter().find(|definition| definition.identifier == name);
    let definition = named(&processing.workflow).or_else(|| named(DEFAULT));
    workflows::start(work, event, None, &processing, definition)?;
    work.sql.execute(
        "UPDATE event SET processing = NULL WHERE id = ?",
        &[Param::Integer(event.id)],
    )?;
    Ok(())
}

/// What was stored by `bookings`.
fn parse(json: &str) -> Result<Processing, Error> {
    #[derive(serde::Deserialize)]
    struct Stored {
        workflow: String,
        #[serde(default)]
        configuration: BTreeMap<String, String>,
    }
    let stored: Stored = serde_json::from_str(json)
        .map_err(|error| Error::fault(format!("the stored processing of an event is damaged: {error}")))?;
    Ok(Processing {
        workflow: stored.workflow,
        configuration: stored.configuration.into_iter().collect(),
    })
}
