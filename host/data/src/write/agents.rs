//! Capture agents: what they say of themselves.
//!
//! An agent is changed by whoever may act for capture agents. It has been heard of whenever that happens, except where it only says that
//! its state is unknown.

use super::Work;
use super::content::check_plain;
use super::small::{Assigned, Object, taken};
use crate::collection::small::AGENTS;
use crate::identity::{is_agent_name, roles};
use crate::model::{Assignment, Error, Reason, Session};
use crate::sql::{Param, SqlError};
use std::collections::BTreeMap;

/// How long the name of an agent may be, in bytes.
const NAME: usize = 128;

/// The state of an agent that has not said how it is.
const UNKNOWN: &str = "unknown";

/// The states that an agent can be in.
pub const STATES: [&str; 7] = [
    "idle",
    "shutting_down",
    "capturing",
    "uploading",
    UNKNOWN,
    "offline",
    "error",
];

/// The properties of a configuration that say what the agent records from, and where it is.
const DEVICES: &str = "capture.device.names";
const TIMEZONE: &str = "capture.device.timezone";

/// Refuses who may not act for capture agents. `about` is what that would be done to.
pub fn require_agent(session: &Session, about: &str) -> Result<(), Error> {
    let principal = &session.principal;
    let may = principal.administrator || principal.roles.iter().any(|role| role == roles::CAPTURE_AGENT);
    if may {
        return Ok(());
    }
    let message = format!(
        "Only who has the role {} speaks for capture agents.",
        roles::CAPTURE_AGENT
    );
    Err(Error::new(Reason::Denied, about, message))
}

/// Registers an agent.
pub fn create(work: &mut Work<'_>, name: &str, fields: &[Assignment]) -> Result<(), Error> {
    require_agent(work.session, name)?;
    if !is_agent_name(name) || name.len() > NAME {
        let message = format!(
            "{:?} cannot name a capture agent: a name has 1 to {NAME} bytes, no commas or control characters, and no white space around \
             it.",
            name.chars().take(NAME).collect::<String>()
        );
        return Err(Error::invalid("identifier", message));
    }
    let assigned = Assigned::new(&AGENTS, fields)?;
    let exists = "SELECT 1 FROM capture_agent WHERE name = ?";
    if work.number(exists, &[Param::Text(name)])?.is_some() {
        return Err(taken(&AGENTS, name));
    }
    work.sql.execute(
        "INSERT INTO capture_agent (name, timezone, inputs, updated_ms) VALUES (?, 'UTC', '', ?)",
        &[Param::Text(name), Param::Integer(work.now_ms)],
    )?;
    put(work, name, &assigned)
}

/// Takes down what an agent says.
pub fn update(work: &mut Work<'_>, name: &str, fields: &[Assignment]) -> Result<(), Error> {
    require_agent(work.session, name)?;
    Object::writable(work.sql, work.session, &AGENTS, name)?;
    let assigned = Assigned::new(&AGENTS, fields)?;
    put(work, name, &assigned)
}

/// Removes an agent. What it has recorded, and is to record, stays.
pub fn delete(work: &mut Work<'_>, name: &str) -> Result<(), Error> {
    require_agent(work.session, name)?;
    Object::writable(work.sql, work.session, &AGENTS, name)?;
    work.sql
        .execute("DELETE FROM capture_agent WHERE name = ?", &[Param::Text(name)])?;
    Ok(())
}

fn put(work: &Work<'_>, name: &str, assigned: &Assigned<'_>) -> Result<(), Error> {
    let state = assigned.text("state");
    if let Some(state) = state {
        if !STATES.contains(&state) {
            let message = format!("{state:?} is no state of a capture agent, only: {}.", STATES.join(", "));
            return Err(Error::invalid("state", message));
        }
        set(work, name, "state", state)?;
    }
    if let Some(url) = assigned.text("url") {
        check_plain("url", url)?;
        set(work, name, "url", url)?;
    }
    if let Some(configuration) = assigned.text("configuration") {
        let properties: BTreeMap<String, String> = serde_json::from_str(configuration).unwrap_or_default();
        set(
            work,
            name,
            "configuration",
            if configuration.is_empty() { "{}" } else { configuration },
        )?;
        // What the operator has said of an agent counts until the agent says otherwise.
        if let Some(devices) = properties.get(DEVICES) {
            let devices = devices.split(',').map(str::trim);
            let devices: Vec<&str> = devices.filter(|device| is_agent_name(device)).collect();
            set(work, name, "inputs", &devices.join(","))?;
        }
        let timezone = properties.get(TIMEZONE).map(|zone| zone.trim());
        if let Some(timezone) = timezone.filter(|zone| !zone.is_empty() && !zone.contains(char::is_control)) {
            set(work, name, "timezone", timezone)?;
        }
    }
    if state != Some(UNKNOWN) {
        work.sql.execute(
            "UPDATE capture_agent SET updated_ms = ? WHERE name = ?",
            &[Param::Integer(work.now_ms), Param::Text(name)],
        )?;
    }
    Ok(())
}

/// Gives a column new content, if it is new.
fn set(work: &Work<'_>, name: &str, column: &str, text: &str) -> Result<(), SqlError> {
    let statement = format!("UPDATE capture_agent SET {column} = ?1 WHERE name = ?2 AND {column} <> ?1");
    work.sql
        .execute(&statement, &[Param::Text(text), Param::Text(name)])
        .map(drop)
}
