//! What an upload publishes: where it is to be had, and by whom.

use lectern_tests::content::{acl, owned_by, processed_form};
use lectern_tests::except_under_spin;
use lectern_tests::fixture::{NORTH, each_tenant};
use lectern_tests::{Client, Stage};
use serde_json::{Value, json};

const SAMPLE: &[u8] = include_bytes!("../../../host/media/tests/data/h264-aac.mp4");

/// An event with a film that has been published.
fn published(stage: &Stage, acl: &Value) -> String {
    let fields = json!({ "title": "Ein <Film>", "creator": ["Ada Löwe"] });
    let form = processed_form(&fields, acl, json!({ "workflow": "schedule-and-upload" }));
    let form = form.file("presenter", "talk 1.mp4", "video/mp4", SAMPLE);
    let answer = stage.actor.post("/api/events").multipart(&form).send().expect(201);
    let id = answer.json()["identifier"].as_str().unwrap().to_owned();
    assert_eq!(stage.actor.until_processed(&id), "SUCCEEDED");
    id
}

/// The path of an address on the server.
fn path(url: &Value) -> String {
    let url = url.as_str().unwrap();
    let behind_scheme = url.split_once("://").unwrap().1;
    behind_scheme[behind_scheme.find('/').unwrap()..].to_owned()
}

fn publications(client: &Client, id: &str) -> Value {
    client
        .get(&format!("/api/events/{id}/publications"))
        .send()
        .expect(200)
        .json()
}

#[test]
fn an_upload_is_published_and_can_be_fetched() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = published(&stage, &owned_by(&stage.role));
        let event = stage.actor.event(&id);
        assert_eq!(event["publication_status"], json!(["engage-player"]));
        assert_eq!(event["status"], "EVENTS.EVENTS.STATUS.PROCESSED");
        assert_eq!(event["duration"], 1500);
        let all = publications(&stage.actor, &id);
        let [publication] = all.as_array().unwrap().as_slice() else {
            panic!("{all}")
        };
        assert_eq!(publication["channel"], "engage-player");
        let media = &publication["media"][0];
        assert_eq!(
            (&media["mediatype"], &media["duration"]),
            (&json!("video/mp4"), &json!(1500))
        );
        assert_eq!((&media["has_video"], &media["has_audio"]), (&json!(true), &json!(true)));
        assert!(media["width"].is_number() && media["framerate"].is_number(), "{media}");
        let file = stage.actor.get(&path(&media["url"])).send().expect(200);
        assert_eq!(file.body, SAMPLE);
        let catalog = stage
            .actor
            .get(&path(&publication["metadata"][0]["url"]))
            .send()
            .expect(200);
        assert!(
            catalog
                .text()
                .contains("<dcterms:title>Ein &lt;Film&gt;</dcterms:title>")
        );
        let one = format!("/api/events/{id}/publications/{}", publication["id"].as_str().unwrap());
        assert_eq!(&stage.actor.get(&one).send().expect(200).json(), publication);
        let list = stage
            .actor
            .get(&format!("/api/events?filter=identifier:{id}&withpublications=true"))
            .send()
            .expect(200);
        assert_eq!(list.json()[0]["publications"], all);
        stage
            .actor
            .get(&format!("/api/events/{id}/publications/none"))
            .send()
            .expect(404);
    });
}

#[test]
fn the_page_to_watch_shows_the_film_to_those_who_may_read_the_event() {
    except_under_spin!();
    let stage = Stage::new(&NORTH);
    let id = published(&stage, &owned_by(&stage.role));
    let publication = publications(&stage.actor, &id)[0].clone();
    let page = path(&publication["url"]);
    let answer = stage.actor.get(&page).send().expect(200);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let html = answer.text();
    assert!(
        html.contains("<h1>Ein &lt;Film&gt;</h1>") && html.contains("Ada Löwe"),
        "{html}"
    );
    assert!(
        html.contains("<video controls") && html.contains(&path(&publication["media"][0]["url"])),
        "{html}"
    );
    stage.actor.get("/play.css").send().expect(200);
    NORTH.anonymous().get(&page).send().expect(401);
    NORTH.with_roles("ROLE_NOBODY").get(&page).send().expect(404);
    stage.actor.get("/play/none").send().expect(404);
    stage.actor.post(&page).send().expect(405);
    let silent = stage
        .actor
        .create_event(json!({ "title": "Nichts" }), &owned_by(&stage.role));
    stage.actor.get(&format!("/play/{silent}")).send().expect(404);
}

#[test]
fn what_everybody_may_read_can_be_watched_without_credentials() {
    except_under_spin!();
    let stage = Stage::new(&NORTH);
    let mut list = owned_by(&stage.role);
    list.as_array_mut()
        .unwrap()
        .extend(acl(&[("ROLE_ANONYMOUS", "read")]).as_array().unwrap().clone());
    let id = published(&stage, &list);
    let media = publications(&stage.actor, &id)[0]["media"][0].clone();
    NORTH.anonymous().get(&format!("/play/{id}")).send().expect(200);
    NORTH.anonymous().get(&path(&media["url"])).send().expect(200);
}

#[test]
fn what_is_published_is_deleted_by_a_workflow_and_takes_its_files_along() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = published(&stage, &owned_by(&stage.role));
        let media = publications(&stage.actor, &id)[0]["media"][0].clone();
        stage
            .actor
            .delete(&format!("/api/events/{id}"))
            .send()
            .expect_empty(202);
        assert_eq!(stage.actor.until_processed(&id), "");
        stage.actor.get(&path(&media["url"])).send().expect(404);
        stage.actor.delete(&format!("/api/events/{id}")).send().expect(404);
    });
}
