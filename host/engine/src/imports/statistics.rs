//! `lectern:api/statistics`.

use super::{Session, may_block};
use crate::bindings::statistics::{Host, Provider, Question, TimeSeries};
use crate::bindings::types::Error;
use crate::record::Phase;
use crate::state::State;
use lectern_data::statistics;
use wasmtime::Result;
use wasmtime::component::Resource;

impl Host for State {
    fn providers(&mut self, session: Resource<Session>) -> Result<Result<Vec<Provider>, Error>> {
        self.table.get(&session)?;
        let providers = self.backend()?.statistics();
        Ok(Ok(providers.values().map(Provider::from).collect()))
    }

    /// Years of hours take a while to be added up.
    fn query(
        &mut self,
        session: Resource<Session>,
        questions: Vec<Question>,
    ) -> Result<Result<Vec<TimeSeries>, Error>> {
        let session = self.table.get(&session)?.0.clone();
        let questions: Vec<statistics::Question> = questions.into_iter().map(statistics::Question::from).collect();
        let backend = self.backend()?;
        let answered = self
            .record
            .measure(Phase::Count, || may_block(|| backend.count_views(&session, &questions)));
        Ok(match answered {
            Ok(answers) => Ok(answers.into_iter().map(TimeSeries::from).collect()),
            Err(error) => Err(self.refusal(error)),
        })
    }
}
