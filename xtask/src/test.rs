//! `cargo xtask test`: the whole check, the same on a developer's machine and in CI.
//!
//! The output of every tool goes straight to the user, so its own closing lines are what one reads at the end.

use std::process::Command;
use std::thread::available_parallelism;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{build, new_handler, process, progress};

/// What takes the place of Spin.
const SPIN_COMPAT: &str = "lectern-spin-compat";

/// Runs all steps and stops at the first that fails. Everything is built in the release profile, so that the engine,
/// by far the largest dependency, is compiled once for tests, demo and deployment.
pub fn run(workspace: &Workspace) -> Result<()> {
    let started = Instant::now();
    step("format", || {
        cargo(workspace, &["fmt", "--all", "--check"]).context("run `cargo fmt --all` to format the sources")
    })?;
    step("build", || {
        build::all(workspace)?;
        cargo(workspace, &["build", "--release", "--workspace", "--bin", SPIN_COMPAT])
    })?;
    step("clippy", || {
        cargo(
            workspace,
            &[
                "clippy",
                "--release",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ],
        )
        .context("clippy found something; its messages above say where")
    })?;
    step("tests", || {
        process::run(tests(workspace).args(["--workspace"]))
            .context("tests failed; the test runner's lines above say which")
    })?;
    step("tests of the API under Spin", || {
        process::run(
            tests(workspace)
                .args(["--workspace", "--test", "api"])
                .env("LECTERN_RUNTIME", "spin-compat"),
        )
        .context("tests failed; `LECTERN_RUNTIME=spin-compat cargo test --release --workspace --test api NAME` runs one of them")
    })?;
    step("tests of a new handler", || new_handler::test(workspace))?;
    eprintln!("\nall checks passed in {:.1} s", started.elapsed().as_secs_f32());
    Ok(())
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    process::run(build::host_cargo(workspace).args(arguments))
}

/// `cargo test`, with more tests at a time than there are processors: many of them wait, for a server that starts or for a deadline.
fn tests(workspace: &Workspace) -> Command {
    const THREADS: &str = "RUST_TEST_THREADS";
    let mut command = build::host_cargo(workspace);
    command.args(["test", "--release"]);
    if std::env::var_os(THREADS).is_none() {
        let threads = available_parallelism().map_or(1, usize::from).saturating_mul(2);
        command.env(THREADS, threads.to_string());
    }
    command
}

fn step(title: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    progress::heading(title);
    let started = Instant::now();
    work()?;
    eprintln!("{title}: ok in {:.1} s", started.elapsed().as_secs_f32());
    Ok(())
}
