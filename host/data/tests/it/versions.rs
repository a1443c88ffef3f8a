//! The version of an event's content: which changes make a new one.

use crate::support::{Tenant, acl, admin, delete, event, grant, revoke, series, set_acl, text, update};
use lectern_data::access::MERGE_MODE;
use lectern_data::model::{Change, Value};

/// The version of the event's content.
fn version(tenant: &Tenant) -> Value {
    tenant
        .get(&admin(), "events", "e", &["archive_version"])
        .unwrap()
        .0
        .values
        .remove(0)
}

#[test]
fn an_event_has_a_new_version_after_every_commit_that_changes_its_content() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            series("s", "Analysis", Some(acl(&["A read"]))),
            event("e", &[text("title", "One")], None),
        ],
    );
    assert_eq!(version(&tenant), Value::Number(0));
    let changes = [
        vec![update("events", "e", &[text("title", "Two")])],
        vec![update("events", "e", &[text("is_part_of", "s")])],
        vec![set_acl("events", "e", Some(acl(&["A read"])))],
        vec![grant("events", "e", "read", "B")],
        vec![revoke("events", "e", "read", "B")],
        // One commit is one version, whatever it consists of.
        vec![
            update("events", "e", &[text("title", "Three")]),
            update("events", "e", &[text("location", "Room 1")]),
            grant("events", "e", "read", "C"),
        ],
        vec![Change::OverrideAcls { series: "s".to_owned() }],
        vec![delete("series", "s")],
    ];
    for (expected, changes) in (1..).zip(changes) {
        tenant.write(&admin(), &changes);
        assert_eq!(version(&tenant), Value::Number(expected), "{changes:?}");
    }
}

#[test]
fn what_does_not_change_an_event_itself_makes_no_version_of_it() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            series("s", "Analysis", Some(acl(&["A read"]))),
            event("e", &[text("title", "One"), text("is_part_of", "s")], None),
            event("f", &[], None),
        ],
    );
    for change in [
        update("series", "s", &[text("title", "Geometry")]),
        set_acl("series", "s", Some(acl(&["B read"]))),
        Change::OverrideAcls { series: "s".to_owned() },
        update("events", "e", &[]),
        update("events", "f", &[text("title", "Two")]),
    ] {
        tenant.write(&admin(), std::slice::from_ref(&change));
        assert_eq!(version(&tenant), Value::Number(0), "{change:?}");
    }
    tenant.set_property(MERGE_MODE, "roles");
    assert_eq!(version(&tenant), Value::Number(0));
}
