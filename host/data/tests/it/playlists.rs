//! Playlists: who sees them, what they show of their events, and the numbers of their entries.

use crate::support::*;
use lectern_data::model::*;
use serde_json::{Value as Json, json};

fn document(field: &str, json: &Json) -> Assignment {
    Assignment {
        field: field.to_owned(),
        value: Value::Document(json.to_string()),
    }
}

/// Entries for these events, with the id of an entry that is there in front of a colon: `2:event`.
fn entries(contents: &[&str]) -> Assignment {
    let entry = |content: &&str| match content.split_once(':') {
        Some((id, content)) => json!({ "id": id.parse::<i64>().unwrap(), "contentId": content }),
        None => json!({ "contentId": content }),
    };
    document("entries", &contents.iter().map(entry).collect())
}

fn playlist(identifier: &str, fields: &[Assignment], allowed: &[&str]) -> Change {
    create("playlists", identifier, fields, Some(acl(allowed)))
}

/// `ID CONTENT TYPE` of each entry.
fn shown(tenant: &Tenant, session: &Session, identifier: &str) -> Vec<String> {
    let (item, _) = tenant.get(session, "playlists", identifier, &["entries"]).unwrap();
    let Value::Document(entries) = &item.values[0] else {
        panic!("{item:?}")
    };
    let entries: Vec<Json> = serde_json::from_str(entries).unwrap();
    let plain = |entry: &Json, name: &str| entry[name].to_string().replace('"', "");
    let line = |entry| {
        format!(
            "{} {} {}",
            plain(entry, "id"),
            plain(entry, "contentId"),
            plain(entry, "type")
        )
    };
    entries.iter().map(line).collect()
}

fn refused(tenant: &Tenant, session: &Session, change: Change) -> (Reason, String) {
    let error = tenant.try_write(session, &[change]).unwrap_err();
    (error.reason, error.subject)
}

#[test]
fn a_playlist_is_seen_by_those_whom_its_list_lets_read_it() {
    let tenant = Tenant::new();
    tenant.write(
        &user(&[]),
        &[
            playlist("a", &[], &["ROLE_A read"]),
            playlist(
                "b",
                &[],
                &["ROLE_A read", "ROLE_B read", "ROLE_B write", "-ROLE_C read"],
            ),
            playlist("c", &[], &["ROLE_B write"]),
        ],
    );
    let listed = |session: &Session| tenant.list(session, &query("playlists"));
    assert_eq!(listed(&user(&["ROLE_A"])), ["a", "b"]);
    assert_eq!(listed(&user(&["ROLE_A", "ROLE_C"])), ["a"]);
    assert_eq!(listed(&user(&["ROLE_B"])), ["b"]);
    assert_eq!(listed(&user(&[])), [""; 0]);
    assert_eq!(listed(&admin()), ["a", "b", "c"]);
    assert_eq!(tenant.get(&user(&["ROLE_B"]), "playlists", "a", &[]), None);
    let (_, list) = tenant.get(&user(&["ROLE_A"]), "playlists", "a", &[]).unwrap();
    assert_eq!(list, acl(&["ROLE_A read"]));
}

#[test]
fn who_may_only_read_changes_nothing() {
    let tenant = Tenant::new();
    tenant.write(
        &user(&[]),
        &[playlist("p", &[], &["ROLE_R read", "ROLE_W read", "ROLE_W write"])],
    );
    for change in [
        update("playlists", "p", &[text("title", "x")]),
        set_acl("playlists", "p", None),
        delete("playlists", "p"),
    ] {
        let denied = (Reason::Denied, "p".to_owned());
        assert_eq!(refused(&tenant, &user(&["ROLE_R"]), change.clone()), denied);
        let missing = (Reason::Missing, "p".to_owned());
        assert_eq!(refused(&tenant, &user(&[]), change.clone()), missing);
    }
    tenant.write(&user(&["ROLE_W"]), &[update("playlists", "p", &[text("title", "x")])]);
}

#[test]
fn an_entry_is_inaccessible_unless_its_event_exists_and_may_be_read() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[
            event("open", &[], Some(acl(&["ROLE_A read"]))),
            event("closed", &[], None),
            playlist("p", &[entries(&["closed", "open", "none"])], &["ROLE_A read"]),
        ],
    );
    assert_eq!(
        shown(&tenant, &user(&["ROLE_A"]), "p"),
        ["1 closed INACCESSIBLE", "2 open EVENT", "3 none INACCESSIBLE"]
    );
    assert_eq!(
        shown(&tenant, &admin(), "p"),
        ["1 closed EVENT", "2 open EVENT", "3 none INACCESSIBLE"]
    );
    let listed = Query {
        fields: vec!["entries".to_owned()],
        actions: vec!["read".to_owned()],
        ..query("playlists")
    };
    let page = tenant.find(&user(&["ROLE_A"]), &listed);
    assert!(format!("{:?}", page.items[0].values).contains("INACCESSIBLE"));
}

#[test]
fn what_happens_to_the_events_changes_the_sequence_of_the_playlist() {
    let tenant = Tenant::new();
    let list = acl(&["ROLE_A read"]);
    tenant.write(
        &admin(),
        &[
            series("s", "S", None),
            event("own", &[], None),
            event("following", &[text("is_part_of", "s")], None),
            playlist("p", &[entries(&["own", "following", "later"])], &["ROLE_A read"]),
            playlist("other", &[], &["ROLE_A read"]),
        ],
    );
    let sequence = |identifier| tenant.get(&admin(), "playlists", identifier, &[]).unwrap().0.sequence;
    let before = sequence("other");
    for change in [
        set_acl("events", "own", Some(list.clone())),
        set_acl("series", "s", Some(list.clone())),
        event("later", &[], Some(list)),
        delete("events", "own"),
        delete("series", "s"),
    ] {
        let commit = tenant.write(&admin(), std::slice::from_ref(&change));
        assert_eq!(sequence("p"), commit, "{change:?}");
    }
    assert_eq!(sequence("other"), before);
}

#[test]
fn entries_keep_their_numbers_whatever_happens_to_the_others_and_no_number_comes_back() {
    let tenant = Tenant::new();
    tenant.write(&admin(), &[playlist("p", &[entries(&["a", "b", "a"])], &[])]);
    let put = |contents: &[&str]| {
        tenant.write(&admin(), &[update("playlists", "p", &[entries(contents)])]);
        shown(&tenant, &admin(), "p")
            .iter()
            .map(|line| line.replace(" INACCESSIBLE", ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(put(&["3:a", "c", "1:a"]), ["3 a", "4 c", "1 a"]);
    assert_eq!(put(&["1:z"]), ["1 z"]);
    assert_eq!(put(&["d", "1:z", "e"]), ["5 d", "1 z", "6 e"]);
    assert_eq!(put(&[]), [""; 0]);
    assert_eq!(put(&["f"]), ["7 f"]);
    tenant.write(&admin(), &[update("playlists", "p", &[text("title", "T")])]);
    assert_eq!(shown(&tenant, &admin(), "p"), ["7 f INACCESSIBLE"]);
    let (item, _) = tenant
        .get(&admin(), "playlists", "p", &["last_entry", "title"])
        .unwrap();
    assert_eq!(item.values, [Value::Number(7), Value::Text("T".to_owned())]);
    tenant.write(&admin(), &[playlist("q", &[entries(&["a"])], &[])]);
    for foreign in [&["1:a"][..], &["7:f", "7:f"], &["8:f"]] {
        let change = update("playlists", "p", &[entries(foreign)]);
        assert_eq!(
            refused(&tenant, &admin(), change),
            (Reason::Invalid, "entries".to_owned())
        );
    }
    assert_eq!(
        refused(&tenant, &admin(), playlist("r", &[entries(&["1:a"])], &[])),
        (Reason::Invalid, "entries".to_owned())
    );
}

#[test]
fn a_deleted_playlist_is_shown_to_nobody_and_leaves_its_identifier() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[playlist(
            "p",
            &[text("title", "Old"), entries(&["a"])],
            &["ROLE_A read"],
        )],
    );
    assert_eq!(refused(&tenant, &admin(), playlist("p", &[], &[])).0, Reason::Conflict);
    tenant.write(&admin(), &[delete("playlists", "p")]);
    assert_eq!(tenant.list(&admin(), &query("playlists")), [""; 0]);
    assert_eq!(tenant.number("SELECT count(*) FROM playlist"), 1);
    assert_eq!(refused(&tenant, &admin(), delete("playlists", "p")).0, Reason::Missing);
    tenant.write(&user(&[]), &[playlist("p", &[], &["ROLE_B read"])]);
    assert_eq!(tenant.get(&user(&["ROLE_A"]), "playlists", "p", &[]), None);
    let (item, _) = tenant
        .get(&user(&["ROLE_B"]), "playlists", "p", &["title", "entries"])
        .unwrap();
    assert_eq!(item.values, [Value::None, Value::Document("[]".to_owned())]);
}

#[test]
fn access_lists_are_shared_and_go_with_the_last_that_means_them() {
    let tenant = Tenant::new();
    let list = ["ROLE_A read"];
    tenant.write(
        &admin(),
        &[
            event("e", &[], Some(acl(&list))),
            playlist("p", &[], &list),
            playlist("q", &[], &["ROLE_B read"]),
        ],
    );
    tenant.write(&admin(), &[delete("events", "e")]);
    assert_eq!(tenant.list(&user(&["ROLE_A"]), &query("playlists")), ["p"]);
    let lists = || tenant.number("SELECT count(*) FROM acl WHERE entries LIKE '%ROLE_A%'");
    assert_eq!(lists(), 1);
    tenant.write(&admin(), &[set_acl("playlists", "p", Some(acl(&["ROLE_B read"])))]);
    assert_eq!(lists(), 0);
    assert_eq!(tenant.list(&user(&["ROLE_B"]), &query("playlists")), ["p", "q"]);
}

#[test]
fn a_playlist_was_updated_when_it_was_changed_unless_that_is_assigned() {
    let tenant = Tenant::new();
    let updated = |identifier| {
        tenant
            .get(&admin(), "playlists", identifier, &["updated"])
            .unwrap()
            .0
            .values[0]
            .clone()
    };
    tenant.write(
        &admin(),
        &[playlist("a", &[], &[]), playlist("b", &[number("updated", 5000)], &[])],
    );
    assert_eq!((updated("a"), updated("b")), (Value::Number(NOW), Value::Number(5000)));
    assert_eq!(
        tenant.list(&admin(), &sorted(query("playlists"), &["updated"])),
        ["b", "a"]
    );
    assert_eq!(
        tenant.list(&admin(), &sorted(query("playlists"), &["-updated"])),
        ["a", "b"]
    );
    tenant.write(&admin(), &[update("playlists", "b", &[])]);
    assert_eq!(updated("b"), Value::Number(NOW));
    let assigned = update("playlists", "b", &[number("updated", 7000)]);
    tenant.write(
        &admin(),
        &[assigned, set_acl("playlists", "b", Some(acl(&["ROLE_A read"])))],
    );
    assert_eq!(updated("b"), Value::Number(7000));
}

#[test]
fn what_a_playlist_cannot_be_is_refused_naming_the_field() {
    let tenant = Tenant::new();
    for (change, field) in [
        (playlist("a/b", &[], &[]), "identifier"),
        (playlist("a", &[document("entries", &json!({}))], &[]), "entries"),
        (
            playlist("a", &[document("entries", &json!([{ "contentId": "" }]))], &[]),
            "entries",
        ),
        (
            playlist(
                "a",
                &[document("entries", &json!([{ "contentId": "x", "id": "1" }]))],
                &[],
            ),
            "entries",
        ),
        (playlist("a", &[texts("title", &["x"])], &[]), "title"),
        (playlist("a", &[number("last_entry", 1)], &[]), "last_entry"),
        (
            create("playlists", "a", &[], Some(vec![entry("", "read", true)])),
            "acl",
        ),
    ] {
        assert_eq!(refused(&tenant, &admin(), change), (Reason::Invalid, field.to_owned()));
    }
}
