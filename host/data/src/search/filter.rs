//! Filters: which objects a query is about.

use super::statement::{Bound, Statement};
use crate::collection::{Collection, Equals, Field, Kind, Place};
use crate::marks::Marks;
use crate::model::{Criterion, Error, Test};
use crate::sql::{Param, Sql, SqlError};
use crate::text::{self, SERIES_NAME};

/// How long the text of a search may be, in bytes. Each of its terms is a search of its own.
const SEARCH_TEXT: usize = 1000;

/// How many lists of criteria a query may have, any of which is to be met, and how many criteria in all. SQLite has limits of its own, which are
/// higher.
const ALTERNATIVES: usize = 200;
const CRITERIA: usize = 400;

/// Up to how many ids a full text search can hand to the next statement as a list that drives it, and not only as marks.
const LISTED: usize = 4000;

/// A filter that is ready to become part of statements: names looked up, full text searched.
#[derive(Debug)]
pub enum Filter {
    /// Every object.
    Everything,
    /// The objects that meet all conditions of at least one of these lists, none of which is empty. Without a list: none.
    AnyOf(Vec<Vec<Condition>>),
}

/// What a field's content has to be.
#[derive(Debug)]
pub enum Condition {
    Equals {
        collection: &'static Collection,
        field: &'static Field,
        operand: Operand,
    },
    Between {
        field: &'static Field,
        from: i64,
        to: i64,
    },
    /// One of these ids.
    OneOf {
        marks: Marks,
        count: usize,
        /// The same as a JSON array, if there are not too many.
        list: Option<String>,
    },
}

/// What a field is compared with.
#[derive(Debug)]
pub enum Operand {
    One(Bound),
    /// A JSON array.
    Any {
        values: String,
        count: usize,
    },
}

/// Whether an index may be used to find the objects that meet a condition. Otherwise they have been found by other means and
/// are only tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Find,
    Test,
}

/// Refuses names and tests that the collection does not have, and more of them than a statement can hold.
pub fn check(collection: &str, fields: &[Field], filters: &[Vec<Criterion>]) -> Result<(), Error> {
    if filters.len() > ALTERNATIVES || filters.iter().map(Vec::len).sum::<usize>() > CRITERIA {
        return Err(Error::invalid(
            "filter",
            format!("A query has at most {ALTERNATIVES} filters to choose from, with {CRITERIA} criteria together."),
        ));
    }
    for criterion in filters.iter().flatten() {
        let Criterion { field: name, test } = criterion;
        let field = fields
            .iter()
            .find(|field| field.name == name)
            .ok_or_else(|| Error::invalid(name, format!("The {collection} have no field {name:?} to filter by.")))?;
        let possible = match test {
            Test::Equals(_) => field.equals != Equals::No,
            Test::Between(..) => field.between,
            Test::Contains(search) if search.len() > SEARCH_TEXT => {
                return Err(Error::invalid(
                    name,
                    format!("A search text has at most {SEARCH_TEXT} bytes."),
                ));
            }
            Test::Contains(_) => field.contains,
        };
        if !possible {
            let test = match test {
                Test::Equals(_) => "for equality",
                Test::Between(..) => "for bounds",
                Test::Contains(_) => "for what it contains",
            };
            return Err(Error::invalid(
                name,
                format!("The field {name:?} cannot be tested {test}."),
            ));
        }
    }
    Ok(())
}

impl Filter {
    /// Makes conditions of criteria that [`check`] has passed.
    pub fn prepare(
        sql: &dyn Sql,
        collection: &'static Collection,
        filters: &[Vec<Criterion>],
    ) -> Result<Filter, Error> {
        if filters.is_empty() {
            return Ok(Filter::Everything);
        }
        let mut alternatives = Vec::with_capacity(filters.len());
        for criteria in filters {
            match conditions(sql, collection, criteria)? {
                Some(conditions) if conditions.is_empty() => return Ok(Filter::Everything),
                Some(conditions) => alternatives.push(conditions),
                None => {}
            }
        }
        Ok(Filter::AnyOf(alternatives))
    }
}

/// The conditions of one list; `None` if nothing can meet them.
fn conditions(
    sql: &dyn Sql,
    collection: &'static Collection,
    criteria: &[Criterion],
) -> Result<Option<Vec<Condition>>, Error> {
    let mut conditions = Vec::with_capacity(criteria.len());
    for Criterion { field, test } in criteria {
        let Some(field) = collection.field(field) else {
            return Ok(None);
        };
        match test {
            Test::Equals(values) => match Operand::new(field, values) {
                Some(operand) => conditions.push(Condition::Equals {
                    collection,
                    field,
                    operand,
                }),
                None => return Ok(None),
            },
            Test::Between(from, to) if from > to => return Ok(None),
            Test::Between(from, to) => conditions.push(Condition::Between {
                field,
                from: *from,
                to: *to,
            }),
            Test::Contains(search) => match contains(sql, collection, field, search)? {
                Some(marks) if marks.count() == 0 => return Ok(None),
                Some(marks) => conditions.push(Condition::one_of(marks)),
                None => {}
            },
        }
    }
    Ok(Some(conditions))
}

/// The objects whose text, or whose content of one field, contains all terms; `None` if there are no terms.
fn contains(sql: &dyn Sql, collection: &Collection, field: &Field, search: &str) -> Result<Option<Marks>, SqlError> {
    let mut found: Option<Marks> = None;
    for term in text::terms(search) {
        let mut marks = collection.text.matching(sql, &term)?;
        if let Place::Own(column) = field.place {
            // The field is part of the text: of the objects found there some have the term elsewhere.
            marks = with_term_in(sql, collection, column, &marks, &term)?;
        } else if collection.has_series() {
            marks.unite(&events_of(sql, &SERIES_NAME.matching(sql, &term)?)?);
        }
        if let Some(others) = &found {
            marks.intersect(others);
        }
        if marks.count() == 0 {
            return Ok(Some(marks));
        }
        found = Some(marks);
    }
    Ok(found)
}

/// Those of the objects whose column contains the folded term.
fn with_term_in(
    sql: &dyn Sql,
    collection: &Collection,
    column: &str,
    marks: &Marks,
    term: &str,
) -> Result<Marks, SqlError> {
    let statement = format!(
        "SELECT o.id, o.{column} FROM json_each(?) AS j CROSS JOIN {} AS o ON o.id = j.value",
        collection.table
    );
    let mut found = Marks::default();
    sql.query(&statement, &[Param::Text(&json(marks))], &mut |row| {
        let is_in = row
            .column(1)
            .text()
            .is_some_and(|content| text::fold(content).contains(term));
        let id = row.column(0).integer().filter(|_| is_in);
        id.into_iter().for_each(|id| found.insert(id));
        Ok(())
    })?;
    Ok(found)
}

fn events_of(sql: &dyn Sql, series: &Marks) -> Result<Marks, SqlError> {
    if series.count() == 0 {
        return Ok(Marks::default());
    }
    sql.marks(
        "o.id",
        "FROM json_each(?) AS j CROSS JOIN event AS o INDEXED BY event_series_id ON o.series_id = j.value",
        &[Param::Text(&json(series))],
    )
}

/// The ids as a JSON array.
fn json(marks: &Marks) -> String {
    serde_json::json!(marks.ids().collect::<Vec<_>>()).to_string()
}

impl Operand {
    /// The values that the field can have at all; `None` if there are none.
    fn new(field: &Field, values: &[String]) -> Option<Self> {
        let mut bounds: Vec<Bound> = match field.kind {
            Kind::Number => values
                .iter()
                .filter_map(|value| value.parse().ok().map(Bound::Integer))
                .collect(),
            _ => values
                .iter()
                .filter(|value| !value.is_empty())
                .cloned()
                .map(Bound::Text)
                .collect(),
        };
        if bounds.len() <= 1 {
            return bounds.pop().map(Operand::One);
        }
        let values: Vec<serde_json::Value> = bounds.into_iter().map(Bound::into_json).collect();
        Some(Operand::Any {
            count: values.len(),
            values: serde_json::Value::Array(values).to_string(),
        })
    }

    fn count(&self) -> usize {
        match self {
            Operand::One(_) => 1,
            Operand::Any { count, .. } => *count,
        }
    }

    /// What follows the expression that is compared.
    fn push<'a>(&'a self, statement: &mut Statement<'a>) {
        match self {
            Operand::One(value) => statement.push(" = ?").bind(value.param()),
            Operand::Any { values, .. } => statement
                .push(" IN (SELECT value FROM json_each(?))")
                .bind(Param::Text(values)),
        };
    }
}

impl Condition {
    fn one_of(marks: Marks) -> Self {
        let count = marks.count();
        let list = (count <= LISTED).then(|| json(&marks));
        Condition::OneOf { marks, count, list }
    }

    /// Appends the condition on the object `o`.
    pub fn push<'a>(&'a self, statement: &mut Statement<'a>, usage: Use) {
        // A unary plus keeps SQLite from using an index.
        let plus = if usage == Use::Test { "+" } else { "" };
        match self {
            Condition::Equals {
                collection,
                field,
                operand,
            } => {
                push_equals(statement, plus, collection, field, operand);
            }
            Condition::Between { field, from, to } => {
                if let Place::Own(column) = field.place {
                    statement.push(&format!("{plus}o.{column} BETWEEN ? AND ?"));
                    statement.bind(Param::Integer(*from)).bind(Param::Integer(*to));
                }
            }
            Condition::OneOf { list: Some(list), .. } if usage == Use::Find => {
                statement
                    .push("o.id IN (SELECT value FROM json_each(?))")
                    .bind(Param::Text(list));
            }
            Condition::OneOf { marks, .. } => {
                statement
                    .push("substr(?, o.id")
                    .push(Marks::TEST)
                    .bind(Param::Blob(marks.bytes()));
            }
        }
    }

    /// Whether it is about this column of the object's row.
    pub fn is_on(&self, name: &str) -> bool {
        match self {
            Condition::Equals { field, .. } | Condition::Between { field, .. } => {
                matches!(field.place, Place::Own(column) if column == name)
                    && !matches!(field.equals, Equals::Terms | Equals::Beginning)
            }
            Condition::OneOf { .. } => false,
        }
    }

    /// Whether it narrows events to those of one series.
    pub fn is_one_series(&self) -> bool {
        matches!(self, Condition::Equals { field, operand: Operand::One(_), .. } if field.place == Place::Series("identifier"))
    }

    /// Whether an index can find the objects, and not only test them.
    pub fn finds(&self) -> bool {
        !matches!(self, Condition::OneOf { list: None, .. })
    }

    /// How many objects meet it, or anything above `enough` if there are more than that.
    pub fn estimate(&self, sql: &dyn Sql, table: &str, enough: u64) -> Result<u64, SqlError> {
        match self {
            Condition::Equals { field, operand, .. } if field.name == "identifier" => Ok(operand.count() as u64),
            Condition::OneOf { count, .. } => Ok(*count as u64),
            _ => {
                let mut statement = Statement::new(format!("SELECT count(*) FROM (SELECT 1 FROM {table} AS o WHERE "));
                self.push(&mut statement, Use::Find);
                statement.push(" LIMIT ?)");
                statement.bind(Param::Integer(i64::try_from(enough).unwrap_or(i64::MAX - 1) + 1));
                Ok(u64::try_from(statement.number(sql)?).unwrap_or_default())
            }
        }
    }
}

fn push_equals<'a>(
    statement: &mut Statement<'a>,
    plus: &str,
    collection: &Collection,
    field: &Field,
    operand: &'a Operand,
) {
    match (field.place, field.equals) {
        (_, Equals::Terms) => {
            let (table, name) = (collection.table, field.name);
            statement.push(&format!(
                "{plus}o.id IN (SELECT object_id FROM {table}_term WHERE field = '{name}' AND value"
            ));
            operand.push(statement);
            statement.push(")");
        }
        // The expression on the left is the one of the index.
        (Place::Own(column), Equals::Beginning) => match operand {
            Operand::One(value) => {
                statement.push(&format!(
                    "({plus}substr(o.{column}, 1, 40) = substr(?, 1, 40) AND +o.{column} = ?)"
                ));
                statement.bind(value.param()).bind(value.param());
            }
            Operand::Any { values, .. } => {
                statement.push(&format!(
                    "({plus}substr(o.{column}, 1, 40) IN (SELECT substr(value, 1, 40) FROM json_each(?)) AND +o.{column}"
                ));
                statement.bind(Param::Text(values));
                operand.push(statement);
                statement.push(")");
            }
        },
        (Place::Own(column), _) => {
            statement.push(&format!("{plus}o.{column}"));
            operand.push(statement);
        }
        (Place::Series(column), _) => {
            // One series is a value and not a set of one, so that the order of an index behind it can be used.
            let one = column == "identifier" && matches!(operand, Operand::One(_));
            let equals = if one { "=" } else { "IN" };
            statement.push(&format!(
                "{plus}o.series_id {equals} (SELECT id FROM series WHERE {column}"
            ));
            operand.push(statement);
            statement.push(")");
        }
        (Place::Apart { .. } | Place::SearchText | Place::Expression(_), _) => {}
    }
}
