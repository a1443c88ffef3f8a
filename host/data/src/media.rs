//! Media packages: the tracks of an event and what is published of them, as the columns `media` and `publications` hold them and as
//! handlers read them (docs/fields.md).
//!
//! Does not belong here: the files themselves, what is in them (`lectern-media`), addresses (the handler components).

use serde::{Deserialize, Serialize};

/// A track, an attachment or a catalog, and the file that it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Element {
    /// A UUID.
    pub id: String,
    /// Type and subtype: `presenter/source`.
    pub flavor: String,
    /// In the order in which they were given.
    pub tags: Vec<String>,
    /// May be empty.
    pub description: String,
    /// What the element was made from: `track:ID`; may be empty.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Identifier of the file; several elements can refer to one.
    pub file: String,
    /// What the file is called in its address.
    pub name: String,
    /// MIME type.
    pub mimetype: String,
    /// Bytes.
    pub size: u64,
    /// MD5 in lower case hexadecimal.
    pub checksum: String,
    /// Milliseconds; none for what has no length, or an unknown one.
    pub duration: Option<i64>,
    /// The streams of a medium: objects with the member names of the API and an `identifier`.
    pub streams: Vec<serde_json::Value>,
}

/// What is published of an event in one channel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Publication {
    /// A UUID.
    pub id: String,
    /// `engage-player`, `internal`, …
    pub channel: String,
    /// MIME type of what is at the address.
    pub mimetype: String,
    /// The address: a path on this server, or a whole URL.
    pub url: String,
    /// Published tracks.
    pub media: Vec<Element>,
    /// Published attachments: previews and other pictures.
    pub attachments: Vec<Element>,
    /// Published catalogs.
    pub metadata: Vec<Element>,
}
