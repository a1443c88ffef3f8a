//! Opening a tenant's file, and the connections that read from it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;

use lectern_data::connection::Role;
use lectern_data::sql::{Failure, Sql, SqlError};
use lectern_data::{migrations, native};
use rusqlite::{Connection, OpenFlags};

/// Opens an existing file. A missing one is an error: an empty tenant in the place of a lost one would hide the loss.
pub(crate) fn open(path: &Path, role: Role) -> Result<Connection, SqlError> {
    // Readers open for writing as well, since the write-ahead log's index is shared memory; they are held to reading by a pragma.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    native::configure(&connection, role)?;
    Ok(connection)
}

/// Opens an existing file for writing and brings it to the current schema.
pub(crate) fn open_current(path: &Path) -> Result<Connection, SqlError> {
    let connection = open(path, Role::Writer)?;
    migrations::apply(&connection).map_err(|error| SqlError {
        failure: Failure::Other,
        message: error.to_string(),
    })?;
    Ok(connection)
}

/// Limits the memory that a connection may use for pages of the file.
pub(crate) fn limit_cache(sql: &dyn Sql, kibibytes: u32) -> Result<(), SqlError> {
    sql.query(&format!("PRAGMA cache_size = -{kibibytes}"), &[], &mut |_| Ok(()))
}

/// Connections that read one file: as many as threads read at the same time, opened when they are needed.
pub(crate) struct Readers {
    path: PathBuf,
    cache: u32,
    idle: Mutex<Vec<Connection>>,
    /// How many connections stay open.
    keep: usize,
}

impl Readers {
    /// `cache` is in KiB, for each connection.
    pub(crate) fn new(path: PathBuf, cache: u32) -> Self {
        Self {
            path,
            cache,
            idle: Mutex::new(Vec::new()),
            keep: available_parallelism().map_or(1, NonZeroUsize::get),
        }
    }

    /// Lends a connection to `work`. One that a panic went through, or that was left inside a transaction and would go on seeing
    /// the past, is closed.
    pub(crate) fn with<T, E: From<SqlError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        let result = work(&connection);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.keep && connection.is_autocommit() {
            idle.push(connection);
        }
        result
    }

    fn open(&self) -> Result<Connection, SqlError> {
        let connection = open(&self.path, Role::Reader)?;
        limit_cache(&connection, self.cache)?;
        Ok(connection)
    }
}
