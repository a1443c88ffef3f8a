//! The contract's types, as plain Rust: they mirror `wit/types.wit`, `wit/search.wit`, `wit/lists.wit`, `wit/storage.wit` and
//! `wit/auth.wit`.
//!
//! Does not belong here: behaviour.

use crate::workflow::{Definition, Operation, State};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A commit sequence number, see `types.sequence`.
pub type Sequence = u64;

/// The content of one field, see `types.value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// No content.
    None,
    /// Text, never empty.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// An integer; milliseconds where it is a time.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// JSON.
    Document(String),
}

/// An entry of an access list, see `types.access-entry`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccessEntry {
    /// The role that is allowed or denied the action.
    pub role: String,
    /// `read`, `write` or any other.
    pub action: String,
    /// Allows if true, denies otherwise.
    pub allow: bool,
}

/// An access list, see `types.acl`.
pub type Acl = Vec<AccessEntry>;

/// Why a call was refused, see `types.reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No such object, or not readable.
    Missing,
    /// Readable, but this is not allowed.
    Denied,
    /// The input does not fit the data.
    Invalid,
    /// The change contradicts other data.
    Conflict,
    /// The object is not at the expected sequence.
    Changed,
    /// Too much to do right now.
    Busy,
    /// No room.
    Full,
    /// The store failed.
    Fault,
}

/// A refusal, see `types.error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The class that decides the status.
    pub reason: Reason,
    /// One sentence that names the part at fault.
    pub message: String,
    /// The field, filter, sort key or object at fault; may be empty.
    pub subject: String,
    /// JSON with details; may be empty.
    pub document: String,
}

/// How a field is tested, see `search.test`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Equal to one of these.
    Equals(Vec<String>),
    /// A number within these bounds, both included.
    Between(i64, i64),
    /// Every term occurs as part of the text.
    Contains(String),
}

/// A condition on one field, see `search.criterion`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// A name of docs/fields.md.
    pub field: String,
    /// The condition.
    pub test: Test,
}

/// One key of an order, see `search.sort-key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// A name of docs/fields.md.
    pub field: String,
    /// Largest first.
    pub descending: bool,
}

/// A query, see `search.query`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// `events` or `series`.
    pub collection: String,
    /// Any of these lists, all criteria of it.
    pub filters: Vec<Vec<Criterion>>,
    /// Most significant first.
    pub sort: Vec<SortKey>,
    /// Objects to leave out at the start.
    pub offset: u64,
    /// Objects to return at most.
    pub limit: u32,
    /// Goes on behind an earlier page.
    pub cursor: Option<String>,
    /// Actions to be allowed besides `read`.
    pub actions: Vec<String>,
    /// Fields to return.
    pub fields: Vec<String>,
    /// Whether to return access lists.
    pub with_acl: bool,
    /// Whether to count.
    pub with_total: bool,
}

/// An object of a page, see `search.item`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The object's identifier.
    pub identifier: String,
    /// The commit that last changed what it shows.
    pub sequence: Sequence,
    /// One value per field of the query.
    pub values: Vec<Value>,
    /// Position in [`Page::acls`].
    pub acl: Option<u32>,
}

/// The answer to a query, see `search.page`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The objects, in order.
    pub items: Vec<Item>,
    /// The distinct access lists of the items.
    pub acls: Vec<Acl>,
    /// The number of matches.
    pub total: Option<u64>,
    /// Where the next page starts.
    pub next: Option<String>,
}

/// A page of which some objects have been written before, see `search.rendered-page`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RenderedPage {
    /// The page; objects that have been written before are without values and access list.
    pub page: Page,
    /// What was written of each item of the page.
    pub texts: Vec<Option<Arc<str>>>,
    /// What tells the database from others that the tenant has had while the program runs.
    pub opening: u64,
}

/// An entry of a list, see `lists.entry`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// What is stored.
    pub key: String,
    /// What people choose by: a text, the key of a translation, or JSON.
    pub value: String,
}

impl ListEntry {
    /// An entry.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }
}

/// A part of a list, see `lists.part`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListPart {
    /// In order.
    pub entries: Vec<ListEntry>,
    /// Whether the list goes on behind them.
    pub more: bool,
}

/// A field and its new content, see `storage.assignment`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// A name of docs/fields.md.
    pub field: String,
    /// The new content.
    pub value: Value,
}

/// One change of a transaction, see the methods of `storage.transaction`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the members are the parameters of the methods in wit/storage.wit"
)]
pub enum Change {
    Expect {
        collection: String,
        identifier: String,
        sequence: Sequence,
    },
    Remember {
        key: String,
        fingerprint: String,
        answer: String,
    },
    Create {
        collection: String,
        identifier: String,
        fields: Vec<Assignment>,
        acl: Option<Acl>,
    },
    Update {
        collection: String,
        identifier: String,
        fields: Vec<Assignment>,
    },
    SetAcl {
        collection: String,
        identifier: String,
        acl: Option<Acl>,
    },
    Grant {
        collection: String,
        identifier: String,
        action: String,
        role: String,
    },
    Revoke {
        collection: String,
        identifier: String,
        action: String,
        role: String,
    },
    OverrideAcls {
        series: String,
    },
    Schedule {
        schedule: Schedule,
        fields: Vec<Assignment>,
        acl: Option<Acl>,
        processing: Option<Processing>,
    },
    Reschedule {
        event: String,
        scheduling: String,
        allow_conflict: bool,
    },
    SetProcessing {
        event: String,
        processing: Processing,
    },
    StartWorkflow {
        /// The number that it gets, which the host has given to nobody else; none for the next one.
        identifier: Option<i64>,
        event: String,
        processing: Processing,
        /// What the tenant's definitions say; the host fills it in. None if they do not know the workflow.
        definition: Option<Definition>,
    },
    ReportRecording {
        event: String,
        state: Option<String>,
        /// What the tenant's definitions say, in case that a workflow is started; the host fills them in.
        definitions: Vec<Definition>,
    },
    /// Not part of the contract: no handler can do this.
    AdvanceWorkflow(Box<Advance>),
    AddTrack {
        event: String,
        flavor: String,
        tags: Vec<String>,
        file: StoredFile,
        overwrite: bool,
    },
    Delete {
        collection: String,
        identifier: String,
    },
}

/// What a `scheduling` object asks for: recordings by one capture agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The capture agent, which exists.
    pub agent: String,
    /// Its devices to record from.
    pub inputs: Vec<String>,
    /// In chronological order, none overlapping another, at least one.
    pub recordings: Vec<Recording>,
}

/// One recording that is to be scheduled, and the event that it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The event's identifier.
    pub identifier: String,
    /// The event's title where it differs from the assigned one: the occurrences of a rule are numbered, also a single one.
    pub title: Option<String>,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub start: i64,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub end: i64,
}

/// How an event is to be processed, see `storage.processing`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Processing {
    /// Identifier of a workflow definition.
    pub workflow: String,
    /// Values by name.
    pub configuration: Vec<(String, String)>,
}

/// One step of a workflow: where it is then, and what it has done to its event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The workflow's id.
    pub workflow: i64,
    /// The event's identifier, for the audit trail.
    pub event: String,
    /// What was done, for the audit trail.
    pub detail: String,
    /// The commit that last changed the workflow as it was seen when the step was made.
    pub sequence: Sequence,
    /// See [`Workflow`](crate::workflow::Workflow).
    pub state: State,
    /// See [`Workflow`](crate::workflow::Workflow).
    pub configuration: BTreeMap<String, String>,
    /// See [`Workflow`](crate::workflow::Workflow).
    pub operations: Vec<Operation>,
    /// The event's new tracks, a JSON array of [`Element`](crate::media::Element)s; none if they stay.
    pub media: Option<String>,
    /// The event's new publications, a JSON array of [`Publication`](crate::media::Publication)s; none if they stay.
    pub publications: Option<String>,
    /// The event's new length in milliseconds; none if it stays.
    pub duration: Option<i64>,
    /// Whether the event is deleted, and the workflow with it.
    pub deletes_event: bool,
}

/// A file on the tenant's disk, complete and synced, that a change refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredFile {
    /// Under which it is stored: a UUID.
    pub identifier: String,
    /// What the client calls it; no path.
    pub name: String,
    /// By content where that is known, else by name.
    pub mimetype: String,
    /// Bytes.
    pub size: u64,
    /// MD5 in lower case hexadecimal.
    pub checksum: String,
    /// Milliseconds, if it is a medium and its length is known.
    pub duration: Option<i64>,
    /// The streams of a medium, as a JSON array of objects with the member names of the API and an `identifier`; empty if it is none.
    pub streams: String,
}

/// The title among assignments; empty if there is none.
pub fn title(fields: &[Assignment]) -> &str {
    let title = fields.iter().rev().find_map(|assignment| match &assignment.value {
        Value::Text(title) if assignment.field == "title" => Some(title.as_str()),
        _ => None,
    });
    title.unwrap_or_default()
}

/// The effective user of a session, see `auth.principal`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal {
    /// Unique within the tenant.
    pub username: String,
    /// Display name; may be empty.
    pub name: String,
    /// May be empty.
    pub email: String,
    /// The directory that knows the user; empty for the anonymous user.
    pub provider: String,
    /// `ROLE_USER_…`.
    pub user_role: String,
    /// Every role, without duplicates.
    pub roles: Vec<String>,
    /// Whether access lists are passed over: the user has `ROLE_ADMIN` or the tenant's admin role.
    pub administrator: bool,
}

/// The tenant, see `auth.organization`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organization {
    /// The tenant's identifier.
    pub identifier: String,
    /// Display name.
    pub name: String,
    /// The role that may do everything within this tenant.
    pub admin_role: String,
    /// The role of those who did not say who they are.
    pub anonymous_role: String,
    /// Sorted by name.
    pub properties: Vec<(String, String)>,
}

/// A request as authentication sees it, see `auth.request`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// In upper case.
    pub method: String,
    /// Still percent-encoded.
    pub path_with_query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

/// A request that is not let in, see `auth.denial`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// HTTP status.
    pub status: u16,
    /// One sentence.
    pub message: String,
    /// Header fields of the answer.
    pub headers: Vec<(String, String)>,
}

/// Who acts: the effective principal and, for the audit trail, the one who authenticated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// The user whose rights count.
    pub principal: Principal,
    /// The username that authenticated; differs from the principal's after run-as. Empty without credentials.
    pub authenticated: String,
    /// The tenant.
    pub organization: Organization,
}

/// URLs that have been signed, see `urls.signed`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signed {
    /// In the order of the request; none for one that no key covers.
    pub urls: Vec<Option<String>>,
    /// Until when they are good, in milliseconds since 1970-01-01T00:00:00Z.
    pub valid_until: i64,
}

/// The user directory of the system itself; no credentials lead to a user of it.
pub const SYSTEM: &str = "system";

impl Session {
    /// Whether the system itself acts, and not somebody who has sent a request.
    pub fn is_system(&self) -> bool {
        self.principal.provider == SYSTEM
    }
}
