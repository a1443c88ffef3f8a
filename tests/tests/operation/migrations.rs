//! Data folders of other versions: an earlier one is brought to the current schema, a newer one is refused and left alone.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lectern_tests::content::{owned_by, series_form};
use lectern_tests::{Installation, Server, program};
use rusqlite::Connection;
use serde_json::json;

use crate::tenancy::{VIDEO, admin, admin_of, folder, installation, text, upload};

/// The steps of the schema, in order.
pub fn steps() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| fs::read_to_string(file).expect("a file"))
        .collect()
}

/// Puts a database of an earlier schema into the place of the one of the tenant `north`, with its administrator and some content as
/// the program of that time has written it.
pub fn put_earlier(installation: &Installation, schema: usize) {
    let path = folder(installation).join("tenant.db");
    let password: String = Connection::open(&path)
        .expect("a database")
        .query_row("SELECT password_hash FROM user WHERE username = 'admin'", [], |row| {
            row.get(0)
        })
        .expect("the administrator");
    fs::remove_file(&path).expect("removed");
    let sql = Connection::open(&path).expect("a database");
    for step in &steps()[..schema] {
        sql.execute_batch(step).expect("a step");
    }
    sql.execute_batch(
        "BEGIN; UPDATE tenant_state SET sequence = 2, events = 20, series = 1; INSERT INTO role VALUES (1, 'ROLE_A');
         INSERT INTO acl VALUES (1, 0, '[[\"ROLE_A\",\"read\",true]]'); INSERT INTO acl_entry VALUES (1, 'read', 1, 1);
         INSERT INTO effective_acl VALUES (1, NULL, 1, 1, 20, 1, 1);
         INSERT INTO series (id, effective_acl_id, sequence, created_ms, identifier, title) VALUES (1, 1, 1, 0, 's', 'Alte Reihe');
         INSERT INTO organization VALUES (1, 'north', 'University of the North', 'ROLE_ADMIN', 'ROLE_ANONYMOUS');
         INSERT INTO user (username, name, email, provider) VALUES ('admin', 'Administrator', '', 'opencast');
         INSERT INTO user_role VALUES ('admin', 'ROLE_ADMIN'), ('admin', 'ROLE_SUDO');",
    )
    .expect("rows");
    sql.execute("UPDATE user SET password_hash = ?", [&password])
        .expect("a password");
    if schema >= 14 {
        // A new tenant has got its groups by the statements that gave them to those there were.
        sql.execute_batch(&steps()[13]).expect("groups");
    }
    for number in 0..20 {
        sql.execute(
            "INSERT INTO event (id, effective_acl_id, series_id, sequence, created_ms, has_previews, identifier, title, status, publisher) \
             VALUES (?1, 1, 1, 2, 0, 0, 'e' || ?1, 'Alt ' || ?1, 'EVENTS.EVENTS.STATUS.PROCESSED', NULL)",
            [number + 1],
        )
        .expect("an event");
    }
    sql.execute_batch(&format!("PRAGMA user_version = {schema}; COMMIT;"))
        .expect("a version");
    sql.close().expect("closed");
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("permissions");
}

pub fn version(installation: &Installation) -> usize {
    let sql = Connection::open(folder(installation).join("tenant.db")).expect("a database");
    sql.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))
        .expect("a version") as usize
}

#[track_caller]
fn is_served(installation: &Installation, server: &Server) {
    let admin = admin(server);
    let events = admin.get("/api/events?sort=title:ASC&withacl=true").send().expect(200);
    assert_eq!(events.identifiers().len(), 20);
    assert_eq!(events.json()[0]["series"], "Alte Reihe");
    assert_eq!(events.json()[0]["acl"][0]["role"], "ROLE_A");
    assert_eq!(
        admin.get("/api/series").send().expect(200).column("title"),
        ["Alte Reihe"]
    );
    // The groups that every tenant has are there, whenever it was made.
    assert_eq!(admin.get("/api/groups").send().expect(200).identifiers().len(), 2);
    let event = upload(&admin, "Neu", VIDEO);
    admin.delete(&format!("/api/events/{event}")).send().expect(204);
    assert_eq!(version(installation), steps().len());
}

#[test]
fn a_data_folder_of_every_earlier_schema_opens() {
    let installation = installation();
    // Before the second step nobody could log in.
    for schema in 2..steps().len() {
        put_earlier(&installation, schema);
        let examined = installation.call(&["doctor"]).succeeded().stdout;
        assert!(
            examined.contains(&format!("schema {schema}")) && examined.contains("backup"),
            "{examined}"
        );
        // A backup of the state before is possible with the program that is to change it.
        let file = installation.file(&format!("{schema}.tar"));
        installation
            .call(&["backup", "--tenant", "north", text(&file)])
            .succeeded();
        assert_eq!(version(&installation), schema, "a backup changes nothing");
        is_served(&installation, &Server::start(&installation));
        installation.call(&["restore", text(&file), "--replace"]).succeeded();
        is_served(&installation, &Server::start(&installation));
    }
}

#[test]
fn a_newer_database_is_refused_and_not_touched() {
    let installation = installation();
    let path = folder(&installation).join("tenant.db");
    for journal in ["wal", "delete"] {
        let sql = Connection::open(&path).expect("a database");
        sql.execute_batch(&format!(
            "PRAGMA journal_mode = {journal}; PRAGMA user_version = 4711; CREATE TABLE IF NOT EXISTS later (a);"
        ))
        .expect("a newer one");
        sql.close().expect("closed");
        let before = fs::read(&path).expect("a file");
        let server = Server::start(&installation);
        let refused = admin(&server).get("/api/events").send();
        assert!(refused.status >= 500, "{refused}");
        assert!(
            server.log().contains("schema 4711") && server.log().contains("newer program"),
            "{}",
            server.log()
        );
        admin_of(&server, "south.example").get("/api/events").send().expect(200);
        for command in [
            vec!["user", "list", "--tenant", "north"],
            vec!["user", "remove", "admin", "--tenant", "north"],
            vec!["tenant", "set", "north", "a", "b"],
            vec!["verify", "--tenant", "north"],
        ] {
            let outcome = installation.call(&command);
            assert_ne!(outcome.code, Some(0), "{outcome:#?}");
            assert!(format!("{outcome:?}").contains("4711"), "{outcome:#?}");
        }
        let file = installation.file("newer.tar");
        installation
            .call(&["backup", "--tenant", "north", text(&file)])
            .refused(&["4711"]);
        installation.call(&["doctor"]).refused(&["problem"]);
        drop(server);
        assert!(
            fs::read(&path).expect("a file") == before,
            "{journal}: the file was changed"
        );
    }
}

#[test]
fn a_newer_registry_is_refused_and_not_touched() {
    let installation = installation();
    let path = installation.data().join("tenants.db");
    let sql = Connection::open(&path).expect("a database");
    sql.execute_batch("PRAGMA user_version = 4711").expect("a newer one");
    sql.close().expect("closed");
    let before = fs::read(&path).expect("a file");
    assert!(Server::refuses_to_start(&installation, &[]).contains("4711"));
    for command in [vec!["tenant", "list"], vec!["tenant", "erase", "north", "--yes"]] {
        installation.call(&command).refused(&["4711", "newer program"]);
    }
    assert!(fs::read(&path).expect("a file") == before, "the file was changed");
}

#[test]
fn a_step_that_fails_leaves_the_state_before_it_and_is_tried_again() {
    let installation = installation();
    let last = steps().len();
    put_earlier(&installation, last - 2);
    let path = folder(&installation).join("tenant.db");
    let change = |statement: &str| {
        let sql = Connection::open(&path).expect("a database");
        sql.execute_batch(statement).expect("a statement");
        sql.close().expect("closed");
    };
    // The last step is going to make a table of this name.
    change("CREATE TABLE word (mine)");
    let server = Server::start(&installation);
    let refused = admin(&server).get("/api/events").send();
    assert!(refused.status >= 500, "{refused}");
    assert!(server.log().contains("0021_words.sql"), "{}", server.log());
    admin_of(&server, "south.example").get("/api/events").send().expect(200);
    assert_eq!(version(&installation), last - 1);
    change("DROP TABLE word");
    is_served(&installation, &server);
}

/// A command that brings the database to the current schema.
fn migrate(installation: &Installation) -> Child {
    Command::new(program::lectern())
        .arg("--data")
        .arg(installation.data())
        .args(["user", "list", "--tenant", "north"])
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts")
}

#[test]
fn programs_that_meet_an_earlier_database_at_the_same_time_do_not_get_in_each_others_way() {
    let installation = installation();
    put_earlier(&installation, 2);
    let mut others: Vec<Child> = (0..6).map(|_| migrate(&installation)).collect();
    let server = Server::start(&installation);
    is_served(&installation, &server);
    for other in &mut others {
        assert!(other.wait().expect("it ends").success());
    }
}

#[test]
fn a_program_that_is_killed_while_it_brings_a_database_up_to_date_leaves_one_that_opens() {
    let installation = installation();
    let mut interrupted = 0;
    for step in 0..60_u32 {
        put_earlier(&installation, 2);
        let mut child = migrate(&installation);
        // Later and later, by what takes some microseconds.
        for _ in 0..step * step {
            if child.try_wait().expect("a child").is_some() {
                break;
            }
        }
        let _ = child.kill();
        child.wait().expect("it ends");
        if version(&installation) < steps().len() {
            interrupted += 1;
        }
        if interrupted > 10 {
            break;
        }
        assert!(migrate(&installation).wait().expect("it ends").success());
        assert_eq!(version(&installation), steps().len());
    }
    assert!(interrupted > 0);
    let server = Server::start(&installation);
    admin(&server)
        .post("/api/series")
        .urlencoded(&series_form(&json!({ "title": "Neu" }), &owned_by("ROLE_A")))
        .send()
        .expect(201);
}
