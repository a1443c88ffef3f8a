//! `cargo xtask torture`: what `cargo xtask test` does for seconds, done for minutes and measured. What is tried is in
//! `tests/src/torture`.

use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::workspace::Workspace;
use crate::{build, process};

/// What to try.
#[derive(Args)]
pub struct Options {
    /// Trials to run instead of all.
    #[arg(value_name = "TRIAL")]
    trials: Vec<String>,
}

/// Builds what is needed and runs the trials. A figure that falls short is an error.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    build::all(workspace)?;
    process::run(build::host_cargo(workspace).args(["build", "--release", "--workspace", "--bin", "lectern-torture"]))?;
    let program = workspace.lectern().with_file_name("lectern-torture");
    let mut command = Command::new(program);
    build::point_to_built(workspace, &mut command);
    process::run(command.args(&options.trials)).context("a figure falls short, or a trial could not be run; see above")
}
