//! `GET /api/series`

use lectern_handler::filter::Kind::{AnyOf, Contains, Equal, Period};
use lectern_handler::filter::{Grammar, filter, since};
use lectern_handler::list::{Listing, write_json};
use lectern_handler::{Context, Problem, Response, Version};

use crate::shown::{FIELDS, Series, has_acl};

pub const LISTING: Listing = Listing {
    collection: crate::SERIES,
    filters: Grammar {
        filters: &[
            filter("managedAcl", "managed_acl", Equal),
            filter("contributors", "contributor", AnyOf),
            // The code of upstream has the first spelling, its documents the second.
            filter("CreationDate", "created", Period),
            filter("creationDate", "created", Period),
            filter("Creator", "creator", Equal),
            filter("textFilter", "text", Contains),
            filter("language", "language", Equal),
            filter("license", "license", Equal),
            filter("organizers", "organizer", AnyOf),
            filter("subject", "subject", AnyOf),
            filter("title", "title", Equal),
            since(Version::V1_1, "identifier", "identifier", AnyOf),
            since(Version::V1_1, "description", "description", Equal),
            since(Version::V1_1, "creator", "creator", Equal),
            since(Version::V1_1, "publishers", "publisher", AnyOf),
            since(Version::V1_1, "rightsholder", "rightsholder", Equal),
        ],
        colons_since: Version::V1_0,
        is_lenient: false,
    },
    alternatives_since: None,
    sorts: &[
        ("title", Some("title")),
        ("contributors", Some("contributor")),
        ("created", Some("created")),
        // Not who created the series: clients know it this way.
        ("creator", Some("organizer")),
    ],
    default_limit: Some(100),
};

pub fn list(context: Context) -> Result<Response, Problem> {
    let with_acl = has_acl(&context);
    let version = context.version;
    LISTING.respond(
        context,
        FIELDS,
        with_acl,
        Box::new(move |item, acl, text| {
            let series = Series::listed(&item.values, version, with_acl.then_some(acl));
            write_json(&series, text);
        }),
    )
}
