//! Whether a backup, or a tenant, is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use lectern_data::check::{self, Depth};
use lectern_data::connection::Role;
use lectern_data::media;
use lectern_data::migrations;
use lectern_data::sql::{Sql, SqlError};
use md5::{Digest, Md5};
use rusqlite::Connection;

use super::archive::{self, Fault, Sink};
use super::manifest::{Manifest, Place, is_identifier};
use super::restore::check_snapshot;
use super::snapshot::Copied;
use crate::admin::Admin;
use crate::files::Files;
use crate::folder::create_file;
use crate::{Error, TenantName, connections};

/// What was found of a tenant.
#[derive(Debug, Default)]
pub struct Found {
    /// The number of the database's schema.
    pub schema: usize,
    /// The last commit.
    pub sequence: u64,
    /// Files that events refer to.
    pub files: usize,
    /// Their bytes.
    pub size: u64,
    /// What is wrong, a sentence each.
    pub problems: Vec<String>,
}

/// Checks a backup from beginning to end, its database too, of which a copy is put into the folder for temporary files.
pub fn verify(backup: &Path) -> Result<Manifest, Error> {
    let verified = || {
        let input = BufReader::with_capacity(1 << 18, File::open(backup)?);
        let copy = Copied::new(std::env::temp_dir().join(format!("lectern-{}.db", uuid::Uuid::new_v4())));
        create_file(copy.path()).map_err(io::Error::other)?;
        let manifest = archive::read(input, &mut Database(copy.path()))?;
        let damaged = |error: SqlError| Fault::Damaged(format!("the database in it cannot be used: {error}"));
        let sql = connections::open(copy.path(), Role::Reader).map_err(damaged)?;
        check_snapshot(&sql, &manifest)?;
        Ok(manifest)
    };
    verified().map_err(|fault| Error::Backup {
        path: backup.to_owned(),
        fault,
    })
}

/// Takes the database of a backup.
struct Database<'p>(&'p Path);

impl Sink for Database<'_> {
    fn member(&mut self, place: Place<'_>, content: &mut dyn Read) -> io::Result<()> {
        if place == Place::Database {
            let mut file = File::options().write(true).truncate(true).open(self.0)?;
            io::copy(content, &mut file)?;
        }
        Ok(())
    }
}

impl Admin {
    /// Checks the database and the files of a tenant, while others may work on it. Changes nothing.
    pub fn verify_tenant(&self, tenant: &TenantName) -> Result<Found, Error> {
        self.registry.entry(tenant)?;
        Ok(look(tenant, &self.folder.database(tenant), Depth::Full))
    }
}

/// Looks at a tenant; with [`Depth::Full`] at everything, otherwise at what is quickly found out.
pub(crate) fn look(tenant: &TenantName, database: &Path, depth: Depth) -> Found {
    let files = Files::of(database);
    // So that no file goes that the database refers to.
    let _hold = files.hold();
    let mut found = Found::default();
    let unusable =
        |error: &dyn std::fmt::Display| format!("the database {} cannot be used: {error}", database.display());
    match connections::look(database) {
        Ok(sql) => {
            if let Err(error) = examine(&sql, tenant, &files, depth, &mut found) {
                found.problems.push(unusable(&error));
            }
        }
        Err(error) => found.problems.push(unusable(&error)),
    }
    found
}

fn examine(
    sql: &Connection,
    tenant: &TenantName,
    files: &Files,
    depth: Depth,
    found: &mut Found,
) -> Result<(), SqlError> {
    check::is_of_tenant(sql, tenant.as_str())?;
    found.schema = migrations::version_of(sql)?;
    let known = migrations::known();
    if found.schema > known {
        let newer = migrations::MigrationError::Newer {
            found: found.schema,
            known,
        };
        found.problems.push(newer.to_string());
        return Ok(());
    }
    found.problems.extend(check::structure(sql, depth));
    if !found.problems.is_empty() {
        return Ok(());
    }
    Sql::execute(sql, "BEGIN", &[])?;
    found.sequence = check::sequence(sql)?;
    if depth == Depth::Full && found.schema == known {
        found.problems.extend(check::rules(sql)?);
    }
    if check::has_table(sql, "file")? {
        examine_files(sql, files, depth, found)?;
    }
    Ok(())
}

/// A file as the database has it.
struct Expected {
    size: u64,
    checksum: String,
}

fn examine_files(sql: &Connection, files: &Files, depth: Depth, found: &mut Found) -> Result<(), SqlError> {
    let there = files.listed();
    let mut expected: BTreeMap<String, Expected> = BTreeMap::new();
    media::stored_files(sql, &mut |file| {
        let Expected { size, checksum } = expected.entry(file.identifier.to_owned()).or_insert(Expected {
            size: 0,
            checksum: String::new(),
        });
        (*size, *checksum) = (file.size, file.checksum.to_owned());
    })?;
    found.files = expected.len();
    for (identifier, Expected { size, checksum }) in &expected {
        found.size = found.size.saturating_add(*size);
        found
            .problems
            .extend(differs(files, identifier, *size, checksum, depth));
    }
    let removed = listed(sql, "SELECT identifier FROM removed_file")?;
    // Whatever has come since then belongs to somebody: a row of a later commit, or an upload.
    Sql::execute(sql, "COMMIT", &[])?;
    let known = listed(sql, "SELECT identifier FROM file")?;
    for path in there {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_known = known.contains(&name) || removed.contains(&name) || expected.contains_key(&name);
        if !is_known && path.exists() && !is_locked(&path) {
            found.problems.push(format!(
                "the file {} belongs to no event; the next server removes it when the tenant is first used, so nothing need be done",
                path.display()
            ));
        }
    }
    Ok(())
}

/// What is wrong with a file, if anything is.
fn differs(files: &Files, identifier: &str, size: u64, checksum: &str, depth: Depth) -> Option<String> {
    if !is_identifier(identifier) {
        return Some(format!(
            "an event refers to a file `{}`, which no file can be called",
            identifier.escape_debug()
        ));
    }
    let path = files.path(identifier).ok()?;
    let restore = "take it from a backup";
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Some(format!("the file {} is missing: {restore}", path.display()));
        }
        Err(error) => return Some(format!("the file {} cannot be read: {error}", path.display())),
    };
    if metadata.len() != size {
        let length = metadata.len();
        return Some(format!(
            "the file {} has {length} bytes and not {size}: {restore}",
            path.display()
        ));
    }
    if depth == Depth::Full && !checksum.is_empty() {
        match digest(&path) {
            Ok(digest) if digest == checksum => {}
            Ok(_) => {
                return Some(format!(
                    "the file {} has another content than when it was stored: {restore}",
                    path.display()
                ));
            }
            Err(error) => return Some(format!("the file {} cannot be read: {error}", path.display())),
        }
    }
    None
}

fn digest(path: &PathBuf) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Md5::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => digest.update(buffer.get(..count).unwrap_or_default()),
        }
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn listed(sql: &Connection, statement: &str) -> Result<BTreeSet<String>, SqlError> {
    let mut identifiers = BTreeSet::new();
    sql.query(statement, &[], &mut |row| {
        identifiers.extend(row.column(0).text().map(str::to_owned));
        Ok(())
    })?;
    Ok(identifiers)
}

/// Whether an upload holds a file.
fn is_locked(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}
