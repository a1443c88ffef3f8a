//! A list as JSON: written part by part while it is sent, so that a long list costs no more memory than a short one.

use std::rc::Rc;

use lectern_handler::Interrupted;
use lectern_handler::api::{Error, ListEntry, ListPart, Session};
use lectern_handler::list::write_json;
use lectern_handler::window::Window;
use serde::Serialize;

/// How many entries are read at once: as many as the host gives, since it looks for those that come before again.
const CHUNK: u64 = 5000;

/// What Opencast's serializer escapes, so that its JSON can stand in HTML.
const ESCAPED: [(char, &str); 7] = [
    ('<', "\\u003c"),
    ('>', "\\u003e"),
    ('&', "\\u0026"),
    ('=', "\\u003d"),
    ('\'', "\\u0027"),
    ('\u{2028}', "\\u2028"),
    ('\u{2029}', "\\u2029"),
];

/// JSON that can stand in HTML. The characters that are escaped are found inside of JSON's texts only.
pub fn escaped(value: &impl Serialize) -> Vec<u8> {
    let mut json = Vec::new();
    write_json(value, &mut json);
    let mut text = String::with_capacity(json.len());
    for character in String::from_utf8_lossy(&json).chars() {
        match ESCAPED.iter().find(|(known, _)| *known == character) {
            Some((_, escape)) => text.push_str(escape),
            None => text.push(character),
        }
    }
    text.into_bytes()
}

/// The pieces of a list's JSON object.
pub struct Parts {
    session: Rc<dyn Session>,
    name: String,
    offset: u64,
    /// How many entries may still be written; all if none.
    left: Option<u64>,
    is_first: bool,
    is_done: bool,
}

impl Parts {
    pub fn new(session: Rc<dyn Session>, name: String, window: Window) -> Parts {
        Parts {
            session,
            name,
            offset: window.offset,
            left: window.limit,
            is_first: true,
            is_done: false,
        }
    }

    /// The first piece, or why there is none.
    pub fn first(&mut self) -> Result<Vec<u8>, Error> {
        let part = self.read()?;
        Ok(self.write(part))
    }

    /// Whether nothing is left to be written.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    fn read(&self) -> Result<ListPart, Error> {
        let limit = self.left.unwrap_or(CHUNK).min(CHUNK);
        self.session
            .list(&self.name, self.offset, u32::try_from(limit).unwrap_or(u32::MAX))
    }

    fn write(&mut self, part: ListPart) -> Vec<u8> {
        let read = part.entries.len() as u64;
        self.offset = self.offset.saturating_add(read);
        self.left = self.left.map(|left| left.saturating_sub(read));
        self.is_done = !part.more || read == 0 || self.left == Some(0);
        let mut text = Vec::new();
        if self.is_first {
            text.push(b'{');
        }
        for ListEntry { key, value } in part.entries {
            if !self.is_first {
                text.push(b',');
            }
            self.is_first = false;
            text.extend(escaped(&key));
            text.push(b':');
            text.extend(escaped(&value));
        }
        if self.is_done {
            text.push(b'}');
        }
        text
    }
}

impl Iterator for Parts {
    type Item = Result<Vec<u8>, Interrupted>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        match self.read() {
            Ok(part) => Some(Ok(self.write(part))),
            Err(_) => {
                self.is_done = true;
                Some(Err(Interrupted))
            }
        }
    }
}
