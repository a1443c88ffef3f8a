//! What a transaction needs of the definitions before it takes place.
//!
//! Does not belong here: starting workflows, which the data layer does in the transaction.

use crate::listing::is_visible;
use crate::{Definition, Known};
use lectern_data::model::{Change, Error, Principal, Processing};
use lectern_data::recording;
use std::collections::BTreeSet;

/// What an upload is processed with if the workflow that it names does not exist.
const DEFAULT: &str = "schedule-and-upload";

/// Fills in what the tenant's definitions say about the workflows that are started. A definition that the user may not see does not
/// exist for them; a recording that waits for one is refused.
pub fn resolve(changes: &mut [Change], principal: &Principal, definitions: impl Fn() -> Known) -> Result<(), Error> {
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

/// Whether changes can leave a workflow with something to do.
pub fn is_due(changes: &[Change]) -> bool {
    changes.iter().any(|change| match change {
        Change::StartWorkflow { .. } | Change::ReportRecording { .. } => true,
        Change::Update { collection, .. } => collection == "workflows",
        _ => false,
    })
}
