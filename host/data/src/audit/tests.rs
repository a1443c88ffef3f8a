use super::*;
use crate::connection::Role;
use crate::model::{AccessEntry, Assignment, Principal, Value};
use crate::{migrations, native};
use rusqlite::Connection;

const NOW: i64 = 1_700_000_000_000;

fn tenant() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    native::configure(&connection, Role::Writer).unwrap();
    migrations::apply(&connection).unwrap();
    connection
}

/// An administrator for whom an application acts.
fn session() -> Session {
    Session {
        principal: Principal {
            username: "ada".into(),
            roles: vec!["ROLE_ADMIN".into()],
            administrator: true,
            ..Principal::default()
        },
        authenticated: "moodle".into(),
        ..Session::default()
    }
}

fn create(identifier: &str) -> Change {
    Change::Create {
        collection: "series".into(),
        identifier: identifier.into(),
        fields: vec![Assignment {
            field: "title".into(),
            value: Value::Text("Secret plans".into()),
        }],
        acl: None,
    }
}

fn grant(role: &str) -> Change {
    Change::Grant {
        collection: "series".into(),
        identifier: "s".into(),
        action: "read".into(),
        role: role.into(),
    }
}

fn write(sql: &Connection, changes: &[Change]) -> Result<Sequence, crate::model::Error> {
    sql.execute_batch("BEGIN IMMEDIATE").unwrap();
    let outcome = write::apply(sql, &session(), changes, NOW);
    sql.execute_batch(if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" })
        .unwrap();
    outcome
}

fn all(sql: &Connection) -> Vec<Entry> {
    entries(sql, None, 1000).unwrap()
}

#[test]
fn a_change_says_who_did_what_for_whom_when_and_in_which_commit() {
    let sql = tenant();
    let sequence = write(&sql, &[create("s")]).unwrap();
    let expected = Entry {
        sequence,
        at_ms: NOW,
        authenticated: "moodle".into(),
        effective: "ada".into(),
        action: "create".into(),
        collection: "series".into(),
        identifier: "s".into(),
        detail: "title".into(),
    };
    assert_eq!(all(&sql), [expected]);
}

#[test]
fn every_kind_of_change_leaves_one_row_and_an_expectation_leaves_none() {
    let sql = tenant();
    let sequence = write(&sql, &[create("s")]).unwrap();
    let (collection, identifier) = (|| "series".to_owned(), || "s".to_owned());
    let acl = vec![AccessEntry {
        role: "ROLE_A".into(),
        action: "read".into(),
        allow: true,
    }];
    let changes = [
        Change::Expect {
            collection: collection(),
            identifier: identifier(),
            sequence,
        },
        Change::Update {
            collection: collection(),
            identifier: identifier(),
            fields: vec![Assignment {
                field: "title".into(),
                value: Value::Text("New".into()),
            }],
        },
        Change::SetAcl {
            collection: collection(),
            identifier: identifier(),
            acl: Some(acl),
        },
        grant("ROLE_B"),
        Change::Revoke {
            collection: collection(),
            identifier: identifier(),
            action: "read".into(),
            role: "ROLE_B".into(),
        },
        Change::OverrideAcls { series: identifier() },
        Change::Delete {
            collection: collection(),
            identifier: identifier(),
        },
    ];
    write(&sql, &changes).unwrap();
    let told: Vec<_> = all(&sql)
        .into_iter()
        .skip(1)
        .map(|entry| {
            assert_eq!((entry.collection.as_str(), entry.identifier.as_str()), ("series", "s"));
            (entry.action, entry.detail)
        })
        .collect();
    let expected = [
        ("update", "title"),
        ("set-acl", "entries: 1"),
        ("grant", "read ROLE_B"),
        ("revoke", "read ROLE_B"),
        ("override-acls", ""),
        ("delete", ""),
    ];
    assert_eq!(
        told,
        expected.map(|(action, detail)| (action.to_owned(), detail.to_owned()))
    );
}

#[test]
fn a_change_that_was_undone_leaves_no_row() {
    let sql = tenant();
    write(&sql, &[create("s")]).unwrap();
    write(&sql, &[grant("ROLE_A"), create("s")]).unwrap_err();
    assert_eq!(all(&sql).len(), 1);
}

#[test]
fn no_row_holds_the_contents_of_a_field() {
    let sql = tenant();
    write(&sql, &[create("s")]).unwrap();
    assert!(!format!("{:?}", all(&sql)).contains("Secret plans"));
}

#[test]
fn what_the_operator_does_takes_a_number_of_the_same_sequence() {
    let sql = tenant();
    let before = write(&sql, &[create("s")]).unwrap();
    let operation = Operation {
        action: "create",
        collection: "users",
        identifier: "jane",
        detail: "ROLE_API",
    };
    operator(&sql, &[operation, operation], NOW).unwrap();
    let after = write(&sql, &[create("t")]).unwrap();
    let sequences: Vec<Sequence> = all(&sql).iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, [before, before + 1, before + 1, after]);
    assert!(after > before + 1);
    assert_eq!(all(&sql)[1].authenticated, OPERATOR);
}

#[test]
fn the_last_rows_or_the_first_ones_behind_a_commit_are_read_in_order() {
    let sql = tenant();
    let sequences: Vec<Sequence> = ["a", "b", "c", "d"]
        .iter()
        .map(|identifier| write(&sql, &[create(identifier)]).unwrap())
        .collect();
    let read = |since, limit| -> Vec<String> {
        let entries = entries(&sql, since, limit).unwrap();
        entries.into_iter().map(|entry| entry.identifier).collect()
    };
    assert_eq!(read(None, 2), ["c", "d"]);
    assert_eq!(read(Some(0), 2), ["a", "b"]);
    assert_eq!(read(Some(sequences[1]), 100), ["c", "d"]);
    assert!(read(Some(u64::MAX), 100).is_empty());
}

#[test]
fn a_long_detail_is_cut_between_characters() {
    let sql = tenant();
    write(&sql, &[create("s"), grant(&"Ü".repeat(250)), grant(&"Ü".repeat(255))]).unwrap();
    let long = "ü".repeat(1000);
    let operation = Operation {
        action: "update",
        collection: "users",
        identifier: "jane",
        detail: &long,
    };
    operator(&sql, &[operation], NOW).unwrap();
    assert_eq!(all(&sql).last().unwrap().detail, "ü".repeat(DETAIL));
}
