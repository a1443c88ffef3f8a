//! Plans: how the ids of a page are found.
//!
//! - **Walk** an index in the order of the first sort key, testing each object, until the page is full: right when many objects match.
//! - **Gather** what a filter's index, or the list of readable access lists, leads to, and sort that: right when few do.
//!
//! Which is cheaper follows from how many objects match, out of how many: a walk sees about (page × all ÷ matching) objects, a
//! gathering (matching), so the balance is at matching = √(page × all). The numbers are known (access lists) or counted up to
//! that limit (filters).

use super::Request;
use super::cursor::Cursor;
use super::filter::{Condition, Filter, Use};
use super::order::{Lead, Run};
use super::statement::{Bound, Statement};
use crate::access::{Access, Readable, State};
use crate::marks::Marks;
use crate::model::Error;
use crate::sql::{Column, Param, Row, Sql, SqlError};

/// How much dearer it is to gather an object than to walk past one, by its access list or by its id: it means reading its row.
const GATHERING: u64 = 6;
const GATHERING_BY_ID: u64 = 15;

/// Up to how many events of a series are rather gathered than walked, and how many of any list in place of a series.
const FEW_OF_SERIES: u64 = 200;

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
pub fn window(
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

enum Plan {
    Nothing,
    Walk,
    Gather(Source),
}

/// What leads to the objects that are gathered.
enum Source {
    /// The readable access lists.
    Access,
    /// In each alternative of the filter the condition at this position, if any can.
    Filter(Vec<Option<usize>>),
}

struct Scope<'r> {
    sql: &'r dyn Sql,
    request: &'r Request<'r>,
    filter: &'r Filter,
    access: &'r Access,
    state: &'r State,
}

/// Rows of a statement that begins with the row id and the keys of the order.
#[derive(Default)]
struct Found {
    ids: Vec<i64>,
    /// The keys of the row that was asked for.
    keys: Option<Vec<Bound>>,
}

impl<'r> Scope<'r> {
    fn choose(&self) -> Result<Plan, Error> {
        let all = self.state.rows(self.request.collection);
        let readable = match self.access {
            Access::Everything => None,
            Access::Only(readable) => Some(readable.rows),
        };
        if readable == Some(0) || all == 0 {
            return Ok(Plan::Nothing);
        }
        let page = self.request.limit() + 1 + self.request.query.offset;
        let few = page.saturating_mul(all).isqrt();
        let alternatives = match self.filter {
            Filter::AnyOf(alternatives) if alternatives.is_empty() => return Ok(Plan::Nothing),
            Filter::AnyOf(alternatives) => alternatives,
            Filter::Everything => {
                let few = few / GATHERING.isqrt();
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
        // Conditions that can only be tested lead nowhere: gathering what meets them would test every object.
        let leads = leading.iter().all(Option::is_some);
        // What has to be counted is gathered anyway, but of ids the number is known.
        let few_matching = match self.ids() {
            Some(_) => few / GATHERING_BY_ID.isqrt(),
            None => few,
        };
        Ok(if readable.is_some_and(|rows| rows <= few.min(matching)) {
            Plan::Gather(Source::Access)
        } else if (matching <= few_matching && leads) || !walkable {
            Plan::Gather(Source::Filter(leading))
        } else {
            Plan::Walk
        })
    }

    /// The condition that leads to the fewest objects, and how many, or more than `few`.
    fn most_selective(&self, conditions: &[Condition], few: u64) -> Result<(Option<usize>, u64), SqlError> {
        let mut best = (None, u64::MAX);
        for (position, condition) in conditions.iter().enumerate() {
            let estimate = condition.estimate(self.sql, self.request.collection.table, few)?;
            // What can only be tested says how many match, but not where they are.
            if estimate < best.1 {
                best = (condition.finds().then_some(position).or(best.0), estimate);
            }
        }
        Ok(best)
    }

    /// The condition that narrows the query to one series, if there is one.
    fn series(&self) -> Option<&'r Condition> {
        match self.filter {
            Filter::AnyOf(alternatives) => match alternatives.as_slice() {
                [conditions] => conditions.iter().find(|condition| condition.is_one_series()),
                _ => None,
            },
            Filter::Everything => None,
        }
    }

    /// The ids that the filter consists of and how many they are, if it is nothing else.
    fn ids(&self) -> Option<(&'r Marks, u64)> {
        let Filter::AnyOf(alternatives) = self.filter else {
            return None;
        };
        match alternatives.as_slice() {
            [conditions] if let [Condition::OneOf { marks, count, .. }] = conditions.as_slice() => {
                Some((marks, *count as u64))
            }
            _ => None,
        }
    }

    /// Whether the events of one series can be walked in this order.
    fn walks_series(&self) -> bool {
        self.series().is_some() && matches!(self.request.order.lead, Lead::Id | Lead::Column("start_ms" | "title"))
    }

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
            (Filter::AnyOf(alternatives), access) if query.with_total => Some(match (self.ids(), access) {
                (Some((_, count)), Access::Everything) => count,
                (Some((marks, count)), Access::Only(readable)) => self.count_readable(marks, count, readable)?,
                (None, _) => {
                    let leading = alternatives
                        .iter()
                        .map(|conditions| conditions.iter().position(Condition::finds));
                    self.count(&Source::Filter(leading.collect()))?
                }
            }),
            (Filter::AnyOf(_), _) => None,
        })
    }

    fn count(&self, source: &Source) -> Result<u64, Error> {
        let mut statement = Statement::new("SELECT count(*)");
        self.push_source(&mut statement, source, false);
        Ok(unsigned(statement.number(self.sql)?))
    }

    /// How many of the marked objects may be read: looks at the objects that may, or at the others, whichever are fewer.
    fn count_readable(&self, marks: &Marks, count: u64, readable: &'r Readable) -> Result<u64, Error> {
        let collection = self.request.collection;
        if let Some(counted) = readable.count_of(self.sql, collection, self.state, marks)? {
            return Ok(counted);
        }
        let (fewer, test) = (readable.has_fewer(collection, self.state), Marks::TEST);
        let objects = readable.objects(collection, fewer);
        let mut statement = Statement::new(format!("SELECT count(*) {objects} AND substr(?, o.id{test}"));
        statement.bind(Param::Blob(readable.marks.bytes()));
        statement.bind(Param::Blob(marks.bytes()));
        let found = unsigned(statement.number(self.sql)?);
        Ok(if fewer { found } else { count.saturating_sub(found) })
    }

    /// Appends where gathered objects come from, and everything they have to meet.
    fn push_source(&self, statement: &mut Statement<'r>, source: &Source, with_series: bool) {
        let table = self.request.collection.table;
        statement.push(" FROM ").push(table).push(" AS o");
        if let Source::Access = source {
            statement.push(" INDEXED BY ").push(table).push("_effective_acl_id");
        }
        if with_series {
            statement.push(" LEFT JOIN series AS s ON s.id = o.series_id");
        }
        match (source, self.access, self.filter) {
            (Source::Access, Access::Only(readable), _) => {
                statement
                    .and()
                    .push("o.effective_acl_id IN (SELECT value FROM json_each(?))");
                statement.bind(Param::Text(readable.json()));
                self.push_filter(statement, |_| Use::Test);
            }
            (Source::Filter(leading), _, Filter::AnyOf(alternatives)) => {
                if let ([conditions], [position]) = (alternatives.as_slice(), leading.as_slice()) {
                    statement.and();
                    push_all(statement, conditions, *position);
                } else {
                    statement.and().push("o.id IN (");
                    for (index, (conditions, position)) in alternatives.iter().zip(leading).enumerate() {
                        statement.push(if index > 0 { " UNION " } else { "" });
                        statement.push("SELECT o.id FROM ").push(table).push(" AS o WHERE ");
                        push_all(statement, conditions, *position);
                    }
                    statement.push(")");
                }
                self.push_access(statement);
            }
            _ => {
                self.push_filter(statement, |_| Use::Find);
                self.push_access(statement);
            }
        }
    }

    /// Appends a run's index, and everything its objects have to meet.
    fn push_run(&self, statement: &mut Statement<'r>, run: Run) {
        let Request {
            collection,
            order,
            after,
            ..
        } = self.request;
        let table = collection.table;
        let series = self.series().filter(|_| self.walks_series());
        let within = if series.is_some() { "series_id_" } else { "" };
        match (order.lead, run) {
            (Lead::Id, _) if series.is_some() => statement.push(" FROM event AS o INDEXED BY event_series_id"),
            (Lead::Id, _) => statement.push(&format!(" FROM {table} AS o INDEXED BY {table}_id")),
            (Lead::Column(column), _) => {
                statement.push(&format!(" FROM {table} AS o INDEXED BY {table}_{within}{column}"))
            }
            (Lead::SeriesTitle, Run::Missing) => statement.push(" FROM event AS o INDEXED BY event_series_id"),
            (Lead::SeriesTitle, Run::Tied) => statement
                .push(" FROM event AS o INDEXED BY event_series_id CROSS JOIN series AS s ON s.id = o.series_id"),
            (Lead::SeriesTitle, _) => statement.push(
                " FROM series AS s INDEXED BY series_title \
                 CROSS JOIN event AS o INDEXED BY event_series_id ON o.series_id = s.id",
            ),
        };
        if order.needs_series(true) {
            statement.push(" LEFT JOIN series AS s ON s.id = o.series_id");
        }
        order.push_run(statement, run, after.as_ref());
        let single = matches!(self.filter, Filter::AnyOf(alternatives) if alternatives.len() == 1);
        self.push_filter(statement, |condition| {
            let on_lead = matches!(order.lead, Lead::Column(column) if condition.is_on(column));
            let on_series = series.is_some_and(|series| std::ptr::eq(series, condition));
            if single && (on_lead || on_series) {
                Use::Find
            } else {
                Use::Test
            }
        });
        self.push_access(statement);
    }

    fn push_filter(&self, statement: &mut Statement<'r>, usage: impl Fn(&Condition) -> Use) {
        let Filter::AnyOf(alternatives) = self.filter else {
            return;
        };
        if let [conditions] = alternatives.as_slice() {
            for condition in conditions {
                condition.push(statement.and(), usage(condition));
            }
            return;
        }
        statement.and().push("(");
        for (index, conditions) in alternatives.iter().enumerate() {
            statement.push(if index > 0 { " OR " } else { "" });
            push_all(statement, conditions, None);
        }
        statement.push(")");
    }

    fn push_access(&self, statement: &mut Statement<'r>) {
        if let Access::Only(readable) = self.access {
            statement.and().push("substr(?, o.effective_acl_id").push(Marks::TEST);
            statement.bind(Param::Blob(readable.marks.bytes()));
        }
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

/// Appends all conditions, of which the one at `leading` finds the objects.
fn push_all<'a>(statement: &mut Statement<'a>, conditions: &'a [Condition], leading: Option<usize>) {
    for (position, condition) in conditions.iter().enumerate() {
        statement.push(if position > 0 { " AND " } else { "" });
        condition.push(
            statement,
            if leading == Some(position) {
                Use::Find
            } else {
                Use::Test
            },
        );
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
