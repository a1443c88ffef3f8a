//! Uploads that do not come to their end leave nothing behind, whatever it is that ends them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lectern_tests::client::basic;
use lectern_tests::content::{event_form, owned_by};
use lectern_tests::raw::Connection;
use lectern_tests::{Client, Form, Installation, Server, program};
use serde_json::json;

const PASSWORD: &str = "keeps calm";
const HOST: &str = "north.example";

const VIDEO: &[u8] = include_bytes!("../../../host/media/tests/data/h264-aac.mp4");

/// A data folder with one tenant.
fn installation() -> Installation {
    let installation = Installation::empty();
    installation.init("north", "North", HOST, "admin", PASSWORD);
    installation
}

fn admin(server: &Server) -> Client {
    server.client(HOST).with_credentials("admin", PASSWORD)
}

fn folder(installation: &Installation) -> PathBuf {
    installation.data().join("tenants/north/files")
}

/// The length of every file below a folder.
fn files(folder: &Path) -> Vec<u64> {
    let mut lengths = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // A file may go while it is looked at.
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => lengths.extend(files(&entry.path())),
            Ok(metadata) => lengths.push(metadata.len()),
            Err(_) => {}
        }
    }
    lengths
}

/// Waits for something that another process is about to do.
#[track_caller]
fn until(condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(60), "it does not happen");
        std::thread::yield_now();
    }
}

fn event_with(file: &[u8]) -> Form {
    Form::new().file("presenter", "a.mp4", "video/mp4", file)
}

/// Sends the beginning of an upload and waits until the server has written some of it.
fn half_an_upload(server: &Server, installation: &Installation) -> Connection {
    let mut connection = Connection::open(server.address());
    let body = "--xyz\r\nContent-Disposition: form-data; name=\"presenter\"; filename=\"a.mp4\"\r\n\r\n";
    connection.send(format!(
        "POST /api/events HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {}\r\nContent-Length: 100000000\r\n\
         Content-Type: multipart/form-data; boundary=xyz\r\n\r\n{body}",
        basic("admin", PASSWORD)
    ));
    connection.send(vec![7; 5 << 20]);
    let before = |length: &u64| *length >= 1 << 20;
    until(|| files(&folder(installation)).iter().any(before));
    connection
}

#[test]
fn a_connection_that_breaks_leaves_nothing() {
    let installation = installation();
    let server = Server::start(&installation);
    let connection = half_an_upload(&server, &installation);
    drop(connection);
    until(|| files(&folder(&installation)).is_empty());
    assert_eq!(admin(&server).get("/api/events").send().expect(200).text(), "[]");
}

#[test]
fn a_refused_request_leaves_nothing() {
    let installation = installation();
    let server = Server::start(&installation);
    let admin = admin(&server);
    let (content_type, body) = event_with(VIDEO).encode(lectern_tests::Encoding::Multipart);
    let unfinished = body.slice(..body.len() - 10);
    let post = |form: &Form| admin.post("/api/events").multipart(form).send();
    admin
        .post("/api/events")
        .body(&content_type, unfinished)
        .send()
        .expect(400);
    post(&event_with(VIDEO)).refused(400, "metadata");
    let broken = event_form(&json!({}), &owned_by("ROLE_A")).field("scheduling", "{}");
    post(&broken.file("presenter", "a.mp4", "video/mp4", VIDEO)).expect(400);
    let complete = event_form(&json!({ "title": "A", "isPartOf": "none" }), &owned_by("ROLE_A"));
    post(&complete.file("presenter", "a.mp4", "video/mp4", VIDEO)).refused(400, "isPartOf");
    assert_eq!(files(&folder(&installation)), [0; 0]);
}

#[test]
fn an_event_keeps_its_files_and_no_others() {
    let installation = installation();
    let server = Server::start(&installation);
    let admin = admin(&server);
    let form = event_form(&json!({ "title": "A" }), &owned_by("ROLE_A")).file("presenter", "a.mp4", "video/mp4", VIDEO);
    let answer = admin.post("/api/events").multipart(&form).send().expect(201);
    let event = answer.json()["identifier"].as_str().expect("an identifier").to_owned();
    admin.until_processed(&event);
    assert_eq!(files(&folder(&installation)), [VIDEO.len() as u64]);
    let track = Form::new()
        .field("flavor", "presenter/source")
        .field("overwriteExisting", "true")
        .file("track", "b.mp4", "video/mp4", b"shorter");
    admin
        .post(&format!("/api/events/{event}/track"))
        .multipart(&track)
        .send()
        .expect_empty(200);
    assert_eq!(files(&folder(&installation)), [7]);
    admin.delete(&format!("/api/events/{event}")).send().expect_empty(204);
    assert_eq!(files(&folder(&installation)), [0; 0]);
}

#[test]
fn a_server_that_was_killed_leaves_nothing_to_the_next_one() {
    let installation = installation();
    let server = Server::start(&installation);
    let kept =
        event_form(&json!({ "title": "Kept" }), &owned_by("ROLE_A")).file("presenter", "a.mp4", "video/mp4", VIDEO);
    admin(&server).post("/api/events").multipart(&kept).send().expect(201);
    let _connection = half_an_upload(&server, &installation);
    server.kill();
    assert_eq!(files(&folder(&installation)).len(), 2);
    let server = Server::start(&installation);
    let list = admin(&server).get("/api/events").send().expect(200);
    assert_eq!(list.column("title"), ["Kept"]);
    assert_eq!(files(&folder(&installation)), [VIDEO.len() as u64]);
}

#[test]
fn a_full_disk_is_said_to_be_full_and_holds_nothing_of_the_upload() {
    let installation = installation();
    // No file can be longer than 32 MiB, which looks the same to the server as a full disk.
    let limited = installation.file("limited");
    let script = format!(
        "#!/bin/sh\ntrap '' XFSZ\nulimit -f 65536\nexec {} \"$@\"\n",
        program::lectern().display()
    );
    fs::write(&limited, script).expect("a script");
    fs::set_permissions(&limited, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("an executable script");
    let server = Server::start_program(&limited, &installation);
    let admin = admin(&server);
    let form = |length: usize| {
        let form = event_form(&json!({ "title": "Large" }), &owned_by("ROLE_A"));
        form.file("presenter", "large.mp4", "video/mp4", &vec![7; length])
    };
    let refused = admin.post("/api/events").multipart(&form((32 << 20) + 1)).send();
    refused.refused(507, "no room");
    assert_eq!(files(&folder(&installation)), [0; 0]);
    assert_eq!(admin.get("/api/events").send().expect(200).text(), "[]");
    admin.post("/api/events").multipart(&form(1 << 20)).send().expect(201);
}

#[test]
fn a_body_with_files_may_be_longer_than_others() {
    let installation = installation();
    let server = Server::start_with(&installation, &["--request-body-mib", "1"]);
    let admin = admin(&server);
    let form = event_form(&json!({ "title": "Large" }), &owned_by("ROLE_A"));
    let form = form.file("presenter", "large.mp4", "video/mp4", &vec![7; 3 << 20]);
    admin.post("/api/events").multipart(&form).send().expect(201);
    let text = Form::new().field("metadata", "x".repeat(2 << 20));
    admin.post("/api/series").urlencoded(&text).send().expect(413);
}

/// Puts a file where programs without a disk put it.
fn move_into_database(installation: &Installation, path: &Path) {
    let sql = rusqlite::Connection::open(installation.data().join("tenants/north/tenant.db")).expect("a database");
    let identifier = path.file_name().and_then(|name| name.to_str()).expect("a name");
    for (piece, position) in fs::read(path)
        .expect("a file")
        .chunks(1 << 18)
        .zip((0_i64..).step_by(1 << 18))
    {
        let statement = "INSERT INTO file_piece (file, position, content) VALUES (?, ?, ?)";
        sql.execute(statement, (identifier, position, piece)).expect("a piece");
    }
    fs::remove_file(path).expect("a file");
}

#[test]
fn files_that_came_in_the_database_are_served_and_move_to_the_disk() {
    let installation = installation();
    let mut server = Server::start(&installation);
    let form = event_form(&json!({ "title": "A" }), &owned_by("ROLE_A"));
    let form = form.file("presenter", "a.mp4", "video/mp4", VIDEO);
    let answer = admin(&server).post("/api/events").multipart(&form).send().expect(201);
    let event = answer.json()["identifier"].as_str().expect("an identifier").to_owned();
    admin(&server).until_processed(&event);
    let path = fs::read_dir(folder(&installation))
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.is_file())
        .expect("a file");
    let identifier = path
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a name")
        .to_owned();
    let served = |server: &Server| {
        let target = format!("/static/{event}/{identifier}/a.mp4");
        admin(server).get(&target).send().expect(200).body == VIDEO
    };
    // While it is served, and before.
    move_into_database(&installation, &path);
    assert!(served(&server) && path.exists());
    move_into_database(&installation, &path);
    let copy = installation.file("north.tar");
    let copy = copy.to_str().expect("a path");
    installation.call(&["backup", "--tenant", "north", copy]).succeeded();
    server.stop();
    let server = Server::start(&installation);
    assert!(served(&server) && path.exists());
    installation.call(&["verify", "--tenant", "north"]).succeeded();
}
