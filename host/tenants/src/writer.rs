//! Writing to one file: one thread, and one sync for all transactions that wait at the time.
//!
//! Each transaction runs in a savepoint of its own inside one SQLite transaction. What is wrong with one, be it a panic, undoes that
//! one only. Nobody is told of success before the commit has been synced; if the commit fails, everybody is told so.
//!
//! What the commit has made superfluous on the disk is removed before anybody is told.
//!
//! The thread is started by the first transaction and ends when there was nothing to do for a while.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lectern_data::connection::Role;
use lectern_data::model::{Change, Error, Reason, Sequence, Session};
use lectern_data::sql::{Sql, SqlError};
use lectern_metrics::{Gauge, Raised};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::files::{Files, Removed};
use crate::pages::{PageMemory, limit};
use crate::{Activity, Clock, connections};

/// How many transactions share a sync at most, so that the first of them does not wait for too many others.
const TOGETHER: usize = 256;
/// How long the thread waits for something to do.
const IDLE: Duration = Duration::from_secs(10);

/// A transaction that waits for its turn.
struct Work {
    session: Arc<Session>,
    changes: Vec<Change>,
    /// Done when the changes are durable, whether or not anybody still waits for that; dropped if they are not made.
    then: Option<Then>,
    reply: oneshot::Sender<Outcome>,
    /// Until its turn comes.
    waiting: Option<Raised<Arc<Gauge>>>,
}

/// What is to be done when changes are durable.
pub(crate) type Then = Box<dyn FnOnce() + Send>;

type Outcome = Result<Sequence, Error>;

/// What a transaction does: [`lectern_data::write::apply`].
pub(crate) type Apply = fn(&dyn Sql, &Session, &[Change], i64) -> Outcome;

/// How a file is written to.
pub(crate) struct Settings {
    pub(crate) path: PathBuf,
    pub(crate) pages: Arc<PageMemory>,
    /// How many transactions may wait for their turn.
    pub(crate) waiting: usize,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) apply: Apply,
    /// The files that changes can refer to.
    pub(crate) files: Option<Arc<Files>>,
    pub(crate) activity: Arc<Activity>,
}

/// The way to the writing thread of one file.
pub(crate) struct Writer {
    settings: Settings,
    /// There is a thread as long as there is a sender.
    sender: Mutex<Option<SyncSender<Work>>>,
    /// The last thread that was started.
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(crate) fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            sender: Mutex::new(None),
            thread: Mutex::new(None),
        })
    }

    /// Applies the changes in a transaction and waits until they are durable and `then` has been done.
    pub(crate) async fn commit(
        self: &Arc<Self>,
        session: Arc<Session>,
        changes: Vec<Change>,
        then: Option<Then>,
    ) -> Outcome {
        let (reply, outcome) = oneshot::channel();
        self.submit(Work {
            session,
            changes,
            then,
            reply,
            waiting: Some(Raised::new(Arc::clone(&self.settings.activity.waiting))),
        })?;
        outcome
            .await
            .unwrap_or_else(|_| Err(Error::fault("the writing thread ended before it answered")))
    }

    fn submit(self: &Arc<Self>, work: Work) -> Result<(), Error> {
        let mut sender = self.lock();
        let work = match sender.as_ref() {
            None => work,
            Some(thread) => match thread.try_send(work) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) => {
                    return Err(busy(
                        "Too many changes are waiting for this tenant; try again in a moment.",
                    ));
                }
                Err(TrySendError::Disconnected(work)) => work,
            },
        };
        let (new, receiver) = sync_channel(self.settings.waiting);
        let writer = Arc::clone(self);
        let spawned = std::thread::Builder::new()
            .name("tenant-writer".to_owned())
            .spawn(move || writer.run(&receiver));
        match spawned {
            Ok(thread) => *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread),
            Err(error) => {
                tracing::error!(%error, "a writing thread cannot be started");
                return Err(busy("The change cannot be made right now; try again in a moment."));
            }
        }
        let sent = new
            .try_send(work)
            .map_err(|_| Error::fault("the writing thread does not take work"));
        *sender = Some(new);
        sent
    }

    /// Lets the thread end as soon as it has done what waits.
    pub(crate) fn close(&self) {
        self.lock().take();
    }

    /// The same, and waits for that.
    pub(crate) fn end(&self) {
        self.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // One that has panicked has ended as well.
        let _ = thread.map(JoinHandle::join);
    }

    fn lock(&self) -> MutexGuard<'_, Option<SyncSender<Work>>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread.
    fn run(&self, receiver: &Receiver<Work>) {
        let mut connection = None;
        while let Some(first) = self.next(receiver) {
            let mut batch = vec![first];
            batch.extend(receiver.try_iter().take(TOGETHER - 1));
            // Nobody waits for these any more; they were told, or will find, that the change was not made.
            batch.retain(|work| !work.reply.is_closed());
            for work in &mut batch {
                work.waiting = None;
            }
            let outcomes = self.write(&mut connection, &batch);
            let removed = self.remove_files(connection.as_ref());
            for (work, outcome) in batch.into_iter().zip(outcomes) {
                match work.then {
                    Some(then) if outcome.is_ok() => then(),
                    then => drop(then),
                }
                // Whoever has stopped waiting meanwhile does not want to know.
                let _ = work.reply.send(outcome);
            }
            if let (Some(connection), Some(removed)) = (&connection, removed)
                && let Err(error) = removed.forget(connection)
            {
                tracing::info!(%error, "the list of removed files is cleared later");
            }
        }
    }

    /// Removes the files that nothing refers to since the commit; none if there are none.
    fn remove_files(&self, connection: Option<&Connection>) -> Option<Removed> {
        let (files, connection) = self.settings.files.as_ref().zip(connection)?;
        match files.remove_unreferenced(connection) {
            Ok(removed) => Some(removed).filter(|removed| !removed.is_empty()),
            Err(error) => {
                tracing::error!(%error, "it cannot be found out which files are to be removed");
                None
            }
        }
    }

    /// Waits for a transaction; none when the thread is to end.
    fn next(&self, receiver: &Receiver<Work>) -> Option<Work> {
        match receiver.recv_timeout(IDLE) {
            Ok(work) => Some(work),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                // Under the lock nobody sends, so nothing is lost between looking once more and closing.
                let mut sender = self.lock();
                let late = receiver.try_recv().ok();
                if late.is_none() {
                    sender.take();
                }
                late
            }
        }
    }

    fn write(&self, connection: &mut Option<Connection>, batch: &[Work]) -> Vec<Outcome> {
        let open = match connection {
            Some(open) => open,
            None => match self.open() {
                Ok(open) => connection.insert(open),
                Err(error) => return all(batch, &Error::from(error)),
            },
        };
        let started = Instant::now();
        let outcomes = write(open, batch, &self.settings);
        self.settings.activity.count(&outcomes, started.elapsed());
        if outcomes
            .iter()
            .any(|outcome| matches!(outcome, Err(error) if error.reason == Reason::Full))
        {
            tracing::error!(file = %self.settings.path.display(), "there is no room left to write to; make room on this file system");
        }
        if outcomes
            .iter()
            .any(|outcome| matches!(outcome, Err(error) if error.reason == Reason::Fault))
        {
            // Whatever went wrong inside SQLite does not stay.
            connection.take();
        }
        outcomes
    }

    fn open(&self) -> Result<Connection, SqlError> {
        let connection = connections::open(&self.settings.path, Role::Writer)?;
        // The thread ends when there is nothing to write, and its connection with it, so this lasts.
        limit(&connection, self.settings.pages.share())?;
        Ok(connection)
    }
}

/// Writes a batch with one commit.
fn write(connection: &Connection, batch: &[Work], settings: &Settings) -> Vec<Outcome> {
    if let Err(error) = execute(connection, "BEGIN IMMEDIATE") {
        return all(batch, &Error::from(error));
    }
    let mut outcomes = Vec::with_capacity(batch.len());
    for work in batch {
        let outcome = apply(connection, work, settings);
        if connection.is_autocommit() {
            // SQLite undoes the whole transaction when the disk is full or fails. One by one, each gets what is due to it.
            return match batch {
                [_] => vec![outcome.and_then(|_| Err(Error::fault("the transaction was undone")))],
                batch => batch
                    .iter()
                    .flat_map(|work| write(connection, std::slice::from_ref(work), settings))
                    .collect(),
            };
        }
        outcomes.push(outcome);
    }
    let end = if outcomes.iter().any(Result::is_ok) {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    if let Err(error) = execute(connection, end) {
        undo(connection);
        let error = Error::from(error);
        for outcome in outcomes.iter_mut().filter(|outcome| outcome.is_ok()) {
            *outcome = Err(error.clone());
        }
    }
    outcomes
}

/// Applies the changes of one transaction in a savepoint, or none of them.
fn apply(connection: &Connection, work: &Work, settings: &Settings) -> Outcome {
    let now = settings.clock.unix_millis();
    let change = || (settings.apply)(connection, &work.session, &work.changes, now);
    let outcome = execute(connection, "SAVEPOINT change")
        .map_err(Error::from)
        .and_then(|()| {
            let applied = catch_unwind(AssertUnwindSafe(change));
            applied.unwrap_or_else(|_| Err(Error::fault("applying a change panicked; the change was not made")))
        });
    let ends: &[&str] = if outcome.is_ok() {
        &["RELEASE change"]
    } else {
        &["ROLLBACK TO change", "RELEASE change"]
    };
    match ends.iter().try_for_each(|end| execute(connection, end)) {
        Ok(()) => outcome,
        // Half a transaction must not get into the commit of the others.
        Err(error) => {
            undo(connection);
            outcome.and(Err(error.into()))
        }
    }
}

/// Undoes the whole transaction, unless SQLite has done so.
fn undo(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = execute(connection, "ROLLBACK")
    {
        tracing::error!(%error, "a transaction cannot be undone");
    }
}

fn execute(connection: &Connection, statement: &str) -> Result<(), SqlError> {
    Sql::execute(connection, statement, &[]).map(drop)
}

fn busy(message: &str) -> Error {
    Error::new(Reason::Busy, "", message)
}

fn all(batch: &[Work], error: &Error) -> Vec<Outcome> {
    batch.iter().map(|_| Err(error.clone())).collect()
}

#[cfg(test)]
mod tests;
