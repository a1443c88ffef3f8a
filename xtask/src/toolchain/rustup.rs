//! The normal way to a target: `rustup target add`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::TARGET;
use crate::process;

/// A network that swallows packets would otherwise keep the user waiting for rustup's own retries.
const LIMIT: Duration = Duration::from_secs(120);

/// Asks rustup to add [`TARGET`] to the toolchain in use.
pub fn add_target() -> Result<()> {
    let label = format!("rustup target add {TARGET} (given up after {} s)", LIMIT.as_secs());
    let mut command = Command::new("rustup");
    // A refusal is part of what the user reads; its backtrace is not.
    command.args(["target", "add", TARGET]).env("RUST_BACKTRACE", "0");
    process::run_behind_progress(&label, &mut command, LIMIT)
}

/// Whether rustup considers the target's files in `sysroot` complete. It lists a component only after the last file is
/// in place, so an installation that was stopped halfway does not count. A toolchain without such a list was not
/// installed by rustup; there is nothing to disagree with.
pub fn agrees(sysroot: &Path) -> bool {
    let Ok(components) = fs::read_to_string(sysroot.join("lib/rustlib/components")) else {
        return true;
    };
    components.lines().any(|line| line == format!("rust-std-{TARGET}"))
}
