//! What `lectern:api` is served from.

use lectern_data::model::{
    Change, Denial, Error, ListPart, Page, Query, RenderedPage, Request, Schedule, Sequence, Session, Signed,
    StoredFile,
};
use lectern_data::statistics::{Providers, Question, TimeSeries};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

/// A future that is stored, so that [`Backend`] can be used as a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One tenant, as handlers see it. An instance is given the backend of its tenant and can reach no other.
pub trait Backend: Send + Sync + 'static {
    /// The tenant's identifier: for the log, and for counting the instances that the tenant has running.
    fn tenant(&self) -> &str;

    /// Whether the tenant trusts the JSON Web Tokens of somebody.
    fn accepts_tokens(&self) -> bool;

    /// What tenants may have or not, and whether this one does: see `auth.capabilities`.
    fn features(&self) -> Vec<(&'static str, bool)>;

    /// Checks credentials, run-as headers and the role that the method and path require. `client` is the address that
    /// guessing passwords is slowed down by.
    fn authenticate<'a>(&'a self, request: &'a Request, client: IpAddr) -> BoxFuture<'a, Result<Arc<Session>, Denial>>;

    /// Answers a query within what the session may read. Called on a thread that serves other requests too: answers of
    /// more than a few milliseconds are expected only where the query has a [`Contains`](lectern_data::model::Test)
    /// criterion.
    fn find(&self, session: &Session, query: &Query) -> Result<Page, Error>;

    /// Answers a query like [`find`](Self::find), with what has been [kept](Self::keep) in this form in the place of values. A backend need not
    /// keep anything.
    fn find_rendered(&self, session: &Session, query: &Query, _form: &str) -> Result<RenderedPage, Error> {
        let page = self.find(session, query)?;
        Ok(RenderedPage {
            texts: vec![None; page.items.len()],
            page,
            opening: 0,
        })
    }

    /// Keeps what has been written in this form of objects of a collection, each with its identifier and the sequence that it had in this
    /// [opening](RenderedPage::opening) of the database. `form` names the handler and its version, too.
    fn keep(&self, _opening: u64, _collection: &str, _form: &str, _written: Vec<(String, Sequence, String)>) {}

    /// The metadata catalogs that are configured for a collection besides its main one, as JSON.
    fn catalogs(&self, collection: &str) -> Result<String, Error>;

    /// The names of the lists that forms offer for choice, sorted.
    fn list_names(&self, session: &Session) -> Result<Vec<String>, Error>;

    /// At most `limit` entries of a list behind the first `offset`. May take as long as going through all objects of the tenant.
    fn list(&self, session: &Session, name: &str, offset: u64, limit: u32) -> Result<ListPart, Error>;

    /// What a `scheduling` object (JSON) asks for; `title` is what several recordings are numbered behind.
    fn schedule(&self, session: &Session, scheduling: &str, title: &str) -> Result<Schedule, Error>;

    /// An identifier for a workflow that is going to be started. It is no error if none is.
    fn new_workflow(&self) -> i64;

    /// The statistics that the tenant's operator offers.
    fn statistics(&self) -> Arc<Providers>;

    /// Answers questions about statistics within what the session may read.
    fn count_views(&self, session: &Session, questions: &[Question]) -> Result<Vec<TimeSeries>, Error>;

    /// Begins to store a file that its client calls `name`.
    fn upload<'a>(&'a self, session: &'a Session, name: &'a str) -> BoxFuture<'a, Result<Box<dyn FileUpload>, Error>>;

    /// Signs URLs of media until a point in time in milliseconds since 1970-01-01T00:00:00Z, and for one IP address, if these are given.
    fn sign(
        &self,
        session: &Session,
        urls: &[String],
        valid_until: Option<i64>,
        address: Option<&str>,
    ) -> Result<Signed, Error>;

    /// Makes the changes durable, all or none. `files` are those that the changes refer to: they are kept with the changes, even if the
    /// caller stops waiting, and dropped without them.
    fn commit(
        &self,
        session: Arc<Session>,
        changes: Vec<Change>,
        files: Vec<Box<dyn FileUpload>>,
    ) -> BoxFuture<'_, Result<Sequence, Error>>;
}

/// A file on its way to the tenant's disk. Dropped before it was [kept](Self::keep), it leaves nothing behind.
pub trait FileUpload: Send + 'static {
    /// Appends bytes.
    fn write(&mut self, bytes: Vec<u8>) -> BoxFuture<'_, Result<(), Error>>;

    /// Makes the file durable and says what is in it. Afterwards nothing is written any more.
    fn finish(&mut self) -> BoxFuture<'_, Result<StoredFile, Error>>;

    /// Lets the file stay, since the commit that refers to it is durable.
    fn keep(self: Box<Self>);
}
