//! Reading: one query, one page.

use crate::access::AccessCache;
use crate::model::{Error, Page, Query, Session};
use crate::sql::Sql;

/// Answers a query.
pub fn find(_sql: &dyn Sql, _session: &Session, _query: &Query, _cache: Option<&AccessCache>) -> Result<Page, Error> {
    Err(Error::fault("search is being built"))
}
