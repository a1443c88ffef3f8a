//! How catalogs are written.

use serde_json::{Map, Value as Json};

use super::document::{Document, EXTENDED, kept};
use super::input::{CatalogInput, Entry, is_blank, must_not_be_empty};
use super::pattern::Pattern;
use super::read::{Content, Form};
use super::{Catalog, Catalogs, Field, Kept, Kind};
use crate::api::{Assignment, Error, Reason, Value, assign};
use crate::{Problem, date, json};

/// What a client wants of catalogs, checked as far as that is possible without knowing the object.
#[derive(Debug, Clone)]
pub struct Changes<'a> {
    main: &'static Catalog<'static>,
    assignments: Vec<Assignment>,
    /// The merge patch for the document of extended metadata.
    extended: Map<String, Json>,
    start: Start<'a>,
    /// Fields that may not be changed: they must hold what the client says.
    unchanged: Vec<Unchanged<'a>>,
}

/// A field that may not be changed, and what the client says about it.
#[derive(Debug, Clone)]
struct Unchanged<'a> {
    /// The catalog, if it is an extended one.
    extended: Option<&'a str>,
    field: Field<'a>,
    entry: Entry,
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
    /// Checks catalogs and their fields. A field that its catalog does not have is refused with the status `unknown`, a catalog that is
    /// not there with 400; of several entries for the same field the last counts.
    pub(super) fn of(catalogs: &'a Catalogs, inputs: &[CatalogInput], unknown: u16) -> Result<Changes<'a>, Problem> {
        let mut changes = Changes {
            main: catalogs.main_catalog(),
            assignments: Vec::new(),
            extended: Map::new(),
            start: Start::default(),
            unchanged: Vec::new(),
        };
        for (position, input) in inputs.iter().enumerate() {
            let is_same = |other: &&CatalogInput| other.flavor == input.flavor;
            if inputs.iter().take(position).any(|other| is_same(&other)) {
                continue;
            }
            let catalog = catalogs.get(&input.flavor).ok_or_else(|| {
                Problem::bad_request(format!("There is no metadata catalog with flavor '{}'.", input.flavor))
                    .at_body(format!("{}/flavor", input.pointer))
            })?;
            let entries: Vec<&Entry> = inputs.iter().filter(is_same).flat_map(|input| &input.entries).collect();
            changes.add_catalog(&catalog, &entries, unknown)?;
        }
        Ok(changes)
    }

    fn add_catalog(&mut self, catalog: &Catalog<'a>, entries: &[&Entry], unknown: u16) -> Result<(), Problem> {
        if catalog.kept == Kept::Document {
            // A catalog without fields is there all the same.
            self.extended
                .insert(catalog.flavor.to_owned(), Json::Object(Map::new()));
        }
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
                self.add(catalog, *field, entry)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, catalog: &Catalog<'a>, field: Field<'a>, entry: &Entry) -> Result<(), Problem> {
        let is_extended = catalog.kept == Kept::Document;
        if field.required && is_blank(&entry.value) {
            return Err(must_not_be_empty(&entry.id, &entry.pointer));
        }
        if field.read_only {
            self.unchanged.push(Unchanged {
                extended: is_extended.then_some(catalog.flavor),
                field,
                entry: entry.clone(),
            });
            return Ok(());
        }
        let refused = |expected: &str| refused(entry, expected);
        let text = plain(&entry.value);
        let is_empty = text.trim().is_empty();
        let value = match field.kind {
            Kind::Text | Kind::LongText | Kind::OrderedText => content(checked(entry, text)?),
            Kind::JoinedText => {
                let text = match list(&entry.value) {
                    Some(texts) => texts.join(","),
                    // Under its other name the field takes the joined text, too.
                    None if Some(entry.id.as_str()) == field.alias => text,
                    None => return Err(refused("a list of texts")),
                };
                content(checked(entry, text)?)
            }
            Kind::MixedText | Kind::IterableText => {
                let texts = list(&entry.value).ok_or_else(|| refused("a list of texts"))?;
                let texts: Result<Vec<_>, _> = texts.into_iter().map(|text| checked(entry, text)).collect();
                let texts = texts?;
                if texts.is_empty() {
                    Value::None
                } else {
                    Value::Texts(texts)
                }
            }
            // An empty date, time or duration leaves what is there, as no object can be without; an extended one goes.
            Kind::StartDate | Kind::StartTime | Kind::Duration | Kind::Date if is_empty && !is_extended => {
                return Ok(());
            }
            Kind::Duration | Kind::Date | Kind::Time if is_empty => Value::None,
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
                let at = field.pattern.and_then(|pattern| Pattern(pattern).parse(&text));
                let at = at.or_else(|| date::parse_instant(&text));
                let at = at.or_else(|| date::parse_date(&text).map(date::midnight));
                let expected = || match field.pattern {
                    Some(pattern) => format!("a point in time in the form {pattern}"),
                    None => "a point in time like 2018-03-19T16:30:00Z".to_owned(),
                };
                Value::Number(at.ok_or_else(|| refused(&expected()))?)
            }
            Kind::Time => {
                let at = field.pattern.and_then(|pattern| Pattern(pattern).parse(&text));
                let at = at.or_else(|| date::parse_minute(&text));
                Value::Number(at.ok_or_else(|| refused("a time like 16:30"))?.rem_euclid(date::DAY))
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
        if !is_extended {
            self.assignments.push(assign(field.content, value));
        } else if let Some(Json::Object(fields)) = self.extended.get_mut(catalog.flavor) {
            fields.insert(field.content.to_owned(), kept(field.kind, value));
        }
        Ok(())
    }

    /// Takes out what the client says about a field that may not be changed but may be chosen when an object is created.
    pub fn take_choice(&mut self, id: &str) -> Option<String> {
        let is_chosen = |unchanged: &Unchanged<'_>| unchanged.extended.is_none() && unchanged.field.id == id;
        let position = self.unchanged.iter().position(is_chosen)?;
        let Unchanged { entry, .. } = self.unchanged.remove(position);
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
        let content = |unchanged: &Unchanged<'a>| match unchanged.extended {
            Some(_) => EXTENDED,
            None => unchanged.field.content,
        };
        let mut contents: Vec<&str> = self.unchanged.iter().map(content).collect();
        if self.start.date.is_some() || self.start.time.is_some() {
            contents.extend([self.start.content, "created"]);
        }
        contents.sort_unstable();
        contents.dedup();
        contents
    }

    /// The assignments for a new object. A date without a time means midnight, a time without a date makes no sense.
    pub fn for_new(self) -> Result<Vec<Assignment>, Problem> {
        if let Some(claim) = self.unchanged.iter().find(|claim| !is_blank(&claim.entry.value)) {
            return Err(claim.refused());
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
        if let Some(claim) = self.unchanged.iter().find(|claim| !claim.holds(current)) {
            return Err(claim.refused());
        }
        Ok(self.clone().merged(current))
    }

    /// The problem with changes that the host refused: names the field as the client knows it.
    pub fn refused(&self, error: Error) -> Problem {
        let field = self.main.fields.iter().find(|field| field.content == error.subject);
        match field {
            Some(field) if error.reason == Reason::Invalid => {
                let message = format!("The metadata field '{}' is refused. {}", field.id, error.message);
                Problem::bad_request(message).at_body("metadata")
            }
            _ => Problem::from(error),
        }
    }

    fn merged(mut self, current: &Current<'_>) -> Vec<Assignment> {
        if !self.extended.is_empty() {
            let patch = Json::Object(std::mem::take(&mut self.extended)).to_string();
            self.assignments.push(assign(EXTENDED, Value::Document(patch)));
        }
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

impl Unchanged<'_> {
    /// Whether the client says what the object holds.
    fn holds(&self, current: &Current<'_>) -> bool {
        let field = &self.field;
        match self.extended {
            None => self.is_shown(current(field.content).unwrap_or(&Value::None)),
            Some(flavor) => {
                let document = Document::of(current(EXTENDED));
                let value = document.value(flavor, field.content, field.kind);
                self.is_shown(&value.unwrap_or(Value::None))
            }
        }
    }

    /// Whether this value is shown as the client says, in one of the forms.
    fn is_shown(&self, value: &Value) -> bool {
        let claimed = &self.entry.value;
        [Form::Own, Form::Embedded].into_iter().any(|form| {
            let content = Content {
                kind: self.field.kind,
                value,
                form,
                pattern: self.field.pattern,
            };
            serde_json::to_value(content).is_ok_and(|shown| shown == *claimed || plain(&shown) == plain(claimed))
        })
    }

    fn refused(&self) -> Problem {
        Problem::bad_request(format!("The metadata field '{}' is read-only.", self.field.id))
            .at_body(format!("{}/value", self.entry.pointer))
    }
}

/// Text, or nothing if it is empty.
fn content(text: String) -> Value {
    if text.is_empty() {
        Value::None
    } else {
        Value::Text(text)
    }
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
    if text.contains(|letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err(refused(entry, "text without control characters"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
