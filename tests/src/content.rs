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

/// The form of `POST /api/events` for an event whose files are not published.
pub fn event_form(fields: &Value, acl: &Value) -> Form {
    let configuration = json!({ "straightToPublishing": "false" });
    processed_form(
        fields,
        acl,
        json!({ "workflow": "schedule-and-upload", "configuration": configuration }),
    )
}

/// The form of `POST /api/events` with these processing instructions.
pub fn processed_form(fields: &Value, acl: &Value, processing: Value) -> Form {
    Form::new()
        .field("metadata", json!([catalog("dublincore/episode", fields)]))
        .field("acl", acl)
        .field("processing", processing)
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

    /// Creates an event, waits until it has been processed, and returns its identifier.
    #[track_caller]
    pub fn create_event(&self, fields: Value, acl: &Value) -> String {
        let id = created(self.post("/api/events").multipart(&event_form(&fields, acl)).send());
        self.until_processed(&id);
        id
    }

    /// Asks for an event until no workflow is active on it, and returns how its last one ended; nothing for an event that is gone
    /// or may not be read.
    #[track_caller]
    pub fn until_processed(&self, id: &str) -> String {
        for _ in 0..100_000 {
            let answer = self.get(&format!("/api/events/{id}")).send();
            if answer.status == 404 {
                return String::new();
            }
            let event = answer.expect(200).json();
            match event["processing_state"].as_str().unwrap_or_default() {
                "INSTANTIATED" | "RUNNING" | "FAILING" => {}
                state => return state.to_owned(),
            }
        }
        panic!("the event {id} is still being processed");
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
