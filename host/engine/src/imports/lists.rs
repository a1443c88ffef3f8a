//! `lectern:api/lists`.

use super::{Session, may_block};
use crate::bindings::lists::{Host, Part};
use crate::bindings::types::Error;
use crate::record::Phase;
use crate::state::State;
use wasmtime::Result;
use wasmtime::component::Resource;

impl Host for State {
    fn names(&mut self, session: Resource<Session>) -> Result<Result<Vec<String>, Error>> {
        let session = self.table.get(&session)?.0.clone();
        let names = self.backend()?.list_names(&session);
        Ok(names.map_err(|error| self.refusal(error)))
    }

    /// A list can be what every object of a collection says in some field.
    fn entries(
        &mut self,
        session: Resource<Session>,
        name: String,
        offset: u64,
        limit: u32,
    ) -> Result<Result<Part, Error>> {
        let session = self.table.get(&session)?.0.clone();
        let backend = self.backend()?;
        let part = self.record.measure(Phase::List, || {
            may_block(|| backend.list(&session, &name, offset, limit))
        });
        Ok(part.map(Part::from).map_err(|error| self.refusal(error)))
    }
}
