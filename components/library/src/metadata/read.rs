//! How catalogs are shown.

use serde::{Serialize, Serializer};

use super::{Catalog, Field, Kind};
use crate::api::Value;
use crate::date::{Duration, Written};
use crate::list::write_json;

/// The two forms in which upstream shows the same catalog; clients are shaped by both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `…/metadata`: date and time of the start are two fields, ordered text is plain text.
    Own,
    /// `withmetadata=true`: the start date is a whole point in time and there is no start time.
    Embedded,
}

/// A catalog made ready to be shown for many objects: what is the same for all of them is written down once per answer.
pub struct Layout {
    /// The catalog up to its fields.
    head: Vec<u8>,
    fields: Vec<Prepared>,
    form: Form,
}

/// A field made ready to be shown.
struct Prepared {
    /// Everything up to the value of `readOnly`.
    head: Vec<u8>,
    kind: Kind,
    read_only: bool,
    /// The position of the content in the query.
    column: Option<usize>,
}

impl Layout {
    /// The layout of a catalog in a query for these fields. What the query leaves out is shown as empty.
    pub fn new(catalog: &Catalog<'_>, fields: &[&str], form: Form) -> Layout {
        let shown = catalog
            .fields
            .iter()
            .filter(|field| field.kind != Kind::StartTime || form == Form::Own);
        Layout {
            head: unclosed(&CatalogHead {
                flavor: catalog.flavor,
                title: catalog.title,
            }),
            fields: shown.map(|field| Prepared::new(field, fields, form)).collect(),
            form,
        }
    }

    /// Writes a list with the catalog of the object with these values. A locked object, which is being processed, has only
    /// read-only fields, and its catalog says why.
    pub fn write_catalogs(&self, values: &[Value], is_locked: bool, text: &mut Vec<u8>) {
        text.push(b'[');
        text.extend_from_slice(&self.head);
        if is_locked {
            text.extend_from_slice(br#","locked":"EVENTS.EVENTS.DETAILS.METADATA.LOCKED.RUNNING""#);
        }
        text.extend_from_slice(br#","fields":"#);
        self.write_fields(values, is_locked, text);
        text.extend_from_slice(b"}]");
    }

    /// Writes a list with the fields of the object with these values.
    pub fn write_fields(&self, values: &[Value], is_locked: bool, text: &mut Vec<u8>) {
        for (position, field) in self.fields.iter().enumerate() {
            text.push(if position == 0 { b'[' } else { b',' });
            text.extend_from_slice(&field.head);
            let read_only = field.read_only || is_locked;
            text.extend_from_slice(if read_only { b"true" } else { b"false" });
            text.extend_from_slice(br#","value":"#);
            let value = field.column.and_then(|column| values.get(column));
            let content = Content {
                kind: field.kind,
                value: value.unwrap_or(&Value::None),
                form: self.form,
            };
            write_json(&content, text);
            text.push(b'}');
        }
        text.push(b']');
    }
}

impl Prepared {
    fn new(field: &Field<'_>, fields: &[&str], form: Form) -> Prepared {
        let mut head = unclosed(&FieldHead {
            id: field.id,
            label: field.label,
            r#type: type_name(field.kind, form),
            required: field.required,
            translatable: field.translatable,
        });
        head.extend_from_slice(br#","readOnly":"#);
        Prepared {
            head,
            kind: field.kind,
            read_only: field.read_only,
            column: fields.iter().position(|known| *known == field.content),
        }
    }
}

#[derive(Serialize)]
struct CatalogHead<'a> {
    flavor: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
struct FieldHead<'a> {
    id: &'a str,
    label: &'a str,
    r#type: &'a str,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    translatable: Option<bool>,
}

/// An object as JSON without its closing brace, so that members can be added.
fn unclosed(object: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::new();
    write_json(object, &mut text);
    text.pop();
    text
}

fn type_name(kind: Kind, form: Form) -> &'static str {
    match (kind, form) {
        (Kind::OrderedText, Form::Embedded) => "ordered_text",
        (Kind::Text | Kind::OrderedText | Kind::JoinedText | Kind::Duration, _) => "text",
        (Kind::LongText, _) => "text_long",
        (Kind::MixedText, _) => "mixed_text",
        (Kind::Date | Kind::StartDate, _) => "date",
        (Kind::StartTime, _) => "time",
        (Kind::Boolean, _) => "boolean",
        (Kind::Long, _) => "number",
    }
}

/// The content of a field.
pub(super) struct Content<'a> {
    pub(super) kind: Kind,
    pub(super) value: &'a Value,
    pub(super) form: Form,
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.kind, self.value) {
            (Kind::MixedText, Value::Texts(texts)) => texts.serialize(serializer),
            (Kind::MixedText, Value::Text(text)) => {
                serializer.collect_seq(text.split(',').filter(|piece| !piece.trim().is_empty()))
            }
            (Kind::JoinedText, Value::Texts(texts)) => texts.serialize(serializer),
            (Kind::JoinedText, Value::Text(text)) => serializer.collect_seq(pieces(text)),
            (Kind::MixedText | Kind::JoinedText, _) => serializer.collect_seq(std::iter::empty::<&str>()),
            (Kind::Duration, Value::Number(length)) => Duration(*length).serialize(serializer),
            (Kind::Duration, _) => Duration(0).serialize(serializer),
            (Kind::StartDate, Value::Number(at)) if self.form == Form::Own => Written::Date(*at).serialize(serializer),
            (Kind::Date | Kind::StartDate, Value::Number(at)) => Written::Millisecond(*at).serialize(serializer),
            (Kind::StartTime, Value::Number(at)) => Written::Minute(*at).serialize(serializer),
            (_, Value::None) => serializer.serialize_str(""),
            (_, Value::Text(text) | Value::Document(text)) => serializer.serialize_str(text),
            (_, Value::Texts(texts)) => serializer.serialize_str(&texts.join(", ")),
            (_, Value::Number(number)) => serializer.collect_str(number),
            (Kind::Boolean, Value::Flag(flag)) => serializer.serialize_bool(*flag),
            (_, Value::Flag(flag)) => serializer.collect_str(flag),
        }
    }
}

/// The pieces of a text that is a list joined by commas.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|piece| !piece.is_empty())
}

#[cfg(test)]
mod tests;
