//! What a file says about a list: the control keys are those of Opencast's `etc/listproviders`.

use lectern_data::model::ListEntry;

use crate::TenantName;
use crate::properties::{Properties, Property};

/// What the control keys begin with.
const CONTROL: &str = "list.";

/// How long the name of a list may be, in bytes: it is part of an address.
const LENGTH: usize = 200;

/// A list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct List {
    pub(super) name: String,
    /// Whether it is for this tenant alone.
    pub(super) is_own: bool,
    /// In the order in which they are written down.
    pub(super) entries: Vec<ListEntry>,
}

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A list for this tenant.
    List(List),
    /// A list that is for another one.
    Elsewhere,
}

/// Reads a file's properties. The error is a sentence for the operator that names the line, but not the file.
pub(super) fn definition(properties: &Properties, tenant: &TenantName) -> Result<Found, String> {
    let mut name = None;
    let mut default = None;
    let mut organization = "*";
    let mut entries = Vec::new();
    for property in properties.all() {
        match property.name.strip_prefix(CONTROL) {
            None => entries.push(entry(property)?),
            Some("name") => name = Some(list_name(property)?),
            Some("translatable") => flag(property)?,
            Some("org") if !property.value.is_empty() => organization = &property.value,
            Some("default") if !property.value.is_empty() => default = Some(property),
            Some("org" | "default") => {}
            Some(_) => {
                return Err(format!(
                    "line {}: there is no key `{}`, only `list.name`, `list.translatable`, `list.org` and `list.default`",
                    property.line, property.name
                ));
            }
        }
    }
    let name = name.ok_or("`list.name` is missing")?;
    if let Some(default) = default
        && !entries.iter().any(|entry: &ListEntry| entry.key == default.value)
    {
        return Err(format!(
            "line {}: `list.default` is `{}`, but there is no such entry",
            default.line, default.value
        ));
    }
    if organization != "*" && organization != tenant.as_str() {
        return Ok(Found::Elsewhere);
    }
    Ok(Found::List(List {
        name,
        is_own: organization != "*",
        entries,
    }))
}

fn list_name(property: &Property) -> Result<String, String> {
    let name = &property.value;
    let fits = !name.is_empty() && name.len() <= LENGTH && !name.contains(|c: char| c == '/' || c.is_control());
    if fits {
        Ok(name.clone())
    } else {
        Err(format!(
            "line {}: `list.name` must not be empty, longer than {LENGTH} bytes, or hold a `/`",
            property.line
        ))
    }
}

/// Whether the values are keys of translations. Clients that translate know which lists they translate; here it is only checked.
fn flag(property: &Property) -> Result<(), String> {
    let known = ["true", "false", "yes", "no", "on", "off", ""];
    if known.iter().any(|known| property.value.eq_ignore_ascii_case(known)) {
        Ok(())
    } else {
        Err(format!(
            "line {}: `{}` is `{}`, but must be `true` or `false`",
            property.line, property.name, property.value
        ))
    }
}

/// Clients take a value that begins with a brace for JSON, and a form that cannot read one of its choices shows none of them.
fn entry(property: &Property) -> Result<ListEntry, String> {
    if property.value.starts_with('{') {
        let read = serde_json::from_str::<serde_json::Value>(&property.value);
        read.map_err(|error| {
            format!(
                "line {}: the value of `{}` begins like JSON, but {error}",
                property.line, property.name
            )
        })?;
    }
    Ok(ListEntry::new(property.name.as_str(), property.value.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Found, String> {
        definition(&Properties::parse(text.as_bytes())?, &"uni".parse().unwrap())
    }

    fn entries(text: &str) -> Vec<(String, String)> {
        match read(text).unwrap() {
            Found::List(list) => list.entries.into_iter().map(|entry| (entry.key, entry.value)).collect(),
            Found::Elsewhere => panic!("for somebody else"),
        }
    }

    #[test]
    fn every_key_but_the_control_keys_is_an_entry() {
        let text = "list.name=L\nlist.translatable=true\nlist.default=b\nlist.org=*\nb=B\na=A\nempty=\n";
        let expected = [("b", "B"), ("a", "A"), ("empty", "")];
        assert_eq!(
            entries(text),
            expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn a_list_may_have_no_entries() {
        assert!(entries("list.name = L").is_empty());
    }

    #[test]
    fn a_list_is_for_all_or_for_one() {
        let is_own = |text: &str| match read(text).unwrap() {
            Found::List(list) => Some(list.is_own),
            Found::Elsewhere => None,
        };
        assert_eq!(is_own("list.name=L"), Some(false));
        assert_eq!(is_own("list.name=L\nlist.org="), Some(false));
        assert_eq!(is_own("list.name=L\nlist.org=uni"), Some(true));
        assert_eq!(is_own("list.name=L\nlist.org=music"), None);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, expected) in [
            ("a=A", "`list.name` is missing"),
            ("a=A\nlist.name=", "line 2: `list.name`"),
            ("list.name=a/b", "line 1: `list.name`"),
            (
                "list.name=L\nlist.translatable=maybe",
                "line 2: `list.translatable` is `maybe`",
            ),
            ("list.name=L\n\nlist.nmae=M", "line 3: there is no key `list.nmae`"),
            ("list.name=L\na=A\nlist.default=b", "line 3: `list.default` is `b`"),
            (
                "list.name=L\n# licence\nCC={\"label\":}",
                "line 3: the value of `CC` begins like JSON",
            ),
            ("list.name=L\na=\\u12", "line 2: "),
            // Also for tenants that the file is not for.
            ("list.name=L\nlist.org=music\nlist.default=b", "line 3: `list.default`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(expected), "{text:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_file_is_a_list_or_says_why_not(text in "(list\\.(name|org|default|translatable)|[a-c])?[=: ]?[a-c{}\\\\u0]{0,4}(\n[a-c.=list]{0,8}){0,4}") {
            let _ = read(&text);
        }

        #[test]
        fn any_bytes_are_a_list_or_say_why_not(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Properties::parse(&bytes).and_then(|properties| definition(&properties, &"uni".parse().unwrap()));
        }
    }
}
