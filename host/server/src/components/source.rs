//! Where components come from that nobody has deployed: the program itself, or a folder.

use anyhow::{Context, Result, ensure};
use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

/// The components that the program was built with.
const EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Those that serve the handlers under Spin, which the program was built with.
const EMBEDDED_FOR_SPIN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded_for_spin.rs"));

/// A component that serves the handlers under Spin, by its name.
pub fn for_spin(name: &str) -> Option<&'static [u8]> {
    let found = EMBEDDED_FOR_SPIN.iter().find(|(known, _)| *known == name);
    found.map(|(_, wasm)| *wasm)
}

/// A component and its name.
pub struct Named {
    /// What it is called, and with that, which paths it answers.
    pub name: Cow<'static, str>,
    /// The component itself.
    pub wasm: Cow<'static, [u8]>,
}

/// The program, or a folder instead of it.
#[derive(Debug, Clone)]
pub struct Source {
    folder: Option<PathBuf>,
}

impl Source {
    /// The folder of `--components`, if there is one; otherwise the program.
    pub fn new(folder: Option<&Path>) -> Self {
        Self {
            folder: folder.map(Path::to_owned),
        }
    }

    /// One word for lists.
    pub fn word(&self) -> &'static str {
        match self.folder {
            Some(_) => "folder",
            None => "program",
        }
    }

    /// All of them. None at all is an error: nothing could be answered.
    pub fn components(&self) -> Result<Vec<Named>> {
        let components = match &self.folder {
            Some(folder) => from_folder(folder)?,
            None => EMBEDDED
                .iter()
                .map(|(name, wasm)| Named {
                    name: (*name).into(),
                    wasm: (*wasm).into(),
                })
                .collect(),
        };
        let place = self
            .folder
            .as_ref()
            .map_or_else(|| "this program".to_owned(), |folder| folder.display().to_string());
        ensure!(
            !components.is_empty(),
            "there are no handler components in {place}: build them with `cargo xtask build`, or name the folder of NAME.wasm files with --components"
        );
        Ok(components)
    }
}

fn from_folder(folder: &Path) -> Result<Vec<Named>> {
    let mut components = Vec::new();
    for (name, path) in files(folder)? {
        let wasm = fs::read(&path).with_context(|| format!("the component {} cannot be read", path.display()))?;
        components.push(Named {
            name: name.into(),
            wasm: wasm.into(),
        });
    }
    Ok(components)
}

/// The files of a folder that are components by their names, `NAME.wasm`, each with its name.
pub(super) fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("the folder of components {} cannot be read", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, path));
        }
    }
    files.sort();
    Ok(files)
}
