//! The definitions of a tenant: those that come with the program, those in `DATA/workflows`, and its own beside its database. A file
//! counts before one further out with the same identifier. Files are read again when they have changed, at the next workflow.

use crate::TenantName;
use crate::stamp::{Files, stamp};
use lectern_workflows::{Definition, Known, shipped};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How long a file may be, in bytes.
const LENGTH: u64 = 1 << 20;

/// The definitions of a tenant.
pub struct Definitions {
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

impl Definitions {
    /// The tenant's own lie in the folder of this database, `DATA/tenants/ID`.
    pub fn new(tenant: TenantName, database: &Path) -> Self {
        let own = database.with_file_name("workflows");
        let data = database.ancestors().nth(3).unwrap_or(Path::new(""));
        Self {
            tenant,
            folders: [data.join("workflows"), own],
            read: Mutex::new(None),
        }
    }

    /// The definitions by identifier, as they are now.
    pub fn current(&self) -> Known {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let current = match read.as_ref() {
            Some(read) if read.files.iter().all(|(path, seen)| stamp(path) == *seen) => read,
            _ => read.insert(self.read()),
        };
        Arc::clone(&current.known)
    }

    /// A file that cannot be used is reported and left out: what it would override stays as it is.
    fn read(&self) -> Read {
        let mut files = Files::new();
        let mut known: BTreeMap<String, Definition> = shipped().map(named).collect();
        for folder in &self.folders {
            files.push((folder.clone(), stamp(folder)));
            let mut from: BTreeMap<String, PathBuf> = BTreeMap::new();
            for path in listed(folder) {
                files.push((path.clone(), stamp(&path)));
                match read_file(&path) {
                    Ok(definition) => {
                        if let Some(other) = from.insert(definition.identifier.clone(), path.clone()) {
                            let (id, other) = (&definition.identifier, other.display());
                            self.report(
                                &path,
                                &format!("the workflow {id:?} is defined in {other} as well; this one counts"),
                            );
                        }
                        known.insert(definition.identifier.clone(), definition);
                    }
                    Err(fault) => self.report(&path, &fault),
                }
            }
        }
        Read {
            files,
            known: Arc::new(known),
        }
    }

    fn report(&self, path: &Path, fault: &str) {
        tracing::error!(tenant = %self.tenant, "a workflow definition cannot be used: {}:{fault}", path.display());
    }
}

/// The files that cannot be used, and why, for whoever looks for what is wrong.
pub fn faults(tenant: &TenantName, database: &Path) -> Vec<(PathBuf, String)> {
    let fault = |path: PathBuf| read_file(&path).err().map(|reason| (path, format!("line {reason}")));
    let [outer, own] = Definitions::new(tenant.clone(), database).folders;
    listed(&outer)
        .into_iter()
        .chain(listed(&own))
        .filter_map(fault)
        .collect()
}

fn named(definition: Definition) -> (String, Definition) {
    (definition.identifier.clone(), definition)
}

/// The YAML files of a folder, sorted; none if there is no folder.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_yaml = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_yaml).collect();
    files.sort();
    files
}

fn read_file(path: &Path) -> Result<Definition, String> {
    let length = fs::metadata(path).map_err(|error| format!(" {error}"))?.len();
    if length > LENGTH {
        return Err(" it has more than 1 MiB".to_owned());
    }
    let text = fs::read_to_string(path).map_err(|error| format!(" {error}"))?;
    Definition::parse(&text).map_err(|fault| fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A data folder with a tenant, whose definitions are these.
    fn folder() -> (tempfile::TempDir, Definitions) {
        let data = tempfile::tempdir().unwrap();
        let tenant = data.path().join("tenants/uni");
        fs::create_dir_all(tenant.join("workflows")).unwrap();
        fs::create_dir_all(data.path().join("workflows")).unwrap();
        let definitions = Definitions::new("uni".parse().unwrap(), &tenant.join("tenant.db"));
        (data, definitions)
    }

    fn definition(id: &str, title: &str) -> String {
        format!("id: {id}\ntitle: {title}\noperations:\n  - id: pause\n")
    }

    fn title(definitions: &Definitions, id: &str) -> Option<String> {
        definitions.current().get(id).map(|definition| definition.title.clone())
    }

    #[test]
    fn a_file_further_in_counts_before_one_further_out() {
        let (data, definitions) = folder();
        assert_eq!(title(&definitions, "fast").as_deref(), Some("Fast"));
        fs::write(
            data.path().join("workflows/fast.yaml"),
            definition("fast", "Everybody's"),
        )
        .unwrap();
        assert_eq!(title(&definitions, "fast").as_deref(), Some("Everybody's"));
        fs::write(
            data.path().join("tenants/uni/workflows/a.yml"),
            definition("fast", "Own"),
        )
        .unwrap();
        assert_eq!(title(&definitions, "fast").as_deref(), Some("Own"));
        fs::remove_file(data.path().join("tenants/uni/workflows/a.yml")).unwrap();
        assert_eq!(title(&definitions, "fast").as_deref(), Some("Everybody's"));
    }

    #[test]
    fn a_broken_file_is_left_out_and_breaks_nothing() {
        let (data, definitions) = folder();
        fs::write(data.path().join("workflows/broken.yaml"), "id: [").unwrap();
        fs::write(
            data.path().join("workflows/fast.yaml"),
            "id: fast\noperations:\n  - id: nonsense\n",
        )
        .unwrap();
        fs::write(data.path().join("workflows/good.yaml"), definition("good", "Good")).unwrap();
        fs::write(data.path().join("workflows/notes.txt"), definition("notes", "Notes")).unwrap();
        assert_eq!(title(&definitions, "good").as_deref(), Some("Good"));
        assert_eq!(title(&definitions, "fast").as_deref(), Some("Fast"));
        assert_eq!(title(&definitions, "notes"), None);
        let fault = read_file(&data.path().join("workflows/fast.yaml")).unwrap_err();
        assert!(fault.starts_with("3: "), "{fault}");
    }

    #[test]
    fn a_tenant_without_any_folder_has_what_comes_with_the_program() {
        let definitions = Definitions::new("uni".parse().unwrap(), Path::new("/nonexistent/tenants/uni/tenant.db"));
        assert_eq!(definitions.current().len(), shipped().count());
    }
}
