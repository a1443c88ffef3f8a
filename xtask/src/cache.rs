//! What is fetched or built once for each user and machine, and comes back by itself when it is gone.

use std::path::PathBuf;

use anyhow::{Context, Result};

/// `$XDG_CACHE_HOME/lectern/NAME`, or below `~/.cache`.
pub fn folder(name: &str) -> Result<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute())
    };
    let base = match absolute("XDG_CACHE_HOME") {
        Some(folder) => folder,
        None => absolute("HOME")
            .context("neither XDG_CACHE_HOME nor HOME is set; set one of them")?
            .join(".cache"),
    };
    Ok(base.join("lectern").join(name))
}
