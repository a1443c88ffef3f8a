//! What a backup says of itself.

use serde::{Deserialize, Serialize};

use super::{DATABASE, FILES, SETTINGS};

/// The version of the format that this program writes. One that changes what a reader has to know gets the next number.
pub const FORMAT: u32 = 1;

/// The last member of a backup.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The program that has written it, and its version.
    pub program: String,
    /// The tenant's identifier.
    pub tenant: String,
    /// The name that people see.
    pub name: String,
    /// Where it was served, sorted.
    pub hosts: Vec<String>,
    /// When the backup was made, as in RFC 3339, UTC.
    pub created: String,
    /// The number of the database's schema.
    pub schema: usize,
    /// The last commit that the backup holds.
    pub sequence: u64,
    /// Everything that precedes the manifest, in its order.
    pub members: Vec<Member>,
}

/// A file in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its path in the archive.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// BLAKE3 of its content in hexadecimal digits.
    pub blake3: String,
}

impl Manifest {
    /// The identifiers of the uploaded files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let names = self.members.iter().map(|member| member.name.as_str());
        names.filter_map(|name| name.strip_prefix(FILES)?.strip_prefix('/'))
    }

    /// Bytes of all members.
    pub fn size(&self) -> u64 {
        self.members
            .iter()
            .fold(0, |sum, member| sum.saturating_add(member.size))
    }
}

/// Where a member goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'n> {
    Database,
    /// An uploaded file, by its identifier.
    File(&'n str),
    /// A file of the operator, by its path in the tenant's folder.
    Setting(&'n str),
}

/// How deep folders may be in one another.
const DEPTH: usize = 8;
/// How long a path may be, in bytes: what the plain format of archives can hold.
const LENGTH: usize = 255;

/// Where a member of this name goes. Names come from outside: nothing is accepted that could lead anywhere but to a file of its own below
/// the tenant's folder, or that SQLite would take for a part of the database.
pub(crate) fn place(name: &str) -> Option<Place<'_>> {
    if name == DATABASE {
        return Some(Place::Database);
    }
    let (folder, rest) = name.split_once('/')?;
    match folder {
        FILES => is_identifier(rest).then_some(Place::File(rest)),
        SETTINGS => is_setting(rest).then_some(Place::Setting(rest)),
        _ => None,
    }
}

/// Whether this is a UUID in its usual spelling, the only one that this program gives to a file.
pub(crate) fn is_identifier(text: &str) -> bool {
    text.len() == 36 && !text.contains(|digit: char| digit.is_ascii_uppercase()) && uuid::Uuid::try_parse(text).is_ok()
}

/// Whether a path below the tenant's folder can be one of the operator's files.
pub(crate) fn is_setting(path: &str) -> bool {
    let names: Vec<&str> = path.split('/').collect();
    let is_name = |name: &&str| {
        !name.is_empty()
            && *name != "."
            && *name != ".."
            && !name.contains(|letter: char| letter.is_control() || letter == '\\')
    };
    SETTINGS.len() + 1 + path.len() <= LENGTH
        && names.len() <= DEPTH
        && names.iter().all(is_name)
        && names.first().is_some_and(|first| !is_of_program(first))
}

/// Whether something of this name in the tenant's folder is not the operator's: what the program itself has put there, and what those who
/// copy databases continuously put beside them (`.tenant.db-litestream`).
pub(crate) fn is_of_program(name: &str) -> bool {
    let shown = name.strip_prefix('.').unwrap_or(name);
    name == FILES || name == super::restore::UNFINISHED || shown.starts_with(DATABASE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "3f359b10-da82-4834-8e65-741bc62dcdaf";

    #[test]
    fn a_member_is_the_database_a_file_or_a_setting() {
        let file = format!("files/{UUID}");
        assert_eq!(place("tenant.db"), Some(Place::Database));
        assert_eq!(place(&file), Some(Place::File(UUID)));
        for setting in [
            "jwt.toml",
            "catalogs/a.properties",
            "a/b/c/d/e/f/g/h",
            "keys/Schlüssel 1.pem",
            ".hidden",
        ] {
            assert_eq!(
                place(&format!("settings/{setting}")),
                Some(Place::Setting(setting)),
                "{setting}"
            );
        }
    }

    #[test]
    fn nothing_else_is_a_member() {
        let long = format!("settings/{}", "x".repeat(300));
        for name in [
            "",
            "/",
            "tenant.db/",
            "tenant.db-wal",
            "../tenant.db",
            "/tenant.db",
            "./tenant.db",
            "files",
            "files/",
            "files/x",
            "files/../x",
            "files/3F359B10-da82-4834-8e65-741bc62dcdaf",
            "files/3f359b10da8248348e65741bc62dcdaf",
            "files/{3f359b10-da82-4834-8e65-741bc62dcdaf}",
            "files/incoming/3f359b10-da82-4834-8e65-741bc62dcdaf",
            "manifest.json/x",
            "settings",
            "settings/",
            "settings//etc/passwd",
            "settings/..",
            "settings/../tenants.db",
            "settings/a/../../b",
            "settings/./a",
            "settings/a//b",
            "settings/a/",
            "settings/a\\b",
            "settings/a\0",
            "settings/a\nb",
            "settings/a/b/c/d/e/f/g/h/i",
            "settings/tenant.db",
            "settings/tenant.db-wal",
            "settings/tenant.db-journal",
            "settings/.tenant.db-litestream/x",
            "settings/files/3f359b10-da82-4834-8e65-741bc62dcdaf",
            "settings/restore.unfinished",
            "other/x",
            &long,
        ] {
            assert_eq!(place(name), None, "{name:?}");
        }
    }
}
