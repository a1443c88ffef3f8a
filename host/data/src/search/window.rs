//! Windows: carrying out a plan, which gives the ids of a page.

use super::Request;
use super::cursor::Cursor;
use super::filter::Filter;
use super::order::Run;
use super::plan::{Plan, Scope, Source};
use super::statement::{Bound, Statement};
use crate::access::{Access, State};
use crate::model::Error;
use crate::sql::{Column, Param, Row, Sql, SqlError};

/// From which offset on it pays to know the total, in order to walk from the nearer end.
const DEEP: u64 = 1000;

/// The ids of a page.
#[derive(Debug, Default)]
pub struct Window {
    pub ids: Vec<i64>,
    pub total: Option<u64>,
    pub next: Option<String>,
}

/// Finds the ids of the page.
pub fn find(
    sql: &dyn Sql,
    request: &Request<'_>,
    filter: &Filter,
    access: &Access,
    state: &State,
) -> Result<Window, Error> {
    let scope = Scope {
        sql,
        request,
        filter,
        access,
        state,
    };
    let window = match scope.choose()? {
        Plan::Nothing => Window {
            total: Some(0),
            ..Window::default()
        },
        Plan::Gather(source) => scope.gather(&source)?,
        Plan::Walk => scope.walk()?,
    };
    Ok(Window {
        total: window.total.filter(|_| request.query.with_total),
        ..window
    })
}

/// Rows of a statement that begins with the row id and the keys of the order.
#[derive(Default)]
struct Found {
    ids: Vec<i64>,
    /// The keys of the row that was asked for.
    keys: Option<Vec<Bound>>,
}

impl Scope<'_> {
    /// Finds the objects of the page by collecting and sorting all that match.
    fn gather(&self, source: &Source) -> Result<Window, Error> {
        let Request {
            query, order, after, ..
        } = self.request;
        let mut statement = Statement::new("SELECT o.id");
        order.push_columns(&mut statement, Run::All);
        self.push_source(&mut statement, source, order.needs_series(false));
        if let Some(after) = after {
            order.push_after(&mut statement, after);
        }
        order.push_sorted(&mut statement);
        let limit = self.request.limit();
        if query.with_total && after.is_none() {
            // All of them are being looked at anyway.
            let first = usize::try_from(query.offset).unwrap_or(usize::MAX);
            let mut found = self.read(&statement, first.saturating_add(self.last()))?;
            let total = found.ids.len() as u64;
            let more = total > query.offset.saturating_add(limit);
            found.ids = found.ids.into_iter().skip(first).take(limit as usize).collect();
            return Ok(self.shown(found, more, Some(total)));
        }
        statement.push(" LIMIT ? OFFSET ?");
        statement.bind(integer(limit + 1)).bind(integer(query.offset));
        let mut found = self.read(&statement, self.last())?;
        let more = found.ids.len() as u64 > limit;
        found.ids.truncate(limit as usize);
        let total = if query.with_total {
            Some(self.count(source)?)
        } else {
            None
        };
        Ok(self.shown(found, more, total))
    }

    /// Finds the objects of the page by going along an index.
    fn walk(&self) -> Result<Window, Error> {
        let Request {
            query, order, after, ..
        } = self.request;
        let limit = self.request.limit();
        let total = self.total()?;
        if total.is_some_and(|total| query.offset >= total) {
            return Ok(Window {
                total,
                ..Window::default()
            });
        }
        if let (Some(total), None) = (total, after)
            && query.offset > total / 2
        {
            let count = limit.min(total - query.offset);
            let runs: Vec<Run> = order.runs(None).iter().rev().copied().collect();
            let mut found = self.walk_runs(&runs, true, total - query.offset - count, count, 0)?;
            found.ids.reverse();
            return Ok(self.shown(found, query.offset + count < total, Some(total)));
        }
        let runs = order.runs(after.as_ref().map(|cursor| cursor.keys.as_slice()));
        let mut found = self.walk_runs(runs, false, query.offset, limit + 1, self.last())?;
        let more = found.ids.len() as u64 > limit;
        found.ids.truncate(limit as usize);
        Ok(self.shown(found, more, total))
    }

    /// Goes along the runs, leaves out `skip` objects and takes `take`.
    fn walk_runs(
        &self,
        runs: &[Run],
        reversed: bool,
        mut skip: u64,
        take: u64,
        keys_at: usize,
    ) -> Result<Found, Error> {
        let mut all = Found::default();
        for (run, more_runs) in runs.iter().zip((0..runs.len()).rev()) {
            let missing = take - all.ids.len() as u64;
            let mut statement = Statement::new("SELECT o.id");
            self.request.order.push_columns(&mut statement, *run);
            self.push_run(&mut statement, *run);
            self.request.order.push_walked(&mut statement, *run, reversed);
            statement
                .push(" LIMIT ? OFFSET ?")
                .bind(integer(missing))
                .bind(integer(skip));
            let found = self.read(&statement, keys_at.wrapping_sub(all.ids.len()))?;
            if found.ids.is_empty() && skip > 0 && more_runs > 0 {
                let mut statement = Statement::new("SELECT count(*)");
                self.push_run(&mut statement, *run);
                skip -= unsigned(statement.number(self.sql)?).min(skip);
            } else if !found.ids.is_empty() {
                skip = 0;
            }
            all.ids.extend(found.ids);
            all.keys = all.keys.or(found.keys);
            if all.ids.len() as u64 == take {
                break;
            }
        }
        Ok(all)
    }

    /// The number of matches: if it was asked for, or costs little and helps.
    fn total(&self) -> Result<Option<u64>, Error> {
        let Request {
            query,
            collection,
            after,
            ..
        } = self.request;
        let deep = query.offset >= DEEP && after.is_none();
        Ok(match (self.filter, self.access) {
            _ if !query.with_total && !deep => None,
            (Filter::Everything, Access::Everything) => Some(self.state.rows(collection)),
            (Filter::Everything, Access::Only(readable)) => Some(readable.count(self.sql, collection, self.state)?),
            (Filter::AnyOf(alternatives), _) if query.with_total => {
                if let ([conditions], Access::Everything) = (alternatives.as_slice(), self.access)
                    && let [condition] = conditions.as_slice()
                    && condition.is_searched()
                {
                    return Ok(Some(condition.estimate(self.sql, collection.table, 0)?));
                }
                let leading = alternatives.iter().map(|conditions| self.counting(conditions));
                Some(self.count(&Source::Filter(leading.collect::<Result<_, _>>()?))?)
            }
            (Filter::AnyOf(_), _) => None,
        })
    }

    fn count(&self, source: &Source) -> Result<u64, Error> {
        let mut statement = Statement::new("SELECT count(*)");
        self.push_source(&mut statement, source, false);
        Ok(unsigned(statement.number(self.sql)?))
    }

    fn read(&self, statement: &Statement<'_>, keys_at: usize) -> Result<Found, SqlError> {
        let keys = self.request.order.keys.len();
        let mut found = Found::default();
        statement.query(self.sql, &mut |row| {
            if found.ids.len() == keys_at {
                found.keys = Some((1..=keys).map(|index| bound(row, index)).collect());
            }
            found.ids.extend(row.column(0).integer());
            Ok(())
        })?;
        Ok(found)
    }

    /// The position of a full page's last object.
    fn last(&self) -> usize {
        (self.request.limit() as usize).wrapping_sub(1)
    }

    fn shown(&self, found: Found, more: bool, total: Option<u64>) -> Window {
        let next = match (found.keys, found.ids.last()) {
            (Some(keys), Some(id)) if more => Some(Cursor { keys, id: *id }.encode(self.request.query)),
            _ => None,
        };
        Window {
            ids: found.ids,
            total,
            next,
        }
    }
}

fn bound(row: &dyn Row, index: usize) -> Bound {
    match row.column(index) {
        Column::Integer(value) => Bound::Integer(value),
        Column::Text(text) => Bound::Text(text.to_owned()),
        _ => Bound::Null,
    }
}

fn integer(number: u64) -> Param<'static> {
    Param::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
