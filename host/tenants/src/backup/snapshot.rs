//! A tenant as it is at one commit, while others go on writing to it.
//!
//! `VACUUM INTO` copies the database in one read transaction: writers do not wait for it, however long it takes, nor does it begin
//! again when they write, as SQLite's page-by-page copy does. The copy is compact and holds nothing of what was deleted.
//! It needs its own room on the disk, and the write-ahead log grows by what is written meanwhile.
//!
//! The files that the copy refers to are never changed, but they are removed when their events are. As long as a snapshot holds the
//! tenant's folder locked, nobody removes any, see [`Files::hold`]; so they are exactly there. The snapshot makes up for it in the end.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use lectern_data::check;
use lectern_data::connection::Role;
use lectern_data::migrations::{self, MigrationError};
use lectern_data::sql::{Failure, Param, Sql, SqlError};
use rusqlite::Connection;

use crate::connections;
use crate::files::{Files, Hold};
use crate::folder::{DataFolder, create_file};
use crate::{Error, TenantName};

/// A copy of a tenant's database, and its files. The copy goes with the value.
pub(crate) struct Snapshot {
    /// The copy's path.
    path: Copied,
    /// The copy.
    pub(crate) sql: Connection,
    pub(crate) files: Files,
    hold: Option<Hold>,
    database: PathBuf,
}

impl Snapshot {
    /// Copies the database of a tenant to `path`, in place of what is there.
    pub(crate) fn take(folder: &DataFolder, tenant: &TenantName, path: &Path) -> Result<Self, Error> {
        let database = folder.database(tenant);
        let failed = |source| Error::Database {
            name: tenant.clone(),
            path: database.clone(),
            source,
        };
        let files = Files::of(&database);
        // First, so that no file can go between the copy and its files.
        let hold = files.hold();
        let source = connections::open_as_it_is(&database).map_err(failed)?;
        check::is_of_tenant(&source, tenant.as_str()).map_err(failed)?;
        let found = migrations::version_of(&source).map_err(|error| failed(error.into()))?;
        let known = migrations::known();
        if found > known {
            return Err(failed(MigrationError::Newer { found, known }.into()));
        }
        let copied = Copied::new(path.to_owned());
        copied.remove();
        create_file(path)?;
        let text = path.to_str().ok_or_else(|| Error::File {
            action: "write a database to",
            path: path.to_owned(),
            source: std::io::Error::other("the path is not UTF-8"),
        })?;
        let made = Sql::execute(&source, "VACUUM INTO ?", &[Param::Text(text)]);
        made.map_err(|error| match error.failure {
            Failure::Full => Error::File {
                action: "copy the database to",
                path: path.to_owned(),
                source: std::io::ErrorKind::StorageFull.into(),
            },
            _ => failed(error),
        })?;
        let sql = connections::open(path, Role::Reader).map_err(failed)?;
        Ok(Self {
            path: copied,
            sql,
            files,
            hold,
            database,
        })
    }

    /// The copy's content.
    pub(crate) fn open(&self) -> Result<File, Error> {
        File::open(&self.path.0).map_err(|source| Error::File {
            action: "read",
            path: self.path.0.clone(),
            source,
        })
    }

    /// Brings the copy to the schema of this program.
    pub(crate) fn make_current(&mut self) -> Result<(), SqlError> {
        self.sql = connections::open_current(&self.path.0)?;
        Ok(())
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if self.hold.take().is_some() {
            let removed = connections::open(&self.database, Role::Writer).and_then(|sql| self.files.remove_held(&sql));
            if let Err(error) = removed {
                tracing::info!(%error, "files that were deleted during a backup are removed later");
            }
        }
    }
}

/// The identifiers of the files beside a database that it refers to, sorted. Those that are in the database itself are not beside it.
pub(super) fn identifiers(sql: &Connection) -> Result<Vec<String>, SqlError> {
    let mut identifiers = Vec::new();
    // Before there were uploads there was no table of them.
    if check::has_table(sql, "file")? {
        let inside = match check::has_table(sql, "file_piece")? {
            true => "WHERE identifier NOT IN (SELECT file FROM file_piece)",
            false => "",
        };
        let statement = format!("SELECT identifier FROM file {inside} ORDER BY identifier");
        sql.query(&statement, &[], &mut |row| {
            identifiers.extend(row.column(0).text().map(str::to_owned));
            Ok(())
        })?;
    }
    Ok(identifiers)
}

/// The path of a copy, which is removed with the value together with what SQLite puts beside it.
pub(super) struct Copied(PathBuf);

impl Copied {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn remove(&self) {
        for ending in ["", "-wal", "-shm", "-journal"] {
            let mut path = self.0.clone().into_os_string();
            path.push(ending);
            // What is not there need not be removed; what cannot be is in nobody's way.
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        self.remove();
    }
}

pub(crate) fn other(message: String) -> SqlError {
    SqlError {
        failure: Failure::Other,
        message,
    }
}
