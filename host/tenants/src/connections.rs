//! Opening a tenant's file, and the connections that read from it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use lectern_data::connection::Role;
use lectern_data::migrations::MigrationError;
use lectern_data::sql::{Failure, SqlError};
use lectern_data::{check, migrations, native};
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::TenantName;
use crate::pages::{PageMemory, Paged};

/// How long a file that has not been prepared yet may be busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// After how many steps of SQLite's, some tenths of a millisecond, a query lets other threads have its processor. The system would let it go on for
/// some milliseconds, and whoever asks for little would wait for it, once to be heard and once to be answered.
const STEPS: std::ffi::c_int = 1000;

/// Opens an existing file. A missing one is an error: an empty tenant in the place of a lost one would hide the loss.
pub(crate) fn open(path: &Path, role: Role) -> Result<Connection, SqlError> {
    let connection = connect(path)?;
    native::configure(&connection, role)?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, SqlError> {
    // Readers open for writing as well, since the write-ahead log's index is shared memory; they are held to reading by a pragma.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// Opens an existing file as it is, to copy it.
pub(crate) fn open_as_it_is(path: &Path) -> Result<Connection, SqlError> {
    let connection = connect(path)?;
    // Closing a file writes to it, if somebody has left a write-ahead log behind.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// Opens the existing file of a tenant for writing and brings it to the current schema. A file that is empty or belongs to somebody else
/// is refused and left alone.
pub(crate) fn open_tenant(path: &Path, tenant: &TenantName) -> Result<Connection, SqlError> {
    let connection = open_as_it_is(path)?;
    check::is_of_tenant(&connection, tenant.as_str())?;
    let (found, known) = (migrations::version_of(&connection)?, migrations::known());
    if found > known {
        return Err(MigrationError::Newer { found, known }.into());
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    native::configure(&connection, Role::Writer)?;
    migrations::apply(&connection)?;
    Ok(connection)
}

/// Opens an existing file for writing, be it empty, and brings it to the current schema.
pub(crate) fn open_current(path: &Path) -> Result<Connection, SqlError> {
    let connection = open(path, Role::Writer)?;
    migrations::apply(&connection)?;
    Ok(connection)
}

/// Opens an existing file to look at it, leaving it and what is beside it alone.
pub(crate) fn look(path: &Path) -> Result<Connection, SqlError> {
    match is_at_rest(path) {
        // In the usual way SQLite would have to put files beside it.
        true => connect_at_rest(path),
        false => open_as_it_is(path),
    }
}

/// Opens an existing file for reading where there is no room for the index of its write-ahead log, if that log is empty.
fn open_at_rest(path: &Path) -> Result<Connection, SqlError> {
    if !is_at_rest(path) {
        return Err(SqlError {
            failure: Failure::Full,
            message: "there is no room to read the write-ahead log".to_owned(),
        });
    }
    let connection = connect_at_rest(path)?;
    native::configure(&connection, Role::Reader)?;
    Ok(connection)
}

/// Whether everything of a database is in its file. Nobody is writing to it then, since what is written goes to the log first.
fn is_at_rest(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).map_or(0, |metadata| metadata.len()) == 0
}

/// Opens a database without anything beside it.
fn connect_at_rest(path: &Path) -> Result<Connection, SqlError> {
    let path = percent_encode(path.as_os_str().as_encoded_bytes(), PATH);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)?)
}

/// Refuses what can only be read by [`open_at_rest`] if it is not a tenant's database in the schema of this program.
pub(crate) fn check_at_rest(path: &Path, tenant: &TenantName) -> Result<(), SqlError> {
    let connection = open_at_rest(path)?;
    check::is_of_tenant(&connection, tenant.as_str())?;
    match migrations::version_of(&connection)? == migrations::known() {
        true => Ok(()),
        false => Err(SqlError {
            failure: Failure::Full,
            message: "there is no room to bring the database to the current schema".to_owned(),
        }),
    }
}

/// What an URI of SQLite must not hold as it is.
const PATH: &AsciiSet = &CONTROLS.add(b'?').add(b'#').add(b'%').add(b' ');

/// Connections that read one file: as many as threads read at the same time, opened when they are needed.
pub(crate) struct Readers {
    path: PathBuf,
    pages: Arc<PageMemory>,
    idle: Mutex<Vec<Paged>>,
    /// How many connections stay open.
    keep: usize,
    /// Whether there is no room for the index of the write-ahead log.
    at_rest: bool,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, pages: Arc<PageMemory>) -> Self {
        Self {
            path,
            pages,
            idle: Mutex::new(Vec::new()),
            keep: available_parallelism().map_or(1, NonZeroUsize::get),
            at_rest: false,
        }
    }

    /// The same where the disk is full. No connection stays open: as soon as there is room, somebody may write.
    pub(crate) fn at_rest(path: PathBuf, pages: Arc<PageMemory>) -> Self {
        Self {
            keep: 0,
            at_rest: true,
            ..Self::new(path, pages)
        }
    }

    /// Lends a connection to `work`. One that a panic went through, or that was left inside a transaction and would go on seeing
    /// the past, is closed.
    pub(crate) fn with<T, E: From<SqlError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut paged = match idle {
            Some(paged) => paged,
            None => Paged::new(self.open()?),
        };
        let connection = paged.get(&self.pages)?;
        let result = work(connection);
        let is_autocommit = connection.is_autocommit();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.keep && is_autocommit {
            idle.push(paged);
        }
        result
    }

    fn open(&self) -> Result<Connection, SqlError> {
        let mut connection = match self.at_rest {
            true => open_at_rest(&self.path)?,
            false => open(&self.path, Role::Reader)?,
        };
        connection.progress_handler(
            STEPS,
            Some(|| {
                std::thread::yield_now();
                false
            }),
        )?;
        Ok(connection)
    }
}
