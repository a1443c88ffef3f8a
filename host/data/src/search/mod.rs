//! Reading: a query in, a page out, within what the session may read.
//!
//! A list of events or series is answered in two steps. First the ids of the page are found, by one of three plans ([`plan`]) that is chosen from
//! numbers known in advance and not left to SQLite, which knows nothing of access lists; then the rows are read. Everything
//! happens in one read transaction, so a page never mixes two commits.
//!
//! [Small collections](crate::collection::small) are answered by [`plain`], with one statement.
//!
//! Does not belong here: parsing the External API's filters and sort keys (the handler components).

mod cursor;
mod filter;
mod order;
mod plain;
mod plan;
mod rows;
mod statement;

use crate::access::{self, AccessCache, State};
use crate::collection::small::small;
use crate::collection::{Collection, Field, collection};
use crate::model::{Error, Page, Query, Session, Test};
use crate::sql::Sql;
use cursor::Cursor;
use filter::Filter;
use order::Order;

/// How many objects a page has at most.
pub const PAGE: u32 = 1000;

/// A query whose names have been looked up.
#[derive(Debug)]
struct Request<'q> {
    query: &'q Query,
    collection: &'static Collection,
    order: Order,
    after: Option<Cursor>,
    fields: Vec<&'static Field>,
}

/// Answers a query. `cache` belongs to the tenant; without one, what the session may read is found out anew.
pub fn find(sql: &dyn Sql, session: &Session, query: &Query, cache: Option<&AccessCache>) -> Result<Page, Error> {
    if let Some(small) = small(&query.collection) {
        return plain::find(sql, session, query, small, cache);
    }
    let request = Request::new(query)?;
    if let Some(identifier) = identifier(query) {
        return rows::one(sql, &session.principal, &request, identifier);
    }
    let _snapshot = Snapshot::open(sql)?;
    let state = State::read(sql)?;
    let access = access::resolve(
        sql,
        &session.principal,
        request.collection,
        &query.actions,
        &state,
        cache,
    )?;
    let filter = Filter::prepare(sql, request.collection, &query.filters)?;
    let window = plan::window(sql, &request, &filter, &access, &state)?;
    rows::page(sql, &request, window)
}

impl<'q> Request<'q> {
    fn new(query: &'q Query) -> Result<Self, Error> {
        let collection = collection(&query.collection).ok_or_else(|| {
            Error::invalid(
                &query.collection,
                format!("There is no collection {:?}.", query.collection),
            )
        })?;
        filter::check(collection.name, collection.fields, &query.filters)?;
        let order = Order::new(collection, &query.sort)?;
        let after = query
            .cursor
            .as_deref()
            .map(|text| Cursor::decode(text, query, &order))
            .transpose()?;
        let fields = query
            .fields
            .iter()
            .map(|name| rows::field(collection.fields, name))
            .collect::<Result<_, _>>()?;
        Ok(Request {
            query,
            collection,
            order,
            after,
            fields,
        })
    }

    fn limit(&self) -> u64 {
        u64::from(self.query.limit.min(PAGE))
    }
}

/// The identifier, if a query asks for the object of one identifier and nothing else.
fn identifier(query: &Query) -> Option<&str> {
    let Query {
        filters,
        offset: 0,
        limit: 1..,
        cursor: None,
        ..
    } = query
    else {
        return None;
    };
    let [criteria] = filters.as_slice() else { return None };
    let [criterion] = criteria.as_slice() else { return None };
    let Test::Equals(values) = &criterion.test else {
        return None;
    };
    let [value] = values.as_slice() else { return None };
    (criterion.field == "identifier").then_some(value)
}

/// A read transaction: every statement sees the same commit. Also works within a transaction of the caller.
pub(crate) struct Snapshot<'s>(&'s dyn Sql);

impl<'s> Snapshot<'s> {
    pub(crate) fn open(sql: &'s dyn Sql) -> Result<Self, Error> {
        sql.execute("SAVEPOINT reading", &[])?;
        Ok(Snapshot(sql))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // Nothing was written, so nothing can be lost; a connection that cannot do this has failed before.
        let _ = self.0.execute("RELEASE reading", &[]);
    }
}
