//! Metadata catalogs: which fields there are, how they are shown, how they are written.
//!
//! A catalog is data. One reader ([`Layouts`]) and one writer ([`Changes`]) work for every catalog, so an extended catalog, which the
//! tenant has configured, needs no code of its own.

mod catalogs;
mod document;
mod input;
mod main;
mod pattern;
mod read;
mod requests;
mod write;

use std::borrow::Cow;

pub use catalogs::Catalogs;
pub use document::EXTENDED;
pub use input::{CatalogInput, Entry, parse_catalogs, parse_entries, parse_flavor};
pub use main::{EPISODE, SERIES};
pub(crate) use read::pieces;
pub use read::{Form, Layouts};
pub use requests::{Metadata, Wanted, no_such_catalog};
pub use write::{Changes, Current};

/// A metadata catalog.
#[derive(Debug, Clone)]
pub struct Catalog<'a> {
    /// Type and subtype: `dublincore/episode`.
    pub flavor: &'a str,
    /// The key of the title's translation.
    pub title: &'a str,
    /// The fields in the order in which they are shown.
    pub fields: Cow<'a, [Field<'a>]>,
    /// Where the content is kept.
    pub kept: Kept,
}

/// Where the content of a catalog is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In fields of the object that have a meaning of their own.
    Fields,
    /// In the object's document of extended metadata.
    Document,
}

/// A field of a catalog.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The name in the API.
    pub id: &'a str,
    /// Another name under which the field may be written.
    pub alias: Option<&'a str>,
    /// The key of the label's translation.
    pub label: &'a str,
    /// What the field holds and how that looks.
    pub kind: Kind,
    /// Whether it must not be left empty.
    pub required: bool,
    /// Whether clients may not change it.
    pub read_only: bool,
    /// Whether the names of its list of values are to be translated; none if there is no such list.
    pub translatable: Option<bool>,
    /// How a point in time is written, as Java's `SimpleDateFormat` has it; the usual way if none.
    pub pattern: Option<&'a str>,
    /// What separates the elements of a list in a form, as far as clients are concerned.
    pub delimiter: Option<&'a str>,
    /// Where the content is kept: a field of docs/fields.md, or the name in the document.
    pub content: &'a str,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// One of a list of values with an order of its own.
    OrderedText,
    /// A list of texts that is kept as one text, joined by commas.
    JoinedText,
    /// A list of texts, some from a list of values.
    MixedText,
    /// A list of texts.
    IterableText,
    /// A point in time.
    Date,
    /// The day of a point in time whose time of day may be a field of its own.
    StartDate,
    /// The time of day of the start date.
    StartTime,
    /// A time of day.
    Time,
    /// A length of time.
    Duration,
    /// Yes or no.
    Boolean,
    /// A whole number.
    Long,
}

impl<'a> Catalog<'a> {
    /// The same catalog for as long as it can be borrowed.
    fn borrowed(&self) -> Catalog<'_> {
        Catalog {
            fields: Cow::Borrowed(&self.fields),
            ..*self
        }
    }

    /// The field that is written under this name.
    pub fn field(&self, id: &str) -> Option<Field<'a>> {
        self.fields
            .iter()
            .find(|field| field.id == id || field.alias == Some(id))
            .copied()
    }
}
