//! `GET /api/workflows`: what is being done, or has been done, with events.

use lectern_handler::api::Value;
use lectern_handler::filter::Kind::{AnyOf, AnyOfCapitals, Contains, Equal, Period};
use lectern_handler::filter::{Grammar, since};
use lectern_handler::list::{Listing, write_json};
use lectern_handler::object::{Found, Object};
use lectern_handler::row::{Moment, Row, column};
use lectern_handler::{Context, Problem, Response, Version};
use serde::Serialize;
use utoipa::ToSchema;

use crate::operations::{Configuration, OperationInstance, Stored};

/// The collection.
pub const WORKFLOWS: &str = "workflows";

/// The fields that a workflow is made of.
pub const FIELDS: &[&str] = &[
    "identifier",
    "title",
    "description",
    "definition",
    "event",
    "creator",
    "state",
    "created",
    "completed",
    "configuration",
    "operations",
];

pub const LISTING: Listing = Listing {
    collection: WORKFLOWS,
    filters: Grammar {
        filters: &[
            since(Version::V1_1, "identifier", "identifier", AnyOf),
            since(Version::V1_1, "state", "state", AnyOfCapitals),
            since(Version::V1_1, "event_identifier", "event", AnyOf),
            since(Version::V1_1, "event", "event", AnyOf),
            since(Version::V1_1, "workflow_definition_identifier", "definition", AnyOf),
            since(Version::V1_1, "creator", "creator", AnyOf),
            since(Version::V1_1, "title", "title", Equal),
            since(Version::V1_1, "textFilter", "title", Contains),
            since(Version::V1_1, "created", "created", Period),
            since(Version::V1_1, "completed", "completed", Period),
        ],
        colons_since: Version::V1_1,
        is_lenient: false,
    },
    alternatives_since: Some(Version::V1_5),
    sorts: &[
        ("identifier", Some("identifier")),
        ("title", Some("title")),
        ("state", Some("state")),
        ("workflow_definition_identifier", Some("definition")),
        ("creator", Some("creator")),
        ("created", Some("created")),
        ("completed", Some("completed")),
    ],
    default_limit: None,
};

/// A workflow instance.
#[derive(Serialize, ToSchema)]
#[schema(as = Workflow)]
pub struct Instance<'a> {
    identifier: i64,
    title: &'a str,
    description: &'a str,
    workflow_definition_identifier: &'a str,
    event_identifier: &'a str,
    /// The username of who started it.
    creator: &'a str,
    /// `instantiated`, `running`, `stopped`, `paused`, `succeeded`, `failed` or `failing`.
    state: String,
    created: Moment,
    /// Empty as long as it has not ended.
    completed: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    operations: Option<Vec<OperationInstance>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<Configuration>,
}

/// What the client asked to be included.
#[derive(Debug, Clone, Copy)]
struct Included {
    operations: bool,
    configuration: bool,
}

impl Included {
    fn of(context: &Context) -> Included {
        let parameters = context.query();
        Included {
            operations: parameters.flag("withoperations"),
            configuration: parameters.flag("withconfiguration"),
        }
    }
}

impl<'a> Instance<'a> {
    /// The workflow with these values of [`FIELDS`].
    fn of(values: &'a [Value], included: Included) -> Instance<'a> {
        let row = Row(values);
        // The host has written both documents itself.
        let operations = || Stored::all(row.text(const { column(FIELDS, "operations") })).unwrap_or_default();
        let configuration = || {
            let document = row.text(const { column(FIELDS, "configuration") });
            serde_json::from_str(document).unwrap_or_default()
        };
        Instance {
            identifier: row.number(const { column(FIELDS, "identifier") }).unwrap_or_default(),
            title: row.text(const { column(FIELDS, "title") }),
            description: row.text(const { column(FIELDS, "description") }),
            workflow_definition_identifier: row.text(const { column(FIELDS, "definition") }),
            event_identifier: row.text(const { column(FIELDS, "event") }),
            creator: row.text(const { column(FIELDS, "creator") }),
            state: row.text(const { column(FIELDS, "state") }).to_ascii_lowercase(),
            created: Moment(row.number(const { column(FIELDS, "created") })),
            completed: Moment(row.number(const { column(FIELDS, "completed") })),
            operations: included.operations.then(|| OperationInstance::all(operations())),
            configuration: included.configuration.then(configuration),
        }
    }
}

/// The workflow of this identifier.
pub fn named(identifier: &str) -> Object<'_> {
    Object {
        collection: WORKFLOWS,
        noun: "workflow instance",
        identifier,
    }
}

/// A workflow that has been found with [`FIELDS`], as JSON.
pub fn shown(context: &Context, status: u16, found: &Found) -> Response {
    let instance = Instance::of(found.values(), Included::of(context));
    Response::json(status, context.version, &instance)
}

pub fn list(context: Context) -> Result<Response, Problem> {
    let included = Included::of(&context);
    LISTING.respond(
        context,
        FIELDS,
        false,
        Box::new(move |item, _, text| write_json(&Instance::of(&item.values, included), text)),
    )
}

/// `GET /api/workflows/{id}`
pub fn single(context: Context) -> Result<Response, Problem> {
    let found = named(context.path("id")).find(&context, FIELDS, false)?;
    Ok(found.respond(&context, || shown(&context, 200, &found)))
}
