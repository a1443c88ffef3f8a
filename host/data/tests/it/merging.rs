//! Merge modes: the access lists of events that have their own and belong to a series, see `lectern_data::access::MergeMode`. That
//! every mode is right after every change is shown by the test against a model.

use crate::support::{
    Tenant, acl, admin, delete, event, grant, number, query, revoke, series, set_acl, text, update, user,
};
use lectern_data::access::MERGE_MODE;
use lectern_data::identity::{self, AccountError};
use lectern_data::model::{Acl, Change, Reason};

/// A series that allows A to read and B to write, and an event of it that allows B to read.
fn tenant(mode: &str) -> Tenant {
    let tenant = Tenant::new();
    tenant.set_property(MERGE_MODE, mode);
    tenant.write(
        &admin(),
        &[
            series("s", "Analysis", Some(acl(&["A read", "B write"]))),
            event("e", &[text("is_part_of", "s")], Some(acl(&["B read"]))),
        ],
    );
    tenant
}

fn effective(tenant: &Tenant) -> Acl {
    tenant.get(&admin(), "events", "e", &[]).unwrap().1
}

fn sequence(tenant: &Tenant) -> u64 {
    tenant.get(&admin(), "events", "e", &[]).unwrap().0.sequence
}

#[test]
fn the_mode_says_what_of_the_list_of_the_series_holds_for_an_event_with_its_own() {
    for (mode, expected) in [
        ("override", acl(&["B read"])),
        ("roles", acl(&["B read", "A read"])),
        ("actions", acl(&["B read", "A read", "B write"])),
    ] {
        assert_eq!(effective(&tenant(mode)), expected, "{mode}");
    }
}

#[test]
fn another_mode_holds_at_once_and_is_a_change_of_what_the_event_shows() {
    let tenant = tenant("override");
    for (mode, expected) in [
        ("roles", acl(&["B read", "A read"])),
        ("actions", acl(&["B read", "A read", "B write"])),
        ("override", acl(&["B read"])),
        ("actions", acl(&["B read", "A read", "B write"])),
    ] {
        let before = sequence(&tenant);
        tenant.set_property(MERGE_MODE, mode);
        assert_eq!(effective(&tenant), expected, "{mode}");
        assert!(sequence(&tenant) > before, "{mode}");
        let readable = usize::from(mode != "override");
        assert_eq!(tenant.list(&user(&["A"]), &query("events")).len(), readable, "{mode}");
    }
}

#[test]
fn without_the_property_the_event_overrides() {
    let tenant = tenant("roles");
    tenant.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    identity::unset_property(&tenant.connection, MERGE_MODE).unwrap();
    tenant.connection.execute_batch("COMMIT").unwrap();
    assert_eq!(effective(&tenant), acl(&["B read"]));
}

#[test]
fn a_mode_that_there_is_not_is_refused_with_those_that_there_are() {
    let tenant = Tenant::new();
    let refused = identity::set_property(&tenant.connection, MERGE_MODE, "union").unwrap_err();
    let AccountError::Refused(message) = refused else {
        panic!("{refused}");
    };
    for name in ["union", MERGE_MODE, "override", "roles", "actions"] {
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn a_change_of_the_list_of_the_series_changes_merged_events_as_well() {
    let tenant = tenant("roles");
    tenant.write(&admin(), &[set_acl("series", "s", Some(acl(&["C read", "-B read"])))]);
    assert_eq!(effective(&tenant), acl(&["B read", "C read"]));
    assert_eq!(tenant.list(&user(&["A"]), &query("events")).len(), 0);
    assert_eq!(tenant.list(&user(&["C"]), &query("events")).len(), 1);
}

#[test]
fn another_series_brings_its_list_and_without_one_the_event_has_its_own_alone() {
    let tenant = tenant("actions");
    tenant.write(&admin(), &[series("t", "Geometry", Some(acl(&["C read"])))]);
    tenant.write(&admin(), &[update("events", "e", &[text("is_part_of", "t")])]);
    assert_eq!(effective(&tenant), acl(&["B read", "C read"]));
    tenant.write(&admin(), &[delete("series", "t")]);
    assert_eq!(effective(&tenant), acl(&["B read"]));
    tenant.write(&admin(), &[update("events", "e", &[text("is_part_of", "s")])]);
    tenant.write(&admin(), &[set_acl("events", "e", None)]);
    assert_eq!(effective(&tenant), acl(&["A read", "B write"]));
}

#[test]
fn granting_keeps_what_came_from_the_series_and_revoking_it_is_refused() {
    let tenant = tenant("roles");
    tenant.write(&admin(), &[grant("events", "e", "read", "D")]);
    assert_eq!(effective(&tenant), acl(&["B read", "A read", "D read"]));
    tenant.write(&admin(), &[set_acl("events", "e", Some(acl(&["B read"])))]);
    let refused = tenant
        .try_write(&admin(), &[revoke("events", "e", "read", "A")])
        .unwrap_err();
    assert_eq!((refused.reason, refused.subject.as_str()), (Reason::Conflict, "A"));
    assert_eq!(effective(&tenant), acl(&["B read", "A read"]));
    tenant.write(&admin(), &[grant("events", "e", "write", "A")]);
    tenant.write(&admin(), &[revoke("events", "e", "read", "A")]);
    assert_eq!(effective(&tenant), acl(&["B read", "A write"]));
}

#[test]
fn a_new_list_of_the_series_writes_a_row_for_each_distinct_list_and_not_for_each_event() {
    let programme = |events: i64| {
        let tenant = tenant("roles");
        let own = |index: i64| Some(acl(&[["B read", "C read", "D read"][(index % 3) as usize]]));
        let event = |index: i64| {
            event(
                &index.to_string(),
                &[text("is_part_of", "s"), number("start", index)],
                own(index),
            )
        };
        tenant.write(&admin(), &(0..events).map(event).collect::<Vec<Change>>());
        tenant
    };
    let rows = |tenant: &Tenant| {
        let before = tenant.connection.total_changes();
        tenant.write(&admin(), &[set_acl("series", "s", Some(acl(&["E read"])))]);
        tenant.connection.total_changes() - before
    };
    let (few, many) = (programme(3), programme(1000));
    assert_eq!(rows(&few), rows(&many));
    assert_eq!(many.list(&user(&["E"]), &query("events")).len(), 100);
    assert_eq!(
        many.number("SELECT count(*) FROM effective_acl WHERE own_acl_id IS NOT NULL"),
        3
    );
}
