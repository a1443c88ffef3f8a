//! One step of a workflow.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use lectern_data::model::{Advance, Change, Criterion, Error, Query, Reason, Session, StoredFile, Test, Value};
use lectern_data::workflow::Workflow;
use lectern_data::{media::Element, workflow};
use lectern_media::Inspection;
use lectern_workflows::{Effect, Event, Inspected, Outcome, machine, operations};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::Tenant;
use crate::files::Upload;

/// What comes after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Another one.
    Step,
    /// Nothing: the workflow has ended, waits for somebody, or is gone.
    Nothing,
}

/// A step that has been made and is not yet committed.
struct Made {
    session: Arc<Session>,
    changes: Vec<Change>,
    files: Vec<Upload>,
}

/// Takes a workflow one step further. An operation whose effect the data layer refuses has failed: trying again would not help.
pub(super) async fn step(tenant: &Arc<Tenant>, id: i64) -> Result<Next, Error> {
    match attempt(tenant, id, None).await {
        Err(error) if error.reason == Reason::Invalid => attempt(tenant, id, Some(error.message)).await,
        made => made,
    }
}

/// Makes a step and commits it. With a refusal the operation is not run; it has failed for that reason.
async fn attempt(tenant: &Arc<Tenant>, id: i64, refusal: Option<String>) -> Result<Next, Error> {
    let (maker, runtime) = (Arc::clone(tenant), Handle::current());
    let made = spawn_blocking(move || make(&maker, id, refusal, runtime)).await;
    let Some(made) = made.unwrap_or_else(|error| Err(Error::fault(error.to_string())))? else {
        return Ok(Next::Nothing);
    };
    let Made {
        session,
        changes,
        files,
    } = made;
    let keep = move || files.into_iter().for_each(Upload::keep);
    match tenant.commit_then(session, changes, keep).await {
        // Whatever somebody else has changed, it is all looked at again.
        Ok(_) => Ok(Next::Step),
        Err(error) if error.reason == Reason::Changed => Ok(Next::Step),
        Err(error) if error.reason == Reason::Missing => Ok(Next::Nothing),
        Err(error) => Err(error),
    }
}

/// Makes a step; none if there is nothing to do.
fn make(tenant: &Tenant, id: i64, refusal: Option<String>, runtime: Handle) -> Result<Option<Made>, Error> {
    let Some(mut current) = tenant.read(|sql| workflow::workflow(sql, id))? else {
        return Ok(None);
    };
    if !current.state.is_due() {
        return Ok(None);
    }
    let session = tenant.system_session()?;
    let now = tenant.now();
    let Some(operation) = machine::current(&current).cloned() else {
        machine::begin(&mut current, now);
        let changes = vec![advance(&current, "begin", Effect::default())?];
        return Ok(Some(Made {
            session,
            changes,
            files: Vec::new(),
        }));
    };
    let Some(event) = event(tenant, &session, &current.event)? else {
        return Ok(None);
    };
    let mut files = StepFiles {
        tenant,
        runtime,
        uploads: Vec::new(),
    };
    let run = || operations::run(&operation, &current.configuration, &event, &mut files);
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
    let changes = vec![expect, advance(&current, &detail, effect)?];
    Ok(Some(Made {
        session,
        changes,
        files: files.uploads,
    }))
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
fn event(tenant: &Tenant, session: &Session, identifier: &str) -> Result<Option<Event>, Error> {
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
    tenant: &Tenant,
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

/// The tenant's files for one step.
struct StepFiles<'t> {
    tenant: &'t Tenant,
    runtime: Handle,
    uploads: Vec<Upload>,
}

impl lectern_workflows::Files for StepFiles<'_> {
    fn store(&mut self, name: &str, mimetype: &str, content: &[u8]) -> Result<StoredFile, String> {
        let stored = self.runtime.block_on(async {
            let mut upload = self.tenant.upload(name).await?;
            upload.write(content).await?;
            let stored = upload.finish().await?;
            Ok((upload, stored))
        });
        let (upload, stored) = stored.map_err(|error: Error| error.message)?;
        self.uploads.push(upload);
        Ok(StoredFile {
            mimetype: mimetype.to_owned(),
            ..stored
        })
    }

    fn inspect(&self, element: &Element) -> Result<Inspected, String> {
        let inspection = self
            .tenant
            .inspect_file(&element.file, &element.name)
            .map_err(|error| error.to_string())?;
        let mimetype = inspection.mimetype().to_owned();
        let Inspection::Media(media) = inspection else {
            return Ok(Inspected {
                mimetype,
                ..Inspected::default()
            });
        };
        let streams = media.streams.iter().map(serde_json::to_value).collect::<Result<_, _>>();
        Ok(Inspected {
            mimetype,
            duration: media.duration.and_then(|duration| i64::try_from(duration).ok()),
            streams: streams.map_err(|error| error.to_string())?,
        })
    }

    fn new_identifier(&mut self) -> String {
        Uuid::new_v4().to_string()
    }
}
