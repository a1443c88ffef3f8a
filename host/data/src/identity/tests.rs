use super::*;
use crate::connection::Role;
use crate::sql::{Param, Sql};
use crate::{migrations, native};
use rusqlite::Connection;

fn empty() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    native::configure(&connection, Role::Writer).unwrap();
    migrations::apply(&connection).unwrap();
    connection
}

fn settings() -> Organization {
    Organization {
        identifier: "a".into(),
        name: "University A".into(),
        admin_role: "ROLE_A_ADMIN".into(),
        anonymous_role: "ROLE_ANONYMOUS".into(),
        properties: vec![("x".into(), "1".into()), ("y".into(), "2".into())],
    }
}

fn user(username: &str, roles: &[&str]) -> User {
    User {
        username: username.into(),
        name: "Jane Doe".into(),
        email: "jane@example.org".into(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    }
}

/// A tenant with one user, jane.
fn tenant() -> Connection {
    let sql = empty();
    set_organization(&sql, &settings()).unwrap();
    add_user(&sql, &user("jane", &["ROLE_COURSE_7", "ROLE_API"]), "hash").unwrap();
    sql
}

fn refusal<T: std::fmt::Debug>(result: Result<T, AccountError>) -> String {
    match result.unwrap_err() {
        AccountError::Refused(message) => message,
        AccountError::Sql(error) => panic!("{error}"),
    }
}

fn run(sql: &Connection, statement: &str) {
    Sql::execute(sql, statement, &[]).unwrap();
}

#[test]
fn settings_are_read_as_they_were_written() {
    assert_eq!(organization(&tenant()).unwrap(), settings());
}

#[test]
fn a_database_without_settings_is_an_error_and_not_an_open_door() {
    assert!(organization(&empty()).unwrap_err().message.contains("organization"));
}

#[test]
fn an_account_has_its_own_roles_and_those_of_its_groups_and_no_others() {
    let sql = tenant();
    run(
        &sql,
        "INSERT INTO user_group (identifier, role, name, description) VALUES ('staff', 'ROLE_GROUP_STAFF', 'Staff', ''), ('other', 'ROLE_GROUP_OTHER', '', '')",
    );
    run(
        &sql,
        "INSERT INTO user_group_role VALUES ('staff', 'ROLE_EDITOR'), ('other', 'ROLE_SECRET')",
    );
    run(
        &sql,
        "INSERT INTO user_group_member VALUES ('staff', 'jane'), ('staff', 'john'), ('other', 'john')",
    );
    let account = account(&sql, "jane").unwrap().unwrap();
    assert_eq!(account.password_hash.as_deref(), Some("hash"));
    let principal = session(Some(&account), &settings()).principal;
    let expected = [
        "ROLE_ANONYMOUS",
        "ROLE_API",
        "ROLE_COURSE_7",
        "ROLE_EDITOR",
        "ROLE_GROUP_STAFF",
        "ROLE_USER",
        "ROLE_USER_JANE",
    ];
    assert_eq!(principal.roles, expected);
    assert_eq!(
        (principal.name.as_str(), principal.email.as_str()),
        ("Jane Doe", "jane@example.org")
    );
    assert_eq!(principal.provider, "opencast");
}

#[test]
fn usernames_are_compared_exactly() {
    let sql = tenant();
    for username in ["Jane", "jane ", "jan", "%", "", "anonymous"] {
        assert_eq!(account(&sql, username).unwrap(), None, "{username:?}");
    }
}

#[test]
fn an_account_without_roles_has_those_that_everybody_has() {
    let sql = tenant();
    add_user(&sql, &user("john", &[]), "hash").unwrap();
    let account = account(&sql, "john").unwrap().unwrap();
    assert_eq!(
        session(Some(&account), &settings()).principal.roles,
        ["ROLE_ANONYMOUS", "ROLE_USER", "ROLE_USER_JOHN"]
    );
}

#[test]
fn every_change_to_users_groups_and_settings_changes_the_revision() {
    let sql = tenant();
    let mut seen = vec![revision(&sql).unwrap()];
    let mut changed = |what: &str| {
        let now = revision(&sql).unwrap();
        assert!(!seen.contains(&now), "{what}");
        seen.push(now);
    };
    add_user(&sql, &user("john", &["ROLE_X"]), "hash").unwrap();
    changed("add_user");
    set_password_hash(&sql, "john", "other").unwrap();
    changed("set_password_hash");
    for statement in [
        "INSERT INTO user_role VALUES ('john', 'ROLE_Y')",
        "DELETE FROM user_role WHERE role = 'ROLE_Y'",
        "INSERT INTO user_group (identifier, role, name, description) VALUES ('g', 'ROLE_GROUP_G', 'G', '')",
        "UPDATE user_group SET role = 'ROLE_GROUP_H'",
        "INSERT INTO user_group_role VALUES ('g', 'ROLE_Z')",
        "DELETE FROM user_group_role",
        "INSERT INTO user_group_member VALUES ('g', 'john')",
        "DELETE FROM user_group_member",
        "UPDATE organization SET anonymous_role = 'ROLE_NOBODY'",
        "DELETE FROM organization_property WHERE name = 'x'",
    ] {
        run(&sql, statement);
        changed(statement);
    }
    set_organization(&sql, &settings()).unwrap();
    changed("set_organization");
    remove_user(&sql, "john").unwrap();
    changed("remove_user");
}

#[test]
fn a_removed_user_leaves_no_roles_and_memberships_to_the_next_of_that_name() {
    let sql = tenant();
    run(
        &sql,
        "INSERT INTO user_group (identifier, role, name, description) VALUES ('staff', 'ROLE_GROUP_STAFF', 'Staff', '')",
    );
    run(&sql, "INSERT INTO user_group_member VALUES ('staff', 'jane')");
    remove_user(&sql, "jane").unwrap();
    assert_eq!(account(&sql, "jane").unwrap(), None);
    add_user(&sql, &user("jane", &[]), "hash").unwrap();
    assert_eq!(account(&sql, "jane").unwrap().unwrap().roles, [""; 0]);
}

#[test]
fn users_are_listed_by_name_with_their_stored_roles() {
    let sql = tenant();
    add_user(&sql, &user("adam", &["ROLE_B", "ROLE_A", "ROLE_B"]), "hash").unwrap();
    add_user(&sql, &user("zoe", &[]), "hash").unwrap();
    let listed = users(&sql).unwrap();
    assert_eq!(
        listed,
        [
            user("adam", &["ROLE_A", "ROLE_B"]),
            user("jane", &["ROLE_API", "ROLE_COURSE_7"]),
            user("zoe", &[])
        ]
    );
}

#[test]
fn a_user_who_exists_already_is_refused_and_left_alone() {
    let sql = tenant();
    assert!(refusal(add_user(&sql, &user("jane", &["ROLE_ADMIN"]), "other")).contains("`jane`"));
    let account = account(&sql, "jane").unwrap().unwrap();
    assert_eq!(account.password_hash.as_deref(), Some("hash"));
    assert!(!account.roles.contains(&"ROLE_ADMIN".to_owned()));
}

#[test]
fn usernames_and_roles_that_could_not_be_used_are_refused_by_name() {
    let sql = tenant();
    for username in ["", "anonymous", "a:b", "a,b", " a", "a ", "a\n", &"a".repeat(256)] {
        assert!(
            refusal(add_user(&sql, &user(username, &[]), "hash")).contains(username),
            "{username:?}"
        );
    }
    for (username, fault) in [
        (" a", "blank"),
        ("a ", "blank"),
        ("", "empty"),
        ("opencast_system_account", "the server itself"),
        ("anonymous", "not logged in"),
        (&"a".repeat(256), "255"),
    ] {
        let message = refusal(add_user(&sql, &user(username, &[]), "hash"));
        assert!(message.contains(fault), "{message}");
    }
    for role in ["", "ROLE_A ROLE_B", "ROLE_A,ROLE_B"] {
        assert!(
            refusal(add_user(&sql, &user("john", &[role]), "hash")).contains(role),
            "{role:?}"
        );
    }
    for username in ["jürg", "92623987@opencast.org", "first last"] {
        add_user(&sql, &user(username, &[]), "hash").unwrap();
    }
}

#[test]
fn properties_are_set_one_by_one_and_unset_if_they_are_there() {
    let sql = tenant();
    let properties = || organization(&sql).unwrap().properties;
    let names = |properties: Vec<(String, String)>| -> Vec<String> {
        properties
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    };
    let before = properties();
    set_property(&sql, "a.b", "one").unwrap();
    set_property(&sql, "a.b", "").unwrap();
    assert_eq!(
        names(properties()),
        [vec!["a.b=".to_owned()], names(before.clone())].concat()
    );
    unset_property(&sql, "a.b").unwrap();
    assert_eq!(properties(), before);
    assert!(refusal(unset_property(&sql, "a.b")).contains("a.b"));
}

#[test]
fn a_property_that_cannot_be_is_refused_by_name() {
    let sql = tenant();
    for (name, value) in [
        ("", "x"),
        ("a b", "x"),
        ("a\n", "x"),
        ("a", "x\u{0}"),
        ("a", &"x".repeat((64 << 10) + 1)),
    ] {
        assert!(refusal(set_property(&sql, name, value)).contains(name), "{name:?}");
    }
}

#[test]
fn changing_or_removing_an_unknown_user_names_the_user_and_the_tenant() {
    let sql = tenant();
    for message in [
        refusal(set_password_hash(&sql, "john", "hash")),
        refusal(remove_user(&sql, "john")),
    ] {
        assert!(message.contains("tenant a has no user `john`"), "{message}");
    }
}

#[test]
fn capture_agents_are_added_listed_and_removed() {
    let sql = tenant();
    let agent = |name: &str, inputs: &[&str]| Agent {
        name: name.into(),
        timezone: "Europe/Zurich".into(),
        inputs: inputs.iter().map(|input| (*input).to_owned()).collect(),
    };
    add_agent(&sql, &agent("hall-b", &["camera", "slides"])).unwrap();
    add_agent(&sql, &agent("hall-a", &[])).unwrap();
    assert_eq!(
        agents(&sql).unwrap(),
        [agent("hall-a", &[]), agent("hall-b", &["camera", "slides"])]
    );
    assert!(refusal(add_agent(&sql, &agent("hall-a", &["camera"]))).contains("`hall-a` already"));
    assert!(refusal(add_agent(&sql, &agent("hall-c", &["a,b"]))).contains("`a,b`"));
    assert!(
        refusal(add_agent(
            &sql,
            &Agent {
                timezone: "Zürich".into(),
                ..agent("hall-c", &[])
            }
        ))
        .contains("`Zürich`")
    );
    remove_agent(&sql, "hall-a").unwrap();
    assert!(refusal(remove_agent(&sql, "hall-a")).contains("`hall-a`"));
    assert_eq!(agents(&sql).unwrap(), [agent("hall-b", &["camera", "slides"])]);
}

/// What a request gets: the effective user, or the status of the refusal.
fn entering(
    sql: &Connection,
    username: Option<&str>,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<String, u16> {
    let find = |name: &str| account(sql, name).unwrap();
    let account = username.map(|name| find(name).unwrap());
    let session = session(account.as_ref(), &settings());
    let request = Request {
        method: method.into(),
        path_with_query: path.into(),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let switched = enter(&request, &session, |name| {
        Ok(find(name).map(|account| roles::principal_of(&account, &settings())))
    });
    match switched {
        Ok(switched) => Ok(switched.unwrap_or(session).principal.username),
        Err(denial) => {
            let challenged = denial.headers.iter().any(|(name, _)| name == "www-authenticate");
            assert_eq!(challenged, denial.status == 401, "{denial:?}");
            Err(denial.status)
        }
    }
}

#[test]
fn without_credentials_only_the_root_of_the_api_is_open() {
    let sql = tenant();
    assert_eq!(entering(&sql, None, "GET", "/api", &[]), Ok("anonymous".into()));
    assert_eq!(entering(&sql, None, "GET", "/api/events", &[]), Err(401));
    assert_eq!(entering(&sql, None, "GET", "/api/unknown", &[]), Err(401));
}

#[test]
fn without_credentials_run_as_headers_are_answered_by_a_challenge() {
    let sql = tenant();
    assert_eq!(
        entering(&sql, None, "GET", "/api", &[("x-run-as-user", "jane")]),
        Err(401)
    );
    assert_eq!(
        entering(
            &sql,
            None,
            "GET",
            "/api",
            &[("x-run-as-user", "a"), ("x-api-as-user", "b")]
        ),
        Err(401)
    );
}

#[test]
fn the_role_of_the_authenticated_user_counts_not_that_of_the_one_switched_to() {
    let sql = tenant();
    add_user(&sql, &user("lms", &["ROLE_SUDO", "ROLE_API_EVENTS_VIEW"]), "hash").unwrap();
    let as_jane = [("x-run-as-user", "jane")];
    // jane may call /api/version, the application may list events.
    assert_eq!(
        entering(&sql, Some("jane"), "GET", "/api/version", &[]),
        Ok("jane".into())
    );
    assert_eq!(entering(&sql, Some("lms"), "GET", "/api/version", &as_jane), Err(403));
    assert_eq!(entering(&sql, Some("jane"), "GET", "/api/events", &[]), Err(403));
    assert_eq!(
        entering(&sql, Some("lms"), "GET", "/api/events", &as_jane),
        Ok("jane".into())
    );
}

#[test]
fn a_missing_role_is_403_before_anything_is_said_about_run_as_headers() {
    let sql = tenant();
    let both = [("x-run-as-user", "jane"), ("x-api-as-user", "jane")];
    assert_eq!(entering(&sql, Some("jane"), "GET", "/api/events", &both), Err(403));
    assert_eq!(entering(&sql, Some("jane"), "GET", "/api/version", &both), Err(400));
}

#[test]
fn the_anonymous_role_can_be_what_opens_a_path() {
    let open = Organization {
        anonymous_role: "ROLE_API_EVENTS_VIEW".into(),
        ..settings()
    };
    let session = session(account(&tenant(), "jane").unwrap().as_ref(), &open);
    let request = Request {
        method: "GET".into(),
        path_with_query: "/api/events".into(),
        headers: Vec::new(),
    };
    assert_eq!(enter(&request, &session, |_| Ok(None)), Ok(None));
}

#[test]
fn finding_an_account_uses_indexes_only() {
    let sql = tenant();
    let mut plan = Vec::new();
    let statement = format!("EXPLAIN QUERY PLAN {}", directory::ACCOUNT);
    sql.query(&statement, &[Param::Text("jane")], &mut |row| {
        plan.push(row.column(3).text().unwrap().to_owned());
        Ok(())
    })
    .unwrap();
    assert!(plan.iter().any(|line| line.contains("SEARCH user USING")), "{plan:?}");
    let tables = [
        "user",
        "user_role",
        "user_group",
        "user_group_role",
        "user_group_member",
    ];
    assert!(
        !plan
            .iter()
            .any(|line| tables.iter().any(|table| line.starts_with(&format!("SCAN {table}")))),
        "{plan:?}"
    );
}
