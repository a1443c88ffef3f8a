//! Workflows at work: the tenant's definitions, the steps of a workflow, and who makes them when.
//!
//! A step is made on what the event and the workflow are at some moment, on a thread made for waiting, and then committed on the
//! condition that both are still so. Its effect and the workflow's next state are one transaction: after a crash the step is made
//! again, or it has been made. Files that a step has stored stay if it is committed, and go otherwise.
//!
//! Does not belong here: what operations do and which state follows which (`lectern-workflows`).

mod definitions;
mod runner;
mod step;

pub(crate) use definitions::Definitions;
pub(crate) use runner::Wake;
pub use runner::WorkflowLimits;

use lectern_data::model::Change;
use lectern_data::recording;
use lectern_workflows::Definition;
use std::collections::{BTreeMap, BTreeSet};

/// What an upload is processed with if the workflow that it names does not exist.
const DEFAULT: &str = "schedule-and-upload";

/// Fills in what the tenant's definitions say about the workflows that are started.
pub(crate) fn resolve(changes: &mut [Change], known: impl Fn() -> Known) {
    let mut created = BTreeSet::new();
    for change in changes {
        match change {
            Change::Create {
                collection, identifier, ..
            } if collection == "events" => {
                created.insert(identifier.clone());
            }
            Change::StartWorkflow {
                event,
                processing,
                definition,
            } => {
                let known = known();
                let default = || known.get(DEFAULT).filter(|_| created.contains(event));
                let named = known.get(&processing.workflow).or_else(default);
                *definition = named.map(Definition::start);
            }
            Change::ReportRecording { state, definitions, .. } if state.as_deref() == Some(recording::UPLOADED) => {
                *definitions = known().values().map(Definition::start).collect();
            }
            _ => {}
        }
    }
}

/// Definitions by identifier.
pub(crate) type Known = std::sync::Arc<BTreeMap<String, Definition>>;
