//! The log: one line for each event on standard error.

use anyhow::{Context, Result};
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// Starts logging what `filter` lets through, such as `info` or `warn,lectern::access=info`.
pub fn start(filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| {
        format!("`{filter}` is not a filter for the log: use a level such as `info`, or `info,lectern::access=off`")
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    Ok(())
}
