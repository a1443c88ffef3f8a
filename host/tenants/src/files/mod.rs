//! The files of a tenant: what clients upload, on the disk beside the database.
//!
//! A file is written below `incoming`, moved to its place when it is complete and synced, and belongs to the tenant with the commit
//! that gives it a row in table `file`. Until then its upload holds a lock on it: [`Files::sweep`], which clears away what an ended
//! process has left behind, can tell that file from one that nobody wants, in whatever process the upload is. A file whose row goes
//! is removed when that is committed, see [`Files::remove_unreferenced`]; if somebody copies the tenant at that time, later, see
//! [`Files::hold`].
//!
//! Does not belong here: who may read a file, what is in it (`lectern-media`), ranges and header fields (the server).

mod upload;

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lectern_data::sql::{Failure, Param, Sql, SqlError};
use lectern_data::{check, pieces};
use uuid::Uuid;

use crate::folder::sync_folder;
pub use upload::Upload;

/// Beside the database.
pub(crate) const FOLDER: &str = "files";

/// Below the folder of the files: those that are arriving.
const INCOMING: &str = "incoming";

/// How many files are removed at a time, so that nobody waits long for the commit that removed them.
const REMOVED_AT_ONCE: usize = 1000;

/// The folder of a tenant's files, which is made by the first upload.
#[derive(Debug)]
pub(crate) struct Files {
    folder: PathBuf,
}

impl Files {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The files beside this database.
    pub(crate) fn of(database: &Path) -> Self {
        Self::new(database.with_file_name(FOLDER))
    }

    /// Sees to it that no file is removed for as long as the value is there, in whatever process. None where the system has no locks.
    pub(crate) fn hold(&self) -> Option<Hold> {
        let folder = File::open(self.tenant()).ok()?;
        folder.lock_shared().ok()?;
        Some(Hold(folder))
    }

    /// The tenant's folder, which is there even if there has been no upload yet.
    fn tenant(&self) -> &Path {
        self.folder.parent().unwrap_or(&self.folder)
    }

    /// The files that are in their place, whomever they belong to.
    pub(crate) fn listed(&self) -> Vec<PathBuf> {
        listed(&self.folder)
    }

    /// Leave to remove files, if nobody holds them: it is given up with the value.
    fn leave_to_remove(&self) -> Option<Option<File>> {
        let Ok(folder) = File::open(self.tenant()) else {
            return Some(None);
        };
        match folder.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            // Where locks are not supported nobody can have one.
            _ => Some(Some(folder)),
        }
    }

    /// Removes what could not be removed while it was held. For those who are not the writer: they keep it from writing meanwhile.
    pub(crate) fn remove_held(&self, sql: &dyn Sql) -> Result<(), SqlError> {
        if !check::has_table(sql, "removed_file")? {
            return Ok(());
        }
        loop {
            sql.execute("BEGIN IMMEDIATE", &[])?;
            // Dropping the connection undoes what was not committed.
            let removed = self.remove_unreferenced(sql)?;
            let is_last = removed.is_empty();
            removed.forget(sql)?;
            sql.execute("COMMIT", &[])?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Opens a file for reading.
    pub(crate) fn open(&self, identifier: &str) -> io::Result<File> {
        File::open(self.path(identifier)?)
    }

    /// Where a file is.
    pub(crate) fn path(&self, identifier: &str) -> io::Result<PathBuf> {
        // An identifier that is none must not lead anywhere else.
        Uuid::try_parse(identifier).map_err(|_| io::ErrorKind::NotFound)?;
        Ok(self.place(identifier))
    }

    fn place(&self, identifier: &str) -> PathBuf {
        self.folder.join(identifier)
    }

    fn incoming(&self, identifier: &str) -> PathBuf {
        self.folder.join(INCOMING).join(identifier)
    }

    /// Makes a new file for its owner only, and locks it.
    fn create(&self) -> io::Result<(String, File)> {
        make_folder(&self.folder)?;
        make_folder(&self.folder.join(INCOMING))?;
        loop {
            let identifier = Uuid::new_v4().to_string();
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(self.incoming(&identifier))?;
            // Where locks are not supported nobody can have one, and the sweep leaves everything alone.
            let _ = file.try_lock();
            // A sweep may have found the file before it was locked.
            if self.incoming(&identifier).try_exists()? {
                return Ok((identifier, file));
            }
        }
    }

    /// Moves a complete file to its place, for good.
    fn move_in(&self, identifier: &str) -> io::Result<()> {
        fs::rename(self.incoming(identifier), self.place(identifier))?;
        sync_folder(&self.folder)
    }

    /// Removes a file wherever it is; in this order none escapes that is just being moved.
    fn discard(&self, identifier: &str) {
        for path in [self.incoming(identifier), self.place(identifier)] {
            remove(&path);
        }
    }

    /// Removes the files whose rows are gone, unless somebody holds them. Gives whether there were any, and what to close without haste: the space of a file
    /// is free when nobody has it open, and freeing much of it takes time.
    pub(crate) fn remove_unreferenced(&self, sql: &dyn Sql) -> Result<Removed, SqlError> {
        let statement = format!(
            "SELECT identifier, identifier IN (SELECT identifier FROM file) FROM removed_file LIMIT {REMOVED_AT_ONCE}"
        );
        let (mut listed, mut removed) = (Vec::new(), Removed::default());
        sql.query(&statement, &[], &mut |row| {
            let identifier = row.column(0).text().unwrap_or_default().to_owned();
            listed.push((identifier, row.column(1).integer() == Some(1)));
            Ok(())
        })?;
        if listed.is_empty() {
            return Ok(removed);
        }
        let Some(_leave) = self.leave_to_remove() else {
            return Ok(removed);
        };
        for (identifier, is_back) in listed {
            let path = self.place(&identifier);
            if !is_back {
                removed.open.extend(File::open(&path));
                remove(&path);
            }
            removed.identifiers.push(identifier);
        }
        Ok(removed)
    }

    /// Moves files that are in the database itself, where a program without a disk has put them, to their place.
    pub(crate) fn take_in(&self, sql: &dyn Sql) -> Result<(), SqlError> {
        loop {
            let inside = pieces::files(sql)?;
            if inside.is_empty() {
                return Ok(());
            }
            for identifier in inside {
                self.take_in_one(sql, &identifier)?;
                pieces::remove(sql, &identifier)?;
            }
        }
    }

    fn take_in_one(&self, sql: &dyn Sql, identifier: &str) -> Result<(), SqlError> {
        let failed = |error: io::Error| SqlError {
            failure: match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Failure::Full,
                _ => Failure::Other,
            },
            message: format!("the file {identifier} cannot be moved from the database to the disk: {error}"),
        };
        // One that is no identifier must not lead anywhere else.
        let place = self.path(identifier).map_err(failed)?;
        let (incoming, mut file) = self.create().map_err(failed)?;
        let mut position = 0;
        while let Some((_, piece)) = pieces::piece(sql, identifier, position)? {
            file.write_all(&piece).map_err(failed)?;
            position = position.saturating_add(piece.len() as u64);
            if piece.len() < pieces::LENGTH {
                break;
            }
        }
        let moved = file
            .sync_all()
            .and_then(|()| fs::rename(self.incoming(&incoming), place))
            .and_then(|()| sync_folder(&self.folder));
        moved.map_err(failed)
    }

    /// Removes what is in the folder and belongs to nobody: files without a row and without an upload. Gives whether that could be done:
    /// not while somebody holds the files.
    pub(crate) fn sweep(&self, sql: &dyn Sql) -> Result<bool, SqlError> {
        let Some(_leave) = self.leave_to_remove() else {
            return Ok(false);
        };
        for path in listed(&self.folder.join(INCOMING)) {
            remove_unlocked(&path, || Ok(true))?;
        }
        // Listed first: what is committed meanwhile has its row by the time that rows are read.
        let mut found = listed(&self.folder);
        if found.is_empty() {
            return Ok(true);
        }
        let mut known = HashSet::new();
        sql.query("SELECT identifier FROM file", &[], &mut |row| {
            known.extend(row.column(0).text().map(str::to_owned));
            Ok(())
        })?;
        found.retain(|path| !name(path).is_some_and(|name| known.contains(name)));
        for path in found {
            let is_unknown = || {
                let mut unknown = true;
                let identifier = Param::Text(name(&path).unwrap_or_default());
                sql.query("SELECT 1 FROM file WHERE identifier = ?", &[identifier], &mut |_| {
                    unknown = false;
                    Ok(())
                })?;
                Ok(unknown)
            };
            remove_unlocked(&path, is_unknown)?;
        }
        Ok(true)
    }
}

/// Keeps files from being removed.
#[derive(Debug)]
pub(crate) struct Hold(#[allow(dead_code, reason = "it is locked as long as it is open")] File);

/// What has been removed from the disk and is still listed in table `removed_file`.
#[derive(Debug, Default)]
pub(crate) struct Removed {
    identifiers: Vec<String>,
    open: Vec<File>,
}

impl Removed {
    pub(crate) fn is_empty(&self) -> bool {
        self.identifiers.is_empty()
    }

    /// Takes it from the list.
    pub(crate) fn forget(self, sql: &dyn Sql) -> Result<(), SqlError> {
        drop(self.open);
        let identifiers = serde_json::json!(self.identifiers).to_string();
        let statement = "DELETE FROM removed_file WHERE identifier IN (SELECT value FROM json_each(?))";
        sql.execute(statement, &[Param::Text(&identifiers)]).map(drop)
    }
}

/// Removes a file that no upload holds, if it is unwanted: asked while it is locked, so that no upload can be just about to
/// commit it.
fn remove_unlocked(path: &Path, is_unwanted: impl FnOnce() -> Result<bool, SqlError>) -> Result<(), SqlError> {
    let Ok(file) = File::open(path) else { return Ok(()) };
    if file.try_lock().is_ok() && is_unwanted()? {
        tracing::info!(file = %path.display(), "removing a file that belongs to nobody");
        remove(path);
    }
    Ok(())
}

/// Makes a folder for its owner only, for good, unless it is there. Not the folders above it: a tenant that was removed stays
/// removed.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Ok(()) => path.parent().map_or(Ok(()), sync_folder),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::error!(file = %path.display(), %error, "a file cannot be removed");
        }
        _ => {}
    }
}

/// The files in a folder; none if it does not exist or cannot be read, which an upload will report.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    files.map(|entry| entry.path()).collect()
}

fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}
