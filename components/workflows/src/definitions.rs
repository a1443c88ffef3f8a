//! `/api/workflow-definitions`: which workflows there are for the user.

use lectern_handler::api::Value;
use lectern_handler::filter::{Grammar, Kind, since};
use lectern_handler::list::{Listing, write_json};
use lectern_handler::object::Object;
use lectern_handler::row::{Row, column};
use lectern_handler::{Context, Problem, Response, Version};
use serde::Serialize;
use utoipa::ToSchema;

use crate::operations::{OperationDefinition, Stored};

/// The collection.
const DEFINITIONS: &str = "workflow-definitions";

/// The fields that a definition is made of.
const FIELDS: &[&str] = &[
    "identifier",
    "title",
    "description",
    "tags",
    "configuration_panel",
    "configuration_panel_json",
    "operations",
];

pub const LISTING: Listing = Listing {
    collection: DEFINITIONS,
    filters: Grammar {
        filters: &[since(Version::V1_1, "tag", "tags", Kind::AllOf)],
        colons_since: Version::V1_1,
        is_lenient: true,
    },
    alternatives_since: None,
    sorts: &[
        ("identifier", Some("identifier")),
        ("title", Some("title")),
        ("displayorder", Some("display_order")),
    ],
    default_limit: None,
};

/// A workflow definition.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowDefinition)]
pub struct Definition<'a> {
    identifier: &'a str,
    title: &'a str,
    description: &'a str,
    tags: &'a [String],
    /// HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_panel: Option<&'a str>,
    /// JSON, as a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_panel_json: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operations: Option<Vec<OperationDefinition>>,
}

/// What the client asked to be included.
#[derive(Debug, Clone, Copy)]
struct Included {
    panel: bool,
    panel_json: bool,
    operations: bool,
}

impl Included {
    fn of(context: &Context) -> Included {
        let parameters = context.query();
        Included {
            panel: parameters.flag("withconfigurationpanel"),
            panel_json: parameters.flag("withconfigurationpaneljson"),
            operations: parameters.flag("withoperations"),
        }
    }
}

impl<'a> Definition<'a> {
    /// The definition with these values of [`FIELDS`].
    fn of(values: &'a [Value], included: Included) -> Definition<'a> {
        let row = Row(values);
        let text = |wanted: bool, column| wanted.then(|| row.text(column));
        // What the host makes of a definition that it has checked can be read.
        let operations = || Stored::all(row.text(const { column(FIELDS, "operations") })).unwrap_or_default();
        Definition {
            identifier: row.text(const { column(FIELDS, "identifier") }),
            title: row.text(const { column(FIELDS, "title") }),
            description: row.text(const { column(FIELDS, "description") }),
            tags: row.texts(const { column(FIELDS, "tags") }),
            configuration_panel: text(included.panel, const { column(FIELDS, "configuration_panel") }),
            configuration_panel_json: text(
                included.panel_json,
                const { column(FIELDS, "configuration_panel_json") },
            ),
            operations: included
                .operations
                .then(|| operations().into_iter().map(OperationDefinition::from).collect()),
        }
    }
}

/// The definition of this identifier.
pub fn named(identifier: &str) -> Object<'_> {
    Object {
        collection: DEFINITIONS,
        noun: "workflow definition",
        identifier,
    }
}

/// `GET /api/workflow-definitions`
pub fn list(context: Context) -> Result<Response, Problem> {
    let included = Included::of(&context);
    LISTING.respond(
        context,
        FIELDS,
        false,
        Box::new(move |item, _, text| write_json(&Definition::of(&item.values, included), text)),
    )
}

/// `GET /api/workflow-definitions/{id}`
pub fn single(context: Context) -> Result<Response, Problem> {
    let found = named(context.path("id")).find(&context, FIELDS, false)?;
    let shown = Definition::of(found.values(), Included::of(&context));
    Ok(found.respond(&context, || Response::json(200, context.version, &shown)))
}
