//! Orders: the sort keys of a query, and behind them the row id, so that an order is total.
//!
//! Objects without content in a key come last in both directions, while SQLite's indexes have them first. Hence a walk along an
//! index is made in runs: the objects that have content in the first key, then those that have none.

use super::statement::{Bound, Statement};
use crate::collection::{Collection, Place, Sort};
use crate::model::{Error, SortKey};
use crate::sql::Param;

/// A total order of a collection.
#[derive(Debug)]
pub struct Order {
    /// What a walk follows.
    pub lead: Lead,
    /// The keys, most significant first. Without one the row id decides: the order of creation.
    pub keys: Vec<Key>,
    /// The direction of the row id: that of the first key, so that an index can be walked either way.
    descending: bool,
}

/// What the first sort key calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// No key: the row id.
    Id,
    /// A column that has an index.
    Column(&'static str),
    /// The titles of series, and the events of each. These are the first two keys.
    SeriesTitle,
}

/// A key of an order.
#[derive(Debug)]
pub struct Key {
    /// The expression, over `o` and the series `s`.
    sql: String,
    descending: bool,
}

/// The runs of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// All objects: there is no key.
    All,
    /// Those that have content in the first key.
    Present,
    /// Those that have none.
    Missing,
}

impl Order {
    /// Looks up the sort keys of a query. A key that is repeated decides nothing and is left out.
    pub fn new(collection: &Collection, sort: &[SortKey]) -> Result<Self, Error> {
        let mut order = Order {
            lead: Lead::Id,
            keys: Vec::with_capacity(sort.len()),
            descending: sort.first().is_some_and(|key| key.descending),
        };
        for SortKey {
            field: name,
            descending,
        } in sort
        {
            let field = collection.field(name);
            let (lead, columns) = match field.map(|field| (field.sort, field.place)) {
                Some((Sort::Column, Place::Own(column))) => (Lead::Column(column), [Some(("o", column)), None]),
                Some((Sort::Extremes { first, last }, _)) => {
                    let column = if *descending { last } else { first };
                    (Lead::Column(column), [Some(("o", column)), None])
                }
                Some((Sort::SeriesTitle, _)) => (Lead::SeriesTitle, [Some(("s", "title")), Some(("o", "series_id"))]),
                Some(_) => {
                    return Err(Error::invalid(
                        name,
                        format!("Lists cannot be sorted by the field {name:?}."),
                    ));
                }
                None => return Err(Error::invalid(name, format!("There is no field {name:?} to sort by."))),
            };
            if order.keys.is_empty() {
                order.lead = lead;
            }
            for (table, column) in columns.into_iter().flatten() {
                let sql = format!("{table}.{column}");
                if !order.keys.iter().any(|key| key.sql == sql) {
                    order.keys.push(Key {
                        sql,
                        descending: *descending,
                    });
                }
            }
        }
        Ok(order)
    }

    /// The keys behind those that a walk along the lead follows by itself.
    pub fn rest(&self) -> &[Key] {
        let lead = match self.lead {
            Lead::Id => 0,
            Lead::Column(_) => 1,
            Lead::SeriesTitle => 2,
        };
        self.keys.get(lead..).unwrap_or_default()
    }

    /// The runs of a walk that starts behind a row with these keys, or at the start.
    pub fn runs(&self, after: Option<&[Bound]>) -> &'static [Run] {
        match (self.lead, after.and_then(<[Bound]>::first)) {
            (Lead::Id, _) => &[Run::All],
            (_, Some(Bound::Null)) => &[Run::Missing],
            _ => &[Run::Present, Run::Missing],
        }
    }

    /// Appends the keys to the list of a statement's columns.
    pub fn push_columns(&self, statement: &mut Statement<'_>, run: Run) {
        let lead = if run == Run::Missing {
            self.keys.len() - self.rest().len()
        } else {
            0
        };
        statement.push(&", NULL".repeat(lead));
        for key in self.keys.iter().skip(lead) {
            statement.push(", ").push(&key.sql);
        }
    }

    /// Appends the order of objects that are sorted, not walked.
    pub fn push_sorted(&self, statement: &mut Statement<'_>) {
        statement.push(" ORDER BY ");
        push_keys(statement, &self.keys, false);
        self.push_tie(statement, "+", false);
    }

    /// Appends the order of a walk's run, such that an index serves it.
    pub fn push_walked(&self, statement: &mut Statement<'_>, run: Run, reversed: bool) {
        statement.push(" ORDER BY ");
        if let (Run::Present, Some(first)) = (run, self.keys.first()) {
            let direction = direction(first.descending ^ reversed);
            statement.push(&first.sql).push(direction).push(", ");
            if self.lead == Lead::SeriesTitle {
                statement.push("s.id").push(direction).push(", ");
            }
        }
        push_keys(statement, self.rest(), reversed);
        self.push_tie(statement, "", reversed);
    }

    fn push_tie(&self, statement: &mut Statement<'_>, plus: &str, reversed: bool) {
        statement
            .push(plus)
            .push("o.id")
            .push(direction(self.descending ^ reversed));
    }

    /// Appends that an object comes behind the one with these keys and row id; nothing that an index could be used for.
    pub fn push_after<'a>(&'a self, statement: &mut Statement<'a>, keys: &'a [Bound], id: i64) {
        self.push_after_keys(statement, &self.keys, keys, id);
    }

    /// The same within a run of a walk, such that its index is entered there.
    pub fn push_after_in<'a>(&'a self, statement: &mut Statement<'a>, run: Run, keys: &'a [Bound], id: i64) {
        let beyond = if self.descending { " < " } else { " > " };
        match (run, self.keys.as_slice(), keys) {
            (Run::All, ..) => {
                statement.push("o.id").push(beyond).push("?").bind(Param::Integer(id));
            }
            (Run::Present, [key], [value]) => {
                statement
                    .push("(")
                    .push(&key.sql)
                    .push(", o.id)")
                    .push(beyond)
                    .push("(?, ?)");
                statement.bind(value.param()).bind(Param::Integer(id));
            }
            (Run::Present, [key, ..], [value, ..]) => {
                statement
                    .push(&key.sql)
                    .push(if self.descending { " <= ?" } else { " >= ?" });
                statement.bind(value.param()).push(" AND ");
                self.push_after_keys(statement, &self.keys, keys, id);
            }
            (Run::Present, ..) => {}
            (Run::Missing, all, values) => {
                let lead = all.len() - self.rest().len();
                match self.rest() {
                    // Together with the run's own condition this enters the index.
                    [] => {
                        statement.push("o.id").push(beyond).push("?").bind(Param::Integer(id));
                    }
                    rest => self.push_after_keys(statement, rest, values.get(lead..).unwrap_or_default(), id),
                }
            }
        }
    }

    fn push_after_keys<'a>(&self, statement: &mut Statement<'a>, columns: &[Key], keys: &'a [Bound], id: i64) {
        let (Some((Key { sql, descending }, columns)), Some((value, keys))) =
            (columns.split_first(), keys.split_first())
        else {
            let beyond = if self.descending { " < ?" } else { " > ?" };
            statement.push("+o.id").push(beyond).bind(Param::Integer(id));
            return;
        };
        if *value == Bound::Null {
            statement.push(&format!("({sql} IS NULL AND "));
        } else {
            let beyond = if *descending { "<" } else { ">" };
            statement.push(&format!("(+{sql} {beyond} ? OR {sql} IS NULL OR +{sql} = ? AND "));
            statement.bind(value.param()).bind(value.param());
        }
        self.push_after_keys(statement, columns, keys, id);
        statement.push(")");
    }

    /// Whether the order looks at the series of an event, apart from a walk along the titles of series.
    pub fn needs_series(&self, walked: bool) -> bool {
        let keys = if walked { self.rest() } else { &self.keys };
        keys.iter().any(|key| key.sql.starts_with("s."))
    }
}

fn push_keys(statement: &mut Statement<'_>, keys: &[Key], reversed: bool) {
    for Key { sql, descending } in keys {
        let nulls = if reversed { " NULLS FIRST, " } else { " NULLS LAST, " };
        statement
            .push("+")
            .push(sql)
            .push(direction(descending ^ reversed))
            .push(nulls);
    }
}

fn direction(descending: bool) -> &'static str {
    if descending { " DESC" } else { " ASC" }
}
