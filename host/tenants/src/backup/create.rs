//! Writing a backup.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat};
use lectern_data::sql::SqlError;
use lectern_data::{check, identity, migrations};
use tar::{Builder, EntryType, Header};

use super::manifest::{FORMAT, Manifest, Member, is_of_program, is_setting};
use super::snapshot::{Snapshot, identifiers};
use super::{DATABASE, FILES, MANIFEST, SETTINGS};
use crate::admin::Admin;
use crate::output::Output;
use crate::{Clock, Error, Host, SystemClock, TenantName};

/// What a backup holds.
#[derive(Debug)]
pub struct Summary {
    /// The last commit.
    pub sequence: u64,
    /// Uploaded files.
    pub files: usize,
    /// Bytes of all members.
    pub size: u64,
}

impl Admin {
    /// Writes a backup of a tenant to a new file, while others work on it. Nothing of the file is there under its name before all of it is
    /// on the disk.
    pub fn backup(&self, tenant: &TenantName, file: &Path) -> Result<Summary, Error> {
        let entry = self.registry.entry(tenant)?;
        let mut output = Output::create(file)?;
        let snapshot = Snapshot::take(&self.folder, tenant, &output.beside("db"))?;
        let summary = self.write_backup(tenant, &entry.hosts, &snapshot, &mut output)?;
        output.finish()?;
        Ok(summary)
    }

    /// Writes a backup to something that is read at the same time; a copy of the database is put into the folder for temporary files.
    pub fn backup_to(&self, tenant: &TenantName, output: impl Write) -> Result<Summary, Error> {
        let entry = self.registry.entry(tenant)?;
        let copy = std::env::temp_dir().join(format!("lectern-{}.db", uuid::Uuid::new_v4()));
        let snapshot = Snapshot::take(&self.folder, tenant, &copy)?;
        self.write_backup(tenant, &entry.hosts, &snapshot, output)
    }

    fn write_backup(
        &self,
        tenant: &TenantName,
        hosts: &[Host],
        snapshot: &Snapshot,
        output: impl Write,
    ) -> Result<Summary, Error> {
        let failed = |source: SqlError| Error::Database {
            name: tenant.clone(),
            path: self.folder.database(tenant),
            source,
        };
        let schema = migrations::version_of(&snapshot.sql).map_err(|error| failed(error.into()))?;
        let name = match check::has_table(&snapshot.sql, "organization").map_err(failed)? {
            true => identity::organization(&snapshot.sql).map_err(failed)?.name,
            false => String::new(),
        };
        let mut manifest = Manifest {
            format: FORMAT,
            program: format!("lectern {}", env!("CARGO_PKG_VERSION")),
            tenant: tenant.to_string(),
            name,
            hosts: hosts.iter().map(Host::to_string).collect(),
            created: now(),
            schema,
            sequence: check::sequence(&snapshot.sql).map_err(failed)?,
            members: Vec::new(),
        };
        let mut archive = Writer::new(output);
        archive.add(&mut manifest, DATABASE, snapshot.open()?, &self.folder.database(tenant))?;
        for (name, path) in settings(&self.folder.tenant(tenant))? {
            archive.add(&mut manifest, &format!("{SETTINGS}/{name}"), open(&path)?, &path)?;
        }
        let identifiers = identifiers(&snapshot.sql).map_err(failed)?;
        for identifier in &identifiers {
            let file = snapshot.files.open(identifier).map_err(|source| Error::File {
                action: "read the file",
                path: self.folder.files(tenant).join(identifier),
                source,
            })?;
            let path = self.folder.files(tenant).join(identifier);
            archive.add(&mut manifest, &format!("{FILES}/{identifier}"), file, &path)?;
        }
        archive.finish(&manifest)?;
        Ok(Summary {
            sequence: manifest.sequence,
            files: identifiers.len(),
            size: manifest.size(),
        })
    }
}

fn now() -> String {
    let now = DateTime::from_timestamp_millis(SystemClock::default().unix_millis());
    now.unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The files of a tenant's folder that the operator has put there, by their paths in it, sorted. Links are followed: what a tenant needs is
/// in its backup, wherever it lies.
pub(super) fn settings(folder: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut found = Vec::new();
    collect(folder, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::File {
            action: "read",
            path,
            source,
        }
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if prefix.is_empty() && is_of_program(&name) {
            continue;
        }
        let name = format!("{prefix}{name}");
        let metadata = fs::metadata(&path).map_err(failed(&path))?;
        if metadata.is_file() || metadata.is_dir() {
            // Also what would lead round in circles becomes too long.
            if !is_setting(&name) || path.to_str().is_none() {
                return Err(Error::Setting(path));
            }
        }
        if metadata.is_dir() {
            collect(&path, &format!("{name}/"), found)?;
        } else if metadata.is_file() {
            found.push((name, path));
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|source| Error::File {
        action: "read",
        path: path.to_owned(),
        source,
    })
}

/// An archive in the making.
struct Writer<W: Write> {
    builder: Builder<BufWriter<W>>,
    /// When it is made, in seconds since 1970-01-01T00:00:00Z.
    made: u64,
}

impl<W: Write> Writer<W> {
    fn new(output: W) -> Self {
        Self {
            builder: Builder::new(BufWriter::with_capacity(1 << 18, output)),
            made: SystemClock::default().unix_millis().unsigned_abs() / 1000,
        }
    }

    /// Adds the content of a file, which comes from `path`.
    fn add(&mut self, manifest: &mut Manifest, name: &str, file: File, path: &Path) -> Result<(), Error> {
        let reading = |source| Error::File {
            action: "read",
            path: path.to_owned(),
            source,
        };
        let size = file.metadata().map_err(reading)?.len();
        let mut content = Hashed {
            inner: file.take(size),
            hasher: blake3::Hasher::new(),
            failed: false,
        };
        let appended = self.append(name, size, &mut content);
        if let Err(source) = appended {
            return Err(match content.failed {
                true => reading(source),
                false => Error::Output(source),
            });
        }
        // An archive of which a member is shorter than it says cannot be read.
        if content.inner.limit() != 0 {
            return Err(reading(io::Error::other(
                "it became shorter while it was read; try again",
            )));
        }
        manifest.members.push(Member {
            name: name.to_owned(),
            size,
            blake3: content.hasher.finalize().to_hex().to_string(),
        });
        Ok(())
    }

    fn finish(mut self, manifest: &Manifest) -> Result<(), Error> {
        let mut text = serde_json::to_vec_pretty(manifest).map_err(|error| Error::Output(error.into()))?;
        text.push(b'\n');
        self.append(MANIFEST, text.len() as u64, &mut text.as_slice())
            .and_then(|()| self.builder.into_inner()?.flush())
            .map_err(Error::Output)
    }

    fn append(&mut self, name: &str, size: u64, content: &mut dyn Read) -> io::Result<()> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_path(name)?;
        header.set_size(size);
        header.set_mode(0o600);
        header.set_mtime(self.made);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        self.builder.append(&header, content)
    }
}

/// What is read, and its digest.
struct Hashed<R> {
    inner: R,
    hasher: blake3::Hasher,
    /// Whether reading has failed, and not what was done with it.
    failed: bool,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer);
        self.failed |= read
            .as_ref()
            .is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        let count = read?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
