//! `GET /api/playlists`

use lectern_handler::filter::Grammar;
use lectern_handler::list::{Listing, write_json};
use lectern_handler::{Context, Problem, Response, Version};

use crate::shown::{FIELDS, Playlist};

const LISTING: Listing = Listing {
    collection: crate::PLAYLISTS,
    filters: Grammar {
        filters: &[],
        colons_since: Version::V1_0,
        is_lenient: true,
    },
    alternatives_since: None,
    sorts: &[("updated", Some("updated"))],
    default_limit: None,
};

pub fn list(context: Context) -> Result<Response, Problem> {
    for name in ["limit", "offset"] {
        if context.query().integer(name)?.is_some_and(|number| number < 0) {
            let message = format!("The parameter '{name}' must not be negative.");
            return Err(Problem::bad_request(message).at_parameter(name));
        }
    }
    LISTING.respond(
        context,
        FIELDS,
        true,
        Box::new(|item, acl, text| write_json(&Playlist::of(&item.values, acl), text)),
    )
}
