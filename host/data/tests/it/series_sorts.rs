//! Lists of series: sorts by several texts and by long ones, and parts of identifiers.

use crate::support::{Tenant, admin, create, filtered, query, sorted, text, texts, user};
use lectern_data::model::{Criterion, Query, Test};

fn part_of_identifier(part: &str) -> Query {
    let criterion = Criterion {
        field: "identifier".to_owned(),
        test: Test::Contains(part.to_owned()),
    };
    filtered("series", &[criterion])
}

fn tenant() -> Tenant {
    let tenant = Tenant::new();
    for (identifier, publishers) in [("b-one", &["M", "C"][..]), ("a-one", &["B", "Z"]), ("c-two", &[])] {
        let fields = [
            text("title", "One title"),
            text("description", identifier),
            texts("publisher", publishers),
        ];
        tenant.write(&admin(), &[create("series", identifier, &fields, None)]);
    }
    tenant
}

#[test]
fn several_texts_sort_by_the_smallest_or_the_largest_and_none_comes_last() {
    let tenant = tenant();
    let list = |key| tenant.list(&admin(), &sorted(query("series"), &[key]));
    assert_eq!(list("publisher"), ["a-one", "b-one", "c-two"]);
    assert_eq!(list("-publisher"), ["a-one", "b-one", "c-two"]);
    assert_eq!(list("description"), ["a-one", "b-one", "c-two"]);
    assert_eq!(list("-description"), ["c-two", "b-one", "a-one"]);
}

#[test]
fn a_part_of_an_identifier_finds_the_series_and_nothing_else_that_holds_it() {
    let tenant = tenant();
    let list = |part: &str| tenant.list(&admin(), &part_of_identifier(part));
    assert_eq!(list("one"), ["b-one", "a-one"]);
    assert_eq!(list("TWO"), ["c-two"]);
    assert_eq!(list("title"), [""; 0]);
    assert_eq!(tenant.list(&user(&["ROLE_X"]), &part_of_identifier("one")), [""; 0]);
}
