//! `spin:sqlite`, as Spin serves it from files.
//!
//! Every connection that a component opens is one of SQLite, opened when it is first used and without any pragma. What SQLite refuses is
//! told in its own words. A component that traps takes its connections with it, and SQLite rolls back what they have not committed.

use crate::bindings::spin::sqlite::sqlite::{Error, Host, HostConnection, QueryResult, RowResult, Value};
use crate::state::State;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Batch, CachedStatement, Row, Statement, ToSql, params_from_iter};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::spawn_blocking;
use wasmtime::component::Resource;
use wasmtime::ensure;

/// Connections that an instance may have open.
const CONNECTIONS: usize = 256;

/// Bytes that a statement may return.
const ROWS_BYTES: usize = 128 << 20;

/// The resource `connection`.
pub struct Connection {
    path: PathBuf,
    opened: Option<Arc<Mutex<rusqlite::Connection>>>,
}

impl Connection {
    fn opened(&mut self) -> Result<Arc<Mutex<rusqlite::Connection>>, Error> {
        if let Some(opened) = &self.opened {
            return Ok(Arc::clone(opened));
        }
        let opened = Arc::new(Mutex::new(rusqlite::Connection::open(&self.path).map_err(failed)?));
        Ok(Arc::clone(self.opened.insert(opened)))
    }
}

impl State {
    fn connection(&mut self, connection: &Resource<Connection>) -> Result<Arc<Mutex<rusqlite::Connection>>, Error> {
        let connection = self.table.get_mut(connection);
        connection.map_err(|_| Error::InvalidConnection)?.opened()
    }
}

impl Host for State {}

impl HostConnection for State {
    async fn open(&mut self, database: String) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let path = match self.grants.databases.get(&database) {
            None => return Ok(Err(Error::AccessDenied)),
            Some(None) => return Ok(Err(Error::NoSuchDatabase)),
            Some(Some(path)) => path.clone(),
        };
        if self.connections >= CONNECTIONS {
            return Ok(Err(Error::Io("too many connections opened".to_owned())));
        }
        self.connections += 1;
        Ok(Ok(self.table.push(Connection { path, opened: None })?))
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        let connection = match self.connection(&connection) {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        self.statements.fetch_add(1, Ordering::Relaxed);
        let traps = matches!(&self.grants.trap_after, Some(wanted) if parameters
            .iter()
            .any(|parameter| matches!(parameter, Value::Text(text) if text == wanted)));
        let run = spawn_blocking(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            execute(&connection, &statement, &parameters)
        });
        let ended = run.await;
        ensure!(!traps, "a trap, as somebody wanted");
        Ok(ended.unwrap_or_else(|_| Err(Error::Io("internal runtime error".to_owned()))))
    }

    async fn last_insert_rowid(&mut self, connection: Resource<Connection>) -> wasmtime::Result<i64> {
        let connection = self.connection(&connection)?;
        let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(connection.last_insert_rowid())
    }

    async fn changes(&mut self, connection: Resource<Connection>) -> wasmtime::Result<u64> {
        let connection = self.connection(&connection)?;
        let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(connection.changes())
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        self.connections -= 1;
        Ok(())
    }
}

/// A statement, kept for the next time or not.
enum Prepared<'c> {
    Kept(CachedStatement<'c>),
    First(Statement<'c>),
}

/// Of several statements the first.
fn prepare<'c>(connection: &'c rusqlite::Connection, text: &str) -> rusqlite::Result<Prepared<'c>> {
    match connection.prepare_cached(text) {
        Err(rusqlite::Error::MultipleStatement) => {}
        prepared => return prepared.map(Prepared::Kept),
    }
    let first = Batch::new(connection, text).next()?;
    first.map(Prepared::First).ok_or(rusqlite::Error::MultipleStatement)
}

fn execute(connection: &rusqlite::Connection, text: &str, parameters: &[Value]) -> Result<QueryResult, Error> {
    let mut prepared = prepare(connection, text).map_err(failed)?;
    let statement: &mut Statement<'_> = match &mut prepared {
        Prepared::Kept(statement) => statement,
        Prepared::First(statement) => statement,
    };
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut found = statement.query(params_from_iter(parameters)).map_err(failed)?;
    let mut rows = Vec::new();
    let mut bytes = 0;
    while let Some(row) = found.next().map_err(failed)? {
        let row = values(row, columns.len()).map_err(failed)?;
        bytes += row.values.iter().map(size).sum::<usize>();
        if bytes > ROWS_BYTES {
            return Err(Error::Io(format!("query result exceeds limit of {ROWS_BYTES} bytes")));
        }
        rows.push(row);
    }
    drop(found);
    Ok(QueryResult { columns, rows })
}

fn values(row: &Row<'_>, columns: usize) -> rusqlite::Result<RowResult> {
    let value = |column| {
        Ok(match row.get_ref(column)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            // Spin gives up on anything else, too.
            ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).expect("a text is UTF-8")),
            ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        })
    };
    Ok(RowResult {
        values: (0..columns).map(value).collect::<rusqlite::Result<_>>()?,
    })
}

/// About as much memory as a value takes.
fn size(value: &Value) -> usize {
    let more = match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        Value::Integer(_) | Value::Real(_) | Value::Null => 0,
    };
    size_of::<Value>() + more
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn failed(error: rusqlite::Error) -> Error {
    Error::Io(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> rusqlite::Connection {
        rusqlite::Connection::open_in_memory().unwrap()
    }

    fn run(connection: &rusqlite::Connection, text: &str, parameters: &[Value]) -> Vec<Vec<Value>> {
        let result = execute(connection, text, parameters).unwrap();
        result.rows.into_iter().map(|row| row.values).collect()
    }

    #[test]
    fn values_of_all_types_come_back() {
        let parameters = [
            Value::Integer(i64::MIN),
            Value::Real(0.5),
            Value::Text("Übung".to_owned()),
            Value::Blob(vec![0, 255]),
            Value::Null,
        ];
        let rows = run(&connection(), "SELECT ?, ?, ?, ?, ?", &parameters);
        assert_eq!(format!("{rows:?}"), format!("{:?}", [parameters.to_vec()]));
    }

    #[test]
    fn only_the_first_statement_of_a_text_is_run() {
        let connection = connection();
        run(&connection, "CREATE TABLE a (x); CREATE TABLE b (x); ", &[]);
        assert_eq!(run(&connection, "SELECT name FROM sqlite_master;", &[]).len(), 1);
    }

    #[test]
    fn what_sqlite_refuses_is_told_in_its_words() {
        let connection = connection();
        run(&connection, "CREATE TABLE a (x UNIQUE)", &[]);
        run(&connection, "INSERT INTO a VALUES (1)", &[]);
        let error = execute(&connection, "INSERT INTO a VALUES (1)", &[]).unwrap_err();
        assert!(
            matches!(&error, Error::Io(text) if text.contains("UNIQUE constraint failed: a.x")),
            "{error:?}"
        );
    }
}
