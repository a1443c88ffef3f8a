//! The versions of components that the operator has deployed, as files: `DATA/components/NAME/DIGEST.wasm`.
//!
//! A file is named after its content, so it is written once and never changes; which version serves whom is up to the
//! [`Deployments`](crate::Deployments). Files that no deployment names are of use to nobody but an operator who wants to go back to them.
//!
//! Does not belong here: what a component is (`lectern-engine`).

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::Error;
use crate::files::make_folder;
use crate::folder::{DataFolder, sync_folder};

/// The name of a handler component: lower-case letters, digits and `-`, 64 characters at most. A segment of the paths that it answers, and of
/// the path of its file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentName(String);

/// A text that cannot be a component's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be the name of a handler: use lower-case letters, digits and `-`, as in /api/NAME, 64 characters at most"
)]
pub struct InvalidComponentName(String);

impl ComponentName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ComponentName {
    type Err = InvalidComponentName;

    fn from_str(text: &str) -> Result<Self, InvalidComponentName> {
        let fits = !text.is_empty()
            && text.len() <= 64
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidComponentName(text.to_owned()))
        }
    }
}

impl std::fmt::Display for ComponentName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a version: BLAKE3 of the component in hexadecimal digits.
pub(crate) fn digest(wasm: &[u8]) -> String {
    blake3::hash(wasm).to_hex().to_string()
}

/// The files of a data folder.
#[derive(Debug, Clone)]
pub(crate) struct Versions {
    folder: DataFolder,
}

impl Versions {
    pub(crate) fn new(folder: DataFolder) -> Self {
        Self { folder }
    }

    fn file(&self, component: &ComponentName, digest: &str) -> PathBuf {
        self.folder.component(component).join(format!("{digest}.wasm"))
    }

    /// Keeps a version, durably, and gives its digest. One that is there already, and sound, is not written again.
    pub(crate) fn keep(&self, component: &ComponentName, wasm: &[u8]) -> Result<String, Error> {
        let digest = digest(wasm);
        let file = self.file(component, &digest);
        if fs::read(&file).is_ok_and(|known| known == wasm) {
            return Ok(digest);
        }
        let folder = self.folder.component(component);
        let unfinished = folder.join(format!("{digest}.{}", uuid::Uuid::new_v4()));
        let write = || {
            folder.parent().map_or(Ok(()), make_folder)?;
            make_folder(&folder)?;
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut output = options.open(&unfinished)?;
            output.write_all(wasm)?;
            output.sync_all()?;
            fs::rename(&unfinished, &file)?;
            sync_folder(&folder)
        };
        write().map_err(|source| {
            // What could not be written may not be removable either; the error that counts is the first.
            let _ = fs::remove_file(&unfinished);
            Error::File {
                action: "write",
                path: file.clone(),
                source,
            }
        })?;
        Ok(digest)
    }

    /// A version, as it was kept.
    pub(crate) fn read(&self, component: &ComponentName, expected: &str) -> Result<Vec<u8>, Error> {
        let file = self.file(component, expected);
        let wasm = fs::read(&file).map_err(|source| Error::File {
            action: "read",
            path: file.clone(),
            source,
        })?;
        if digest(&wasm) == expected {
            Ok(wasm)
        } else {
            Err(Error::DamagedVersion(file))
        }
    }

    /// The digests of a component's versions that begin with these digits, sorted.
    pub(crate) fn beginning_with(&self, component: &ComponentName, digits: &str) -> Result<Vec<String>, Error> {
        let folder = self.folder.component(component);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries,
        };
        let found = entries.and_then(|entries| {
            let mut found = Vec::new();
            for entry in entries {
                let name = entry?.file_name();
                let digest = name.to_str().and_then(|name| name.strip_suffix(".wasm"));
                found.extend(digest.filter(|digest| digest.starts_with(digits)).map(str::to_owned));
            }
            found.sort();
            Ok(found)
        });
        found.map_err(|source| Error::File {
            action: "list",
            path: folder,
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ComponentName {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_that_could_leave_its_folder_is_a_name() {
        for text in [
            "",
            ".",
            "..",
            "a/b",
            "a\\b",
            "A",
            "ä",
            "a.b",
            "a b",
            "a_b",
            &"a".repeat(65),
        ] {
            assert!(text.parse::<ComponentName>().is_err(), "{text:?}");
        }
        for text in ["a", "events", "capture-admin", "2", &"a".repeat(64)] {
            assert_eq!(name(text).as_str(), text);
        }
    }

    #[test]
    fn a_version_is_kept_under_its_content_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let versions = Versions::new(DataFolder::new(folder.path()));
        let digest = versions.keep(&name("events"), b"first").unwrap();
        let file = folder.path().join("components/events").join(format!("{digest}.wasm"));
        assert_eq!(fs::read(&file).unwrap(), b"first");
        assert_eq!(versions.read(&name("events"), &digest).unwrap(), b"first");
        assert_eq!(versions.keep(&name("events"), b"first").unwrap(), digest);
        assert_ne!(versions.keep(&name("events"), b"second").unwrap(), digest);
        assert_eq!(
            versions.beginning_with(&name("events"), &digest[..8]).unwrap(),
            [digest]
        );
        assert_eq!(versions.beginning_with(&name("events"), "").unwrap().len(), 2);
        assert!(versions.beginning_with(&name("series"), "").unwrap().is_empty());
        #[cfg(unix)]
        for (path, expected) in [(file.parent().unwrap(), 0o700), (file.as_path(), 0o600)] {
            let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, expected);
        }
    }

    #[test]
    fn a_damaged_version_is_named_and_repaired_when_it_is_kept_again() {
        let folder = tempfile::tempdir().unwrap();
        let versions = Versions::new(DataFolder::new(folder.path()));
        let digest = versions.keep(&name("events"), b"sound").unwrap();
        let file = folder.path().join("components/events").join(format!("{digest}.wasm"));
        for damaged in [b"soun".as_slice(), b"sount", b""] {
            fs::write(&file, damaged).unwrap();
            let message = versions.read(&name("events"), &digest).unwrap_err().to_string();
            assert!(message.contains(file.to_str().unwrap()), "{message}");
            assert_eq!(versions.keep(&name("events"), b"sound").unwrap(), digest);
            assert_eq!(versions.read(&name("events"), &digest).unwrap(), b"sound");
        }
        fs::remove_file(&file).unwrap();
        assert!(matches!(
            versions.read(&name("events"), &digest),
            Err(Error::File { .. })
        ));
    }
}
