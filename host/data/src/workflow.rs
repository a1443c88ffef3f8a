//! Workflows: what is being, or has been, done to an event. One row each, with all that the API shows of an instance.
//!
//! Only one workflow of an event is active at a time; its state decides the event's `processing_state` and `status`. The rows are
//! written by [`crate::write`]; here they are read, and stopped or resumed by the operator.
//!
//! Does not belong here: definitions, what operations do, and which state follows which (`lectern-workflows`).

use crate::identity::AccountError;
use crate::model::{Error, Reason, Sequence};
use crate::sql::{Failure, Param, Row, Sql, SqlError};
use crate::write;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The state of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing has been done yet.
    Instantiated,
    /// Its operations are being done.
    Running,
    /// Waits for somebody to resume or stop it.
    Paused,
    /// Somebody has stopped it.
    Stopped,
    /// All is done.
    Succeeded,
    /// An operation failed.
    Failed,
    /// An operation failed, and the operations of its exception handler are being done.
    Failing,
}

impl State {
    /// Every state.
    pub const ALL: [State; 7] = [
        State::Instantiated,
        State::Running,
        State::Paused,
        State::Stopped,
        State::Succeeded,
        State::Failed,
        State::Failing,
    ];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Instantiated => "INSTANTIATED",
            State::Running => "RUNNING",
            State::Paused => "PAUSED",
            State::Stopped => "STOPPED",
            State::Succeeded => "SUCCEEDED",
            State::Failed => "FAILED",
            State::Failing => "FAILING",
        }
    }

    /// The state of this name.
    pub fn of(name: &str) -> Option<State> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether the workflow keeps others from being started, and access lists and tracks from being changed.
    pub fn is_active(self) -> bool {
        self.is_due() || self == State::Paused
    }

    /// Whether there is something to do now.
    pub fn is_due(self) -> bool {
        matches!(self, State::Instantiated | State::Running | State::Failing)
    }

    /// The `status` of an event whose latest workflow is in this state.
    pub fn status(self) -> &'static str {
        match self {
            State::Instantiated => "EVENTS.EVENTS.STATUS.PENDING",
            State::Running | State::Failing => "EVENTS.EVENTS.STATUS.PROCESSING",
            State::Paused => "EVENTS.EVENTS.STATUS.PAUSED",
            State::Succeeded => "EVENTS.EVENTS.STATUS.PROCESSED",
            State::Failed => "EVENTS.EVENTS.STATUS.PROCESSING_FAILURE",
            State::Stopped => "EVENTS.EVENTS.STATUS.PROCESSING_CANCELLED",
        }
    }
}

/// The state of an operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the names are those of the API")]
pub enum OperationState {
    #[default]
    Instantiated,
    Running,
    Paused,
    Succeeded,
    Failed,
    Skipped,
    Retry,
}

/// What to do after an operation has failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RetryStrategy {
    /// Nothing: it has failed.
    #[default]
    None,
    /// Try again at once.
    Retry,
    /// Pause, and try again when somebody resumes the workflow.
    Hold,
}

/// An operation of a workflow: what the definition says of it, and how far it has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Operation {
    /// The kind of operation: `publish-engage`.
    pub operation: String,
    /// For people.
    pub description: String,
    /// Options by name, with `${variables}` as in the definition.
    pub configuration: BTreeMap<String, String>,
    /// The condition to do it; empty if there is none.
    #[serde(rename = "if")]
    pub condition: String,
    /// The condition not to do it; empty if there is none.
    pub unless: String,
    /// Whether the workflow fails with it.
    pub fail_on_error: bool,
    /// The definition whose operations follow when the workflow fails with it; empty if there is none.
    pub exception_handler_workflow: String,
    /// What to do after it has failed.
    pub retry_strategy: RetryStrategy,
    /// How often it is tried in all.
    pub max_attempts: u32,
    /// How far it has come.
    pub state: OperationState,
    /// How often it has failed.
    pub failed_attempts: u32,
    /// When it was begun, in milliseconds since 1970-01-01T00:00:00Z.
    pub start: Option<i64>,
    /// When it ended.
    pub completion: Option<i64>,
    /// Why it failed or was skipped; empty otherwise.
    pub reason: String,
    /// Whether it is done because another one has failed.
    pub is_handler: bool,
}

/// What a workflow is started with: its definition as it is at that moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Definition {
    /// The definition's identifier.
    pub identifier: String,
    /// For people.
    pub title: String,
    /// For people.
    pub description: String,
    /// In the order in which they are done; none of them begun.
    pub operations: Vec<Operation>,
}

/// A workflow of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// As the API shows it.
    pub id: i64,
    /// The event's identifier.
    pub event: String,
    /// The commit that last changed the workflow.
    pub sequence: Sequence,
    /// When it was started, in milliseconds since 1970-01-01T00:00:00Z.
    pub created: i64,
    /// When it ended.
    pub completed: Option<i64>,
    /// How far it has come.
    pub state: State,
    /// Identifier, title and description of the definition as they were at the start.
    pub definition: String,
    #[allow(missing_docs, reason = "see `definition`")]
    pub title: String,
    #[allow(missing_docs, reason = "see `definition`")]
    pub description: String,
    /// The username of who started it.
    pub creator: String,
    /// Values by name.
    pub configuration: BTreeMap<String, String>,
    /// In the order in which they are done.
    pub operations: Vec<Operation>,
}

const COLUMNS: &str = "w.id, o.identifier, w.sequence, w.created_ms, w.completed_ms, w.state, w.definition, w.title, w.description, \
                       w.creator, w.configuration, w.operations FROM workflow AS w CROSS JOIN event AS o ON o.id = w.event_id";

/// The workflow of this id, if there is one.
pub fn workflow(sql: &dyn Sql, id: i64) -> Result<Option<Workflow>, SqlError> {
    let mut found = None;
    let statement = format!("SELECT {COLUMNS} WHERE w.id = ?");
    sql.query(&statement, &[Param::Integer(id)], &mut |row| {
        found = Some(read(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// The latest workflows of the tenant, the last one first; with `active` only those that are active.
pub fn workflows(sql: &dyn Sql, active: bool, limit: u32) -> Result<Vec<Workflow>, SqlError> {
    let condition = if active {
        "WHERE w.state IN ('INSTANTIATED', 'RUNNING', 'PAUSED', 'FAILING')"
    } else {
        ""
    };
    let statement = format!("SELECT {COLUMNS} {condition} ORDER BY w.id DESC LIMIT {limit}");
    let mut found = Vec::new();
    sql.query(&statement, &[], &mut |row| {
        found.push(read(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// The ids of workflows that have something to do, the oldest first. None in a file that has not been brought to the schema
/// which knows workflows.
pub fn due(sql: &dyn Sql, limit: u32) -> Result<Vec<i64>, SqlError> {
    let mut is_known = false;
    let known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'workflow'";
    sql.query(known, &[], &mut |_| {
        is_known = true;
        Ok(())
    })?;
    let mut due = Vec::new();
    if is_known {
        let statement = format!(
            "SELECT id FROM workflow WHERE state IN ('INSTANTIATED', 'RUNNING', 'FAILING') ORDER BY id LIMIT {limit}"
        );
        sql.query(&statement, &[], &mut |row| {
            due.extend(row.column(0).integer());
            Ok(())
        })?;
    }
    Ok(due)
}

/// The largest number that a workflow of the tenant ever had.
pub fn last_number(sql: &dyn Sql) -> Result<i64, SqlError> {
    let mut last = 0;
    let statement = "SELECT seq FROM sqlite_sequence WHERE name = 'workflow'";
    sql.query(statement, &[], &mut |row| {
        last = row.column(0).integer().unwrap_or_default();
        Ok(())
    })?;
    Ok(last)
}

/// A number for a workflow that is to be started, which nobody else is given: for programs that do not know of each other.
pub fn reserve_number(sql: &dyn Sql) -> Result<i64, SqlError> {
    let reserve = "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'workflow' RETURNING seq";
    let begin = "INSERT INTO sqlite_sequence (name, seq) SELECT 'workflow', 0
        WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'workflow')";
    for _ in 0..2 {
        let mut reserved = None;
        sql.query(reserve, &[], &mut |row| {
            reserved = row.column(0).integer();
            Ok(())
        })?;
        match reserved {
            Some(number) => return Ok(number),
            None => sql.execute(begin, &[])?,
        };
    }
    Err(SqlError {
        failure: Failure::Other,
        message: "no number can be given to a workflow".to_owned(),
    })
}

/// Resumes a workflow that is paused: what paused it is done, and whoever runs workflows goes on with the rest.
pub fn resume(sql: &dyn Sql, id: i64, now_ms: i64) -> Result<(), AccountError> {
    let workflow = known(sql, id)?;
    if workflow.state != State::Paused {
        let state = workflow.state.as_str();
        return Err(AccountError::Refused(format!(
            "the workflow {id} cannot be resumed: it is not PAUSED but {state}"
        )));
    }
    change(sql, workflow, State::Running, now_ms)
}

/// Pauses a workflow that is active. An operation that is being done at the moment has no effect, and is done when it is resumed.
pub fn pause(sql: &dyn Sql, id: i64, now_ms: i64) -> Result<(), AccountError> {
    change(sql, active(sql, id, "paused")?, State::Paused, now_ms)
}

/// Stops a workflow that is active. An operation that is being done at the moment has no effect.
pub fn stop(sql: &dyn Sql, id: i64, now_ms: i64) -> Result<(), AccountError> {
    change(sql, active(sql, id, "stopped")?, State::Stopped, now_ms)
}

fn active(sql: &dyn Sql, id: i64, to_be: &str) -> Result<Workflow, AccountError> {
    let workflow = known(sql, id)?;
    if !workflow.state.is_active() {
        let state = workflow.state.as_str();
        return Err(AccountError::Refused(format!(
            "the workflow {id} cannot be {to_be}: it has ended as {state}"
        )));
    }
    Ok(workflow)
}

fn change(sql: &dyn Sql, mut workflow: Workflow, wanted: State, now_ms: i64) -> Result<(), AccountError> {
    workflow
        .change_state(wanted, now_ms)
        .map_err(|error| AccountError::Refused(error.message))?;
    Ok(write::store_workflow(sql, &workflow, now_ms)?)
}

fn known(sql: &dyn Sql, id: i64) -> Result<Workflow, AccountError> {
    workflow(sql, id)?.ok_or_else(|| AccountError::Refused(format!("there is no workflow {id} in this tenant")))
}

fn read(row: &dyn Row) -> Result<Workflow, SqlError> {
    let number = |column| row.column(column).integer();
    let text = |column| row.column(column).text().unwrap_or_default().to_owned();
    let id = number(0).unwrap_or_default();
    Ok(Workflow {
        id,
        event: text(1),
        sequence: number(2).unwrap_or_default().unsigned_abs(),
        created: number(3).unwrap_or_default(),
        completed: number(4),
        state: State::of(&text(5)).ok_or_else(|| damaged(id, "state"))?,
        definition: text(6),
        title: text(7),
        description: text(8),
        creator: text(9),
        configuration: serde_json::from_str(&text(10)).map_err(|_| damaged(id, "configuration"))?,
        operations: serde_json::from_str(&text(11)).map_err(|_| damaged(id, "operations"))?,
    })
}

fn damaged(id: i64, column: &str) -> SqlError {
    SqlError {
        failure: crate::sql::Failure::Other,
        message: format!("the workflow {id} cannot be read: its {column} makes no sense"),
    }
}

impl Workflow {
    /// Takes the workflow to the state that somebody wants it to be in. Every workflow can be paused and stopped, also one that has ended,
    /// as upstream has it; one that is paused can be resumed, and goes on where it was. `conflict` with the subject `state` otherwise.
    pub(crate) fn change_state(&mut self, wanted: State, now_ms: i64) -> Result<(), Error> {
        let conflict = |message: String| Err(Error::new(Reason::Conflict, "state", message));
        let shown = |state: State| state.as_str().to_ascii_lowercase();
        match (self.state, wanted) {
            (from, to) if from == to => {}
            (from, State::Paused | State::Stopped) => {
                self.interrupt();
                if from == State::Failed && wanted == State::Paused {
                    self.try_again();
                }
                self.state = wanted;
            }
            (State::Paused, State::Running) => self.go_on(now_ms),
            (from, State::Running) => {
                return conflict(format!("Cannot resume from workflow state '{}'", shown(from)));
            }
            (from, to) => {
                return conflict(format!(
                    "Cannot transition state from '{}' to '{}'",
                    shown(from),
                    shown(to)
                ));
            }
        }
        if self.state.is_active() {
            self.completed = None;
        }
        Ok(())
    }

    /// An operation that is being done at the moment has not been done: whoever does it will find out.
    fn interrupt(&mut self) {
        for operation in &mut self.operations {
            if operation.state == OperationState::Running {
                operation.start = None;
                operation.state = match operation.failed_attempts {
                    0 => OperationState::Instantiated,
                    _ => OperationState::Retry,
                };
            }
        }
    }

    /// What the workflow failed with is to be done again, unless that has been handled.
    fn try_again(&mut self) {
        if self.operations.iter().any(|operation| operation.is_handler) {
            return;
        }
        let failed = |operation: &&mut Operation| operation.state == OperationState::Failed && operation.fail_on_error;
        if let Some(operation) = self.operations.iter_mut().rfind(failed) {
            operation.state = OperationState::Retry;
            operation.completion = None;
        }
    }

    /// What paused the workflow is done. A workflow that was failing goes on failing.
    fn go_on(&mut self, now_ms: i64) {
        for operation in &mut self.operations {
            if operation.state == OperationState::Paused {
                operation.state = OperationState::Succeeded;
                operation.completion = Some(now_ms);
            }
        }
        let is_failing = self.operations.iter().any(|operation| operation.is_handler);
        self.state = if is_failing { State::Failing } else { State::Running };
    }

    /// The refusal of whatever an active workflow forbids.
    pub(crate) fn refusal(event: &str) -> Error {
        Error::new(
            Reason::Conflict,
            "workflow",
            format!("A workflow is active on the event {event:?}. Try again when it has ended."),
        )
    }
}
