//! Cursors: where a page ended, in a form that clients hand back and cannot make sense of.
//!
//! A cursor holds what identifies the last object shown, the row id if there are many objects, and its sort keys. So the walk goes on at the right place whatever has been
//! written since, even if that object is gone.

use super::order::Order;
use super::statement::Bound;
use crate::model::{Error, Query};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fnv::FnvHasher;
use serde_json::Value;
use std::hash::Hasher;

/// Changes when cursors of before can no longer be understood.
const VERSION: u64 = 1;

/// Where a page ended.
#[derive(Debug, PartialEq)]
pub struct Cursor {
    /// The keys of the last object, in the order of [`Order::keys`].
    pub keys: Vec<Bound>,
    /// Its row id.
    pub id: i64,
}

impl Cursor {
    pub fn encode(self, query: &Query) -> String {
        encode(query, std::iter::once(Bound::Integer(self.id)).chain(self.keys))
    }

    pub fn decode(text: &str, query: &Query, order: &Order) -> Result<Self, Error> {
        let mut keys = decode(text, query, order.keys.len() + 1)?.into_iter();
        match keys.next() {
            Some(Bound::Integer(id)) => Ok(Cursor {
                keys: keys.collect(),
                id,
            }),
            _ => Err(foreign()),
        }
    }
}

/// Writes what identifies the last object of a page and its keys.
pub fn encode(query: &Query, keys: impl IntoIterator<Item = Bound>) -> String {
    let mut parts = vec![Value::from(VERSION), Value::from(fingerprint(query))];
    parts.extend(keys.into_iter().map(Bound::into_json));
    URL_SAFE_NO_PAD.encode(Value::Array(parts).to_string())
}

/// Reads so many values back.
pub fn decode(text: &str, query: &Query, length: usize) -> Result<Vec<Bound>, Error> {
    parse(text, query)
        .filter(|keys| keys.len() == length)
        .ok_or_else(foreign)
}

fn parse(text: &str, query: &Query) -> Option<Vec<Bound>> {
    let json = URL_SAFE_NO_PAD.decode(text).ok()?;
    let Value::Array(parts) = serde_json::from_slice(&json).ok()? else {
        return None;
    };
    let [version, of, keys @ ..] = parts.as_slice() else {
        return None;
    };
    if version.as_u64() != Some(VERSION) || of.as_u64() != Some(fingerprint(query)) {
        return None;
    }
    keys.iter().map(Bound::from_json).collect()
}

fn foreign() -> Error {
    let message = "The cursor does not belong to this query: start again without one, and hand back what an answer gives with the \
                   same query.";
    Error::invalid("cursor", message)
}

/// Tells queries apart whose pages do not follow each other. What is shown of an object may change from page to page.
fn fingerprint(query: &Query) -> u64 {
    let Query {
        collection,
        filters,
        sort,
        actions,
        ..
    } = query;
    let mut hasher = FnvHasher::default();
    hasher.write(format!("{collection:?}{filters:?}{sort:?}{actions:?}").as_bytes());
    hasher.finish()
}

impl Bound {
    pub fn into_json(self) -> Value {
        match self {
            Bound::Null => Value::Null,
            Bound::Integer(value) => Value::from(value),
            Bound::Text(text) => Value::from(text),
        }
    }

    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Bound::Null),
            Value::Number(number) => number.as_i64().map(Bound::Integer),
            Value::String(text) => Some(Bound::Text(text.clone())),
            _ => None,
        }
    }
}
