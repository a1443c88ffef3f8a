//! The plain search: queries over [small collections](crate::collection::small), answered straight from their tables.
//!
//! What the session may see is a condition of the statement, so pages are full. SQLite chooses how to find the objects: there are few
//! of them, or few behind the condition of a filter.

use super::cursor;
use super::filter;
use super::rows;
use super::statement::{Bound, Statement};
use super::{PAGE, Snapshot, identifier};
use crate::access::{self, Access, AccessCache, State};
use crate::collection::small::Small;
use crate::collection::{EVENTS, Field, Kind, Sort};
use crate::marks::Marks;
use crate::model::{Error, Item, Page, Query, Session, SortKey, Test};
use crate::sql::{Param, Row, Sql, SqlError};
use crate::text;
use serde_json::json;

/// The columns that precede those of the fields: key, sequence, access list.
const BEFORE_FIELDS: usize = 3;

/// Answers a query over a small collection.
pub fn find(
    sql: &dyn Sql,
    session: &Session,
    query: &Query,
    small: &'static Small,
    cache: Option<&AccessCache>,
) -> Result<Page, Error> {
    filter::check(small.name, small.fields, &query.filters)?;
    let order = order(small, &query.sort)?;
    let after = query
        .cursor
        .as_deref()
        .map(|text| cursor::decode(text, query, order.len() + 1))
        .transpose()?;
    let fields: Vec<&Field> = query
        .fields
        .iter()
        .map(|name| rows::field(small.fields, name))
        .collect::<Result<_, _>>()?;
    let _snapshot = Snapshot::open(sql)?;
    let mut search = Search {
        sql,
        query,
        small,
        asker: Asker::new(sql, session, query, small, cache)?,
        order,
        filter: Vec::new(),
    };
    search.filter = search.prepare()?;
    search.page(&fields, after.as_deref())
}

/// The keys of an order in SQL, and whether each is descending.
fn order(small: &Small, sort: &[SortKey]) -> Result<Vec<(String, bool)>, Error> {
    let mut keys: Vec<(String, bool)> = Vec::with_capacity(sort.len());
    for SortKey {
        field: name,
        descending,
    } in sort
    {
        let field = small.fields.iter().find(|field| field.name == name);
        let field = field
            .filter(|field| field.sort != Sort::No)
            .ok_or_else(|| Error::invalid(name, format!("Lists of {} cannot be sorted by {name:?}.", small.name)))?;
        let expression = field.sort_key();
        if keys.iter().all(|(known, _)| *known != expression) {
            keys.push((expression, *descending));
        }
    }
    Ok(keys)
}

/// Who asks, as statements know it.
struct Asker {
    username: String,
    administrator: bool,
    roles: String,
    events: Option<Marks>,
    acls: Option<Marks>,
}

impl Asker {
    fn new(
        sql: &dyn Sql,
        session: &Session,
        query: &Query,
        small: &Small,
        cache: Option<&AccessCache>,
    ) -> Result<Asker, Error> {
        let principal = &session.principal;
        let mut asker = Asker {
            username: principal.username.clone(),
            administrator: principal.administrator,
            roles: json!(principal.roles).to_string(),
            events: None,
            acls: None,
        };
        if principal.administrator {
            return Ok(asker);
        }
        // What a collection with lists of its own shows of events needs no more than reading them.
        let of_events = match small.acl {
            Some(_) => {
                asker.acls = Some(access::readable_acls(sql, principal, &query.actions)?);
                &[][..]
            }
            None => &query.actions,
        };
        if small.asks_for_events {
            let state = State::read(sql)?;
            if let Access::Only(readable) = access::resolve(sql, principal, &EVENTS, of_events, &state, cache)? {
                asker.events = Some(readable.marks.clone());
            }
        }
        Ok(asker)
    }

    fn push<'a>(&'a self, statement: &mut Statement<'a>) {
        let marks = |marks: &'a Option<Marks>| marks.as_ref().map_or(Param::Null, |marks| Param::Blob(marks.bytes()));
        statement
            .push("WITH asker (username, administrator, roles, events, acls) AS (VALUES (?, ?, ?, ?, ?)) SELECT ")
            .bind(Param::Text(&self.username))
            .bind(Param::Integer(self.administrator.into()))
            .bind(Param::Text(&self.roles))
            .bind(marks(&self.events))
            .bind(marks(&self.acls));
    }
}

/// What a field has to be.
enum Condition {
    /// One of the values of a JSON array is it, or an element of it.
    OneOf {
        expression: String,
        has_elements: bool,
        values: String,
    },
    Between {
        expression: String,
        from: i64,
        to: i64,
    },
}

struct Search<'q> {
    sql: &'q dyn Sql,
    query: &'q Query,
    small: &'static Small,
    asker: Asker,
    order: Vec<(String, bool)>,
    /// Alternatives, of which each is met if all its conditions are.
    filter: Vec<Vec<Condition>>,
}

impl Search<'_> {
    /// Makes conditions of criteria that have been checked.
    fn prepare(&self) -> Result<Vec<Vec<Condition>>, Error> {
        let mut alternatives = Vec::with_capacity(self.query.filters.len());
        for criteria in &self.query.filters {
            let mut conditions = Vec::with_capacity(criteria.len());
            for criterion in criteria {
                if let Some(field) = self.small.fields.iter().find(|field| field.name == criterion.field) {
                    conditions.push(self.condition(field, &criterion.test)?);
                }
            }
            alternatives.push(conditions);
        }
        Ok(alternatives)
    }

    fn condition(&self, field: &Field, test: &Test) -> Result<Condition, SqlError> {
        let expression = field.expression().to_owned();
        Ok(match test {
            Test::Equals(values) => Condition::OneOf {
                expression,
                has_elements: field.kind == Kind::Texts,
                values: match field.kind {
                    Kind::Number => {
                        let numbers: Vec<i64> = values.iter().filter_map(|value| value.parse().ok()).collect();
                        json!(numbers).to_string()
                    }
                    _ => {
                        let texts: Vec<&String> = values.iter().filter(|value| !value.is_empty()).collect();
                        json!(texts).to_string()
                    }
                },
            },
            Test::Between(from, to) => Condition::Between {
                expression,
                from: *from,
                to: *to,
            },
            Test::Contains(search) => Condition::OneOf {
                expression: self.small.key.to_owned(),
                has_elements: false,
                values: self.containing(&expression, search)?,
            },
        })
    }

    /// The keys of the objects that contain all terms, as a JSON array.
    fn containing(&self, expression: &str, search: &str) -> Result<String, SqlError> {
        let terms = text::terms(search);
        let mut statement = Statement::default();
        self.asker.push(&mut statement);
        statement.push(self.small.key).push(", ").push(expression);
        self.push_visible(&mut statement);
        let mut keys = Vec::new();
        statement.query(self.sql, &mut |row| {
            let folded = text::fold(row.column(1).text().unwrap_or_default());
            if terms.iter().all(|term| folded.contains(term.as_str())) {
                keys.push(bound(row, 0).into_json());
            }
            Ok(())
        })?;
        Ok(serde_json::Value::Array(keys).to_string())
    }

    fn page(&self, fields: &[&Field], after: Option<&[Bound]>) -> Result<Page, Error> {
        let mut page = Page::default();
        if self.query.with_total {
            let mut statement = Statement::default();
            self.asker.push(&mut statement);
            statement.push("count(*)");
            self.push_scope(&mut statement);
            page.total = Some(u64::try_from(statement.number(self.sql)?).unwrap_or_default());
        }
        let limit = u64::from(self.query.limit.min(PAGE));
        let statement = self.statement(fields, after, limit);
        let mut last = Vec::new();
        let mut lists: Vec<String> = Vec::new();
        let mut is_end = true;
        statement.query(self.sql, &mut |row| {
            if page.items.len() as u64 == limit {
                is_end = limit == 0;
                return Ok(());
            }
            let mut item = item(row, fields);
            if let Some(entries) = row.column(2).text() {
                let known = lists.iter().position(|known| known == entries);
                item.acl = Some(known.unwrap_or(lists.len()) as u32);
                if known.is_none() {
                    lists.push(entries.to_owned());
                }
            }
            let keys = (0..self.order.len()).map(|key| bound(row, BEFORE_FIELDS + fields.len() + key));
            last = [bound(row, 0)].into_iter().chain(keys).collect();
            page.items.push(item);
            Ok(())
        })?;
        page.acls = lists
            .iter()
            .map(|entries| access::from_json(entries))
            .collect::<Result<_, _>>()?;
        if !is_end {
            page.next = Some(cursor::encode(self.query, last));
        }
        Ok(page)
    }

    /// The statement that finds a page and one object more.
    fn statement<'s>(&'s self, fields: &[&Field], after: Option<&'s [Bound]>, limit: u64) -> Statement<'s> {
        let mut statement = Statement::default();
        self.asker.push(&mut statement);
        let Small { key, sequence, acl, .. } = self.small;
        statement.push(key).push(", ").push(sequence);
        match acl.filter(|_| self.query.with_acl) {
            Some(acl) => statement.push(&format!(", (SELECT entries FROM acl WHERE id = {acl})")),
            None => statement.push(", NULL"),
        };
        for field in fields {
            statement.push(", ").push(field.expression());
        }
        for (expression, _) in &self.order {
            statement.push(", ").push(expression);
        }
        self.push_scope(&mut statement);
        if let Some([identifier, keys @ ..]) = after {
            self.push_after(statement.and(), &self.order, keys, identifier);
        }
        statement.push(" ORDER BY ");
        for (expression, descending) in &self.order {
            let direction = if *descending { " DESC" } else { "" };
            statement.push(expression).push(direction).push(" NULLS LAST, ");
        }
        statement.push(key).push(" LIMIT ? OFFSET ?");
        let integer = |number: u64| Param::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        statement.bind(integer(limit + 1)).bind(integer(self.query.offset));
        statement
    }

    /// Appends what is visible and meets the filter.
    fn push_scope<'s>(&'s self, statement: &mut Statement<'s>) {
        self.push_visible(statement);
        if self.filter.is_empty() {
            return;
        }
        // Without constants, which would keep SQLite from using an index.
        statement.and().push("(");
        for (position, conditions) in self.filter.iter().enumerate() {
            statement.push(if position == 0 { "(" } else { " OR (" });
            if conditions.is_empty() {
                statement.push("1");
            }
            for (position, condition) in conditions.iter().enumerate() {
                statement.push(if position == 0 { "" } else { " AND " });
                condition.push(statement);
            }
            statement.push(")");
        }
        statement.push(")");
    }

    /// Appends what the session may see.
    fn push_visible(&self, statement: &mut Statement<'_>) {
        let Small {
            from, listed, single, ..
        } = self.small;
        let visible = if identifier(self.query).is_some() {
            single
        } else {
            listed
        };
        statement.push(" FROM asker CROSS JOIN ").push(from).and().push(visible);
    }

    /// Appends that an object comes behind the one with these keys.
    fn push_after<'s>(
        &self,
        statement: &mut Statement<'s>,
        order: &[(String, bool)],
        keys: &'s [Bound],
        identifier: &'s Bound,
    ) {
        let (Some(((expression, descending), order)), Some((key, keys))) = (order.split_first(), keys.split_first())
        else {
            statement.push(self.small.key).push(" > ?").bind(identifier.param());
            return;
        };
        if *key == Bound::Null {
            statement.push(&format!("({expression} IS NULL AND "));
        } else {
            let beyond = if *descending { "<" } else { ">" };
            statement.push(&format!(
                "({expression} {beyond} ? OR {expression} IS NULL OR {expression} = ? AND "
            ));
            statement.bind(key.param()).bind(key.param());
        }
        self.push_after(statement, order, keys, identifier);
        statement.push(")");
    }
}

impl Condition {
    fn push<'s>(&'s self, statement: &mut Statement<'s>) {
        match self {
            Condition::OneOf {
                expression,
                has_elements,
                values,
            } => {
                let test = if *has_elements {
                    format!(
                        "EXISTS (SELECT 1 FROM json_each({expression}) AS x WHERE x.value IN (SELECT value FROM json_each(?)))"
                    )
                } else {
                    format!("{expression} IN (SELECT value FROM json_each(?))")
                };
                statement.push(&test).bind(Param::Text(values));
            }
            Condition::Between { expression, from, to } => {
                statement.push(expression).push(" BETWEEN ? AND ?");
                statement.bind(Param::Integer(*from)).bind(Param::Integer(*to));
            }
        }
    }
}

fn item(row: &dyn Row, fields: &[&Field]) -> Item {
    let sequence = row.column(1).integer().unwrap_or_default();
    Item {
        identifier: match bound(row, 0) {
            Bound::Integer(number) => number.to_string(),
            Bound::Text(text) => text,
            Bound::Null => String::new(),
        },
        sequence: sequence.unsigned_abs(),
        values: fields
            .iter()
            .zip(BEFORE_FIELDS..)
            .map(|(field, index)| rows::value(row, index, field.kind))
            .collect(),
        acl: None,
    }
}

fn bound(row: &dyn Row, index: usize) -> Bound {
    let column = row.column(index);
    match (column.integer(), column.text()) {
        (Some(number), _) => Bound::Integer(number),
        (None, Some(text)) => Bound::Text(text.to_owned()),
        (None, None) => Bound::Null,
    }
}
