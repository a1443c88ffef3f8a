//! What objects hold in a field, each text once.
//!
//! Either every text of the field is looked up, by jumps along the index from one text to the next larger one, and kept if the session may
//! read an object that has it; or, if only few objects are readable, these are looked into.

use super::people::{self, LABEL, Users};
use super::{Scope, leading, readable};
use crate::access::Access;
use crate::collection::{Collection, EVENTS, Equals, Place, SERIES};
use crate::model::{Error, ListPart};
use crate::sql::Param;

/// A field of a collection whose texts a list is made of: one that is compared with exact content.
#[derive(Debug, Clone, Copy)]
pub struct Field(pub &'static Collection, pub &'static str);

/// The texts of some fields, with users if they are wanted.
pub fn entries(scope: &Scope<'_>, fields: &[Field], users: Users) -> Result<ListPart, Error> {
    let events = scope.access(&EVENTS, &[])?;
    let series = scope.access(&SERIES, &[])?;
    let mut params = Vec::new();
    let texts: Vec<String> = fields
        .iter()
        .map(|field| {
            let access = if field.0.has_series() { &events } else { &series };
            let (statement, bound) = statement(scope, *field, access);
            params.extend(bound);
            statement
        })
        .collect();
    let texts = texts.join(" UNION ");
    let rows = match users {
        Users::None => format!("SELECT text AS key, text AS value FROM ({texts})"),
        Users::Names => {
            format!(
                "SELECT text AS key, text AS value FROM ({texts}) UNION {}",
                people::ONLY_NAMES
            )
        }
        // A key stands for one person: what is already the name of a user is not listed by itself.
        Users::Usernames => format!(
            "SELECT text AS key, text AS value FROM ({texts}) \
             WHERE text NOT IN (SELECT username FROM user UNION SELECT {LABEL} FROM user) UNION {}",
            people::NAMES
        ),
    };
    scope.rows(
        &format!("SELECT DISTINCT key, value FROM ({rows}) ORDER BY value, key"),
        &params,
    )
}

/// A statement that gives the readable texts of a field in its column `text`, maybe several times, and its parameters.
fn statement<'a>(scope: &Scope<'_>, field: Field, access: &'a Access) -> (String, Vec<Param<'a>>) {
    let Field(collection, name) = field;
    let table = collection.table;
    let described = collection.field(name);
    let is_terms = described.is_some_and(|field| field.equals == Equals::Terms);
    let column = match described.map(|field| field.place) {
        Some(Place::Own(column)) => column,
        _ => name,
    };
    if scope.is_few(collection, access) {
        let (condition, params) = leading(access, "o.effective_acl_id");
        let from = format!("FROM {table} AS o INDEXED BY {table}_effective_acl_id");
        let statement = if is_terms {
            format!("SELECT j.value AS text {from} CROSS JOIN json_each(o.{column}) AS j WHERE {condition}")
        } else {
            format!("SELECT o.{column} AS text {from} WHERE {condition} AND o.{column} IS NOT NULL")
        };
        return (statement, params);
    }
    let (source, text, of_field) = if is_terms {
        (format!("{table}_term"), "value", format!("field = '{name}' AND "))
    } else {
        (table.to_owned(), column, String::new())
    };
    let (condition, params) = readable(access, "o.effective_acl_id");
    let is_read = match access {
        Access::Everything => String::new(),
        Access::Only(_) if is_terms => format!(
            " AND EXISTS (SELECT 1 FROM {source} AS t CROSS JOIN {table} AS o ON o.id = t.object_id \
             WHERE t.field = '{name}' AND t.value = v.text AND {condition})"
        ),
        Access::Only(_) => {
            format!(" AND EXISTS (SELECT 1 FROM {table} AS o WHERE o.{column} = v.text AND {condition})")
        }
    };
    let statement = format!(
        "SELECT text FROM (WITH RECURSIVE v (text) AS (\
         SELECT min({text}) FROM {source} WHERE {of_field}{text} IS NOT NULL UNION ALL \
         SELECT (SELECT min({text}) FROM {source} WHERE {of_field}{text} > v.text) FROM v WHERE v.text IS NOT NULL) \
         SELECT text FROM v WHERE text IS NOT NULL{is_read})"
    );
    (statement, params)
}
