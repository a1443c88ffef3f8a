//! `GET /api/groups`

use lectern_handler::api::{AccessEntry, Item};
use lectern_handler::filter::{Filter, Grammar, Kind, filter};
use lectern_handler::list::{Listing, write_json};
use lectern_handler::sort::Names;
use lectern_handler::{Context, Problem, Response, Version};

use crate::shown::{FIELDS, Group};

const FILTERS: &[Filter] = &[filter("name", "name", Kind::Equal)];

const SORTS: Names = &[
    ("name", Some("name")),
    ("description", Some("description")),
    ("role", Some("role")),
];

const SORTS_BEFORE_1_6: Names = &[
    ("name", Some("name")),
    ("description", Some("description")),
    ("role", Some("role")),
    ("members", Some("members")),
    ("roles", Some("roles")),
];

/// As in the newest version.
pub const LISTING: Listing = Listing {
    collection: crate::GROUPS,
    filters: Grammar {
        filters: FILTERS,
        colons_since: Version::V1_0,
        is_lenient: true,
    },
    alternatives_since: None,
    sorts: SORTS,
    default_limit: None,
};

pub fn list(context: Context) -> Result<Response, Problem> {
    let listing = Listing {
        sorts: if context.version < Version::V1_6 {
            SORTS_BEFORE_1_6
        } else {
            SORTS
        },
        ..LISTING
    };
    let organization = context.session.organization().identifier;
    let write = move |item: &Item, _: &[AccessEntry], text: &mut Vec<u8>| {
        write_json(&Group::of(&item.values, &organization), text);
    };
    listing.respond(context, FIELDS, false, Box::new(write))
}
