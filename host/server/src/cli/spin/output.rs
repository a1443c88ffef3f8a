//! The folder of the files for Spin. A file that is there already is replaced only if this program has written it and nobody has changed it
//! since; that is known from a list of digests beside the files, in the format of `b3sum`.

use anyhow::{Context, Result, bail};
use lectern_engine::digest;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Files by their paths in the folder.
pub type Files = BTreeMap<PathBuf, Cow<'static, [u8]>>;

/// The list.
const LIST: &str = "written.b3sum";

/// What was written: digests and paths.
type Written = BTreeSet<(String, PathBuf)>;

/// Brings a folder in line with these files. If one is in the way that must stay, nothing is changed.
pub fn write(folder: &Path, files: &Files) -> Result<()> {
    let before = read_list(&folder.join(LIST))?;
    let after: Written = files
        .iter()
        .map(|(path, content)| (digest(content), path.clone()))
        .collect();
    let stale: Vec<&PathBuf> = before
        .iter()
        .map(|(_, path)| path)
        .filter(|path| !files.contains_key(*path))
        .collect();
    for path in files.keys().chain(stale.iter().copied()) {
        let place = folder.join(path);
        let is_ours = |content: &[u8]| {
            let known = (digest(content), path.clone());
            before.contains(&known) || after.contains(&known)
        };
        match fs::read(&place) {
            Ok(content) if is_ours(&content) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Ok(_) | Err(_) => bail!(
                "{} is in the way: it was not written by this command, or has been changed since. Nothing was written; move it away, or \
                 name another folder with --output",
                place.display()
            ),
        }
    }
    // First, so that a run that is cut short is not in the way of the next.
    write_file(folder, Path::new(LIST), list(before.union(&after)).as_bytes())?;
    for (path, content) in files {
        write_file(folder, path, content)?;
    }
    for path in stale {
        let place = folder.join(path);
        match fs::remove_file(&place) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} cannot be removed", place.display()));
            }
            _ => {}
        }
    }
    write_file(folder, Path::new(LIST), list(after.iter()).as_bytes())
}

fn write_file(folder: &Path, path: &Path, content: &[u8]) -> Result<()> {
    let place = folder.join(path);
    let parent = place.parent().unwrap_or(folder);
    // For the owner only: there is a secret in the manifest.
    let made = DirBuilder::new().recursive(true).mode(0o700).create(parent);
    made.with_context(|| format!("{} cannot be made", parent.display()))?;
    fs::write(&place, content).with_context(|| format!("{} cannot be written", place.display()))
}

fn list<'a>(written: impl Iterator<Item = &'a (String, PathBuf)>) -> String {
    written
        .map(|(digest, path)| format!("{digest}  {}\n", path.display()))
        .collect()
}

fn read_list(path: &Path) -> Result<Written> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Written::new()),
        text => text.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    let line = |line: &str| {
        let (digest, path) = line.split_once("  ")?;
        Some((digest.to_owned(), PathBuf::from(path)))
    };
    let written: Option<Written> = text.lines().map(line).collect();
    written.with_context(|| format!("{} is not a list of digests: move it away", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &'static str)]) -> Files {
        let files = files.iter();
        files
            .map(|(path, content)| (PathBuf::from(path), content.as_bytes().into()))
            .collect()
    }

    fn read(folder: &Path, path: &str) -> Option<String> {
        fs::read_to_string(folder.join(path)).ok()
    }

    #[test]
    fn what_was_written_is_replaced_and_what_is_not_needed_any_more_goes() {
        let folder = tempfile::tempdir().unwrap();
        let folder = &folder.path().join("new");
        write(folder, &files(&[("a", "1"), ("b/c", "1")])).unwrap();
        write(folder, &files(&[("a", "2")])).unwrap();
        assert_eq!(read(folder, "a").as_deref(), Some("2"));
        assert_eq!(read(folder, "b/c"), None);
        write(folder, &files(&[("a", "2"), ("b/c", "3")])).unwrap();
        assert_eq!(read(folder, "b/c").as_deref(), Some("3"));
    }

    #[test]
    fn what_somebody_else_has_written_or_changed_stays_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("b"), "mine").unwrap();
        assert!(write(folder, &files(&[("a", "1"), ("b", "1")])).is_err());
        assert_eq!(read(folder, "a"), None);
        fs::remove_file(folder.join("b")).unwrap();
        write(folder, &files(&[("a", "1"), ("b", "1")])).unwrap();
        fs::write(folder.join("b"), "changed").unwrap();
        let error = write(folder, &files(&[("a", "2")])).unwrap_err().to_string();
        assert!(error.contains(&folder.join("b").display().to_string()), "{error}");
        assert_eq!(read(folder, "a").as_deref(), Some("1"));
        assert_eq!(read(folder, "b").as_deref(), Some("changed"));
    }
}
