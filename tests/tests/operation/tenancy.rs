//! What the tests of backups, durability and damage share: a tenant with a bit of everything, and what it shows of itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use lectern_tests::content::{acl, event_form, owned_by, scheduled_form};
use lectern_tests::{Client, Form, Installation, Server};
use serde_json::{Value, json};

pub const PASSWORD: &str = "survives everything";
pub const HOST: &str = "north.example";
pub const VIDEO: &[u8] = include_bytes!("../../../host/media/tests/data/h264-aac.mp4");

/// A data folder with two tenants, so that the host decides.
pub fn installation() -> Installation {
    let installation = Installation::empty();
    installation.init("north", "University of the North", HOST, "admin", PASSWORD);
    installation.add_tenant("south", "Hochschule Süd", "south.example", "admin", PASSWORD);
    installation
}

pub fn admin_of(server: &Server, host: &str) -> Client {
    server.client(host).with_credentials("admin", PASSWORD)
}

pub fn admin(server: &Server) -> Client {
    admin_of(server, HOST)
}

/// The folder of the tenant `north`.
pub fn folder(installation: &Installation) -> PathBuf {
    installation.data().join("tenants/north")
}

/// Creates an event with a file, and gives its identifier.
#[track_caller]
pub fn upload(client: &Client, title: &str, content: &[u8]) -> String {
    let form = event_form(&json!({ "title": title }), &owned_by("ROLE_A"));
    let form = form.file("presenter", "talk.mp4", "video/mp4", content);
    let answer = client.post("/api/events").multipart(&form).send().expect(201);
    let event = answer.json()["identifier"].as_str().expect("an identifier").to_owned();
    client.until_processed(&event);
    event
}

/// Fills a tenant with a bit of everything.
#[track_caller]
pub fn fill(installation: &Installation, admin: &Client) {
    installation.add_user("north", "ada", "lovelace", "Ada Löwe", &["ROLE_API", "ROLE_ADMIN"]);
    installation.add_agent("north", "hall-1", "Europe/Zurich");
    installation.add_api_key("north", "harvester", &["ROLE_API"]);
    let series = admin.create_series(json!({ "title": "Übungen" }), &owned_by("ROLE_A"));
    upload(admin, "Mit Datei", VIDEO);
    admin.create_event(
        json!({ "title": "In der Reihe", "isPartOf": series, "creator": ["Ada Löwe"] }),
        &acl(&[("ROLE_B", "read")]),
    );
    let scheduling = json!({ "agent_id": "hall-1", "start": "2031-05-05T10:00:00Z", "end": "2031-05-05T11:00:00Z" });
    let form = scheduled_form(&json!({ "title": "Geplant" }), &owned_by("ROLE_A"), &scheduling);
    admin.post("/api/events").multipart(&form).send().expect(201);
    let group = Form::new()
        .field("name", "Gruppe")
        .field("roles", "ROLE_B")
        .field("members", "ada");
    admin.post("/api/groups").urlencoded(&group).send().expect(201);
    let playlist = json!({ "title": "Liste", "entries": [], "accessControlEntries": [] });
    admin
        .post("/api/playlists")
        .urlencoded(&Form::new().field("playlist", playlist))
        .send()
        .expect(201);
}

/// Everything that a tenant shows, and the content of every file.
#[track_caller]
pub fn shown(admin: &Client) -> Vec<(String, Value)> {
    let mut shown = Vec::new();
    for path in [
        "/api/events?withacl=true&withmetadata=true&withpublications=true&withscheduling=true&sort=title:ASC",
        "/api/events?filter=textFilter:ubungen",
        "/api/series?withacl=true&sort=title:ASC",
        "/api/groups",
        "/api/agents",
        "/api/playlists",
        "/api/workflows?sort=identifier:ASC",
        "/api/info/organization",
        "/api/info/me",
    ] {
        shown.push((path.to_owned(), admin.get(path).send().expect(200).json()));
    }
    for event in admin.get("/api/events").send().expect(200).identifiers() {
        for content in files_of(admin, &event) {
            shown.push((event.clone(), json!(content)));
        }
    }
    shown
}

/// The content of each file of an event.
#[track_caller]
pub fn files_of(client: &Client, event: &str) -> Vec<Vec<u8>> {
    let media = client
        .get(&format!("/api/events/{event}/media"))
        .send()
        .expect(200)
        .json();
    let tracks = media.as_array().expect("a list");
    let path = |track: &Value| {
        let (_, rest) = track["uri"]
            .as_str()
            .expect("an address")
            .split_once("://")
            .expect("a scheme");
        format!("/{}", rest.split_once('/').expect("a path").1)
    };
    let content = |track| client.get(&path(track)).send().expect(200).body.to_vec();
    tracks.iter().map(content).collect()
}

/// `lectern backup` of the tenant `north` to a scratch file.
#[track_caller]
pub fn backup(installation: &Installation, name: &str) -> PathBuf {
    let file = installation.file(name);
    installation
        .call(&["backup", "--tenant", "north", text(&file)])
        .succeeded();
    file
}

/// Unpacks an archive with the system's own program.
#[track_caller]
pub fn unpacked(archive: &Path, into: &Path) {
    std::fs::create_dir(into).expect("a folder");
    let tar = Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(into).status();
    assert!(tar.expect("tar runs").success());
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
