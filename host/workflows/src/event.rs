//! What a step of a workflow gets to see: the event, and its files.

use lectern_data::media::{Element, Publication};
use lectern_data::model::{Sequence, StoredFile, Value};
use std::collections::BTreeMap;

/// An event as it is when a step is made.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// The event's identifier.
    pub identifier: String,
    /// The commit that last changed it.
    pub sequence: Sequence,
    /// Its fields by the names of docs/fields.md.
    pub fields: BTreeMap<String, Value>,
    /// The fields of its series, if it belongs to one.
    pub series: Option<BTreeMap<String, Value>>,
    /// Its tracks.
    pub media: Vec<Element>,
    /// What is published of it.
    pub publications: Vec<Publication>,
}

impl Event {
    /// The fields of an event that a step may look at.
    pub const FIELDS: &'static [&'static str] = &[
        "identifier",
        "title",
        "presenter",
        "contributor",
        "subject",
        "description",
        "language",
        "rightsholder",
        "license",
        "is_part_of",
        "location",
        "source",
        "publisher",
        "created",
        "start",
        "duration",
    ];

    /// The fields of a series that a step may look at.
    pub const SERIES_FIELDS: &'static [&'static str] = &[
        "identifier",
        "title",
        "organizer",
        "contributor",
        "publisher",
        "subject",
        "description",
        "language",
        "rightsholder",
        "license",
        "created",
    ];

    /// The text of a field; empty if it has none.
    pub fn text(&self, field: &str) -> &str {
        match self.fields.get(field) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// The number of a field.
    pub fn number(&self, field: &str) -> Option<i64> {
        match self.fields.get(field) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

/// What is in a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inspected {
    /// MIME type.
    pub mimetype: String,
    /// Milliseconds, if it is a medium and its length is known.
    pub duration: Option<i64>,
    /// As in [`Element::streams`].
    pub streams: Vec<serde_json::Value>,
}

impl Inspected {
    /// The streams are a JSON array of them, or empty.
    pub fn new(mimetype: String, duration: Option<i64>, streams: &str) -> Result<Self, String> {
        let streams = match streams {
            "" => Vec::new(),
            streams => serde_json::from_str(streams).map_err(|error| error.to_string())?,
        };
        Ok(Self {
            mimetype,
            duration,
            streams,
        })
    }
}

/// The tenant's files. What is stored and then not referred to, because the step did not count, is removed by whoever made the step.
pub trait Files {
    /// Stores a small file for good.
    fn store(&mut self, name: &str, mimetype: &str, content: &[u8]) -> Result<StoredFile, String>;

    /// Looks into the file of an element.
    fn inspect(&self, element: &Element) -> Result<Inspected, String>;

    /// An identifier that nothing else has.
    fn new_identifier(&mut self) -> String;
}
