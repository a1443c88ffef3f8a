//! What a change of a series costs: the same, however many events it has.

use crate::support::{Tenant, acl, admin, by, contains, event, filtered, query, series, set_acl, text, update, user};
use lectern_data::model::{Change, Value};

fn programme(events: usize) -> Tenant {
    let tenant = Tenant::new();
    let mut changes = vec![series("s", "Analysis", Some(acl(&["A read"])))];
    changes.extend((0..events).map(|index| event(&index.to_string(), &[text("is_part_of", "s")], None)));
    tenant.write(&admin(), &changes);
    tenant
}

/// How many rows the change writes.
fn rows(tenant: &Tenant, change: Change) -> u64 {
    let before = tenant.connection.total_changes();
    tenant.write(&admin(), &[change]);
    tenant.connection.total_changes() - before
}

#[test]
fn a_new_title_or_list_writes_as_many_rows_for_a_thousand_events_as_for_none() {
    let renamed = || update("series", "s", &[text("title", "Geometrie")]);
    let opened = || set_acl("series", "s", Some(acl(&["B read"])));
    let (none, many) = (programme(0), programme(1000));
    assert_eq!(rows(&none, renamed()), rows(&many, renamed()));
    assert_eq!(rows(&none, opened()), rows(&many, opened()));
}

#[test]
fn a_new_title_or_list_holds_for_all_events_in_the_next_query() {
    let tenant = programme(300);
    let total = |session, query| tenant.find(&session, &query).total;
    tenant.write(&admin(), &[update("series", "s", &[text("title", "Geometrie")])]);
    assert_eq!(
        total(user(&["A"]), filtered("events", &[contains("geometr")])),
        Some(300)
    );
    assert_eq!(
        total(user(&["A"]), filtered("events", &[contains("analysis")])),
        Some(0)
    );
    assert_eq!(total(user(&["A"]), by("events", "series", "Geometrie")), Some(300));
    let (item, _) = tenant.get(&user(&["A"]), "events", "7", &["series"]).unwrap();
    assert_eq!(item.values, [Value::Text("Geometrie".to_owned())]);
    tenant.write(&admin(), &[set_acl("series", "s", Some(acl(&["B read"])))]);
    assert_eq!(total(user(&["A"]), query("events")), Some(0));
    assert_eq!(total(user(&["B"]), query("events")), Some(300));
    assert_eq!(
        total(user(&["B"]), filtered("events", &[contains("geometr")])),
        Some(300)
    );
}
