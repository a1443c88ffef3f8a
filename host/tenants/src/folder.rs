//! Where things lie in the data folder, and who may read them.
//!
//! ```text
//! DATA/tenants.db              which tenants there are and at which hosts
//! DATA/tenants/ID/tenant.db    everything that belongs to tenant ID
//! DATA/tenants/ID/files/       but the files that were uploaded to it, see files/mod.rs
//! DATA/tenants/ID/*            what the operator sets: catalogs/, listproviders/, workflows/, jwt.toml,
//!                              url-signing.properties
//! DATA/listproviders/          lists of all tenants
//! DATA/workflows/              workflow definitions of all tenants
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Error, TenantName};

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

    /// Takes a tenant's folder out of the way and erases it. The name, which holds no valid identifier, keeps a half-erased
    /// folder from ever being taken for a tenant.
    pub(crate) fn erase(&self, name: &TenantName) -> Result<(), Error> {
        let folder = self.tenant(name);
        let doomed = self.root.join("tenants").join(format!("{name}.removed"));
        let gone = |result: io::Result<()>| match result {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        gone(fs::remove_dir_all(&doomed))
            .and_then(|()| gone(fs::rename(&folder, &doomed)))
            .and_then(|()| gone(fs::remove_dir_all(&doomed)))
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
