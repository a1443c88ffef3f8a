//! Operations of workflows: how the host keeps them (docs/fields.md), and how the API shows them.

use std::collections::BTreeMap;

use lectern_handler::date::Written;
use lectern_handler::{Problem, json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The configuration of a workflow or of an operation: values by name.
pub type Configuration = BTreeMap<String, String>;

/// Reads a configuration that a client has sent. Values that are no texts become the JSON that they are.
pub fn configuration(text: &str) -> Result<Configuration, Problem> {
    let invalid = |what: &str| {
        Problem::bad_request(format!("Passed parameter 'configuration' is invalid JSON: {what}."))
            .at_body("configuration")
    };
    let json = json::parse(text).map_err(|malformed| invalid(&malformed.to_string()))?;
    let Value::Object(members) = json else {
        return Err(invalid("it is no object"));
    };
    let plain = |value: Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(members.into_iter().map(|(name, value)| (name, plain(value))).collect())
}

/// An operation as the host keeps it: what the definition says, and how far a workflow has come with it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Stored {
    pub operation: String,
    pub description: String,
    pub configuration: Configuration,
    #[serde(rename = "if")]
    pub condition: String,
    pub unless: String,
    pub fail_on_error: bool,
    pub exception_handler_workflow: String,
    pub retry_strategy: String,
    pub max_attempts: u32,
    pub state: String,
    pub failed_attempts: u32,
    pub start: Option<i64>,
    pub completion: Option<i64>,
}

impl Stored {
    /// The operations in the content of the field `operations`.
    pub fn all(document: &str) -> Result<Vec<Stored>, Problem> {
        if document.is_empty() {
            return Ok(Vec::new());
        }
        serde_json::from_str(document)
            .map_err(|_| Problem::new(500, "What is stored about the operations of this workflow is damaged."))
    }
}

/// An operation of a definition.
#[derive(Debug, Serialize, ToSchema)]
pub struct OperationDefinition {
    /// The kind of operation.
    operation: String,
    description: String,
    configuration: Configuration,
    /// The condition to do it.
    r#if: String,
    /// The condition not to do it.
    unless: String,
    fail_workflow_on_error: bool,
    error_handler_workflow: String,
    /// `none`, `retry` or `hold`.
    retry_strategy: String,
    max_attempts: u32,
}

impl From<Stored> for OperationDefinition {
    fn from(stored: Stored) -> OperationDefinition {
        OperationDefinition {
            operation: stored.operation,
            description: stored.description,
            configuration: stored.configuration,
            r#if: stored.condition,
            unless: stored.unless,
            fail_workflow_on_error: stored.fail_on_error,
            error_handler_workflow: stored.exception_handler_workflow,
            retry_strategy: stored.retry_strategy,
            max_attempts: stored.max_attempts,
        }
    }
}

/// An operation of a workflow, and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct OperationInstance {
    /// Its place in the workflow, from 1.
    identifier: usize,
    /// The kind of operation.
    operation: String,
    description: String,
    /// `instantiated`, `running`, `paused`, `succeeded`, `failed`, `skipped` or `retry`.
    state: String,
    /// Where it is done: nothing, as it is in the server itself.
    host: String,
    /// The condition to do it.
    r#if: String,
    fail_workflow_on_error: bool,
    error_handler_workflow: String,
    /// `none`, `retry` or `hold`.
    retry_strategy: String,
    max_attempts: u32,
    failed_attempts: u32,
    configuration: Configuration,
    /// When it was begun; empty if it was not.
    start: String,
    /// When it ended; empty if it has not.
    completion: String,
}

impl OperationInstance {
    /// All operations of a workflow.
    pub fn all(stored: Vec<Stored>) -> Vec<OperationInstance> {
        (1..)
            .zip(stored)
            .map(|(identifier, stored)| OperationInstance {
                identifier,
                operation: stored.operation,
                description: stored.description,
                state: stored.state.to_ascii_lowercase(),
                host: String::new(),
                r#if: stored.condition,
                fail_workflow_on_error: stored.fail_on_error,
                error_handler_workflow: stored.exception_handler_workflow,
                retry_strategy: stored.retry_strategy,
                max_attempts: stored.max_attempts,
                failed_attempts: stored.failed_attempts,
                configuration: stored.configuration,
                start: moment(stored.start),
                completion: moment(stored.completion),
            })
            .collect()
    }
}

fn moment(at: Option<i64>) -> String {
    at.map(|at| Written::Fraction(at).to_string()).unwrap_or_default()
}
