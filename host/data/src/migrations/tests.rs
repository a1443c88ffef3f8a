use super::*;
use crate::connection::Role;
use crate::native;
use rusqlite::Connection;
use std::path::Path;

fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    native::configure(&connection, Role::Writer).unwrap();
    connection
}

fn schema(connection: &Connection) -> Vec<String> {
    let mut lines = Vec::new();
    connection
        .query("SELECT sql FROM sqlite_schema ORDER BY name", &[], &mut |row| {
            lines.extend(row.column(0).text().map(str::to_owned));
            Ok(())
        })
        .unwrap();
    lines
}

#[test]
fn the_steps_are_the_files_of_the_folder_in_order() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let steps: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, steps);
    for (position, (name, _)) in (1..).zip(STEPS) {
        assert!(
            name.starts_with(&format!("{position:04}_")),
            "{name} is step {position}"
        );
    }
}

#[test]
fn applying_the_steps_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let connection = open(&folder.path().join("tenant.db"));
    apply(&connection).unwrap();
    let first = schema(&connection);
    assert!(first.len() > 10);
    apply(&connection).unwrap();
    assert_eq!(schema(&connection), first);
    assert_eq!(version(&connection, "").unwrap(), STEPS.len());
}

#[test]
fn a_file_of_a_newer_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let connection = open(&folder.path().join("tenant.db"));
    connection.execute("PRAGMA user_version = 4711", []).unwrap();
    let error = apply(&connection).unwrap_err();
    assert!(matches!(error, MigrationError::Newer { found: 4711, .. }), "{error}");
    assert!(error.to_string().contains("4711"));
    assert_eq!(schema(&connection), Vec::<String>::new());
}

#[test]
fn a_step_that_fails_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let connection = open(&folder.path().join("tenant.db"));
    let step = "CREATE TABLE a (b);\n-- a table that does not exist\nINSERT INTO missing VALUES (1);\n";
    let error = apply_step(&connection, 1, "0001_faulty.sql", step).unwrap_err();
    assert!(error.to_string().contains("0001_faulty.sql"), "{error}");
    assert_eq!(schema(&connection), Vec::<String>::new());
    assert_eq!(version(&connection, "").unwrap(), 0);
    apply(&connection).unwrap();
}

/// A database with all steps up to the one that puts media apart.
fn before_media_apart(folder: &Path) -> Connection {
    let connection = open(&folder.join("tenant.db"));
    let apart = STEPS.iter().position(|(_, text)| *text == MEDIA_APART).unwrap();
    for (position, (name, text)) in (1..).zip(&STEPS[..apart]) {
        apply_step(&connection, position, name, text).unwrap();
    }
    connection
}

#[test]
fn what_was_published_before_it_was_kept_as_it_is_shown_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let connection = before_media_apart(folder.path());
    connection
        .execute_batch(
            "INSERT INTO acl (id, digest, entries) VALUES (1, 0, '[]');
             INSERT INTO effective_acl (id, own_acl_id, acl_id, events, series, sequence) VALUES (1, 1, 1, 1200, 0, 1);",
        )
        .unwrap();
    let publications = r#"[{"id": "p", "channel": "engage-player", "url": "/play/e"}]"#;
    // More than are looked at at once, some of which are not published or damaged.
    for number in 1..=1200 {
        let publications = match number % 3 {
            0 => None,
            1 => Some(publications),
            _ => Some("damaged"),
        };
        connection
            .execute(
                "INSERT INTO event (id, effective_acl_id, sequence, created_ms, has_previews, identifier, status, publications) \
                 VALUES (?1, 1, 1, 0, 0, 'e' || ?1, '', ?2)",
                rusqlite::params![number, publications],
            )
            .unwrap();
    }
    apply(&connection).unwrap();
    let shown = "SELECT count(*) FROM event_publications WHERE id % 3 = 1 AND internal IS NULL \
                 AND published = '[{\"id\":\"p\",\"channel\":\"engage-player\",\"mediatype\":\"\",\"url\":\"/play/e\",\"media\":[],\"attachments\":[],\"metadata\":[]}]'";
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count(shown), 400);
    assert_eq!(count("SELECT count(*) FROM event_publications"), 400);
}

#[test]
fn files_are_found_before_and_after_media_are_put_apart() {
    let folder = tempfile::tempdir().unwrap();
    let connection = before_media_apart(folder.path());
    connection
        .execute_batch(
            r#"INSERT INTO acl (id, digest, entries) VALUES (1, 0, '[]');
               INSERT INTO effective_acl (id, own_acl_id, acl_id, events, series, sequence) VALUES (1, 1, 1, 1, 0, 1);
               INSERT INTO event (id, effective_acl_id, sequence, created_ms, has_previews, identifier, status, media, publications)
               VALUES (1, 1, 1, 0, 0, 'e', '', '[{"file": "a", "size": 1}]', '[{"media": [{"file": "b", "size": 2}]}]');"#,
        )
        .unwrap();
    let files = || {
        let mut files = Vec::new();
        media::stored_files(&connection, &mut |file| {
            files.push((file.identifier.to_owned(), file.size))
        })
        .unwrap();
        files
    };
    let before = files();
    assert_eq!(before, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    apply(&connection).unwrap();
    assert_eq!(files(), before);
}

#[test]
fn programs_that_open_a_new_file_at_once_all_find_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.db");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| apply(&open(&path)).unwrap());
        }
    });
    let connection = open(&path);
    assert_eq!(version(&connection, "").unwrap(), STEPS.len());
    let mut rows = 0;
    connection
        .query("SELECT * FROM tenant_state", &[], &mut |_| {
            rows += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(rows, 1);
}

#[test]
fn a_semicolon_splits_statements_only_at_the_end_of_a_line() {
    let parts: Vec<&str> = statements("A 'x; y'\n, b;\n\n-- c\nD;\n").collect();
    assert_eq!(parts, ["A 'x; y'\n, b;", "-- c\nD;"]);
}

#[test]
fn a_tenant_from_before_there_were_groups_gets_those_that_a_new_one_has() {
    let folder = tempfile::tempdir().unwrap();
    let groups = |connection: &Connection| {
        let mut rows = Vec::new();
        let select = "SELECT g.identifier, g.role, g.name, g.description, m.username, group_concat(r.role, ',' ORDER BY r.role) \
                      FROM user_group AS g JOIN user_group_role AS r USING (identifier) \
                      LEFT JOIN user_group_member AS m USING (identifier) GROUP BY 1, 2, 3, 4, 5 ORDER BY 1";
        connection
            .query(select, &[], &mut |row| {
                rows.push(
                    (0..6)
                        .map(|index| row.column(index).text().unwrap_or_default().to_owned())
                        .collect::<Vec<_>>(),
                );
                Ok(())
            })
            .unwrap();
        rows
    };
    let organization = "INSERT INTO organization VALUES (1, 'my-uni', 'Our \"U\"', 'ROLE_UNI_ADMIN', 'ROLE_ANONYMOUS'); \
                        INSERT INTO user (username, name, email, provider) VALUES ('admin', '', '', ''), ('jane', '', '', ''); \
                        INSERT INTO user_role VALUES ('admin', 'ROLE_ADMIN'), ('admin', 'ROLE_SUDO'), ('jane', 'ROLE_ADMIN');";
    let old = open(&folder.path().join("old.db"));
    for (position, (name, text)) in (1..)
        .zip(STEPS)
        .take_while(|(_, (name, _))| *name != "0014_default_groups.sql")
    {
        apply_step(&old, position, name, text).unwrap();
    }
    old.execute_batch(organization).unwrap();
    apply(&old).unwrap();
    let new = open(&folder.path().join("new.db"));
    apply(&new).unwrap();
    assert_eq!(groups(&new), [[""; 6]; 0]);
    new.execute_batch(organization).unwrap();
    add_default_groups(&new).unwrap();
    let found = groups(&new);
    assert_eq!(
        found[1],
        [
            "MY-UNI_SYSTEM_ADMINS",
            "ROLE_GROUP_MY-UNI_SYSTEM_ADMINS",
            "Our \"U\" System Administrators",
            "System administrators of 'Our \"U\"'",
            "admin",
            "ROLE_ADMIN,ROLE_ANONYMOUS,ROLE_SUDO,ROLE_UNI_ADMIN",
        ]
    );
    assert_eq!(
        found[0][..3],
        [
            "MY-UNI_EXTERNAL_APPLICATIONS",
            "ROLE_GROUP_MY-UNI_EXTERNAL_APPLICATIONS",
            "Our \"U\" External Applications"
        ]
    );
    assert_eq!(found[0][4], "");
    assert_eq!(found[0][5].split(',').count(), 45);
    assert_eq!(groups(&old), found);
}
