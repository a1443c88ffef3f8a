//! How a group looks in the API.

use lectern_handler::api::Value;
use lectern_handler::row::{Row, column};
use serde::Serialize;
use utoipa::ToSchema;

/// The fields that a group is made of.
pub const FIELDS: &[&str] = &["identifier", "role", "name", "description", "roles", "members"];

/// A group, in lists and on its own, in all versions.
#[derive(Serialize, ToSchema)]
pub struct Group<'a> {
    #[schema(example = "students")]
    identifier: &'a str,
    /// The tenant.
    organization: &'a str,
    /// What members have besides `roles`.
    #[schema(example = "ROLE_GROUP_STUDENTS")]
    role: &'a str,
    name: &'a str,
    description: &'a str,
    /// Joined by commas.
    roles: String,
    /// Usernames joined by commas.
    members: String,
}

impl<'a> Group<'a> {
    /// `values` are those of [`FIELDS`].
    pub fn of(values: &'a [Value], organization: &'a str) -> Group<'a> {
        let row = Row(values);
        Group {
            identifier: row.text(const { column(FIELDS, "identifier") }),
            organization,
            role: row.text(const { column(FIELDS, "role") }),
            name: row.text(const { column(FIELDS, "name") }),
            description: row.text(const { column(FIELDS, "description") }),
            roles: row.texts(const { column(FIELDS, "roles") }).join(","),
            members: row.texts(const { column(FIELDS, "members") }).join(","),
        }
    }
}
