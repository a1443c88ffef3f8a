//! What a query finds, in which order, and page by page.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code may stop a test the short way"
)]

mod support;

use lectern_data::model::*;
use support::*;

/// Three series and a handful of events that differ in everything.
fn programme() -> Tenant {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            series("algebra", "Lineare Algebra", None),
            series("logic", "Logik für alle", None),
            event(
                "a1",
                &[
                    text("title", "Vektorräume"),
                    texts("presenter", &["Zuse", "Noether"]),
                    text("location", "Audimax"),
                    number("start", 3000),
                    number("duration", 500),
                    text("is_part_of", "algebra"),
                    text("language", "deu"),
                    text("description", "Was Räume sind"),
                ],
                None,
            ),
            event(
                "a2",
                &[
                    text("title", "Matrizen"),
                    texts("presenter", &["Hilbert"]),
                    texts("contributor", &["Noether"]),
                    number("start", 1000),
                    text("is_part_of", "algebra"),
                    text("subject", "maths,matrices"),
                ],
                None,
            ),
            event(
                "l1",
                &[
                    text("title", "Aussagen"),
                    texts("presenter", &["Hilbert", "Ackermann"]),
                    number("start", 2000),
                    text("is_part_of", "logic"),
                    text("location", "audimax"),
                ],
                None,
            ),
            event("x", &[], None),
        ],
    );
    tenant
}

fn found(tenant: &Tenant, criteria: &[Criterion]) -> Vec<String> {
    tenant.list(&admin(), &filtered("events", criteria))
}

#[test]
fn without_a_sort_key_objects_come_in_the_order_of_their_creation() {
    assert_eq!(programme().list(&admin(), &query("events")), ["a1", "a2", "l1", "x"]);
}

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
    assert!(tenant.connection.total_changes() - before < 20);
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

#[test]
fn a_page_says_where_the_next_one_starts_and_the_last_does_not() {
    let tenant = programme();
    for keys in [
        &[][..],
        &["title"],
        &["-title"],
        &["location", "-start"],
        &["series"],
        &["-series"],
        &["presenter"],
    ] {
        let all = sorted(query("events"), keys);
        let expected = tenant.list(&admin(), &all);
        for limit in 1..=5 {
            let mut page = Query { limit, ..all.clone() };
            let mut walked = Vec::new();
            loop {
                let found = tenant.find(&admin(), &page);
                assert_eq!(found.total, Some(4));
                assert!(found.items.len() <= limit as usize);
                walked.extend(identifiers(&found));
                page.cursor = found.next;
                if page.cursor.is_none() {
                    break;
                }
            }
            assert_eq!(walked, expected, "{keys:?} by {limit}");
        }
    }
}

#[test]
fn an_offset_counts_from_where_the_cursor_stands() {
    let tenant = programme();
    let mut query = sorted(query("events"), &["title"]);
    query.limit = 1;
    query.cursor = tenant.find(&admin(), &query).next;
    query.offset = 1;
    assert_eq!(tenant.list(&admin(), &query), ["a1"]);
    query.offset = 2;
    assert_eq!(tenant.list(&admin(), &query), ["x"]);
    query.offset = 3;
    assert_eq!(tenant.list(&admin(), &query), Vec::<String>::new());
}

#[test]
fn a_walk_by_cursor_has_no_gaps_and_no_repeats_while_others_write() {
    let tenant = Tenant::new();
    let create = |id: i64| event(&id.to_string(), &[text("title", &format!("{:02}", id % 50))], None);
    tenant.write(&admin(), &(0..100).map(create).collect::<Vec<_>>());
    let mut query = sorted(query("events"), &["title"]);
    query.limit = 7;
    let mut walked = Vec::new();
    for round in 0.. {
        let page = tenant.find(&admin(), &query);
        walked.extend(identifiers(&page));
        // Somebody deletes what has just been shown last, and creates objects before and behind.
        let last = walked.last().unwrap();
        tenant.write(
            &admin(),
            &[delete("events", last), create(1000 + round), create(2049 + 50 * round)],
        );
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    let old: Vec<i64> = walked
        .iter()
        .map(|id| id.parse().unwrap())
        .filter(|id| *id < 100)
        .collect();
    let mut expected: Vec<i64> = (0..100).collect();
    expected.sort_by_key(|id| (id % 50, *id));
    assert_eq!(old, expected);
    walked.sort();
    let distinct = walked.len();
    walked.dedup();
    assert_eq!(walked.len(), distinct);
}

#[test]
fn a_page_has_at_most_a_thousand_objects_and_an_offset_may_lie_anywhere() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &(0..1500)
            .map(|id| event(&id.to_string(), &[], None))
            .collect::<Vec<_>>(),
    );
    let mut query = query("events");
    query.limit = u32::MAX;
    let page = tenant.find(&admin(), &query);
    assert_eq!(
        (page.items.len(), page.total, page.next.is_some()),
        (1000, Some(1500), true)
    );
    for (offset, first) in [
        (1200, Some("1200")),
        (1499, Some("1499")),
        (1500, None),
        (u64::MAX, None),
    ] {
        query.offset = offset;
        let page = tenant.find(&admin(), &query);
        assert_eq!(page.items.first().map(|item| item.identifier.as_str()), first);
        assert_eq!(page.total, Some(1500));
    }
    query.offset = 0;
    query.limit = 0;
    let page = tenant.find(&admin(), &query);
    assert_eq!((page.items.len(), page.total, page.next), (0, Some(1500), None));
}

#[test]
fn a_page_far_from_the_start_is_the_same_from_either_end() {
    let tenant = Tenant::new();
    let location = |id: i64| {
        if id % 3 == 0 {
            String::new()
        } else {
            format!("Room {}", id % 7)
        }
    };
    tenant.write(
        &admin(),
        &(0..3000)
            .map(|id| event(&id.to_string(), &[text("location", &location(id))], None))
            .collect::<Vec<_>>(),
    );
    for keys in [&["location"][..], &["-location"], &["location", "-title"], &[]] {
        let mut all = Vec::new();
        let mut query = sorted(query("events"), keys);
        query.limit = 1000;
        for offset in [0, 1000, 2000] {
            query.offset = offset;
            all.extend(tenant.list(&admin(), &query));
        }
        query.limit = 10;
        for offset in [1493, 1500, 1507, 1990, 1995, 2000, 2005, 2985, 2990, 2995, 2999] {
            query.offset = offset;
            let page = tenant.find(&admin(), &query);
            let end = 3000.min(offset as usize + 10);
            assert_eq!(identifiers(&page), all[offset as usize..end], "{keys:?} at {offset}");
            assert_eq!(page.next.is_some(), end < 3000);
            if let Some(next) = page.next {
                let follow = Query {
                    cursor: Some(next),
                    offset: 0,
                    ..query.clone()
                };
                assert_eq!(tenant.list(&admin(), &follow)[0], all[end]);
            }
        }
    }
}

#[test]
fn fields_are_returned_in_the_order_asked_for_and_those_without_content_are_none() {
    let tenant = programme();
    let fields = [
        "start",
        "end",
        "presenter",
        "is_part_of",
        "series",
        "location",
        "has_previews",
        "status",
        "contributor",
    ];
    let values = |identifier| tenant.get(&admin(), "events", identifier, &fields).unwrap().0.values;
    assert_eq!(
        values("a1"),
        [
            Value::Number(3000),
            Value::Number(3500),
            Value::Texts(vec!["Zuse".into(), "Noether".into()]),
            Value::Text("algebra".into()),
            Value::Text("Lineare Algebra".into()),
            Value::Text("Audimax".into()),
            Value::Flag(false),
            Value::Text("EVENTS.EVENTS.STATUS.PROCESSED".into()),
            Value::None,
        ]
    );
    assert_eq!(values("x")[..4], [Value::None, Value::None, Value::None, Value::None]);
    let listed = Query {
        fields: fields.map(str::to_owned).to_vec(),
        ..by("events", "title", "Vektorräume")
    };
    assert_eq!(tenant.find(&admin(), &listed).items[0].values, values("a1"));
}

#[test]
fn the_sequence_of_an_object_follows_what_it_shows_of_its_series() {
    let tenant = programme();
    let sequence = |identifier| tenant.get(&admin(), "events", identifier, &[]).unwrap().0.sequence;
    let renamed = tenant.write(&admin(), &[update("series", "logic", &[text("title", "Logik")])]);
    assert_eq!((sequence("l1"), sequence("a1"), sequence("x")), (renamed, 1, 1));
    let opened = tenant.write(&admin(), &[set_acl("series", "algebra", Some(acl(&["A read"])))]);
    assert_eq!((sequence("l1"), sequence("a1"), sequence("x")), (renamed, opened, 1));
    let listed = tenant.find(&admin(), &query("events"));
    let sequences: Vec<_> = listed.items.iter().map(|item| item.sequence).collect();
    assert_eq!(sequences, [opened, opened, renamed, 1]);
}

#[test]
fn what_does_not_exist_is_refused_by_name() {
    let tenant = programme();
    let mut cursor = query("events");
    cursor.limit = 1;
    let mine = tenant.find(&admin(), &cursor).next.unwrap();
    let with_cursor = |text: &str| Query {
        cursor: Some(text.to_owned()),
        ..cursor.clone()
    };
    let cases = [
        (query("episodes"), "episodes"),
        (
            Query {
                fields: vec!["titel".into()],
                ..query("events")
            },
            "titel",
        ),
        (
            Query {
                fields: vec!["text".into()],
                ..query("events")
            },
            "text",
        ),
        (by("events", "titel", "x"), "titel"),
        (by("events", "organizer", "x"), "organizer"),
        (by("events", "duration", "5"), "duration"),
        (filtered("events", &[between("title", 1, 2)]), "title"),
        (by("events", "text", "x"), "text"),
        (sorted(query("events"), &["text"]), "text"),
        (sorted(query("events"), &["description"]), "description"),
        (sorted(query("events"), &["nothing"]), "nothing"),
        (sorted(query("series"), &["-start"]), "start"),
        (filtered("events", &[contains(&"x".repeat(1001))]), "text"),
        (with_cursor(""), "cursor"),
        (with_cursor("%%%"), "cursor"),
        (with_cursor("e30"), "cursor"),
        (with_cursor(&mine[..mine.len() - 4]), "cursor"),
        (sorted(with_cursor(&mine), &["title"]), "cursor"),
        (
            Query {
                filters: vec![vec![contains("x")]],
                ..with_cursor(&mine)
            },
            "cursor",
        ),
        (
            Query {
                collection: "series".into(),
                ..with_cursor(&mine)
            },
            "cursor",
        ),
    ];
    for (query, subject) in cases {
        let error = tenant.try_find(&admin(), &query).unwrap_err();
        assert_eq!(
            (error.reason, error.subject.as_str()),
            (Reason::Invalid, subject),
            "{query:?}"
        );
        assert!(error.message.len() > 20);
    }
}

#[test]
fn nothing_that_a_client_sends_is_taken_for_sql() {
    let tenant = programme();
    let nasty = ["'; DROP TABLE event; --", "\" OR 1=1", "?", "\0", "%", "a\u{10FFFF}"];
    for text in nasty {
        for field in [
            "title",
            "presenter",
            "is_part_of",
            "series",
            "description",
            "created",
            "status",
        ] {
            assert_eq!(found(&tenant, &[equals(field, &[text])]), Vec::<String>::new());
            assert_eq!(found(&tenant, &[equals(field, &[text, "x"])]), Vec::<String>::new());
        }
        assert!(tenant.get(&admin(), "events", text, &[]).is_none());
        assert!(found(&tenant, &[contains(text)]).len() < 4, "{text}");
    }
    assert_eq!(tenant.find(&admin(), &query("events")).total, Some(4));
}
