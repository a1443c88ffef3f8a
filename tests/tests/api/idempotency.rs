//! `Idempotency-Key`: a creation that is sent again happens once.

use std::thread;

use lectern_tests::content::{event_form, owned_by, series_form, unique};
use lectern_tests::fixture::{NORTH, SOUTH, TEACHER, each_tenant};
use lectern_tests::{Answer, Client, Form, Stage};
use serde_json::json;

fn post(client: &Client, collection: &str, form: &Form, key: &str) -> Answer {
    client
        .post(&format!("/api/{collection}"))
        .header("idempotency-key", key)
        .multipart(form)
        .send()
}

#[test]
fn the_answer_is_replayed_and_nothing_is_created_again() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        for (collection, form) in [
            (
                "series",
                series_form(&json!({ "title": "Einmal" }), &owned_by(&stage.role)),
            ),
            (
                "events",
                event_form(&json!({ "title": "Einmal" }), &owned_by(&stage.role)),
            ),
        ] {
            let key = unique("key");
            let first = post(&stage.admin, collection, &form, &key).expect(201);
            assert_eq!(first.header("idempotency-replayed"), None);
            // A client that tries again makes another boundary.
            let again = form.clone().boundary("another-boundary");
            let again = post(&stage.admin, collection, &again, &key).expect(201);
            assert_eq!(again.header("idempotency-replayed"), Some("true"));
            assert_eq!(again.json(), first.json());
            assert_eq!(again.header("location"), first.header("location"));
            assert_eq!(stage.list(collection).send().expect(200).column("title"), ["Einmal"]);
        }
    });
}

#[test]
fn ten_at_once_create_one_object() {
    let stage = Stage::new(&NORTH);
    let key = unique("key");
    let identifiers: Vec<String> = thread::scope(|scope| {
        let attempts: Vec<_> = (0..10)
            .map(|_| {
                scope.spawn(|| {
                    let created = post(
                        &NORTH.admin(),
                        "events",
                        &event_form(&json!({ "title": "Zehn" }), &owned_by(&stage.role)),
                        &key,
                    );
                    created.expect(201).json()["identifier"].to_string()
                })
            })
            .collect();
        attempts
            .into_iter()
            .map(|attempt| attempt.join().expect("an answer"))
            .collect()
    });
    assert!(
        identifiers
            .iter()
            .all(|identifier| Some(identifier) == identifiers.first()),
        "{identifiers:?}"
    );
    assert_eq!(stage.list("events").send().expect(200).column("title"), ["Zehn"]);
}

#[test]
fn another_request_under_the_same_key_is_refused() {
    let stage = Stage::new(&NORTH);
    let key = unique("key");
    post(
        &stage.admin,
        "series",
        &series_form(&json!({ "title": "Eins" }), &owned_by(&stage.role)),
        &key,
    )
    .expect(201);
    post(
        &stage.admin,
        "series",
        &series_form(&json!({ "title": "Zwei" }), &owned_by(&stage.role)),
        &key,
    )
    .expect(422);
    post(
        &stage.admin,
        "events",
        &event_form(&json!({ "title": "Eins" }), &owned_by(&stage.role)),
        &key,
    )
    .expect(422);
    assert_eq!(stage.list("series").send().expect(200).column("title"), ["Eins"]);
}

#[test]
fn a_key_belongs_to_one_user_of_one_tenant() {
    let key = unique("key");
    let mut identifiers = Vec::new();
    for tenant in [&NORTH, &SOUTH] {
        let role = Stage::new(tenant).role;
        for client in [tenant.admin(), tenant.user(TEACHER)] {
            let created = post(
                &client,
                "series",
                &series_form(&json!({ "title": "Mein" }), &owned_by(&role)),
                &key,
            )
            .expect(201);
            assert_eq!(created.header("idempotency-replayed"), None);
            identifiers.push(created.json()["identifier"].to_string());
        }
    }
    identifiers.sort();
    identifiers.dedup();
    assert_eq!(identifiers.len(), 4);
}

#[test]
fn a_key_that_is_none_is_refused_by_name() {
    let stage = Stage::new(&NORTH);
    for key in ["", "\"\"", "a\tb", &"k".repeat(256)] {
        post(
            &stage.admin,
            "series",
            &series_form(&json!({ "title": "Nie" }), &owned_by(&stage.role)),
            key,
        )
        .refused(400, "Idempotency-Key");
    }
    assert_eq!(stage.list("series").send().expect(200).json(), json!([]));
}
