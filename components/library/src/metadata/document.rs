//! The document in which objects keep their extended metadata: `{"flavor": {"field": content}}`.
//!
//! Points in time, times of day and durations are texts there, `2018-03-19T16:11:48.000Z`, `16:11:48`, `01:30:00`: so they are found by
//! searching for them, and a tenant may change its mind about how they are shown.

use serde_json::{Map, Value as Json};

use super::Kind;
use super::pattern::{INSTANT, TIME_OF_DAY};
use crate::api::Value;
use crate::date::{self, Duration};

/// The field that holds it.
pub const EXTENDED: &str = "extended_metadata";

/// The document of one object.
#[derive(Debug, Default)]
pub(super) struct Document(Map<String, Json>);

impl Document {
    /// The document that a value is; an empty one if it is none.
    pub(super) fn of(value: Option<&Value>) -> Document {
        match value {
            Some(Value::Document(json)) => Document(serde_json::from_str(json).unwrap_or_default()),
            _ => Document::default(),
        }
    }

    /// Whether the object has ever been given content in this catalog.
    pub(super) fn has(&self, flavor: &str) -> bool {
        self.0.contains_key(flavor)
    }

    /// The content of a field of a catalog. What was written while the field had another type stays as it is.
    pub(super) fn value(&self, flavor: &str, name: &str, kind: Kind) -> Option<Value> {
        let value = match self.0.get(flavor)?.get(name)? {
            Json::String(text) => {
                let number = match kind {
                    Kind::Date => INSTANT.parse(text),
                    Kind::Time => TIME_OF_DAY.parse(text),
                    Kind::Duration => date::parse_duration(text),
                    _ => None,
                };
                number.map_or_else(|| Value::Text(text.clone()), Value::Number)
            }
            Json::Array(elements) => {
                Value::Texts(elements.iter().filter_map(Json::as_str).map(str::to_owned).collect())
            }
            Json::Bool(flag) => Value::Flag(*flag),
            Json::Number(number) => number.as_i64().map_or(Value::None, Value::Number),
            Json::Null | Json::Object(_) => Value::None,
        };
        Some(value)
    }
}

/// How the content of a field is kept.
pub(super) fn kept(kind: Kind, value: Value) -> Json {
    match (kind, value) {
        (Kind::Date, Value::Number(at)) => Json::String(INSTANT.format(at)),
        (Kind::Time, Value::Number(at)) => Json::String(TIME_OF_DAY.format(at)),
        (Kind::Duration, Value::Number(length)) => Json::String(Duration(length).to_string()),
        (_, Value::Number(number)) => Json::from(number),
        (_, Value::Text(text) | Value::Document(text)) => Json::String(text),
        (_, Value::Texts(texts)) => Json::from(texts),
        (_, Value::Flag(flag)) => Json::Bool(flag),
        (_, Value::None) => Json::Null,
    }
}
