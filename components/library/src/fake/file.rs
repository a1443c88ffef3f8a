//! Files of the backend in memory.

use std::any::Any;
use std::cell::RefCell;

use crate::api::{Error, Upload};

/// A file in memory.
pub(super) struct File {
    pub(super) name: String,
    pub(super) content: RefCell<Vec<u8>>,
}

impl File {
    pub fn new(name: &str) -> File {
        File {
            name: name.to_owned(),
            content: RefCell::default(),
        }
    }
}

impl Upload for File {
    fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        self.content.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
