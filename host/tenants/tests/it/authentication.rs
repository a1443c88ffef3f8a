use crate::fixture::{CLIENT, Fixture, Ticking, log_in, name, request};
use lectern_tenants::Options;
use std::sync::Arc;

#[tokio::test]
async fn the_administrator_of_a_new_tenant_can_log_in() {
    let fixture = Fixture::new(&["a"]);
    let session = log_in(&fixture.tenant("a"), "admin", "secret of a").await.unwrap();
    assert_eq!(session.authenticated, "admin");
    assert_eq!(session.principal.name, "Administrator");
    assert!(session.principal.administrator);
    assert_eq!(
        session.principal.roles,
        [
            "ROLE_ADMIN",
            "ROLE_ANONYMOUS",
            "ROLE_GROUP_A_SYSTEM_ADMINS",
            "ROLE_SUDO",
            "ROLE_USER",
            "ROLE_USER_ADMIN"
        ]
    );
    assert_eq!(
        (
            session.organization.identifier.as_str(),
            session.organization.name.as_str()
        ),
        ("a", "University a")
    );
}

#[tokio::test]
async fn wrong_and_unknown_credentials_get_the_same_challenge() {
    let fixture = Fixture::new(&["a"]);
    let tenant = fixture.tenant("a");
    let mut answers = Vec::new();
    for credentials in [
        ("admin", "wrong"),
        ("admin", ""),
        ("nobody", "secret of a"),
        ("Admin", "secret of a"),
        ("anonymous", ""),
    ] {
        answers.push(
            tenant
                .authenticate(&request("/api/events", Some(credentials), &[]), CLIENT)
                .await
                .unwrap_err(),
        );
    }
    assert_eq!(answers[0].status, 401);
    assert_eq!(
        answers[0].headers,
        [("www-authenticate".into(), "Basic realm=\"Opencast\"".into())]
    );
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn credentials_are_checked_where_none_are_needed() {
    let fixture = Fixture::new(&["a"]);
    let tenant = fixture.tenant("a");
    let session = tenant.authenticate(&request("/api", None, &[]), CLIENT).await.unwrap();
    assert_eq!(
        (session.principal.username.as_str(), session.authenticated.as_str()),
        ("anonymous", "")
    );
    let wrong = request("/api", Some(("admin", "wrong")), &[]);
    assert_eq!(tenant.authenticate(&wrong, CLIENT).await.unwrap_err().status, 401);
}

#[tokio::test]
async fn two_tenants_never_see_each_others_users() {
    let fixture = Fixture::new(&["a", "b"]);
    fixture.add_user("a", "jane", "jane's", &["ROLE_API"]);
    let (a, b) = (fixture.tenant("a"), fixture.tenant("b"));
    assert!(log_in(&a, "jane", "jane's").await.is_ok());
    assert_eq!(log_in(&b, "jane", "jane's").await.err(), Some(401));
    assert_eq!(log_in(&b, "admin", "secret of a").await.err(), Some(401));
    let as_jane = request(
        "/api/info/me",
        Some(("admin", "secret of b")),
        &[("x-run-as-user", "jane")],
    );
    assert_eq!(b.authenticate(&as_jane, CLIENT).await.unwrap_err().status, 403);
}

#[tokio::test]
async fn the_same_user_and_password_in_two_tenants_are_two_users() {
    let fixture = Fixture::new(&["a", "b"]);
    fixture.add_user("a", "jane", "same", &["ROLE_API", "ROLE_OF_A"]);
    fixture.add_user("b", "jane", "same", &["ROLE_API"]);
    let roles = |session: Arc<lectern_data::model::Session>| session.principal.roles.clone();
    for _ in 0..2 {
        assert!(roles(log_in(&fixture.tenant("a"), "jane", "same").await.unwrap()).contains(&"ROLE_OF_A".to_owned()));
        assert!(!roles(log_in(&fixture.tenant("b"), "jane", "same").await.unwrap()).contains(&"ROLE_OF_A".to_owned()));
    }
}

#[tokio::test]
async fn a_user_whom_another_program_removes_is_refused_on_the_next_request() {
    let fixture = Fixture::new(&["a"]);
    fixture.add_user("a", "jane", "secret", &["ROLE_API"]);
    let tenant = fixture.tenant("a");
    for _ in 0..2 {
        assert!(log_in(&tenant, "jane", "secret").await.is_ok());
    }
    fixture.admin.remove_user(&name("a"), "jane").unwrap();
    assert_eq!(log_in(&tenant, "jane", "secret").await.err(), Some(401));
}

#[tokio::test]
async fn a_password_that_another_program_changes_is_refused_on_the_next_request() {
    let fixture = Fixture::new(&["a"]);
    let tenant = fixture.tenant("a");
    assert!(log_in(&tenant, "admin", "secret of a").await.is_ok());
    fixture.admin.set_password(&name("a"), "admin", "new").unwrap();
    assert_eq!(log_in(&tenant, "admin", "secret of a").await.err(), Some(401));
    assert!(log_in(&tenant, "admin", "new").await.is_ok());
}

#[tokio::test]
async fn a_user_removed_and_added_again_has_the_new_roles_only() {
    let fixture = Fixture::new(&["a"]);
    let tenant = fixture.tenant("a");
    fixture.add_user("a", "jane", "secret", &["ROLE_API", "ROLE_OLD"]);
    assert!(log_in(&tenant, "jane", "secret").await.is_ok());
    fixture.admin.remove_user(&name("a"), "jane").unwrap();
    fixture.add_user("a", "jane", "secret", &["ROLE_API"]);
    let session = log_in(&tenant, "jane", "secret").await.unwrap();
    assert_eq!(
        session.principal.roles,
        ["ROLE_ANONYMOUS", "ROLE_API", "ROLE_USER", "ROLE_USER_JANE"]
    );
}

#[tokio::test]
async fn a_removed_tenant_refuses_even_those_who_hold_on_to_it() {
    let fixture = Fixture::new(&["a", "b"]);
    let held = fixture.tenant("b");
    fixture.admin.erase_tenant(&name("b")).unwrap();
    let denial = held
        .authenticate(&request("/api/info/me", Some(("admin", "secret of b")), &[]), CLIENT)
        .await
        .unwrap_err();
    assert_eq!(denial.status, 503);
    assert!(!fixture.data().join("tenants/b").exists());
}

#[tokio::test]
async fn the_url_table_and_run_as_are_applied() {
    let fixture = Fixture::new(&["a"]);
    fixture.add_user("a", "jane", "jane's", &["ROLE_COURSE_7"]);
    fixture.add_user("a", "lms", "lms's", &["ROLE_API_EVENTS_VIEW", "ROLE_SUDO"]);
    let tenant = fixture.tenant("a");
    let get = async |path: &str, who, headers: &[(&str, &str)]| {
        let outcome = tenant.authenticate(&request(path, Some(who), headers), CLIENT).await;
        outcome
            .map(|session| session.principal.clone())
            .map_err(|denial| denial.status)
    };
    assert_eq!(get("/api/events", ("jane", "jane's"), &[]).await, Err(403));
    assert_eq!(get("/api/series", ("lms", "lms's"), &[]).await, Err(403));
    let switched = get("/api/events", ("lms", "lms's"), &[("x-run-as-user", "jane")])
        .await
        .unwrap();
    assert_eq!(switched.username, "jane");
    assert!(switched.roles.contains(&"ROLE_COURSE_7".to_owned()));
    assert_eq!(
        get("/api/events", ("lms", "lms's"), &[("x-run-as-user", "admin")]).await,
        Err(403)
    );
    let own = get("/api/events", ("lms", "lms's"), &[]).await.unwrap();
    assert_eq!(own.username, "lms");
}

#[tokio::test]
async fn wrong_passwords_are_slowed_down_for_their_address_only() {
    let clock = Arc::new(Ticking::default());
    let fixture = Fixture::with_options(
        &["a"],
        Options {
            clock,
            ..Options::default()
        },
    );
    let tenant = fixture.tenant("a");
    let wrong = request("/api", Some(("admin", "wrong")), &[]);
    for _ in 0..5 {
        assert_eq!(tenant.authenticate(&wrong, CLIENT).await.unwrap_err().status, 401);
    }
    let denial = tenant.authenticate(&wrong, CLIENT).await.unwrap_err();
    assert_eq!((denial.status, denial.headers[0].0.as_str()), (429, "retry-after"));
    let elsewhere = std::net::Ipv4Addr::new(192, 0, 2, 1).into();
    let right = request("/api", Some(("admin", "secret of a")), &[]);
    assert!(tenant.authenticate(&right, elsewhere).await.is_ok());
}

#[test]
fn the_system_session_may_do_everything() {
    let fixture = Fixture::new(&["a"]);
    let session = fixture.tenant("a").system_session().unwrap();
    assert!(session.principal.administrator);
    assert_eq!(session.principal.roles, ["ROLE_ADMIN", "ROLE_SUDO"]);
    assert_eq!(session.authenticated, "opencast_system_account");
    assert_eq!(session.organization.identifier, "a");
}
