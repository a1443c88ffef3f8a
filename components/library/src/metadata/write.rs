//! How catalogs are written.

use serde_json::Value as Json;

use super::input::{Entry, is_blank, must_not_be_empty};
use super::read::{Content, Form};
use super::{Catalog, Field, Kind};
use crate::api::{Assignment, Error, Reason, Value, assign, assign_text};
use crate::{Problem, date, json};

/// What a client wants of a catalog, checked as far as that is possible without knowing the object.
#[derive(Debug, Clone)]
pub struct Changes<'a> {
    catalog: &'a Catalog<'a>,
    assignments: Vec<Assignment>,
    start: Start<'a>,
    /// Fields that may not be changed: they must hold what the client says.
    unchanged: Vec<(&'a Field<'a>, Entry)>,
}

/// A new start, as a date, a time of day or both.
#[derive(Debug, Clone, Default)]
struct Start<'a> {
    content: &'a str,
    /// Midnight.
    date: Option<i64>,
    /// Milliseconds since midnight.
    time: Option<i64>,
}

/// The object that is to be changed: its values by the name of their field.
pub type Current<'a> = dyn Fn(&str) -> Option<&'a Value> + 'a;

impl<'a> Changes<'a> {
    /// Checks the fields of one catalog. A field that the catalog does not have is refused with the status `unknown`; of
    /// several entries for the same field the last counts.
    pub fn of(catalog: &'a Catalog<'a>, entries: &[Entry], unknown: u16) -> Result<Changes<'a>, Problem> {
        let mut changes = Changes {
            catalog,
            assignments: Vec::new(),
            start: Start::default(),
            unchanged: Vec::new(),
        };
        let mut fields = Vec::with_capacity(entries.len());
        for entry in entries {
            fields.push(catalog.field(&entry.id).ok_or_else(|| {
                Problem::new(
                    unknown,
                    format!(
                        "Cannot find a metadata field with id '{}' in the catalog with flavor '{}'.",
                        entry.id, catalog.flavor
                    ),
                )
                .at_body(format!("{}/id", entry.pointer))
            })?);
        }
        for (position, (field, entry)) in fields.iter().zip(entries).enumerate() {
            let is_repeated = fields.iter().skip(position + 1).any(|later| later.id == field.id);
            if !is_repeated {
                changes.add(field, entry)?;
            }
        }
        Ok(changes)
    }

    fn add(&mut self, field: &'a Field<'a>, entry: &Entry) -> Result<(), Problem> {
        if field.required && is_blank(&entry.value) {
            return Err(must_not_be_empty(&entry.id, &entry.pointer));
        }
        if field.read_only {
            self.unchanged.push((field, entry.clone()));
            return Ok(());
        }
        let refused = |expected: &str| refused(entry, expected);
        let text = plain(&entry.value);
        let is_empty = text.trim().is_empty();
        let value = match field.kind {
            Kind::Text | Kind::LongText | Kind::OrderedText => {
                self.assignments.push(assign_text(field.content, checked(entry, text)?));
                return Ok(());
            }
            Kind::JoinedText => {
                let text = match list(&entry.value) {
                    Some(texts) => texts.join(","),
                    // Under its other name the field takes the joined text, too.
                    None if Some(entry.id.as_str()) == field.alias => text,
                    None => return Err(refused("a list of texts")),
                };
                self.assignments.push(assign_text(field.content, checked(entry, text)?));
                return Ok(());
            }
            Kind::MixedText => {
                let texts = list(&entry.value).ok_or_else(|| refused("a list of texts"))?;
                let texts: Result<Vec<_>, _> = texts.into_iter().map(|text| checked(entry, text)).collect();
                let texts = texts?;
                if texts.is_empty() {
                    Value::None
                } else {
                    Value::Texts(texts)
                }
            }
            // An empty date, time or duration leaves what is there.
            Kind::StartDate | Kind::StartTime | Kind::Duration | Kind::Date if is_empty => return Ok(()),
            Kind::StartDate => {
                self.start.content = field.content;
                if let Some(day) = date::parse_date(&text) {
                    self.start.date = Some(date::midnight(day));
                } else {
                    let at = date::parse_instant(&text).ok_or_else(|| refused("a date like 2018-03-19"))?;
                    self.start.date = Some(at - at.rem_euclid(date::DAY));
                    self.start.time.get_or_insert(at.rem_euclid(date::DAY));
                }
                return Ok(());
            }
            Kind::StartTime => {
                self.start.content = field.content;
                self.start.time = Some(date::parse_minute(&text).ok_or_else(|| refused("a time like 16:30"))?);
                return Ok(());
            }
            Kind::Date => {
                let at = date::parse_instant(&text).or_else(|| date::parse_date(&text).map(date::midnight));
                Value::Number(at.ok_or_else(|| refused("a point in time like 2018-03-19T16:30:00Z"))?)
            }
            Kind::Duration => {
                Value::Number(date::parse_duration(&text).ok_or_else(|| refused("a duration like 01:30:00"))?)
            }
            Kind::Boolean if is_empty => Value::None,
            Kind::Boolean => match text.trim().to_ascii_lowercase().as_str() {
                "true" => Value::Flag(true),
                "false" => Value::Flag(false),
                _ => return Err(refused("true or false")),
            },
            Kind::Long if is_empty => Value::None,
            Kind::Long => Value::Number(text.trim().parse().map_err(|_| refused("a whole number"))?),
        };
        self.assignments.push(assign(field.content, value));
        Ok(())
    }

    /// Takes out what the client says about a field that may not be changed but may be chosen when an object is created.
    pub fn take_choice(&mut self, id: &str) -> Option<String> {
        let position = self.unchanged.iter().position(|(field, _)| field.id == id)?;
        let (_, entry) = self.unchanged.remove(position);
        Some(plain(&entry.value)).filter(|text| !text.trim().is_empty())
    }

    /// Whether a field gets content.
    pub fn sets(&self, content: &str) -> bool {
        self.assignments.iter().any(|assignment| assignment.field == content)
    }

    /// Whether the object must be known before it can be changed.
    pub fn depend_on_object(&self) -> bool {
        !self.unchanged.is_empty() || self.start.date.is_some() != self.start.time.is_some()
    }

    /// The fields that must be known before the object can be changed.
    pub fn dependencies(&self) -> Vec<&'a str> {
        let mut contents: Vec<&str> = self.unchanged.iter().map(|(field, _)| field.content).collect();
        if self.start.date.is_some() || self.start.time.is_some() {
            contents.extend([self.start.content, "created"]);
        }
        contents.sort_unstable();
        contents.dedup();
        contents
    }

    /// The assignments for a new object. A date without a time means midnight, a time without a date makes no sense.
    pub fn for_new(self) -> Result<Vec<Assignment>, Problem> {
        if let Some((field, entry)) = self.unchanged.iter().find(|(_, entry)| !is_blank(&entry.value)) {
            return Err(read_only(field, entry));
        }
        if self.start.date.is_none() && self.start.time.is_some() {
            return Err(
                Problem::bad_request("The metadata field 'startTime' needs 'startDate' next to it.")
                    .at_body("metadata"),
            );
        }
        Ok(self.merged(&|_| None))
    }

    /// The assignments for an existing object.
    pub fn for_existing(&self, current: &Current<'_>) -> Result<Vec<Assignment>, Problem> {
        for (field, entry) in &self.unchanged {
            if !is_content(field, current(field.content).unwrap_or(&Value::None), &entry.value) {
                return Err(read_only(field, entry));
            }
        }
        Ok(self.clone().merged(current))
    }

    /// The problem with changes that the host refused: names the field as the client knows it.
    pub fn refused(&self, error: Error) -> Problem {
        let field = self.catalog.fields.iter().find(|field| field.content == error.subject);
        match field {
            Some(field) if error.reason == Reason::Invalid => {
                let message = format!("The metadata field '{}' is refused. {}", field.id, error.message);
                Problem::bad_request(message).at_body("metadata")
            }
            _ => Problem::from(error),
        }
    }

    fn merged(mut self, current: &Current<'_>) -> Vec<Assignment> {
        let known = |content: &str| match current(content) {
            Some(Value::Number(at)) => Some(*at),
            _ => None,
        };
        // An event without a start is shown as starting when it was created.
        let start = known(self.start.content).or_else(|| known("created")).unwrap_or(0);
        let time_of_day = start.rem_euclid(date::DAY);
        let merged = match (self.start.date, self.start.time) {
            (None, None) => return self.assignments,
            (date, time) => date.unwrap_or(start - time_of_day) + time.unwrap_or(time_of_day),
        };
        self.assignments.push(assign(self.start.content, Value::Number(merged)));
        // Upstream keeps the two equal, and clients read either.
        self.assignments.push(assign("created", Value::Number(merged)));
        self.assignments
    }
}

/// Whether a field is shown with this value in one of its forms.
fn is_content(field: &Field<'_>, value: &Value, claimed: &Json) -> bool {
    [Form::Own, Form::Embedded].into_iter().any(|form| {
        let content = Content {
            kind: field.kind,
            value,
            form,
        };
        serde_json::to_value(content).is_ok_and(|shown| shown == *claimed || plain(&shown) == plain(claimed))
    })
}

fn read_only(field: &Field<'_>, entry: &Entry) -> Problem {
    Problem::bad_request(format!("The metadata field '{}' is read-only.", field.id))
        .at_body(format!("{}/value", entry.pointer))
}

fn refused(entry: &Entry, expected: &str) -> Problem {
    Problem::bad_request(format!("The metadata field '{}' must be {expected}.", entry.id))
        .at_body(format!("{}/value", entry.pointer))
}

/// A value as text: everything that is not text already becomes its JSON, and null becomes nothing.
fn plain(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A list of texts, or a text that holds one.
fn list(value: &Json) -> Option<Vec<String>> {
    let texts = |elements: &[Json]| {
        elements
            .iter()
            .map(plain)
            .filter(|text| !text.trim().is_empty())
            .collect()
    };
    match value {
        Json::Array(elements) => Some(texts(elements)),
        Json::String(text) => match json::parse(text) {
            Ok(Json::Array(elements)) => Some(texts(&elements)),
            _ => None,
        },
        _ => None,
    }
}

/// Text that can be stored, searched and exported.
fn checked(entry: &Entry, text: String) -> Result<String, Problem> {
    if text.contains('\0') {
        return Err(refused(entry, "text without null characters"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
