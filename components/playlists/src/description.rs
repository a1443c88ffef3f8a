//! What the documentation says about the routes, beyond what the routes say themselves.

use lectern_handler::openapi::{Description, integer, text};
use serde_json::json;
use utoipa::ToSchema;

use crate::shown::{EntryType, Playlist};

/// A playlist as clients send it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is of interest")]
#[schema(rename_all = "camelCase")]
struct PlaylistInput {
    /// A new playlist gets one unless it is chosen.
    #[schema(required = false, nullable = false)]
    id: Option<String>,
    /// The tenant that is asked; no other.
    #[schema(required = false, nullable = false)]
    organization: Option<String>,
    title: Option<String>,
    description: Option<String>,
    creator: Option<String>,
    /// Without effect: the server knows when something is changed.
    updated: Option<i64>,
    /// All entries in their order.
    entries: Option<Vec<PlaylistEntryInput>>,
    /// The whole access list.
    access_control_entries: Option<Vec<PlaylistAccessControlEntryInput>>,
}

/// An entry of a playlist as clients send it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is of interest")]
#[schema(rename_all = "camelCase")]
struct PlaylistEntryInput {
    /// That of an entry which is there; none or 0 for a new one.
    id: Option<i64>,
    /// The identifier of an event.
    #[schema(min_length = 1)]
    content_id: String,
    #[schema(inline)]
    r#type: Option<EntryType>,
}

/// An entry of an access list as clients send it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its shape is of interest")]
struct PlaylistAccessControlEntryInput {
    /// Without effect.
    id: Option<i64>,
    allow: bool,
    #[schema(example = "ROLE_USER", min_length = 1)]
    role: String,
    #[schema(example = "read", min_length = 1)]
    action: String,
}

pub fn list(it: Description) -> Description {
    it.about("The playlists that the user may read")
        .query(
            "sort",
            text(),
            "`updated:ASC` or `updated:DESC`; by identifier unless given.",
        )
        .query("limit", integer(), "How many to return at most; all unless given.")
        .query("offset", integer(), "How many to leave out at the start.")
        .query(
            "cursor",
            text(),
            "Where an earlier page ended, from the `Link` header of its answer.",
        )
        .flag("onlyWithWriteAccess", "Only what the user may also write.")
        .answers_page::<Playlist<'_>>("The playlists.")
}

pub fn single(it: Description) -> Description {
    it.about("A playlist")
        .answers::<Playlist<'_>>(200, "The playlist.")
        .reads_object()
}

fn input(it: Description, about: &str) -> Description {
    it.field::<PlaylistInput>("playlist", true, about).example(json!({
        "title": "Best of", "entries": [{ "contentId": "ID-about-opencast", "type": "EVENT" }],
        "accessControlEntries": [{ "allow": true, "role": "ROLE_USER", "action": "read" }],
    }))
}

const MAY_NOT_WRITE: &str = "The user lacks the role that this requires, or may not write the playlist.";

pub fn create(it: Description) -> Description {
    let it = it.about("A new playlist").details(
        "With the `id` of a playlist that is there, the new one takes its place. Who is not in the access list cannot read it afterwards.",
    );
    input(it, "The playlist.")
        .answers::<Playlist<'_>>(201, "The playlist is there.")
        .with_header("location", "Where it is.")
        .answers_plainly(403, MAY_NOT_WRITE)
        .answers_plainly(
            412,
            "The playlist to be replaced has changed since the answer with the given `ETag`.",
        )
        .happens_once()
}

pub fn update(it: Description) -> Description {
    let it = it.about("Changes a playlist").details(
        "Members that are not sent keep their content; lists are replaced as a whole. Entries with the `id` of one that is there keep it.",
    );
    input(it, "What is to be changed.")
        .answers::<Playlist<'_>>(200, "The playlist as it is now.")
        .answers_plainly(403, MAY_NOT_WRITE)
        .changes_object()
}

pub fn delete(it: Description) -> Description {
    it.about("Deletes a playlist")
        .answers::<Playlist<'_>>(200, "The playlist as it was.")
        .answers_plainly(403, MAY_NOT_WRITE)
        .changes_object()
}
