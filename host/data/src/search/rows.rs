//! Rows: what a page shows of its objects.

use super::Request;
use super::plan::Window;
use super::statement::Statement;
use crate::access::{self, READ};
use crate::collection::{Field, Kind, Place};
use crate::model::{Error, Item, Page, Principal, Value};
use crate::sql::{Param, Row, Sql, SqlError};
use std::collections::{BTreeSet, HashMap};

/// The columns that precede those of the fields: identifier, sequence, access list.
const BEFORE_FIELDS: usize = 3;

/// The field that can be shown under this name.
pub fn field(fields: &'static [Field], name: &str) -> Result<&'static Field, Error> {
    fields
        .iter()
        .find(|field| field.name == name && field.place != Place::SearchText)
        .ok_or_else(|| Error::invalid(name, format!("There is no field {name:?} to show.")))
}

/// The object of this identifier, if the principal may read it.
pub fn one(sql: &dyn Sql, principal: &Principal, request: &Request<'_>, identifier: &str) -> Result<Page, Error> {
    let mut statement = Statement::new("SELECT o.identifier");
    push_columns(&mut statement, request, "l.entries");
    statement.push(" FROM ").push(request.collection.table);
    statement.push(
        " AS o CROSS JOIN effective_acl AS a ON a.id = o.effective_acl_id CROSS JOIN acl AS l ON l.id = a.acl_id",
    );
    push_joined(&mut statement, request);
    statement.push(" WHERE o.identifier = ?").bind(Param::Text(identifier));
    let mut found = None;
    statement.query(sql, &mut |row| {
        found = Some((
            item(row, &request.fields)?,
            row.column(2).text().unwrap_or_default().to_owned(),
        ));
        Ok(())
    })?;
    let mut page = Page::default();
    if let Some((mut item, entries)) = found {
        let acl = access::from_json(&entries)?;
        let mut actions = request.query.actions.iter().map(String::as_str).chain([READ]);
        if actions.all(|action| access::allows(&acl, principal, action)) {
            if request.query.with_acl {
                item.acl = Some(0);
                page.acls.push(acl);
            }
            page.items.push(item);
        }
    }
    page.total = request.query.with_total.then_some(page.items.len() as u64);
    Ok(page)
}

/// The objects of a window.
pub fn page(sql: &dyn Sql, request: &Request<'_>, window: Window) -> Result<Page, Error> {
    let Window { ids, total, next } = window;
    let mut page = Page {
        items: Vec::with_capacity(ids.len()),
        total,
        next,
        ..Page::default()
    };
    if ids.is_empty() {
        return Ok(page);
    }
    let ids = serde_json::json!(ids).to_string();
    let mut statement = Statement::new("SELECT o.identifier");
    push_columns(&mut statement, request, "a.acl_id");
    // Cross joins are made in the order written, so the rows come in the order of the ids.
    statement
        .push(" FROM json_each(?) AS j CROSS JOIN ")
        .bind(Param::Text(&ids));
    statement.push(request.collection.table);
    statement.push(" AS o ON o.id = j.value CROSS JOIN effective_acl AS a ON a.id = o.effective_acl_id");
    push_joined(&mut statement, request);
    let mut positions: HashMap<i64, u32> = HashMap::new();
    let mut acls = Vec::new();
    statement.query(sql, &mut |row| {
        let mut item = item(row, &request.fields)?;
        if let (true, Some(acl)) = (request.query.with_acl, row.column(2).integer()) {
            item.acl = Some(*positions.entry(acl).or_insert_with(|| {
                acls.push(acl);
                acls.len() as u32 - 1
            }));
        }
        page.items.push(item);
        Ok(())
    })?;
    if !acls.is_empty() {
        let mut entries = Vec::with_capacity(acls.len());
        sql.query(
            "SELECT l.entries FROM json_each(?) AS j CROSS JOIN acl AS l ON l.id = j.value",
            &[Param::Text(&serde_json::json!(acls).to_string())],
            &mut |row| {
                entries.extend(row.column(0).text().map(str::to_owned));
                Ok(())
            },
        )?;
        page.acls = entries
            .iter()
            .map(|entries| access::from_json(entries))
            .collect::<Result<_, _>>()?;
    }
    Ok(page)
}

fn push_columns(statement: &mut Statement<'_>, request: &Request<'_>, acl: &str) {
    statement.push(if request.collection.has_series() {
        ", max(o.sequence, a.sequence, ifnull(s.sequence, 0)), "
    } else {
        ", max(o.sequence, a.sequence), "
    });
    statement.push(acl);
    for field in &request.fields {
        match field.place {
            Place::Own(column) => statement.push(", o.").push(column),
            Place::Series(column) => statement.push(", s.").push(column),
            Place::Apart { table, column } => statement.push(", ").push(table).push(".").push(column),
            Place::SearchText | Place::Expression(_) => statement.push(", NULL"),
        };
    }
}

/// Appends the tables that columns are in besides the object's own.
fn push_joined(statement: &mut Statement<'_>, request: &Request<'_>) {
    if request.collection.has_series() {
        statement.push(" LEFT JOIN series AS s ON s.id = o.series_id");
    }
    let apart = request.fields.iter().filter_map(|field| match field.place {
        Place::Apart { table, .. } => Some(table),
        _ => None,
    });
    for table in apart.collect::<BTreeSet<_>>() {
        statement.push(&format!(" LEFT JOIN {table} ON {table}.id = o.id"));
    }
}

fn item(row: &dyn Row, fields: &[&Field]) -> Result<Item, SqlError> {
    Ok(Item {
        identifier: row.column(0).text().unwrap_or_default().to_owned(),
        sequence: row
            .column(1)
            .integer()
            .and_then(|sequence| u64::try_from(sequence).ok())
            .unwrap_or_default(),
        values: fields
            .iter()
            .zip(BEFORE_FIELDS..)
            .map(|(field, index)| value(row, index, field.kind))
            .collect(),
        acl: None,
    })
}

/// The content of a field, from the column at this position. Empty texts and lists are no content.
pub fn value(row: &dyn Row, index: usize, kind: Kind) -> Value {
    let column = row.column(index);
    let value = match kind {
        Kind::Text => column
            .text()
            .filter(|text| !text.is_empty())
            .map(|text| Value::Text(text.to_owned())),
        Kind::Texts => column
            .text()
            .and_then(|json| serde_json::from_str(json).ok())
            .filter(|texts: &Vec<String>| !texts.is_empty())
            .map(Value::Texts),
        Kind::Number => column.integer().map(Value::Number),
        Kind::Flag => column.integer().map(|flag| Value::Flag(flag != 0)),
        Kind::Document(_) => column.text().map(|json| Value::Document(json.to_owned())),
    };
    value.unwrap_or(Value::None)
}
