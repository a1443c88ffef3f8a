use crate::fixture::{Fixture, name, new_tenant};
use lectern_tenants::admin::Admin;
use lectern_tenants::{Error, Options, Tenants};

/// The name of the tenant that answers for an authority.
fn answering(tenants: &Tenants, authority: &str) -> Option<String> {
    tenants
        .by_host(authority)
        .unwrap()
        .map(|tenant| tenant.name().to_string())
}

#[test]
fn a_single_tenant_answers_for_every_host() {
    let fixture = Fixture::new(&["a"]);
    for authority in ["a.example", "b.example:8080", "[::1]", "", "no host at all"] {
        assert_eq!(
            answering(&fixture.tenants, authority).as_deref(),
            Some("a"),
            "{authority}"
        );
    }
}

#[test]
fn of_several_tenants_the_one_with_the_host_answers_and_none_for_an_unknown_host() {
    let fixture = Fixture::new(&["a", "b"]);
    for (authority, expected) in [
        ("a.example", Some("a")),
        ("A.Example", Some("a")),
        ("a.example:443", Some("a")),
        ("b.example.", Some("b")),
        ("c.example", None),
        ("www.a.example", None),
        ("example", None),
        ("", None),
        ("a.example/", None),
        ("a.example b.example", None),
        ("user@a.example", None),
    ] {
        assert_eq!(
            answering(&fixture.tenants, authority).as_deref(),
            expected,
            "{authority}"
        );
    }
}

#[test]
fn a_host_without_a_port_answers_at_every_port_that_no_other_tenant_has() {
    let mut fixture = Fixture::new(&["a", "b"]);
    let mut c = new_tenant("c");
    c.hosts = vec!["a.example:8080".parse().unwrap(), "[::1]:8080".parse().unwrap()];
    fixture.admin.add_tenant(&c).unwrap();
    for (authority, expected) in [
        ("a.example:8080", Some("c")),
        ("a.example:8081", Some("a")),
        ("a.example", Some("a")),
        ("[::1]:8080", Some("c")),
        ("[0:0::1]:8080", Some("c")),
        ("[::1]:8081", None),
        ("[::1]", None),
    ] {
        assert_eq!(
            answering(&fixture.tenants, authority).as_deref(),
            expected,
            "{authority}"
        );
    }
}

#[test]
fn a_tenant_that_another_program_adds_or_removes_is_there_or_gone_at_once() {
    let mut fixture = Fixture::new(&["a", "b"]);
    assert_eq!(answering(&fixture.tenants, "c.example"), None);
    fixture.admin.add_tenant(&new_tenant("c")).unwrap();
    assert_eq!(answering(&fixture.tenants, "c.example").as_deref(), Some("c"));
    fixture.admin.erase_tenant(&name("c")).unwrap();
    assert_eq!(answering(&fixture.tenants, "c.example"), None);
    assert!(fixture.tenants.tenant(&name("c")).unwrap().is_none());
}

#[test]
fn a_tenant_that_is_still_there_keeps_what_is_known_of_it() {
    let mut fixture = Fixture::new(&["a"]);
    let before = fixture.tenant("a");
    fixture.admin.add_tenant(&new_tenant("b")).unwrap();
    assert!(std::sync::Arc::ptr_eq(&before, &fixture.tenant("a")));
}

#[test]
fn a_tenant_made_under_the_name_of_a_removed_one_is_another_tenant() {
    let mut fixture = Fixture::new(&["a", "b"]);
    let before = fixture.tenant("b");
    fixture.admin.erase_tenant(&name("b")).unwrap();
    fixture.admin.add_tenant(&new_tenant("b")).unwrap();
    assert!(!std::sync::Arc::ptr_eq(&before, &fixture.tenant("b")));
}

#[test]
fn names_are_listed_in_order() {
    let fixture = Fixture::new(&["b", "a", "c"]);
    assert_eq!(fixture.tenants.names().unwrap(), [name("a"), name("b"), name("c")]);
}

#[test]
fn a_folder_without_a_registry_is_not_made_into_a_data_folder_by_a_server() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        Tenants::open(folder.path(), Options::default()),
        Err(Error::NoDataFolder(_))
    ));
    assert!(matches!(Admin::open(folder.path()), Err(Error::NoDataFolder(_))));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_damaged_registry_is_an_error_that_names_the_file() {
    let fixture = Fixture::new(&["a"]);
    drop(fixture.tenants);
    drop(fixture.admin);
    let registry = fixture.folder.path().join("data/tenants.db");
    std::fs::write(
        &registry,
        "not a database, but long enough to be looked at as one".repeat(100),
    )
    .unwrap();
    let error = Tenants::open(&fixture.folder.path().join("data"), Options::default())
        .err()
        .unwrap();
    assert!(error.to_string().contains("tenants.db"), "{error}");
}
