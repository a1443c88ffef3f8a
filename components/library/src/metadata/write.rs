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
mod tests {
    use serde_json::json;

    use super::*;
    use crate::metadata::{EPISODE, SERIES, parse_entries};

    fn changes(value: Json) -> Result<Changes<'static>, Problem> {
        let entries = parse_entries("metadata", &value.to_string())?;
        Changes::of(&EPISODE, &entries, 404)
    }

    fn new(value: Json) -> Vec<Assignment> {
        changes(value).unwrap().for_new().unwrap()
    }

    fn text(field: &str, text: &str) -> Assignment {
        assign_text(field, text.to_owned())
    }

    fn number(field: &str, number: i64) -> Assignment {
        assign(field, Value::Number(number))
    }

    fn refusal(value: Json) -> Problem {
        changes(value).and_then(Changes::for_new).unwrap_err()
    }

    #[test]
    fn text_is_written_as_it_is_and_everything_else_as_its_text() {
        assert_eq!(
            new(json!([
                {"id": "title", "value": " Captivating title "},
                {"id": "description", "value": 5},
                {"id": "source", "value": true},
                {"id": "location", "value": ["a"]},
            ])),
            [
                text("title", " Captivating title "),
                text("description", "5"),
                text("source", "true"),
                text("location", "[\"a\"]")
            ]
        );
    }

    #[test]
    fn null_and_empty_text_clear_a_field() {
        assert_eq!(
            new(json!([{"id": "description", "value": null}, {"id": "source", "value": ""}, {"id": "location"}])),
            [
                assign("description", Value::None),
                assign("source", Value::None),
                assign("location", Value::None)
            ]
        );
    }

    #[test]
    fn lists_are_written_as_lists() {
        assert_eq!(
            new(
                json!([{"id": "creator", "value": ["Prof. X", "Who, Dr."]}, {"id": "contributor", "value": "[\"A\", 5]"}])
            ),
            [
                assign(
                    "presenter",
                    Value::Texts(vec!["Prof. X".to_owned(), "Who, Dr.".to_owned()])
                ),
                assign("contributor", Value::Texts(vec!["A".to_owned(), "5".to_owned()])),
            ]
        );
        assert_eq!(
            new(json!([{"id": "creator", "value": []}])),
            [assign("presenter", Value::None)]
        );
    }

    #[test]
    fn a_list_field_takes_nothing_but_a_list() {
        for value in [json!("Prof. X"), json!(""), json!(null), json!(5)] {
            let problem = refusal(json!([{"id": "creator", "value": value}]));
            assert_eq!(problem.status, 400);
            assert!(problem.message.contains("'creator'"), "{}", problem.message);
        }
    }

    #[test]
    fn subjects_take_a_list_and_subject_takes_both() {
        let joined = [text("subject", "Space,Final Frontier")];
        assert_eq!(
            new(json!([{"id": "subjects", "value": ["Space", "Final Frontier"]}])),
            joined
        );
        assert_eq!(
            new(json!([{"id": "subject", "value": ["Space", "Final Frontier"]}])),
            joined
        );
        assert_eq!(new(json!([{"id": "subject", "value": "Space,Final Frontier"}])), joined);
        assert_eq!(refusal(json!([{"id": "subjects", "value": "Space"}])).status, 400);
    }

    #[test]
    fn of_several_entries_for_a_field_the_last_counts() {
        assert_eq!(
            new(
                json!([{"id": "title", "value": "a"}, {"id": "subjects", "value": ["x"]}, {"id": "title", "value": "b"}, {"id": "subject", "value": "y"}])
            ),
            [text("title", "b"), text("subject", "y")]
        );
    }

    #[test]
    fn date_and_time_make_the_start_and_created_follows() {
        let start = 1_466_602_200_000;
        let expected = [number("start", start), number("created", start)];
        let time = json!({"id": "startTime", "value": "13:30:00Z"});
        let date = json!({"id": "startDate", "value": "2016-06-22"});
        assert_eq!(new(json!([time, date])), expected);
        assert_eq!(new(json!([date, time])), expected);
        assert_eq!(
            new(json!([{"id": "startDate", "value": "2016-06-22T13:30:00.000Z"}])),
            expected
        );
    }

    #[test]
    fn a_new_object_starts_at_midnight_without_a_time_and_never_without_a_date() {
        let midnight = 1_466_553_600_000;
        assert_eq!(
            new(json!([{"id": "startDate", "value": "2016-06-22"}])),
            [number("start", midnight), number("created", midnight)]
        );
        assert_eq!(refusal(json!([{"id": "startTime", "value": "13:30"}])).status, 400);
    }

    #[test]
    fn a_date_alone_keeps_the_time_and_a_time_alone_keeps_the_date() {
        let current = |field: &str| (field == "start").then_some(&Value::Number(1_466_602_200_000));
        let merged = |value: Json| changes(value).unwrap().for_existing(&current).unwrap();
        assert_eq!(
            merged(json!([{"id": "startDate", "value": "2016-06-23"}]))[0],
            number("start", 1_466_688_600_000)
        );
        assert_eq!(
            merged(json!([{"id": "startTime", "value": "00:00"}]))[0],
            number("start", 1_466_553_600_000)
        );
        assert!(
            changes(json!([{"id": "startTime", "value": "00:00"}]))
                .unwrap()
                .depend_on_object()
        );
        assert!(
            !changes(json!([{"id": "title", "value": "a"}]))
                .unwrap()
                .depend_on_object()
        );
    }

    #[test]
    fn an_empty_date_time_or_duration_changes_nothing() {
        assert_eq!(
            new(
                json!([{"id": "startDate", "value": ""}, {"id": "startTime", "value": null}, {"id": "duration", "value": ""}])
            ),
            []
        );
    }

    #[test]
    fn a_date_time_or_duration_that_is_none_is_refused_by_name() {
        for (id, value) in [
            ("startDate", "tomorrow"),
            ("startTime", "noon"),
            ("duration", "long"),
            ("duration", "30:00"),
            ("startDate", "99999999999-01-01"),
        ] {
            let problem = refusal(json!([{"id": id, "value": value}]));
            assert_eq!(problem.status, 400);
            assert!(problem.message.contains(id), "{}", problem.message);
        }
    }

    #[test]
    fn a_duration_is_written_in_hours_minutes_and_seconds() {
        assert_eq!(
            new(json!([{"id": "duration", "value": "1:30:00"}])),
            [number("duration", 5_400_000)]
        );
    }

    #[test]
    fn an_unknown_field_is_refused_by_name_with_the_status_of_the_call() {
        let entries = parse_entries(
            "metadata",
            r#"[{"id":"title","value":"a"},{"id":"colour","value":"red"}]"#,
        )
        .unwrap();
        for status in [400, 404] {
            let problem = Changes::of(&EPISODE, &entries, status).unwrap_err();
            assert_eq!(problem.status, status);
            assert!(problem.message.contains("'colour'"), "{}", problem.message);
            assert_eq!(problem.part, Some(crate::Part::Body("#/metadata/1/id".to_owned())));
        }
    }

    #[test]
    fn a_required_field_must_not_be_emptied() {
        for value in [json!(""), json!(" "), json!(null), json!([])] {
            let problem = refusal(json!([{"id": "title", "value": value}]));
            assert!(problem.message.contains("'title'"), "{}", problem.message);
        }
    }

    #[test]
    fn a_read_only_field_may_be_sent_unchanged_in_either_form() {
        let current = |field: &str| match field {
            "created" => Some(&Value::Number(1_466_602_200_000)),
            _ => None,
        };
        for (id, value) in [("created", "2016-06-22T13:30:00.000Z"), ("publisher", "")] {
            let changes = changes(json!([{"id": id, "value": value}])).unwrap();
            assert!(changes.depend_on_object());
            assert_eq!(changes.for_existing(&current).unwrap(), []);
        }
        let problem = changes(json!([{"id": "publisher", "value": "me"}]))
            .unwrap()
            .for_existing(&current)
            .unwrap_err();
        assert_eq!(problem.status, 400);
        assert!(problem.message.contains("'publisher'"), "{}", problem.message);
    }

    #[test]
    fn a_new_object_takes_no_read_only_content_except_what_may_be_chosen() {
        assert_eq!(refusal(json!([{"id": "publisher", "value": "me"}])).status, 400);
        assert_eq!(new(json!([{"id": "publisher", "value": ""}])), []);
        let entries = parse_entries("metadata", r#"[{"id":"identifier","value":"my-series"}]"#).unwrap();
        let mut changes = Changes::of(&SERIES, &entries, 400).unwrap();
        assert_eq!(changes.take_choice("identifier").as_deref(), Some("my-series"));
        assert_eq!(changes.for_new().unwrap(), []);
    }

    #[test]
    fn null_characters_are_refused() {
        assert_eq!(refusal(json!([{"id": "title", "value": "a\u{0}b"}])).status, 400);
        assert_eq!(refusal(json!([{"id": "creator", "value": ["a\u{0}b"]}])).status, 400);
    }
}
