use crate::fixture::{Fixture, mode, name, new_tenant};
use lectern_data::identity::{Agent, User};
use lectern_tenants::Error;
use lectern_tenants::admin::Admin;

fn message<T>(result: Result<T, Error>) -> String {
    result.err().unwrap().to_string()
}

#[test]
fn folders_and_databases_are_for_their_owner_only() {
    let fixture = Fixture::new(&["a"]);
    // So that all files of the databases exist.
    fixture.tenant("a").system_session().unwrap();
    let data = fixture.data();
    for folder in [data.clone(), data.join("tenants"), data.join("tenants/a")] {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
    }
    for file in [data.read_dir().unwrap(), data.join("tenants/a").read_dir().unwrap()]
        .into_iter()
        .flatten()
    {
        let path = file.unwrap().path();
        assert!(path.is_dir() || mode(&path) == 0o600, "{}", path.display());
    }
}

#[test]
fn a_folder_that_holds_tenants_is_not_initialised_again() {
    let fixture = Fixture::new(&["a"]);
    let message = message(Admin::init(&fixture.data(), &new_tenant("b")));
    assert!(message.contains("lectern tenant add"), "{message}");
    assert_eq!(fixture.tenants.names().unwrap(), [name("a")]);
}

#[test]
fn tenants_are_listed_with_hosts_and_names() {
    let mut fixture = Fixture::new(&["b"]);
    let mut a = new_tenant("a");
    a.hosts = ["z.example:8080", "A.example", "a.example:443"]
        .map(|host| host.parse().unwrap())
        .to_vec();
    fixture.admin.add_tenant(&a).unwrap();
    let listed: Vec<_> = fixture
        .admin
        .tenants()
        .unwrap()
        .into_iter()
        .map(|tenant| {
            (
                tenant.name.to_string(),
                tenant.hosts.iter().map(ToString::to_string).collect::<Vec<_>>(),
                tenant.display_name.unwrap(),
            )
        })
        .collect();
    let expected = [
        (
            "a".to_owned(),
            vec!["a.example".to_owned(), "z.example:8080".to_owned()],
            "University a".to_owned(),
        ),
        ("b".to_owned(), vec!["b.example".to_owned()], "University b".to_owned()),
    ];
    assert_eq!(listed, expected);
}

#[test]
fn a_damaged_database_does_not_hide_the_other_tenants_from_the_list() {
    let fixture = Fixture::new(&["a", "b"]);
    std::fs::write(fixture.data().join("tenants/a/tenant.db"), "x".repeat(10_000)).unwrap();
    let listed = fixture.admin.tenants().unwrap();
    assert!(
        message(
            listed[0]
                .display_name
                .as_ref()
                .map_err(|error| Error::Refused(error.to_string()))
        )
        .contains("backup")
    );
    assert_eq!(listed[1].display_name.as_ref().unwrap(), "University b");
}

#[test]
fn a_name_or_host_that_is_taken_is_refused_and_nothing_is_left_behind() {
    let mut fixture = Fixture::new(&["a", "b"]);
    let refused = message(fixture.admin.add_tenant(&new_tenant("a")));
    assert!(refused.contains("`a`"), "{refused}");
    let mut c = new_tenant("c");
    c.hosts.push("B.example:80".parse().unwrap());
    let refused = message(fixture.admin.add_tenant(&c));
    assert!(refused.contains("`b.example` belongs to tenant `b`"), "{refused}");
    c.hosts.clear();
    assert!(matches!(fixture.admin.add_tenant(&c), Err(Error::NoHost)));
    assert!(!fixture.data().join("tenants/c").exists());
    assert_eq!(fixture.tenants.names().unwrap(), [name("a"), name("b")]);
    fixture.admin.add_tenant(&new_tenant("c")).unwrap();
}

#[test]
fn an_administrator_who_could_not_log_in_is_refused() {
    let mut fixture = Fixture::new(&["a"]);
    for (administrator, password) in [
        ("", "secret"),
        ("a:b", "secret"),
        ("anonymous", "secret"),
        ("admin", ""),
    ] {
        let tenant = lectern_tenants::admin::NewTenant {
            administrator: administrator.into(),
            password: password.into(),
            ..new_tenant("b")
        };
        assert!(
            matches!(fixture.admin.add_tenant(&tenant), Err(Error::Refused(_))),
            "{administrator}"
        );
    }
    assert_eq!(fixture.tenants.names().unwrap(), [name("a")]);
}

#[test]
fn the_data_of_an_unregistered_tenant_is_not_overwritten() {
    let mut fixture = Fixture::new(&["a"]);
    let file = fixture.data().join("tenants/b/tenant.db");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "an old backup").unwrap();
    let refused = message(fixture.admin.add_tenant(&new_tenant("b")));
    assert!(refused.contains("move it away"), "{refused}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "an old backup");
}

#[test]
fn removing_a_tenant_erases_its_folder_and_no_other() {
    let fixture = Fixture::new(&["a", "b"]);
    std::fs::write(fixture.data().join("tenants/a/recording.mp4"), "x").unwrap();
    fixture.admin.erase_tenant(&name("a")).unwrap();
    let left: Vec<_> = fixture
        .data()
        .join("tenants")
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["b"]);
    let mut again = Admin::open(&fixture.data()).unwrap();
    again.add_tenant(&new_tenant("a")).unwrap();
}

#[test]
fn an_unknown_tenant_is_answered_by_the_names_there_are() {
    let fixture = Fixture::new(&["a", "b"]);
    let (c, admin) = (name("c"), &fixture.admin);
    let user = User {
        username: "jane".into(),
        ..User::default()
    };
    for refused in [
        message(admin.erase_tenant(&c)),
        message(admin.users(&c)),
        message(admin.add_user(&c, &user, "secret")),
        message(admin.set_password(&c, "jane", "secret")),
        message(admin.remove_user(&c, "jane")),
        message(admin.agents(&c)),
        message(admin.add_agent(&c, &Agent::default())),
        message(admin.remove_agent(&c, "x")),
    ] {
        assert_eq!(refused, "there is no tenant `c`; there are: a, b");
    }
    assert!(!fixture.data().join("tenants/c").exists());
}

#[test]
fn users_are_added_listed_and_removed_in_their_tenant_only() {
    let fixture = Fixture::new(&["a", "b"]);
    fixture.add_user("a", "jane", "secret", &["ROLE_X"]);
    let users = |tenant| -> Vec<(String, Vec<String>)> {
        let users = fixture.admin.users(&name(tenant)).unwrap();
        users.into_iter().map(|user| (user.username, user.roles)).collect()
    };
    let admin = (
        "admin".to_owned(),
        vec!["ROLE_ADMIN".to_owned(), "ROLE_SUDO".to_owned()],
    );
    assert_eq!(
        users("a"),
        [admin.clone(), ("jane".to_owned(), vec!["ROLE_X".to_owned()])]
    );
    assert_eq!(users("b"), [admin]);
    let refused = message(fixture.admin.remove_user(&name("b"), "jane"));
    assert!(refused.contains("tenant b has no user `jane`"), "{refused}");
    fixture.admin.remove_user(&name("a"), "jane").unwrap();
    assert_eq!(users("a").len(), 1);
}

#[test]
fn what_cannot_be_done_to_a_user_is_refused_with_a_reason() {
    let fixture = Fixture::new(&["a"]);
    let a = name("a");
    let user = |username: &str, role: &str| User {
        username: username.into(),
        roles: vec![role.into()],
        ..User::default()
    };
    for (result, part) in [
        (
            fixture.admin.add_user(&a, &user("admin", "ROLE_X"), "secret"),
            "`admin` already",
        ),
        (
            fixture.admin.add_user(&a, &user("jane", "ROLE X"), "secret"),
            "`ROLE X`",
        ),
        (
            fixture.admin.add_user(&a, &user("ja:ne", "ROLE_X"), "secret"),
            "`ja:ne`",
        ),
        (
            fixture.admin.add_user(&a, &user("jane", "ROLE_X"), ""),
            "password is empty",
        ),
        (
            fixture.admin.set_password(&a, "jane", "secret").map(drop),
            "no user `jane`",
        ),
        (
            fixture.admin.set_password(&a, "admin", "").map(drop),
            "password is empty",
        ),
    ] {
        let refused = message(result);
        assert!(refused.contains(part), "{refused}");
    }
    assert_eq!(fixture.admin.users(&a).unwrap().len(), 1);
}

#[test]
fn capture_agents_belong_to_their_tenant() {
    let fixture = Fixture::new(&["a", "b"]);
    let agent = Agent {
        name: "hall".into(),
        timezone: "Europe/Zurich".into(),
        inputs: vec!["camera".into()],
    };
    fixture.admin.add_agent(&name("a"), &agent).unwrap();
    assert_eq!(fixture.admin.agents(&name("a")).unwrap(), [agent]);
    assert_eq!(fixture.admin.agents(&name("b")).unwrap(), []);
    fixture.admin.remove_agent(&name("a"), "hall").unwrap();
    assert_eq!(fixture.admin.agents(&name("a")).unwrap(), []);
}
