//! What holds after every commit, and that it is noticed when it does not.

use crate::support::*;
use lectern_data::check::{self, Depth};
use lectern_data::model::{Change, StoredFile};

/// A tenant with a bit of everything.
fn tenant() -> Tenant {
    let tenant = Tenant::new();
    tenant.sql("INSERT INTO organization VALUES (1, 'uni', 'University', 'ROLE_ADMIN', 'ROLE_ANONYMOUS')");
    let file = StoredFile {
        identifier: "3f359b10-da82-4834-8e65-741bc62dcdaf".to_owned(),
        name: "talk.mp4".to_owned(),
        size: 5,
        ..StoredFile::default()
    };
    tenant.write(
        &admin(),
        &[
            create(
                "series",
                "s",
                &[text("title", "Übungen"), texts("organizer", &["Ada Löwe"])],
                Some(acl(&["ROLE_A read"])),
            ),
            event(
                "e",
                &[
                    text("title", "Erste"),
                    text("is_part_of", "s"),
                    texts("presenter", &["Ada Löwe"]),
                ],
                None,
            ),
            event(
                "f",
                &[text("title", "Zweite")],
                Some(acl(&["ROLE_B read", "-ROLE_C read"])),
            ),
            Change::AddTrack {
                event: "e".to_owned(),
                flavor: "presenter/source".to_owned(),
                tags: vec![],
                file,
                overwrite: false,
            },
        ],
    );
    tenant.write(
        &admin(),
        &[
            update("series", "s", &[text("title", "Andere")]),
            update("events", "f", &[text("title", "Dritte")]),
        ],
    );
    tenant.write(
        &admin(),
        &[
            event("g", &[text("title", "Vierte")], None),
            set_acl("series", "s", Some(acl(&["ROLE_D read"]))),
        ],
    );
    tenant
}

fn found(tenant: &Tenant) -> Vec<String> {
    check::rules(&tenant.connection).unwrap()
}

#[test]
fn of_what_was_written_in_order_nothing_is_wrong() {
    let tenant = tenant();
    for depth in [Depth::Quick, Depth::Full] {
        assert_eq!(check::structure(&tenant.connection, depth), [""; 0]);
    }
    assert_eq!(found(&tenant), [""; 0]);
    check::is_of_tenant(&tenant.connection, "uni").unwrap();
    assert_eq!(check::sequence(&tenant.connection).unwrap(), 3);
    let mut files = Vec::new();
    lectern_data::media::stored_files(&tenant.connection, &mut |file| {
        files.push((file.identifier.to_owned(), file.size))
    })
    .unwrap();
    assert_eq!(files, [("3f359b10-da82-4834-8e65-741bc62dcdaf".to_owned(), 5)]);
}

#[test]
fn whatever_is_done_to_a_part_alone_is_noticed() {
    for (statement, part) in [
        ("DELETE FROM tenant_state", "commit sequence"),
        ("UPDATE tenant_state SET events = 4", "number of events"),
        (
            "UPDATE effective_acl SET events = events + 1 WHERE own_acl_id IS NOT NULL",
            "effective access lists",
        ),
        ("DELETE FROM acl_entry", "found by their role"),
        (
            "INSERT INTO acl_entry VALUES (1, 'read', 4711, 1)",
            "lead to access lists",
        ),
        (
            "UPDATE event SET sequence = 99 WHERE identifier = 'e'",
            "commit that has not been",
        ),
        ("DELETE FROM file", "are not known"),
        ("UPDATE event_media SET media = NULL", "does not refer to"),
        ("INSERT INTO removed_file SELECT identifier FROM file", "to be removed"),
        ("INSERT INTO event_term VALUES ('presenter', 'x', 4711)", "terms"),
        ("DELETE FROM event_term", "found by their name"),
        ("DELETE FROM series_name_text", "names of series"),
        ("UPDATE event_text SET folded = folded || 'x'", "search finds"),
        ("INSERT INTO event_gram (rowid, gram) VALUES (1, 'xyz')", "search finds"),
        ("UPDATE word SET texts = texts + 1", "words"),
        ("DELETE FROM word", "words"),
        ("INSERT INTO word_gram (rowid, gram) VALUES (1, 'xyz')", "words"),
        (
            "UPDATE event SET title = 'Anders' WHERE identifier = 'f'",
            "another one's",
        ),
        ("DELETE FROM series_text", "another one's"),
    ] {
        let tenant = tenant();
        tenant.sql("PRAGMA foreign_keys = OFF");
        tenant.sql(statement);
        let found = found(&tenant);
        assert!(
            found.iter().any(|problem| problem.contains(part)),
            "{statement}: {found:?}"
        );
    }
}

#[test]
fn a_reference_to_nothing_is_noticed() {
    let tenant = tenant();
    tenant.sql("PRAGMA foreign_keys = OFF; DELETE FROM series");
    let found = check::structure(&tenant.connection, Depth::Quick);
    assert!(
        found.iter().any(|problem| problem.contains("table event refers")),
        "{found:?}"
    );
}

#[test]
fn a_database_that_is_not_the_tenants_is_refused() {
    let refused = |tenant: &Tenant, name: &str| check::is_of_tenant(&tenant.connection, name).unwrap_err().message;
    assert!(refused(&tenant(), "other").contains("`uni`"));
    let other = tenant();
    other.sql("PRAGMA user_version = 0");
    assert!(refused(&other, "uni").contains("empty"));
    let other = tenant();
    other.sql("PRAGMA user_version = 5; ALTER TABLE tenant_state RENAME TO else_state");
    assert!(refused(&other, "uni").contains("another program"));
    let other = tenant();
    other.sql("DELETE FROM organization");
    assert!(refused(&other, "uni").contains("whose"));
}
