//! Metadata catalogs that a tenant has configured for its events and series, besides the main ones.
//!
//! Each is a file in the folder `catalogs` beside the tenant's database, see docs/metadata.md. The folder is looked at whenever a request
//! needs its catalogs, and read again when a file has come, gone or changed. A file that cannot be used is reported in the log and
//! leaves the others alone.
//!
//! Does not belong here: what objects hold in the catalogs (`lectern-data`), how that looks in the API (the handlers).

mod definition;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use lectern_data::model::Error;

use crate::TenantName;
use crate::properties::Properties;
use crate::stamp::{Files, stamp};
use definition::{Catalog, Found, KINDS, definition};

/// The folder beside the tenant's database.
const FOLDER: &str = "catalogs";

/// How the names of its files end; upstream uses the second.
const ENDINGS: [&str; 2] = ["properties", "cfg"];

/// The catalogs of a tenant.
pub struct Catalogs {
    tenant: TenantName,
    folder: PathBuf,
    read: Mutex<Option<Read>>,
}

/// Files as they were when they were read, and the catalogs in them as JSON, in the order of [`KINDS`].
struct Read {
    files: Files,
    catalogs: [String; KINDS.len()],
}

impl Catalogs {
    /// The folder lies beside this database.
    pub fn new(tenant: TenantName, database: &Path) -> Self {
        Self {
            tenant,
            folder: database.with_file_name(FOLDER),
            read: Mutex::new(None),
        }
    }

    /// The catalogs of a collection as JSON.
    pub fn of(&self, collection: &str) -> Result<String, Error> {
        let position = KINDS
            .iter()
            .position(|kind| kind.collection == collection)
            .ok_or_else(|| {
                Error::invalid(
                    collection,
                    format!("There are no metadata catalogs for {collection:?}."),
                )
            })?;
        let files = self.files();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let current = match read.as_ref() {
            Some(read) if read.files == files => read,
            _ => read.insert(self.read(files)),
        };
        Ok(current.catalogs.get(position).cloned().unwrap_or_default())
    }

    /// The files that are there now, by their names.
    fn files(&self) -> Files {
        let listed = match files(&self.folder) {
            Ok(files) => files,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                tracing::error!(
                    tenant = %self.tenant,
                    "the metadata catalogs in {} cannot be read: {error}", self.folder.display()
                );
                Vec::new()
            }
        };
        let stamped = listed.into_iter().map(|path| {
            let stamp = stamp(&path);
            (path, stamp)
        });
        stamped.collect()
    }

    fn read(&self, files: Files) -> Read {
        let mut sets: [BTreeMap<String, (Catalog, &Path)>; KINDS.len()] = Default::default();
        for (path, _) in &files {
            let refused = |reason: &str| {
                tracing::error!(
                    tenant = %self.tenant,
                    "the metadata catalog {} is left out until this is put right: {reason}", path.display()
                );
            };
            match Properties::read(path).and_then(|properties| definition(&properties, &self.tenant)) {
                Ok(Found::Catalog(kind, catalog)) => {
                    let set = KINDS.iter().zip(&mut sets).find(|(known, _)| **known == *kind);
                    let Some((_, set)) = set else { continue };
                    if let Some((_, first)) = set.get(&catalog.flavor) {
                        refused(&format!("{} has the same flavor", first.display()));
                    } else {
                        set.insert(catalog.flavor.clone(), (catalog, path));
                    }
                }
                Ok(Found::Elsewhere(organization)) => tracing::info!(
                    tenant = %self.tenant,
                    "the metadata catalog {} is for the organization {organization} and not for this one", path.display()
                ),
                Err(reason) => refused(&reason),
            }
        }
        let catalogs = sets.map(|set| {
            let catalogs: Vec<&Catalog> = set.values().map(|(catalog, _)| catalog).collect();
            // Texts and flags cannot fail to be JSON.
            serde_json::to_string(&catalogs).unwrap_or_default()
        });
        Read { files, catalogs }
    }
}

/// The files that cannot be used, and why, for whoever looks for what is wrong.
pub fn faults(tenant: &TenantName, database: &Path) -> Vec<(PathBuf, String)> {
    let folder = database.with_file_name(FOLDER);
    let fault = |path: PathBuf| {
        let read = Properties::read(&path).and_then(|properties| definition(&properties, tenant));
        read.err().map(|reason| (path, reason))
    };
    match files(&folder) {
        Ok(files) => files.into_iter().filter_map(fault).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => vec![(folder, error.to_string())],
    }
}

/// The files of a folder that are configurations, in the order of their names.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_known = path
            .extension()
            .is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if is_known && !is_hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests;
