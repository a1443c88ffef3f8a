//! In which order they come.

use super::*;

#[test]
fn without_a_sort_key_objects_come_in_the_order_of_their_creation() {
    assert_eq!(programme().list(&admin(), &query("events")), ["a1", "a2", "l1", "x"]);
}

#[test]
fn objects_without_content_in_a_sort_key_come_last_in_both_directions() {
    let tenant = programme();
    let list = |keys: &[&str]| tenant.list(&admin(), &sorted(query("events"), keys));
    assert_eq!(list(&["title"]), ["l1", "a2", "a1", "x"]);
    assert_eq!(list(&["-title"]), ["a1", "a2", "l1", "x"]);
    assert_eq!(list(&["location"]), ["a1", "l1", "a2", "x"]);
    assert_eq!(list(&["-location"]), ["l1", "a1", "x", "a2"]);
    assert_eq!(list(&["start"]), ["a2", "l1", "a1", "x"]);
    assert_eq!(list(&["-end"]), ["a1", "l1", "a2", "x"]);
}

#[test]
fn of_several_texts_the_smallest_counts_upwards_and_the_largest_downwards() {
    let tenant = programme();
    let list = |keys: &[&str]| tenant.list(&admin(), &sorted(query("events"), keys));
    assert_eq!(list(&["presenter"]), ["l1", "a2", "a1", "x"]);
    assert_eq!(list(&["-presenter"]), ["a1", "l1", "a2", "x"]);
}

#[test]
fn several_sort_keys_count_in_the_order_given() {
    let tenant = Tenant::new();
    let event = |id: &str, title: &str, location: &str, start| {
        event(
            id,
            &[text("title", title), text("location", location), number("start", start)],
            None,
        )
    };
    tenant.write(
        &admin(),
        &[
            event("1", "B", "x", 1),
            event("2", "A", "y", 2),
            event("3", "B", "x", 3),
            event("4", "A", "", 4),
        ],
    );
    let list = |keys: &[&str]| tenant.list(&admin(), &sorted(query("events"), keys));
    assert_eq!(list(&["title", "-start"]), ["4", "2", "3", "1"]);
    assert_eq!(list(&["-title", "start"]), ["1", "3", "2", "4"]);
    assert_eq!(list(&["title", "location"]), ["2", "4", "1", "3"]);
    assert_eq!(list(&["title", "-location"]), ["2", "4", "1", "3"]);
    assert_eq!(list(&["location", "title", "-start"]), ["3", "1", "2", "4"]);
    assert_eq!(list(&["-title", "-title", "title"]), ["3", "1", "4", "2"]);
}

#[test]
fn sorted_by_series_the_events_of_one_series_stay_together() {
    let tenant = Tenant::new();
    let event = |id: &str, of: &str| event(id, &[text("is_part_of", of)], None);
    tenant.write(
        &admin(),
        &[
            series("s1", "Same", None),
            series("s2", "Same", None),
            series("s3", "Other", None),
            super_event("0"),
        ],
    );
    tenant.write(
        &admin(),
        &[
            event("1", "s2"),
            event("2", "s1"),
            event("3", "s3"),
            event("4", "s2"),
            event("5", "s1"),
        ],
    );
    let list = |keys: &[&str]| tenant.list(&admin(), &sorted(query("events"), keys));
    assert_eq!(list(&["series"]), ["3", "2", "5", "1", "4", "0"]);
    assert_eq!(list(&["-series"]), ["4", "1", "5", "2", "3", "0"]);
}

fn super_event(id: &str) -> Change {
    event(id, &[], None)
}
