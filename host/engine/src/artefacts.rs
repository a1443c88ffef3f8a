//! Compiled components on disk: compiling takes seconds, loading what has been compiled before takes less than a millisecond.
//!
//! wasmtime runs an artefact as it is, so only one that this program has written may ever be loaded. Three things see to that:
//!
//! - The folder belongs to the user that runs the program and nobody else may write to it; otherwise it is not used. Who can write
//!   there as this user could as well replace the program itself.
//! - The name of a file holds the digest of the component and of the engine's configuration, version and target, so another
//!   component's or another version's artefact is not found.
//! - A file ends with the digest of its name and content, so one that is cut off, damaged or renamed is compiled again.

use rustix::process::geteuid;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Bytes of the digest at the end of a file.
const SEAL: usize = blake3::OUT_LEN;

/// Bits of a mode that let others write.
const OTHERS_WRITE: u32 = 0o022;

/// A folder of compiled components.
#[derive(Debug, Clone)]
pub struct Artefacts {
    folder: PathBuf,
}

/// Why a folder cannot hold artefacts.
#[derive(Debug, thiserror::Error)]
pub enum ArtefactsError {
    /// It cannot be made or looked at.
    #[error("the folder for compiled components {folder} cannot be used: {error}")]
    Io {
        /// The folder.
        folder: PathBuf,
        /// The system's words.
        error: io::Error,
    },
    /// Something else has its name.
    #[error("{0} is meant to be a folder for compiled components but is not a folder; move it away")]
    NotAFolder(PathBuf),
    /// Others may have put code there.
    #[error("others can write to {0}, so the compiled components in it cannot be trusted; delete it and start again")]
    Exposed(PathBuf),
}

impl Artefacts {
    /// Takes a folder into use; makes it if it is missing, and closes it to others if they could only look.
    pub fn open(folder: &Path) -> Result<Self, ArtefactsError> {
        let io = |error| ArtefactsError::Io {
            folder: folder.to_owned(),
            error,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(io)?;
        let metadata = fs::symlink_metadata(folder).map_err(io)?;
        if !metadata.is_dir() {
            return Err(ArtefactsError::NotAFolder(folder.to_owned()));
        }
        if is_exposed(&metadata) {
            return Err(ArtefactsError::Exposed(folder.to_owned()));
        }
        fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(io)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// What has been compiled from the component of this digest, if it is there and sound.
    pub(crate) fn read(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let name = &file_name(engine, digest);
        let path = self.folder.join(name);
        let metadata = fs::symlink_metadata(&path).ok()?;
        // A folder that is closed now may have been open before.
        if !metadata.is_file() || is_exposed(&metadata) {
            return None;
        }
        let file = fs::read(path).ok()?;
        let (code, sealed) = file.split_last_chunk::<SEAL>()?;
        if seal(name, code) != *sealed {
            tracing::warn!(artefact = name, "a compiled component is damaged and is compiled again");
            return None;
        }
        // SAFETY: the content is what `Component::serialize` gave to this program, see the module's documentation.
        match unsafe { Component::deserialize(engine, code) } {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(%error, artefact = name, "a compiled component does not load and is compiled again");
                None
            }
        }
    }

    /// Keeps what has been compiled from the component of this digest, if that is possible; it can be compiled again at any time.
    pub(crate) fn keep(&self, engine: &Engine, digest: &str, component: &Component) {
        let name = file_name(engine, digest);
        let kept = component.serialize().map_err(io::Error::other);
        if let Err(error) = kept.and_then(|code| self.write(&name, &code)) {
            tracing::warn!(%error, folder = %self.folder.display(), "the compiled component could not be kept");
        }
    }

    /// Writes beside the name and then takes it, so that no reader sees half a file.
    fn write(&self, name: &str, code: &[u8]) -> io::Result<()> {
        let unfinished = self.folder.join(format!("{name}.{}", uuid::Uuid::new_v4()));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)
            .and_then(|mut file| {
                file.write_all(code)?;
                file.write_all(&seal(name, code))?;
                file.sync_all()
            });
        let placed = written.and_then(|()| fs::rename(&unfinished, self.folder.join(name)));
        if placed.is_err() {
            // What could not be written may not be removable either; the error that counts is the first.
            let _ = fs::remove_file(&unfinished);
        }
        placed
    }
}

/// Whether somebody else than the user that runs the program may have written it.
fn is_exposed(metadata: &fs::Metadata) -> bool {
    metadata.uid() != geteuid().as_raw() || metadata.mode() & OTHERS_WRITE != 0
}

/// BLAKE3 in hexadecimal digits: the name of a component's content, see [`Handler::digest`](crate::Handler::digest).
pub fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn file_name(engine: &Engine, digest: &str) -> String {
    let mut compatibility = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut compatibility);
    format!("{digest}-{:016x}.cwasm", compatibility.finish())
}

fn seal(name: &str, code: &[u8]) -> [u8; SEAL] {
    blake3::Hasher::new()
        .update(name.as_bytes())
        .update(code)
        .finalize()
        .into()
}
