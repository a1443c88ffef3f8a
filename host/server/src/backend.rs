//! A tenant as the engine's backend.

use lectern_data::model::{Change, Denial, Error, Page, Query, Request, Schedule, Sequence, Session};
use lectern_engine::{Backend, BoxFuture, FileUpload};
use lectern_tenants::Tenant;
use std::net::IpAddr;
use std::sync::Arc;

/// What an instance is given: its tenant and no other.
pub struct TenantBackend(pub Arc<Tenant>);

impl Backend for TenantBackend {
    fn tenant(&self) -> &str {
        self.0.name().as_str()
    }

    fn authenticate<'a>(&'a self, request: &'a Request, client: IpAddr) -> BoxFuture<'a, Result<Arc<Session>, Denial>> {
        Box::pin(self.0.authenticate(request, client))
    }

    fn find(&self, session: &Session, query: &Query) -> Result<Page, Error> {
        self.0.find(session, query)
    }

    fn catalogs(&self, collection: &str) -> Result<String, Error> {
        self.0.catalogs(collection)
    }

    fn schedule(&self, _session: &Session, scheduling: &str, title: &str) -> Result<Schedule, Error> {
        self.0.schedule(scheduling, title)
    }

    fn upload<'a>(
        &'a self,
        _session: &'a Session,
        _name: &'a str,
    ) -> BoxFuture<'a, Result<Box<dyn FileUpload>, Error>> {
        Box::pin(async { Err(Error::invalid("track", "Files cannot be stored.")) })
    }

    fn commit(&self, session: Arc<Session>, changes: Vec<Change>) -> BoxFuture<'_, Result<Sequence, Error>> {
        Box::pin(self.0.commit(session, changes))
    }
}
