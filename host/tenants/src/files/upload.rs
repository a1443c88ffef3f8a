//! A file on its way to the disk.
//!
//! Bytes are collected and written in large steps on a thread made for waiting, one step at a time, so that the next bytes arrive
//! while the last ones are written. No more than two steps are held in memory.

use std::fs::File;
use std::io::{self, Write};
use std::mem::take;
use std::path::Path;
use std::sync::Arc;

use lectern_data::media::file_name;
use lectern_data::model::{Error, Reason, StoredFile};
use lectern_media::{Inspector, Summary};
use md5::{Digest, Md5};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use super::Files;

/// How many bytes are written at once.
const STEP: usize = 1 << 20;

/// A file that a client sends. Unless it is [kept](Upload::keep), nothing of it stays.
pub struct Upload {
    files: Arc<Files>,
    inspector: Arc<Inspector>,
    identifier: String,
    name: String,
    collected: Vec<u8>,
    sink: Sink,
    kept: bool,
}

/// Where the bytes go.
enum Sink {
    Idle(Target),
    Busy(JoinHandle<io::Result<Target>>),
    /// Writing has failed.
    Broken,
}

/// The open file, which is locked, and its checksum so far.
struct Target {
    file: File,
    digest: Md5,
    size: u64,
    /// A buffer to collect the next bytes in.
    spare: Vec<u8>,
}

impl Target {
    fn write(mut self, mut bytes: Vec<u8>) -> io::Result<Self> {
        self.file.write_all(&bytes)?;
        self.digest.update(&bytes);
        self.size += bytes.len() as u64;
        bytes.clear();
        self.spare = bytes;
        Ok(self)
    }
}

impl Upload {
    /// Makes the file.
    pub(crate) async fn begin(files: Arc<Files>, inspector: Arc<Inspector>, name: &str) -> Result<Self, Error> {
        let place = Arc::clone(&files);
        let (identifier, file) = waited(spawn_blocking(move || place.create()).await)?;
        Ok(Self {
            files,
            inspector,
            identifier,
            name: file_name(name),
            collected: Vec::new(),
            sink: Sink::Idle(Target {
                file,
                digest: Md5::new(),
                size: 0,
                spare: Vec::new(),
            }),
            kept: false,
        })
    }

    /// Appends bytes. A failure may be reported by a later call.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.collected.extend_from_slice(bytes);
        if self.collected.len() >= STEP {
            let mut target = self.idle().await?;
            let full = std::mem::replace(&mut self.collected, take(&mut target.spare));
            self.sink = Sink::Busy(spawn_blocking(move || target.write(full)));
        }
        Ok(())
    }

    /// Makes the file durable and says what is in it. A file that is no medium, or a damaged one, is a file all the same.
    pub async fn finish(&mut self) -> Result<StoredFile, Error> {
        let target = self.idle().await?;
        let rest = take(&mut self.collected);
        let (files, inspector) = (Arc::clone(&self.files), Arc::clone(&self.inspector));
        let (identifier, name) = (self.identifier.clone(), self.name.clone());
        let work = move || {
            let target = target.write(rest)?;
            target.file.sync_all()?;
            let stored = inspected(&inspector, &files.incoming(&identifier), name, &target)?;
            files.move_in(&identifier)?;
            Ok((target, StoredFile { identifier, ..stored }))
        };
        let (target, stored) = waited(spawn_blocking(work).await)?;
        // Stays locked until it is kept or removed.
        self.sink = Sink::Idle(target);
        Ok(stored)
    }

    /// Lets the file stay. To be called when the commit that refers to it is durable.
    pub fn keep(mut self) {
        self.kept = true;
    }

    /// Waits until nothing is being written.
    async fn idle(&mut self) -> Result<Target, Error> {
        if let Sink::Busy(work) = &mut self.sink {
            // Left busy while waiting, so that nothing is lost if nobody waits to the end.
            let ended = waited(work.await);
            self.sink = Sink::Broken;
            return ended;
        }
        match std::mem::replace(&mut self.sink, Sink::Broken) {
            Sink::Idle(target) => Ok(target),
            _ => Err(Error::fault("a file is written to after that has failed")),
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.kept {
            self.files.discard(&self.identifier);
        }
        // The space of a large file is freed when it is closed, which takes time.
        let sink = std::mem::replace(&mut self.sink, Sink::Broken);
        if let (Sink::Idle(target), Ok(runtime)) = (sink, tokio::runtime::Handle::try_current()) {
            runtime.spawn_blocking(move || drop(target));
        }
    }
}

/// What is in a complete file.
fn inspected(inspector: &Inspector, path: &Path, name: String, target: &Target) -> io::Result<StoredFile> {
    let digest = target.digest.clone().finalize();
    let file = StoredFile {
        checksum: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        size: target.size,
        name,
        ..StoredFile::default()
    };
    let found = Summary::of(inspector.inspect_as(path, &file.name))?;
    Ok(StoredFile {
        mimetype: found.mimetype,
        duration: found.duration,
        streams: found.streams,
        ..file
    })
}

/// The outcome of work on another thread.
fn waited<T>(ended: Result<io::Result<T>, JoinError>) -> Result<T, Error> {
    let error = match ended {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error,
        Err(error) => io::Error::other(error),
    };
    Err(match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Error::new(
            Reason::Full,
            "",
            "There is no room left to store the file. Nothing of the request has been stored.",
        ),
        _ => Error::fault(format!("a file cannot be stored: {error}")),
    })
}
