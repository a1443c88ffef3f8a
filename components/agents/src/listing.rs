//! `/api/agents`: which capture agents there are, and how they are.

use lectern_handler::api::{Query, SortKey, everything};
use lectern_handler::condition::{entity_tag, not_modified, view_tag};
use lectern_handler::list::{self, write_json};
use lectern_handler::object::Object;
use lectern_handler::openapi::{Description, integer, text};
use lectern_handler::row::{Moment, Row, column};
use lectern_handler::window::Window;
use lectern_handler::{Context, Problem, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::AGENTS;

/// The tenant's property that says for how many minutes an agent may be silent; 0 for as long as it likes.
const TIMEOUT: &str = "org.opencastproject.capture.admin.timeout";

/// How long that is unless the tenant says otherwise.
const DEFAULT_TIMEOUT: i64 = 120;

/// The state of an agent that has been silent for too long.
const OFFLINE: &str = "offline";

/// The state of an agent that has never said how it is; no silence changes that.
const UNKNOWN: &str = "unknown";

/// The fields of an agent that show how it is.
pub const FIELDS: &[&str] = &["name", "state", "updated", "url", "inputs", "timezone", "configuration"];

const NAME: usize = column(FIELDS, "name");
const STATE: usize = column(FIELDS, "state");
const UPDATED: usize = column(FIELDS, "updated");
const URL: usize = column(FIELDS, "url");
const INPUTS: usize = column(FIELDS, "inputs");
const TIMEZONE: usize = column(FIELDS, "timezone");
const CONFIGURATION: usize = column(FIELDS, "configuration");

/// A capture agent.
#[derive(Serialize, ToSchema)]
#[schema(as = CaptureAgent)]
struct Agent<'a> {
    /// Its name.
    #[schema(example = "hall-1")]
    agent_id: &'a str,
    /// What it has said last: `idle`, `capturing`, `uploading`, `shutting_down`, `error` or `unknown`; `offline` if it has been silent for
    /// too long.
    #[schema(example = "idle")]
    status: &'a str,
    /// When it was last heard of; empty if it never was.
    update: Moment,
    /// Where it is; empty if it has not said so.
    url: &'a str,
    /// The devices that it records from.
    inputs: &'a [String],
}

pub fn describe_list(it: Description) -> Description {
    it.about("Lists capture agents by name")
        .query("limit", integer(), "How many to return at most; all unless given.")
        .query("offset", integer(), "How many to leave out at the start.")
        .query(
            "cursor",
            text(),
            "Where an earlier page ended, from the `Link` header of its answer.",
        )
        .answers_page::<Agent<'_>>("The capture agents that the user may see.")
}

pub fn describe_single(it: Description) -> Description {
    it.about("A capture agent")
        .segment("id", "The name of the capture agent.")
        .answers::<Agent<'_>>(200, "How it is.")
        .reads_object()
}

/// From when on somebody must have heard of an agent for it to be believed.
#[derive(Clone, Copy)]
pub struct Deadline(i64);

impl Deadline {
    /// By the tenant's property and the time.
    pub fn of(context: &Context) -> Deadline {
        let properties = context.session.organization().properties;
        let property = properties.iter().find(|(name, _)| name == TIMEOUT);
        let minutes: i64 = property
            .and_then(|(_, minutes)| minutes.trim().parse().ok())
            .unwrap_or(DEFAULT_TIMEOUT);
        let silence = match minutes {
            ..=0 => i64::MAX,
            minutes => minutes.saturating_mul(60_000),
        };
        Deadline(context.session.now().saturating_sub(silence))
    }
}

/// The values of an agent.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    row: Row<'a>,
    deadline: Deadline,
}

impl<'a> Shown<'a> {
    pub fn new(row: Row<'a>, deadline: Deadline) -> Shown<'a> {
        Shown { row, deadline }
    }

    pub fn name(self) -> &'a str {
        self.row.text(NAME)
    }

    /// What the agent said last, unless that is too long ago.
    pub fn state(self) -> &'a str {
        let state = self.row.text(STATE);
        if self.is_silent() && state != UNKNOWN {
            OFFLINE
        } else {
            state
        }
    }

    fn is_silent(self) -> bool {
        self.updated().is_none_or(|updated| updated < self.deadline.0)
    }

    pub fn updated(self) -> Option<i64> {
        self.row.number(UPDATED)
    }

    pub fn url(self) -> &'a str {
        self.row.text(URL)
    }

    pub fn inputs(self) -> &'a [String] {
        self.row.texts(INPUTS)
    }

    pub fn timezone(self) -> &'a str {
        self.row.text(TIMEZONE)
    }

    /// JSON.
    pub fn configuration(self) -> &'a str {
        self.row.text(CONFIGURATION)
    }

    fn of_api(self) -> Agent<'a> {
        Agent {
            agent_id: self.name(),
            status: self.state(),
            update: Moment(self.updated()),
            url: self.url(),
            inputs: self.inputs(),
        }
    }
}

/// All agents that the user may see, by name.
pub fn query() -> Query {
    Query {
        sort: vec![SortKey {
            field: "name".to_owned(),
            descending: false,
        }],
        ..everything(AGENTS, FIELDS)
    }
}

/// The agent that the path names.
pub fn agent(identifier: &str) -> Object<'_> {
    Object {
        collection: AGENTS,
        noun: "a capture agent",
        identifier,
    }
}

pub fn list(context: Context) -> Result<Response, Problem> {
    let window = Window::of(context.query(), None)?;
    let (version, deadline) = (context.version, Deadline::of(&context));
    list::respond(
        context,
        version,
        query(),
        window,
        Box::new(move |item, _, text| write_json(&Shown::new(Row(&item.values), deadline).of_api(), text)),
    )
}

pub fn single(context: Context) -> Result<Response, Problem> {
    let found = agent(context.path("id")).find(&context, FIELDS, false)?;
    let shown = Shown::new(Row(found.values()), Deadline::of(&context));
    // An agent turns silent without a commit.
    let tag = match shown.state() {
        OFFLINE => view_tag(found.sequence(), context.version, 1),
        _ => entity_tag(found.sequence(), context.version),
    };
    if let Some(not_modified) = not_modified(&context.request, &tag) {
        return Ok(not_modified);
    }
    Ok(Response::json(200, context.version, &shown.of_api()).with_header("etag", tag))
}
