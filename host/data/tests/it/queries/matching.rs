//! Which objects meet the criteria of a query.

use super::*;

#[test]
fn text_is_compared_exactly() {
    let tenant = programme();
    assert_eq!(found(&tenant, &[equals("location", &["Audimax"])]), ["a1"]);
    assert_eq!(found(&tenant, &[equals("location", &["audimax"])]), ["l1"]);
    assert_eq!(found(&tenant, &[equals("location", &["Audi"])]), Vec::<String>::new());
    assert_eq!(
        found(&tenant, &[equals("location", &["AUDIMAX", "Audimax", "audimax"])]),
        ["a1", "l1"]
    );
    assert_eq!(found(&tenant, &[equals("subject", &["maths,matrices"])]), ["a2"]);
    assert_eq!(found(&tenant, &[equals("subject", &["maths"])]), Vec::<String>::new());
    assert_eq!(found(&tenant, &[equals("description", &["Was Räume sind"])]), ["a1"]);
}

#[test]
fn a_long_description_is_compared_as_a_whole() {
    let tenant = Tenant::new();
    let (one, other) = ("ä".repeat(60) + "1", "ä".repeat(60) + "2");
    tenant.write(
        &admin(),
        &[
            event("1", &[text("description", &one)], None),
            event("2", &[text("description", &other)], None),
        ],
    );
    assert_eq!(found(&tenant, &[equals("description", &[&one])]), ["1"]);
    assert_eq!(
        found(&tenant, &[equals("description", &[&one, &other, "x"])]),
        ["1", "2"]
    );
    assert_eq!(found(&tenant, &[equals("description", &["ä"])]), Vec::<String>::new());
}

#[test]
fn of_several_texts_one_has_to_be_equal() {
    let tenant = programme();
    assert_eq!(found(&tenant, &[equals("presenter", &["Hilbert"])]), ["a2", "l1"]);
    assert_eq!(found(&tenant, &[equals("presenter", &["Noether"])]), ["a1"]);
    assert_eq!(found(&tenant, &[equals("contributor", &["Noether"])]), ["a2"]);
    assert_eq!(
        found(&tenant, &[equals("presenter", &["Zuse", "Noether", "Ackermann"])]),
        ["a1", "l1"]
    );
}

#[test]
fn numbers_are_compared_with_decimal_text_and_bounds_are_included() {
    let tenant = programme();
    assert_eq!(found(&tenant, &[equals("created", &["3000"])]), ["a1"]);
    assert_eq!(found(&tenant, &[equals("created", &["3000", "1000"])]), ["a1", "a2"]);
    assert_eq!(
        found(&tenant, &[equals("created", &["three thousand"])]),
        Vec::<String>::new()
    );
    assert_eq!(found(&tenant, &[between("start", 1000, 2000)]), ["a2", "l1"]);
    assert_eq!(found(&tenant, &[between("start", 1001, 1999)]), Vec::<String>::new());
    assert_eq!(found(&tenant, &[between("end", 3500, 3500)]), ["a1"]);
    assert_eq!(found(&tenant, &[between("end", 1000, 1000)]), ["a2"]);
    assert_eq!(found(&tenant, &[between("start", 2000, 1000)]), Vec::<String>::new());
}

#[test]
fn events_are_found_by_identifier_and_title_of_their_series() {
    let tenant = programme();
    assert_eq!(found(&tenant, &[equals("is_part_of", &["algebra"])]), ["a1", "a2"]);
    assert_eq!(
        found(&tenant, &[equals("is_part_of", &["algebra", "logic"])]),
        ["a1", "a2", "l1"]
    );
    assert_eq!(found(&tenant, &[equals("series", &["Logik für alle"])]), ["l1"]);
    assert_eq!(
        found(&tenant, &[equals("is_part_of", &["nowhere"])]),
        Vec::<String>::new()
    );
}

#[test]
fn all_criteria_of_a_list_have_to_be_met_and_an_empty_value_never_is() {
    let tenant = programme();
    let both = [equals("presenter", &["Hilbert"]), equals("is_part_of", &["logic"])];
    assert_eq!(found(&tenant, &both), ["l1"]);
    assert_eq!(found(&tenant, &[equals("location", &[""])]), Vec::<String>::new());
    assert_eq!(found(&tenant, &[equals("location", &[])]), Vec::<String>::new());
    assert_eq!(found(&tenant, &[]), ["a1", "a2", "l1", "x"]);
}

#[test]
fn several_lists_are_a_union_without_duplicates_in_one_order_and_one_window() {
    let tenant = programme();
    let mut union = query("events");
    union.filters = vec![
        vec![equals("presenter", &["Hilbert"])],
        vec![equals("location", &["audimax"])],
        vec![contains("vektor")],
        vec![equals("location", &[""])],
    ];
    let page = tenant.find(&admin(), &union);
    assert_eq!(
        (identifiers(&page), page.total),
        (vec!["a1".into(), "a2".into(), "l1".into()], Some(3))
    );
    let mut window = sorted(union.clone(), &["title"]);
    window.offset = 1;
    window.limit = 1;
    let page = tenant.find(&admin(), &window);
    assert_eq!((identifiers(&page), page.total), (vec!["a2".into()], Some(3)));
    union.filters.push(vec![]);
    assert_eq!(tenant.find(&admin(), &union).total, Some(4));
}

#[test]
fn every_term_of_a_search_occurs_somewhere_whatever_its_case_and_diacritics() {
    let tenant = programme();
    assert_eq!(found(&tenant, &[contains("VEKTORRAUME")]), ["a1"]);
    assert_eq!(found(&tenant, &[contains("torr")]), ["a1"]);
    assert_eq!(found(&tenant, &[contains("hilb  ackerm")]), ["l1"]);
    assert_eq!(found(&tenant, &[contains("hilbert vektor")]), Vec::<String>::new());
    assert_eq!(found(&tenant, &[contains("ma")]), ["a1", "a2", "l1"]);
    assert_eq!(found(&tenant, &[contains("z")]), ["a1", "a2", "l1", "x"]);
    assert_eq!(found(&tenant, &[contains("1970-01-01t00:00:03z")]), ["a1"]);
    assert_eq!(found(&tenant, &[contains(" ")]), ["a1", "a2", "l1", "x"]);
    assert_eq!(found(&tenant, &[contains("a user")]), ["a1", "a2", "l1", "x"]);
}

#[test]
fn a_search_finds_events_by_their_series_also_after_it_was_renamed() {
    let tenant = programme();
    assert_eq!(found(&tenant, &[contains("lineare")]), ["a1", "a2"]);
    assert_eq!(found(&tenant, &[contains("lineare hilbert")]), ["a2"]);
    assert_eq!(found(&tenant, &[contains("logic")]), ["l1"]);
    let before = tenant.connection.total_changes();
    tenant.write(&admin(), &[update("series", "algebra", &[text("title", "Geometrie")])]);
    let changed = tenant.connection.total_changes() - before;
    assert!(changed < 40, "{changed}");
    assert_eq!(found(&tenant, &[contains("lineare")]), Vec::<String>::new());
    assert_eq!(found(&tenant, &[contains("GEOMETRIE")]), ["a1", "a2"]);
    assert_eq!(
        tenant.get(&admin(), "events", "a1", &["series"]).unwrap().0.values,
        [Value::Text("Geometrie".into())]
    );
}

#[test]
fn series_are_searched_in_their_own_texts() {
    let tenant = programme();
    let found = |search: &str| tenant.list(&admin(), &filtered("series", &[contains(search)]));
    assert_eq!(found("logik fur"), ["logic"]);
    assert_eq!(found("vektor"), Vec::<String>::new());
}
