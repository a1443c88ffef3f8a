//! `lectern:api/statistics`.

use super::{Session, may_block};
use crate::bindings::statistics::{Bucket, Host, Provider, Question, TimeSeries};
use crate::bindings::types::Error;
use crate::record::Phase;
use crate::state::State;
use lectern_data::statistics;
use wasmtime::Result;
use wasmtime::component::Resource;

impl Host for State {
    fn providers(&mut self, session: Resource<Session>) -> Result<Result<Vec<Provider>, Error>> {
        self.table.get(&session)?;
        let providers = self.backend.statistics();
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
        let answered = self.record.measure(Phase::Count, || {
            may_block(|| self.backend.count_views(&session, &questions))
        });
        Ok(match answered {
            Ok(answers) => Ok(answers.into_iter().map(TimeSeries::from).collect()),
            Err(error) => Err(self.refusal(error)),
        })
    }
}

impl From<&statistics::Provider> for Provider {
    fn from(provider: &statistics::Provider) -> Self {
        let resolutions = provider.resolutions.iter();
        Self {
            identifier: provider.identifier.clone(),
            title: provider.title.clone(),
            description: provider.description.clone(),
            resource_type: provider.resource_type.as_str().to_owned(),
            resolutions: resolutions.map(|resolution| resolution.as_str().to_owned()).collect(),
        }
    }
}

impl From<Question> for statistics::Question {
    fn from(question: Question) -> Self {
        let Question {
            provider,
            resource_type,
            resource_id,
            from,
            to,
            resolution,
        } = question;
        Self {
            provider,
            resource_type,
            resource_id,
            from,
            to,
            resolution,
        }
    }
}

impl From<statistics::TimeSeries> for TimeSeries {
    fn from(series: statistics::TimeSeries) -> Self {
        let bucket = |(bucket, value): (statistics::Bucket, f64)| Bucket {
            start: bucket.start,
            offset: bucket.offset,
            value,
        };
        Self {
            buckets: series.buckets.into_iter().map(bucket).collect(),
            total: series.total,
        }
    }
}
