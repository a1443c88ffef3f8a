//! Plans: how the ids of a page are found.
//!
//! - **Walk** an index in the order of the first sort key, testing each object, until the page is full: right when many objects match.
//! - **Gather** what a filter's index, or the list of readable access lists, leads to, and sort that: right when few do.
//!
//! Which is cheaper follows from how many objects match, out of how many: a walk sees about (page × all ÷ matching) objects, a
//! gathering (matching), so the balance is at matching = √(page × all), or less if a walk can test what it sees without reading
//! rows. The numbers are known (access lists, full text) or counted up to that limit (other filters).

use super::Request;
use super::filter::{Condition, Filter};
use super::order::Lead;
use crate::access::{Access, State};
use crate::model::Error;
use crate::sql::{Sql, SqlError};

/// How much dearer it is to gather an object than to walk past one: it means reading its row.
const GATHERING: u64 = 6;

/// Up to how many events of a series are rather gathered than walked, and how many of any list in place of a series.
const FEW_OF_SERIES: u64 = 200;

/// A plan.
pub enum Plan {
    Nothing,
    Walk,
    Gather(Source),
}

/// What leads to the objects that are gathered.
pub enum Source {
    /// The readable access lists.
    Access,
    /// In each alternative of the filter the condition at this position, if any can.
    Filter(Vec<Option<usize>>),
}

/// A query and everything that its answer depends on.
pub struct Scope<'r> {
    pub sql: &'r dyn Sql,
    pub request: &'r Request<'r>,
    pub filter: &'r Filter,
    pub access: &'r Access,
    pub state: &'r State,
}

impl<'r> Scope<'r> {
    /// Chooses a plan.
    pub fn choose(&self) -> Result<Plan, Error> {
        let all = self.state.rows(self.request.collection);
        let readable = match self.access {
            Access::Everything => None,
            Access::Only(readable) => Some(readable.rows),
        };
        if readable == Some(0) || all == 0 {
            return Ok(Plan::Nothing);
        }
        let few = self.few(all);
        let alternatives = match self.filter {
            Filter::AnyOf(alternatives) if alternatives.is_empty() => return Ok(Plan::Nothing),
            Filter::AnyOf(alternatives) => alternatives,
            Filter::Everything => {
                return Ok(if readable.is_some_and(|rows| rows <= few) {
                    Plan::Gather(Source::Access)
                } else {
                    Plan::Walk
                });
            }
        };
        let walkable = self.series().is_none() || self.walks_series();
        let few = if self.series().is_some() && walkable {
            few.min(FEW_OF_SERIES)
        } else {
            few
        };
        let mut leading = Vec::with_capacity(alternatives.len());
        let mut matching = 0;
        for conditions in alternatives {
            let (position, estimate) = self.most_selective(conditions, few)?;
            leading.push(position);
            matching += estimate.min(all);
        }
        Ok(if readable.is_some_and(|rows| rows <= few.min(matching)) {
            Plan::Gather(Source::Access)
        } else if matching <= few || !walkable {
            Plan::Gather(Source::Filter(leading))
        } else {
            Plan::Walk
        })
    }

    /// Up to how many matching objects it is cheaper to gather than to walk.
    fn few(&self, all: u64) -> u64 {
        let Request { query, order, .. } = self.request;
        let on_index = |condition: &Condition| {
            let on_lead = matches!(order.lead, Lead::Column(column) if condition.is_on(column));
            condition.is_searched() || on_lead || condition.is_one_series() && self.walks_series()
        };
        let tests_rows = match self.filter {
            Filter::AnyOf(alternatives) => !alternatives.iter().flatten().all(on_index),
            Filter::Everything => false,
        };
        let page = query.offset.saturating_add(self.request.limit() + 1);
        let seen = page.saturating_mul(all);
        if tests_rows {
            seen.isqrt()
        } else {
            (seen / GATHERING).isqrt()
        }
    }

    /// The condition that leads to the fewest objects, and how many, or more than `few`.
    pub fn most_selective(&self, conditions: &[Condition], few: u64) -> Result<(Option<usize>, u64), SqlError> {
        let mut best = (None, u64::MAX);
        for (position, condition) in conditions.iter().enumerate() {
            let estimate = condition.estimate(self.sql, self.request.collection.table, few)?;
            if estimate < best.1 {
                best = (Some(position), estimate);
            }
        }
        Ok(best)
    }

    /// The condition to count by: the most selective one if that says something, otherwise one that has an index.
    pub fn counting(&self, conditions: &[Condition]) -> Result<Option<usize>, SqlError> {
        let most = self.state.rows(self.request.collection) / GATHERING;
        match self.most_selective(conditions, most)? {
            (position, estimate) if estimate <= most => Ok(position),
            _ => Ok(conditions.iter().position(|condition| !condition.is_searched())),
        }
    }

    /// The condition that narrows the query to one series, if there is one.
    pub fn series(&self) -> Option<&'r Condition> {
        match self.filter {
            Filter::AnyOf(alternatives) => match alternatives.as_slice() {
                [conditions] => conditions.iter().find(|condition| condition.is_one_series()),
                _ => None,
            },
            Filter::Everything => None,
        }
    }

    /// Whether the events of one series can be walked in this order.
    pub fn walks_series(&self) -> bool {
        self.series().is_some() && matches!(self.request.order.lead, Lead::Id | Lead::Column("start_ms" | "title"))
    }
}
