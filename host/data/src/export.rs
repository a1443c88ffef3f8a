//! Everything that a tenant holds, as JSON objects in the words of docs/fields.md, for people and other programs to read. Nobody's
//! means to log in are among it.
//!
//! Does not belong here: files and archives (`lectern-tenants`), the shapes of the External API (the handler components).

use crate::collection::small::small;
use crate::collection::{Field, Kind, Place, Shape, collection};
use crate::identity;
use crate::media::{Element, Publication};
use crate::model::{self, Acl, Error, Organization, Page, Principal, Query, Session, SortKey, Value};
use crate::sql::{Row, Sql, SqlError};
use crate::{audit, search};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value as Json, json};

/// What can be exported: each is a list of objects.
pub const DOCUMENTS: [&str; 10] = [
    "events",
    "series",
    "playlists",
    "workflows",
    "groups",
    "users",
    "agents",
    "api-keys",
    "audit",
    "views",
];

/// Numbers that are points in time.
const TIMES: [&str; 8] = [
    "completed",
    "created",
    "end",
    "modified",
    "start",
    "technical_end",
    "technical_start",
    "updated",
];

/// The tenant itself.
pub fn organization(sql: &dyn Sql) -> Result<Json, SqlError> {
    let Organization {
        identifier,
        name,
        admin_role,
        anonymous_role,
        properties,
    } = identity::organization(sql)?;
    let properties: Map<String, Json> = properties
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    Ok(json!({
        "identifier": identifier,
        "name": name,
        "admin_role": admin_role,
        "anonymous_role": anonymous_role,
        "properties": properties,
    }))
}

/// Hands over the objects of one of [`DOCUMENTS`]. They belong to one commit if the caller has begun a transaction.
pub fn objects(sql: &dyn Sql, document: &str, each: &mut dyn FnMut(Json) -> Result<(), Error>) -> Result<(), Error> {
    match document {
        "users" => identity::users(sql)?.into_iter().try_for_each(|user| {
            each(json!({ "username": user.username, "name": user.name, "email": user.email, "roles": user.roles }))
        }),
        "api-keys" => identity::api_keys(sql)?.into_iter().try_for_each(|key| {
            let expires = key.expires_ms.map(time);
            each(json!({ "name": key.name, "roles": key.roles, "created": time(key.created_ms), "expires": expires }))
        }),
        "audit" => audit::entries(sql, Some(0), u32::MAX)?
            .into_iter()
            .try_for_each(|entry| {
                each(json!({
                    "sequence": entry.sequence,
                    "time": time(entry.at_ms),
                    "authenticated": entry.authenticated,
                    "effective": entry.effective,
                    "action": entry.action,
                    "collection": entry.collection,
                    "identifier": entry.identifier,
                    "detail": entry.detail,
                }))
            }),
        "views" => views(sql, each),
        collection => found(sql, collection, each),
    }
}

/// Who was watching cannot be told from the keys of views, so these are left out.
fn views(sql: &dyn Sql, each: &mut dyn FnMut(Json) -> Result<(), Error>) -> Result<(), Error> {
    let mut outcome = Ok(());
    let mut row = |row: &dyn Row| {
        let [event, series] = [0, 1].map(|column| row.column(column).text().unwrap_or_default());
        let at = time(row.column(2).integer().unwrap_or_default());
        if outcome.is_ok() {
            outcome = each(json!({ "event": event, "series": series, "time": at }));
        }
        Ok(())
    };
    sql.query(
        "SELECT event, series, at_ms FROM view ORDER BY at_ms, key",
        &[],
        &mut row,
    )?;
    outcome
}

/// The objects of a collection with all their fields.
fn found(sql: &dyn Sql, name: &str, each: &mut dyn FnMut(Json) -> Result<(), Error>) -> Result<(), Error> {
    let fields: &'static [Field] = match (collection(name), small(name)) {
        (Some(collection), _) => collection.fields,
        (None, Some(small)) => small.fields,
        (None, None) => return Err(Error::fault(format!("there is no collection {name:?}"))),
    };
    // What only follows from other fields would say everything twice.
    let is_own =
        |field: &&Field| field.place != Place::SearchText && field.kind != Kind::Document(Shape::ShownPublications);
    let shown: Vec<&Field> = fields.iter().filter(is_own).collect();
    let has_acl = collection(name).is_some() || small(name).is_some_and(|small| small.acl.is_some());
    let session = everything(sql)?;
    let mut query = Query {
        collection: name.to_owned(),
        limit: search::PAGE,
        fields: shown.iter().map(|field| field.name.to_owned()).collect(),
        with_acl: has_acl,
        sort: sorted(name),
        ..Query::default()
    };
    loop {
        let Page { items, acls, next, .. } = search::find(sql, &session, &query, None)?;
        for item in items {
            let mut object = Map::new();
            for (field, value) in shown.iter().zip(item.values) {
                let value = json(field, value);
                if !value.is_null() {
                    object.insert(field.name.to_owned(), value);
                }
            }
            let acl = item.acl.and_then(|position| acls.get(position as usize));
            object.extend(acl.map(|acl| ("acl".to_owned(), entries(acl))));
            each(object.into())?;
        }
        match next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// The order in which a collection can be walked.
fn sorted(collection: &str) -> Vec<SortKey> {
    let key = |field: &str| SortKey {
        field: field.to_owned(),
        descending: false,
    };
    match collection {
        "events" => vec![key("start")],
        "series" => vec![key("created")],
        _ => vec![key("identifier")],
    }
}

/// A session that sees everything.
fn everything(sql: &dyn Sql) -> Result<Session, SqlError> {
    let principal = Principal {
        username: identity::roles::SYSTEM_USER.to_owned(),
        provider: model::SYSTEM.to_owned(),
        roles: [identity::roles::ADMIN, identity::roles::SUDO]
            .map(str::to_owned)
            .to_vec(),
        administrator: true,
        ..Principal::default()
    };
    Ok(Session {
        authenticated: principal.username.clone(),
        principal,
        organization: identity::organization(sql)?,
    })
}

fn json(field: &Field, value: Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Text(text) => text.into(),
        Value::Texts(texts) => texts.into(),
        Value::Number(number) if field.kind == Kind::Number && TIMES.contains(&field.name) => time(number).into(),
        Value::Number(number) => number.into(),
        Value::Flag(flag) => flag.into(),
        // What is no JSON is shown as it is.
        Value::Document(text) => serde_json::from_str(&text).unwrap_or_else(|_| text.into()),
    }
}

fn entries(acl: &Acl) -> Json {
    acl.iter()
        .map(|entry| json!({ "role": entry.role, "action": entry.action, "allow": entry.allow }))
        .collect()
}

fn time(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The files of events: identifier of the event, identifier and name of the file. A file can have several names.
pub fn files(sql: &dyn Sql) -> Result<Vec<(String, String, String)>, Error> {
    let mut files = Vec::new();
    let mut broken = None;
    let statement = "SELECT e.identifier, ifnull(m.media, '[]'), ifnull(m.publications, '[]') \
                     FROM event_media AS m CROSS JOIN event AS e ON e.id = m.id ORDER BY m.id";
    sql.query(statement, &[], &mut |row| {
        let [event, media, publications] = [0, 1, 2].map(|column| row.column(column).text().unwrap_or_default());
        let parsed = serde_json::from_str::<Vec<Element>>(media)
            .and_then(|media| Ok((media, serde_json::from_str::<Vec<Publication>>(publications)?)));
        match parsed {
            Ok((media, publications)) => {
                let published = publications.iter().flat_map(Publication::elements);
                let elements = media.iter().chain(published).filter(|element| !element.file.is_empty());
                files.extend(elements.map(|element| (event.to_owned(), element.file.clone(), element.name.clone())));
            }
            Err(error) => broken = Some(format!("the media package of event {event} is damaged: {error}")),
        }
        Ok(())
    })?;
    files.sort();
    files.dedup();
    match broken {
        Some(message) => Err(Error::fault(message)),
        None => Ok(files),
    }
}
