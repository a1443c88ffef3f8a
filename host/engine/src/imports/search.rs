//! `lectern:api/search`.

use super::{Session, may_block};
use crate::bindings::search::{Host, Page, Query};
use crate::bindings::types::Error;
use crate::record::Phase;
use crate::state::State;
use lectern_data::model;
use wasmtime::Result;
use wasmtime::component::Resource;

impl Host for State {
    /// A query takes microseconds to a few milliseconds, less than it takes to hand it to another thread and back, so it runs
    /// where it is. Only a search in texts can scan a whole collection; the thread's other requests are then moved away first.
    fn find(&mut self, session: Resource<Session>, query: Query) -> Result<Result<Page, Error>> {
        let session = self.table.get(&session)?.0.clone();
        let query = model::Query::from(query);
        let find = || self.backend.find(&session, &query);
        let found = self.record.measure(Phase::Find, || match may_scan(&query) {
            true => may_block(find),
            false => find(),
        });
        Ok(found.map(Page::from).map_err(|error| self.refusal(error)))
    }

    fn catalogs(&mut self, session: Resource<Session>, collection: String) -> Result<Result<String, Error>> {
        self.table.get(&session)?;
        let catalogs = self.backend.catalogs(&collection);
        Ok(catalogs.map_err(|error| self.refusal(error)))
    }
}

fn may_scan(query: &model::Query) -> bool {
    query
        .filters
        .iter()
        .flatten()
        .any(|criterion| matches!(criterion.test, model::Test::Contains(_)))
}
