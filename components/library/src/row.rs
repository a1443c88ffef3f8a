//! The values of a query's fields, and how they look in the API's objects.

use serde::{Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::api::Value;
use crate::date::Written;
use crate::metadata::pieces;
use crate::openapi;

/// The position of a field in a query; beyond its end if it is not there. For constants.
pub const fn column(fields: &[&str], name: &str) -> usize {
    let mut position = 0;
    let mut rest = fields;
    while let [field, tail @ ..] = rest {
        if same(field.as_bytes(), name.as_bytes()) {
            return position;
        }
        position += 1;
        rest = tail;
    }
    usize::MAX
}

const fn same(mut left: &[u8], mut right: &[u8]) -> bool {
    loop {
        match (left, right) {
            ([], []) => return true,
            ([first, left_tail @ ..], [second, right_tail @ ..]) if *first == *second => {
                left = left_tail;
                right = right_tail;
            }
            _ => return false,
        }
    }
}

/// The values of one object.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a>(pub &'a [Value]);

impl<'a> Row<'a> {
    /// A text; empty if there is none.
    pub fn text(self, column: usize) -> &'a str {
        match self.0.get(column) {
            Some(Value::Text(text) | Value::Document(text)) => text,
            _ => "",
        }
    }

    /// Several texts.
    pub fn texts(self, column: usize) -> &'a [String] {
        match self.0.get(column) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// A number.
    pub fn number(self, column: usize) -> Option<i64> {
        match self.0.get(column) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// Yes or no; no if nothing is known.
    pub fn flag(self, column: usize) -> bool {
        matches!(self.0.get(column), Some(Value::Flag(true)))
    }
}

/// A point in time, `2018-03-19T16:11:48Z`; empty text if it is not known.
pub struct Moment(pub Option<i64>);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(at) => Written::Second(at).serialize(serializer),
            None => serializer.serialize_str(""),
        }
    }
}

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        openapi::moment()
    }
}

impl ToSchema for Moment {}

/// A list that is kept as one text, joined by commas.
pub struct Joined<'a>(pub &'a str);

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(pieces(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name() {
        const FIELDS: &[&str] = &["title", "subject", "subjects"];
        assert_eq!(column(FIELDS, "subjects"), 2);
        assert_eq!(column(FIELDS, "sub"), usize::MAX);
    }

    #[test]
    fn what_is_not_there_is_empty() {
        let row = Row(&[]);
        assert_eq!(
            (row.text(0), row.texts(1), row.number(2), row.flag(usize::MAX)),
            ("", &[][..], None, false)
        );
        assert_eq!(serde_json::to_string(&Moment(None)).unwrap(), "\"\"");
    }

    #[test]
    fn a_joined_list_is_trimmed_and_has_no_empty_pieces() {
        assert_eq!(
            serde_json::to_string(&Joined(" Space, Final Frontier,,")).unwrap(),
            r#"["Space","Final Frontier"]"#
        );
        assert_eq!(serde_json::to_string(&Joined("")).unwrap(), "[]");
    }
}
