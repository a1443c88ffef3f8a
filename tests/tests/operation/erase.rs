//! `lectern tenant export` and `lectern tenant erase`: what data protection asks for.

use std::fs;

use lectern_tests::Server;
use serde_json::Value;

use crate::tenancy::{PASSWORD, VIDEO, admin, admin_of, fill, folder, installation, text, unpacked, upload};

#[test]
fn an_export_can_be_read_by_people_and_holds_no_means_to_log_in() {
    let installation = installation();
    let server = Server::start(&installation);
    let admin = admin(&server);
    fill(&installation, &admin);
    let keyed = installation.add_api_key("north", "portal", &["ROLE_API"]);
    let file = installation.file("export.tar");
    let export = ["tenant", "export", "north", text(&file)];
    installation.call(&export).succeeded();
    installation.call(&export).refused(&["exists"]);
    let into = installation.file("export");
    unpacked(&file, &into);
    let read = |name: &str| fs::read_to_string(into.join(name)).expect("a document");
    let json = |name: &str| -> Value { serde_json::from_str(&read(name)).expect("JSON") };
    assert!(read("README.txt").contains("events.json"));
    assert_eq!(json("tenant.json")["name"], "University of the North");
    let column = |name: &str, member: &str| {
        let document = json(name);
        let objects = document.as_array().expect("a list").iter();
        let mut texts: Vec<String> = objects
            .map(|object| object[member].as_str().expect("a text").to_owned())
            .collect();
        texts.sort();
        texts
    };
    assert_eq!(column("events.json", "title"), ["Geplant", "In der Reihe", "Mit Datei"]);
    assert_eq!(column("series.json", "title"), ["Übungen"]);
    assert_eq!(column("playlists.json", "title"), ["Liste"]);
    assert_eq!(column("users.json", "username"), ["ada", "admin"]);
    assert_eq!(column("agents.json", "name"), ["hall-1"]);
    assert_eq!(column("api-keys.json", "name"), ["harvester", "portal"]);
    assert!(column("groups.json", "name").contains(&"Gruppe".to_owned()));
    assert!(column("workflows.json", "state").contains(&"SUCCEEDED".to_owned()));
    assert!(column("audit.json", "action").contains(&"schedule".to_owned()));
    let events = json("events.json");
    let event = |title: &str| {
        events
            .as_array()
            .expect("a list")
            .iter()
            .find(|event| event["title"] == title)
            .cloned()
    };
    let series = event("In der Reihe").expect("an event");
    assert_eq!(
        (&series["series"], &series["presenter"][0]),
        (&"Übungen".into(), &"Ada Löwe".into())
    );
    assert_eq!(series["acl"][0]["role"], "ROLE_B");
    assert_eq!(event("Geplant").expect("an event")["start"], "2031-05-05T10:00:00.000Z");
    let uploaded = event("Mit Datei").expect("an event");
    let [identifier, file] =
        [&uploaded["identifier"], &uploaded["media"][0]["file"]].map(|text| text.as_str().expect("a text"));
    assert_eq!(
        fs::read(into.join(format!("files/{identifier}/{file}/talk.mp4"))).expect("a file"),
        VIDEO
    );
    for document in fs::read_dir(&into).expect("a folder") {
        let path = document.expect("an entry").path();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for secret in [
            PASSWORD,
            "lovelace",
            "$argon2",
            &keyed,
            "password_hash",
            "digest_secret",
        ] {
            assert!(!text.contains(secret), "{} holds {secret}", path.display());
        }
    }
}

#[test]
fn a_tenant_is_erased_only_if_its_identifier_is_given_once_more() {
    let installation = installation();
    for answer in ["", "\n", "yes\n", "south\n", "NORTH\n"] {
        installation
            .call_with_input(&["tenant", "erase", "north"], answer)
            .refused(&["nothing was erased", "--yes"]);
    }
    assert!(folder(&installation).join("tenant.db").exists());
    installation
        .call_with_input(&["tenant", "erase", "north"], "north\n")
        .succeeded();
    assert!(!folder(&installation).exists());
    // The former name of the command.
    installation
        .call_with_input(&["tenant", "remove", "south"], "south\n")
        .succeeded();
    installation
        .call(&["tenant", "erase", "south", "--yes"])
        .refused(&["south"]);
}

#[test]
fn of_an_erased_tenant_nothing_is_left_in_the_data_folder() {
    let installation = installation();
    let server = Server::start(&installation);
    let marked = |text: &str| format!("Eineindeutig {text}");
    upload(&admin(&server), &marked("Titel"), b"Eineindeutiger Inhalt");
    installation.add_user(
        "north",
        "eineindeutig",
        "a secret",
        &marked("Name"),
        &["ROLE_EINEINDEUTIG"],
    );
    fs::write(folder(&installation).join("eineindeutig.pem"), marked("Schlüssel")).expect("a file");
    upload(&admin_of(&server, "south.example"), "Bleibt", VIDEO);
    // Left behind by a restore that was killed.
    fs::create_dir(installation.data().join("tenants/north.restoring")).expect("a folder");
    fs::write(installation.data().join("tenants/north.restoring/x"), marked("Rest")).expect("a file");
    installation.call(&["tenant", "erase", "north", "--yes"]).succeeded();
    // One tenant is left and answers whatever the host, but not with the other one's users.
    admin_of(&server, "south.example").get("/api/events").send().expect(200);
    for (path, content) in installation.files() {
        let path = path.strip_prefix(installation.data()).expect("a path below").to_owned();
        assert!(!path.to_string_lossy().contains("north"), "{}", path.display());
        if path.starts_with("cache") {
            continue;
        }
        for word in [&b"ineindeutig"[..], b"INEINDEUTIG", b"north"] {
            let found = content.windows(word.len()).any(|window| window == word);
            assert!(!found, "{} holds {}", path.display(), String::from_utf8_lossy(word));
        }
    }
}

#[test]
fn what_an_interrupted_command_has_left_of_a_tenant_can_be_erased_too() {
    let installation = installation();
    installation.call(&["tenant", "erase", "north", "--yes"]).succeeded();
    fs::create_dir(folder(&installation)).expect("a folder");
    fs::write(folder(&installation).join("tenant.db"), "half").expect("a file");
    installation.call(&["tenant", "erase", "north", "--yes"]).succeeded();
    assert!(!folder(&installation).exists());
    installation.add_tenant("north", "Again", "north.example", "admin", PASSWORD);
}
