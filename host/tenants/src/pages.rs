//! Memory for pages of the tenants' files. Each connection has a share of it, which is told to SQLite whenever it has become another one.
//!
//! It saves a few reads from the system's own page cache, so generosity buys little.

use std::sync::atomic::{AtomicUsize, Ordering};

use lectern_data::sql::{Sql, SqlError};
use rusqlite::Connection;

/// What the connections of a tenant may use, in KiB each, if it is the only one.
const ALONE: usize = 16 * 1024;

/// What they may use in any case: the way through an index or two.
const LEAST: usize = 512;

/// How the memory is divided.
#[derive(Debug, Default)]
pub(crate) struct PageMemory {
    /// Among so many tenants.
    tenants: AtomicUsize,
}

impl PageMemory {
    /// Divides it among so many tenants.
    pub(crate) fn divide(&self, tenants: usize) {
        self.tenants.store(tenants, Ordering::Relaxed);
    }

    /// KiB of a connection. A power of two, so that it does not change with every tenant that comes or goes.
    pub(crate) fn share(&self) -> usize {
        let even = ALONE / self.tenants.load(Ordering::Relaxed).max(1);
        (even / 2 + 1).next_power_of_two().max(LEAST)
    }
}

/// A connection with its share.
#[derive(Debug)]
pub(crate) struct Paged {
    connection: Connection,
    share: usize,
}

impl Paged {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, share: 0 }
    }

    /// The connection, which keeps to its present share from now on.
    pub(crate) fn get(&mut self, memory: &PageMemory) -> Result<&Connection, SqlError> {
        let share = memory.share();
        if share != self.share {
            limit(&self.connection, share)?;
            self.share = share;
        }
        Ok(&self.connection)
    }
}

/// Tells a connection its share.
pub(crate) fn limit(connection: &Connection, share: usize) -> Result<(), SqlError> {
    connection.query(&format!("PRAGMA cache_size = -{share}"), &[], &mut |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_tenants_are_open_the_less_each_has_and_never_nothing() {
        let memory = PageMemory::default();
        let mut connection = Paged::new(Connection::open_in_memory().unwrap());
        for (tenants, expected) in [
            (0, -16384),
            (1, -16384),
            (2, -8192),
            (10, -1024),
            (11, -1024),
            (10_000, -512),
        ] {
            memory.divide(tenants);
            let connection = connection.get(&memory).unwrap();
            let size: i64 = connection.query_row("PRAGMA cache_size", [], |row| row.get(0)).unwrap();
            assert_eq!(size, expected, "{tenants}");
        }
    }
}
