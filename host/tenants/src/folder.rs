//! Where things lie in the data folder, and who may read them.
//!
//! ```text
//! DATA/tenants.db              which tenants there are and at which hosts
//! DATA/tenants/ID/tenant.db    everything that belongs to tenant ID
//! DATA/tenants/ID/files/       but the files that were uploaded to it, see files/mod.rs
//! DATA/tenants/ID/*            what the operator sets: catalogs/, listproviders/, workflows/, jwt.toml,
//!                              url-signing.properties
//! DATA/tenants/ID.restoring/   a backup on its way to become tenant ID, see backup/restore.rs
//! DATA/tenants/ID.removed/     what is being erased
//! DATA/listproviders/          lists of all tenants
//! DATA/workflows/              workflow definitions of all tenants
//! DATA/components/NAME/        versions of handler components that were deployed, see component.rs
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{ComponentName, Error, TenantName, files};

/// The data folder. Folders are made for their owner only (0700), and so are databases (0600): they hold password hashes.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder {
    root: PathBuf,
}

impl DataFolder {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn registry(&self) -> PathBuf {
        self.root.join("tenants.db")
    }

    pub(crate) fn tenant(&self, name: &TenantName) -> PathBuf {
        self.root.join("tenants").join(name.as_str())
    }

    pub(crate) fn database(&self, name: &TenantName) -> PathBuf {
        self.tenant(name).join("tenant.db")
    }

    pub(crate) fn component(&self, name: &ComponentName) -> PathBuf {
        self.root.join("components").join(name.as_str())
    }

    pub(crate) fn files(&self, name: &TenantName) -> PathBuf {
        self.tenant(name).join(files::FOLDER)
    }

    /// Where a backup is put together before it becomes a tenant. No tenant can have this name.
    pub(crate) fn restoring(&self, name: &TenantName) -> PathBuf {
        self.tenants().join(format!("{name}.restoring"))
    }

    pub(crate) fn tenants(&self) -> PathBuf {
        self.root.join("tenants")
    }

    /// What is being erased. No tenant can have this name, so a half-erased folder is never taken for a tenant.
    fn removed(&self, name: &TenantName) -> PathBuf {
        self.tenants().join(format!("{name}.removed"))
    }

    /// Makes durable that a tenant's folder is there. What is in it is synced by those who write it.
    pub(crate) fn sync(&self, name: &TenantName) -> Result<(), Error> {
        let folders = [self.tenant(name), self.tenants(), self.root.clone()];
        folders.iter().try_for_each(|path| {
            sync_folder(path).map_err(|source| Error::File {
                action: "sync",
                path: path.clone(),
                source,
            })
        })
    }

    /// Says that a server runs on this folder, for as long as the value is there.
    pub(crate) fn mark_running(&self) -> Option<fs::File> {
        let folder = fs::File::open(&self.root).ok()?;
        folder.lock_shared().ok()?;
        Some(folder)
    }

    /// Whether a server runs on this folder.
    pub(crate) fn is_running(&self) -> bool {
        fs::File::open(&self.root).is_ok_and(|folder| matches!(folder.try_lock(), Err(fs::TryLockError::WouldBlock)))
    }

    /// Whether there is anything of a tenant.
    pub(crate) fn has_remains(&self, name: &TenantName) -> bool {
        let places = [self.tenant(name), self.removed(name), self.restoring(name)];
        places.iter().any(|place| fs::symlink_metadata(place).is_ok())
    }

    /// Takes a tenant's folder out of the way and erases it, and what has been left of an earlier one.
    pub(crate) fn erase(&self, name: &TenantName) -> Result<(), Error> {
        let folder = self.tenant(name);
        let doomed = self.removed(name);
        let gone = |result: io::Result<()>| match result {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        gone(fs::remove_dir_all(&doomed))
            .and_then(|()| gone(fs::rename(&folder, &doomed)))
            .and_then(|()| gone(fs::remove_dir_all(&doomed)))
            .and_then(|()| gone(fs::remove_dir_all(self.restoring(name))))
            .and_then(|()| gone(sync_folder(&self.tenants())))
            .map_err(|source| Error::File {
                action: "erase",
                path: folder,
                source,
            })
    }
}

/// Makes a folder, and those above it that are missing, for its owner only.
pub(crate) fn create_folder(path: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| Error::File {
        action: "create",
        path: path.to_owned(),
        source,
    })
}

/// Makes durable which files a folder has.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// Makes an empty file for its owner only, unless it exists. SQLite gives its journals the permissions of the database.
pub(crate) fn create_file(path: &Path) -> Result<(), Error> {
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|source| Error::File {
        action: "create",
        path: path.to_owned(),
        source,
    })
}
