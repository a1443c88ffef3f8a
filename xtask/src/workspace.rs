//! What cargo knows about this workspace: where it is, where it builds, and which crates are components.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::process;

/// The workspace as `cargo metadata` describes it.
#[derive(Deserialize)]
pub struct Workspace {
    /// The folder of the workspace's Cargo.toml.
    #[serde(rename = "workspace_root")]
    pub root: PathBuf,
    #[serde(rename = "target_directory")]
    target: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    crate_types: Vec<String>,
}

/// A crate that is built into one WebAssembly component.
pub struct Component {
    /// The crate's folder name, which is the component's name: `events` becomes `events.wasm`.
    pub name: String,
    /// The crate's name for cargo's `--package`.
    pub package: String,
    /// The file name that cargo gives the built library.
    pub artifact: String,
}

impl Workspace {
    /// Asks cargo about the workspace that this program belongs to.
    pub fn load() -> Result<Self> {
        let mut command = process::cargo();
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        let Some(json) = process::answer(&mut command) else {
            bail!("`{}` failed; run it by hand to see why", process::shown(&command));
        };
        serde_json::from_str(&json).context("cargo metadata answered with something unexpected")
    }

    /// The components among the crates directly below `folder` (relative to the root), in the order of their names.
    pub fn components_in(&self, folder: &str) -> Vec<Component> {
        let folder = self.root.join(folder);
        let mut found: Vec<_> = self
            .packages
            .iter()
            .filter_map(|package| package.component_in(&folder))
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// The target folder of component builds. They have one of their own because they may use another compiler than
    /// the host: in a shared folder each build would throw away the other's work.
    pub fn components_target(&self) -> PathBuf {
        self.target.join("components")
    }

    /// The finished handler components, `NAME.wasm` each.
    pub fn dist(&self) -> PathBuf {
        self.components_target().join("dist")
    }

    /// The finished guest programs of the tests, `NAME.wasm` each.
    pub fn dist_guests(&self) -> PathBuf {
        self.components_target().join("dist-guests")
    }

    /// The finished components for Spin, `NAME.wasm` each.
    pub fn dist_spin(&self) -> PathBuf {
        self.components_target().join("dist-spin")
    }

    /// The data folder of the demo.
    pub fn demo(&self) -> PathBuf {
        self.target.join("demo")
    }

    /// The data sets of the benchmark.
    pub fn bench(&self) -> PathBuf {
        self.target.join("bench")
    }

    /// The built server program.
    pub fn lectern(&self) -> PathBuf {
        self.target
            .join("release")
            .join(format!("lectern{}", std::env::consts::EXE_SUFFIX))
    }
}

impl Package {
    fn component_in(&self, folder: &Path) -> Option<Component> {
        let crate_folder = self.manifest_path.parent()?;
        if crate_folder.parent()? != folder {
            return None;
        }
        let library = self
            .targets
            .iter()
            .find(|target| target.crate_types.iter().any(|kind| kind == "cdylib"))?;
        Some(Component {
            name: crate_folder.file_name()?.to_string_lossy().into_owned(),
            package: self.name.clone(),
            artifact: format!("{}.wasm", library.name.replace('-', "_")),
        })
    }
}
