//! Changing groups: what they give to whom, and who may decide that.

use crate::support::*;
use lectern_data::identity::{self, User};
use lectern_data::model::*;

const ALL: [&str; 6] = ["identifier", "role", "name", "description", "roles", "members"];

fn group(identifier: &str, fields: &[Assignment]) -> Change {
    let name = [text("name", "Name")];
    create("groups", identifier, &[&name[..], fields].concat(), None)
}

fn values(tenant: &Tenant, identifier: &str) -> Option<Vec<Value>> {
    let mut query = by("groups", "identifier", identifier);
    query.fields = ALL.map(str::to_owned).to_vec();
    tenant.find(&user(&[]), &query).items.pop().map(|item| item.values)
}

fn refused(tenant: &Tenant, session: &Session, change: Change) -> (Reason, String) {
    let error = tenant.try_write(session, &[change]).unwrap_err();
    (error.reason, error.subject)
}

fn of_tenant(roles: &[&str]) -> Session {
    let mut session = user(roles);
    session.organization.admin_role = "ROLE_TENANT_ADMIN".to_owned();
    session
}

fn word(word: &str) -> Value {
    Value::Text(word.to_owned())
}

fn words(words: &[&str]) -> Value {
    Value::Texts(words.iter().map(|word| word.to_string()).collect())
}

#[test]
fn a_group_has_the_role_of_its_identifier_and_what_was_assigned() {
    let tenant = Tenant::new();
    let fields = [
        text("description", "Who works here"),
        texts("roles", &["ROLE_B", "ROLE_A", "ROLE_B"]),
        texts("members", &["john", "jane"]),
    ];
    let sequence = tenant.write(&user(&[]), &[group("my_group", &fields)]);
    assert_eq!(
        values(&tenant, "my_group").unwrap(),
        [
            word("my_group"),
            word("ROLE_GROUP_MY_GROUP"),
            word("Name"),
            word("Who works here"),
            words(&["ROLE_A", "ROLE_B"]),
            words(&["jane", "john"]),
        ]
    );
    assert_eq!(tenant.find(&user(&[]), &query("groups")).items[0].sequence, sequence);
    assert_eq!(
        refused(&tenant, &user(&[]), group("my_group", &[])),
        (Reason::Conflict, "my_group".to_owned())
    );
}

#[test]
fn two_groups_cannot_have_the_same_role() {
    let tenant = Tenant::new();
    tenant.write(&user(&[]), &[group("Staff", &[])]);
    assert_eq!(refused(&tenant, &user(&[]), group("staff", &[])).0, Reason::Conflict);
}

#[test]
fn what_is_not_assigned_stays() {
    let tenant = Tenant::new();
    let fields = [texts("roles", &["ROLE_A"]), texts("members", &["john"])];
    tenant.write(&user(&[]), &[group("g", &fields)]);
    let before = values(&tenant, "g").unwrap();
    tenant.write(&user(&[]), &[update("groups", "g", &[text("name", "Other")])]);
    let mut expected = before.clone();
    expected[2] = word("Other");
    assert_eq!(values(&tenant, "g").unwrap(), expected);
    let fields = [texts("roles", &["ROLE_B", "ROLE_A"]), none("members")];
    tenant.write(&user(&[]), &[update("groups", "g", &fields)]);
    expected[4] = words(&["ROLE_A", "ROLE_B"]);
    expected[5] = Value::None;
    assert_eq!(values(&tenant, "g").unwrap(), expected);
}

#[test]
fn a_deleted_group_gives_nothing_any_more_and_its_name_is_free() {
    let tenant = Tenant::new();
    let jane = User {
        username: "jane".to_owned(),
        ..User::default()
    };
    identity::add_user(&tenant.connection, &jane, "hash").unwrap();
    let roles = || {
        let account = identity::account(&tenant.connection, "jane").unwrap().unwrap();
        let mut roles = account.roles;
        roles.sort();
        roles
    };
    let fields = [texts("roles", &["ROLE_A"]), texts("members", &["jane"])];
    let before = identity::revision(&tenant.connection).unwrap();
    tenant.write(&user(&[]), &[group("g", &fields)]);
    assert_eq!(roles(), ["ROLE_A", "ROLE_GROUP_G"]);
    let between = identity::revision(&tenant.connection).unwrap();
    tenant.write(&user(&[]), &[delete("groups", "g")]);
    assert_eq!(roles(), [""; 0]);
    let after = identity::revision(&tenant.connection).unwrap();
    assert!(
        before < between && between < after,
        "who remembers users must look again"
    );
    tenant.write(&user(&[]), &[group("g", &[])]);
    assert_eq!(roles(), [""; 0]);
}

#[test]
fn a_group_that_makes_administrators_is_left_to_administrators_of_the_same_kind() {
    for (role, may, may_not) in [
        (
            "ROLE_ADMIN",
            &["ROLE_ADMIN"][..],
            &["ROLE_TENANT_ADMIN", "ROLE_API_GROUPS_EDIT"][..],
        ),
        (
            "ROLE_TENANT_ADMIN",
            &["ROLE_ADMIN", "ROLE_TENANT_ADMIN"],
            &["ROLE_API_GROUPS_EDIT"],
        ),
    ] {
        let given = [texts("roles", &["ROLE_X", role])];
        for own in may_not {
            let tenant = Tenant::new();
            let session = of_tenant(&[own]);
            let denied = (Reason::Denied, "roles".to_owned());
            assert_eq!(refused(&tenant, &session, group("g", &given)), denied);
            tenant.write(&session, &[group("g", &[])]);
            assert_eq!(refused(&tenant, &session, update("groups", "g", &given)), denied);
            tenant.write(&of_tenant(&["ROLE_ADMIN"]), &[update("groups", "g", &given)]);
            let members = [texts("members", &["me"])];
            for change in [
                update("groups", "g", &members),
                update("groups", "g", &[none("roles")]),
                delete("groups", "g"),
            ] {
                assert_eq!(refused(&tenant, &session, change), denied);
            }
        }
        for own in may {
            let tenant = Tenant::new();
            let session = of_tenant(&[own]);
            tenant.write(
                &session,
                &[
                    group("g", &given),
                    update("groups", "g", &[none("roles")]),
                    delete("groups", "g"),
                ],
            );
        }
    }
}

#[test]
fn a_group_whose_own_role_is_that_of_administrators_makes_administrators() {
    let tenant = Tenant::new();
    let mut session = user(&["ROLE_API_GROUPS_CREATE"]);
    session.organization.admin_role = "ROLE_GROUP_BOSSES".to_owned();
    assert_eq!(refused(&tenant, &session, group("bosses", &[])).0, Reason::Denied);
}

#[test]
fn what_a_group_cannot_be_is_refused_naming_the_field() {
    let tenant = Tenant::new();
    let invalid = |field: &str| (Reason::Invalid, field.to_owned());
    let long = "ä".repeat(129);
    for (change, field) in [
        (create("groups", "g", &[], None), "name"),
        (create("groups", "g", &[text("name", "  ")], None), "name"),
        (create("groups", "g", &[text("name", &long)], None), "name"),
        (group(&"x".repeat(129), &[]), "identifier"),
        (group("", &[]), "identifier"),
        (group("g", &[texts("roles", &["ROLE A"])]), "roles"),
        (group("g", &[texts("members", &["a,b"])]), "members"),
        (group("g", &[texts("name", &["a"])]), "name"),
        (group("g", &[text("role", "ROLE_X")]), "role"),
        (group("g", &[text("colour", "red")]), "colour"),
    ] {
        assert_eq!(refused(&tenant, &user(&[]), change), invalid(field));
    }
    tenant.write(&user(&[]), &[group("g", &[])]);
    for (change, field) in [
        (update("groups", "g", &[none("name")]), "name"),
        (update("groups", "g", &[text("name", &long)]), "name"),
    ] {
        assert_eq!(refused(&tenant, &user(&[]), change), invalid(field));
    }
    tenant.write(
        &user(&[]),
        &[create("groups", "h", &[text("name", &"ä".repeat(128))], None)],
    );
    let missing = (Reason::Missing, "x".to_owned());
    assert_eq!(refused(&tenant, &user(&[]), update("groups", "x", &[])), missing);
    assert_eq!(refused(&tenant, &user(&[]), delete("groups", "x")), missing);
}

#[test]
fn a_change_can_depend_on_the_group_as_it_was_seen() {
    let tenant = Tenant::new();
    let seen = tenant.write(&user(&[]), &[group("g", &[])]);
    let change = || update("groups", "g", &[texts("members", &["jane"])]);
    tenant.write(&user(&[]), &[expect("groups", "g", seen), change()]);
    let error = tenant
        .try_write(&user(&[]), &[expect("groups", "g", seen), change()])
        .unwrap_err();
    assert_eq!(error.reason, Reason::Changed);
}

#[test]
fn what_is_not_to_be_written_is_refused() {
    let tenant = Tenant::new();
    tenant.write(&user(&[]), &[group("g", &[])]);
    for change in [
        create("users", "jane", &[], None),
        delete("users", "jane"),
        set_acl("groups", "g", None),
        grant("groups", "g", "read", "ROLE_X"),
    ] {
        assert_eq!(refused(&tenant, &admin(), change).0, Reason::Invalid);
    }
}
