//! Changing the tenant's settings, its users and its capture agents. The callers provide the transaction and the password hash.

use std::fmt;

use super::directory::{one, text};
use super::roles;
use crate::migrations;
use crate::model::Organization;
use crate::sql::{Param, Sql, SqlError};

/// Why a change was not made.
#[derive(Debug)]
pub enum AccountError {
    /// What was asked for cannot be; a sentence for the operator.
    Refused(String),
    /// The database failed.
    Sql(SqlError),
}

impl From<SqlError> for AccountError {
    fn from(error: SqlError) -> Self {
        AccountError::Sql(error)
    }
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccountError::Refused(message) => f.write_str(message),
            AccountError::Sql(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AccountError {}

/// A user without the password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// Unique within the tenant.
    pub username: String,
    /// Display name; may be empty.
    pub name: String,
    /// May be empty.
    pub email: String,
    /// The stored roles, sorted; what every user or group member gets is not among them.
    pub roles: Vec<String>,
}

/// A capture agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// Unique within the tenant.
    pub name: String,
    /// A name of the IANA time zone database, such as `Europe/Zurich`.
    pub timezone: String,
    /// What the agent can record, such as `camera` and `slides`.
    pub inputs: Vec<String>,
}

/// Writes the tenant's settings, replacing those there are.
pub fn set_organization(sql: &dyn Sql, organization: &Organization) -> Result<(), AccountError> {
    for role in [&organization.admin_role, &organization.anonymous_role] {
        require_role(role)?;
    }
    sql.execute(
        "INSERT OR REPLACE INTO organization (id, identifier, name, admin_role, anonymous_role) VALUES (1, ?, ?, ?, ?)",
        &[
            Param::Text(&organization.identifier),
            Param::Text(&organization.name),
            Param::Text(&organization.admin_role),
            Param::Text(&organization.anonymous_role),
        ],
    )?;
    sql.execute("DELETE FROM organization_property", &[])?;
    for (name, value) in &organization.properties {
        let insert = "INSERT OR REPLACE INTO organization_property (name, value) VALUES (?, ?)";
        sql.execute(insert, &[Param::Text(name), Param::Text(value)])?;
    }
    Ok(())
}

/// Gives the tenant another identifier, as when it is restored under another name. Its groups keep theirs.
pub fn rename_organization(sql: &dyn Sql, identifier: &str) -> Result<(), AccountError> {
    let update = "UPDATE organization SET identifier = ?1 WHERE identifier <> ?1";
    sql.execute(update, &[Param::Text(identifier)])?;
    Ok(())
}

/// The identifiers of the groups that a tenant has from the beginning.
pub fn default_groups(tenant: &str) -> [String; 2] {
    ["SYSTEM_ADMINS", "EXTERNAL_APPLICATIONS"].map(|kind| format!("{}_{kind}", tenant.to_ascii_uppercase()))
}

/// Adds the groups that a tenant has from the beginning: administrators, of whom those users are members that have all that it gives
/// already, and applications.
pub fn add_default_groups(sql: &dyn Sql) -> Result<(), AccountError> {
    Ok(migrations::add_default_groups(sql)?)
}

/// Refuses a user that could not be added whatever the directory holds; worth asking before a password is hashed.
pub fn check_user(user: &User) -> Result<(), AccountError> {
    let username = &user.username;
    if username == roles::ANONYMOUS_USER {
        return refused(format!(
            "`{username}` stands for users who are not logged in: choose another username"
        ));
    }
    if username == roles::SYSTEM_USER {
        return refused(format!(
            "`{username}` is the name under which the server itself acts: choose another username"
        ));
    }
    // Basic authentication ends the username at a colon; lists of members are separated by commas.
    let fault = if username.is_empty() {
        "it is empty"
    } else if username.len() > 255 {
        "it has more than 255 bytes"
    } else if username.trim() != username {
        "it begins or ends with a blank"
    } else if username.contains(|c: char| matches!(c, ':' | ',') || c.is_control()) {
        "it must not hold `:`, `,` or control characters"
    } else {
        return user.roles.iter().try_for_each(|role| require_role(role));
    };
    refused(format!("`{username}` cannot be a username: {fault}"))
}

/// Adds a user of the tenant's own directory.
pub fn add_user(sql: &dyn Sql, user: &User, password_hash: &str) -> Result<(), AccountError> {
    check_user(user)?;
    let insert =
        "INSERT OR IGNORE INTO user (username, name, email, provider, password_hash) VALUES (?, ?, ?, 'opencast', ?)";
    let values = [&user.username, &user.name, &user.email].map(|text| Param::Text(text));
    let [username, name, email] = values;
    if sql.execute(insert, &[username, name, email, Param::Text(password_hash)])? == 0 {
        return refused(format!(
            "there is a user `{}` already: remove it first, or set its password",
            user.username
        ));
    }
    for role in &user.roles {
        sql.execute(
            "INSERT OR IGNORE INTO user_role (username, role) VALUES (?, ?)",
            &[username, Param::Text(role)],
        )?;
    }
    Ok(())
}

/// Gives a user another password. Whatever was remembered of the old one is worthless from the commit on, and so is its digest secret.
pub fn set_password_hash(sql: &dyn Sql, username: &str, password_hash: &str) -> Result<(), AccountError> {
    let update = "UPDATE user SET password_hash = ?, digest_secret = NULL WHERE username = ?";
    match sql.execute(update, &[Param::Text(password_hash), Param::Text(username)])? {
        0 => unknown_user(sql, username),
        _ => Ok(()),
    }
}

/// Lets a user come in with Digest authentication as well. The secret is MD5 of `username:realm:password`, for the password that the
/// user has.
pub fn set_digest_secret(sql: &dyn Sql, username: &str, secret: &str) -> Result<(), AccountError> {
    if !username.is_ascii() {
        return refused(format!(
            "`{username}` cannot use Digest authentication, which carries ASCII usernames only: leave --digest out"
        ));
    }
    let update = "UPDATE user SET digest_secret = ? WHERE username = ?";
    match sql.execute(update, &[Param::Text(secret), Param::Text(username)])? {
        0 => unknown_user(sql, username),
        _ => Ok(()),
    }
}

/// Removes a user, also from all groups: somebody who gets the name later must not find roles waiting.
pub fn remove_user(sql: &dyn Sql, username: &str) -> Result<(), AccountError> {
    let username_param = [Param::Text(username)];
    sql.execute("DELETE FROM user_role WHERE username = ?", &username_param)?;
    sql.execute("DELETE FROM user_group_member WHERE username = ?", &username_param)?;
    match sql.execute("DELETE FROM user WHERE username = ?", &username_param)? {
        0 => unknown_user(sql, username),
        _ => Ok(()),
    }
}

/// All users, sorted by username.
pub fn users(sql: &dyn Sql) -> Result<Vec<User>, SqlError> {
    let mut users: Vec<User> = Vec::new();
    let select =
        "SELECT username, name, email, role FROM user LEFT JOIN user_role USING (username) ORDER BY username, role";
    sql.query(select, &[], &mut |row| {
        let username = text(row, 0);
        if users.last().is_none_or(|last| last.username != username) {
            users.push(User {
                username,
                name: text(row, 1),
                email: text(row, 2),
                roles: Vec::new(),
            });
        }
        if let (Some(user), Some(role)) = (users.last_mut(), row.column(3).text()) {
            user.roles.push(role.to_owned());
        }
        Ok(())
    })?;
    Ok(users)
}

/// Whether this can name a capture agent, or something that it records from: such names are written in lists separated by commas.
pub fn is_agent_name(name: &str) -> bool {
    !name.is_empty() && name.trim() == name && !name.contains(|c: char| c == ',' || c.is_control())
}

/// Adds a capture agent.
pub fn add_agent(sql: &dyn Sql, agent: &Agent) -> Result<(), AccountError> {
    for name in std::iter::once(&agent.name).chain(&agent.inputs) {
        if !is_agent_name(name) {
            return refused(format!(
                "`{name}` cannot name a capture agent or input: it must not be empty or hold `,` or control characters"
            ));
        }
    }
    let zone = &agent.timezone;
    let is_zone = !zone.is_empty()
        && zone
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte));
    if !is_zone {
        return refused(format!(
            "`{zone}` is not a time zone: use a name such as `Europe/Zurich` or `UTC`"
        ));
    }
    let inputs = agent.inputs.join(",");
    let insert = "INSERT OR IGNORE INTO capture_agent (name, timezone, inputs) VALUES (?, ?, ?)";
    match sql.execute(
        insert,
        &[Param::Text(&agent.name), Param::Text(zone), Param::Text(&inputs)],
    )? {
        0 => refused(format!(
            "there is a capture agent `{}` already: remove it first",
            agent.name
        )),
        _ => Ok(()),
    }
}

/// Removes a capture agent. What it has recorded stays.
pub fn remove_agent(sql: &dyn Sql, name: &str) -> Result<(), AccountError> {
    match sql.execute("DELETE FROM capture_agent WHERE name = ?", &[Param::Text(name)])? {
        0 => refused(format!(
            "there is no capture agent `{name}`; `lectern agent list` shows those there are"
        )),
        _ => Ok(()),
    }
}

/// All capture agents, sorted by name.
pub fn agents(sql: &dyn Sql) -> Result<Vec<Agent>, SqlError> {
    let mut agents = Vec::new();
    sql.query(
        "SELECT name, timezone, inputs FROM capture_agent ORDER BY name",
        &[],
        &mut |row| {
            let inputs = text(row, 2)
                .split(',')
                .filter(|input| !input.is_empty())
                .map(str::to_owned)
                .collect();
            agents.push(Agent {
                name: text(row, 0),
                timezone: text(row, 1),
                inputs,
            });
            Ok(())
        },
    )?;
    Ok(agents)
}

pub(super) fn require_role(role: &str) -> Result<(), AccountError> {
    match roles::is_valid(role) {
        true => Ok(()),
        false => refused(format!(
            "`{role}` cannot be a role: it must not be empty or hold white space or commas"
        )),
    }
}

fn unknown_user(sql: &dyn Sql, username: &str) -> Result<(), AccountError> {
    let organization = one(sql, "SELECT identifier FROM organization", &[], |row| text(row, 0))?.unwrap_or_default();
    refused(format!(
        "tenant {organization} has no user `{username}`; `lectern user list --tenant {organization}` shows those there are"
    ))
}

pub(super) fn refused<T>(message: String) -> Result<T, AccountError> {
    Err(AccountError::Refused(message))
}
