//! How one goes through them, by offset and by cursor.

use super::*;

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
