//! Metadata of what a step of a workflow gets to see, as Dublin Core.

use crate::event::Event;
use lectern_data::model::Value;
use lectern_dublincore::Content;
use std::collections::BTreeMap;

/// The catalog of an event.
pub fn episode(event: &Event) -> String {
    lectern_dublincore::episode(|field| content(&event.fields, field))
}

/// The catalog of a series.
pub fn series(fields: &BTreeMap<String, Value>) -> String {
    lectern_dublincore::series(|field| content(fields, field))
}

fn content<'a>(fields: &'a BTreeMap<String, Value>, field: &str) -> Option<Content<'a>> {
    match fields.get(field)? {
        Value::Text(text) => Some(Content::Text(text)),
        Value::Texts(texts) => Some(Content::Texts(texts)),
        Value::Number(number) => Some(Content::Number(*number)),
        Value::None | Value::Flag(_) | Value::Document(_) => None,
    }
}
