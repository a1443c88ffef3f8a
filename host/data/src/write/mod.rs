//! Writing: a list of changes, checked and applied, all or nothing.
//!
//! A change of an object, of what finds it and of the numbers that plans are chosen by happens in the caller's transaction: there is
//! no second store that could lag behind.
//!
//! - [`target`]: which object a change is about, and whether the session may do this to it;
//! - [`content`]: what handlers may assign, and what columns it becomes;
//! - [`agents`]: capture agents;
//! - [`objects`]: creating, updating and deleting events and series;
//! - [`small`]: the same for small collections;
//! - [`acls`]: access lists;
//! - [`merging`]: how the lists of events and series become one;
//! - [`groups`]: groups of users;
//! - [`playlists`]: playlists and their entries;
//! - [`bookings`]: recordings and the capture agents they occupy;
//! - [`recordings`]: what capture agents say of recordings;
//! - [`media`]: tracks and the files that they are;
//! - [`counts`]: how many objects refer to an effective access list;
//! - [`answers`]: what requests were answered that may be sent again;
//! - [`workflows`]: starting workflows, and what their steps do.
//!
//! Does not belong here: transactions themselves, as the host makes several requests one commit and Spin cannot.

mod acls;
mod agents;
mod answers;
mod bookings;
mod content;
mod counts;
mod groups;
mod media;
mod merging;
mod objects;
mod playlists;
mod recordings;
mod small;
mod target;
mod workflows;

use crate::access::{READ, WRITE};
use crate::audit;
use crate::collection::small::small as small_collection;
use crate::collection::{Collection, EVENTS, SERIES, collection};
use crate::model::{Change, Error, Reason, Sequence, Session};
use crate::sql::{Failure, Param, Sql, SqlError};
use crate::text::{EVENT_TEXT, SERIES_NAME, SERIES_TEXT};
use counts::Counts;
pub(crate) use objects::search_text;
use std::collections::{BTreeMap, BTreeSet};
use target::Target;
pub(crate) use workflows::store_workflow;

/// The assignment that gives an event's content its next version, unless this commit has done so already. Takes the commit's number,
/// and stands in every statement that changes what an event itself is made of, next to `sequence = ?`.
const NEXT_VERSION: &str = "archive_version = archive_version + (sequence <> ?)";

/// Applies changes in the order given, within a transaction or savepoint that the caller has opened for writing and rolls back on an
/// error. Gives the number of the commit, or of the last one if the changes only expect something.
///
/// Anyone with a session may create objects: the table of required roles guards that. Everything else needs `write` on the object;
/// an object that the session may not read is `missing`. Every change that is made leaves a row in the audit trail.
pub fn apply(sql: &dyn Sql, session: &Session, changes: &[Change], now_ms: i64) -> Result<Sequence, Error> {
    // A request that is sent again would otherwise collide with what it did the first time.
    for change in changes {
        if let Change::Remember { key, .. } = change {
            answers::check(sql, session, key, now_ms)?;
        }
    }
    // What is expected is expected of the state before this transaction, wherever in the list that is said.
    for change in changes {
        if let Change::Expect {
            collection,
            identifier,
            sequence,
        } = change
        {
            let (noun, found) = match small_collection(collection) {
                Some(collection) => (
                    collection.noun,
                    small::Object::find(sql, session, collection, identifier)?.sequence,
                ),
                None => {
                    let target = Target::find(sql, session, known(collection)?, identifier, READ)?;
                    (target.collection.table, target.sequence)
                }
            };
            if found != *sequence {
                let message = format!("The {noun} {identifier:?} has been changed by somebody else.");
                return Err(Error::new(Reason::Changed, identifier, message));
            }
        }
    }
    let writes = changes.iter().any(|change| !matches!(change, Change::Expect { .. }));
    let mut work = Work {
        sql,
        session,
        now_ms,
        sequence: if writes { next_sequence(sql)? } else { sequence(sql)? },
        counts: Counts::default(),
        texts: Texts::default(),
        created_events: BTreeSet::new(),
    };
    for (position, change) in (0..).zip(changes) {
        work.apply(change)?;
        audit::change(sql, session, change, (work.sequence, position), now_ms)?;
    }
    work.counts.store(sql)?;
    work.texts.store(sql)?;
    Ok(work.sequence.unsigned_abs())
}

/// Brings all access lists to the merge mode that the tenant has now; in the transaction that has changed it and begun a commit.
pub(crate) fn follow_merge_mode(sql: &dyn Sql) -> Result<(), Error> {
    let session = Session::default();
    let mut work = Work {
        sql,
        session: &session,
        now_ms: 0,
        sequence: sequence(sql)?,
        counts: Counts::default(),
        texts: Texts::default(),
        created_events: BTreeSet::new(),
    };
    merging::follow_mode(&mut work)?;
    work.counts.store(sql)
}

/// The transaction at work.
struct Work<'w> {
    sql: &'w dyn Sql,
    session: &'w Session,
    now_ms: i64,
    /// The commit's number.
    sequence: i64,
    counts: Counts,
    texts: Texts,
    /// Row ids of the events that this transaction has created: nobody else can be at work on them.
    created_events: BTreeSet<i64>,
}

/// The new search texts, stored at the end and all at once, see [`crate::text::TextIndex::put`].
#[derive(Default)]
struct Texts {
    /// Those of events that are created together, each the beginning that all have in common and the rest by row.
    alike: Vec<(String, BTreeMap<i64, String>)>,
    events: BTreeMap<i64, String>,
    series: BTreeMap<i64, String>,
    series_names: BTreeMap<i64, String>,
}

impl Texts {
    fn store(self, sql: &dyn Sql) -> Result<(), SqlError> {
        for (common, own) in &self.alike {
            EVENT_TEXT.put_alike(sql, common, own)?;
        }
        EVENT_TEXT.put(sql, &self.events)?;
        SERIES_TEXT.put(sql, &self.series)?;
        SERIES_NAME.put(sql, &self.series_names)
    }
}

impl<'w> Work<'w> {
    fn apply(&mut self, change: &Change) -> Result<(), Error> {
        match change {
            Change::Expect { .. } => Ok(()),
            Change::Remember {
                key,
                fingerprint,
                answer,
            } => answers::store(self, key, fingerprint, answer),
            Change::Create {
                collection,
                identifier,
                fields,
                acl,
            } => match small_collection(collection) {
                Some(collection) => small::create(self, collection, identifier, fields, acl.as_deref()),
                None => objects::create(self, known(collection)?, identifier, fields, acl.as_ref()),
            },
            Change::Update {
                collection,
                identifier,
                fields,
            } => match small_collection(collection) {
                Some(collection) => small::update(self, collection, identifier, fields),
                None => {
                    let target = self.writable(known(collection)?, identifier)?;
                    objects::update(self, &target, fields)
                }
            },
            Change::SetAcl {
                collection,
                identifier,
                acl,
            } => match small_collection(collection) {
                Some(collection) => small::set_acl(self, collection, identifier, acl.as_deref()),
                None => {
                    let target = self.writable(known(collection)?, identifier)?;
                    workflows::refuse_if_active(self, &target)?;
                    acls::set(self, &target, acl.as_deref())
                }
            },
            Change::Grant {
                collection,
                identifier,
                action,
                role,
            } => {
                let target = self.writable(known(collection)?, identifier)?;
                workflows::refuse_if_active(self, &target)?;
                acls::grant(self, &target, action, role)
            }
            Change::Revoke {
                collection,
                identifier,
                action,
                role,
            } => {
                let target = self.writable(known(collection)?, identifier)?;
                workflows::refuse_if_active(self, &target)?;
                acls::revoke(self, &target, action, role)
            }
            Change::OverrideAcls { series } => {
                let target = self.writable(&SERIES, series)?;
                acls::override_events(self, &target)
            }
            Change::Schedule {
                schedule,
                fields,
                acl,
                processing,
            } => bookings::schedule(self, schedule, fields, acl.as_ref(), processing.as_ref()),
            Change::Reschedule {
                event,
                scheduling,
                allow_conflict,
            } => {
                let target = self.writable(&EVENTS, event)?;
                bookings::reschedule(self, &target, scheduling, *allow_conflict)
            }
            Change::SetProcessing { event, processing } => {
                let target = self.writable(&EVENTS, event)?;
                bookings::set_processing(self, &target, processing)
            }
            Change::StartWorkflow {
                identifier,
                event,
                processing,
                definition,
            } => {
                let target = self.writable(&EVENTS, event)?;
                workflows::start(self, &target, *identifier, processing, definition.as_ref())
            }
            Change::ReportRecording {
                event,
                state,
                definitions,
            } => recordings::report(self, event, state.as_deref(), definitions),
            Change::AdvanceWorkflow(advance) => workflows::advance(self, advance),
            Change::AddTrack {
                event,
                flavor,
                tags,
                file,
                overwrite,
            } => {
                let target = self.writable(&EVENTS, event)?;
                media::add_track(self, &target, media::Track { flavor, tags, file }, *overwrite)
            }
            Change::Delete { collection, identifier } => match small_collection(collection) {
                Some(collection) => small::delete(self, collection, identifier),
                None => {
                    let target = self.writable(known(collection)?, identifier)?;
                    objects::delete(self, &target)
                }
            },
        }
    }

    /// The integer in the first column of the first row.
    fn number(&self, statement: &str, params: &[Param<'_>]) -> Result<Option<i64>, SqlError> {
        let mut number = None;
        self.sql.query(statement, params, &mut |row| {
            number = number.or(row.column(0).integer());
            Ok(())
        })?;
        Ok(number)
    }

    /// Inserts a row and gives its id. Not by `RETURNING`, which makes SQLite prepare to undo the statement: that costs more
    /// than the second statement, and FTS5 writes what it has collected.
    fn insert(&self, statement: &str, params: &[Param<'_>]) -> Result<i64, Error> {
        self.sql.execute(statement, params)?;
        self.number("SELECT last_insert_rowid()", &[])?
            .ok_or_else(|| Error::fault("an inserted row has no id"))
    }

    /// The object, if the session may change it. What this transaction has created is at hand for the rest of it, whoever its access
    /// list admits.
    fn writable(&self, collection: &'static Collection, identifier: &str) -> Result<Target, Error> {
        if collection.has_series()
            && !self.created_events.is_empty()
            && let Some(target) = Target::look_up(self.sql, collection, identifier)?
            && self.created_events.contains(&target.id)
        {
            return Ok(target);
        }
        Target::find(self.sql, self.session, collection, identifier, WRITE)
    }
}

fn known(name: &str) -> Result<&'static Collection, Error> {
    collection(name).ok_or_else(|| Error::invalid(name, format!("There is no collection {name:?}.")))
}

/// Begins a commit that writes, and gives its number.
pub(crate) fn next_sequence(sql: &dyn Sql) -> Result<i64, SqlError> {
    sql.execute("UPDATE tenant_state SET sequence = sequence + 1", &[])?;
    sequence(sql)
}

/// The number of the last commit.
fn sequence(sql: &dyn Sql) -> Result<i64, SqlError> {
    let mut sequence = None;
    sql.query("SELECT sequence FROM tenant_state", &[], &mut |row| {
        sequence = row.column(0).integer();
        Ok(())
    })?;
    sequence.ok_or_else(|| SqlError {
        failure: Failure::Other,
        message: "the table tenant_state is empty: this is not a complete tenant database".to_owned(),
    })
}
