//! `lectern restore`: a backup becomes a tenant, as a whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lectern_tests::content::values;
use lectern_tests::{Installation, Server, component, program};

use crate::tenancy::{
    HOST, PASSWORD, VIDEO, admin, admin_of, backup, fill, folder, installation, shown, text, unpacked, upload,
};

/// A data folder whose tenant has a bit of everything, and a backup of it.
fn backed_up() -> (Installation, Server, PathBuf) {
    let installation = installation();
    let server = Server::start(&installation);
    fill(&installation, &admin(&server));
    let file = backup(&installation, "north.tar");
    (installation, server, file)
}

#[test]
fn a_tenant_that_was_moved_to_another_server_is_the_same_tenant() {
    let installation = installation();
    let server = Server::start(&installation);
    fill(&installation, &admin(&server));
    fs::create_dir(folder(&installation).join("listproviders")).expect("a folder");
    let list = "list.name=HALLS\nA=First hall\n";
    fs::write(folder(&installation).join("listproviders/halls.properties"), list).expect("a file");
    let before = shown(&admin(&server));
    let audit = |installation: &Installation| {
        let arguments = ["audit", "--tenant", "north", "--limit", "10000", "--json"];
        installation.call(&arguments).succeeded().stdout
    };
    let file = backup(&installation, "north.tar");
    let elsewhere = Installation::empty();
    let said = elsewhere.call(&["restore", text(&file)]).succeeded().stdout;
    assert!(said.contains("north") && said.contains(HOST), "{said}");
    let moved = Server::start(&elsewhere);
    assert_eq!(shown(&admin(&moved)), before);
    let halls = admin(&moved)
        .get("/api/listproviders/HALLS.json")
        .send()
        .expect(200)
        .json();
    assert_eq!(halls["A"], "First hall");
    moved
        .client(HOST)
        .with_credentials("ada", "lovelace")
        .get("/api/info/me")
        .send()
        .expect(200);
    let trail = audit(&elsewhere);
    let added = trail
        .strip_prefix(&audit(&installation))
        .expect("the same trail, and more");
    assert!(added.contains("\"restore\"") && added.lines().count() == 1, "{added}");
    // It goes on from there.
    let event = upload(&admin(&moved), "Danach", VIDEO);
    admin(&moved).delete(&format!("/api/events/{event}")).send().expect(204);
    elsewhere.call(&["verify", "--tenant", "north"]).succeeded();
}

#[test]
fn a_tenant_that_is_there_is_not_overwritten_unless_that_is_said() {
    let (installation, server, file) = backed_up();
    let before = shown(&admin(&server));
    let late = admin(&server).create_series(
        serde_json::json!({ "title": "Nach dem Backup" }),
        &serde_json::json!([]),
    );
    installation.add_user("north", "late", "comer", "Nach dem Backup", &["ROLE_API"]);
    let version = installation.component("versions.wasm", &component::version(1));
    installation.deploy_for("north", "versions", &version);
    let deployed = installation.component_list();
    let restore = ["restore", text(&file)];
    installation.call(&restore).refused(&["north", "--tenant", "--replace"]);
    admin(&server).series(&late);
    installation.call(&[&restore[..], &["--replace"]].concat()).succeeded();
    // Without a restart.
    assert_eq!(shown(&admin(&server)), before);
    assert_eq!(installation.component_list(), deployed);
    admin(&server).get(&format!("/api/series/{late}")).send().expect(404);
    server
        .client(HOST)
        .with_credentials("late", "comer")
        .get("/api/info/me")
        .send()
        .expect(401);
    upload(&admin(&server), "Danach", VIDEO);
    installation.call(&["verify", "--tenant", "north"]).succeeded();
    admin_of(&server, "south.example").get("/api/events").send().expect(200);
}

#[test]
fn what_was_written_of_events_before_a_restore_is_not_shown_afterwards() {
    let (installation, server, file) = backed_up();
    let admin = admin(&server);
    let list = || {
        admin
            .get("/api/events?limit=50&withmetadata=true")
            .send()
            .expect(200)
            .json()
    };
    // Twice the same number of changes, so that events are changed by commits of the same numbers.
    let changed = |title: &str| {
        for event in list().as_array().expect("a list") {
            let id = event["identifier"].as_str().expect("an identifier");
            let form = lectern_tests::Form::new().field("metadata", values(&serde_json::json!({ "title": title })));
            let path = format!("/api/events/{id}/metadata?type=dublincore/episode");
            admin.put(&path).urlencoded(&form).send().expect_empty(204);
        }
        (list(), list())
    };
    let (_, kept) = changed("Vorher");
    installation.call(&["restore", text(&file), "--replace"]).succeeded();
    let (first, second) = changed("Nachher");
    assert_eq!(first, second);
    for (event, before) in first
        .as_array()
        .expect("a list")
        .iter()
        .zip(kept.as_array().expect("a list"))
    {
        assert_eq!(
            (&event["title"], &before["title"]),
            (&"Nachher".into(), &"Vorher".into())
        );
    }
}

#[test]
fn a_backup_can_be_restored_beside_its_tenant_under_another_name() {
    let (installation, server, file) = backed_up();
    let restore = ["restore", text(&file), "--tenant", "north-old"];
    installation.call(&restore).refused(&[HOST, "north", "--host"]);
    installation
        .call(&[&restore[..], &["--host", "south.example"]].concat())
        .refused(&["south.example", "--host"]);
    let before = installation.files();
    installation
        .call(&[&restore[..], &["--host", "south.example"]].concat())
        .refused(&[]);
    assert_eq!(
        installation.files().keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
    installation
        .call(&[&restore[..], &["--host", "old.example"]].concat())
        .succeeded();
    let old = admin_of(&server, "old.example");
    let organization = old.get("/api/info/organization").send().expect(200).json();
    assert_eq!(organization["id"], "north-old");
    assert_eq!(
        old.get("/api/events?sort=title:ASC").send().expect(200).column("title"),
        admin(&server)
            .get("/api/events?sort=title:ASC")
            .send()
            .expect(200)
            .column("title")
    );
    let event = upload(&old, "Nur im alten", VIDEO);
    admin(&server).get(&format!("/api/events/{event}")).send().expect(404);
    installation.call(&["verify", "--tenant", "north-old"]).succeeded();
}

/// A copy of a file with other content.
fn changed(file: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = fs::read(file).expect("a file");
    change(&mut bytes);
    let copy = file.with_file_name(name);
    fs::write(&copy, bytes).expect("a file");
    copy
}

#[test]
fn a_backup_that_is_not_whole_is_refused_and_changes_nothing() {
    let (installation, _server, file) = backed_up();
    let target = Installation::empty();
    target.init("other", "Other", "other.example", "admin", PASSWORD);
    let refused = |file: &Path, parts: &[&str]| {
        let before = target.files();
        installation.call(&["verify", text(file)]).refused(parts);
        target.call(&["restore", text(file)]).refused(parts);
        assert_eq!(
            target.files().keys().collect::<Vec<_>>(),
            before.keys().collect::<Vec<_>>()
        );
        let tenants = target.call(&["tenant", "list"]).succeeded().stdout;
        assert!(!tenants.contains("north"), "{tenants}");
    };
    let half = changed(&file, "half.tar", |bytes| bytes.truncate(bytes.len() / 2));
    refused(&half, &["cut off", "another copy"]);
    let flipped = changed(&file, "flipped.tar", |bytes| bytes[5000] ^= 1);
    refused(&flipped, &["tenant.db", "damaged"]);
    let empty = changed(&file, "empty.tar", Vec::clear);
    refused(&empty, &["not a backup"]);
    let text_file = changed(&file, "text.tar", |bytes| {
        *bytes = b"PK\x03\x04 something else".repeat(100)
    });
    refused(&text_file, &["not a backup"]);
    refused(&installation.file("missing.tar"), &["missing.tar"]);
    // Somebody has packed it again, with what else lay around.
    let into = installation.file("unpacked");
    unpacked(&file, &into);
    fs::write(into.join("more"), "more").expect("a file");
    let packed = installation.file("packed.tar");
    let tar = Command::new("tar")
        .arg("-cf")
        .arg(&packed)
        .arg("-C")
        .arg(&into)
        .arg(".")
        .status();
    assert!(tar.expect("tar runs").success());
    refused(&packed, &["this is not a file that `lectern backup` has made"]);
    target.call(&["restore", text(&file)]).succeeded();
}

#[test]
fn a_backup_of_a_newer_schema_is_refused_with_the_program_that_is_needed() {
    let (installation, _server, file) = backed_up();
    let newer = changed(&file, "newer.tar", |bytes| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let position = text.find("\"schema\": ").map(|_| {
            let needle = b"\"schema\": ";
            bytes
                .windows(needle.len())
                .position(|window| window == needle)
                .expect("the schema")
                + needle.len()
        });
        let position = position.expect("the schema");
        bytes[position] = b'9';
    });
    installation
        .call(&["verify", text(&newer)])
        .refused(&["schema 9", "lectern"]);
    Installation::empty()
        .call(&["restore", text(&newer)])
        .refused(&["schema 9", "lectern"]);
}

#[test]
fn a_restore_that_is_killed_leaves_no_half_tenant() {
    let (installation, _server, file) = backed_up();
    let target = Installation::empty();
    target.init("other", "Other", "other.example", "admin", PASSWORD);
    let listed = || target.call(&["tenant", "list"]).succeeded().stdout.contains("north");
    let (mut half, mut whole) = (0, 0);
    // Killed later and later, until it was there before.
    for step in (0..800).step_by(16) {
        let mut child = Command::new(program::lectern())
            .arg("--data")
            .arg(target.data())
            .args(["restore", text(&file), "--replace"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut ended = false;
        for _ in 0..step * step {
            if child.try_wait().expect("a child").is_some() {
                ended = true;
                break;
            }
        }
        let _ = child.kill();
        child.wait().expect("it ends");
        if listed() {
            target.call(&["verify", "--tenant", "north"]).succeeded();
            whole += 1;
        } else {
            half += 1;
        }
        if ended || whole > 3 {
            break;
        }
    }
    assert!(half > 0 && whole > 0, "{half} {whole}");
    target.call(&["restore", text(&file), "--replace"]).succeeded();
    target.call(&["verify", "--tenant", "north"]).succeeded();
    let left: Vec<_> = fs::read_dir(target.data().join("tenants"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
    let server = Server::start(&target);
    assert_eq!(shown(&admin(&server)).len(), shown(&admin(&_server)).len());
    drop(installation);
}
