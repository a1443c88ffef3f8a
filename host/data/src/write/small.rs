//! Objects of small collections: which of them can be written, and what is common to that.
//!
//! What the session may change is what it sees when it asks for objects that it may `write`; see
//! [`Small::single`](crate::collection::small::Small).

use super::{Work, agents, content, groups, playlists, workflows};
use crate::access::WRITE;
use crate::collection::Field;
use crate::collection::small::Small;
use crate::model::{AccessEntry, Assignment, Criterion, Error, Item, Query, Reason, Session, Test, Value};
use crate::search;
use crate::sql::Sql;

/// Creates an object.
pub fn create(
    work: &mut Work<'_>,
    small: &'static Small,
    identifier: &str,
    fields: &[Assignment],
    acl: Option<&[AccessEntry]>,
) -> Result<(), Error> {
    match small.name {
        "groups" => groups::create(work, identifier, fields),
        "playlists" => playlists::create(work, identifier, fields, acl),
        "agents" => agents::create(work, identifier, fields),
        _ => Err(unwritable(small)),
    }
}

/// Gives the named fields new content.
pub fn update(
    work: &mut Work<'_>,
    small: &'static Small,
    identifier: &str,
    fields: &[Assignment],
) -> Result<(), Error> {
    match small.name {
        "groups" => groups::update(work, identifier, fields),
        "playlists" => playlists::update(work, identifier, fields),
        "agents" => agents::update(work, identifier, fields),
        "workflows" => workflows::update(work, identifier, fields),
        _ => Err(unwritable(small)),
    }
}

/// Replaces the access list that an object has of its own.
pub fn set_acl(
    work: &mut Work<'_>,
    small: &'static Small,
    identifier: &str,
    acl: Option<&[AccessEntry]>,
) -> Result<(), Error> {
    match small.name {
        "playlists" => playlists::set_acl(work, identifier, acl),
        _ => Err(unwritable(small)),
    }
}

/// Deletes an object.
pub fn delete(work: &mut Work<'_>, small: &'static Small, identifier: &str) -> Result<(), Error> {
    match small.name {
        "groups" => groups::delete(work, identifier),
        "playlists" => playlists::delete(work, identifier),
        "agents" => agents::delete(work, identifier),
        "workflows" => workflows::delete(work, identifier),
        _ => Err(unwritable(small)),
    }
}

fn unwritable(small: &Small) -> Error {
    Error::invalid(small.name, format!("The {} cannot be changed like this.", small.name))
}

/// The refusal of a new object whose identifier another one has.
pub fn taken(small: &Small, identifier: &str) -> Error {
    let message = format!("There is already a {} with the identifier {identifier:?}.", small.noun);
    Error::new(Reason::Conflict, identifier, message)
}

/// An object as a change finds it.
pub struct Object;

impl Object {
    /// The object, if the session may see it: `missing` otherwise.
    pub fn find(sql: &dyn Sql, session: &Session, small: &'static Small, identifier: &str) -> Result<Item, Error> {
        found(sql, session, small, identifier, &[])?.ok_or_else(|| {
            let message = format!("There is no {} {identifier:?}.", small.noun);
            Error::new(Reason::Missing, identifier, message)
        })
    }

    /// The object, if the session may change it: `missing` if it may not even see it, `denied` otherwise.
    pub fn writable(sql: &dyn Sql, session: &Session, small: &'static Small, identifier: &str) -> Result<Item, Error> {
        let item = Self::find(sql, session, small, identifier)?;
        found(sql, session, small, identifier, &[WRITE])?
            .map(|_| item)
            .ok_or_else(|| {
                let message = format!("The {} {identifier:?} may be seen but not changed.", small.noun);
                Error::new(Reason::Denied, identifier, message)
            })
    }
}

fn found(
    sql: &dyn Sql,
    session: &Session,
    small: &'static Small,
    identifier: &str,
    actions: &[&str],
) -> Result<Option<Item>, Error> {
    let query = Query {
        collection: small.name.to_owned(),
        filters: vec![vec![Criterion {
            field: "identifier".to_owned(),
            test: Test::Equals(vec![identifier.to_owned()]),
        }]],
        limit: 1,
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        ..Query::default()
    };
    Ok(search::find(sql, session, &query, None)?.items.pop())
}

/// What is assigned to an object, checked. Of several assignments to one field the last holds.
pub struct Assigned<'a>(Vec<(&'static Field, &'a Value)>);

impl<'a> Assigned<'a> {
    /// Refuses fields that cannot be assigned, and content that they cannot have.
    pub fn new(small: &'static Small, assignments: &'a [Assignment]) -> Result<Self, Error> {
        let mut assigned = Vec::with_capacity(assignments.len());
        for Assignment { field: name, value } in assignments {
            let field = small.fields.iter().find(|field| field.name == name);
            let field = field.ok_or_else(|| Error::invalid(name, format!("There is no field {name:?}.")))?;
            if !field.writable {
                return Err(Error::invalid(name, format!("The field {name:?} cannot be assigned.")));
            }
            content::check_value(field, value)?;
            assigned.push((field, value));
        }
        Ok(Assigned(assigned))
    }

    fn value(&self, name: &str) -> Option<&'a Value> {
        let found = self.0.iter().rev().find(|(field, _)| field.name == name);
        found.map(|(_, value)| *value)
    }

    /// The text assigned to a field, empty for no content; none if the field is not assigned.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.value(name).map(|value| match value {
            Value::Text(text) | Value::Document(text) => text.as_str(),
            _ => "",
        })
    }

    /// The number assigned to a field; none if the field is not assigned, or no content.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.value(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// The texts assigned to a field; none if the field is not assigned.
    pub fn texts(&self, name: &str) -> Option<&'a [String]> {
        self.value(name).map(|value| match value {
            Value::Texts(texts) => texts.as_slice(),
            _ => &[],
        })
    }
}
