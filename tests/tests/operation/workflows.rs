//! Workflows of a server that is stopped, crashes, or is told what to do on the command line.

use lectern_tests::content::{catalog, owned_by};
use lectern_tests::{Client, Form, Installation, Server};
use serde_json::json;

const SAMPLE: &[u8] = include_bytes!("../../../host/media/tests/data/h264-aac.mp4");

const HOST: &str = "video.uni.example";

fn installation() -> Installation {
    let installation = Installation::empty();
    installation.init("uni", "University", HOST, "admin", "secret");
    installation
}

fn admin(server: &Server) -> Client {
    server.client(HOST).with_credentials("admin", "secret")
}

/// Uploads a film that is to be processed like this.
fn upload(client: &Client, workflow: &str) -> String {
    let form = Form::new()
        .field(
            "metadata",
            json!([catalog("dublincore/episode", &json!({ "title": "Film" }))]),
        )
        .field("acl", owned_by("ROLE_ADMIN"))
        .field("processing", json!({ "workflow": workflow }))
        .file("presenter", "talk.mp4", "video/mp4", SAMPLE);
    let answer = client.post("/api/events").multipart(&form).send().expect(201);
    answer.json()["identifier"].as_str().unwrap().to_owned()
}

#[test]
fn what_a_crash_interrupts_is_done_after_the_restart_and_only_once() {
    let installation = installation();
    let mut events = Vec::new();
    for _ in 0..4 {
        let server = Server::start(&installation);
        let client = admin(&server);
        for _ in 0..5 {
            events.push(upload(&client, "fast"));
        }
        server.kill();
    }
    let server = Server::start(&installation);
    let client = admin(&server);
    for id in &events {
        assert_eq!(client.until_processed(id), "SUCCEEDED");
        assert_eq!(client.event(id)["publication_status"], json!(["engage-player"]));
    }
    let trail = installation
        .call(&["audit", "--tenant", "uni", "--limit", "10000"])
        .succeeded()
        .stdout;
    let published = trail
        .lines()
        .filter(|line| line.contains("publish-engage: done"))
        .count();
    assert_eq!(published, events.len(), "{trail}");
    // A film and a catalog each, and nothing that belongs to nobody.
    let files = std::fs::read_dir(installation.data().join("tenants/uni/files")).unwrap();
    let files = files.filter(|entry| entry.as_ref().unwrap().path().is_file()).count();
    assert_eq!(files, 2 * events.len());
}

#[test]
fn a_pause_outlives_a_restart_and_ends_on_the_command_line() {
    let installation = installation();
    let server = Server::start(&installation);
    let id = upload(&admin(&server), "hold");
    assert_eq!(admin(&server).until_processed(&id), "PAUSED");
    drop(server);
    let server = Server::start(&installation);
    let client = admin(&server);
    assert_eq!(client.until_processed(&id), "PAUSED");
    let list = installation
        .call(&["workflow", "list", "--tenant", "uni", "--active"])
        .succeeded()
        .stdout;
    assert!(
        list.contains("PAUSED") && list.contains("hold") && list.contains(&id),
        "{list}"
    );
    installation
        .call(&["workflow", "resume", "1", "--tenant", "uni"])
        .succeeded();
    while client.until_processed(&id) == "PAUSED" {}
    assert_eq!(client.until_processed(&id), "SUCCEEDED");
    installation
        .call(&["workflow", "resume", "1", "--tenant", "uni"])
        .refused(&["SUCCEEDED"]);
    installation
        .call(&["workflow", "stop", "7", "--tenant", "uni"])
        .refused(&["no workflow 7"]);
}

#[test]
fn a_workflow_is_stopped_on_the_command_line() {
    let installation = installation();
    let server = Server::start(&installation);
    let client = admin(&server);
    let id = upload(&client, "hold");
    assert_eq!(client.until_processed(&id), "PAUSED");
    installation
        .call(&["workflow", "stop", "1", "--tenant", "uni"])
        .succeeded();
    let event = client.event(&id);
    assert_eq!(event["processing_state"], "STOPPED");
    assert_eq!(event["status"], "EVENTS.EVENTS.STATUS.PROCESSING_CANCELLED");
}

#[test]
fn operators_bring_their_own_definitions_and_read_what_is_wrong_with_them() {
    let installation = installation();
    let folder = installation.data().join("workflows");
    std::fs::create_dir(&folder).unwrap();
    let good = "id: portal\noperations:\n  - id: publish-configure\n    configurations:\n      - channel-id: portal\n      - source-flavors: '*/*'\n      - url-pattern: https://portal.example/${event_id}\n";
    std::fs::write(folder.join("portal.yaml"), good).unwrap();
    std::fs::write(
        folder.join("broken.yaml"),
        "id: broken\noperations:\n  - id: make-coffee\n",
    )
    .unwrap();
    let server = Server::start(&installation);
    let client = admin(&server);
    let id = upload(&client, "portal");
    assert_eq!(client.until_processed(&id), "SUCCEEDED");
    let publications = client
        .get(&format!("/api/events/{id}/publications"))
        .send()
        .expect(200)
        .json();
    assert_eq!(publications[0]["url"], format!("https://portal.example/{id}"));
    let log = server.log();
    assert!(log.contains("broken.yaml:3: ") && log.contains("make-coffee"), "{log}");
}
