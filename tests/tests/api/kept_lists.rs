//! Lists of events that are asked for again, which the server may answer with what it has written before: every change is in the very
//! next one.

use lectern_tests::content::{acl, owned_by, processed_form, values};
use lectern_tests::fixture::each_tenant;
use lectern_tests::{Client, Form, Stage};
use serde_json::json;

const SAMPLE: &[u8] = include_bytes!("../../../host/media/tests/data/h264-aac.mp4");
const EVERYTHING: &str = "withacl=true&withmetadata=true&withscheduling=true&withpublications=true";

/// Lists everything several times in each of these ways, which have to say the same of each event as the event does.
#[track_caller]
fn agree(stage: &Stage, number: usize) {
    for (version, query) in [
        ("v1.11.0", EVERYTHING.to_owned()),
        ("v1.11.0", String::new()),
        ("v1.11.0", format!("{EVERYTHING}&includeInternalPublication=true")),
        ("v1.3.0", EVERYTHING.to_owned()),
    ] {
        let get = |path: &str| stage.actor.get(path).version(version).send().expect(200).json();
        for _ in 0..3 {
            let listed = get(&format!("/api/events?limit=20&{query}"));
            let listed = listed.as_array().expect("a list");
            assert_eq!(listed.len(), number);
            for event in listed {
                let id = event["identifier"].as_str().expect("an identifier");
                assert_eq!(*event, get(&format!("/api/events/{id}?{query}")), "{version} {query}");
            }
        }
    }
}

fn put(client: &Client, path: &str, field: &str, value: impl ToString) {
    let answer = client.put(path).urlencoded(&Form::new().field(field, value)).send();
    assert!([200, 204].contains(&answer.status), "{answer:?}");
}

#[test]
fn every_change_is_in_the_very_next_list() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Reihe" }));
        let own = stage.event(json!({ "title": "Eigene" }));
        agree(&stage, 1);
        // An event that follows the list of its series, and one that is being recorded.
        let fields = json!({ "title": "Folge", "isPartOf": series });
        let following = stage.event(fields);
        stage.scheduled(
            "Aufnahme",
            &json!({ "agent_id": tenant.agent("UTC"), "start": "2031-01-01T10:00:00Z", "end": "2031-01-01T11:00:00Z" }),
        );
        agree(&stage, 3);
        let event = format!("/api/events/{own}");
        let metadata = |title: &str| values(&json!({ "title": title, "description": "Mit \"Text\" \\ und Ü" }));
        put(
            &stage.actor,
            &format!("{event}/metadata?type=dublincore/episode"),
            "metadata",
            metadata("Neu"),
        );
        agree(&stage, 3);
        put(
            &stage.actor,
            &format!("/api/series/{series}/metadata?type=dublincore/series"),
            "metadata",
            values(&json!({ "title": "Andere Reihe" })),
        );
        agree(&stage, 3);
        let list = json!([
            { "role": stage.role, "action": "read", "allow": true },
            { "role": stage.role, "action": "write", "allow": true },
            { "role": "ROLE_GUEST", "action": "read", "allow": true },
        ]);
        for path in [format!("{event}/acl"), format!("/api/series/{series}/acl")] {
            put(&stage.actor, &path, "acl", list.clone());
            agree(&stage, 3);
        }
        let film = processed_form(
            &json!({ "title": "Film" }),
            &owned_by(&stage.role),
            json!({ "workflow": "schedule-and-upload" }),
        );
        let film = film.file("presenter", "talk 1.mp4", "video/mp4", SAMPLE);
        let film = stage
            .actor
            .post("/api/events")
            .multipart(&film)
            .send()
            .expect(201)
            .json();
        let film = film["identifier"].as_str().expect("an identifier");
        assert_eq!(stage.actor.until_processed(film), "SUCCEEDED");
        agree(&stage, 4);
        stage
            .actor
            .delete(&format!("/api/events/{following}"))
            .send()
            .expect_empty(204);
        agree(&stage, 3);
    });
}

#[test]
fn what_was_written_for_one_user_is_not_shown_to_another() {
    each_tenant(|tenant| {
        let (stage, other) = (Stage::new(tenant), Stage::new(tenant));
        stage.event(json!({ "title": "Nur hier" }));
        let shared = acl(&[(&stage.role, "read"), (&other.role, "read")]);
        stage.admin.create_event(json!({ "title": "Für beide" }), &shared);
        let titles = |stage: &Stage| {
            let mut titles = stage
                .list("events")
                .query("limit", "10")
                .send()
                .expect(200)
                .column("title");
            titles.sort();
            titles
        };
        for _ in 0..3 {
            assert_eq!(titles(&stage), ["Für beide", "Nur hier"]);
            assert_eq!(titles(&other), ["Für beide"]);
        }
    });
}
