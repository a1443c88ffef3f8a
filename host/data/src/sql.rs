//! The part of SQLite that the data layer needs, small enough to be implemented by rusqlite and by `spin:sqlite`.
//!
//! Does not belong here: anything that knows a table's name.

use crate::marks::Marks;
use std::fmt;

/// A bound parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Param<'a> {
    /// SQL `NULL`.
    Null,
    /// A 64-bit integer.
    Integer(i64),
    /// UTF-8 text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

/// A value of a result row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column<'a> {
    /// SQL `NULL`.
    Null,
    /// A 64-bit integer.
    Integer(i64),
    /// A floating point number.
    Real(f64),
    /// UTF-8 text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

impl<'a> Column<'a> {
    /// The integer, if it is one.
    pub fn integer(self) -> Option<i64> {
        match self {
            Column::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn text(self) -> Option<&'a str> {
        match self {
            Column::Text(value) => Some(value),
            _ => None,
        }
    }
}

/// A row of a result.
pub trait Row {
    /// The column at this position, counted from 0; [`Column::Null`] behind the last one.
    fn column(&self, index: usize) -> Column<'_>;
}

/// Why SQLite refused a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Another connection holds a lock.
    Busy,
    /// The disk or the file's page limit is full.
    Full,
    /// A constraint of the schema would be violated.
    Constraint,
    /// Anything else: a damaged file, an input/output error, a mistake in a statement.
    Other,
}

/// A statement that failed. The message is for the operator, never for a client.
#[derive(Debug, Clone)]
pub struct SqlError {
    /// The class that callers act on.
    pub failure: Failure,
    /// SQLite's own words.
    pub message: String,
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SqlError {}

/// A connection to one tenant's file.
pub trait Sql {
    /// Runs one statement that returns no rows; gives the number of rows it changed.
    fn execute(&self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError>;

    /// Runs one statement and hands each row to `each`, which can end the query early by returning an error.
    fn query(
        &self,
        statement: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), SqlError>,
    ) -> Result<(), SqlError>;

    /// Runs the statement `SELECT {id} {rest}` and collects the row ids that it gives, of which there may be very many.
    fn marks(&self, id: &str, rest: &str, params: &[Param<'_>]) -> Result<Marks, SqlError> {
        let mut marks = Marks::default();
        self.query(&format!("SELECT {id} {rest}"), params, &mut |row| {
            row.column(0).integer().into_iter().for_each(|id| marks.insert(id));
            Ok(())
        })?;
        Ok(marks)
    }
}
