//! Who may do what: what an access list means, and what of a collection a principal may read.
//!
//! The rule (the one of Opencast's authorization service): of the entries for an action, those count whose role the user has, role
//! names compared exactly. Any of them that denies denies; otherwise one that allows is needed. Administrators pass.
//!
//! Does not belong here: which roles a user has ([`crate::identity`]).

mod cache;
mod merge;
mod readable;

pub use cache::AccessCache;
pub use merge::{MERGE_MODE, MergeMode, UnknownMergeMode};
pub(crate) use readable::{Access, Readable, State, readable_acls, resolve};

use crate::model::{AccessEntry, Acl, Error, Principal};

/// The action that everything needs that shows an object.
pub const READ: &str = "read";

/// The action that every change of an object needs.
pub const WRITE: &str = "write";

/// Whether the list allows the principal the action.
pub fn allows(acl: &[AccessEntry], principal: &Principal, action: &str) -> bool {
    if principal.administrator {
        return true;
    }
    let mut allowed = false;
    for entry in acl.iter().filter(|entry| entry.action == action) {
        if principal.roles.contains(&entry.role) {
            if !entry.allow {
                return false;
            }
            allowed = true;
        }
    }
    allowed
}

/// An access list as the store keeps it: `[[role, action, allow], …]`.
pub(crate) fn to_json(acl: &[AccessEntry]) -> String {
    let entries = acl
        .iter()
        .map(|entry| serde_json::json!([entry.role, entry.action, entry.allow]))
        .collect();
    serde_json::Value::Array(entries).to_string()
}

/// The access list that [`to_json`] made this of.
pub(crate) fn from_json(json: &str) -> Result<Acl, Error> {
    let entries: Vec<(String, String, bool)> = serde_json::from_str(json)
        .map_err(|error| Error::fault(format!("a stored access list is damaged: {error}")))?;
    Ok(entries
        .into_iter()
        .map(|(role, action, allow)| AccessEntry { role, action, allow })
        .collect())
}
