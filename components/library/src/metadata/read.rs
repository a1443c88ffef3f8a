//! How catalogs are shown.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::document::Document;
use super::pattern::Pattern;
use super::{Catalog, Catalogs, EXTENDED, Field, Kept, Kind};
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

/// Catalogs made ready to be shown for many objects: what is the same for all of them is written down once per answer.
pub struct Layouts {
    main: Layout,
    extended: Vec<Layout>,
    /// The position of the document of extended metadata in the query.
    document: Option<usize>,
}

/// A catalog made ready to be shown.
struct Layout {
    flavor: String,
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
    pattern: Option<String>,
    place: Place,
}

/// Where the content of a field is.
enum Place {
    /// At this position in the query; it is not asked for if none.
    Column(Option<usize>),
    /// Under this name in the document.
    Document(String),
}

/// The content of an object.
struct Contents<'a> {
    values: &'a [Value],
    document: Document,
    is_locked: bool,
}

impl Layouts {
    /// The layouts of catalogs in a query for these fields. What the query leaves out is shown as empty.
    pub(super) fn new(catalogs: &Catalogs, fields: &[&str], form: Form) -> Layouts {
        Layouts {
            main: Layout::new(catalogs.main_catalog(), fields, form),
            // There is but one form of them.
            extended: catalogs
                .extended()
                .map(|catalog| Layout::new(&catalog, fields, Form::Embedded))
                .collect(),
            document: fields.iter().position(|field| *field == EXTENDED),
        }
    }

    /// Writes a list with the catalogs of the object with these values. A locked object, which is being processed, has only
    /// read-only fields, and its catalogs say why.
    pub fn write_catalogs(&self, values: &[Value], is_locked: bool, text: &mut Vec<u8>) {
        let contents = self.contents(values, is_locked);
        text.push(b'[');
        self.main.write(&contents, text);
        for layout in &self.extended {
            text.push(b',');
            layout.write(&contents, text);
        }
        text.push(b']');
    }

    /// Writes a list with the fields that the object with these values has in one catalog; false if there is no such catalog.
    pub fn write_fields(&self, flavor: &str, values: &[Value], is_locked: bool, text: &mut Vec<u8>) -> bool {
        let mut layouts = std::iter::once(&self.main).chain(&self.extended);
        let layout = layouts.find(|layout| layout.flavor == flavor);
        if let Some(layout) = layout {
            layout.write_fields(&self.contents(values, is_locked), text);
        }
        layout.is_some()
    }

    fn contents<'a>(&self, values: &'a [Value], is_locked: bool) -> Contents<'a> {
        Contents {
            values,
            document: Document::of(self.document.and_then(|position| values.get(position))),
            is_locked,
        }
    }
}

impl Layout {
    fn new(catalog: &Catalog<'_>, fields: &[&str], form: Form) -> Layout {
        let shown = catalog
            .fields
            .iter()
            .filter(|field| field.kind != Kind::StartTime || form == Form::Own);
        Layout {
            flavor: catalog.flavor.to_owned(),
            head: unclosed(&CatalogHead {
                flavor: catalog.flavor,
                title: catalog.title,
            }),
            fields: shown
                .map(|field| Prepared::new(field, catalog.kept, fields, form))
                .collect(),
            form,
        }
    }

    fn write(&self, contents: &Contents<'_>, text: &mut Vec<u8>) {
        text.extend_from_slice(&self.head);
        if contents.is_locked {
            text.extend_from_slice(br#","locked":"EVENTS.EVENTS.DETAILS.METADATA.LOCKED.RUNNING""#);
        }
        text.extend_from_slice(br#","fields":"#);
        self.write_fields(contents, text);
        text.push(b'}');
    }

    fn write_fields(&self, contents: &Contents<'_>, text: &mut Vec<u8>) {
        text.push(b'[');
        for (position, field) in self.fields.iter().enumerate() {
            if position > 0 {
                text.push(b',');
            }
            text.extend_from_slice(&field.head);
            let read_only = field.read_only || contents.is_locked;
            text.extend_from_slice(if read_only { b"true" } else { b"false" });
            text.extend_from_slice(br#","value":"#);
            let value = match &field.place {
                Place::Column(column) => column.and_then(|column| contents.values.get(column)).map(Cow::Borrowed),
                Place::Document(name) => contents.document.value(&self.flavor, name, field.kind).map(Cow::Owned),
            };
            let content = Content {
                kind: field.kind,
                value: value.as_deref().unwrap_or(&Value::None),
                form: self.form,
                pattern: field.pattern.as_deref(),
            };
            write_json(&content, text);
            text.push(b'}');
        }
        text.push(b']');
    }
}

impl Prepared {
    fn new(field: &Field<'_>, kept: Kept, fields: &[&str], form: Form) -> Prepared {
        let mut head = unclosed(&FieldHead {
            id: field.id,
            label: field.label,
            r#type: type_name(field.kind, form),
            required: field.required,
            translatable: field.translatable,
            delimiter: field.delimiter,
        });
        head.extend_from_slice(br#","readOnly":"#);
        Prepared {
            head,
            kind: field.kind,
            read_only: field.read_only,
            pattern: field.pattern.map(str::to_owned),
            place: match kept {
                Kept::Fields => Place::Column(fields.iter().position(|known| *known == field.content)),
                Kept::Document => Place::Document(field.content.to_owned()),
            },
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
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter: Option<&'a str>,
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
        (Kind::Text | Kind::OrderedText | Kind::JoinedText | Kind::IterableText | Kind::Duration, _) => "text",
        (Kind::LongText, _) => "text_long",
        (Kind::MixedText, _) => "mixed_text",
        (Kind::Date | Kind::StartDate, _) => "date",
        (Kind::StartTime | Kind::Time, _) => "time",
        (Kind::Boolean, _) => "boolean",
        (Kind::Long, _) => "number",
    }
}

/// The content of a field.
pub(super) struct Content<'a> {
    pub(super) kind: Kind,
    pub(super) value: &'a Value,
    pub(super) form: Form,
    pub(super) pattern: Option<&'a str>,
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let (Some(pattern), Value::Number(at)) = (self.pattern, self.value) {
            return serializer.serialize_str(&Pattern(pattern).format(*at));
        }
        match (self.kind, self.value) {
            (Kind::MixedText | Kind::IterableText, Value::Texts(texts)) => texts.serialize(serializer),
            (Kind::MixedText | Kind::IterableText, Value::Text(text)) => {
                serializer.collect_seq(text.split(',').filter(|piece| !piece.trim().is_empty()))
            }
            (Kind::JoinedText, Value::Texts(texts)) => texts.serialize(serializer),
            (Kind::JoinedText, Value::Text(text)) => serializer.collect_seq(pieces(text)),
            (Kind::MixedText | Kind::IterableText | Kind::JoinedText, _) => {
                serializer.collect_seq(std::iter::empty::<&str>())
            }
            (Kind::Duration, Value::Number(length)) => Duration(*length).serialize(serializer),
            (Kind::Duration, Value::None) => Duration(0).serialize(serializer),
            (Kind::StartDate, Value::Number(at)) if self.form == Form::Own => Written::Date(*at).serialize(serializer),
            (Kind::Date | Kind::StartDate, Value::Number(at)) => Written::Millisecond(*at).serialize(serializer),
            (Kind::StartTime | Kind::Time, Value::Number(at)) => Written::Minute(*at).serialize(serializer),
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
