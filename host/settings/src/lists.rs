//! Lists that somebody has written down for forms to offer for choice: those that come with the program, those in `DATA/listproviders`,
//! and the tenant's own beside its database. A file counts before one further out with the same list, see docs/lists.md. Files are read
//! again when they have changed, at the next request for a list.
//!
//! Does not belong here: lists that follow from what the tenant has (`lectern_data::lists`).

mod definition;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lectern_data::model::ListEntry;

use crate::TenantName;
use crate::properties::Properties;
use crate::stamp::{Files, stamp};
use definition::{Found, definition};

/// The folder in `DATA` and beside the tenant's database.
const FOLDER: &str = "listproviders";

/// The lists that come with the program.
const SHIPPED: [&str; 6] = [
    include_str!("../listproviders/acl-actions.properties"),
    include_str!("../listproviders/acl-defaults.properties"),
    include_str!("../listproviders/languages.properties"),
    include_str!("../listproviders/licenses.properties"),
    include_str!("../listproviders/publication-channels.properties"),
    include_str!("../listproviders/upload-options.properties"),
];

/// Lists by name, their entries in the order in which they are written down.
pub type Known = Arc<BTreeMap<String, Vec<ListEntry>>>;

/// The lists of a tenant.
pub struct Lists {
    tenant: TenantName,
    /// From the outside in.
    folders: [PathBuf; 2],
    read: Mutex<Option<Read>>,
}

/// Files as they were when they were read, and what came of them.
struct Read {
    files: Files,
    known: Known,
}

impl Lists {
    /// The tenant's own lie in the folder of this database, `DATA/tenants/ID`.
    pub fn new(tenant: TenantName, database: &Path) -> Self {
        let own = database.with_file_name(FOLDER);
        let data = database.ancestors().nth(3).unwrap_or(Path::new(""));
        Self {
            tenant,
            folders: [data.join(FOLDER), own],
            read: Mutex::new(None),
        }
    }

    /// The lists as they are now.
    pub fn current(&self) -> Known {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let current = match read.as_ref() {
            Some(read) if read.files.iter().all(|(path, seen)| stamp(path) == *seen) => read,
            _ => read.insert(self.read()),
        };
        Arc::clone(&current.known)
    }

    fn read(&self) -> Read {
        let mut files = Files::new();
        let mut known = BTreeMap::new();
        for text in SHIPPED {
            // That these can be read is tested.
            let found = Properties::parse(text.as_bytes()).and_then(|properties| definition(&properties, &self.tenant));
            if let Ok(Found::List(list)) = found {
                known.insert(list.name, list.entries);
            }
        }
        for folder in &self.folders {
            files.push((folder.clone(), stamp(folder)));
            let paths = listed(folder);
            files.extend(paths.iter().map(|path| (path.clone(), stamp(path))));
            known.extend(self.read_folder(&paths));
        }
        Read {
            files,
            known: Arc::new(known),
        }
    }

    /// The lists of one folder. Those that are for this tenant alone count before those that are for all; of several files with the same
    /// list the first by name counts. A file that cannot be used is reported and left out: what it would override stays as it is.
    fn read_folder(&self, paths: &[PathBuf]) -> BTreeMap<String, Vec<ListEntry>> {
        let mut lists: BTreeMap<String, (definition::List, &Path)> = BTreeMap::new();
        for path in paths {
            let found = Properties::read(path).and_then(|properties| definition(&properties, &self.tenant));
            let list = match found {
                Ok(Found::List(list)) => list,
                Ok(Found::Elsewhere) => continue,
                Err(reason) => {
                    self.refuse(path, &reason);
                    continue;
                }
            };
            match lists.get(&list.name) {
                Some((first, _)) if list.is_own && !first.is_own => {}
                Some((first, _)) if first.is_own && !list.is_own => continue,
                Some((_, first)) => {
                    self.refuse(
                        path,
                        &format!("{} has the list `{}` already", first.display(), list.name),
                    );
                    continue;
                }
                None => {}
            }
            lists.insert(list.name.clone(), (list, path));
        }
        lists
            .into_iter()
            .map(|(name, (list, _))| (name, list.entries))
            .collect()
    }

    fn refuse(&self, path: &Path, reason: &str) {
        tracing::error!(
            tenant = %self.tenant,
            "the list {} is left out until this is put right: {reason}", path.display()
        );
    }
}

/// The files that cannot be used, and why, for whoever looks for what is wrong.
pub fn faults(tenant: &TenantName, database: &Path) -> Vec<(PathBuf, String)> {
    let fault = |path: PathBuf| {
        let read = Properties::read(&path).and_then(|properties| definition(&properties, tenant));
        read.err().map(|reason| (path, reason))
    };
    let [outer, own] = Lists::new(tenant.clone(), database).folders;
    listed(&outer)
        .into_iter()
        .chain(listed(&own))
        .filter_map(fault)
        .collect()
}

/// The properties files of a folder, in the order of their names; none if there is no folder.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_list = |path: &PathBuf| {
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        !is_hidden && path.extension().is_some_and(|ending| ending == "properties")
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_list).collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests;
