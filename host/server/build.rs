//! Puts components into the program, so that copying one file is a deployment.
//!
//! `LECTERN_COMPONENTS_DIST` names the folder with `NAME.wasm` for each handler; `cargo xtask build` sets it. Without it the program
//! carries no handlers and serves those of `--components DIR` only. `LECTERN_SPIN_DIST` names the folder of those that serve the handlers
//! under Spin, for `lectern spin manifest`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Variables that name folders, and the file of `OUT_DIR` that what is in them is put into.
const FOLDERS: [(&str, &str); 2] = [
    ("LECTERN_COMPONENTS_DIST", "embedded.rs"),
    ("LECTERN_SPIN_DIST", "embedded_for_spin.rs"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    FOLDERS
        .into_iter()
        .try_for_each(|(variable, file)| embed(variable, file))
}

fn embed(variable: &str, file: &str) -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-env-changed={variable}");
    let files = match env::var_os(variable) {
        Some(folder) => components(Path::new(&folder)).map_err(|error| format!("{variable}: {error}"))?,
        None => Vec::new(),
    };
    let entries: String = files
        .iter()
        .filter_map(|file| Some((file.file_stem()?.to_str()?, file)))
        .map(|(name, file)| format!("    ({name:?}, include_bytes!({file:?})),\n"))
        .collect();
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join(file), format!("&[\n{entries}]\n"))?;
    Ok(())
}

/// The components of a folder, sorted. Cargo runs this again when one is added, removed or changed.
fn components(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let folder = fs::canonicalize(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            println!("cargo:rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
