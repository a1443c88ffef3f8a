//! Clauses: where the objects of a plan come from, and what they have to meet.

use super::Request;
use super::filter::{Condition, Filter, Use};
use super::order::{Lead, Run};
use super::plan::{Scope, Source};
use super::statement::Statement;
use crate::access::{Access, Marks};
use crate::sql::Param;

impl<'r> Scope<'r> {
    /// Appends where gathered objects come from, and everything they have to meet.
    pub fn push_source(&self, statement: &mut Statement<'r>, source: &Source, with_series: bool) {
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
    pub fn push_run(&self, statement: &mut Statement<'r>, run: Run) {
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
