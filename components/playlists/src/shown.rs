//! How a playlist looks in the API.

use lectern_handler::api::{AccessEntry, Value};
use lectern_handler::row::{Moment, Row, column};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The fields that a playlist is made of.
pub const FIELDS: &[&str] = &[
    "identifier",
    "title",
    "description",
    "creator",
    "updated",
    "entries",
    "last_entry",
];

/// A playlist, in lists and on its own.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Playlist<'a> {
    pub id: &'a str,
    pub entries: Vec<Entry>,
    pub title: &'a str,
    pub description: &'a str,
    pub creator: &'a str,
    pub updated: Moment,
    pub access_control_entries: Vec<AccessControlEntry<'a>>,
}

/// An entry of a playlist.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlaylistEntry)]
pub struct Entry {
    /// Counted within the playlist; it stays as long as the entry is there.
    pub id: i64,
    /// The identifier of an event.
    pub content_id: String,
    #[schema(inline)]
    pub r#type: EntryType,
}

/// What an entry leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum EntryType {
    /// An event.
    Event,
    /// Nothing that the user may see: there is no such event, or it may not be read.
    Inaccessible,
}

/// An entry of a playlist's access list.
#[derive(Serialize, ToSchema)]
#[schema(as = PlaylistAccessControlEntry)]
pub struct AccessControlEntry<'a> {
    /// Its place in the list, from 1.
    id: usize,
    allow: bool,
    role: &'a str,
    action: &'a str,
}

impl<'a> Playlist<'a> {
    /// `values` are those of [`FIELDS`].
    pub fn of(values: &'a [Value], acl: &'a [AccessEntry]) -> Playlist<'a> {
        let row = Row(values);
        Playlist {
            id: row.text(const { column(FIELDS, "identifier") }),
            entries: entries(values),
            title: row.text(const { column(FIELDS, "title") }),
            description: row.text(const { column(FIELDS, "description") }),
            creator: row.text(const { column(FIELDS, "creator") }),
            updated: Moment(row.number(const { column(FIELDS, "updated") })),
            access_control_entries: access_control_entries(acl),
        }
    }
}

/// The entries among the values of [`FIELDS`].
pub fn entries(values: &[Value]) -> Vec<Entry> {
    serde_json::from_str(Row(values).text(const { column(FIELDS, "entries") })).unwrap_or_default()
}

/// The highest number among the values of [`FIELDS`] that an entry has had.
pub fn last_entry(values: &[Value]) -> i64 {
    Row(values)
        .number(const { column(FIELDS, "last_entry") })
        .unwrap_or_default()
}

/// An access list as playlists show it.
pub fn access_control_entries(acl: &[AccessEntry]) -> Vec<AccessControlEntry<'_>> {
    (1..)
        .zip(acl)
        .map(|(id, entry)| AccessControlEntry {
            id,
            allow: entry.allow,
            role: &entry.role,
            action: &entry.action,
        })
        .collect()
}
