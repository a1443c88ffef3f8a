//! Who may see and change what.

use crate::support::*;
use lectern_data::access::allows;
use lectern_data::model::*;

#[test]
fn of_the_entries_for_an_action_a_denial_beats_any_permission_and_without_one_nothing_is_allowed() {
    // Every combination of up to three entries, against every set of roles.
    let entries = [
        "A read",
        "-A read",
        "B read",
        "-B read",
        "A write",
        "-A write",
        "a read",
        "ROLE read",
    ];
    let tenant = Tenant::new();
    let mut lists: Vec<Vec<&str>> = vec![vec![]];
    for one in entries {
        lists.push(vec![one]);
        for two in entries {
            lists.push(vec![one, two]);
            lists.extend(entries.map(|three| vec![one, two, three]));
        }
    }
    let creations: Vec<Change> = lists
        .iter()
        .enumerate()
        .map(|(index, list)| event(&index.to_string(), &[], Some(acl(list))))
        .collect();
    tenant.write(&admin(), &creations);
    for roles in [&[][..], &["A"], &["B"], &["A", "B"], &["C"]] {
        let session = user(roles);
        let mut expected = Vec::new();
        for (index, list) in lists.iter().enumerate() {
            let applying = |sign: &str| {
                let entry = |role: &&str| list.contains(&format!("{sign}{role} read").as_str());
                roles.iter().any(entry)
            };
            let readable = applying("") && !applying("-");
            assert_eq!(
                allows(&acl(list), &session.principal, "read"),
                readable,
                "{list:?} and {roles:?}"
            );
            assert_eq!(
                tenant.get(&session, "events", &index.to_string(), &[]).is_some(),
                readable
            );
            if readable {
                expected.push(index.to_string());
            }
        }
        let mut all = query("events");
        all.limit = 1000;
        let page = tenant.find(&session, &all);
        assert_eq!(identifiers(&page), expected, "{roles:?}");
        assert_eq!(page.total, Some(expected.len() as u64));
    }
}

#[test]
fn administrators_pass_whatever_a_list_says() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[event("e", &[], Some(acl(&["-ROLE_ADMIN read", "-ROLE_ADMIN write"])))],
    );
    assert_eq!(tenant.list(&admin(), &query("events")), ["e"]);
    tenant.write(&admin(), &[delete("events", "e")]);
}

#[test]
fn a_query_can_ask_for_objects_that_allow_further_actions() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            event("r", &[], Some(acl(&["A read"]))),
            event("w", &[], Some(acl(&["A write"]))),
            event("rw", &[], Some(acl(&["A read", "A write"]))),
            event("r-w", &[], Some(acl(&["A read", "A write", "-B write"]))),
        ],
    );
    let mut writable = query("events");
    writable.actions = vec!["write".to_owned()];
    assert_eq!(tenant.list(&user(&["A"]), &writable), ["rw", "r-w"]);
    assert_eq!(tenant.list(&user(&["A", "B"]), &writable), ["rw"]);
    assert_eq!(tenant.list(&admin(), &writable), ["r", "w", "rw", "r-w"]);
    writable.filters = vec![vec![equals("identifier", &["r"])]];
    assert_eq!(tenant.list(&user(&["A"]), &writable), Vec::<String>::new());
    writable.filters = vec![vec![equals("identifier", &["rw"])]];
    assert_eq!(tenant.list(&user(&["A"]), &writable), ["rw"]);
}

#[test]
fn an_event_without_a_list_of_its_own_follows_its_series() {
    let tenant = Tenant::new();
    let own = Some(acl(&["B read"]));
    tenant.write(
        &admin(),
        &[
            series("s", "S", Some(acl(&["A read"]))),
            event("follows", &[text("is_part_of", "s")], None),
            event("own", &[text("is_part_of", "s")], own.clone()),
            event("neither", &[], None),
        ],
    );
    assert_eq!(tenant.list(&user(&["A"]), &query("events")), ["follows"]);
    assert_eq!(tenant.list(&user(&["B"]), &query("events")), ["own"]);
    assert_eq!(tenant.get(&admin(), "events", "neither", &[]).unwrap().1, acl(&[]));

    tenant.write(
        &admin(),
        &[set_acl("events", "own", None), set_acl("events", "follows", own)],
    );
    assert_eq!(tenant.list(&user(&["A"]), &query("events")), ["own"]);
    assert_eq!(tenant.list(&user(&["B"]), &query("events")), ["follows"]);

    tenant.write(&admin(), &[update("events", "own", &[none("is_part_of")])]);
    assert_eq!(tenant.list(&user(&["A"]), &query("events")), Vec::<String>::new());
    tenant.write(&admin(), &[update("events", "own", &[text("is_part_of", "s")])]);
    assert_eq!(tenant.list(&user(&["A"]), &query("events")), ["own"]);
}

#[test]
fn changing_the_list_of_a_series_is_one_row_and_holds_for_all_its_events_at_once() {
    let tenant = Tenant::new();
    let mut changes = vec![series("s", "S", Some(acl(&["A read"])))];
    changes.extend((0..300).map(|index| event(&index.to_string(), &[text("is_part_of", "s")], None)));
    tenant.write(&admin(), &changes);
    let (item, _) = tenant.get(&user(&["A"]), "events", "7", &[]).unwrap();
    assert_eq!(item.sequence, 1);
    assert_eq!(tenant.find(&user(&["B"]), &query("events")).total, Some(0));

    let before = tenant.connection.total_changes();
    let sequence = tenant.write(&admin(), &[set_acl("series", "s", Some(acl(&["B read"])))]);
    let rows = tenant.connection.total_changes() - before;
    assert!(rows < 10, "{rows} rows changed");

    assert_eq!(tenant.find(&user(&["A"]), &query("events")).total, Some(0));
    assert_eq!(tenant.find(&user(&["B"]), &query("events")).total, Some(300));
    let (item, list) = tenant.get(&user(&["B"]), "events", "7", &[]).unwrap();
    assert_eq!((item.sequence, list), (sequence, acl(&["B read"])));
}

#[test]
fn overriding_makes_all_events_of_a_series_follow_it() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            series("s", "S", Some(acl(&["A read"]))),
            event("1", &[text("is_part_of", "s")], Some(acl(&["B read"]))),
            event("2", &[text("is_part_of", "s")], Some(acl(&["C read"]))),
            event("3", &[text("is_part_of", "s")], None),
            event("4", &[], Some(acl(&["B read"]))),
        ],
    );
    tenant.write(&admin(), &[Change::OverrideAcls { series: "s".to_owned() }]);
    assert_eq!(tenant.list(&user(&["A"]), &query("events")), ["1", "2", "3"]);
    assert_eq!(tenant.list(&user(&["B"]), &query("events")), ["4"]);
    assert_eq!(tenant.list(&user(&["C"]), &query("events")), Vec::<String>::new());
}

#[test]
fn granting_adds_an_entry_or_turns_a_denying_one_and_gives_a_following_event_its_own_list() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            series("s", "S", Some(acl(&["A read", "-B read"]))),
            event("e", &[text("is_part_of", "s")], None),
            event("f", &[text("is_part_of", "s")], None),
        ],
    );
    tenant.write(
        &admin(),
        &[grant("events", "e", "read", "B"), grant("events", "e", "write", "C")],
    );
    let list = |identifier| tenant.get(&admin(), "events", identifier, &[]).unwrap().1;
    assert_eq!(list("e"), acl(&["A read", "B read", "C write"]));
    assert_eq!(list("f"), acl(&["A read", "-B read"]));
    tenant.write(&admin(), &[set_acl("series", "s", Some(acl(&[])))]);
    assert_eq!(list("e"), acl(&["A read", "B read", "C write"]));
    tenant.write(&admin(), &[grant("series", "s", "read", "D")]);
    assert_eq!(list("f"), acl(&["D read"]));
}

#[test]
fn revoking_removes_all_entries_of_a_role_and_an_action_and_there_must_be_one() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[event("e", &[], Some(acl(&["A read", "B read", "-A read", "A write"])))],
    );
    tenant.write(&admin(), &[revoke("events", "e", "read", "A")]);
    assert_eq!(
        tenant.get(&admin(), "events", "e", &[]).unwrap().1,
        acl(&["B read", "A write"])
    );
    let error = tenant
        .try_write(&admin(), &[revoke("events", "e", "read", "A")])
        .unwrap_err();
    assert_eq!((error.reason, error.subject.as_str()), (Reason::Missing, "A"));
}

#[test]
fn what_may_not_be_read_is_missing_and_what_may_not_be_written_is_denied() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            series("s", "S", Some(acl(&["A read"]))),
            event("e", &[], Some(acl(&["A read", "W read", "W write"]))),
            event("x", &[], Some(acl(&["W write"]))),
        ],
    );
    let changes = |collection: &str, identifier: &str| {
        vec![
            update(collection, identifier, &[text("title", "T")]),
            set_acl(collection, identifier, None),
            grant(collection, identifier, "read", "R"),
            revoke(collection, identifier, "read", "A"),
            delete(collection, identifier),
        ]
    };
    let refused = |roles: &[&str], change: &Change| {
        let error = tenant
            .try_write(&user(roles), std::slice::from_ref(change))
            .unwrap_err();
        (error.reason, error.subject)
    };
    for (collection, identifier) in [("events", "e"), ("series", "s")] {
        for change in changes(collection, identifier) {
            assert_eq!(refused(&[], &change), (Reason::Missing, identifier.to_owned()));
            assert_eq!(refused(&["A"], &change), (Reason::Denied, identifier.to_owned()));
        }
    }
    for change in changes("events", "nowhere").iter().chain(&changes("events", "x")) {
        assert_eq!(refused(&["W"], change).0, Reason::Missing);
    }
    assert_eq!(
        refused(&["A"], &Change::OverrideAcls { series: "s".to_owned() }).0,
        Reason::Denied
    );
    assert_eq!(refused(&[], &expect("events", "e", 1)).0, Reason::Missing);
    tenant.write(
        &user(&["W"]),
        &[update("events", "e", &[text("title", "T")]), delete("events", "e")],
    );
}

#[test]
fn a_list_is_given_back_as_it_was_written() {
    let tenant = Tenant::new();
    let list = acl(&[
        "Z read",
        "A write",
        "A read",
        "-A read",
        "Z read",
        "Ä \"quoted\"",
        "[] {}",
    ]);
    tenant.write(
        &admin(),
        &[
            event("e", &[], Some(list.clone())),
            series("s", "S", Some(list.clone())),
        ],
    );
    assert_eq!(tenant.get(&admin(), "events", "e", &[]).unwrap().1, list);
    assert_eq!(tenant.get(&admin(), "series", "s", &[]).unwrap().1, list);
    assert_eq!(tenant.number("SELECT count(*) FROM acl"), 1);
}

#[test]
fn a_page_names_each_distinct_list_once() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            series("s", "S", Some(acl(&["A read"]))),
            event("1", &[text("is_part_of", "s")], None),
            event("2", &[], Some(acl(&["B read"]))),
            event("3", &[], Some(acl(&["A read"]))),
        ],
    );
    let mut query = query("events");
    query.with_acl = true;
    let page = tenant.find(&admin(), &query);
    assert_eq!(page.acls, [acl(&["A read"]), acl(&["B read"])]);
    assert_eq!(
        page.items.iter().map(|item| item.acl).collect::<Vec<_>>(),
        [Some(0), Some(1), Some(0)]
    );
    query.with_acl = false;
    let page = tenant.find(&admin(), &query);
    assert_eq!((page.acls.len(), page.items[0].acl), (0, None));
}

#[test]
fn lists_that_nothing_means_any_more_are_removed() {
    let tenant = Tenant::new();
    let rows = || {
        let count = |table: &str| tenant.number(&format!("SELECT count(*) FROM {table}"));
        (count("acl"), count("acl_entry"), count("effective_acl"))
    };
    tenant.write(
        &admin(),
        &[
            series("s", "S", Some(acl(&["A read"]))),
            event("e", &[text("is_part_of", "s")], Some(acl(&["A read"]))),
        ],
    );
    assert_eq!(rows(), (1, 1, 2));
    tenant.write(
        &admin(),
        &[set_acl("events", "e", Some(acl(&["B read", "-B read", "C read"])))],
    );
    assert_eq!(rows(), (2, 3, 2));
    tenant.write(
        &admin(),
        &[
            set_acl("events", "e", Some(acl(&["D read"]))),
            set_acl("events", "e", None),
        ],
    );
    assert_eq!(rows(), (1, 1, 1));
    tenant.write(&admin(), &[delete("series", "s")]);
    // The empty list of the event that belongs to nothing.
    assert_eq!(rows(), (1, 0, 1));
    assert_eq!(tenant.get(&admin(), "events", "e", &[]).unwrap().1, acl(&[]));
}

#[test]
fn what_was_remembered_is_not_used_for_another_role_set_or_an_older_or_newer_state() {
    let tenant = Tenant::new();
    tenant.write(&admin(), &[event("1", &[], Some(acl(&["A read"])))]);
    // Roles whose concatenation is the same.
    tenant.write(&admin(), &[event("2", &[], Some(acl(&["AB read"])))]);
    assert_eq!(tenant.list(&user(&["A", "BC"]), &query("events")), ["1"]);
    assert_eq!(tenant.list(&user(&["AB", "C"]), &query("events")), ["2"]);
    tenant.write(&admin(), &[event("3", &[], Some(acl(&["A read", "AB read"])))]);
    assert_eq!(tenant.list(&user(&["A", "BC"]), &query("events")), ["1", "3"]);
    tenant.write(&admin(), &[set_acl("events", "1", Some(acl(&["AB read"])))]);
    assert_eq!(tenant.list(&user(&["A", "BC"]), &query("events")), ["3"]);
    assert_eq!(tenant.list(&user(&["AB", "C"]), &query("events")), ["1", "2", "3"]);
}
