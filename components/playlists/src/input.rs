//! What clients send: the form field `playlist`, a JSON object.

use lectern_handler::acl::{self, Allow};
use lectern_handler::api::{Acl, Assignment, Value, assign};
use lectern_handler::form::{Form, read_json};
use lectern_handler::{Context, Problem};
use serde_json::{Map, Value as Json, json};

/// The form field.
const FIELD: &str = "playlist";

/// A playlist as a client sends it. What it does not mention is none.
#[derive(Debug, Default)]
pub struct Input {
    pub id: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub creator: Option<String>,
    pub entries: Option<Vec<Entry>>,
    pub acl: Option<Acl>,
}

/// An entry as a client sends it. Of what type it is, the host finds out.
#[derive(Debug)]
pub struct Entry {
    /// None for a new one.
    pub id: Option<i64>,
    pub content: String,
}

impl Input {
    /// Reads the form field. The documents have the object within one with the single member `playlist`.
    pub fn read(form: &Form, context: &Context) -> Result<Input, Problem> {
        let Json::Object(mut members) = read_json(FIELD, form.required(FIELD)?)? else {
            return Err(Problem::bad_request(
                "The form field 'playlist' must be an object, such as {\"title\": \"…\"}.",
            )
            .at_body(FIELD));
        };
        if members.len() == 1
            && let Some(Json::Object(inner)) = members.get_mut(FIELD)
        {
            members = std::mem::take(inner);
        }
        Input::of(members, &context.session.organization().identifier)
    }

    fn of(members: Map<String, Json>, tenant: &str) -> Result<Input, Problem> {
        let mut input = Input::default();
        for (name, value) in members {
            match name.as_str() {
                "id" => input.id = text(&name, &value)?.filter(|id| !id.is_empty()),
                "title" => input.title = Some(text(&name, &value)?.unwrap_or_default()),
                "description" => input.description = Some(text(&name, &value)?.unwrap_or_default()),
                "creator" => input.creator = Some(text(&name, &value)?.unwrap_or_default()),
                "organization" => require_tenant(text(&name, &value)?, tenant)?,
                // The host knows when something has been changed.
                "updated" => {}
                "entries" => input.entries = list(value).map(|list| entries(&list)).transpose()?,
                "accessControlEntries" => {
                    input.acl = list(value).map(|list| access_control_entries(&list)).transpose()?;
                }
                _ => return Err(unknown(&name)),
            }
        }
        Ok(input)
    }

    /// The input for a new playlist, or to replace one: what it does not mention is empty.
    pub fn completed(self) -> Input {
        Input {
            id: self.id,
            title: self.title.or_else(|| Some(String::new())),
            description: self.description.or_else(|| Some(String::new())),
            creator: self.creator.or_else(|| Some(String::new())),
            entries: self.entries.or_else(|| Some(Vec::new())),
            acl: self.acl.or_else(|| Some(Acl::new())),
        }
    }

    /// Refuses entries with numbers, which only a playlist that is there has given.
    pub fn require_new_entries(&self) -> Result<(), Problem> {
        let entries = self.entries.iter().flatten();
        match entries.enumerate().find(|(_, entry)| entry.id.is_some()) {
            None => Ok(()),
            Some((position, _)) => Err(fault(
                &format!("entries/{position}/id"),
                "The entries of a new playlist have no 'id'.",
            )),
        }
    }

    /// What is assigned, at this time.
    pub fn assignments(&self, now: i64) -> Vec<Assignment> {
        let mut fields = vec![assign("updated", Value::Number(now))];
        for (name, text) in [
            ("title", &self.title),
            ("description", &self.description),
            ("creator", &self.creator),
        ] {
            if let Some(text) = text {
                let value = if text.is_empty() {
                    Value::None
                } else {
                    Value::Text(text.clone())
                };
                fields.push(assign(name, value));
            }
        }
        if let Some(entries) = &self.entries {
            let entry = |entry: &Entry| match entry.id {
                Some(id) => json!({ "id": id, "contentId": entry.content }),
                None => json!({ "contentId": entry.content }),
            };
            let document = Json::from_iter(entries.iter().map(entry)).to_string();
            fields.push(assign("entries", Value::Document(document)));
        }
        fields
    }
}

/// A list; a single value stands for a list of one. None for null.
fn list(value: Json) -> Option<Vec<Json>> {
    match value {
        Json::Null => None,
        Json::Array(list) => Some(list),
        single => Some(vec![single]),
    }
}

fn text(name: &str, value: &Json) -> Result<Option<String>, Problem> {
    match value {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text.clone())),
        _ => Err(fault(name, &format!("'{name}' must be text."))),
    }
}

/// A playlist belongs to the tenant that is asked, whatever it says.
fn require_tenant(organization: Option<String>, tenant: &str) -> Result<(), Problem> {
    match organization {
        Some(other) if other != tenant => Err(fault(
            "organization",
            &format!("A playlist belongs to the organization '{tenant}' here, not to '{other}'."),
        )),
        _ => Ok(()),
    }
}

fn entries(list: &[Json]) -> Result<Vec<Entry>, Problem> {
    let numbered = list.iter().enumerate();
    numbered
        .map(|(position, entry)| {
            self::entry(entry).map_err(|(member, message)| {
                let separator = if member.is_empty() { "" } else { "/" };
                fault(&format!("entries/{position}{separator}{member}"), &message)
            })
        })
        .collect()
}

/// Reads an entry, or gives the member at fault and what is wrong with it.
fn entry(entry: &Json) -> Result<Entry, (String, String)> {
    let wrong = |member: &str, message: &str| (member.to_owned(), message.to_owned());
    let members = entry
        .as_object()
        .ok_or_else(|| wrong("", "An entry must be an object with 'contentId' and 'type'."))?;
    let mut read = Entry {
        id: None,
        content: String::new(),
    };
    for (name, value) in members {
        match (name.as_str(), value) {
            ("id", Json::Null) => {}
            ("id", id) => {
                let id = id
                    .as_i64()
                    .ok_or_else(|| wrong(name, "The 'id' of an entry is a whole number."))?;
                read.id = Some(id).filter(|id| *id != 0);
            }
            ("contentId", Json::String(content)) if !content.trim().is_empty() => read.content.clone_from(content),
            ("contentId", _) => {
                return Err(wrong(
                    name,
                    "The 'contentId' of an entry is the identifier of an event.",
                ));
            }
            ("type", Json::Null) => {}
            // Clients send back what they have read.
            ("type", Json::String(kind)) if ["EVENT", "INACCESSIBLE"].contains(&kind.as_str()) => {}
            ("type", _) => return Err(wrong(name, "The 'type' of an entry is 'EVENT'.")),
            _ => return Err(wrong(name, &format!("An entry has no '{name}'."))),
        }
    }
    if read.content.is_empty() {
        return Err(wrong(
            "contentId",
            "An entry needs a 'contentId', the identifier of an event.",
        ));
    }
    Ok(read)
}

fn access_control_entries(list: &[Json]) -> Result<Acl, Problem> {
    let pointer = format!("{FIELD}/accessControlEntries");
    for (position, entry) in list.iter().enumerate() {
        let names = entry.as_object().into_iter().flat_map(Map::keys);
        for name in names {
            if !["id", "allow", "role", "action"].contains(&name.as_str()) {
                let message = format!("An entry of an access list has no '{name}'.");
                return Err(Problem::bad_request(message).at_body(format!("{pointer}/{position}/{name}")));
            }
        }
    }
    acl::read(&pointer, list, Allow::Required)
}

fn unknown(name: &str) -> Problem {
    fault(
        name,
        &format!(
            "A playlist has no '{name}'. It has: id, organization, title, description, creator, updated, entries, accessControlEntries."
        ),
    )
}

fn fault(pointer: &str, message: &str) -> Problem {
    Problem::bad_request(message).at_body(format!("{FIELD}/{pointer}"))
}
