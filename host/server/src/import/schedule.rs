//! `lectern import schedule`: the programme of a conference, from the schedule XML that frab and pretalx export.
//!
//! Tracks become series and talks become events, see [`plan`] for the details. A run creates what is missing and updates what
//! differs; nothing is deleted, because a schedule that misses a talk does not say whether it was cancelled or moved to
//! another file. The changes are written in transactions of [`BATCH`] objects: a run that is interrupted is completed by the
//! next. It may run while the server serves the same tenant.

mod plan;
mod programme;
mod xml;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use lectern_data::model::{self, Criterion, Query, Session, Test, Value};
use lectern_tenants::Tenant;

use plan::{Step, Target};
use programme::{Programme, Skipped};

/// Objects of one transaction: many enough to be fast, few enough that a server does not wait for its turn.
const BATCH: usize = 200;

/// Why a schedule was not imported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read, or is not UTF-8.
    #[error("cannot read {}: {reason}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// The system's words.
        reason: std::io::Error,
    },
    /// The file is no schedule.
    #[error("{} is not a schedule: {reason}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The line and what is wrong there.
        reason: xml::Malformed,
    },
    /// The tenant's data cannot be read or written. What was written before stays; a further run completes it.
    #[error("{}", .0.message)]
    Store(model::Error),
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Summary {
    /// The conference.
    pub conference: String,
    /// Series.
    pub series: Counts,
    /// Events.
    pub events: Counts,
    skipped: Vec<Skipped>,
}

/// What happened to the objects of one collection.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// They did not exist.
    pub created: usize,
    /// They differed.
    pub updated: usize,
    /// They were as they should be.
    pub unchanged: usize,
}

/// Imports a file into a tenant. `read_roles` may read what is created; none means the tenant's anonymous role, because a
/// conference's programme is public.
pub async fn import(tenant: &Tenant, file: &Path, read_roles: &[String]) -> Result<Summary, Error> {
    let text = std::fs::read_to_string(file).map_err(|reason| Error::Read {
        file: file.to_owned(),
        reason,
    })?;
    let programme = Programme::parse(&text).map_err(|reason| Error::Malformed {
        file: file.to_owned(),
        reason,
    })?;
    let session = tenant.system_session().map_err(Error::Store)?;
    let anonymous = [session.organization.anonymous_role.clone()];
    let read_roles = if read_roles.is_empty() { &anonymous } else { read_roles };
    let targets = plan::targets(&programme, read_roles);

    let mut summary = Summary {
        conference: match programme.title.as_str() {
            "" => programme.acronym,
            title => title.to_owned(),
        },
        skipped: programme.skipped,
        ..Summary::default()
    };
    let progress = progress_bar(targets.len());
    for batch in targets.chunks(BATCH) {
        write(tenant, &session, batch, &mut summary).await?;
        progress.inc(u64::try_from(batch.len()).unwrap_or(0));
    }
    progress.finish_and_clear();
    Ok(summary)
}

async fn write(tenant: &Tenant, session: &Arc<Session>, batch: &[Target], summary: &mut Summary) -> Result<(), Error> {
    let mut changes = Vec::new();
    for targets in batch.chunk_by(|one, other| one.collection == other.collection) {
        let stored = stored(tenant, session, targets)?;
        for target in targets {
            let counts = match target.collection {
                "series" => &mut summary.series,
                _ => &mut summary.events,
            };
            match target.step(&stored) {
                Step::Create(change) => {
                    counts.created += 1;
                    changes.push(change);
                }
                Step::Update(change) => {
                    counts.updated += 1;
                    changes.push(change);
                }
                Step::Keep => counts.unchanged += 1,
            }
        }
    }
    if !changes.is_empty() {
        tenant
            .commit(Arc::clone(session), changes)
            .await
            .map_err(Error::Store)?;
    }
    Ok(())
}

/// The stored values of those targets, all of one collection, that exist.
fn stored(tenant: &Tenant, session: &Session, targets: &[Target]) -> Result<HashMap<String, Vec<Value>>, Error> {
    let Some(first) = targets.first() else {
        return Ok(HashMap::new());
    };
    let identifiers = targets.iter().map(|target| target.identifier.clone()).collect();
    let mut query = Query {
        collection: first.collection.to_owned(),
        filters: vec![vec![Criterion {
            field: "identifier".to_owned(),
            test: Test::Equals(identifiers),
        }]],
        limit: u32::try_from(targets.len()).unwrap_or(u32::MAX),
        fields: first.fields().iter().map(|field| (*field).to_owned()).collect(),
        ..Query::default()
    };
    let mut stored = HashMap::new();
    loop {
        let page = tenant.find(session, &query).map_err(Error::Store)?;
        stored.extend(page.items.into_iter().map(|item| (item.identifier, item.values)));
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(stored),
        }
    }
}

/// On a terminal only; a log has no use for it.
fn progress_bar(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(0));
    match ProgressStyle::with_template("importing {bar:40} {pos}/{len} {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            created,
            updated,
            unchanged,
        } = self;
        write!(f, "{created} created, {updated} updated, {unchanged} unchanged")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.conference)?;
        writeln!(f, "  series: {}", self.series)?;
        write!(f, "  events: {}, {} skipped", self.events, self.skipped.len())?;
        for Skipped { line, title, reason } in &self.skipped {
            match title.as_str() {
                "" => write!(f, "\n  skipped the talk on line {line}: {reason}")?,
                title => write!(f, "\n  skipped “{title}” on line {line}: {reason}")?,
            }
        }
        Ok(())
    }
}
