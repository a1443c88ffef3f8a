//! Writing: a list of changes, all or nothing.

use crate::model::{Change, Error, Sequence, Session};
use crate::sql::Sql;

/// Applies changes within the caller's transaction.
pub fn apply(_sql: &dyn Sql, _session: &Session, _changes: &[Change], _now_ms: i64) -> Result<Sequence, Error> {
    Err(Error::fault("writing is being built"))
}
