//! The log: one line for each event on standard error, as text or as JSON.
//!
//! Clients decide about much of what is logged: names, paths, what they say that they are. None of it can break a line, look like
//! another one, or command a terminal: control characters, separators of lines that only Unicode knows and whatever else is not
//! visible are [escaped](escape) before they are written. None of it can hold up a request either: see [`queue`].
//!
//! Does not belong here: what is logged about requests (`web::access`).

mod escape;
mod json;
#[cfg(test)]
mod output;
mod queue;
mod text;

pub use queue::dropped_lines;

use anyhow::{Context, Result};
use clap::ValueEnum;
use queue::Queue;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// How long the program waits at its end for somebody to take the rest of the log.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What lines look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Time, level, part of the program, and members as `name=value`
    #[default]
    Text,
    /// An object of JSON in each line
    Json,
}

/// The log while it is written. What waits is written when the value goes.
#[must_use]
pub struct Log(Arc<Queue>);

/// Starts logging what `filter` lets through, such as `info` or `warn,lectern::access=info`.
pub fn start(filter: &str, format: Format) -> Result<Log> {
    let filter = EnvFilter::try_new(filter).with_context(|| {
        format!("`{filter}` is not a filter for the log: use a level such as `info`, or `info,lectern::access=off`")
    })?;
    let is_terminal = io::stderr().is_terminal();
    let is_colourful = is_terminal && format == Format::Text;
    let queue = Queue::start(io::stderr(), is_colourful).context("the log cannot be written")?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Arc::clone(&queue))
        .with_ansi(is_colourful);
    match format {
        Format::Text if is_colourful => subscriber.init(),
        Format::Text => subscriber.event_format(text::Text).init(),
        Format::Json => subscriber.event_format(json::Json).init(),
    }
    // A panic of one request must not wait for somebody to read about it.
    std::panic::set_hook(Box::new(|panic| tracing::error!(target: "lectern::panic", "{panic}")));
    Ok(Log(queue))
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.finish(LAST_LINES);
    }
}
