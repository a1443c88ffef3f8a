//! Role names, and which roles a user has.

use crate::model::{Organization, Principal};

use super::directory::Account;

/// Passes every check within the API.
pub const ADMIN: &str = "ROLE_ADMIN";
/// May act as another user or with other roles.
pub const SUDO: &str = "ROLE_SUDO";
/// Speaks for capture agents.
pub const CAPTURE_AGENT: &str = "ROLE_CAPTURE_AGENT";
/// Every user of the directory.
pub const USER: &str = "ROLE_USER";
/// The role of those who did not say who they are, unless a tenant chooses another one.
pub const ANONYMOUS: &str = "ROLE_ANONYMOUS";
/// The username of the user who did not say who they are; nobody can be given it.
pub const ANONYMOUS_USER: &str = "anonymous";
/// The username under which the server itself acts, as in Opencast.
pub const SYSTEM_USER: &str = "opencast_system_account";

/// The role that stands for one user alone: `ROLE_USER_` and the username in upper case, everything but ASCII letters and digits
/// replaced by `_`. Two usernames can share a role; Opencast has the same limitation.
pub fn of_user(username: &str) -> String {
    let sanitised = username.chars().map(|character| match character {
        letter if letter.is_ascii_alphanumeric() => letter.to_ascii_uppercase(),
        _ => '_',
    });
    "ROLE_USER_".chars().chain(sanitised).collect()
}

/// The role that all members of a group have.
pub fn of_group(identifier: &str) -> String {
    format!("ROLE_GROUP_{}", identifier.to_uppercase())
}

/// Whether this can be given to a user or group: run-as headers separate roles by commas and white space, so a role with these in it
/// could not be named.
pub fn is_valid(role: &str) -> bool {
    !role.is_empty() && role.len() <= 255 && !role.contains(|c: char| c == ',' || c.is_whitespace() || c.is_control())
}

/// The user of the directory with all roles: the account's own and those of its groups, `ROLE_USER`, the role of this user alone and
/// the anonymous role (what everybody may do, somebody who is known may do as well).
pub fn principal_of(account: &Account, organization: &Organization) -> Principal {
    let user_role = of_user(&account.username);
    let mut roles = account.roles.clone();
    roles.extend([USER.to_owned(), user_role.clone(), organization.anonymous_role.clone()]);
    let identity = Principal {
        username: account.username.clone(),
        name: account.name.clone(),
        email: account.email.clone(),
        provider: account.provider.clone(),
        user_role,
        ..Principal::default()
    };
    with_roles(identity, roles, organization)
}

/// The user who did not say who they are.
pub fn anonymous(organization: &Organization) -> Principal {
    let identity = Principal {
        username: ANONYMOUS_USER.to_owned(),
        user_role: of_user(ANONYMOUS_USER),
        ..Principal::default()
    };
    with_roles(identity, vec![organization.anonymous_role.clone()], organization)
}

/// The same user with exactly these roles.
pub fn with_roles(identity: Principal, mut roles: Vec<String>, organization: &Organization) -> Principal {
    // Sorted, so that equal sets of roles are equal lists.
    roles.sort_unstable();
    roles.dedup();
    let has = |role: &str| roles.iter().any(|own| own == role);
    Principal {
        administrator: has(ADMIN) || has(&organization.admin_role),
        roles,
        ..identity
    }
}

/// Whether a principal of this module, whose roles are sorted, has the role, spelled exactly like this.
pub fn has(principal: &Principal, role: &str) -> bool {
    principal.roles.binary_search_by(|own| own.as_str().cmp(role)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization() -> Organization {
        Organization {
            identifier: "a".into(),
            admin_role: "ROLE_A_ADMIN".into(),
            anonymous_role: "ROLE_ANONYMOUS".into(),
            ..Organization::default()
        }
    }

    fn account(roles: &[&str]) -> Account {
        Account {
            username: "92623987@opencast.org".into(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..Account::default()
        }
    }

    #[test]
    fn the_role_of_a_user_is_the_sanitised_username_in_upper_case() {
        assert_eq!(of_user("admin"), "ROLE_USER_ADMIN");
        assert_eq!(of_user("92623987@opencast.org"), "ROLE_USER_92623987_OPENCAST_ORG");
        assert_eq!(of_user("jürg"), "ROLE_USER_J_RG");
    }

    #[test]
    fn a_user_has_stored_roles_role_user_the_own_role_and_the_anonymous_role_once_each() {
        let principal = principal_of(&account(&["ROLE_X", "ROLE_USER", "ROLE_ANONYMOUS"]), &organization());
        assert_eq!(
            principal.roles,
            [
                "ROLE_ANONYMOUS",
                "ROLE_USER",
                "ROLE_USER_92623987_OPENCAST_ORG",
                "ROLE_X"
            ]
        );
        assert!(!principal.administrator);
    }

    #[test]
    fn role_admin_and_the_admin_role_of_the_tenant_make_an_administrator() {
        for (roles, administrator) in [
            (["ROLE_ADMIN"], true),
            (["ROLE_A_ADMIN"], true),
            (["ROLE_B_ADMIN"], false),
            (["role_admin"], false),
        ] {
            assert_eq!(
                principal_of(&account(&roles), &organization()).administrator,
                administrator,
                "{roles:?}"
            );
        }
    }

    #[test]
    fn the_anonymous_user_has_the_anonymous_role_only() {
        let principal = anonymous(&organization());
        assert_eq!(principal.roles, ["ROLE_ANONYMOUS"]);
        assert_eq!(
            (principal.username.as_str(), principal.user_role.as_str()),
            ("anonymous", "ROLE_USER_ANONYMOUS")
        );
        assert_eq!((principal.name.as_str(), principal.provider.as_str()), ("", ""));
    }

    #[test]
    fn a_role_that_a_header_could_not_name_is_invalid() {
        for role in ["", "A B", "A,B", "A\n", "\u{7f}", &"A".repeat(256)] {
            assert!(!is_valid(role), "{role:?}");
        }
        assert!(is_valid("ROLE_COURSE_Größe/7"));
    }
}
