//! A tenant as the engine's backend.

use lectern_data::lists::Window;
use lectern_data::model::{
    Change, Denial, Error, ListPart, Page, Query, RenderedPage, Request, Schedule, Sequence, Session, Signed,
    StoredFile,
};
use lectern_data::statistics::{Providers, Question, TimeSeries};
use lectern_engine::{Backend, BoxFuture, FileUpload};
use lectern_tenants::{Tenant, Upload};
use std::net::IpAddr;
use std::sync::Arc;

/// What an instance is given: its tenant and no other.
pub struct TenantBackend(pub Arc<Tenant>);

impl Backend for TenantBackend {
    fn tenant(&self) -> &str {
        self.0.name().as_str()
    }

    fn accepts_tokens(&self) -> bool {
        self.0.accepts_tokens()
    }

    fn features(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("json-web-tokens", self.0.accepts_tokens()),
            ("signed-urls", self.0.signs_urls()),
        ]
    }

    fn authenticate<'a>(&'a self, request: &'a Request, client: IpAddr) -> BoxFuture<'a, Result<Arc<Session>, Denial>> {
        Box::pin(self.0.authenticate(request, client))
    }

    fn find(&self, session: &Session, query: &Query) -> Result<Page, Error> {
        self.0.find(session, query)
    }

    fn find_rendered(&self, session: &Session, query: &Query, form: &str) -> Result<RenderedPage, Error> {
        self.0.find_rendered(session, query, form)
    }

    fn keep(&self, opening: u64, collection: &str, form: &str, written: Vec<(String, Sequence, String)>) {
        self.0.keep(opening, collection, form, written);
    }

    fn catalogs(&self, collection: &str) -> Result<String, Error> {
        self.0.catalogs(collection)
    }

    fn list_names(&self, _session: &Session) -> Result<Vec<String>, Error> {
        Ok(self.0.list_names())
    }

    fn list(&self, session: &Session, name: &str, offset: u64, limit: u32) -> Result<ListPart, Error> {
        self.0.list(session, name, Window { offset, limit })
    }

    fn schedule(&self, _session: &Session, scheduling: &str, title: &str) -> Result<Schedule, Error> {
        self.0.schedule(scheduling, title)
    }

    fn new_workflow(&self) -> i64 {
        self.0.new_workflow()
    }

    fn statistics(&self) -> Arc<Providers> {
        self.0.statistics()
    }

    fn count_views(&self, session: &Session, questions: &[Question]) -> Result<Vec<TimeSeries>, Error> {
        self.0.count_views(session, questions)
    }

    fn upload<'a>(&'a self, _session: &'a Session, name: &'a str) -> BoxFuture<'a, Result<Box<dyn FileUpload>, Error>> {
        Box::pin(async move {
            let upload = self.0.upload(name).await?;
            Ok(Box::new(TenantUpload(upload)) as Box<dyn FileUpload>)
        })
    }

    fn sign(
        &self,
        _session: &Session,
        urls: &[String],
        valid_until: Option<i64>,
        address: Option<&str>,
    ) -> Result<Signed, Error> {
        let address = address.map(lectern_settings::address).transpose()?;
        self.0.sign(urls, valid_until, address)
    }

    fn commit(
        &self,
        session: Arc<Session>,
        changes: Vec<Change>,
        files: Vec<Box<dyn FileUpload>>,
    ) -> BoxFuture<'_, Result<Sequence, Error>> {
        let keep = move || files.into_iter().for_each(FileUpload::keep);
        Box::pin(self.0.commit_then(session, changes, keep))
    }
}

/// A file on its way to the tenant.
struct TenantUpload(Upload);

impl FileUpload for TenantUpload {
    fn write(&mut self, bytes: Vec<u8>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move { self.0.write(&bytes).await })
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<StoredFile, Error>> {
        Box::pin(self.0.finish())
    }

    fn keep(self: Box<Self>) {
        self.0.keep();
    }
}
