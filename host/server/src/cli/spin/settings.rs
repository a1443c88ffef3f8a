//! What the operator has set for the tenants in files. Each tenant gets a copy, in folders named as in the data folder, so that whoever
//! reads it needs to know one way to lie only:
//!
//! ```text
//! settings/LABEL/data/FOLDER/FILE               what is for all tenants
//! settings/LABEL/data/tenants/ID/FOLDER/FILE    what is for this one
//! settings/LABEL/data/tenants/ID/FILE           the same, where there is one file only
//! ```

use crate::cli::spin::output::Files;
use anyhow::{Context, Result};
use lectern_tenants::TenantName;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The folder of all settings, beside the manifest, and where components find it, after a slash.
pub const FOLDER: &str = "settings";

/// The folders of settings that count under Spin, in the data folder and beside a tenant's database, and how names of their files end.
/// What else lies there is not copied.
const FOLDERS: [(&str, &[&str]); 4] = [
    ("catalogs", &["properties", "cfg"]),
    ("listproviders", &["properties"]),
    ("statistics", &["json"]),
    ("workflows", &["yaml", "yml"]),
];

/// The file of settings beside a tenant's database: the keys that URLs are signed with.
const FILE: &str = "url-signing.properties";

/// Adds the settings of a tenant.
pub fn add(files: &mut Files, data: &Path, database: &Path, tenant: &TenantName, label: &str) -> Result<()> {
    let copy = Path::new(FOLDER).join(label).join("data");
    let own = copy.join("tenants").join(tenant.as_str());
    let signing = database.with_file_name(FILE);
    if signing.is_file() {
        files.insert(own.join(FILE), read(&signing)?.into());
    }
    let places = [(data, copy), (database.parent().unwrap_or(database), own)];
    for (from, to) in places {
        for (folder, endings) in FOLDERS {
            add_folder(files, &from.join(folder), &to.join(folder), endings)?;
        }
    }
    Ok(())
}

fn add_folder(files: &mut Files, from: &Path, to: &Path, endings: &[&str]) -> Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(|| format!("{} cannot be read", from.display()))?,
    };
    for entry in entries {
        let path = entry?.path();
        let counts = path
            .extension()
            .is_some_and(|ending| endings.iter().any(|known| ending == *known));
        if let Some(name) = path.file_name().filter(|_| counts && path.is_file()) {
            files.insert(to.join(name), read(&path)?.into());
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_gets_its_own_settings_and_those_of_all() {
        let data = tempfile::tempdir().unwrap();
        let database = data.path().join("tenants/uni/tenant.db");
        for path in [
            "workflows/all.yaml",
            "workflows/notes.txt",
            "tenants/uni/catalogs/own.properties",
            "tenants/uni/jwt.toml",
            "tenants/uni/url-signing.properties",
            "tenants/other/catalogs/other.properties",
        ] {
            let path = data.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let mut files = Files::new();
        add(&mut files, data.path(), &database, &"uni".parse().unwrap(), "label").unwrap();
        let names: Vec<&Path> = files.keys().map(|path| path.as_path()).collect();
        let expected = [
            "settings/label/data/tenants/uni/catalogs/own.properties",
            "settings/label/data/tenants/uni/url-signing.properties",
            "settings/label/data/workflows/all.yaml",
        ];
        assert_eq!(names, expected.map(Path::new));
    }
}
