//! `cargo xtask bench`: what Lectern takes on this machine. What is measured is in `bench/`.

use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::workspace::Workspace;
use crate::{build, process};

/// What to measure.
#[derive(Args)]
pub struct Options {
    /// Numbers to measure instead of all: P1 to P11.
    #[arg(value_name = "NUMBER")]
    numbers: Vec<String>,
    /// The data set to measure on (S, M, L, XL) instead of the one that each number is about.
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
    /// Print the table as JSON.
    #[arg(long)]
    json: bool,
    /// Show where the time of requests goes, instead of measuring the numbers.
    #[arg(long)]
    phases: bool,
    /// Compare with what others take for the same (from PyPI; needs Python 3 and nginx), instead of measuring the numbers.
    #[arg(long)]
    compare: bool,
}

impl Options {
    fn measures(&self, number: &str) -> bool {
        let is_named = || self.numbers.iter().any(|named| named.eq_ignore_ascii_case(number));
        !self.phases && !self.compare && (self.numbers.is_empty() || is_named())
    }
}

/// Builds what is needed and measures. A number that is not reached is no error.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    build::all(workspace)?;
    let cargo = || {
        let mut command = build::host_cargo(workspace);
        command.args(["build", "--release", "--workspace", "--bin"]);
        command
    };
    process::run(cargo().arg("lectern-bench"))?;
    if options.measures("P1") {
        // Another program beside the server, so that the server itself stays as it is.
        process::run(cargo().args(["lectern-native", "--features", "lectern/native-handlers"]))?;
    }
    let program = |name: &str| workspace.lectern().with_file_name(name);
    let mut command = Command::new(program("lectern-bench"));
    command
        .args(&options.numbers)
        .arg("--folder")
        .arg(workspace.bench())
        .arg("--lectern")
        .arg(workspace.lectern())
        .arg("--native")
        .arg(program("lectern-native"))
        .arg("--components")
        .arg(workspace.dist());
    if let Some(size) = &options.size {
        command.args(["--size", size]);
    }
    command.args(options.json.then_some("--json"));
    command.args(options.phases.then_some("--phases"));
    command.args(options.compare.then_some("--compare"));
    process::run(&mut command).context("a number could not be measured; see above")
}
