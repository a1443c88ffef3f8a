//! A file that is there as a whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::folder::sync_folder;

/// A new file, written beside its name and moved there when it is complete and synced. Nothing that exists is overwritten. If it is not
/// finished, nothing stays; what a killed program leaves behind, `NAME.partial`, is taken over by the next one that writes the same file.
pub(crate) struct Output {
    file: File,
    path: PathBuf,
    partial: PathBuf,
    finished: bool,
}

impl Output {
    /// Makes a file for its owner only.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File {
                action: "write",
                path,
                source,
            }
        };
        // What SQLite is given must not look like one of its URIs, which an absolute path never does.
        let path = std::path::absolute(path).map_err(failed(path))?;
        if fs::symlink_metadata(&path).is_ok() {
            return Err(Error::OutputExists(path));
        }
        let partial = beside(&path, "partial");
        let mut options = OpenOptions::new();
        options.create(true).write(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&partial).map_err(failed(&partial))?;
        if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
            return Err(Error::OutputBusy(path));
        }
        file.set_len(0).map_err(failed(&partial))?;
        Ok(Self {
            file,
            path,
            partial,
            finished: false,
        })
    }

    /// A path beside the file for something that is needed to write it.
    pub(crate) fn beside(&self, ending: &str) -> PathBuf {
        beside(&self.partial, ending)
    }

    /// Gives the file its name.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.file.sync_all().map_err(|source| self.failed(source))?;
        rename_new(&self.partial, &self.path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => Error::OutputExists(self.path.clone()),
            _ => self.failed(source),
        })?;
        self.finished = true;
        self.path
            .parent()
            .map_or(Ok(()), sync_folder)
            .map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::File {
            action: "write",
            path: self.path.clone(),
            source,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.finished {
            // Locked, so it is this one's.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// Renames a file unless something has the new name.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Not all file systems know how to do that.
            Err(Errno::INVAL | Errno::NOSYS) => {}
            done => return Ok(done?),
        }
    }
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}
