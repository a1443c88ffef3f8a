//! `lectern workflow`.

use crate::cli::table::{table, time};
use anyhow::Result;
use clap::Subcommand;
use lectern_data::workflow::{self, OperationState};
use lectern_tenants::TenantName;
use lectern_tenants::admin::Admin;
use std::path::Path;

const LIST_EXAMPLES: &str = "\
OPERATION is what is being done, waits, or has failed; REASON says why it failed.

Examples:
  lectern workflow list --tenant uni --active
  lectern workflow resume 17 --tenant uni";

#[derive(Debug, Subcommand)]
pub enum Workflow {
    /// Lists the latest workflows of a tenant, the last one first
    #[command(after_help = LIST_EXAMPLES)]
    List {
        /// Identifier of the tenant
        #[arg(long, value_name = "ID")]
        tenant: TenantName,
        /// Only those that have not ended
        #[arg(long)]
        active: bool,
        /// How many to list at most
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
    },
    /// Pauses a workflow that has not ended
    Pause {
        /// Number of the workflow
        #[arg(value_name = "NUMBER")]
        workflow: i64,
        /// Identifier of the tenant
        #[arg(long, value_name = "ID")]
        tenant: TenantName,
    },
    /// Resumes a workflow that is paused; a running server goes on with it at once
    Resume {
        /// Number of the workflow
        #[arg(value_name = "NUMBER")]
        workflow: i64,
        /// Identifier of the tenant
        #[arg(long, value_name = "ID")]
        tenant: TenantName,
    },
    /// Stops a workflow that has not ended
    Stop {
        /// Number of the workflow
        #[arg(value_name = "NUMBER")]
        workflow: i64,
        /// Identifier of the tenant
        #[arg(long, value_name = "ID")]
        tenant: TenantName,
    },
}

impl Workflow {
    pub fn run(&self, data: &Path) -> Result<()> {
        let admin = Admin::open(data)?;
        match self {
            Self::List { tenant, active, limit } => print!("{}", list(admin.workflows(tenant, *active, *limit)?)),
            Self::Pause { workflow, tenant } => {
                admin.pause_workflow(tenant, *workflow)?;
                println!("paused workflow {workflow}");
            }
            Self::Resume { workflow, tenant } => {
                admin.resume_workflow(tenant, *workflow)?;
                println!("resumed workflow {workflow}");
            }
            Self::Stop { workflow, tenant } => {
                admin.stop_workflow(tenant, *workflow)?;
                println!("stopped workflow {workflow}");
            }
        }
        Ok(())
    }
}

fn list(workflows: Vec<workflow::Workflow>) -> String {
    let rows: Vec<[String; 7]> = workflows
        .into_iter()
        .map(|workflow| {
            let (operation, reason) = current(&workflow);
            [
                workflow.id.to_string(),
                workflow.state.as_str().to_owned(),
                time(workflow.created),
                workflow.definition,
                workflow.event,
                operation,
                reason,
            ]
        })
        .collect();
    table(
        ["NUMBER", "STATE", "STARTED", "WORKFLOW", "EVENT", "OPERATION", "REASON"],
        &rows,
    )
}

/// The operation that the workflow is at, or that ended it, and why.
fn current(workflow: &workflow::Workflow) -> (String, String) {
    let is_current = |operation: &&workflow::Operation| {
        matches!(
            operation.state,
            OperationState::Running | OperationState::Paused | OperationState::Retry | OperationState::Failed
        )
    };
    match workflow.operations.iter().rfind(is_current) {
        // What a file is called must not forge lines.
        Some(operation) => (
            operation.operation.clone(),
            operation.reason.replace(char::is_control, " "),
        ),
        None => (String::new(), String::new()),
    }
}
