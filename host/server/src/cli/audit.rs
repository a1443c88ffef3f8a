//! `lectern audit`.

use crate::cli::table::table;
use anyhow::{Context, Result};
use chrono::{DateTime, SecondsFormat};
use clap::Args;
use lectern_data::audit::Entry;
use lectern_tenants::TenantName;
use lectern_tenants::admin::Admin;
use std::io::{self, Write};
use std::path::Path;

const EXAMPLES: &str = "\
One line for each change, oldest first. AUTHENTICATED is the user who logged in, `key:NAME` for an API
key or `cli:operator` for this command line; EFFECTIVE is the user on whose behalf it was done.

Examples:
  lectern audit --tenant uni
  lectern audit --tenant uni --since 4711 --limit 1000 --json";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Audit {
    /// Identifier of the tenant
    #[arg(long, value_name = "ID")]
    tenant: TenantName,
    /// Starts behind this commit instead of showing the last changes
    #[arg(long, value_name = "SEQ")]
    since: Option<u64>,
    /// How many changes to print at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
    /// Prints one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub fn run(&self, data: &Path) -> Result<()> {
        let entries = Admin::open(data)?.audit(&self.tenant, self.since, self.limit)?;
        let text = if self.json { lines(&entries) } else { list(entries) };
        io::stdout()
            .write_all(text.as_bytes())
            .context("the audit trail cannot be written to standard output")
    }
}

fn lines(entries: &[Entry]) -> String {
    let line = |entry: &Entry| {
        let object = serde_json::json!({
            "sequence": entry.sequence,
            "time": time(entry.at_ms),
            "authenticated": entry.authenticated,
            "effective": entry.effective,
            "action": entry.action,
            "collection": entry.collection,
            "identifier": entry.identifier,
            "detail": entry.detail,
        });
        format!("{object}\n")
    };
    entries.iter().map(line).collect()
}

fn list(entries: Vec<Entry>) -> String {
    let rows: Vec<[String; 8]> = entries
        .into_iter()
        .map(|entry| {
            [
                entry.sequence.to_string(),
                time(entry.at_ms),
                entry.authenticated,
                entry.effective,
                entry.action,
                entry.collection,
                entry.identifier,
                entry.detail,
            ]
        })
        .collect();
    let heading = [
        "SEQUENCE",
        "TIME",
        "AUTHENTICATED",
        "EFFECTIVE",
        "ACTION",
        "COLLECTION",
        "IDENTIFIER",
        "DETAIL",
    ];
    table(heading, &rows)
}

/// In UTC, with milliseconds.
fn time(at_ms: i64) -> String {
    DateTime::from_timestamp_millis(at_ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}
