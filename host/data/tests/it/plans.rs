//! How lists are found: whatever is asked, an index leads to it.

use crate::support::*;
use lectern_data::access::AccessCache;
use lectern_data::collection::{Collection, EVENTS, Equals, SERIES, Sort};
use lectern_data::model::*;
use lectern_data::search;

/// Enough objects for walks to pay, all readable for role A; every third lacks what can be lacking.
fn tenant() -> Tenant {
    let tenant = Tenant::new();
    let list = || Some(acl(&["A read"]));
    let mut changes = vec![series("s", "Series", list())];
    for index in 0..1000 {
        let id = index.to_string();
        let title = text("title", &format!("Title {}", index * 7 % 1000));
        changes.push(create("series", &id, std::slice::from_ref(&title), list()));
        let mut fields = vec![];
        if index % 3 > 0 {
            fields = vec![
                title,
                texts("presenter", &["P", "Q"]),
                number("start", index),
                text("is_part_of", "s"),
            ];
        }
        changes.push(event(&id, &fields, list()));
    }
    tenant.write(&admin(), &changes);
    tenant
}

/// The statements that find the objects of a page, and how SQLite carries them out.
fn plans(tenant: &Tenant, session: &Session, query: &Query) -> Vec<(String, Vec<String>)> {
    let recorder = Recorder::new(&tenant.connection);
    search::find(&recorder, session, query, None).unwrap();
    let finding = |statement: &String| {
        [
            "SELECT o.id,",
            "SELECT o.id ",
            "SELECT count(*) FROM event",
            "SELECT count(*) FROM series",
        ]
        .iter()
        .any(|start| statement.starts_with(start))
    };
    recorder
        .statements()
        .into_iter()
        .filter(finding)
        .map(|statement| (statement.clone(), tenant.plan(&statement)))
        .collect()
}

fn assert_indexed(plans: &[(String, Vec<String>)], sorted_by_index: bool) {
    assert!(!plans.is_empty());
    for (statement, steps) in plans {
        for step in steps {
            let scans_table = step.starts_with("SCAN o") && !step.contains("INDEX");
            let sorts = step.contains("TEMP B-TREE") && sorted_by_index;
            assert!(!scans_table && !sorts, "{statement}\n{steps:#?}");
        }
    }
}

fn sort_keys(collection: &Collection) -> Vec<String> {
    let sortable = collection.fields.iter().filter(|field| field.sort != Sort::No);
    sortable
        .flat_map(|field| [field.name.to_owned(), format!("-{}", field.name)])
        .collect()
}

/// The page, one far from the start, and the one behind it.
fn windows(tenant: &Tenant, session: &Session, query: Query) -> Vec<Query> {
    let query = Query {
        limit: 20,
        with_total: false,
        ..query
    };
    let cursor = tenant.find(session, &query).next;
    assert!(cursor.is_some());
    vec![
        query.clone(),
        Query {
            offset: 200,
            ..query.clone()
        },
        Query { cursor, ..query },
    ]
}

#[test]
fn an_index_serves_every_sort_key_and_every_window() {
    let tenant = tenant();
    for session in [admin(), user(&["A"])] {
        for collection in [&EVENTS, &SERIES] {
            for key in [vec![], sort_keys(collection)].concat() {
                for window in windows(&tenant, &session, sorted(query(collection.name), &[&key])) {
                    assert_indexed(&plans(&tenant, &session, &window), true);
                }
            }
            for window in windows(&tenant, &session, query(collection.name)) {
                assert_indexed(&plans(&tenant, &session, &window), true);
            }
        }
    }
}

#[test]
fn a_cursor_enters_the_index_where_the_page_ended() {
    let tenant = tenant();
    for collection in [&EVENTS, &SERIES] {
        for key in sort_keys(collection) {
            let window = windows(&tenant, &admin(), sorted(query(collection.name), &[&key])).remove(2);
            let plans = plans(&tenant, &admin(), &window);
            assert!(
                plans
                    .iter()
                    .flat_map(|(_, steps)| steps)
                    .all(|step| step.starts_with("SEARCH ")),
                "{plans:#?}"
            );
            let entry = if key.starts_with('-') {
                "=? AND id<?)"
            } else {
                "=? AND id>?)"
            };
            assert!(plans[0].1[0].ends_with(entry), "{plans:#?}");
        }
    }
}

#[test]
fn an_index_leads_to_the_events_of_a_series_and_has_them_in_the_usual_orders() {
    let tenant = tenant();
    let of_series = || by("events", "is_part_of", "s");
    for session in [admin(), user(&["A"])] {
        for key in sort_keys(&EVENTS) {
            for window in windows(&tenant, &session, sorted(of_series(), &[&key])) {
                let plans = plans(&tenant, &session, &window);
                let usual = ["title", "start"].contains(&key.trim_start_matches('-'));
                assert_indexed(&plans, usual);
                assert!(
                    plans
                        .iter()
                        .all(|(_, steps)| steps[0].contains("INDEX event_series_id")),
                    "{plans:#?}"
                );
            }
        }
        for window in windows(&tenant, &session, of_series()) {
            assert_indexed(&plans(&tenant, &session, &window), true);
        }
    }
}

#[test]
fn an_index_leads_to_the_objects_of_every_exact_filter() {
    let tenant = tenant();
    for collection in [&EVENTS, &SERIES] {
        for field in collection.fields.iter().filter(|field| field.equals != Equals::No) {
            for values in [&["1"][..], &["1", "2"]] {
                let key = if collection == &EVENTS { "start" } else { "created" };
                // A second value, and a second criterion, that nothing is known about.
                let other = equals("language", &["xyz"]);
                let mut union = sorted(query(collection.name), &[key]);
                union.filters = vec![
                    vec![other.clone(), equals(field.name, values)],
                    vec![equals("title", &["Title 7"])],
                ];
                for query in [
                    sorted(filtered(collection.name, &[equals(field.name, values)]), &[key]),
                    union,
                ] {
                    let recorder = Recorder::new(&tenant.connection);
                    search::find(&recorder, &admin(), &query, Some(&AccessCache::default())).unwrap();
                    for statement in recorder
                        .statements()
                        .iter()
                        .filter(|statement| statement.contains(" AS o"))
                    {
                        let steps = tenant.plan(statement);
                        assert!(
                            steps.iter().all(|step| !step.starts_with("SCAN o")),
                            "{statement}\n{steps:#?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn few_readable_objects_are_found_by_their_access_lists() {
    let tenant = tenant();
    tenant.write(&admin(), &[event("rare", &[], Some(acl(&["R read"])))]);
    let session = user(&["R"]);
    for query in [
        sorted(query("events"), &["title"]),
        sorted(by("events", "status", "EVENTS.EVENTS.STATUS.PROCESSED"), &["-start"]),
    ] {
        let plans = plans(&tenant, &session, &query);
        assert!(
            plans
                .iter()
                .all(|(_, steps)| steps[0].contains("event_effective_acl_id (effective_acl_id=?)")),
            "{plans:#?}"
        );
        assert_eq!(tenant.list(&session, &query), ["rare"]);
    }
}

#[test]
fn one_object_by_its_identifier_is_one_statement() {
    let tenant = tenant();
    for session in [admin(), user(&["A"])] {
        let mut query = by("events", "identifier", "7");
        query.with_acl = true;
        query.fields = vec!["title".to_owned(), "series".to_owned()];
        let recorder = Recorder::new(&tenant.connection);
        search::find(&recorder, &session, &query, None).unwrap();
        assert_eq!(recorder.statements().len(), 1);
        let steps = tenant.plan(&recorder.statements()[0]);
        assert!(steps[0].contains("event_identifier (identifier=?)"), "{steps:#?}");
    }
}

#[test]
fn a_search_with_thousands_of_matches_goes_along_an_index_and_counts_what_may_be_read() {
    let tenant = Tenant::new();
    let changes: Vec<Change> = (0..5000)
        .map(|index| {
            let title = if index % 25 == 0 { "Other" } else { "Common" };
            let list = if index % 10 == 0 { "A read" } else { "B read" };
            event(&index.to_string(), &[text("title", title)], Some(acl(&[list])))
        })
        .collect();
    tenant.write(&admin(), &changes);
    for (session, readable) in [
        (admin(), 4800),
        (user(&["B"]), 4400),
        (user(&["A"]), 400),
        (user(&["A", "B"]), 4800),
        (user(&["C"]), 0),
    ] {
        for (offset, sort) in [(0, "title"), (4500, "title"), (4500, "-start"), (0, "start")] {
            let mut query = sorted(filtered("events", &[contains("common")]), &[sort]);
            (query.offset, query.limit, query.with_total) = (offset, 1000, true);
            let page = tenant.find(&session, &query);
            assert_eq!(page.total, Some(readable), "{offset} {sort}");
            let shown = readable.saturating_sub(offset).min(1000);
            assert_eq!(page.items.len() as u64, shown, "{offset} {sort}");
            for (statement, _) in plans(&tenant, &session, &query) {
                assert!(statement.contains("INDEXED BY"), "{statement}");
            }
        }
    }
}
