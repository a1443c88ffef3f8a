//! Where the handler components come from: the program itself, or a folder.

use anyhow::{Context, Result, ensure};
use lectern_engine::{Artefacts, Engine, Handler, Handlers};
use std::borrow::Cow;
use std::fs;
use std::path::Path;

/// A component and its name.
type Named = (Cow<'static, str>, Cow<'static, [u8]>);

/// The components that the program was built with.
const EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Loads the components of a folder, or else those that the program was built with. One that is no handler keeps the server from
/// starting, because nobody looks at a log that says that a part of the API is missing.
pub fn load(engine: &Engine, folder: Option<&Path>, artefacts: &Artefacts) -> Result<Handlers> {
    let components = match folder {
        Some(folder) => from_folder(folder)?,
        None => EMBEDDED
            .iter()
            .map(|(name, wasm)| ((*name).into(), (*wasm).into()))
            .collect(),
    };
    let place = folder.map_or_else(|| "this program".to_owned(), |folder| folder.display().to_string());
    ensure!(
        !components.is_empty(),
        "there are no handler components in {place}: build them with `cargo xtask build`, or name the folder of NAME.wasm files with --components"
    );
    let load = |(name, wasm): Named| -> Result<Handler> {
        let handler = engine
            .load(&name, &wasm, Some(artefacts))
            .context("a component cannot be used")?;
        tracing::info!(handler = handler.name(), digest = handler.digest(), "loaded");
        Ok(handler)
    };
    components.into_iter().map(load).collect()
}

fn from_folder(folder: &Path) -> Result<Vec<Named>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("the folder of components {} cannot be read", folder.display()))?;
    let mut components = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let wasm = fs::read(&path).with_context(|| format!("the component {} cannot be read", path.display()))?;
        components.push((name.into(), wasm.into()));
    }
    Ok(components)
}
