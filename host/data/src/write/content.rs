//! Content: what handlers may assign, and what columns it becomes.

use crate::collection::{Collection, Field, Kind, Place, Shape, Sort};
use crate::model::{AccessEntry, Assignment, Error, Value};
use crate::sql::Param;
use serde_json::Value as Json;

/// How long an identifier may be, in bytes.
const IDENTIFIER: usize = 255;

/// How long one text may be, in bytes: far more than any description, far less than what would hold up other requests.
const TEXT: usize = 1 << 20;

/// How many entries an access list may have, and how long the names in it may be.
const ENTRIES: usize = 10_000;
const NAME: usize = 1000;

/// The points in time that a calendar can name: 100 million days around 1970.
const TIME: i64 = 8_640_000_000_000_000;

/// What a change assigns to a row.
#[derive(Debug, Default)]
pub struct Content {
    columns: Vec<(&'static str, Cell)>,
    /// The elements of fields that are looked up by them.
    pub terms: Vec<(&'static Field, Vec<String>)>,
    /// The identifier of the series, or that there is none.
    pub series: Option<Option<String>>,
    /// Whether the search text is affected.
    pub searched: bool,
}

#[derive(Debug)]
enum Cell {
    Null,
    Integer(i64),
    Text(String),
    /// A merge patch to the document that is there.
    Patch(String),
}

/// A column and what is assigned to it.
#[derive(Debug)]
pub struct Column<'c>(&'static str, &'c Cell);

impl<'c> Column<'c> {
    pub fn name(&self) -> &'static str {
        self.0
    }

    pub fn param(&self) -> Param<'c> {
        match self.1 {
            Cell::Null => Param::Null,
            Cell::Integer(number) => Param::Integer(*number),
            Cell::Text(text) | Cell::Patch(text) => Param::Text(text),
        }
    }

    pub fn is_patch(&self) -> bool {
        matches!(self.1, Cell::Patch(_))
    }

    /// The value for a new row.
    pub fn insert(&self) -> &'static str {
        if self.is_patch() { "json_patch('{}', ?)" } else { "?" }
    }

    /// The assignment to a row that is there.
    pub fn update(&self) -> String {
        let name = self.0;
        if self.is_patch() {
            format!("{name} = json_patch(ifnull({name}, '{{}}'), ?)")
        } else {
            format!("{name} = ?")
        }
    }
}

impl Content {
    /// Checks assignments. Of several to one field the last holds.
    pub fn new(collection: &'static Collection, assignments: &[Assignment]) -> Result<Self, Error> {
        let mut content = Content::default();
        for Assignment { field: name, value } in assignments {
            let field = collection
                .field(name)
                .ok_or_else(|| Error::invalid(name, format!("There is no field {name:?}.")))?;
            if !field.writable {
                return Err(Error::invalid(name, format!("The field {name:?} cannot be assigned.")));
            }
            content.assign(field, value)?;
        }
        Ok(content)
    }

    fn assign(&mut self, field: &'static Field, value: &Value) -> Result<(), Error> {
        self.searched |= field.searched;
        check_value(field, value)?;
        match (field.place, value) {
            (Place::Series(_), Value::Text(series)) => self.series = Some(Some(series.clone())),
            (Place::Series(_), _) => self.series = Some(None),
            (Place::Own(column), Value::Text(text)) => self.put(column, text.clone()),
            (Place::Own(column), Value::Number(number)) => self.set(column, Cell::Integer(*number)),
            (Place::Own(column), Value::Texts(texts)) => {
                let texts = texts.iter().filter(|text| !text.is_empty()).cloned().collect();
                self.put_texts(field, column, texts);
            }
            (Place::Own(column), Value::Document(json)) => self.set(column, Cell::Patch(json.clone())),
            (Place::Own(column), Value::None) if field.kind == Kind::Texts => {
                self.put_texts(field, column, Vec::new());
            }
            (Place::Own(column), Value::None) => self.set(column, Cell::Null),
            (Place::Own(column), Value::Flag(flag)) => self.set(column, Cell::Integer((*flag).into())),
            (Place::Apart { .. } | Place::SearchText | Place::Expression(_), _) => {}
        }
        Ok(())
    }

    /// Gives a field content, also one that handlers may not assign.
    pub fn put_field(&mut self, collection: &'static Collection, name: &str, value: &Value) -> Result<(), Error> {
        let field = collection
            .field(name)
            .ok_or_else(|| Error::fault(format!("there is no field {name:?}")))?;
        self.assign(field, value)
    }

    /// Gives a column a text; empty text is no content.
    pub fn put(&mut self, column: &'static str, text: String) {
        self.set(column, if text.is_empty() { Cell::Null } else { Cell::Text(text) });
    }

    /// Gives a column a number.
    pub fn put_number(&mut self, column: &'static str, number: i64) {
        self.set(column, Cell::Integer(number));
    }

    /// Gives a column the id of a row, or none.
    pub fn put_row(&mut self, column: &'static str, id: Option<i64>) {
        self.set(column, id.map_or(Cell::Null, Cell::Integer));
    }

    fn put_texts(&mut self, field: &'static Field, column: &'static str, texts: Vec<String>) {
        let json = if texts.is_empty() {
            String::new()
        } else {
            serde_json::json!(texts).to_string()
        };
        self.put(column, json);
        if let Sort::Extremes { first, last } = field.sort {
            self.put(first, texts.iter().min().cloned().unwrap_or_default());
            self.put(last, texts.iter().max().cloned().unwrap_or_default());
        }
        self.terms.retain(|(other, _)| other.name != field.name);
        self.terms.push((field, texts));
    }

    fn set(&mut self, column: &'static str, cell: Cell) {
        self.columns.retain(|(other, _)| *other != column);
        self.columns.push((column, cell));
    }

    /// The number assigned to a column.
    pub fn number(&self, column: &str) -> Option<i64> {
        self.columns
            .iter()
            .find(|(name, _)| *name == column)
            .and_then(|(_, cell)| match cell {
                Cell::Integer(number) => Some(*number),
                _ => None,
            })
    }

    /// The text assigned to a column; `None` if the column is not assigned at all.
    pub fn text(&self, column: &str) -> Option<&str> {
        self.columns
            .iter()
            .find(|(name, _)| *name == column)
            .map(|(_, cell)| match cell {
                Cell::Text(text) => text.as_str(),
                _ => "",
            })
    }

    /// How many bytes of text are assigned.
    pub fn bytes(&self) -> usize {
        let texts = self.columns.iter().map(|(_, cell)| match cell {
            Cell::Text(text) | Cell::Patch(text) => text.len(),
            Cell::Null | Cell::Integer(_) => 0,
        });
        texts.sum()
    }

    /// The columns and their content.
    pub fn columns(&self) -> impl Iterator<Item = Column<'_>> {
        self.columns.iter().map(|(name, cell)| Column(name, cell))
    }
}

/// Refuses content that a field cannot have. No content is something that every field can have.
pub fn check_value(field: &Field, value: &Value) -> Result<(), Error> {
    let expected = match (field.kind, value) {
        (_, Value::None) | (Kind::Flag, Value::Flag(_)) => return Ok(()),
        (Kind::Text, Value::Text(text)) => return check_text(field, text),
        (Kind::Number, Value::Number(number)) => return check_number(field, *number),
        (Kind::Texts, Value::Texts(texts)) => return texts.iter().try_for_each(|text| check_text(field, text)),
        (Kind::Document(shape), Value::Document(json)) => return check_document(field, shape, json),
        (Kind::Text, _) => "a text",
        (Kind::Texts, _) => "a list of texts",
        (Kind::Number, _) => "a number",
        (Kind::Flag, _) => "yes or no",
        (Kind::Document(_), _) => "a JSON document",
    };
    Err(Error::invalid(
        field.name,
        format!("The field {:?} takes {expected}.", field.name),
    ))
}

/// Identifiers are part of paths.
pub fn check_identifier(identifier: &str) -> Result<(), Error> {
    let fault = if identifier.is_empty() {
        "it is empty"
    } else if identifier.len() > IDENTIFIER {
        "it has more than 255 bytes"
    } else if identifier.contains('/') || identifier == "." || identifier == ".." {
        "it cannot be part of a path"
    } else if identifier.contains(char::is_control) {
        "it contains a control character"
    } else {
        return Ok(());
    };
    Err(Error::invalid(
        "identifier",
        format!("This cannot be an identifier: {fault}."),
    ))
}

/// Lists are kept as they are, but not everything is a list.
pub fn check_acl(acl: &[AccessEntry]) -> Result<(), Error> {
    if acl.len() > ENTRIES {
        return Err(Error::invalid(
            "acl",
            format!("An access list has at most {ENTRIES} entries."),
        ));
    }
    for name in acl.iter().flat_map(|entry| [&entry.role, &entry.action]) {
        if name.is_empty() || name.len() > NAME || name.contains(char::is_control) {
            let message = format!(
                "Roles and actions of an access list have 1 to {NAME} bytes and no control characters, unlike {:?}.",
                name.chars().take(100).collect::<String>()
            );
            return Err(Error::invalid("acl", message));
        }
    }
    Ok(())
}

/// No text and no document is longer than this, whatever it is made of.
pub fn check_length(field: &str, length: u64) -> Result<(), Error> {
    if length > TEXT as u64 {
        return Err(Error::invalid(
            field,
            format!("The content of {field:?} would have more than 1 MiB."),
        ));
    }
    Ok(())
}

fn check_document(field: &Field, shape: Shape, json: &str) -> Result<(), Error> {
    check_length(field.name, json.len() as u64)?;
    let document: Json = serde_json::from_str(json).map_err(|error| {
        Error::invalid(
            field.name,
            format!("The document for {:?} is not JSON: {error}.", field.name),
        )
    })?;
    let texts = match shape {
        Shape::Properties => properties(&document),
        Shape::Metadata => metadata(&document),
        Shape::Entries => entries(&document),
        Shape::Tracks | Shape::Publications | Shape::ShownPublications | Shape::Operations | Shape::Composed => None,
    };
    match texts {
        Some(texts) => texts.into_iter().try_for_each(|text| check_text(field, text)),
        None => {
            let expected = match shape {
                Shape::Properties => "an object of texts whose names are not empty",
                Shape::Metadata => {
                    "an object of catalogs whose fields are texts, lists of texts, whole numbers, true or false, or null"
                }
                Shape::Entries => {
                    "an array of objects with the text `contentId` and, if it is there already, the whole number `id`"
                }
                Shape::Tracks
                | Shape::Publications
                | Shape::ShownPublications
                | Shape::Operations
                | Shape::Composed => "left to the host",
            };
            Err(Error::invalid(
                field.name,
                format!("The document for {:?} must be {expected}.", field.name),
            ))
        }
    }
}

/// The names and the texts of properties, if that is what the document holds.
fn properties(document: &Json) -> Option<Vec<&str>> {
    let mut texts = Vec::new();
    for (name, value) in document.as_object()? {
        texts.extend([name.as_str(), value.as_str()?]);
        if name.is_empty() {
            return None;
        }
    }
    Some(texts)
}

/// The texts of a playlist's entries, if that is what the document holds.
fn entries(document: &Json) -> Option<Vec<&str>> {
    let entries = document.as_array()?.iter().map(|entry| {
        let id = entry.get("id").is_none_or(|id| id.is_null() || id.is_i64());
        entry
            .get("contentId")?
            .as_str()
            .filter(|content| id && !content.is_empty())
    });
    entries.collect()
}

/// The names and the texts of metadata catalogs, if that is what the document holds. In a patch null takes a catalog or a field out.
fn metadata(document: &Json) -> Option<Vec<&str>> {
    let mut texts = Vec::new();
    for (flavor, fields) in document.as_object()?.iter().filter(|(_, fields)| !fields.is_null()) {
        texts.push(flavor.as_str());
        for (name, value) in fields.as_object()? {
            texts.push(name);
            match value {
                Json::String(text) => texts.push(text),
                Json::Array(elements) => {
                    for element in elements {
                        texts.push(element.as_str()?);
                    }
                }
                Json::Number(number) if number.is_i64() => {}
                Json::Bool(_) | Json::Null => {}
                Json::Number(_) | Json::Object(_) => return None,
            }
        }
    }
    Some(texts)
}

fn check_text(field: &Field, text: &str) -> Result<(), Error> {
    check_plain(field.name, text)
}

/// Texts hold no control characters except those that arrange them.
pub fn check_plain(name: &str, text: &str) -> Result<(), Error> {
    let fault = if text.len() > TEXT {
        "more than 1 MiB"
    } else if text.contains(|letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        "a control character"
    } else {
        return Ok(());
    };
    Err(Error::invalid(name, format!("The text for {name:?} has {fault}.")))
}

fn check_number(field: &Field, number: i64) -> Result<(), Error> {
    let from = if field.name == "duration" { 0 } else { -TIME };
    if (from..=TIME).contains(&number) {
        return Ok(());
    }
    let message = format!(
        "The field {:?} takes numbers from {from} to {TIME}, not {number}.",
        field.name
    );
    Err(Error::invalid(field.name, message))
}
