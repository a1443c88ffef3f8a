//! How a series looks in the API.

use lectern_handler::acl;
use lectern_handler::api::{AccessEntry, Value};
use lectern_handler::object::Found;
use lectern_handler::row::{Joined, Moment, Row, column};
use lectern_handler::{Context, Version};
use serde::Serialize;
use utoipa::ToSchema;

/// The fields that a series is made of.
pub const FIELDS: &[&str] = &[
    "identifier",
    "title",
    "description",
    "creator",
    "created",
    "subject",
    "organizer",
    "contributor",
    "publisher",
    "language",
    "rightsholder",
    "license",
];

/// A series: the members of version 1.0.0, and those that later versions and the answer for a single series add.
#[derive(Serialize, ToSchema)]
pub struct Series<'a> {
    identifier: &'a str,
    title: &'a str,
    creator: &'a str,
    created: Moment,
    #[schema(value_type = Vec<String>)]
    subjects: Joined<'a>,
    #[schema(value_type = Vec<String>)]
    contributors: &'a [String],
    #[schema(value_type = Vec<String>)]
    organizers: &'a [String],
    #[schema(value_type = Vec<String>)]
    publishers: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rightsholder: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<&'a str>,
    /// Not in use, but clients know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    opt_out: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<acl::ShownEntry>, required = false)]
    acl: Option<acl::Shown<'a>>,
}

impl<'a> Series<'a> {
    /// A series in a list. `values` are those of [`FIELDS`].
    pub fn listed(values: &'a [Value], version: Version, acl: Option<&'a [AccessEntry]>) -> Series<'a> {
        let row = Row(values);
        let since_1_1 = |column: usize| (version >= Version::V1_1).then(|| row.text(column));
        Series {
            identifier: row.text(const { column(FIELDS, "identifier") }),
            title: row.text(const { column(FIELDS, "title") }),
            creator: row.text(const { column(FIELDS, "creator") }),
            created: Moment(row.number(const { column(FIELDS, "created") })),
            subjects: Joined(row.text(const { column(FIELDS, "subject") })),
            contributors: row.texts(const { column(FIELDS, "contributor") }),
            organizers: row.texts(const { column(FIELDS, "organizer") }),
            publishers: row.texts(const { column(FIELDS, "publisher") }),
            description: since_1_1(const { column(FIELDS, "description") }),
            language: since_1_1(const { column(FIELDS, "language") }),
            license: since_1_1(const { column(FIELDS, "license") }),
            rightsholder: since_1_1(const { column(FIELDS, "rightsholder") }),
            organization: None,
            opt_out: None,
            acl: acl.map(acl::Shown),
        }
    }

    /// A series on its own.
    pub fn single(found: &'a Found, organization: &'a str, version: Version, with_acl: bool) -> Series<'a> {
        let values = found.values();
        Series {
            description: Some(Row(values).text(const { column(FIELDS, "description") })),
            organization: Some(organization),
            opt_out: Some(false),
            ..Series::listed(values, version, with_acl.then(|| found.acl()))
        }
    }
}

/// Whether the answer is to contain access lists.
pub fn has_acl(context: &Context) -> bool {
    context.version >= Version::V1_5 && context.query().flag("withacl")
}
