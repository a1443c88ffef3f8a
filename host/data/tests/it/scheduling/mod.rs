//! Scheduling: what becomes of a `scheduling` object, who may change it, and that no agent records two things at once.

mod changes;
mod conflicts;
mod objects;
mod recordings;

use crate::support::*;
use lectern_data::identity::{self, Agent};
use lectern_data::model::*;
use lectern_data::scheduling;
use serde_json::{Value as Json, json};
use std::cell::Cell;

/// 2019-05-20T16:00:00Z.
const MONDAY: i64 = 1_558_368_000_000;
const HOUR: i64 = 3_600_000;

/// A tenant with two agents.
fn tenant() -> Tenant {
    let tenant = Tenant::new();
    for (name, timezone) in [("hall", "Europe/Zurich"), ("lab", "")] {
        // The store may hold what the command line does not accept.
        tenant.sql(&format!(
            "INSERT INTO capture_agent (name, timezone, inputs) VALUES ('{name}', '{timezone}', '')"
        ));
    }
    tenant
}

fn recordings(tenant: &Tenant, scheduling: &Json, title: &str) -> Result<Schedule, Error> {
    thread_local!(static MADE: Cell<u32> = const { Cell::new(0) });
    let identifier = || {
        MADE.set(MADE.get() + 1);
        format!("made-{}", MADE.get())
    };
    scheduling::recordings(&tenant.connection, &scheduling.to_string(), title, identifier)
}

/// Schedules what an object asks for, readable for the role A, and gives the identifiers.
fn schedule(
    tenant: &Tenant,
    session: &Session,
    scheduling: &Json,
    fields: &[Assignment],
) -> Result<Vec<String>, Error> {
    let schedule = recordings(tenant, scheduling, "Analysis")?;
    let made = schedule.recordings.iter().map(|recording| recording.identifier.clone());
    let made = made.collect();
    let change = Change::Schedule {
        schedule,
        fields: [&[text("title", "Analysis")], fields].concat(),
        acl: Some(acl(&["A read", "A write", "B read"])),
        processing: Some(Processing {
            workflow: "fast".to_owned(),
            configuration: vec![("publish".to_owned(), "true".to_owned())],
        }),
    };
    tenant.try_write(session, &[change]).map(|_| made)
}

/// One hour from `start` on.
fn an_hour(agent: &str, start: i64) -> Json {
    json!({ "agent_id": agent, "start": lectern_scheduling::format_instant(start), "duration": HOUR })
}

fn one(tenant: &Tenant, scheduling: &Json) -> String {
    schedule(tenant, &admin(), scheduling, &[]).unwrap().remove(0)
}

fn reschedule(event: &str, scheduling: &Json) -> Change {
    Change::Reschedule {
        event: event.to_owned(),
        scheduling: scheduling.to_string(),
        allow_conflict: false,
    }
}

fn allowing_conflicts(change: Change) -> Change {
    match change {
        Change::Reschedule { event, scheduling, .. } => Change::Reschedule {
            event,
            scheduling,
            allow_conflict: true,
        },
        other => other,
    }
}

fn set_processing(event: &str, workflow: &str) -> Change {
    Change::SetProcessing {
        event: event.to_owned(),
        processing: Processing {
            workflow: workflow.to_owned(),
            configuration: Vec::new(),
        },
    }
}

fn values(tenant: &Tenant, event: &str, fields: &[&str]) -> Vec<Value> {
    tenant.get(&admin(), "events", event, fields).unwrap().0.values
}

fn text_of(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn period(tenant: &Tenant, event: &str) -> [i64; 2] {
    let values = values(tenant, event, &["technical_start", "technical_end"]);
    [0, 1].map(|column| match values[column] {
        Value::Number(number) => number,
        ref other => panic!("{other:?}"),
    })
}

fn titles(error: &Error) -> Vec<String> {
    let document: Json = serde_json::from_str(&error.document).unwrap();
    let events = document.as_array().unwrap().iter();
    events
        .map(|event| event["title"].as_str().unwrap().to_owned())
        .collect()
}
