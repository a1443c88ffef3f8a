//! `lectern:api/search`.

use super::{Session, may_block};
use crate::bindings::search::{Host, Page, Query, RenderedPage};
use crate::bindings::types::Error;
use crate::record::Phase;
use crate::state::{Asked, State};
use lectern_data::model;
use wasmtime::Result;
use wasmtime::component::Resource;

impl Host for State {
    /// A query takes microseconds to a few milliseconds, less than it takes to hand it to another thread and back, so it runs
    /// where it is. Only a search in texts can scan a whole collection; the thread's other requests are then moved away first.
    fn find(&mut self, session: Resource<Session>, query: Query) -> Result<Result<Page, Error>> {
        let session = self.table.get(&session)?.0.clone();
        let query = model::Query::from(query);
        let backend = self.backend()?;
        let found = self.search(&query, || backend.find(&session, &query));
        Ok(found.map(Page::from).map_err(|error| self.refusal(error)))
    }

    fn find_rendered(
        &mut self,
        session: Resource<Session>,
        query: Query,
        form: String,
    ) -> Result<Result<RenderedPage, Error>> {
        let session = self.table.get(&session)?.0.clone();
        let query = model::Query::from(query);
        // Another handler, or another version of this one, may write otherwise.
        let form = format!("{} {}\n{form}", self.origin.handler, self.version);
        let backend = self.backend()?;
        let found = self.search(&query, || backend.find_rendered(&session, &query, &form));
        Ok(match found {
            Ok(model::RenderedPage { page, texts, opening }) => {
                let asked = page.items.iter().map(|item| (item.identifier.clone(), item.sequence));
                self.asked = Some(Asked {
                    opening,
                    collection: query.collection,
                    form,
                    objects: asked.collect(),
                });
                Ok(RenderedPage {
                    page: page.into(),
                    texts: texts.iter().map(|text| text.as_deref().map(str::to_owned)).collect(),
                })
            }
            Err(error) => Err(self.refusal(error)),
        })
    }

    fn keep(&mut self, session: Resource<Session>, texts: Vec<Option<String>>) -> Result<()> {
        self.table.get(&session)?;
        if let Some(asked) = self.asked.take() {
            let written = asked.objects.into_iter().zip(texts);
            let written = written.filter_map(|((identifier, sequence), text)| Some((identifier, sequence, text?)));
            self.backend()?
                .keep(asked.opening, &asked.collection, &asked.form, written.collect());
        }
        Ok(())
    }

    fn catalogs(&mut self, session: Resource<Session>, collection: String) -> Result<Result<String, Error>> {
        self.table.get(&session)?;
        let catalogs = self.backend()?.catalogs(&collection);
        Ok(catalogs.map_err(|error| self.refusal(error)))
    }
}

impl State {
    fn search<T>(&self, query: &model::Query, find: impl FnOnce() -> T) -> T {
        self.record.measure(Phase::Find, || match may_scan(query) {
            true => may_block(find),
            false => find(),
        })
    }
}

fn may_scan(query: &model::Query) -> bool {
    query
        .filters
        .iter()
        .flatten()
        .any(|criterion| matches!(criterion.test, model::Test::Contains(_)))
}
