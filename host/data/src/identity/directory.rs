//! Reading the tenant's settings and its directory of users.

use crate::model::Organization;
use crate::sql::{Failure, Param, Row, Sql, SqlError};

/// A user as the directory knows it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Unique within the tenant; compared exactly.
    pub username: String,
    /// Display name; may be empty.
    pub name: String,
    /// May be empty.
    pub email: String,
    /// `opencast` for the users of this directory.
    pub provider: String,
    /// The roles stored for the user and those of the user's groups; in no particular order, with duplicates.
    pub roles: Vec<String>,
    /// What the password is compared with, a PHC string; none if the user has no password.
    pub password_hash: Option<String>,
    /// What digests are computed from; none if the user may not use Digest authentication.
    pub digest_secret: Option<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("username", &self.username)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

/// The user with all roles on lines of their own: roles hold no white space (`roles::is_valid`).
pub(super) const ACCOUNT: &str = "
    SELECT username, name, email, provider, password_hash, (
        SELECT group_concat(role, char(10)) FROM (
            SELECT role FROM user_role WHERE user_role.username = user.username
            UNION ALL
            SELECT role FROM user_group_member JOIN user_group USING (identifier)
                WHERE user_group_member.username = user.username
            UNION ALL
            SELECT role FROM user_group_member JOIN user_group_role USING (identifier)
                WHERE user_group_member.username = user.username)),
        digest_secret
    FROM user WHERE username = ?1";

/// A number that differs after every change to the organization, a user or a group.
pub fn revision(sql: &dyn Sql) -> Result<i64, SqlError> {
    one(sql, "SELECT revision FROM identity_revision", &[], |row| {
        row.column(0).integer()
    })?
    .flatten()
    .ok_or_else(|| missing("identity_revision"))
}

/// The tenant's settings.
pub fn organization(sql: &dyn Sql) -> Result<Organization, SqlError> {
    let statement = "SELECT identifier, name, admin_role, anonymous_role FROM organization";
    let mut organization = one(sql, statement, &[], |row| Organization {
        identifier: text(row, 0),
        name: text(row, 1),
        admin_role: text(row, 2),
        anonymous_role: text(row, 3),
        properties: Vec::new(),
    })?
    .ok_or_else(|| missing("organization"))?;
    sql.query(
        "SELECT name, value FROM organization_property ORDER BY name",
        &[],
        &mut |row| {
            organization.properties.push((text(row, 0), text(row, 1)));
            Ok(())
        },
    )?;
    Ok(organization)
}

/// The user of this name. One statement, so that what it gives belongs together.
pub fn account(sql: &dyn Sql, username: &str) -> Result<Option<Account>, SqlError> {
    one(sql, ACCOUNT, &[Param::Text(username)], read_account)
}

fn read_account(row: &dyn Row) -> Account {
    let roles = row.column(5).text().into_iter().flat_map(str::lines);
    Account {
        username: text(row, 0),
        name: text(row, 1),
        email: text(row, 2),
        provider: text(row, 3),
        password_hash: row.column(4).text().map(str::to_owned),
        digest_secret: row.column(6).text().map(str::to_owned),
        roles: roles.map(str::to_owned).collect(),
    }
}

/// What somebody comes in by, found out at once.
#[derive(Debug)]
pub struct Entrance {
    /// The number of the file's schema, see [`crate::migrations`].
    pub schema: i64,
    /// The tenant's settings.
    pub organization: Organization,
    /// The user of the name that was asked for.
    pub account: Option<Account>,
    /// Until when the password is known to be right, in milliseconds since 1970-01-01T00:00:00Z.
    pub right_until_ms: Option<i64>,
}

/// The same as [`organization`] and [`account`] in one statement, for those to whom each of them is a journey, and whether the password with
/// this [hash](super::attempts::remember_right) was right a short while ago.
pub fn entrance(sql: &dyn Sql, username: &str, hash: &[u8]) -> Result<Entrance, SqlError> {
    let statement = format!(
        "SELECT account.*, o.identifier, o.name, o.admin_role, o.anonymous_role,
            (SELECT json_group_array(json_array(name, value)) FROM
                (SELECT name, value FROM organization_property ORDER BY name)),
            (SELECT until_ms FROM right_password WHERE hash = ?2 AND stored = account.password_hash),
            (SELECT user_version FROM pragma_user_version)
        FROM organization AS o LEFT JOIN ({ACCOUNT}) AS account"
    );
    let read = |row: &dyn Row| Entrance {
        schema: row.column(13).integer().unwrap_or_default(),
        organization: Organization {
            identifier: text(row, 7),
            name: text(row, 8),
            admin_role: text(row, 9),
            anonymous_role: text(row, 10),
            properties: serde_json::from_str(&text(row, 11)).unwrap_or_default(),
        },
        account: row.column(0).text().map(|_| read_account(row)),
        right_until_ms: row.column(12).integer(),
    };
    one(sql, &statement, &[Param::Text(username), Param::Blob(hash)], read)?.ok_or_else(|| missing("organization"))
}

/// The first row of a result.
pub(super) fn one<T>(
    sql: &dyn Sql,
    statement: &str,
    params: &[Param<'_>],
    read: impl Fn(&dyn Row) -> T,
) -> Result<Option<T>, SqlError> {
    let mut first = None;
    sql.query(statement, params, &mut |row| {
        first.get_or_insert_with(|| read(row));
        Ok(())
    })?;
    Ok(first)
}

/// The text of a column that is never NULL.
pub(super) fn text(row: &dyn Row, column: usize) -> String {
    row.column(column).text().unwrap_or_default().to_owned()
}

fn missing(table: &str) -> SqlError {
    SqlError {
        failure: Failure::Other,
        message: format!("the table {table} is empty: this is not a complete tenant database"),
    }
}
