//! API keys: credentials of a program, with roles of their own and no user behind them.

use super::accounts::{AccountError, refused, require_role};
use super::directory::{one, text};
use super::roles;
use crate::model::{Organization, Principal, Session};
use crate::sql::{Param, Row, Sql, SqlError};

/// What the name of a key is written after where a username is expected. A username holds no colon, so no user is ever taken for
/// a key.
pub const NAMESPACE: &str = "key:";

/// A key without its secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiKey {
    /// Unique within the tenant.
    pub name: String,
    /// What the key may do, sorted.
    pub roles: Vec<String>,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub created_ms: i64,
    /// From here on the key is refused.
    pub expires_ms: Option<i64>,
}

const COLUMNS: &str = "SELECT name, roles, created_ms, expires_ms FROM api_key";

/// Adds a key, of which only the hash is stored.
pub fn add_api_key(sql: &dyn Sql, key: &ApiKey, hash: &str) -> Result<(), AccountError> {
    let name = &key.name;
    let valid = !name.is_empty()
        && name.len() <= 100
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !valid {
        return refused(format!(
            "`{name}` cannot name an API key: use letters, digits, `-`, `_` and `.`, 100 characters at most"
        ));
    }
    if key.roles.is_empty() {
        return refused("an API key without roles is of no use: name them with --role".to_owned());
    }
    key.roles.iter().try_for_each(|role| require_role(role))?;
    if key.expires_ms.is_some_and(|expires| expires <= key.created_ms) {
        return refused("the API key would have expired already: choose a later time".to_owned());
    }
    let mut roles = key.roles.clone();
    roles.sort_unstable();
    roles.dedup();
    let insert = "INSERT OR IGNORE INTO api_key (name, hash, roles, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?)";
    let params = [
        Param::Text(name),
        Param::Text(hash),
        Param::Text(&roles.join("\n")),
        Param::Integer(key.created_ms),
        key.expires_ms.map_or(Param::Null, Param::Integer),
    ];
    match sql.execute(insert, &params)? {
        0 => refused(format!(
            "there is an API key `{name}` already: revoke it first, or choose another name"
        )),
        _ => Ok(()),
    }
}

/// Removes a key.
pub fn revoke_api_key(sql: &dyn Sql, name: &str) -> Result<(), AccountError> {
    match sql.execute("DELETE FROM api_key WHERE name = ?", &[Param::Text(name)])? {
        0 => refused(format!(
            "there is no API key `{name}`; `lectern api-key list` shows those there are"
        )),
        _ => Ok(()),
    }
}

/// All keys, sorted by name.
pub fn api_keys(sql: &dyn Sql) -> Result<Vec<ApiKey>, SqlError> {
    let mut keys = Vec::new();
    sql.query(&format!("{COLUMNS} ORDER BY name"), &[], &mut |row| {
        keys.push(read(row));
        Ok(())
    })?;
    Ok(keys)
}

/// The key with this hash, unless it has expired.
pub fn api_key(sql: &dyn Sql, hash: &str, now_ms: i64) -> Result<Option<ApiKey>, SqlError> {
    let key = one(sql, &format!("{COLUMNS} WHERE hash = ?"), &[Param::Text(hash)], read)?;
    Ok(key.filter(|key| key.expires_ms.is_none_or(|expires| now_ms < expires)))
}

/// The session of a key: exactly its roles and the anonymous role. It has no role of a user, because the one that its name makes
/// could be that of somebody else.
pub fn key_session(key: &ApiKey, organization: &Organization) -> Session {
    let username = format!("{NAMESPACE}{}", key.name);
    let identity = Principal {
        user_role: roles::of_user(&username),
        username: username.clone(),
        name: key.name.clone(),
        provider: "api-key".to_owned(),
        ..Principal::default()
    };
    let mut all = key.roles.clone();
    all.push(organization.anonymous_role.clone());
    Session {
        principal: roles::with_roles(identity, all, organization),
        authenticated: username,
        organization: organization.clone(),
    }
}

fn read(row: &dyn Row) -> ApiKey {
    ApiKey {
        name: text(row, 0),
        roles: text(row, 1).lines().map(str::to_owned).collect(),
        created_ms: row.column(2).integer().unwrap_or_default(),
        expires_ms: row.column(3).integer(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::set_organization;
    use super::*;
    use crate::connection::Role;
    use crate::{migrations, native};
    use rusqlite::Connection;

    fn organization() -> Organization {
        Organization {
            identifier: "a".into(),
            name: "A".into(),
            admin_role: "ROLE_ADMIN".into(),
            anonymous_role: "ROLE_ANONYMOUS".into(),
            properties: Vec::new(),
        }
    }

    fn tenant() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        native::configure(&connection, Role::Writer).unwrap();
        migrations::apply(&connection).unwrap();
        set_organization(&connection, &organization()).unwrap();
        connection
    }

    fn key(name: &str, roles: &[&str]) -> ApiKey {
        ApiKey {
            name: name.into(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            created_ms: 1000,
            expires_ms: Some(2000),
        }
    }

    #[test]
    fn a_key_is_found_by_its_hash_until_it_expires_or_is_revoked() {
        let sql = tenant();
        add_api_key(&sql, &key("lms", &["ROLE_B", "ROLE_A", "ROLE_B"]), "h").unwrap();
        let found = key("lms", &["ROLE_A", "ROLE_B"]);
        assert_eq!(api_key(&sql, "h", 1999).unwrap(), Some(found.clone()));
        assert_eq!(api_key(&sql, "h", 2000).unwrap(), None);
        assert_eq!(api_key(&sql, "H", 1999).unwrap(), None);
        assert_eq!(api_keys(&sql).unwrap(), [found]);
        revoke_api_key(&sql, "lms").unwrap();
        assert_eq!(api_key(&sql, "h", 1999).unwrap(), None);
        assert!(revoke_api_key(&sql, "lms").is_err());
    }

    #[test]
    fn what_could_not_be_used_is_refused_by_name() {
        let sql = tenant();
        for (bad, part) in [
            (key("", &["ROLE_A"]), "name"),
            (key("a:b", &["ROLE_A"]), "`a:b`"),
            (key("ä", &["ROLE_A"]), "`ä`"),
            (key("lms", &[]), "--role"),
            (key("lms", &["ROLE A"]), "`ROLE A`"),
            (
                ApiKey {
                    expires_ms: Some(1000),
                    ..key("lms", &["ROLE_A"])
                },
                "expired",
            ),
        ] {
            let error = add_api_key(&sql, &bad, "h").unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        add_api_key(&sql, &key("lms", &["ROLE_A"]), "h").unwrap();
        let error = add_api_key(&sql, &key("lms", &["ROLE_A"]), "other").unwrap_err();
        assert!(error.to_string().contains("`lms`"));
    }

    #[test]
    fn a_key_has_exactly_its_roles_and_the_anonymous_one() {
        let session = key_session(&key("lms", &["ROLE_A"]), &organization());
        assert_eq!(session.principal.roles, ["ROLE_A", "ROLE_ANONYMOUS"]);
        assert_eq!(session.authenticated, "key:lms");
        assert!(!session.principal.administrator);
    }

    #[test]
    fn no_user_can_have_the_name_of_a_key() {
        let user = super::super::User {
            username: format!("{NAMESPACE}lms"),
            ..Default::default()
        };
        assert!(super::super::check_user(&user).is_err());
    }
}
