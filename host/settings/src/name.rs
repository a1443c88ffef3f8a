//! The identifier of a tenant.

use std::fmt;

/// The identifier of a tenant: lower-case letters and digits, separated by single `-` or `_`, at most 63 characters, starting
/// with a letter. It names the tenant's folder, so nothing that was not checked can become part of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantName(String);

/// A text that cannot be a tenant's identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be the identifier of a tenant: use lower-case letters and digits, separated by single `-` or `_`, \
     starting with a letter, 63 characters at most"
)]
pub struct InvalidName(String);

impl TenantName {
    /// The longest identifier, in characters.
    pub const MAX: usize = 63;

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for TenantName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let words = || text.split(['-', '_']);
        let valid = text.len() <= Self::MAX
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && words().all(|word| {
                !word.is_empty()
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            });
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName(text.to_owned()))
        }
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kebab_and_snake_case_are_accepted() {
        for name in [
            "a",
            "eth",
            "mh_default_org",
            "uni-bern",
            "hoch-schule_2",
            &"a".repeat(63),
        ] {
            assert_eq!(name.parse::<TenantName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn nothing_that_could_leave_its_folder_is_accepted() {
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "a\\b",
            "A",
            "ä",
            "1a",
            "-a",
            "a-",
            "a--b",
            "a_-b",
            "a.b",
            "a b",
            "a\0",
            &"a".repeat(64),
        ] {
            assert!(name.parse::<TenantName>().is_err(), "{name:?}");
        }
    }
}
