//! One step of a workflow: what it changes, given what there is.
//!
//! Does not belong here: committing that, and making the next step.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lectern_data::model::{Advance, Change, Criterion, Error, Page, Query, Reason, Sequence, Session, Test, Value};
use lectern_data::workflow::Workflow;

use crate::{Effect, Event, Files, Known, Outcome, machine, operations};

/// What a step needs to know of its tenant.
pub trait Tenancy {
    /// The tenant's name, for the log.
    fn name(&self) -> &str;

    /// A workflow as it is now.
    fn workflow(&self, id: i64) -> Result<Option<Workflow>, Error>;

    /// Answers a query, see `search.find` of the contract.
    fn find(&self, session: &Session, query: &Query) -> Result<Page, Error>;

    /// The tenant's workflow definitions.
    fn definitions(&self) -> Known;

    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> i64;
}

/// What comes after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Another one.
    Step,
    /// Nothing: the workflow has ended, waits for somebody, or is gone.
    Nothing,
}

impl Next {
    /// What comes after a step whose changes were committed, or not.
    pub fn after(committed: Result<Sequence, Error>) -> Result<Self, Error> {
        match committed {
            // Whatever somebody else has changed, it is all looked at again.
            Ok(_) => Ok(Self::Step),
            Err(error) if error.reason == Reason::Changed => Ok(Self::Step),
            Err(error) if error.reason == Reason::Missing => Ok(Self::Nothing),
            Err(error) => Err(error),
        }
    }
}

/// The changes of a workflow's next step, to be committed by the system's own session; none if there is nothing to do. With a refusal the
/// operation is not run; it has failed for that reason. What the data layer refuses as invalid is to be tried again so, once: an operation
/// whose effect is refused has failed, and trying again would not help.
pub fn step(
    tenant: &impl Tenancy,
    session: &Session,
    files: &mut dyn Files,
    id: i64,
    refusal: Option<String>,
) -> Result<Option<Vec<Change>>, Error> {
    let Some(mut current) = tenant.workflow(id)? else {
        return Ok(None);
    };
    if !current.state.is_due() {
        return Ok(None);
    }
    let now = tenant.now();
    let Some(operation) = machine::current(&current).cloned() else {
        machine::begin(&mut current, now);
        return Ok(Some(vec![advance(&current, "begin", Effect::default())?]));
    };
    let Some(event) = event(tenant, session, &current.event)? else {
        return Ok(None);
    };
    let run = || operations::run(&operation, &current.configuration, &event, files);
    let ended = match refusal {
        Some(reason) => Err(reason),
        None => catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(words(&*panic))),
    };
    let (outcome, effect) = match ended {
        Ok((outcome, effect)) => (Ok(outcome), effect),
        Err(reason) => {
            tracing::warn!(tenant = %tenant.name(), workflow = id, event = ?event.identifier, operation = %operation.operation, ?reason, "an operation failed");
            (Err(reason), Effect::default())
        }
    };
    let detail = format!("{}: {}", operation.operation, ended_as(&outcome));
    current.configuration.extend(effect.configuration.clone());
    let handler = |name: &str| Some(tenant.definitions().get(name)?.operations.clone());
    machine::ended(&mut current, outcome, handler, now);
    let expect = Change::Expect {
        collection: "events".to_owned(),
        identifier: event.identifier.clone(),
        sequence: event.sequence,
    };
    Ok(Some(vec![expect, advance(&current, &detail, effect)?]))
}

fn ended_as(outcome: &Result<Outcome, String>) -> &'static str {
    match outcome {
        Ok(Outcome::Done) => "done",
        Ok(Outcome::Skipped(_)) => "nothing to do",
        Ok(Outcome::Paused) => "paused",
        Err(_) => "failed",
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().copied();
    let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the operation panicked: {}", message.unwrap_or("no message"))
}

fn advance(workflow: &Workflow, detail: &str, effect: Effect) -> Result<Change, Error> {
    let broken = |error: serde_json::Error| Error::fault(error.to_string());
    Ok(Change::AdvanceWorkflow(Box::new(Advance {
        workflow: workflow.id,
        event: workflow.event.clone(),
        detail: detail.to_owned(),
        sequence: workflow.sequence,
        state: workflow.state,
        configuration: workflow.configuration.clone(),
        operations: workflow.operations.clone(),
        media: effect
            .media
            .map(|media| serde_json::to_string(&media))
            .transpose()
            .map_err(broken)?,
        publications: effect
            .publications
            .map(|publications| serde_json::to_string(&publications))
            .transpose()
            .map_err(broken)?,
        duration: effect.duration,
        deletes_event: effect.deletes_event,
    })))
}

/// The event as the step sees it.
fn event(tenant: &impl Tenancy, session: &Session, identifier: &str) -> Result<Option<Event>, Error> {
    let names = [Event::FIELDS, &["media", "publications"]].concat();
    let Some((sequence, mut fields)) = object(tenant, session, "events", identifier, &names)? else {
        return Ok(None);
    };
    let media = document(fields.remove("media"))?;
    let publications = document(fields.remove("publications"))?;
    let series = match fields.get("is_part_of") {
        Some(Value::Text(series)) => object(tenant, session, "series", series, Event::SERIES_FIELDS)?,
        _ => None,
    };
    Ok(Some(Event {
        identifier: identifier.to_owned(),
        sequence,
        fields,
        series: series.map(|(_, fields)| fields),
        media,
        publications,
    }))
}

type Fields = BTreeMap<String, Value>;

fn object(
    tenant: &impl Tenancy,
    session: &Session,
    collection: &str,
    identifier: &str,
    names: &[&str],
) -> Result<Option<(u64, Fields)>, Error> {
    let query = Query {
        collection: collection.to_owned(),
        filters: vec![vec![Criterion {
            field: "identifier".to_owned(),
            test: Test::Equals(vec![identifier.to_owned()]),
        }]],
        limit: 1,
        fields: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Query::default()
    };
    let found = tenant.find(session, &query)?.items.into_iter().next();
    Ok(found.map(|item| (item.sequence, query.fields.into_iter().zip(item.values).collect())))
}

fn document<T: serde::de::DeserializeOwned>(value: Option<Value>) -> Result<Vec<T>, Error> {
    match value {
        Some(Value::Document(json)) => serde_json::from_str(&json)
            .map_err(|error| Error::fault(format!("the media package of an event is damaged: {error}"))),
        _ => Ok(Vec::new()),
    }
}
