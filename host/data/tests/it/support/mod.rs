//! What the tests of the data layer share: a tenant's database in memory, users, and short words for queries and changes.

use lectern_data::access::AccessCache;
use lectern_data::connection::Role;
use lectern_data::model::*;
use lectern_data::sql::{Param, Row, Sql, SqlError};
use lectern_data::{audit, identity, migrations, native, search, write};
use rusqlite::Connection;
use std::cell::RefCell;

/// A moment; tests do not depend on the clock.
pub const NOW: i64 = 1_700_000_000_000;

/// A tenant. Reads are made twice, with and without a cache, and have to agree.
pub struct Tenant {
    pub connection: Connection,
    pub cache: AccessCache,
}

impl Tenant {
    pub fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        native::configure(&connection, Role::Writer).unwrap();
        migrations::apply(&connection).unwrap();
        Tenant {
            connection,
            cache: AccessCache::default(),
        }
    }

    pub fn try_write(&self, session: &Session, changes: &[Change]) -> Result<Sequence, Error> {
        self.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let outcome = write::apply(&self.connection, session, changes, NOW);
        let end = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.connection.execute_batch(end).unwrap();
        outcome
    }

    pub fn write(&self, session: &Session, changes: &[Change]) -> Sequence {
        self.try_write(session, changes).unwrap()
    }

    /// Gives the tenant a property, as the operator does.
    pub fn set_property(&self, name: &str, value: &str) {
        self.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        audit::operator(&self.connection, &[], NOW).unwrap();
        identity::set_property(&self.connection, name, value).unwrap();
        self.connection.execute_batch("COMMIT").unwrap();
    }

    pub fn try_find(&self, session: &Session, query: &Query) -> Result<Page, Error> {
        let cached = search::find(&self.connection, session, query, Some(&self.cache));
        let fresh = search::find(&self.connection, session, query, None);
        assert_eq!(cached, fresh, "with and without a cache");
        cached
    }

    pub fn find(&self, session: &Session, query: &Query) -> Page {
        self.try_find(session, query).unwrap()
    }

    /// The identifiers that a query finds.
    pub fn list(&self, session: &Session, query: &Query) -> Vec<String> {
        identifiers(&self.find(session, query))
    }

    /// The one object with this identifier, if the session may read it.
    pub fn get(&self, session: &Session, collection: &str, identifier: &str, fields: &[&str]) -> Option<(Item, Acl)> {
        let mut query = by(collection, "identifier", identifier);
        query.fields = fields.iter().map(|field| field.to_string()).collect();
        query.with_acl = true;
        let mut page = self.find(session, &query);
        page.items.pop().map(|item| (item, page.acls.remove(0)))
    }

    /// Runs a statement that the data layer has no function for.
    pub fn sql(&self, statement: &str) {
        self.connection.execute_batch(statement).unwrap();
    }

    /// How SQLite carries out a statement, a line per step.
    pub fn plan(&self, statement: &str) -> Vec<String> {
        let mut plan = self
            .connection
            .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
            .unwrap();
        let mut rows = plan.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get(3).unwrap());
        }
        steps
    }

    pub fn number(&self, statement: &str) -> i64 {
        self.connection.query_row(statement, [], |row| row.get(0)).unwrap()
    }
}

pub fn identifiers(page: &Page) -> Vec<String> {
    page.items.iter().map(|item| item.identifier.clone()).collect()
}

pub fn user(roles: &[&str]) -> Session {
    Session {
        principal: Principal {
            username: "user".to_owned(),
            name: "A User".to_owned(),
            roles: roles.iter().map(|role| role.to_string()).collect(),
            ..Principal::default()
        },
        ..Session::default()
    }
}

pub fn admin() -> Session {
    let mut session = user(&["ROLE_ADMIN"]);
    session.principal.administrator = true;
    session
}

pub fn entry(role: &str, action: &str, allow: bool) -> AccessEntry {
    AccessEntry {
        role: role.to_owned(),
        action: action.to_owned(),
        allow,
    }
}

/// Entries `ROLE action` that allow, or `-ROLE action` that deny.
pub fn acl(entries: &[&str]) -> Acl {
    entries
        .iter()
        .map(|line| {
            let (role, action) = line.split_once(' ').unwrap();
            match role.strip_prefix('-') {
                Some(role) => entry(role, action, false),
                None => entry(role, action, true),
            }
        })
        .collect()
}

pub fn text(field: &str, value: &str) -> Assignment {
    Assignment {
        field: field.to_owned(),
        value: Value::Text(value.to_owned()),
    }
}

pub fn texts(field: &str, values: &[&str]) -> Assignment {
    Assignment {
        field: field.to_owned(),
        value: Value::Texts(values.iter().map(|value| value.to_string()).collect()),
    }
}

pub fn number(field: &str, value: i64) -> Assignment {
    Assignment {
        field: field.to_owned(),
        value: Value::Number(value),
    }
}

pub fn none(field: &str) -> Assignment {
    Assignment {
        field: field.to_owned(),
        value: Value::None,
    }
}

pub fn create(collection: &str, identifier: &str, fields: &[Assignment], acl: Option<Acl>) -> Change {
    Change::Create {
        collection: collection.to_owned(),
        identifier: identifier.to_owned(),
        fields: fields.to_vec(),
        acl,
    }
}

pub fn event(identifier: &str, fields: &[Assignment], acl: Option<Acl>) -> Change {
    create("events", identifier, fields, acl)
}

pub fn series(identifier: &str, title: &str, acl: Option<Acl>) -> Change {
    create("series", identifier, &[text("title", title)], acl)
}

pub fn update(collection: &str, identifier: &str, fields: &[Assignment]) -> Change {
    Change::Update {
        collection: collection.to_owned(),
        identifier: identifier.to_owned(),
        fields: fields.to_vec(),
    }
}

pub fn set_acl(collection: &str, identifier: &str, acl: Option<Acl>) -> Change {
    Change::SetAcl {
        collection: collection.to_owned(),
        identifier: identifier.to_owned(),
        acl,
    }
}

pub fn grant(collection: &str, identifier: &str, action: &str, role: &str) -> Change {
    Change::Grant {
        collection: collection.to_owned(),
        identifier: identifier.to_owned(),
        action: action.to_owned(),
        role: role.to_owned(),
    }
}

pub fn revoke(collection: &str, identifier: &str, action: &str, role: &str) -> Change {
    Change::Revoke {
        collection: collection.to_owned(),
        identifier: identifier.to_owned(),
        action: action.to_owned(),
        role: role.to_owned(),
    }
}

pub fn delete(collection: &str, identifier: &str) -> Change {
    Change::Delete {
        collection: collection.to_owned(),
        identifier: identifier.to_owned(),
    }
}

pub fn expect(collection: &str, identifier: &str, sequence: Sequence) -> Change {
    Change::Expect {
        collection: collection.to_owned(),
        identifier: identifier.to_owned(),
        sequence,
    }
}

pub fn query(collection: &str) -> Query {
    Query {
        collection: collection.to_owned(),
        limit: 100,
        with_total: true,
        ..Query::default()
    }
}

pub fn equals(field: &str, values: &[&str]) -> Criterion {
    Criterion {
        field: field.to_owned(),
        test: Test::Equals(values.iter().map(|value| value.to_string()).collect()),
    }
}

pub fn between(field: &str, from: i64, to: i64) -> Criterion {
    Criterion {
        field: field.to_owned(),
        test: Test::Between(from, to),
    }
}

pub fn contains(search: &str) -> Criterion {
    Criterion {
        field: "text".to_owned(),
        test: Test::Contains(search.to_owned()),
    }
}

/// The objects whose field has this content.
pub fn by(collection: &str, field: &str, value: &str) -> Query {
    filtered(collection, &[equals(field, &[value])])
}

pub fn filtered(collection: &str, criteria: &[Criterion]) -> Query {
    Query {
        filters: vec![criteria.to_vec()],
        ..query(collection)
    }
}

/// Sort keys such as `title` and, descending, `-title`.
pub fn sorted(query: Query, keys: &[&str]) -> Query {
    let sort = keys
        .iter()
        .map(|key| SortKey {
            field: key.trim_start_matches('-').to_owned(),
            descending: key.starts_with('-'),
        })
        .collect();
    Query { sort, ..query }
}

/// A connection that writes down what it is asked.
pub struct Recorder<'c> {
    connection: &'c Connection,
    statements: RefCell<Vec<String>>,
}

impl<'c> Recorder<'c> {
    pub fn new(connection: &'c Connection) -> Self {
        Recorder {
            connection,
            statements: RefCell::default(),
        }
    }

    pub fn statements(&self) -> Vec<String> {
        self.statements.borrow().clone()
    }
}

impl Sql for Recorder<'_> {
    fn execute(&self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        self.statements.borrow_mut().push(statement.to_owned());
        Sql::execute(self.connection, statement, params)
    }

    fn query(
        &self,
        statement: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), SqlError>,
    ) -> Result<(), SqlError> {
        self.statements.borrow_mut().push(statement.to_owned());
        Sql::query(self.connection, statement, params, each)
    }
}
