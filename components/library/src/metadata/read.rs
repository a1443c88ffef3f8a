//! How catalogs are shown.

use serde::ser::{Serialize, SerializeSeq, SerializeStruct, Serializer};

use super::{Catalog, Field, Kind};
use crate::api::Value;
use crate::date::{Duration, Written};

/// The two forms in which upstream shows the same catalog; clients are shaped by both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `…/metadata`: date and time of the start are two fields, ordered text is plain text.
    Own,
    /// `withmetadata=true`: the start date is a whole point in time and there is no start time.
    Embedded,
}

/// Where the columns of a query have the content of a catalog's fields: worked out once per answer.
pub struct Layout<'a> {
    catalog: Catalog<'a>,
    columns: Vec<Option<usize>>,
}

impl<'a> Layout<'a> {
    /// The layout of a catalog in a query for these fields. What the query leaves out is shown as empty.
    pub fn new(catalog: &Catalog<'a>, fields: &[&str]) -> Layout<'a> {
        let column = |field: &Field<'_>| fields.iter().position(|known| *known == field.content);
        Layout {
            columns: catalog.fields.iter().map(column).collect(),
            catalog: catalog.clone(),
        }
    }
}

/// A catalog of one object: flavor, title and fields.
pub struct Shown<'a> {
    /// The fields.
    pub fields: ShownFields<'a>,
}

/// The fields of a catalog of one object.
#[derive(Clone, Copy)]
pub struct ShownFields<'a> {
    /// The catalog.
    pub layout: &'a Layout<'a>,
    /// The object's values, in the order of the query.
    pub values: &'a [Value],
    /// The form.
    pub form: Form,
    /// Whether the object is locked while it is processed: then every field is read-only and the catalog says why.
    pub is_locked: bool,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ShownFields { layout, is_locked, .. } = self.fields;
        let mut catalog = serializer.serialize_struct("Catalog", if is_locked { 4 } else { 3 })?;
        catalog.serialize_field("flavor", layout.catalog.flavor)?;
        catalog.serialize_field("title", layout.catalog.title)?;
        if is_locked {
            catalog.serialize_field("locked", "EVENTS.EVENTS.DETAILS.METADATA.LOCKED.RUNNING")?;
        }
        catalog.serialize_field("fields", &self.fields)?;
        catalog.end()
    }
}

impl Serialize for ShownFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_seq(None)?;
        for (field, column) in self.layout.catalog.fields.iter().zip(&self.layout.columns) {
            if field.kind == Kind::StartTime && self.form == Form::Embedded {
                continue;
            }
            let value = column
                .and_then(|column| self.values.get(column))
                .unwrap_or(&Value::None);
            fields.serialize_element(&ShownField {
                field,
                content: Content {
                    kind: field.kind,
                    value,
                    form: self.form,
                },
                read_only: field.read_only || self.is_locked,
            })?;
        }
        fields.end()
    }
}

struct ShownField<'a> {
    field: &'a Field<'a>,
    content: Content<'a>,
    read_only: bool,
}

impl Serialize for ShownField<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let field = self.field;
        let members = if field.translatable.is_some() { 7 } else { 6 };
        let mut shown = serializer.serialize_struct("Field", members)?;
        shown.serialize_field("id", field.id)?;
        shown.serialize_field("readOnly", &self.read_only)?;
        shown.serialize_field("value", &self.content)?;
        shown.serialize_field("label", field.label)?;
        shown.serialize_field("type", type_name(field.kind, self.content.form))?;
        shown.serialize_field("required", &field.required)?;
        if let Some(translatable) = field.translatable {
            shown.serialize_field("translatable", &translatable)?;
        }
        shown.end()
    }
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
mod tests {
    use serde_json::json;

    use super::*;
    use crate::metadata::EPISODE;

    const FIELDS: &[&str] = &["title", "presenter", "start", "subject", "duration", "license"];

    fn shown(values: &[Value], form: Form, is_locked: bool) -> serde_json::Value {
        let layout = Layout::new(&EPISODE, FIELDS);
        let fields = ShownFields {
            layout: &layout,
            values,
            form,
            is_locked,
        };
        serde_json::to_value(Shown { fields }).unwrap()
    }

    fn field<'a>(catalog: &'a serde_json::Value, id: &str) -> Option<&'a serde_json::Value> {
        catalog["fields"]
            .as_array()
            .unwrap()
            .iter()
            .find(|field| field["id"] == id)
    }

    fn lecture() -> Vec<Value> {
        vec![
            Value::Text("Captivating title".to_owned()),
            Value::Texts(vec!["Prof. X".to_owned(), "Who, Dr.".to_owned()]),
            Value::Number(1_503_965_100_000),
            Value::Text("Space, Final Frontier".to_owned()),
            Value::Number(5_400_000),
            Value::Text("CC-BY".to_owned()),
        ]
    }

    #[test]
    fn a_field_tells_how_it_may_be_edited() {
        let catalog = shown(&lecture(), Form::Own, false);
        assert_eq!(catalog["flavor"], "dublincore/episode");
        assert_eq!(catalog["title"], "EVENTS.EVENTS.DETAILS.CATALOG.EPISODE");
        assert_eq!(
            field(&catalog, "title").unwrap(),
            &json!({
                "id": "title",
                "readOnly": false,
                "value": "Captivating title",
                "label": "EVENTS.EVENTS.DETAILS.METADATA.TITLE",
                "type": "text",
                "required": true
            })
        );
        assert_eq!(field(&catalog, "license").unwrap()["translatable"], true);
        assert_eq!(field(&catalog, "identifier").unwrap()["readOnly"], true);
    }

    #[test]
    fn a_catalog_of_its_own_splits_the_start_into_date_and_time() {
        let catalog = shown(&lecture(), Form::Own, false);
        assert_eq!(field(&catalog, "startDate").unwrap()["value"], "2017-08-29");
        assert_eq!(field(&catalog, "startTime").unwrap()["value"], "00:05");
        assert_eq!(field(&catalog, "startTime").unwrap()["type"], "time");
        assert_eq!(field(&catalog, "license").unwrap()["type"], "text");
    }

    #[test]
    fn an_embedded_catalog_has_the_whole_start_in_one_field() {
        let catalog = shown(&lecture(), Form::Embedded, false);
        assert_eq!(
            field(&catalog, "startDate").unwrap()["value"],
            "2017-08-29T00:05:00.000Z"
        );
        assert_eq!(field(&catalog, "startTime"), None);
        assert_eq!(field(&catalog, "license").unwrap()["type"], "ordered_text");
    }

    #[test]
    fn lists_are_never_joined_or_split() {
        for form in [Form::Own, Form::Embedded] {
            let catalog = shown(&lecture(), form, false);
            assert_eq!(
                field(&catalog, "creator").unwrap()["value"],
                json!(["Prof. X", "Who, Dr."])
            );
            assert_eq!(
                field(&catalog, "subjects").unwrap()["value"],
                json!(["Space", "Final Frontier"])
            );
        }
    }

    #[test]
    fn empty_fields_are_shown_with_the_empty_value_of_their_type() {
        let catalog = shown(&[], Form::Own, false);
        let value = |id| &field(&catalog, id).unwrap()["value"];
        assert_eq!(value("title"), "");
        assert_eq!(value("creator"), &json!([]));
        assert_eq!(value("subjects"), &json!([]));
        assert_eq!(value("startDate"), "");
        assert_eq!(value("startTime"), "");
        assert_eq!(value("duration"), "00:00:00");
    }

    #[test]
    fn durations_are_shown_as_hours_minutes_and_seconds() {
        assert_eq!(
            field(&shown(&lecture(), Form::Own, false), "duration").unwrap()["value"],
            "01:30:00"
        );
    }

    #[test]
    fn fields_come_in_their_order() {
        let catalog = shown(&lecture(), Form::Own, false);
        let ids: Vec<&str> = catalog["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field["id"].as_str().unwrap())
            .collect();
        assert_eq!(
            ids,
            [
                "title",
                "subjects",
                "description",
                "language",
                "rightsHolder",
                "license",
                "isPartOf",
                "creator",
                "contributor",
                "startDate",
                "startTime",
                "duration",
                "location",
                "source",
                "created",
                "publisher",
                "identifier"
            ]
        );
    }

    #[test]
    fn a_locked_catalog_is_read_only_and_says_why() {
        let catalog = shown(&lecture(), Form::Own, true);
        assert_eq!(catalog["locked"], "EVENTS.EVENTS.DETAILS.METADATA.LOCKED.RUNNING");
        assert!(
            catalog["fields"]
                .as_array()
                .unwrap()
                .iter()
                .all(|field| field["readOnly"] == true)
        );
    }

    #[test]
    fn flags_and_numbers_have_their_own_types() {
        let shown = |kind, value: &Value| {
            let content = Content {
                kind,
                value,
                form: Form::Own,
            };
            serde_json::to_value(content).unwrap()
        };
        assert_eq!(shown(Kind::Boolean, &Value::Flag(true)), json!(true));
        assert_eq!(shown(Kind::Boolean, &Value::None), json!(""));
        assert_eq!(shown(Kind::Long, &Value::Number(7)), json!("7"));
        assert_eq!(shown(Kind::Long, &Value::None), json!(""));
        assert_eq!(shown(Kind::Date, &Value::Number(0)), json!("1970-01-01T00:00:00.000Z"));
    }
}
