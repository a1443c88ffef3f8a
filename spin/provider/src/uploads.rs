//! Files that clients send: held in memory until their transaction, and in the database from then on.

use std::sync::Arc;

use lectern_data::media::file_name;
use lectern_data::model::{Error, Reason, StoredFile};
use lectern_media::{Summary, inspect_bytes};
use md5::{Digest, Md5};
use uuid::Uuid;

use crate::configuration::max_upload;

/// A file on its way.
pub struct Upload {
    name: String,
    content: Vec<u8>,
    limit: u64,
}

/// A complete file and what it is.
pub struct Stored {
    pub file: StoredFile,
    pub content: Arc<[u8]>,
}

impl Upload {
    /// Begins a file that its client calls `name`.
    pub fn open(name: &str) -> Self {
        Self {
            name: file_name(name),
            content: Vec::new(),
            limit: max_upload(),
        }
    }

    /// Appends bytes, up to what the manifest allows.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let length = self.content.len().saturating_add(bytes.len());
        if length as u64 > self.limit {
            let limit = self.limit;
            return Err(Error::new(
                Reason::Full,
                "upload",
                format!(
                    "Under Spin a file may have {limit} bytes at most. Send larger ones to a server that runs on its own, \
                     or have the variable `max_upload` raised."
                ),
            ));
        }
        self.content.extend_from_slice(bytes);
        Ok(())
    }

    /// The file with all that is known of it.
    pub fn finish(self) -> Result<Stored, String> {
        store(self.name, self.content.into())
    }
}

/// What a complete file is. One that is no medium, or a damaged one, is a file all the same.
pub fn store(name: String, content: Arc<[u8]>) -> Result<Stored, String> {
    let digest = Md5::digest(&content);
    let size = content.len() as u64;
    let found = Summary::of(inspect_bytes(&content, &name)).map_err(|error| error.to_string())?;
    let file = StoredFile {
        identifier: Uuid::new_v4().to_string(),
        checksum: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        mimetype: found.mimetype,
        duration: found.duration,
        streams: found.streams,
        name,
        size,
    };
    Ok(Stored { file, content })
}
