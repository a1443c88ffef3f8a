//! Users, groups and capture agents. Each of the statements gives a `key` and a `value`.

use super::Scope;
use crate::identity::roles;
use crate::model::{Error, ListEntry, ListPart, Query, SortKey};
use crate::search;
use std::collections::BTreeSet;

/// Which users a list of people also has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Users {
    /// None.
    None,
    /// Their display names.
    Names,
    /// Their usernames, shown as their display names.
    Usernames,
}

/// What people call a user: the display name, or the username of those who have none.
macro_rules! label {
    () => {
        "CASE name WHEN '' THEN username ELSE name END"
    };
}

pub const LABEL: &str = label!();
pub const NAMES: &str = concat!("SELECT username AS key, ", label!(), " AS value FROM user");
pub const NAMES_AND_EMAILS: &str = concat!(
    "SELECT username AS key, ",
    label!(),
    " || CASE email WHEN '' THEN '' ELSE ' <' || email || '>' END AS value FROM user"
);
pub const NAMES_AND_USERNAMES: &str = concat!(
    "SELECT username AS key, ",
    label!(),
    " || ' (' || username || ')' AS value FROM user"
);
pub const USERNAMES: &str = "SELECT username AS key, username AS value FROM user";
pub const EMAILS: &str = "SELECT username AS key, email AS value FROM user WHERE email <> ''";
pub const ONLY_NAMES: &str = "SELECT name AS key, name AS value FROM user WHERE name <> ''";
pub const ONLY_EMAILS: &str = "SELECT email AS key, email AS value FROM user WHERE email <> ''";
pub const ONLY_DIRECTORIES: &str = "SELECT provider AS key, provider AS value FROM user WHERE provider <> ''";
pub const GROUPS: &str = "SELECT identifier AS key, name AS value FROM user_group";
pub const GROUP_NAMES: &str = "SELECT name AS key, name AS value FROM user_group WHERE name <> ''";
pub const GROUP_DESCRIPTIONS: &str =
    "SELECT description AS key, description AS value FROM user_group WHERE description <> ''";
/// The roles that users have by themselves and by their groups; with those that [`roles::principal_of`] adds.
pub fn roles(scope: &Scope<'_>) -> Result<BTreeSet<String>, Error> {
    let mut all = BTreeSet::new();
    scope.sql.query("SELECT username FROM user", &[], &mut |row| {
        all.insert(roles::of_user(row.column(0).text().unwrap_or_default()));
        Ok(())
    })?;
    if !all.is_empty() {
        all.insert(roles::USER.to_owned());
        all.insert(scope.session.organization.anonymous_role.clone());
    }
    let given = "
        SELECT role FROM user_role
        UNION SELECT g.role FROM user_group AS g WHERE EXISTS (
            SELECT 1 FROM user_group_member AS m JOIN user USING (username) WHERE m.identifier = g.identifier)
        UNION SELECT r.role FROM user_group_role AS r WHERE EXISTS (
            SELECT 1 FROM user_group_member AS m JOIN user USING (username) WHERE m.identifier = r.identifier)";
    scope.sql.query(given, &[], &mut |row| {
        all.extend(row.column(0).text().map(str::to_owned));
        Ok(())
    })?;
    all.remove("");
    Ok(all)
}

/// The capture agents that the session sees in searches, by name.
pub fn agents(scope: &Scope<'_>) -> Result<ListPart, Error> {
    let query = Query {
        collection: "agents".to_owned(),
        sort: vec![SortKey {
            field: "name".to_owned(),
            descending: false,
        }],
        offset: scope.window.offset,
        limit: scope.window.limit,
        ..Query::default()
    };
    let page = search::find(scope.sql, scope.session, &query, scope.cache)?;
    let names = page.items.into_iter().map(|item| item.identifier);
    Ok(ListPart {
        entries: names.map(|name| ListEntry::new(name.clone(), name)).collect(),
        more: page.next.is_some(),
    })
}
