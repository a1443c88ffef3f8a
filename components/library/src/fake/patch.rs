//! Documents, and the merge patches that change them.

use serde_json::{Map, Value as Json};

use crate::api::Value;

/// A document after a merge patch (RFC 7396).
pub(super) fn patched(before: Option<&Value>, patch: &str) -> String {
    let mut document: Json = match before {
        Some(Value::Document(document)) => serde_json::from_str(document).unwrap_or_default(),
        _ => Json::Null,
    };
    merge(&mut document, serde_json::from_str(patch).unwrap_or_default());
    document.to_string()
}

fn merge(target: &mut Json, patch: Json) {
    let Json::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Json::Object(Map::new());
    }
    for (name, value) in patch {
        if let Json::Object(members) = &mut *target {
            if value.is_null() {
                members.remove(&name);
            } else {
                merge(members.entry(name).or_insert(Json::Null), value);
            }
        }
    }
}
