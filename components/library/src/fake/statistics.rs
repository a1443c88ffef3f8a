//! Statistics of the backend in memory: whoever asks gets days, in UTC.

use super::store::{Store, refuse};
use crate::api::{Bucket, Error, Principal, Question, Reason, TimeSeries};
use crate::date::DAY;

impl Store {
    /// A bucket for each day, and one view for each entry of `views` for the resource.
    pub(super) fn count_views(
        &mut self,
        principal: &Principal,
        questions: &[Question],
    ) -> Result<Vec<TimeSeries>, Error> {
        self.questions.push(questions.to_vec());
        questions
            .iter()
            .map(|question| self.count(principal, question))
            .collect()
    }

    fn count(&self, principal: &Principal, question: &Question) -> Result<TimeSeries, Error> {
        let may_read = match question.resource_type.as_str() {
            "organization" => principal.roles.iter().any(|role| role == "ROLE_ADMIN"),
            kind => {
                let collection = if kind == "episode" { "events" } else { "series" };
                let object = self.object(collection, &question.resource_id);
                object.is_some_and(|object| self.allows(principal, collection, object, "read"))
            }
        };
        if !may_read {
            return Err(refuse(Reason::Denied, &question.resource_id));
        }
        let views = |day: i64| {
            let of_day = |(resource, at): &&(String, i64)| *resource == question.resource_id && *at == day;
            self.views.iter().filter(of_day).count()
        };
        let days = question.from.div_euclid(DAY)..=question.to.div_euclid(DAY);
        let buckets: Vec<Bucket> = days
            .map(|day| Bucket {
                start: day * DAY,
                offset: 0,
                value: views(day) as f64,
            })
            .collect();
        Ok(TimeSeries {
            total: Some(buckets.iter().map(|bucket| bucket.value).sum()),
            buckets,
        })
    }
}
