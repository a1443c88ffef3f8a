//! Access lists in JSON: `[{"allow": true, "action": "read", "role": "ROLE_USER"}]`.
//!
//! Does not belong here: what an access list means; the host decides who may do what.

use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Problem;
use crate::api::{AccessEntry, Acl};
use crate::form::read_json;

/// What an entry's `allow` means in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allow {
    /// It must be there.
    Required,
    /// Whatever it says, the entry allows: so it is where events are created and updated as a whole.
    Forced,
}

/// Reads an access list from a form field.
pub fn parse(field: &str, text: &str, allow: Allow) -> Result<Acl, Problem> {
    let Value::Array(entries) = read_json(field, text)? else {
        return Err(
            Problem::bad_request(format!("The form field '{field}' must be a list of access entries.")).at_body(field),
        );
    };
    read(field, &entries, allow)
}

/// Reads an access list that is part of a form field: `field` is the pointer to it.
pub fn read(field: &str, entries: &[Value], allow: Allow) -> Result<Acl, Problem> {
    entries
        .iter()
        .enumerate()
        .map(|(position, entry)| {
            parse_entry(entry, allow).map_err(|(member, message)| {
                let place = format!("Entry {} of '{field}'", position + 1);
                Problem::bad_request(format!("{place} {message}")).at_body(format!("{field}/{position}{member}"))
            })
        })
        .collect()
}

/// Reads one entry, or gives the member at fault and what is wrong with it.
fn parse_entry(entry: &Value, allow: Allow) -> Result<AccessEntry, (&'static str, &'static str)> {
    let Value::Object(members) = entry else {
        return Err(("", "must be an object with 'allow', 'action' and 'role'."));
    };
    let text = |name: &str| {
        members
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.trim().is_empty())
    };
    let allow = match (allow, members.get("allow")) {
        (Allow::Forced, _) => true,
        (Allow::Required, Some(Value::Bool(allow))) => *allow,
        (Allow::Required, Some(Value::String(allow))) if allow.eq_ignore_ascii_case("true") => true,
        (Allow::Required, Some(Value::String(allow))) if allow.eq_ignore_ascii_case("false") => false,
        (Allow::Required, _) => return Err(("/allow", "needs 'allow', true or false.")),
    };
    Ok(AccessEntry {
        role: text("role")
            .ok_or(("/role", "needs a 'role' that is text."))?
            .to_owned(),
        action: text("action")
            .ok_or(("/action", "needs an 'action' that is text."))?
            .to_owned(),
        allow,
    })
}

/// An access list as the API shows it.
pub struct Shown<'a>(pub &'a [AccessEntry]);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ShownEntry::of))
    }
}

/// Allows or denies a role an action.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessControlEntry)]
pub struct ShownEntry<'a> {
    allow: bool,
    /// `read`, `write` or any other.
    #[schema(example = "read", min_length = 1)]
    action: &'a str,
    #[schema(example = "ROLE_USER", min_length = 1)]
    role: &'a str,
}

impl<'a> ShownEntry<'a> {
    fn of(entry: &'a AccessEntry) -> Self {
        ShownEntry {
            allow: entry.allow,
            action: &entry.action,
            role: &entry.role,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(role: &str, action: &str, allow: bool) -> AccessEntry {
        AccessEntry {
            role: role.to_owned(),
            action: action.to_owned(),
            allow,
        }
    }

    #[test]
    fn entries_keep_their_order_and_their_duplicates() {
        let text = r#"[{"allow":true,"action":"write","role":"ROLE_ADMIN"},{"allow":false,"action":"read","role":"ROLE_USER"},
                       {"allow":true,"action":"write","role":"ROLE_ADMIN","more":1},]"#;
        let acl = parse("acl", text, Allow::Required).unwrap();
        let admin = entry("ROLE_ADMIN", "write", true);
        assert_eq!(acl, [admin.clone(), entry("ROLE_USER", "read", false), admin]);
    }

    #[test]
    fn allow_may_be_written_as_text() {
        let text = r#"[{"allow":"True","action":"a","role":"r"},{"allow":"false","action":"a","role":"r"}]"#;
        let acl = parse("acl", text, Allow::Required).unwrap();
        assert_eq!(acl, [entry("r", "a", true), entry("r", "a", false)]);
    }

    #[test]
    fn where_allow_is_forced_it_may_say_anything() {
        let text = r#"[{"action":"a","role":"r"},{"allow":false,"action":"a","role":"r"},{"allow":7,"action":"a","role":"r"}]"#;
        assert!(
            parse("acl", text, Allow::Forced)
                .unwrap()
                .iter()
                .all(|entry| entry.allow)
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (r#"{}"#, "#/acl"),
            (r#"[[]]"#, "#/acl/0"),
            (
                r#"[{"allow":true,"action":"a","role":"r"},{"allow":true,"action":"a"}]"#,
                "#/acl/1/role",
            ),
            (r#"[{"allow":true,"action":" ","role":"r"}]"#, "#/acl/0/action"),
            (r#"[{"action":"a","role":"r"}]"#, "#/acl/0/allow"),
            (r#"[{"allow":null,"action":"a","role":"r"}]"#, "#/acl/0/allow"),
            (r#"[{"allow":1,"action":"a","role":"r"}]"#, "#/acl/0/allow"),
            (r#"[{"allow":true,"action":"a","role":5}]"#, "#/acl/0/role"),
            (r#"[x]"#, "#/acl"),
        ];
        for (text, pointer) in cases {
            let problem = parse("acl", text, Allow::Required).unwrap_err();
            assert_eq!(problem.status, 400, "{text}");
            assert_eq!(problem.part, Some(crate::Part::Body(pointer.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_list_is_shown_with_allow_action_and_role() {
        let shown = serde_json::to_string(&Shown(&[entry("ROLE_USER", "read", true)])).unwrap();
        assert_eq!(shown, r#"[{"allow":true,"action":"read","role":"ROLE_USER"}]"#);
    }
}
