//! Brings a tenant's file to the schema that this program knows.
//!
//! The schema is the numbered files in `migrations/`. Each is applied in one transaction together with its number, which SQLite
//! keeps in the file's `user_version`; so a file is never between two versions, however the program ends.

use crate::media;
use crate::sql::{Failure, Sql, SqlError};
use crate::text;
use std::fmt;

/// The schema, one file per step; a step's number is its position, counted from 1.
const STEPS: &[(&str, &str)] = &[
    (
        "0001_events_and_series.sql",
        include_str!("../../../migrations/0001_events_and_series.sql"),
    ),
    (
        "0002_identity.sql",
        include_str!("../../../migrations/0002_identity.sql"),
    ),
    ("0003_audit.sql", include_str!("../../../migrations/0003_audit.sql")),
    (
        "0004_series_properties.sql",
        include_str!("../../../migrations/0004_series_properties.sql"),
    ),
    (
        "0005_digest_and_api_keys.sql",
        include_str!("../../../migrations/0005_digest_and_api_keys.sql"),
    ),
    (
        "0006_series_sorts.sql",
        include_str!("../../../migrations/0006_series_sorts.sql"),
    ),
    (
        "0007_remembered_answers.sql",
        include_str!("../../../migrations/0007_remembered_answers.sql"),
    ),
    (
        "0008_extended_metadata.sql",
        include_str!("../../../migrations/0008_extended_metadata.sql"),
    ),
    (
        "0009_scheduling.sql",
        include_str!("../../../migrations/0009_scheduling.sql"),
    ),
    ("0010_media.sql", include_str!("../../../migrations/0010_media.sql")),
    (
        "0011_workflows.sql",
        include_str!("../../../migrations/0011_workflows.sql"),
    ),
    (
        "0012_archive_versions.sql",
        include_str!("../../../migrations/0012_archive_versions.sql"),
    ),
    (
        "0013_small_collections.sql",
        include_str!("../../../migrations/0013_small_collections.sql"),
    ),
    ("0014_default_groups.sql", DEFAULT_GROUPS),
    (
        "0015_recordings.sql",
        include_str!("../../../migrations/0015_recordings.sql"),
    ),
    (
        "0016_workflow_parameters.sql",
        include_str!("../../../migrations/0016_workflow_parameters.sql"),
    ),
    (
        "0017_statistics.sql",
        include_str!("../../../migrations/0017_statistics.sql"),
    ),
    (
        "0018_self_contained.sql",
        include_str!("../../../migrations/0018_self_contained.sql"),
    ),
    (
        "0019_shown_publications.sql",
        include_str!("../../../migrations/0019_shown_publications.sql"),
    ),
    ("0020_media_apart.sql", MEDIA_APART),
    ("0021_words.sql", WORDS),
];

/// Gives a tenant the groups that it has from the beginning.
const DEFAULT_GROUPS: &str = include_str!("../../../migrations/0014_default_groups.sql");

/// Gives publications the place that they have now; what is shown of them is put beside them afterwards, which was made room for by the
/// step before.
const MEDIA_APART: &str = include_str!("../../../migrations/0020_media_apart.sql");

/// Makes room for the vocabulary of the search, which is filled afterwards.
const WORDS: &str = include_str!("../../../migrations/0021_words.sql");

/// Why a file could not be brought to the current schema. It has not been changed by the step that failed.
#[derive(Debug)]
pub enum MigrationError {
    /// The file was written by a newer program.
    Newer {
        /// The number of the file's schema.
        found: usize,
        /// The newest number this program knows.
        known: usize,
    },
    /// A step failed.
    Failed {
        /// The step's file name, or empty if the version could not be read.
        step: &'static str,
        /// What SQLite said.
        error: SqlError,
    },
}

impl fmt::Display for MigrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MigrationError::Newer { found, known } => write!(
                f,
                "the database has schema {found}, this program knows schemas up to {known}: run the newer program that wrote it, \
                 or restore a backup from before its upgrade"
            ),
            MigrationError::Failed { step: "", error } => write!(f, "the schema's number cannot be read: {error}"),
            MigrationError::Failed { step, error } => write!(f, "the schema step {step} failed: {error}"),
        }
    }
}

impl std::error::Error for MigrationError {}

impl From<MigrationError> for SqlError {
    fn from(error: MigrationError) -> Self {
        match error {
            // A disk that is full, or another program that is just at it.
            MigrationError::Failed { error, .. } if error.failure != Failure::Other => error,
            error => SqlError {
                failure: Failure::Other,
                message: error.to_string(),
            },
        }
    }
}

/// Applies the steps that the file lacks. Several programs may do so at once: one works, the others wait and find it done.
pub fn apply(sql: &dyn Sql) -> Result<(), MigrationError> {
    let mut version = version(sql, "")?;
    for (position, (name, text)) in (1..).zip(STEPS) {
        if version < position {
            version = apply_step(sql, position, name, text)?;
        }
    }
    if version > STEPS.len() {
        return Err(MigrationError::Newer {
            found: version,
            known: STEPS.len(),
        });
    }
    Ok(())
}

/// Applies one step unless somebody else has done so by now; gives the version that the file has then.
fn apply_step(sql: &dyn Sql, position: usize, name: &'static str, text: &str) -> Result<usize, MigrationError> {
    let failed = |error| MigrationError::Failed { step: name, error };
    sql.execute("BEGIN IMMEDIATE", &[]).map_err(failed)?;
    let outcome = match version(sql, name) {
        Ok(found) if found >= position => Ok(found),
        Ok(_) => run(sql, position, text).map_err(failed).map(|()| position),
        Err(error) => Err(error),
    };
    let end = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
    sql.execute(end, &[]).map_err(failed)?;
    outcome
}

fn run(sql: &dyn Sql, position: usize, step: &str) -> Result<(), SqlError> {
    execute(sql, step)?;
    if step == MEDIA_APART {
        media::show_all(sql)?;
    }
    if step == WORDS {
        text::add_words(sql)?;
    }
    // A pragma takes no parameters.
    sql.execute(&format!("PRAGMA user_version = {position}"), &[])?;
    Ok(())
}

fn execute(sql: &dyn Sql, text: &str) -> Result<(), SqlError> {
    statements(text).try_for_each(|statement| sql.execute(statement, &[]).map(drop))
}

/// Adds the groups that a tenant has from the beginning, once it has a name and an administrator.
pub(crate) fn add_default_groups(sql: &dyn Sql) -> Result<(), SqlError> {
    execute(sql, DEFAULT_GROUPS)
}

/// Splits a file at semicolons that end a line: where only the first statement of a string runs, as under Spin, each has to
/// be handed over on its own.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(";\n")
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// The number of the newest schema that this program knows.
pub fn known() -> usize {
    STEPS.len()
}

/// The number of the schema that a file has; 0 for one that has none.
pub fn version_of(sql: &dyn Sql) -> Result<usize, MigrationError> {
    version(sql, "")
}

fn version(sql: &dyn Sql, step: &'static str) -> Result<usize, MigrationError> {
    let mut version = 0;
    sql.query("PRAGMA user_version", &[], &mut |row| {
        version = row.column(0).integer().unwrap_or_default();
        Ok(())
    })
    .map_err(|error| MigrationError::Failed { step, error })?;
    // SQLite allows negative numbers here; nothing of ours writes one, so such a file is not ours to touch.
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests;
