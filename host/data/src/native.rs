//! The native SQLite: [`Sql`] for a rusqlite connection.
//!
//! Does not belong here: opening files, threads, pools (`lectern-tenants`).

use crate::connection::{self, Role};
use crate::marks::Marks;
use crate::sql::{Column, Failure, Param, Row, Sql, SqlError};
use rusqlite::config::DbConfig;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, ffi};

/// How many prepared statements a connection keeps. The data layer uses some dozens; every combination of filters and sort keys
/// that clients ask for adds one or two.
const STATEMENTS: usize = 200;

/// Prepares a connection that has just been opened: pragmas, statement cache.
pub fn configure(connection: &Connection, role: Role) -> Result<(), SqlError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise SQLite prepares a statement anew whenever a parameter changes that could matter to the choice of an index. The data
    // layer chooses itself.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_aggregate_function("marks", 1, flags, Collecting)?;
    connection::configure(connection, role)
}

impl Sql for Connection {
    fn execute(&self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        let changed = bound(self, statement, params)?.raw_execute()?;
        Ok(changed as u64)
    }

    fn query(
        &self,
        statement: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        let mut statement = bound(self, statement, params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    }

    fn marks(&self, id: &str, rest: &str, params: &[Param<'_>]) -> Result<Marks, SqlError> {
        let mut marks = Marks::default();
        self.query(&format!("SELECT marks({id}) {rest}"), params, &mut |row| {
            if let Column::Blob(bytes) = row.column(0) {
                marks = Marks::of_bytes(bytes.to_vec());
            }
            Ok(())
        })?;
        Ok(marks)
    }
}

/// The SQL function `marks(id)`: collects ids where they are found, since handing over each as a row takes twice as long.
struct Collecting;

impl Aggregate<Marks, Vec<u8>> for Collecting {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Marks> {
        Ok(Marks::default())
    }

    fn step(&self, context: &mut Context<'_>, marks: &mut Marks) -> rusqlite::Result<()> {
        marks.insert(context.get(0)?);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, marks: Option<Marks>) -> rusqlite::Result<Vec<u8>> {
        Ok(marks.unwrap_or_default().into_bytes())
    }
}

fn bound<'c>(
    connection: &'c Connection,
    statement: &str,
    params: &[Param<'_>],
) -> Result<CachedStatement<'c>, SqlError> {
    let mut statement = connection.prepare_cached(statement)?;
    for (param, position) in params.iter().zip(1_usize..) {
        statement.raw_bind_parameter(position, param)?;
    }
    Ok(statement)
}

impl Row for rusqlite::Row<'_> {
    fn column(&self, index: usize) -> Column<'_> {
        match self.get_ref(index) {
            Ok(ValueRef::Integer(value)) => Column::Integer(value),
            Ok(ValueRef::Real(value)) => Column::Real(value),
            // Text that is not UTF-8 can only come from outside; as bytes nobody takes it for text.
            Ok(ValueRef::Text(bytes)) => str::from_utf8(bytes).map_or(Column::Blob(bytes), Column::Text),
            Ok(ValueRef::Blob(bytes)) => Column::Blob(bytes),
            Ok(ValueRef::Null) | Err(_) => Column::Null,
        }
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Param::Null => ValueRef::Null,
            Param::Integer(value) => ValueRef::Integer(*value),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Whether an input/output error is one of writing, or of making room for the index of the write-ahead log. SQLite says of a disk only that
/// it is full when the file system does so in the usual words: a quota, a limit to the length of files, and a full disk under memory
/// that is shared are input/output errors to it.
fn is_full(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE))
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        let failure = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Failure::Busy,
            Some(ErrorCode::DiskFull) => Failure::Full,
            Some(ErrorCode::SystemIoFailure) if is_full(&error) => Failure::Full,
            Some(ErrorCode::ConstraintViolation) => Failure::Constraint,
            _ => Failure::Other,
        };
        SqlError {
            failure,
            message: error.to_string(),
        }
    }
}
