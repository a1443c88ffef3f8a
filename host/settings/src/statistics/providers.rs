//! The statistics providers of a tenant: those that come with the program, those in `DATA/statistics`, and its own beside its database.
//! A file counts before one further out with the same identifier. Files are read again when they have changed.

use super::definition;
use crate::TenantName;
use crate::stamp::{Files, stamp};
use lectern_data::statistics::{Provider, Providers};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The folder of the files.
const FOLDER: &str = "statistics";

/// How long a file may be, in bytes.
const LENGTH: u64 = 1 << 20;

/// What comes with the program: each file's name and content.
const SHIPPED: [(&str, &str); 3] = [
    ("episode.views.json", include_str!("shipped/episode.views.json")),
    ("series.views.json", include_str!("shipped/series.views.json")),
    (
        "organization.views.json",
        include_str!("shipped/organization.views.json"),
    ),
];

/// The statistics providers of a tenant.
pub struct Statistics {
    tenant: TenantName,
    /// From the outside in.
    folders: [PathBuf; 2],
    read: Mutex<Option<Read>>,
}

/// Files as they were when they were read, and what came of them.
struct Read {
    files: Files,
    providers: Arc<Providers>,
}

impl Statistics {
    /// The tenant's own lie in the folder of this database, `DATA/tenants/ID`.
    pub fn new(tenant: TenantName, database: &Path) -> Self {
        let data = database.ancestors().nth(3).unwrap_or(Path::new(""));
        Self {
            tenant,
            folders: [data.join(FOLDER), database.with_file_name(FOLDER)],
            read: Mutex::new(None),
        }
    }

    /// The providers as they are now.
    pub fn providers(&self) -> Arc<Providers> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let current = match read.as_ref() {
            Some(read) if read.files.iter().all(|(path, seen)| stamp(path) == *seen) => read,
            _ => read.insert(self.read()),
        };
        Arc::clone(&current.providers)
    }

    /// A file that cannot be used is reported and left out: what it would override stays as it is.
    fn read(&self) -> Read {
        let mut files = Files::new();
        // A test sees to it that those of the program can be read.
        let mut providers: Providers = SHIPPED
            .iter()
            .filter_map(|(_, text)| definition::parse(text).ok())
            .map(named)
            .collect();
        for folder in &self.folders {
            files.push((folder.clone(), stamp(folder)));
            for path in listed(folder) {
                files.push((path.clone(), stamp(&path)));
                match read_file(&path) {
                    Ok(provider) => {
                        providers.insert(provider.identifier.clone(), provider);
                    }
                    Err(fault) => tracing::error!(
                        tenant = %self.tenant,
                        "a statistics provider cannot be used: {}:{fault}", path.display()
                    ),
                }
            }
        }
        Read {
            files,
            providers: Arc::new(providers),
        }
    }
}

/// The files that cannot be used, and why, for whoever looks for what is wrong.
pub fn faults(tenant: &TenantName, database: &Path) -> Vec<(PathBuf, String)> {
    let fault = |path: PathBuf| read_file(&path).err().map(|reason| (path, format!("line {reason}")));
    let [outer, own] = Statistics::new(tenant.clone(), database).folders;
    listed(&outer)
        .into_iter()
        .chain(listed(&own))
        .filter_map(fault)
        .collect()
}

fn named(provider: Provider) -> (String, Provider) {
    (provider.identifier.clone(), provider)
}

/// The JSON files of a folder, sorted; none if there is no folder.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_json = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_json).collect();
    files.sort();
    files
}

fn read_file(path: &Path) -> Result<Provider, String> {
    let length = fs::metadata(path).map_err(|error| format!(" {error}"))?.len();
    if length > LENGTH {
        return Err(" it has more than 1 MiB".to_owned());
    }
    let text = fs::read_to_string(path).map_err(|error| format!(" {error}"))?;
    definition::parse(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_with_the_program_can_be_read() {
        for (name, text) in SHIPPED {
            let provider = definition::parse(text).unwrap_or_else(|fault| panic!("{name}:{fault}"));
            assert_eq!(format!("{}.json", provider.identifier), name);
        }
    }

    #[test]
    fn a_file_further_in_counts_before_one_further_out_and_a_broken_one_breaks_nothing() {
        let data = tempfile::tempdir().unwrap();
        let tenant = data.path().join("tenants/uni");
        let statistics = Statistics::new("uni".parse().unwrap(), &tenant.join("tenant.db"));
        let title = |id: &str| statistics.providers().get(id).map(|provider| provider.title.clone());
        let write = |folder: &Path, name: &str, title: &str| {
            let text = format!(
                r#"{{"id": "mine", "title": "{title}", "resourceType": "SERIES", "type": "runningtotal", "sources": [{{"resolutions": ["DAILY"]}}]}}"#
            );
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join(name), text).unwrap();
        };
        assert_eq!((statistics.providers().len(), title("mine")), (SHIPPED.len(), None));
        write(&data.path().join("statistics"), "mine.json", "Everybody's");
        assert_eq!(title("mine").as_deref(), Some("Everybody's"));
        write(&tenant.join("statistics"), "a.json", "Own");
        fs::write(tenant.join("statistics/b.json"), "{").unwrap();
        fs::write(tenant.join("statistics/notes.txt"), "{").unwrap();
        assert_eq!(title("mine").as_deref(), Some("Own"));
        let fault = read_file(&tenant.join("statistics/b.json")).unwrap_err();
        assert!(fault.starts_with("1: "), "{fault}");
    }
}
