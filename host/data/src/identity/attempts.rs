//! Who has proved to be whom a short while ago, and who has tried: kept in the tenant's database where a program has no memory that
//! outlives a request.
//!
//! Does not belong here: hashes (`lectern-credentials`), transactions.

use super::directory::one;
use crate::sql::{Param, Sql, SqlError};

/// How many outdated rows are cleared away at a time.
const CLEARED: u32 = 20;

/// Remembers that a password was right. `hash` is a keyed one of the username and the password, `stored` what the password was compared
/// with: it is forgotten as soon as the user gets another one.
pub fn remember_right(sql: &dyn Sql, hash: &[u8], stored: &str, now_ms: i64, until_ms: i64) -> Result<(), SqlError> {
    clear(sql, "right_password", "hash", "until_ms", now_ms)?;
    let statement = "INSERT OR REPLACE INTO right_password (hash, stored, until_ms) VALUES (?, ?, ?)";
    let params = [Param::Blob(hash), Param::Text(stored), Param::Integer(until_ms)];
    sql.execute(statement, &params).map(drop)
}

/// The wrong passwords of somebody: how many in a row, and when the next one may be looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wrong {
    /// None if the last one was right.
    pub in_a_row: u32,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub wait_until_ms: i64,
}

/// The wrong passwords of `who`, a keyed hash of whoever they are counted for.
pub fn wrong(sql: &dyn Sql, who: &[u8]) -> Result<Wrong, SqlError> {
    let statement = "SELECT in_a_row, wait_until_ms FROM wrong_password WHERE who = ?";
    let found = one(sql, statement, &[Param::Blob(who)], |row| Wrong {
        in_a_row: row
            .column(0)
            .integer()
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(u32::MAX),
        wait_until_ms: row.column(1).integer().unwrap_or_default(),
    })?;
    Ok(found.unwrap_or_default())
}

/// Takes down wrong passwords; forgotten at some time after an hour without any.
pub fn remember_wrong(sql: &dyn Sql, who: &[u8], wrong: Wrong, now_ms: i64) -> Result<(), SqlError> {
    const HOUR: i64 = 60 * 60 * 1000;
    clear(
        sql,
        "wrong_password",
        "who",
        "wait_until_ms",
        now_ms.saturating_sub(HOUR),
    )?;
    let statement = "INSERT OR REPLACE INTO wrong_password (who, in_a_row, wait_until_ms) VALUES (?, ?, ?)";
    let params = [
        Param::Blob(who),
        Param::Integer(wrong.in_a_row.into()),
        Param::Integer(wrong.wait_until_ms),
    ];
    sql.execute(statement, &params).map(drop)
}

/// Forgets the wrong passwords of somebody who came with a right one.
pub fn forget_wrong(sql: &dyn Sql, who: &[u8]) -> Result<(), SqlError> {
    sql.execute("DELETE FROM wrong_password WHERE who = ?", &[Param::Blob(who)])
        .map(drop)
}

/// Takes down that a nonce was used with a count; gives whether that was higher than ever before.
pub fn use_nonce(sql: &dyn Sql, nonce: &str, count: u32, now_ms: i64, until_ms: i64) -> Result<bool, SqlError> {
    clear(sql, "used_nonce", "nonce", "until_ms", now_ms)?;
    let statement = "INSERT INTO used_nonce (nonce, count, until_ms) VALUES (?, ?, ?)
        ON CONFLICT (nonce) DO UPDATE SET count = excluded.count WHERE excluded.count > used_nonce.count";
    let params = [
        Param::Text(nonce),
        Param::Integer(count.into()),
        Param::Integer(until_ms),
    ];
    Ok(count > 0 && sql.execute(statement, &params)? == 1)
}

/// Removes some of the rows whose time has passed, so that the table stays small whatever is put into it.
fn clear(sql: &dyn Sql, table: &str, key: &str, time: &str, now_ms: i64) -> Result<(), SqlError> {
    let statement = format!(
        "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {time} < ? ORDER BY {time} LIMIT {CLEARED})"
    );
    sql.execute(&statement, &[Param::Integer(now_ms)]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations;
    use rusqlite::Connection;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        migrations::apply(&connection).unwrap();
        connection
    }

    fn rows(sql: &dyn Sql, table: &str) -> i64 {
        let statement = format!("SELECT count(*) FROM {table}");
        one(sql, &statement, &[], |row| row.column(0).integer())
            .unwrap()
            .flatten()
            .unwrap()
    }

    #[test]
    fn wrong_passwords_are_counted_until_one_is_right() {
        let sql = database();
        assert_eq!(wrong(&sql, b"a").unwrap(), Wrong::default());
        let twice = Wrong {
            in_a_row: 2,
            wait_until_ms: 7,
        };
        remember_wrong(&sql, b"a", twice, 0).unwrap();
        assert_eq!(
            (wrong(&sql, b"a").unwrap(), wrong(&sql, b"b").unwrap()),
            (twice, Wrong::default())
        );
        forget_wrong(&sql, b"a").unwrap();
        assert_eq!(wrong(&sql, b"a").unwrap(), Wrong::default());
    }

    #[test]
    fn a_nonce_is_used_with_growing_counts_only() {
        let sql = database();
        let used: Vec<bool> = [0, 1, 1, 3, 2, 4]
            .into_iter()
            .map(|count| use_nonce(&sql, "n", count, 0, 10).unwrap())
            .collect();
        assert_eq!(used, [false, true, false, true, false, true]);
        assert!(use_nonce(&sql, "m", 1, 0, 10).unwrap());
    }

    #[test]
    fn what_is_outdated_is_cleared_away_by_what_comes() {
        let sql = database();
        for (number, until) in (0_u8..50).zip(0..) {
            remember_right(&sql, &[number], "hash", 0, until).unwrap();
            use_nonce(&sql, &number.to_string(), 1, 0, until).unwrap();
        }
        for number in 100_u8..110 {
            remember_right(&sql, &[number], "hash", 1000, 2000).unwrap();
            use_nonce(&sql, &number.to_string(), 1, 1000, 2000).unwrap();
        }
        assert_eq!((rows(&sql, "right_password"), rows(&sql, "used_nonce")), (10, 10));
    }
}
