//! What is particular to the small collections in the backend in memory: a few words of what the host says of them.

use serde_json::{Value as Json, json};

use super::store::{Object, Store, refuse};
use crate::api::{Assignment, Error, Principal, Reason, Value};

/// Whether a collection is a small one.
pub(super) fn is_small(collection: &str) -> bool {
    ["groups", "users", "agents", "playlists", "workflows", "recordings"].contains(&collection)
}

/// Whether a user may do this with an object of a small collection; none if its access list, or that of what it follows, decides.
pub(super) fn allows(
    store: &Store,
    principal: &Principal,
    collection: &str,
    object: &Object,
    action: &str,
) -> Option<bool> {
    match collection {
        "groups" | "users" => Some(true),
        "agents" => Some(action == "read" || is_agent(principal)),
        "recordings" => Some(is_agent(principal)),
        "workflows" => {
            let is_creator = object.fields.get("creator") == Some(&Value::Text(principal.username.clone()));
            let event = match object.fields.get("event") {
                Some(Value::Text(event)) => store.object("events", event),
                _ => None,
            };
            Some(
                is_creator
                    || has(principal, "ROLE_ADMIN")
                    || event.is_some_and(|event| store.allows(principal, "events", event, action)),
            )
        }
        _ => None,
    }
}

/// Whether a user sees an object in lists; alone it may be seen by others as well.
pub(super) fn is_listed(principal: &Principal, collection: &str, object: &Object) -> bool {
    match (collection, object.fields.get("roles")) {
        ("agents", Some(Value::Texts(roles))) if !roles.is_empty() => {
            has(principal, "ROLE_ADMIN") || roles.iter().any(|role| has(principal, role))
        }
        _ => true,
    }
}

/// Whether a user speaks for capture agents.
fn is_agent(principal: &Principal) -> bool {
    has(principal, "ROLE_ADMIN") || has(principal, "ROLE_CAPTURE_AGENT")
}

fn has(principal: &Principal, role: &str) -> bool {
    principal.roles.iter().any(|own| own == role)
}

/// Refuses what an access list does not: groups with the role of administrators are theirs.
pub(super) fn check(
    principal: &Principal,
    collection: &str,
    object: &Object,
    fields: &[Assignment],
) -> Result<(), Error> {
    let former = object.fields.get("roles");
    let new = fields.iter().filter(|assignment| assignment.field == "roles");
    let mut roles = new.map(|assignment| &assignment.value).chain(former);
    let is_for_administrators =
        roles.any(|roles| matches!(roles, Value::Texts(roles) if roles.iter().any(|role| role == "ROLE_ADMIN")));
    if collection == "groups" && is_for_administrators && !has(principal, "ROLE_ADMIN") {
        return Err(refuse(Reason::Denied, "roles"));
    }
    if collection == "agents" {
        if !is_agent(principal) {
            return Err(refuse(Reason::Denied, "agents"));
        }
        let state = fields.iter().find(|assignment| assignment.field == "state");
        if state.is_some_and(|state| state.value == Value::Text("happy".to_owned())) {
            return Err(refuse(Reason::Invalid, "state"));
        }
    }
    Ok(())
}

/// Gives a new object what the host adds.
pub(super) fn complete(object: &mut Object, collection: &str, identifier: &str) {
    if collection == "groups" {
        let role = format!("ROLE_GROUP_{}", identifier.to_uppercase());
        object.fields.insert("role".to_owned(), Value::Text(role));
    }
    touch(object, collection);
}

/// Notes that an object has been changed, if that shows.
pub(super) fn touch(object: &mut Object, collection: &str) {
    if ["agents", "playlists"].contains(&collection) {
        object.fields.insert("updated".to_owned(), Value::Number(super::NOW));
    }
}

/// Gives new entries of a playlist ids: the next numbers that none has had.
pub(super) fn number_entries(object: &mut Object, collection: &str) -> Result<(), Error> {
    let Some(Value::Document(entries)) = object.fields.get("entries").filter(|_| collection == "playlists") else {
        return Ok(());
    };
    let mut entries: Vec<Json> = serde_json::from_str(entries).unwrap_or_default();
    let before = match object.fields.get("last_entry") {
        Some(Value::Number(last)) => *last,
        _ => 0,
    };
    let mut last = before;
    for entry in &mut entries {
        match entry.get("id").and_then(Json::as_i64) {
            Some(id) if id > before => return Err(refuse(Reason::Invalid, "entries")),
            Some(_) => {}
            None => {
                last += 1;
                let content = entry.get("contentId").cloned().unwrap_or_default();
                *entry = json!({ "id": last, "contentId": content });
            }
        }
    }
    let entries = Value::Document(Json::from(entries).to_string());
    object.fields.insert("entries".to_owned(), entries);
    object.fields.insert("last_entry".to_owned(), Value::Number(last));
    Ok(())
}

/// The entries of a playlist as a user sees them.
pub(super) fn entries(store: &Store, principal: &Principal, entries: Value) -> Value {
    let Value::Document(entries) = entries else {
        return Value::Document("[]".to_owned());
    };
    let mut entries: Vec<Json> = serde_json::from_str(&entries).unwrap_or_default();
    for entry in &mut entries {
        let content = entry.get("contentId").and_then(Json::as_str).unwrap_or_default();
        let event = store.object("events", content);
        let is_readable = event.is_some_and(|event| store.allows(principal, "events", event, "read"));
        if let Json::Object(entry) = entry {
            let kind = if is_readable { "EVENT" } else { "INACCESSIBLE" };
            entry.insert("type".to_owned(), Json::from(kind));
        }
    }
    Value::Document(Json::from(entries).to_string())
}
