//! Metadata as clients send it: fields `[{"id", "value"}]`, or catalogs `[{"flavor", "fields"}]`.

use serde_json::Value;

use crate::Problem;
use crate::form::read_json;

/// A field's new content.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The field.
    pub id: String,
    /// The content; null if there is none.
    pub value: Value,
    /// Where it stands in the body: `metadata/0`.
    pub pointer: String,
}

/// New content of several fields of a catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogInput {
    /// The catalog.
    pub flavor: String,
    /// The fields.
    pub entries: Vec<Entry>,
    /// Where it stands in the body.
    pub pointer: String,
}

/// Reads fields from a form field. There must be at least one.
pub fn parse_entries(field: &str, text: &str) -> Result<Vec<Entry>, Problem> {
    let entries = entries(&read_json(field, text)?, field)?;
    if entries.is_empty() {
        return Err(Problem::bad_request(format!("The form field '{field}' names no metadata field.")).at_body(field));
    }
    Ok(entries)
}

/// Reads catalogs from a form field. Members that are not known are ignored.
pub fn parse_catalogs(field: &str, text: &str) -> Result<Vec<CatalogInput>, Problem> {
    let Value::Array(catalogs) = read_json(field, text)? else {
        return Err(
            Problem::bad_request(format!("The form field '{field}' must be a list of catalogs.")).at_body(field),
        );
    };
    let catalogs = catalogs.iter().enumerate();
    catalogs
        .map(|(position, value)| catalog(value, format!("{field}/{position}")))
        .collect()
}

/// Reads a flavor, `type/subtype`; letter case does not count.
pub fn parse_flavor(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (kind, subtype) = text.split_once('/')?;
    let is_flavor = !kind.trim().is_empty() && !subtype.trim().is_empty() && !subtype.contains('/');
    is_flavor.then_some(text)
}

fn catalog(value: &Value, pointer: String) -> Result<CatalogInput, Problem> {
    let flavor = value
        .get("flavor")
        .and_then(Value::as_str)
        .and_then(parse_flavor)
        .ok_or_else(|| {
            Problem::bad_request("A metadata catalog needs a 'flavor' like 'dublincore/episode'.")
                .at_body(format!("{pointer}/flavor"))
        })?;
    let fields = value.get("fields").ok_or_else(|| {
        Problem::bad_request(format!("The metadata catalog '{flavor}' needs 'fields'."))
            .at_body(format!("{pointer}/fields"))
    })?;
    Ok(CatalogInput {
        entries: entries(fields, &format!("{pointer}/fields"))?,
        flavor,
        pointer,
    })
}

fn entries(value: &Value, pointer: &str) -> Result<Vec<Entry>, Problem> {
    let Value::Array(entries) = value else {
        return Err(Problem::bad_request(format!(
            "'{pointer}' must be a list of metadata fields like {{\"id\": \"title\", \"value\": \"…\"}}."
        ))
        .at_body(pointer));
    };
    entries
        .iter()
        .enumerate()
        .map(|(position, value)| entry(value, format!("{pointer}/{position}")))
        .collect()
}

fn entry(value: &Value, pointer: String) -> Result<Entry, Problem> {
    let id = value
        .get("id")
        .and_then(Value::as_str)
        .filter(|id| !id.trim().is_empty())
        .ok_or_else(|| {
            Problem::bad_request("Each of the metadata fields needs an 'id' that is text.")
                .at_body(format!("{pointer}/id"))
        })?;
    let content = value.get("value").cloned().unwrap_or_default();
    // Clients may send whole fields back; what they call required themselves must not be empty.
    if value.get("required") == Some(&Value::Bool(true)) && is_blank(&content) {
        return Err(must_not_be_empty(id, &pointer));
    }
    Ok(Entry {
        id: id.to_owned(),
        value: content,
        pointer,
    })
}

/// Whether a value has no content.
pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(elements) => elements.iter().all(is_blank),
        _ => false,
    }
}

/// A required field is empty.
pub(super) fn must_not_be_empty(id: &str, pointer: &str) -> Problem {
    Problem::bad_request(format!("The metadata field '{id}' is required and must not be empty."))
        .at_body(format!("{pointer}/value"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_read_in_their_order() {
        let entries = parse_entries(
            "metadata",
            r#"[{"id":"title","value":"a","label":"x"},{"id":"subjects","value":["b"]},]"#,
        )
        .unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[0].id.as_str(), &entries[0].value), ("title", &json!("a")));
        assert_eq!((entries[1].id.as_str(), &entries[1].value), ("subjects", &json!(["b"])));
        assert_eq!(entries[1].pointer, "metadata/1");
    }

    #[test]
    fn catalogs_are_read_with_members_that_do_not_matter() {
        let text =
            r#"[{"label":"x","title":"y","flavor":" DublinCore/Episode ","fields":[{"id":"title","value":null}]}]"#;
        let catalogs = parse_catalogs("metadata", text).unwrap();
        assert_eq!(catalogs[0].flavor, "dublincore/episode");
        assert_eq!(catalogs[0].entries[0].value, Value::Null);
        assert_eq!(catalogs[0].entries[0].pointer, "metadata/0/fields/0");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let fields = [
            ("{}", "#/metadata"),
            ("[]", "#/metadata"),
            ("[1]", "#/metadata/0/id"),
            (r#"[{"id":"a"},{"value":1}]"#, "#/metadata/1/id"),
            (r#"[{"id":"a","value":"","required":true}]"#, "#/metadata/0/value"),
        ];
        for (text, pointer) in fields {
            let problem = parse_entries("metadata", text).unwrap_err();
            assert_eq!(problem.status, 400, "{text}");
            assert_eq!(problem.part, Some(crate::Part::Body(pointer.to_owned())), "{text}");
        }
        let catalogs = [
            ("{}", "#/metadata"),
            ("[7]", "#/metadata/0/flavor"),
            (r#"[{"flavor":"dublincore","fields":[]}]"#, "#/metadata/0/flavor"),
            (r#"[{"flavor":"a/b"}]"#, "#/metadata/0/fields"),
            (r#"[{"flavor":"a/b","fields":{}}]"#, "#/metadata/0/fields"),
            (r#"[{"flavor":"a/b","fields":[{"id":""}]}]"#, "#/metadata/0/fields/0/id"),
        ];
        for (text, pointer) in catalogs {
            let problem = parse_catalogs("metadata", text).unwrap_err();
            assert_eq!(problem.status, 400, "{text}");
            assert_eq!(problem.part, Some(crate::Part::Body(pointer.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_flavor_has_exactly_a_type_and_a_subtype() {
        assert_eq!(
            parse_flavor(" DublinCore/Series ").as_deref(),
            Some("dublincore/series")
        );
        for text in ["", "a", "/", "a/", "/b", "a/b/c"] {
            assert_eq!(parse_flavor(text), None, "{text}");
        }
    }
}
