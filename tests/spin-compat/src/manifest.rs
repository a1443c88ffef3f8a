//! The two files that describe an application: its manifest (version 2) and its runtime configuration. Only what Lectern's files hold is
//! known; anything else is an error, because it would be left undone.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::label::{is_kebab_case, is_label, is_lower_snake_case};

/// `spin.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    spin_manifest_version: u32,
    #[serde(rename = "application")]
    _application: About,
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    pub trigger: Triggers,
    pub component: BTreeMap<String, Component>,
}

/// What is only shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "members that are only checked")]
struct About {
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    description: String,
}

/// A variable of the application.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "members that are only checked")]
pub struct Variable {
    description: Option<String>,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    secret: bool,
    pub default: Option<String>,
}

/// What components react to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triggers {
    pub http: Vec<HttpTrigger>,
}

/// Which component answers a route.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTrigger {
    #[serde(default, rename = "id")]
    _id: Option<String>,
    pub route: String,
    pub component: String,
}

/// A component and what it is granted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    pub source: PathBuf,
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(default)]
    pub sqlite_databases: Vec<String>,
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    #[serde(default)]
    pub files: Vec<Mount>,
    #[serde(default)]
    pub dependencies: BTreeMap<String, Dependency>,
}

/// A folder that a component can read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    pub source: PathBuf,
    pub destination: String,
}

/// A component that serves imports of another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    pub path: PathBuf,
    #[serde(default)]
    pub inherit_configuration: Inherited,
}

/// What of the component's grants its dependency shares.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Inherited {
    /// Everything or nothing.
    All(bool),
    /// These members of the component.
    Named(Vec<String>),
}

impl Default for Inherited {
    fn default() -> Self {
        Self::All(false)
    }
}

impl Inherited {
    /// Whether the dependency has what a member of the component grants.
    pub fn includes(&self, member: &str) -> bool {
        match self {
            Self::All(all) => *all,
            Self::Named(members) => members.iter().any(|known| known == member),
        }
    }
}

/// `runtime-config.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeConfig {
    #[serde(default)]
    pub sqlite_database: BTreeMap<String, Database>,
}

/// Where a database is.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Database {
    /// A file of this machine.
    Spin {
        /// Where, relative to the runtime configuration.
        path: PathBuf,
    },
}

impl Manifest {
    /// Reads a manifest.
    pub fn read(path: &Path) -> Result<Self> {
        let manifest: Self = read(path)?;
        let version = manifest.spin_manifest_version;
        ensure!(version == 2, "{}: it has version {version}, not 2", path.display());
        for name in manifest.variables.keys() {
            ensure!(is_lower_snake_case(name), "no variable can be called {name:?}");
        }
        for (name, component) in &manifest.component {
            ensure!(is_kebab_case(name), "no component can be called {name:?}");
            for label in &component.sqlite_databases {
                ensure!(is_label(label), "{name}: no database can have the label {label:?}");
            }
        }
        for trigger in &manifest.trigger.http {
            let (route, name) = (&trigger.route, &trigger.component);
            ensure!(
                manifest.component.contains_key(name),
                "{route}: there is no component {name:?}"
            );
        }
        Ok(manifest)
    }
}

impl RuntimeConfig {
    /// Reads a runtime configuration. Its paths become absolute.
    pub fn read(path: &Path) -> Result<Self> {
        let mut config: Self = read(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for Database::Spin { path } in config.sqlite_database.values_mut() {
            *path = folder.join(&*path);
        }
        Ok(config)
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} cannot be used", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
spin_manifest_version = 2
[application]
name = "lectern"
[variables]
tenants = { default = "a.example=a" }
[[trigger.http]]
route = "/api/..."
component = "base"
[component.base]
source = "components/base.wasm"
sqlite_databases = ["a"]
files = [{ source = "settings", destination = "/settings" }]
[component.base.variables]
tenants = "{{ tenants }}"
[component.base.dependencies]
"lectern:api" = { path = "components/provider.wasm", inherit_configuration = ["sqlite_databases"] }
"#;

    fn manifest(text: &str) -> Result<Manifest> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Manifest::read(file.path())
    }

    #[test]
    fn a_manifest_is_understood() {
        let manifest = manifest(MANIFEST).unwrap();
        let base = &manifest.component["base"];
        assert_eq!(base.source, Path::new("components/base.wasm"));
        assert!(
            base.dependencies["lectern:api"]
                .inherit_configuration
                .includes("sqlite_databases")
        );
        assert!(
            !base.dependencies["lectern:api"]
                .inherit_configuration
                .includes("variables")
        );
    }

    #[test]
    fn what_would_be_left_undone_is_refused() {
        for (from, to) in [
            ("= 2", "= 1"),
            ("[\"a\"]", "[\"a_b-c\"]"),
            ("component = \"base\"", "component = \"other\""),
            ("[application]", "[application]\nunknown = 1"),
            ("sqlite_databases = [\"a\"]", "key_value_stores = [\"a\"]"),
        ] {
            assert!(MANIFEST.contains(from));
            assert!(manifest(&MANIFEST.replace(from, to)).is_err(), "{to}");
        }
    }
}
