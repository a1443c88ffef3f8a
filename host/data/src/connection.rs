//! What every connection to a tenant's file is told first, natively and under Spin.
//!
//! Does not belong here: how large caches are (`lectern-tenants` knows how many files are open).

use crate::sql::{Failure, Sql, SqlError};

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads and writes. Of these there is one per tenant.
    Writer,
    /// Reads only: SQLite refuses everything else.
    Reader,
}

/// The busy timeout comes first, since the journal mode already takes a lock. With `synchronous = FULL` an acknowledged
/// commit has been synced. The journal is cut back after a checkpoint, so a burst of writes does not occupy the disk for good.
const WRITER: [&str; 6] = [
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 16777216",
    "PRAGMA temp_store = MEMORY",
];

const READER: [&str; 3] = [
    "PRAGMA busy_timeout = 5000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA query_only = ON",
];

/// How often a pragma that meets another connection's lock is tried.
const ATTEMPTS: u32 = 100;

/// Sets the pragmas for this use.
pub fn configure(sql: &dyn Sql, role: Role) -> Result<(), SqlError> {
    let pragmas: &[&str] = match role {
        Role::Writer => &WRITER,
        Role::Reader => &READER,
    };
    pragmas.iter().try_for_each(|pragma| set(sql, pragma))
}

/// The change of a new file to a write-ahead log makes a read lock an exclusive one. Where several connections do so at once,
/// SQLite lets all but one fail without waiting for the busy timeout, since waiting could last for ever. The beginning of a
/// transaction does wait, so it stands in for a pause until the other is done.
fn set(sql: &dyn Sql, pragma: &str) -> Result<(), SqlError> {
    for _ in 1..ATTEMPTS {
        // A query, as some pragmas answer with their new value.
        match sql.query(pragma, &[], &mut |_| Ok(())) {
            Err(error) if error.failure == Failure::Busy => {}
            outcome => return outcome,
        }
        sql.execute("BEGIN IMMEDIATE", &[])?;
        sql.execute("ROLLBACK", &[])?;
    }
    sql.query(pragma, &[], &mut |_| Ok(()))
}
