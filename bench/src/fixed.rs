//! A tenant without a database: what is left when it is asked is the engine.

use std::net::IpAddr;
use std::sync::Arc;

use lectern_data::model::{
    Change, Denial, Error, ListPart, Page, Query, Reason, Request, Schedule, Sequence, Session, Signed,
};
use lectern_data::statistics::{Providers, Question, TimeSeries};
use lectern_engine::{Backend, BoxFuture, FileUpload};

/// Lets nobody in, unless it has a page: then everybody, and answers every query with that.
#[derive(Default)]
pub struct Fixed {
    /// The page.
    pub page: Option<Page>,
}

impl Backend for Fixed {
    fn tenant(&self) -> &str {
        "fixed"
    }

    fn accepts_tokens(&self) -> bool {
        false
    }

    fn features(&self) -> Vec<(&'static str, bool)> {
        Vec::new()
    }

    fn authenticate<'a>(&'a self, _: &'a Request, _: IpAddr) -> BoxFuture<'a, Result<Arc<Session>, Denial>> {
        let denial = Denial {
            status: 401,
            message: "nobody is let in".to_owned(),
            headers: Vec::new(),
        };
        let session = self.page.as_ref().map(|_| Arc::<Session>::default());
        Box::pin(std::future::ready(session.ok_or(denial)))
    }

    fn find(&self, _: &Session, _: &Query) -> Result<Page, Error> {
        self.page.clone().ok_or_else(nothing)
    }

    fn schedule(&self, _: &Session, _: &str, _: &str) -> Result<Schedule, Error> {
        Err(nothing())
    }

    fn upload<'a>(&'a self, _: &'a Session, _: &'a str) -> BoxFuture<'a, Result<Box<dyn FileUpload>, Error>> {
        Box::pin(std::future::ready(Err(nothing())))
    }

    fn list_names(&self, _: &Session) -> Result<Vec<String>, Error> {
        Err(nothing())
    }

    fn list(&self, _: &Session, _: &str, _: u64, _: u32) -> Result<ListPart, Error> {
        Err(nothing())
    }

    fn new_workflow(&self) -> i64 {
        0
    }

    fn statistics(&self) -> Arc<Providers> {
        Arc::default()
    }

    fn count_views(&self, _: &Session, _: &[Question]) -> Result<Vec<TimeSeries>, Error> {
        Err(nothing())
    }

    fn catalogs(&self, _: &str) -> Result<String, Error> {
        Ok("[]".to_owned())
    }

    fn sign(&self, _: &Session, _: &[String], _: Option<i64>, _: Option<&str>) -> Result<Signed, Error> {
        Err(nothing())
    }

    fn commit(
        &self,
        _: Arc<Session>,
        _: Vec<Change>,
        _: Vec<Box<dyn FileUpload>>,
    ) -> BoxFuture<'_, Result<Sequence, Error>> {
        Box::pin(std::future::ready(Err(nothing())))
    }
}

fn nothing() -> Error {
    Error {
        reason: Reason::Missing,
        message: "there is nothing".to_owned(),
        subject: String::new(),
        document: String::new(),
    }
}
