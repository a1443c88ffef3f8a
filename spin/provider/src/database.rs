//! The data layer's database, over a connection of Spin.
//!
//! Does not belong here: statements.

use lectern_data::connection;
use lectern_data::migrations;
use lectern_data::sql::{Column, Failure, Param, Row, Sql, SqlError};

use crate::bindings::sqlite::{Connection, Error, RowResult, Value};
use crate::configuration::Label;

/// A connection of its own to a tenant's database. Spin closes it with the instance, and SQLite then undoes what was not committed.
pub struct Database(Connection);

impl Database {
    /// Opens the database. It waits for others as long as Spin lets it, and reads as the file was left: in the write-ahead mode.
    pub fn open(label: &Label) -> Result<Self, SqlError> {
        Ok(Self(Connection::open(&label.0)?))
    }

    /// Brings the file to the schema of this program. Several requests may do so at once: one works, the others wait and find it done.
    pub fn migrate(&self) -> Result<(), SqlError> {
        connection::configure(self, connection::Role::Writer)?;
        Ok(migrations::apply(self)?)
    }

    /// Does all of this in one transaction, or none of it.
    pub fn transaction<T, E: From<SqlError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.execute("BEGIN IMMEDIATE", &[])?;
        let outcome = work();
        let end = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
        match self.execute(end, &[]) {
            Ok(_) => outcome,
            Err(error) => {
                // SQLite may have undone it already, which is all that is wanted.
                let _ = self.execute("ROLLBACK", &[]);
                outcome.and(Err(error.into()))
            }
        }
    }

    fn run(&self, statement: &str, params: &[Param<'_>]) -> Result<Vec<RowResult>, SqlError> {
        let params: Vec<Value> = params.iter().map(value).collect();
        Ok(self.0.execute(statement, &params)?.rows)
    }
}

impl Sql for Database {
    fn execute(&self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        self.run(statement, params)?;
        Ok(self.0.changes())
    }

    fn query(
        &self,
        statement: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        self.run(statement, params)?.iter().try_for_each(|row| each(row))
    }
}

impl Row for RowResult {
    fn column(&self, index: usize) -> Column<'_> {
        match self.values.get(index) {
            Some(Value::Integer(value)) => Column::Integer(*value),
            Some(Value::Real(value)) => Column::Real(*value),
            Some(Value::Text(text)) => Column::Text(text),
            Some(Value::Blob(bytes)) => Column::Blob(bytes),
            Some(Value::Null) | None => Column::Null,
        }
    }
}

fn value(param: &Param<'_>) -> Value {
    match param {
        Param::Null => Value::Null,
        Param::Integer(value) => Value::Integer(*value),
        Param::Text(text) => Value::Text((*text).to_owned()),
        Param::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

impl From<Error> for SqlError {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(message) => SqlError {
                failure: failure(&message),
                message,
            },
            Error::DatabaseFull => SqlError {
                failure: Failure::Full,
                message: "the database may not grow any more".to_owned(),
            },
            Error::NoSuchDatabase => other(
                "there is no database of this label: the file that spin is given by --runtime-config-file has to name it, \
                 see `lectern spin manifest`",
            ),
            Error::AccessDenied => other(
                "this component is not given the database: list its label as sqlite_databases in spin.toml, and have the provider inherit it",
            ),
            Error::InvalidConnection => other("the connection is none"),
        }
    }
}

fn other(message: &str) -> SqlError {
    SqlError {
        failure: Failure::Other,
        message: message.to_owned(),
    }
}

/// What failed. Spin hands on nothing but what SQLite, or a server in between, says of it.
fn failure(message: &str) -> Failure {
    let message = message.to_ascii_lowercase();
    let says = |part: &str| message.contains(part);
    if says("constraint failed") {
        Failure::Constraint
    } else if says("is locked") || says("sqlite_busy") {
        Failure::Busy
    } else if says("disk is full") {
        Failure::Full
    } else {
        Failure::Other
    }
}
