//! What a handler may ask its host for: the interfaces of wit/ as traits.
//!
//! The types are those of the bindings. The traits are implemented by the bindings inside a component, and by whatever
//! a test or a server links in elsewhere.

pub use crate::bindings::lectern::api::auth::{Capabilities, Denial, Organization, Principal, Request as Credentials};
pub use crate::bindings::lectern::api::lists::{Entry as ListEntry, Part as ListPart};
pub use crate::bindings::lectern::api::search::{Criterion, Item, Page, Query, RenderedPage, SortKey, Test};
pub use crate::bindings::lectern::api::statistics::{Bucket, Provider, Question, TimeSeries};
pub use crate::bindings::lectern::api::storage::{Assignment, Processing};
pub use crate::bindings::lectern::api::types::{AccessEntry, Acl, Error, Reason, Sequence, Value};
pub use crate::bindings::lectern::api::urls::Signed;

/// The way in: `auth.authenticate`.
pub trait Backend {
    /// Whether the tenant trusts the JSON Web Tokens of somebody.
    fn accepts_tokens(&self) -> bool;
    /// Checks credentials, run-as headers and the role that the method and path require.
    fn authenticate(&self, credentials: &Credentials) -> Result<Box<dyn Session>, Denial>;
}

/// A request's proof of identity, and all it may do: `auth.session`, `search`, `lists`, `statistics`, `storage`.
pub trait Session {
    /// The effective user.
    fn principal(&self) -> Principal;
    /// The tenant.
    fn organization(&self) -> Organization;
    /// What the tenant's users may count on.
    fn capabilities(&self) -> Capabilities;
    /// Answers a query within what the session may read.
    fn find(&self, query: &Query) -> Result<Page, Error>;
    /// Answers a query with what was written of objects in this form, where that has been kept, and with values otherwise.
    fn find_rendered(&self, query: &Query, form: &str) -> Result<RenderedPage, Error>;
    /// Lets be kept what was written of the objects of the last page that [`Session::find_rendered`] has answered with.
    fn keep(&self, texts: &[Option<String>]);
    /// The metadata catalogs that the tenant has configured for a collection besides its main one, as JSON.
    fn catalogs(&self, collection: &str) -> Result<String, Error>;
    /// The names of the lists that forms offer for choice, sorted.
    fn list_names(&self) -> Result<Vec<String>, Error>;
    /// At most `limit` entries of a list behind the first `offset`.
    fn list(&self, name: &str, offset: u64, limit: u32) -> Result<ListPart, Error>;
    /// Starts a transaction with nothing to do.
    fn begin(&self) -> Box<dyn Transaction>;
    /// Begins to store a file that its client calls `name`.
    fn upload(&self, name: &str) -> Result<Box<dyn Upload>, Error>;
    /// Signs addresses of media, until a point in time in milliseconds since 1970-01-01T00:00:00Z and for one IP address, if these are
    /// given.
    fn sign(&self, urls: &[String], valid_until: Option<i64>, address: Option<&str>) -> Result<Signed, Error>;
    /// The statistics that there are.
    fn statistics(&self) -> Result<Vec<Provider>, Error>;
    /// Answers questions about statistics, all or none, in their order.
    fn count_views(&self, questions: &[Question]) -> Result<Vec<TimeSeries>, Error>;
    /// The time, in milliseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> i64;
}

/// A file that a client sends: `storage.upload`. Dropped without having been added to a transaction, it leaves nothing behind.
pub trait Upload {
    /// Appends bytes.
    fn write(&self, bytes: &[u8]) -> Result<(), Error>;
    /// Itself, for a transaction of the same host to take it.
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any>;
}

/// Changes that happen together or not at all: `storage.transaction`. Dropped without commit, it changes nothing.
pub trait Transaction {
    /// Refuses the commit unless the object is at this sequence.
    fn expect(&self, collection: &str, identifier: &str, sequence: Sequence);
    /// Remembers an answer under a key of the user's, and refuses the commit if there is one already.
    fn remember(&self, key: &str, fingerprint: &str, answer: &str);
    /// Creates an object and returns its identifier.
    fn create(
        &self,
        collection: &str,
        identifier: Option<&str>,
        fields: &[Assignment],
        acl: Option<&[AccessEntry]>,
    ) -> String;
    /// Gives the named fields new content.
    fn update(&self, collection: &str, identifier: &str, fields: &[Assignment]);
    /// Replaces or removes the object's own access list.
    fn set_acl(&self, collection: &str, identifier: &str, acl: Option<&[AccessEntry]>);
    /// Allows a role an action.
    fn grant(&self, collection: &str, identifier: &str, action: &str, role: &str);
    /// Removes all entries for a role and an action.
    fn revoke(&self, collection: &str, identifier: &str, action: &str, role: &str);
    /// Removes the own access lists of a series' events.
    fn override_acls(&self, series: &str);
    /// Creates an event for each recording that a `scheduling` object asks for, and returns their identifiers.
    fn schedule(
        &self,
        fields: &[Assignment],
        acl: Option<&[AccessEntry]>,
        scheduling: &str,
        processing: Option<&Processing>,
    ) -> Result<Vec<String>, Error>;
    /// Changes when and where a scheduled event is recorded.
    fn reschedule(&self, event: &str, scheduling: &str, allow_conflict: bool);
    /// Replaces the processing that a scheduled event waits for.
    fn set_processing(&self, event: &str, processing: &Processing);
    /// Starts a workflow on an event and returns its identifier.
    fn start_workflow(&self, event: &str, processing: &Processing) -> u64;
    /// Takes down what a capture agent says of the recording of a scheduled event, or forgets it.
    fn report_recording(&self, event: &str, state: Option<&str>);
    /// Adds a file to an event as a track. The upload is one of the same session.
    fn add_track(&self, event: &str, flavor: &str, tags: &[String], file: Box<dyn Upload>, overwrite: bool);
    /// Deletes the object.
    fn delete(&self, collection: &str, identifier: &str);
    /// Makes all changes durable and visible, and returns the commit's sequence.
    fn commit(self: Box<Self>) -> Result<Sequence, Error>;
}

/// The query for one object.
pub fn by_identifier(collection: &str, identifier: &str, fields: &[&str]) -> Query {
    Query {
        filters: vec![vec![Criterion {
            field: "identifier".to_owned(),
            test: Test::Equals(vec![identifier.to_owned()]),
        }]],
        limit: 1,
        ..everything(collection, fields)
    }
}

/// The query for all objects of a collection, unsorted; to be narrowed with struct update syntax.
pub fn everything(collection: &str, fields: &[&str]) -> Query {
    Query {
        collection: collection.to_owned(),
        filters: Vec::new(),
        sort: Vec::new(),
        offset: 0,
        limit: u32::MAX,
        cursor: None,
        actions: Vec::new(),
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
        with_acl: false,
        with_total: false,
    }
}

/// An assignment of `text`; empty text leaves the field without content.
pub fn assign_text(field: &str, text: String) -> Assignment {
    let value = if text.is_empty() {
        Value::None
    } else {
        Value::Text(text)
    };
    assign(field, value)
}

/// An assignment.
pub fn assign(field: &str, value: Value) -> Assignment {
    Assignment {
        field: field.to_owned(),
        value,
    }
}
