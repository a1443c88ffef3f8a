//! What is written for Spin: the manifest of the application (version 2) and the runtime configuration.

use anyhow::Result;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Bytes of an upload, unless somebody sets another number: they are kept in the database.
const MAX_UPLOAD: u64 = 8 << 20;

/// The variable that holds a secret.
const SECRET_KEY: &str = "secret_key";

/// What the first line of both files says.
const NOTE: &str = "# Written by `lectern spin manifest`, which writes it again when something changes.\n\n";

/// Which part of a component's grants its provider shares.
const INHERITED: [&str; 3] = ["files", "sqlite_databases", "variables"];

/// A component of the application.
pub struct Part<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Paths that it answers, with all below them.
    pub paths: Vec<String>,
    /// Its file, beside the manifest.
    pub source: &'a str,
    /// The package that it imports from the provider.
    pub imported: &'a str,
    /// Folders that it alone can read.
    pub mounts: &'a [Mount],
}

/// A folder that a component can read.
#[derive(Serialize)]
pub struct Mount {
    /// Where it is; if that is not absolute, beside the manifest.
    pub source: PathBuf,
    /// Where the component finds it.
    pub destination: String,
}

/// What all components are given.
pub struct Grants<'a> {
    /// Labels of databases.
    pub labels: Vec<&'a str>,
    /// Hosts, and the label of the tenant that is served there.
    pub hosts: Vec<(&'a str, &'a str)>,
    /// The file of the component that serves `lectern:api`, beside the manifest.
    pub provider: &'a str,
    /// What the provider makes hashes and nonces with, the same from one manifest to the next.
    pub secret_key: &'a str,
    /// The folder of settings, if there is one.
    pub settings: Option<Mount>,
}

#[derive(Serialize)]
struct Manifest<'a> {
    spin_manifest_version: u32,
    application: About,
    variables: BTreeMap<&'a str, Variable>,
    trigger: Triggers<'a>,
    component: BTreeMap<&'a str, Component<'a>>,
}

#[derive(Serialize)]
struct About {
    name: &'static str,
    version: &'static str,
    description: &'static str,
}

#[derive(Serialize)]
struct Variable {
    description: &'static str,
    default: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    secret: bool,
}

impl Variable {
    fn new(description: &'static str, default: impl Into<String>) -> Self {
        Self {
            description,
            default: default.into(),
            secret: false,
        }
    }
}

#[derive(Serialize)]
struct Triggers<'a> {
    http: Vec<Trigger<'a>>,
}

#[derive(Serialize)]
struct Trigger<'a> {
    route: String,
    component: &'a str,
}

#[derive(Serialize)]
struct Component<'a> {
    source: &'a str,
    sqlite_databases: &'a [&'a str],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<&'a Mount>,
    variables: BTreeMap<&'a str, String>,
    dependencies: BTreeMap<&'a str, Dependency<'a>>,
}

#[derive(Serialize)]
struct Dependency<'a> {
    path: &'a str,
    inherit_configuration: [&'a str; 3],
}

#[derive(Serialize)]
struct RuntimeConfig<'a> {
    sqlite_database: BTreeMap<&'a str, Database<'a>>,
}

#[derive(Serialize)]
struct Database<'a> {
    r#type: &'a str,
    path: &'a Path,
}

/// `spin.toml`.
pub fn manifest(parts: &[Part<'_>], grants: &Grants<'_>) -> Result<String> {
    let hosts: Vec<String> = grants
        .hosts
        .iter()
        .map(|(host, label)| format!("{host}={label}"))
        .collect();
    let secret_key = Variable {
        secret: true,
        ..Variable::new("Any text that nobody knows", grants.secret_key)
    };
    let variables = BTreeMap::from([
        (
            "tenants",
            Variable::new(
                "Which tenant is served at which host: HOST=LABEL, separated by spaces",
                hosts.join(" "),
            ),
        ),
        (
            "max_upload",
            Variable::new("Bytes that an uploaded file may have", MAX_UPLOAD.to_string()),
        ),
        (SECRET_KEY, secret_key),
    ]);
    let passed_on: BTreeMap<&str, String> = variables
        .keys()
        .map(|name| (*name, format!("{{{{ {name} }}}}")))
        .collect();
    let triggers = parts.iter().flat_map(|part| {
        part.paths.iter().map(|path| Trigger {
            route: format!("{path}/..."),
            component: part.name,
        })
    });
    let manifest = Manifest {
        spin_manifest_version: 2,
        application: About {
            name: "lectern",
            version: env!("CARGO_PKG_VERSION"),
            description: env!("CARGO_PKG_DESCRIPTION"),
        },
        trigger: Triggers {
            http: triggers.collect(),
        },
        component: parts
            .iter()
            .map(|part| (part.name, component(part, grants, &passed_on)))
            .collect(),
        variables,
    };
    Ok(format!("{NOTE}{}", ::toml::to_string(&manifest)?))
}

fn component<'a>(part: &'a Part<'a>, grants: &'a Grants<'_>, passed_on: &BTreeMap<&'a str, String>) -> Component<'a> {
    let dependency = Dependency {
        path: grants.provider,
        inherit_configuration: INHERITED,
    };
    Component {
        source: part.source,
        sqlite_databases: &grants.labels,
        files: grants.settings.iter().chain(part.mounts).collect(),
        variables: passed_on.clone(),
        dependencies: BTreeMap::from([(part.imported, dependency)]),
    }
}

/// The secret of a manifest that was written before.
pub fn secret_key(manifest: &str) -> Option<String> {
    let manifest: ::toml::Table = manifest.parse().ok()?;
    let value = manifest.get("variables")?.get(SECRET_KEY)?.get("default")?;
    value.as_str().map(str::to_owned)
}

/// `runtime-config.toml`, of labels and the databases' absolute paths.
pub fn runtime_config<'a>(databases: impl Iterator<Item = (&'a str, &'a Path)>) -> Result<String> {
    let database = |(label, path)| (label, Database { r#type: "spin", path });
    let config = RuntimeConfig {
        sqlite_database: databases.map(database).collect(),
    };
    Ok(format!("{NOTE}{}", ::toml::to_string(&config)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::toml::{Table, Value};

    fn read(text: &str) -> Table {
        text.parse().unwrap()
    }

    #[test]
    fn a_component_is_bound_to_the_provider_and_shares_what_it_is_given() {
        let uploads = Mount {
            source: "/data/tenants/uni/files".into(),
            destination: "/files/uni".to_owned(),
        };
        let parts = [Part {
            name: "docs",
            paths: vec!["/api/docs".to_owned(), "/api/openapi.json".to_owned()],
            source: "components/docs.wasm",
            imported: "lectern:api",
            mounts: &[uploads],
        }];
        let grants = Grants {
            labels: vec!["uni"],
            hosts: vec![("a.example", "uni"), ("[::1]:8080", "uni")],
            provider: "components/provider.wasm",
            secret_key: "secret",
            settings: Some(Mount {
                source: "settings".into(),
                destination: "/settings".to_owned(),
            }),
        };
        let text = manifest(&parts, &grants).unwrap();
        let read = read(&text);
        assert_eq!(read["spin_manifest_version"].as_integer(), Some(2));
        let routes: Vec<_> = read["trigger"]["http"].as_array().unwrap().iter().collect();
        let of = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
        assert_eq!(
            routes.iter().map(|route| of(route, "route")).collect::<Vec<_>>(),
            ["/api/docs/...", "/api/openapi.json/..."]
        );
        assert_eq!(
            of(&read["variables"]["tenants"], "default"),
            "a.example=uni [::1]:8080=uni"
        );
        let docs = &read["component"]["docs"];
        assert_eq!(of(&docs["variables"], "max_upload"), "{{ max_upload }}");
        assert_eq!(of(&docs["files"][0], "destination"), "/settings");
        assert_eq!(of(&docs["files"][1], "source"), "/data/tenants/uni/files");
        let dependency = &docs["dependencies"]["lectern:api"];
        assert_eq!(of(dependency, "path"), "components/provider.wasm");
        assert_eq!(dependency["inherit_configuration"].as_array().unwrap().len(), 3);
        assert_eq!(read["variables"]["secret_key"]["secret"].as_bool(), Some(true));
        assert_eq!(secret_key(&text).as_deref(), Some("secret"));
    }

    #[test]
    fn a_database_is_a_file_of_this_machine() {
        let text = runtime_config([("uni", Path::new("/data/tenants/uni/tenant.db"))].into_iter()).unwrap();
        let read = read(&text);
        assert_eq!(read["sqlite_database"]["uni"]["type"].as_str(), Some("spin"));
        assert_eq!(
            read["sqlite_database"]["uni"]["path"].as_str(),
            Some("/data/tenants/uni/tenant.db")
        );
    }
}
