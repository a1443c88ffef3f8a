//! The handler that `lectern component new` makes, built as its user would build it outside of the workspace. It lies beside the guest
//! programs of the tests, one of which deploys it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::toolchain::{self, TARGET};
use crate::workspace::Workspace;
use crate::{build, process, progress};

/// What it is called.
const NAME: &str = "hello";

/// The built component.
pub const FILE: &str = "hello.wasm";

/// A profile like that of the handlers: what they depend on, and above all what makes their bindings, need not be compiled again.
const PROFILE: [&str; 2] = [
    "profile.component.inherits=\"release\"",
    "profile.component.debug=false",
];

/// Makes the handler, if the program that makes it is newer, and builds it.
pub fn build(workspace: &Workspace) -> Result<()> {
    progress::heading("build a new handler");
    let folder = folder(workspace);
    if changed(&workspace.lectern()) >= changed(&folder.join("Cargo.toml")) {
        make(workspace, &folder)?;
    }
    let mut command = cargo(&folder, "build");
    command
        .args(["--profile", "component", "--target", TARGET, "--target-dir"])
        .arg(workspace.components_target());
    toolchain::ensure()?.apply(&mut command);
    process::run(&mut command)?;
    let built = workspace.components_target().join(TARGET).join("component");
    build::copy_if_changed(
        &built.join(format!("lectern_{NAME}.wasm")),
        &workspace.dist_guests().join(FILE),
    )
}

/// Runs the tests that it was made with.
pub fn test(workspace: &Workspace) -> Result<()> {
    let mut command = cargo(&folder(workspace), "test");
    command
        .args(["--profile", "component", "--target-dir"])
        .arg(workspace.components_target());
    process::run(&mut command)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.components_target().join("new").join(NAME)
}

/// A cargo command with [`PROFILE`] in the place of the crate's own.
fn cargo(folder: &Path, subcommand: &str) -> Command {
    let mut command = process::cargo();
    command.current_dir(folder).arg(subcommand);
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    command
}

fn make(workspace: &Workspace, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let mut command = Command::new(workspace.lectern());
    command.args(["component", "new", NAME, "--at"]).arg(folder);
    // What a build says goes there: the output of `cargo xtask bench --json` is for programs.
    command.stdout(io::stderr());
    process::run(&mut command)?;
    // The same versions as in the workspace, so that nothing is fetched.
    let lock = "Cargo.lock";
    fs::copy(workspace.root.join(lock), folder.join(lock)).with_context(|| format!("cannot copy {lock}"))?;
    Ok(())
}

/// When a file was last changed; long ago if it is not there.
fn changed(file: &Path) -> SystemTime {
    let metadata = fs::metadata(file).and_then(|metadata| metadata.modified());
    metadata.unwrap_or(SystemTime::UNIX_EPOCH)
}
