use super::*;
use crate::identity::Account;

fn organization() -> Organization {
    Organization {
        identifier: "a".into(),
        admin_role: "ROLE_A_ADMIN".into(),
        anonymous_role: "ROLE_ANONYMOUS".into(),
        ..Organization::default()
    }
}

fn account(username: &str, own: &[&str]) -> Account {
    let roles = own.iter().map(|role| (*role).to_owned()).collect();
    Account {
        username: username.into(),
        name: format!("The {username}"),
        provider: "opencast".into(),
        roles,
        ..Account::default()
    }
}

/// The directory: plain users and one for each role that makes an administrator.
fn directory(username: &str) -> Result<Option<Principal>, Denial> {
    let own = match username {
        "jane" => "ROLE_COURSE_7",
        "root" => "ROLE_ADMIN",
        "app" => "ROLE_SUDO",
        "dean" => "ROLE_A_ADMIN",
        _ => return Ok(None),
    };
    Ok(Some(roles::principal_of(&account(username, &[own]), &organization())))
}

/// The outcome for an authenticated user with these roles.
fn run(own: &[&str], headers: &[(&str, &str)]) -> Result<Session, Denial> {
    let organization = organization();
    let principal = roles::principal_of(&account("lms", own), &organization);
    let session = Session {
        principal,
        authenticated: "lms".into(),
        organization,
    };
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    match RunAs::of(&Request {
        headers,
        ..Request::default()
    })? {
        Some(run_as) => run_as.switch(&session, directory),
        None => Ok(session),
    }
}

fn status(own: &[&str], headers: &[(&str, &str)]) -> u16 {
    run(own, headers).map_or_else(|denial| denial.status, |_| 200)
}

const SUDO: &[&str] = &["ROLE_SUDO"];

#[test]
fn run_with_roles_replaces_all_roles() {
    for header in ["x-run-with-roles", "x-opencast-matterhorn-roles"] {
        for value in ["ROLE_X,ROLE_B", " ROLE_X , ROLE_B ,", "ROLE_B,,ROLE_X,ROLE_B"] {
            let principal = run(SUDO, &[(header, value)]).unwrap().principal;
            assert_eq!(principal.roles, ["ROLE_B", "ROLE_X"], "{header}: {value}");
            assert_eq!(
                (principal.username.as_str(), principal.provider.as_str()),
                ("anonymous", "")
            );
        }
        assert_eq!(run(SUDO, &[(header, ",")]).unwrap().principal.roles, [""; 0]);
        assert_eq!(
            run(SUDO, &[(header, "ROLE_A ROLE_B")]).unwrap().principal.roles,
            ["ROLE_A ROLE_B"]
        );
    }
}

#[test]
fn run_as_user_takes_the_users_own_roles() {
    for header in ["x-run-as-user", "x-opencast-matterhorn-user", "x-api-as-user"] {
        let session = run(SUDO, &[(header, " jane ")]).unwrap();
        assert_eq!(
            session.principal,
            roles::principal_of(&account("jane", &["ROLE_COURSE_7"]), &organization())
        );
        assert_eq!(session.authenticated, "lms");
    }
}

#[test]
fn run_as_user_with_roles_keeps_the_user_and_replaces_the_roles() {
    let principal = run(SUDO, &[("x-run-as-user", "jane"), ("x-run-with-roles", "ROLE_B")])
        .unwrap()
        .principal;
    assert_eq!(
        (principal.username.as_str(), principal.name.as_str()),
        ("jane", "The jane")
    );
    assert_eq!(principal.user_role, "ROLE_USER_JANE");
    assert_eq!(principal.roles, ["ROLE_B"]);
}

#[test]
fn api_with_roles_adds_to_the_users_roles() {
    for value in ["ROLE_X ROLE_B", "ROLE_X,ROLE_B", "ROLE_X , \t ROLE_B"] {
        let principal = run(SUDO, &[("x-api-as-user", "jane"), ("x-api-with-roles", value)])
            .unwrap()
            .principal;
        let expected = [
            "ROLE_ANONYMOUS",
            "ROLE_B",
            "ROLE_COURSE_7",
            "ROLE_USER",
            "ROLE_USER_JANE",
            "ROLE_X",
        ];
        assert_eq!(principal.roles, expected, "{value}");
    }
}

#[test]
fn api_with_roles_alone_adds_to_the_anonymous_user() {
    let principal = run(SUDO, &[("x-api-with-roles", "ROLE_B")]).unwrap().principal;
    assert_eq!(principal.username, "anonymous");
    assert_eq!(principal.roles, ["ROLE_ANONYMOUS", "ROLE_B"]);
}

#[test]
fn the_anonymous_user_can_be_run_as() {
    for header in ["x-run-as-user", "x-api-as-user"] {
        assert_eq!(
            run(SUDO, &[(header, "anonymous")]).unwrap().principal,
            roles::anonymous(&organization())
        );
    }
}

#[test]
fn an_unknown_user_cannot_be_run_as() {
    assert_eq!(status(SUDO, &[("x-run-as-user", "nobody")]), 403);
    assert_eq!(status(SUDO, &[("x-api-as-user", "nobody")]), 403);
}

#[test]
fn switching_needs_role_sudo_even_for_administrators() {
    for (own, expected) in [
        (&[][..], 403),
        (&["ROLE_ADMIN"], 403),
        (&["ROLE_A_ADMIN"], 403),
        (&["ROLE_SUDO"], 200),
        (&["ROLE_ADMIN", "ROLE_SUDO"], 200),
    ] {
        for header in [
            ("x-run-as-user", "jane"),
            ("x-run-with-roles", "ROLE_B"),
            ("x-api-as-user", "jane"),
            ("x-api-with-roles", "ROLE_B"),
        ] {
            assert_eq!(status(own, &[header]), expected, "{own:?} {header:?}");
        }
    }
}

#[test]
fn only_administrators_reach_what_makes_an_administrator() {
    // Who runs; whether they reach ROLE_ADMIN, ROLE_SUDO and the tenant's admin role.
    for (own, admin, sudo, tenant_admin) in [
        (&["ROLE_SUDO"][..], 403, 403, 403),
        (&["ROLE_SUDO", "ROLE_A_ADMIN"], 403, 403, 200),
        (&["ROLE_SUDO", "ROLE_ADMIN"], 200, 200, 200),
    ] {
        for (role, user, expected) in [
            ("ROLE_ADMIN", "root", admin),
            ("ROLE_SUDO", "app", sudo),
            ("ROLE_A_ADMIN", "dean", tenant_admin),
        ] {
            for header in [
                ("x-run-as-user", user.to_owned()),
                ("x-api-as-user", user.to_owned()),
                ("x-run-with-roles", format!("ROLE_B, {role}")),
                ("x-api-with-roles", format!("ROLE_B {role}")),
            ] {
                assert_eq!(status(own, &[(header.0, &header.1)]), expected, "{own:?} {header:?}");
            }
        }
    }
}

#[test]
fn replacing_the_roles_of_an_administrator_does_not_lift_the_guard() {
    assert_eq!(
        status(SUDO, &[("x-run-as-user", "root"), ("x-run-with-roles", "ROLE_B")]),
        403
    );
}

#[test]
fn roles_are_compared_exactly() {
    let principal = run(SUDO, &[("x-run-with-roles", "role_admin")]).unwrap().principal;
    assert!(!principal.administrator);
    assert!(
        run(&["ROLE_ADMIN", "ROLE_SUDO"], &[("x-run-with-roles", "ROLE_ADMIN")])
            .unwrap()
            .principal
            .administrator
    );
}

#[test]
fn the_two_families_of_headers_cannot_be_mixed() {
    for run in [
        "x-run-as-user",
        "x-run-with-roles",
        "x-opencast-matterhorn-user",
        "x-opencast-matterhorn-roles",
        "x-opencast-matterhorn-organization",
    ] {
        for api in ["x-api-as-user", "x-api-with-roles"] {
            assert_eq!(
                status(&["ROLE_ADMIN", "ROLE_SUDO"], &[(run, "jane"), (api, "jane")]),
                400,
                "{run} {api}"
            );
            assert_eq!(
                status(&["ROLE_ADMIN", "ROLE_SUDO"], &[(run, " "), (api, "jane")]),
                200,
                "blank {run} {api}"
            );
        }
    }
}

#[test]
fn the_alias_counts_only_where_the_header_is_blank() {
    let with = |value| {
        run(
            SUDO,
            &[("x-run-as-user", "jane"), ("x-opencast-matterhorn-user", value)],
        )
    };
    assert_eq!(with("anonymous").unwrap().principal.username, "anonymous");
    assert_eq!(with("").unwrap().principal.username, "jane");
}

#[test]
fn a_repeated_user_is_400_and_repeated_roles_are_one_list() {
    assert_eq!(
        status(SUDO, &[("x-run-as-user", "jane"), ("x-run-as-user", "root")]),
        400
    );
    let principal = run(SUDO, &[("x-run-with-roles", "ROLE_B"), ("x-run-with-roles", "ROLE_A")])
        .unwrap()
        .principal;
    assert_eq!(principal.roles, ["ROLE_A", "ROLE_B"]);
}

#[test]
fn the_organization_header_admits_administrators_to_their_own_tenant_only() {
    let header = "x-opencast-matterhorn-organization";
    for (own, value, expected) in [
        (&["ROLE_ADMIN"][..], "a", 200),
        (&["ROLE_ADMIN"], "b", 403),
        (SUDO, "a", 403),
        (&["ROLE_A_ADMIN"], "a", 403),
        (SUDO, " ", 200),
    ] {
        assert_eq!(status(own, &[(header, value)]), expected, "{own:?} {value}");
    }
    assert_eq!(
        run(&["ROLE_ADMIN"], &[(header, "a")]).unwrap().principal.username,
        "lms"
    );
}
