//! Making a tenant of a backup: all of it or nothing, wherever the program ends.
//!
//! Everything is put into a folder beside that of the tenant, which no tenant can be called like, and checked there: the archive against
//! its manifest, and the database by SQLite. Then it takes its place within the transaction that makes the tenant known.
//!
//! If there is a tenant of that name already, the folders change places in one step. A program that ends right then leaves the restored
//! tenant at its old hosts, and the former one in the folder beside it.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use lectern_data::check::{self, Depth};
use lectern_data::connection::Role;
use lectern_data::{identity, migrations};

use super::archive::{self, Fault, Sink};
use super::manifest::{Manifest, Place};
use super::{DATABASE, FILES, snapshot};
use crate::admin::{Admin, made_by_operator, recorded};
use crate::folder::{DataFolder, create_folder, sync_folder};
use crate::registry::Registry;
use crate::{Error, Host, TenantName, connections};

/// In the folder of a tenant that is not known yet, or has just become so. An unknown tenant with it is one that was not restored to the
/// end.
pub(crate) const UNFINISHED: &str = "restore.unfinished";

/// What is to be made of a backup.
#[derive(Debug, Default)]
pub struct Restore {
    /// The tenant that it becomes, if not that of the backup.
    pub tenant: Option<TenantName>,
    /// Where it is served, if not where it was when the backup was made; if it takes a tenant's place, where that is.
    pub hosts: Vec<Host>,
    /// Whether it may take the place of a tenant, which is erased.
    pub replace: bool,
}

/// What a backup has become.
#[derive(Debug)]
pub struct Restored {
    /// The tenant.
    pub tenant: TenantName,
    /// Where it is served.
    pub hosts: Vec<Host>,
    /// What the backup said of itself.
    pub manifest: Manifest,
}

impl Admin {
    /// Makes a tenant of a backup, in a data folder that is made if it is missing.
    pub fn restore(data: &Path, backup: &Path, wanted: &Restore) -> Result<Restored, Error> {
        let failed = |fault| Error::Backup {
            path: backup.to_owned(),
            fault,
        };
        let mut file = BufReader::with_capacity(1 << 18, File::open(backup).map_err(|error| failed(error.into()))?);
        let manifest = archive::manifest(&mut file).map_err(failed)?;
        let tenant = match &wanted.tenant {
            Some(tenant) => tenant.clone(),
            None => manifest.tenant.parse().map_err(|_| failed(unusable("tenant")))?,
        };
        let folder = DataFolder::new(data);
        let mut registry = Registry::create(&folder)?;
        let own: Vec<Host> = manifest
            .hosts
            .iter()
            .map(|host| host.parse())
            .collect::<Result<_, _>>()
            .map_err(|_| failed(unusable("hosts")))?;
        let hosts = registry.admits(&tenant, &wanted.hosts, &own, wanted.replace)?;

        let staging = Staging::begin(&folder, &tenant)?;
        io::Seek::rewind(&mut file).map_err(|error| failed(error.into()))?;
        let manifest = archive::read(&mut file, &mut staging.filler()).map_err(failed)?;
        staging.check_database(&manifest, &tenant).map_err(failed)?;
        staging.sync().map_err(|error| failed(error.into()))?;
        let place = folder.tenant(&tenant);
        registry.put(&tenant, &hosts, wanted.replace, || staging.take_place(&place))?;
        staging.finish(&place)?;
        Ok(Restored {
            tenant,
            hosts,
            manifest,
        })
    }
}

fn unusable(what: &str) -> Fault {
    Fault::Damaged(format!("the {what} in `{}` cannot be used", super::MANIFEST))
}

/// The folder in which a tenant is put together.
struct Staging {
    path: PathBuf,
    /// Locked, so that nobody else restores the same tenant.
    _lock: File,
    tenant: TenantName,
}

impl Staging {
    fn begin(folder: &DataFolder, tenant: &TenantName) -> Result<Self, Error> {
        let path = folder.restoring(tenant);
        let failed = |source| Error::File {
            action: "use",
            path: path.clone(),
            source,
        };
        create_folder(&path)?;
        let lock = File::open(&path).map_err(failed)?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            return Err(Error::RestoreBusy(tenant.clone()));
        }
        // What is there has been left behind by a program that was ended.
        empty(&path).map_err(failed)?;
        let staging = Self {
            path: path.clone(),
            _lock: lock,
            tenant: tenant.clone(),
        };
        File::create_new(staging.path.join(UNFINISHED)).map_err(failed)?;
        Ok(staging)
    }

    fn filler(&self) -> Filler<'_> {
        Filler { folder: &self.path }
    }

    /// Checks the database, brings it to the current schema, gives it the tenant's name, and notes in it that it was restored.
    fn check_database(&self, manifest: &Manifest, tenant: &TenantName) -> Result<(), Fault> {
        let path = self.path.join(DATABASE);
        let damaged = |what: String| Fault::Damaged(format!("the database in it cannot be used: {what}"));
        let sql = connections::open(&path, Role::Writer).map_err(|error| damaged(error.message))?;
        check_snapshot(&sql, manifest)?;
        migrations::apply(&sql).map_err(|error| damaged(error.to_string()))?;
        let detail = format!("backup of {} at {}", manifest.tenant, manifest.created);
        let operation = made_by_operator("restore", "organization", tenant.as_str(), &detail);
        recorded(&sql, &[operation], |sql| {
            identity::rename_organization(sql, tenant.as_str())
        })
        .map_err(|error| damaged(error.to_string()))?;
        // With the last connection goes the write-ahead log.
        sql.close().map_err(|(_, error)| damaged(error.to_string()))
    }

    /// Makes everything durable.
    fn sync(&self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            // Once for all files, of which there can be many.
            Ok(rustix::fs::syncfs(File::open(&self.path)?)?)
        }
        #[cfg(not(target_os = "linux"))]
        sync_all(&self.path)
    }

    /// Puts the tenant where it belongs. What is there is a tenant that is to be replaced, or has not been restored to the end.
    fn take_place(&self, place: &Path) -> Result<(), Error> {
        let failed = |source| Error::File {
            action: "restore",
            path: place.to_owned(),
            source,
        };
        if !place.exists() {
            return fs::rename(&self.path, place).map_err(failed);
        }
        exchange(&self.path, place).map_err(failed)
    }

    /// Tidies up when the tenant is known.
    fn finish(&self, place: &Path) -> Result<(), Error> {
        let failed = |source| Error::File {
            action: "tidy up",
            path: place.to_owned(),
            source,
        };
        fs::remove_file(place.join(UNFINISHED)).map_err(failed)?;
        place.parent().map_or(Ok(()), sync_folder).map_err(failed)
    }
}

impl Drop for Staging {
    /// Whatever is there is not needed: what could not be restored, or what was replaced.
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(tenant = %self.tenant, folder = %self.path.display(), %error, "a folder that is not needed cannot be removed");
        }
    }
}

/// Whether a folder without a tenant is what a restore has left behind that was ended just before it was done.
pub(crate) fn is_unfinished(folder: &Path) -> bool {
    folder.join(UNFINISHED).exists()
}

/// Whether a database is sound and the one that the manifest describes.
pub(super) fn check_snapshot(sql: &rusqlite::Connection, manifest: &Manifest) -> Result<(), Fault> {
    let damaged = |what: String| Fault::Damaged(format!("the database in it cannot be used: {what}"));
    if let Some(problem) = check::structure(sql, Depth::Full).into_iter().next() {
        return Err(damaged(problem));
    }
    check::is_of_tenant(sql, &manifest.tenant).map_err(|error| damaged(error.message))?;
    let schema = migrations::version_of(sql).map_err(|error| damaged(error.to_string()))?;
    let sequence = check::sequence(sql).map_err(|error| damaged(error.message))?;
    if (schema, sequence) != (manifest.schema, manifest.sequence) {
        return Err(damaged("it is not the one that the manifest describes".to_owned()));
    }
    let known: BTreeSet<String> = snapshot::identifiers(sql)
        .map_err(|error| damaged(error.message))?
        .into_iter()
        .collect();
    let there: BTreeSet<&str> = manifest.files().collect();
    match known.iter().find(|file| !there.contains(file.as_str())) {
        Some(file) => Err(Fault::Damaged(format!("the file `{FILES}/{file}` is missing"))),
        None if known.len() != there.len() => Err(Fault::Damaged(
            "it holds files that its database does not refer to".to_owned(),
        )),
        None => Ok(()),
    }
}

/// Puts members into a folder.
struct Filler<'f> {
    folder: &'f Path,
}

impl Sink for Filler<'_> {
    fn member(&mut self, place: Place<'_>, content: &mut dyn Read) -> io::Result<()> {
        let path = match place {
            Place::Database => self.folder.join(DATABASE),
            Place::File(identifier) => self.folder.join(FILES).join(identifier),
            Place::Setting(path) => self.folder.join(path),
        };
        if let Some(parent) = path.parent() {
            create_folder(parent).map_err(io::Error::other)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        io::copy(content, &mut options.open(path)?).map(drop)
    }
}

/// Lets two folders change places.
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
            // Not all file systems know how to do that.
            Err(Errno::INVAL | Errno::NOSYS) => {}
            done => return Ok(done?),
        }
    }
    let aside = one.with_extension("replaced");
    fs::rename(other, &aside)?;
    fs::rename(one, other)?;
    fs::rename(aside, one)
}

/// Removes what is in a folder.
fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => sync_all(&entry.path())?,
            false => File::open(entry.path())?.sync_all()?,
        }
    }
    sync_folder(folder)
}
