//! HTML forms in request bodies: `application/x-www-form-urlencoded` and `multipart/form-data`, whatever the method.

pub mod multipart;
pub(crate) mod token;

use std::io::{self, Read};

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::{Problem, json};
use multipart::Multipart;

/// How many bytes of text a form may hold.
pub const TEXT_LIMIT: usize = 4 * 1024 * 1024;

/// How many text fields a form may have.
const FIELDS: usize = 1000;

/// The text fields of a form, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    fields: Vec<(String, String)>,
    /// Of names and texts together.
    bytes: usize,
}

impl Form {
    /// Reads a body. Files are passed over, whatever field they claim to be.
    pub fn read(content_type: Option<&str>, mut body: Box<dyn Read + Send>) -> Result<Form, Problem> {
        match content_type.map(|content_type| (content_type, media_type(content_type))) {
            Some((_, media_type)) if media_type == "application/x-www-form-urlencoded" => urlencoded(&mut body),
            Some((content_type, media_type)) if media_type == "multipart/form-data" => {
                let mut form = Form::default();
                let mut parts = Multipart::new(content_type, body)?;
                while let Some(mut part) = parts.part()? {
                    if part.file_name().is_none() {
                        form.add(&mut part)?;
                    }
                }
                Ok(form)
            }
            // No body needs no type.
            None if read_up_to(&mut body, 0)?.is_some() => Ok(Form::default()),
            _ => Err(unsupported()),
        }
    }

    /// Adds a text part of a multipart body.
    pub fn add(&mut self, part: &mut multipart::Part<'_>) -> Result<(), Problem> {
        let name = part.name().to_owned();
        let text = part.text(TEXT_LIMIT.saturating_sub(self.bytes))?;
        self.push(name, text)
    }

    fn push(&mut self, name: String, text: String) -> Result<(), Problem> {
        if self.fields.len() >= FIELDS {
            return Err(Problem::new(
                413,
                format!("The form has more than the {FIELDS} fields allowed."),
            ));
        }
        self.bytes += name.len() + text.len();
        self.fields.push((name, text));
        Ok(())
    }

    /// The text of a field; of several with the same name the first.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, text)| text.as_str())
    }

    /// The text of a field that is there and not blank.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|text| !text.trim().is_empty())
    }

    /// The text of a field that must be there and not be blank.
    pub fn required(&self, name: &str) -> Result<&str, Problem> {
        self.filled(name)
            .ok_or_else(|| Problem::bad_request(format!("The form field '{name}' is missing or empty.")).at_body(name))
    }

    /// All fields, name and text, in the order in which they were sent.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Whether a field says `true`, in whatever case.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
    }
}

/// Reads the text of a form field as JSON.
pub fn read_json(field: &str, text: &str) -> Result<Value, Problem> {
    json::parse(text).map_err(|malformed| {
        Problem::bad_request(format!("The form field '{field}' is not valid JSON: {malformed}.")).at_body(field)
    })
}

fn urlencoded(body: &mut dyn Read) -> Result<Form, Problem> {
    let bytes = read_up_to(body, TEXT_LIMIT)?.ok_or_else(|| too_large("The form"))?;
    let text = String::from_utf8(bytes).map_err(|_| not_utf8("The form"))?;
    let mut form = Form::default();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        form.push(decode(name)?, decode(value)?)?;
    }
    Ok(form)
}

fn decode(text: &str) -> Result<String, Problem> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8();
    Ok(decoded.map_err(|_| not_utf8("The form"))?.into_owned())
}

/// Reads to the end, or gives none if there is more than `limit`.
fn read_up_to(body: &mut dyn Read, limit: usize) -> Result<Option<Vec<u8>>, Problem> {
    let mut bytes = Vec::new();
    let read = body
        .take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(interrupted)?;
    Ok((read <= limit).then_some(bytes))
}

/// The media type without parameters, in lower case.
fn media_type(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Whether a body is `multipart/form-data`.
pub fn is_multipart(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|content_type| media_type(content_type) == "multipart/form-data")
}

/// Whether a body is a form.
pub(crate) fn is_form(content_type: &str) -> bool {
    ["application/x-www-form-urlencoded", "multipart/form-data"].contains(&media_type(content_type).as_str())
}

fn unsupported() -> Problem {
    Problem::new(
        415,
        "The body must be a form: 'application/x-www-form-urlencoded' or 'multipart/form-data'.",
    )
    .at_header("content-type")
}

fn too_large(what: &str) -> Problem {
    Problem::new(
        413,
        format!(
            "{what} holds more text than the {} MiB allowed.",
            TEXT_LIMIT / 1024 / 1024
        ),
    )
}

fn not_utf8(what: &str) -> Problem {
    Problem::bad_request(format!("{what} is not encoded in UTF-8."))
}

fn interrupted(_: io::Error) -> Problem {
    Problem::bad_request("The body ended before it was complete.")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn read(content_type: Option<&str>, body: impl Into<Vec<u8>>) -> Result<Form, Problem> {
        Form::read(content_type, Box::new(Cursor::new(body.into())))
    }

    const URLENCODED: Option<&str> = Some("application/x-www-form-urlencoded; charset=UTF-8");

    #[test]
    fn urlencoded_fields_are_decoded() {
        let form = read(URLENCODED, "acl=%5B%5D&metadata=M%C3%BCller+%26+S%C3%B6hne&empty=&name").unwrap();
        assert_eq!(form.get("acl"), Some("[]"));
        assert_eq!(form.get("metadata"), Some("Müller & Söhne"));
        assert_eq!(form.get("empty"), Some(""));
        assert_eq!(form.get("name"), Some(""));
        assert_eq!(form.get("absent"), None);
    }

    #[test]
    fn an_absent_and_a_blank_field_are_both_missing() {
        let form = read(URLENCODED, "acl=++").unwrap();
        for name in ["acl", "metadata"] {
            let problem = form.required(name).unwrap_err();
            assert_eq!(problem.status, 400);
            assert!(problem.message.contains(name));
        }
    }

    #[test]
    fn other_types_of_bodies_are_not_supported() {
        for content_type in [Some("application/json"), Some("text/plain"), Some(""), None] {
            assert_eq!(read(content_type, "{}").unwrap_err().status, 415, "{content_type:?}");
        }
    }

    #[test]
    fn no_body_needs_no_type() {
        assert_eq!(read(None, "").unwrap(), Form::default());
    }

    #[test]
    fn text_that_is_not_utf8_is_a_bad_request() {
        assert_eq!(read(URLENCODED, "a=%FF").unwrap_err().status, 400);
        assert_eq!(read(URLENCODED, vec![b'a', b'=', 0xFF]).unwrap_err().status, 400);
    }

    #[test]
    fn too_much_text_is_too_large() {
        let body = format!("a={}", "x".repeat(TEXT_LIMIT));
        assert_eq!(read(URLENCODED, body).unwrap_err().status, 413);
    }

    #[test]
    fn broken_json_is_a_bad_request_naming_field_and_place() {
        let problem = read_json("acl", "[{'role': 1}]").unwrap_err();
        assert_eq!(problem.status, 400);
        assert!(problem.message.contains("'acl'"), "{}", problem.message);
        assert!(problem.message.contains("line 1, column 3"), "{}", problem.message);
    }

    proptest! {
        #[test]
        fn any_urlencoded_body_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(URLENCODED, body);
        }

        #[test]
        fn what_is_encoded_is_read(fields in prop::collection::vec((".+", ".*"), 0..4)) {
            let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            prop_assert_eq!(read(URLENCODED, body).unwrap().fields, fields);
        }
    }
}
