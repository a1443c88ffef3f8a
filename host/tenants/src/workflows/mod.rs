//! Workflows at work: the tenant's definitions, the steps of a workflow, and who makes them when.
//!
//! A step is made on what the event and the workflow are at some moment, on a thread made for waiting, and then committed on the
//! condition that both are still so. Its effect and the workflow's next state are one transaction: after a crash the step is made
//! again, or it has been made. Files that a step has stored stay if it is committed, and go otherwise.
//!
//! Does not belong here: what operations do and which state follows which (`lectern-workflows`).

mod definitions;
pub(crate) mod listing;
mod runner;
mod step;

pub(crate) use definitions::{Definitions, faults};
use listing::is_visible;
pub(crate) use runner::Wake;
pub use runner::WorkflowLimits;

use lectern_data::model::{Change, Error, Principal, Processing};
use lectern_data::recording;
use lectern_workflows::Definition;
use std::collections::{BTreeMap, BTreeSet};

/// What an upload is processed with if the workflow that it names does not exist.
const DEFAULT: &str = "schedule-and-upload";

/// Fills in what the tenant's definitions say about the workflows that are started. A definition that the user may not see does not
/// exist for them; a recording that waits for one is refused.
pub(crate) fn resolve(
    changes: &mut [Change],
    principal: &Principal,
    definitions: impl Fn() -> Known,
) -> Result<(), Error> {
    let mut created = BTreeSet::new();
    for change in changes {
        match change {
            Change::Create {
                collection, identifier, ..
            } if collection == "events" => {
                created.insert(identifier.clone());
            }
            Change::Schedule {
                processing: Some(processing),
                ..
            }
            | Change::SetProcessing { processing, .. } => refuse_hidden(processing, principal, &definitions())?,
            Change::StartWorkflow {
                event,
                processing,
                definition,
                ..
            } => {
                let known = definitions();
                let visible = |name: &str| {
                    let named = known.get(name)?;
                    is_visible(named, principal).then_some(named)
                };
                let default = || visible(DEFAULT).filter(|_| created.contains(event));
                *definition = visible(&processing.workflow).or_else(default).map(Definition::start);
            }
            Change::ReportRecording {
                state,
                definitions: for_recording,
                ..
            } if state.as_deref() == Some(recording::UPLOADED) => {
                *for_recording = definitions().values().map(Definition::start).collect();
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whoever records does so long after the user has chosen the workflow, and under another name.
fn refuse_hidden(processing: &Processing, principal: &Principal, known: &Known) -> Result<(), Error> {
    match known.get(&processing.workflow) {
        Some(definition) if !is_visible(definition, principal) => Err(Error::invalid(
            "processing/workflow",
            format!(
                "The workflow {:?} is for those with one of its roles: choose another one.",
                processing.workflow
            ),
        )),
        _ => Ok(()),
    }
}

/// Definitions by identifier.
pub(crate) type Known = std::sync::Arc<BTreeMap<String, Definition>>;
