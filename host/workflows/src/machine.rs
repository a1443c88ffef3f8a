//! Which state follows which.
//!
//! A workflow is at one operation, the one that is `RUNNING`, or between two. [`begin`] goes to the next one that its conditions
//! allow, [`ended`] takes down how an operation ended. Both only change the workflow that they are given: what is stored together
//! with it is the caller's business.

use crate::condition::Condition;
use crate::operations::Outcome;
use lectern_data::workflow::{Operation, OperationState, RetryStrategy, State, Workflow};

/// The operation that is to be done, if the workflow is at one.
pub fn current(workflow: &Workflow) -> Option<&Operation> {
    workflow.operations.iter().find(|operation| is_running(operation))
}

fn is_running(operation: &Operation) -> bool {
    operation.state == OperationState::Running
}

/// Goes to the next operation that is to be done. At the end the workflow has succeeded, or failed if it was failing.
pub fn begin(workflow: &mut Workflow, now_ms: i64) {
    if workflow.state == State::Instantiated {
        workflow.state = State::Running;
    }
    let configuration = &workflow.configuration;
    let value = |name: &str| configuration.get(name).cloned();
    let waits = |operation: &Operation| matches!(operation.state, OperationState::Instantiated | OperationState::Retry);
    for operation in workflow.operations.iter_mut().filter(|operation| waits(operation)) {
        operation.start = Some(now_ms);
        match is_wanted(operation, &value) {
            Ok(true) => {
                operation.state = OperationState::Running;
                return;
            }
            outcome => {
                operation.state = OperationState::Skipped;
                operation.completion = Some(now_ms);
                operation.reason = outcome.err().unwrap_or_default();
            }
        }
    }
    workflow.state = match workflow.state {
        State::Failing => State::Failed,
        _ => State::Succeeded,
    };
}

/// Whether the conditions allow an operation. They were checked with the definition.
fn is_wanted(operation: &Operation, value: &dyn Fn(&str) -> Option<String>) -> Result<bool, String> {
    let holds = |text: &str, otherwise: bool| {
        if text.is_empty() {
            return Ok(otherwise);
        }
        Condition::parse(text).map(|condition| condition.holds(value))
    };
    Ok(holds(&operation.condition, true)? && !holds(&operation.unless, false)?)
}

/// Takes down how the current operation ended, and goes to the next one if there is to be one. `handler` gives the operations of a
/// definition.
pub fn ended(
    workflow: &mut Workflow,
    outcome: Result<Outcome, String>,
    handler: impl FnOnce(&str) -> Option<Vec<Operation>>,
    now_ms: i64,
) {
    let Some(position) = workflow.operations.iter().position(is_running) else {
        return;
    };
    let is_failing = workflow.state == State::Failing;
    let Some(operation) = workflow.operations.get_mut(position) else {
        return;
    };
    operation.completion = Some(now_ms);
    let outcome = match outcome {
        Ok(Outcome::Paused) if is_failing => Err("a workflow that is failing cannot be paused".to_owned()),
        other => other,
    };
    match outcome {
        Ok(Outcome::Done) => operation.state = OperationState::Succeeded,
        Ok(Outcome::Skipped(reason)) => {
            operation.state = OperationState::Skipped;
            operation.reason = reason;
        }
        Ok(Outcome::Paused) => {
            operation.state = OperationState::Paused;
            operation.completion = None;
            workflow.state = State::Paused;
            return;
        }
        Err(reason) => {
            operation.failed_attempts = operation.failed_attempts.saturating_add(1);
            operation.reason = reason;
            let again = operation.failed_attempts < operation.max_attempts;
            match operation.retry_strategy {
                RetryStrategy::Retry if again => operation.state = OperationState::Retry,
                RetryStrategy::Hold if again && !is_failing => {
                    operation.state = OperationState::Retry;
                    workflow.state = State::Paused;
                    return;
                }
                _ => {
                    operation.state = OperationState::Failed;
                    if operation.fail_on_error {
                        fail(workflow, position, handler);
                    }
                }
            }
        }
    }
    if workflow.state.is_due() {
        begin(workflow, now_ms);
    }
}

/// The operation at this position has failed, and the workflow with it: what was to follow is replaced by what the exception handler
/// does.
fn fail(workflow: &mut Workflow, position: usize, handler: impl FnOnce(&str) -> Option<Vec<Operation>>) {
    let is_failing = workflow.state == State::Failing;
    workflow.state = State::Failed;
    let Some(operation) = workflow.operations.get_mut(position) else {
        return;
    };
    let name = operation.exception_handler_workflow.clone();
    if name.is_empty() || is_failing {
        return;
    }
    match handler(&name) {
        Some(operations) => {
            workflow.operations.truncate(position.saturating_add(1));
            let handlers = operations.into_iter().map(|operation| Operation {
                is_handler: true,
                ..operation
            });
            workflow.operations.extend(handlers);
            workflow.state = State::Failing;
        }
        None => operation
            .reason
            .push_str(&format!("; the exception handler {name:?} is no workflow definition")),
    }
}

#[cfg(test)]
mod tests;
