//! `GET /api/events`

use lectern_handler::api::{AccessEntry, Item};
use lectern_handler::filter::Kind::{AnyOf, Contains, Equal, Period, Second};
use lectern_handler::filter::{Grammar, filter, since};
use lectern_handler::list::Listing;
use lectern_handler::{Context, Problem, Response, Version};

use crate::shown::{Included, Writer};

pub const LISTING: Listing = Listing {
    collection: crate::EVENTS,
    filters: Grammar {
        filters: &[
            filter("presenters", "presenter", AnyOf),
            filter("contributors", "contributor", AnyOf),
            filter("location", "location", Equal),
            filter("series", "is_part_of", Equal),
            filter("subject", "subject", Equal),
            filter("textFilter", "text", Contains),
            since(Version::V1_1, "identifier", "identifier", AnyOf),
            since(Version::V1_1, "title", "title", Equal),
            since(Version::V1_1, "description", "description", Equal),
            since(Version::V1_1, "series_name", "series", Equal),
            since(Version::V1_1, "language", "language", Equal),
            since(Version::V1_1, "created", "created", Second),
            since(Version::V1_1, "license", "license", Equal),
            since(Version::V1_1, "rightsholder", "rightsholder", Equal),
            since(Version::V1_1, "status", "status", Equal),
            since(Version::V1_1, "is_part_of", "is_part_of", Equal),
            since(Version::V1_1, "source", "source", Equal),
            since(Version::V1_1, "agent_id", "agent_id", Equal),
            since(Version::V1_1, "start", "start", Period),
            since(Version::V1_1, "technical_start", "technical_start", Period),
        ],
        colons_since: Version::V1_1,
        is_lenient: false,
    },
    alternatives_since: Some(Version::V1_5),
    sorts: &[
        ("title", Some("title")),
        ("presenter", Some("presenter")),
        ("start_date", Some("start")),
        ("date", Some("start")),
        ("end_date", Some("end")),
        ("technical_start", Some("technical_start")),
        ("technical_date", Some("technical_start")),
        ("technical_end", Some("technical_end")),
        ("workflow_state", Some("processing_state")),
        ("series_name", Some("series")),
        ("location", Some("location")),
        // Deprecated upstream: accepted, without effect.
        ("review_status", None),
        ("scheduling_status", None),
    ],
    default_limit: None,
};

/// The values of `commentResolution`, which has no effect but is not taken for anything else either.
pub const COMMENT_RESOLUTIONS: [&str; 3] = ["ALL", "UNRESOLVED", "RESOLVED"];

pub fn list(context: Context) -> Result<Response, Problem> {
    if let Some(resolution) = context.query().first("commentResolution")
        && !resolution.trim().is_empty()
        && !COMMENT_RESOLUTIONS.contains(&resolution.as_ref())
    {
        return Err(Problem::bad_request(format!(
            "The parameter 'commentResolution' must be one of {}, not '{resolution}'.",
            COMMENT_RESOLUTIONS.join(", ")
        ))
        .at_parameter("commentResolution"));
    }
    let included = Included::of(&context);
    let writer = Writer::of(&context, included)?;
    let (fields, form) = (writer.fields.clone(), writer.form.clone());
    let write = move |item: &Item, acl: &[AccessEntry], text: &mut Vec<u8>| writer.write(&item.values, acl, text);
    LISTING.respond_kept(context, &fields, included.acl, form, Box::new(write))
}
