//! A tenant's statistics.

use std::sync::Arc;

use lectern_data::model::{Error, Session};
use lectern_data::statistics::{self, Providers, Question, TimeSeries};

use super::Tenant;

impl Tenant {
    /// The statistics that the operator offers, as they are now.
    pub fn statistics(&self) -> Arc<Providers> {
        self.settings.statistics()
    }

    /// Answers questions about statistics, on the caller's thread. See `statistics.query` of the contract.
    pub fn count_views(&self, session: &Session, questions: &[Question]) -> Result<Vec<TimeSeries>, Error> {
        let providers = self.statistics();
        let database = self.database()?;
        let answers = database
            .readers
            .with(|sql| statistics::answer(sql, session, &providers, questions));
        answers.map_err(|error| self.named(error))
    }
}
