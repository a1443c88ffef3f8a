//! Orders: the sort keys of a query, and behind them the row id, so that an order is total.
//!
//! Objects without content in a key come last in both directions, while SQLite's indexes have them first. Hence a walk along an
//! index is made in runs: the objects that have content in the first key, then those that have none. A walk behind a cursor has
//! a run for each key that objects can tie with it in, since SQLite enters an index by a single comparison.

use super::cursor::Cursor;
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

/// The runs of a walk: each is one range of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// All objects: there is no key.
    All,
    /// Those that have content in the first key.
    Present,
    /// Those that have none.
    Missing,
    /// Behind a cursor, those that are like it in all keys of the lead.
    Tied,
    /// Behind a cursor, those that are like it in so many keys of the lead and come behind it by the next.
    Behind(usize),
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
            (_, None) => &[Run::Present, Run::Missing],
            (_, Some(Bound::Null)) => &[Run::Missing],
            (Lead::Column(_), Some(_)) => &[Run::Tied, Run::Behind(0), Run::Missing],
            (Lead::SeriesTitle, Some(_)) => &[Run::Tied, Run::Behind(1), Run::Behind(0), Run::Missing],
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
        let columns = self.lead_columns(run);
        let decided = match run {
            Run::Tied | Run::Missing => columns.len(),
            Run::Behind(tied) => tied,
            Run::All | Run::Present => 0,
        };
        for (column, key) in columns.iter().zip(&self.keys).skip(decided) {
            let direction = direction(key.descending ^ reversed);
            statement.push(column).push(direction).push(", ");
        }
        push_keys(statement, self.rest(), reversed);
        self.push_tie(statement, "", reversed);
    }

    /// The columns that a walk follows in a run.
    fn lead_columns(&self, run: Run) -> Vec<&str> {
        match (self.lead, run, self.keys.as_slice()) {
            (Lead::Column(_), _, [key, ..]) => vec![&key.sql],
            // Within a series its events are walked, before that the titles.
            (Lead::SeriesTitle, Run::Tied, _) => vec!["+s.title", "o.series_id"],
            (Lead::SeriesTitle, ..) => vec!["s.title", "s.id"],
            _ => Vec::new(),
        }
    }

    fn push_tie(&self, statement: &mut Statement<'_>, plus: &str, reversed: bool) {
        statement
            .push(plus)
            .push("o.id")
            .push(direction(self.descending ^ reversed));
    }

    /// Appends that an object comes behind the one of the cursor; nothing that an index could be used for.
    pub fn push_after<'a>(&'a self, statement: &mut Statement<'a>, after: &'a Cursor) {
        self.push_after_keys(statement.and(), &self.keys, &after.keys, after.id);
    }

    /// Appends what makes an object part of a run, such that its index is entered at the start of the run.
    pub fn push_run<'a>(&'a self, statement: &mut Statement<'a>, run: Run, after: Option<&'a Cursor>) {
        let missing = match self.lead {
            Lead::SeriesTitle => "o.series_id",
            _ => self.lead_columns(run).first().copied().unwrap_or_default(),
        };
        match run {
            Run::All => {}
            // The events of a series have one.
            Run::Present if self.lead == Lead::SeriesTitle => {}
            Run::Present => {
                statement.and().push(missing).push(" IS NOT NULL");
            }
            Run::Missing => {
                statement.and().push(missing).push(" IS NULL");
            }
            Run::Tied | Run::Behind(_) => {}
        }
        let Some(after) = after else { return };
        let columns = self.lead_columns(run);
        let mut keys = columns.iter().zip(&self.keys).zip(&after.keys);
        let tied = if let Run::Behind(tied) = run {
            tied
        } else {
            columns.len()
        };
        if run != Run::Missing {
            for ((column, _), value) in keys.by_ref().take(tied) {
                statement.and().push(column).push(" = ?").bind(value.param());
            }
        }
        match (run, keys.next()) {
            (Run::Behind(_), Some(((column, key), value))) => {
                let beyond = if key.descending { " < ?" } else { " > ?" };
                statement.and().push(column).push(beyond).bind(value.param());
            }
            // Behind an object that has content in the first key, the run of those that have none is whole.
            (Run::Missing, _) if after.keys.first() != Some(&Bound::Null) => {}
            _ => {
                let values = after.keys.get(columns.len()..).unwrap_or_default();
                self.push_after_keys(statement.and(), self.rest(), values, after.id);
            }
        }
    }

    fn push_after_keys<'a>(&self, statement: &mut Statement<'a>, columns: &[Key], keys: &'a [Bound], id: i64) {
        let (Some((Key { sql, descending }, columns)), Some((value, keys))) =
            (columns.split_first(), keys.split_first())
        else {
            let beyond = if self.descending { "o.id < ?" } else { "o.id > ?" };
            statement.push(beyond).bind(Param::Integer(id));
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
