//! A corner of a tenant that a test has to itself.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::client::{Client, Request};
use crate::content;
use crate::fixture::Tenant;

/// A role that nobody else has, and what was created for it. Lists that are read as this role contain nothing else, so
/// tests do not see each other's objects.
pub struct Stage {
    /// The role.
    pub role: String,
    /// Reads and writes with this role and no other.
    pub actor: Client,
    /// The tenant's administrator, who creates the objects.
    pub admin: Client,
}

impl Stage {
    /// A fresh role in a tenant.
    pub fn new(tenant: &Tenant) -> Self {
        let role = content::unique_role();
        Self {
            actor: tenant.with_roles(&role),
            admin: tenant.admin(),
            role,
        }
    }

    /// Creates a series that the role may read and write.
    #[track_caller]
    pub fn series(&self, fields: Value) -> String {
        self.admin.create_series(fields, &content::owned_by(&self.role))
    }

    /// Creates an event that the role may read and write.
    #[track_caller]
    pub fn event(&self, fields: Value) -> String {
        self.admin.create_event(fields, &content::owned_by(&self.role))
    }

    /// Asks for recordings, whose events the role may read and write.
    #[track_caller]
    pub fn schedule(&self, title: &str, scheduling: &Value) -> Answer {
        let form = content::scheduled_form(&json!({ "title": title }), &content::owned_by(&self.role), scheduling);
        self.admin.post("/api/events").multipart(&form).send()
    }

    /// Schedules one recording and returns its event's identifier.
    #[track_caller]
    pub fn scheduled(&self, title: &str, scheduling: &Value) -> String {
        let created = self.schedule(title, scheduling).expect(201).json();
        created["identifier"].as_str().expect("an identifier").to_owned()
    }

    /// Starts to list `events` or `series` as the role.
    pub fn list(&self, collection: &str) -> Request {
        self.actor.get(&format!("/api/{collection}"))
    }

    /// The titles of the objects that meet a filter, sorted, so that only the selection counts.
    #[track_caller]
    pub fn matching(&self, collection: &str, filter: &str) -> Vec<String> {
        let mut titles = titles(&self.list(collection).query("filter", filter).send());
        titles.sort();
        titles
    }

    /// The titles in the order of a sort.
    #[track_caller]
    pub fn sorted(&self, collection: &str, sort: &str) -> Vec<String> {
        titles(&self.list(collection).query("sort", sort).send())
    }
}

/// The titles of a list, in order.
#[track_caller]
pub fn titles(answer: &Answer) -> Vec<String> {
    answer.clone().expect(200).column("title")
}
