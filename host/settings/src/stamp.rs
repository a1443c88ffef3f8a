//! Whether files of the operator have changed since they were read.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// When a file was last changed and how long it is; none if it is missing.
pub type Stamp = Option<(SystemTime, u64)>;

/// Files that something was read from, as they were then. Stamped before they are read, so that a change in between is seen the next
/// time.
pub type Files = Vec<(PathBuf, Stamp)>;

/// The stamp of a file as it is now.
pub fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
