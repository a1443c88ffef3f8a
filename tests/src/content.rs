//! Series, events and access lists as clients send them.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::client::Client;
use crate::form::{Encoding, Form};

/// A text that occurs nowhere else, as one word: `lecture-17q`.
pub fn unique(prefix: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(1);
    format!("{prefix}-{}q", COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// A role that nobody else has.
pub fn unique_role() -> String {
    unique("ROLE_T").replace('-', "_").to_uppercase()
}

/// A catalog: `fields` is an object of field ids and values.
pub fn catalog(flavor: &str, fields: &Value) -> Value {
    json!({ "flavor": flavor, "fields": values(fields) })
}

/// Fields and values as `PUT …/metadata` takes them.
pub fn values(fields: &Value) -> Value {
    let fields = fields.as_object().expect("an object of field ids and values");
    fields
        .iter()
        .map(|(id, value)| json!({ "id": id, "value": value }))
        .collect()
}

/// An access list that allows each role its action.
pub fn acl(entries: &[(&str, &str)]) -> Value {
    entries
        .iter()
        .map(|(role, action)| json!({ "role": role, "action": action, "allow": true }))
        .collect()
}

/// An access list by which a role may read and write.
pub fn owned_by(role: &str) -> Value {
    acl(&[(role, "read"), (role, "write")])
}

/// The form of `POST /api/series`.
pub fn series_form(fields: &Value, acl: &Value) -> Form {
    Form::new()
        .field("metadata", json!([catalog("dublincore/series", fields)]))
        .field("acl", acl)
}

/// The form of `POST /api/events`.
pub fn event_form(fields: &Value, acl: &Value) -> Form {
    Form::new()
        .field("metadata", json!([catalog("dublincore/episode", fields)]))
        .field("acl", acl)
        .field("processing", json!({ "workflow": "schedule-and-upload" }))
}

/// The form of `POST /api/events` for the recordings that a `scheduling` object asks for.
pub fn scheduled_form(fields: &Value, acl: &Value, scheduling: &Value) -> Form {
    event_form(fields, acl).field("scheduling", scheduling)
}

impl Client {
    /// Creates a series and returns its identifier.
    #[track_caller]
    pub fn create_series(&self, fields: Value, acl: &Value) -> String {
        let answer = self
            .post("/api/series")
            .form(&series_form(&fields, acl), Encoding::Urlencoded)
            .send();
        created(answer)
    }

    /// Creates an event and returns its identifier.
    #[track_caller]
    pub fn create_event(&self, fields: Value, acl: &Value) -> String {
        created(self.post("/api/events").multipart(&event_form(&fields, acl)).send())
    }

    /// An event as `GET /api/events/{id}` shows it.
    #[track_caller]
    pub fn event(&self, id: &str) -> Value {
        self.get(&format!("/api/events/{id}")).send().expect(200).json()
    }

    /// A series as `GET /api/series/{id}` shows it.
    #[track_caller]
    pub fn series(&self, id: &str) -> Value {
        self.get(&format!("/api/series/{id}")).send().expect(200).json()
    }
}

#[track_caller]
fn created(answer: Answer) -> String {
    let json = answer.expect(201).json();
    json["identifier"].as_str().expect("an identifier").to_owned()
}
