//! `…/events/{id}/acl`.

use lectern_tests::content::{acl, owned_by, unique_role};
use lectern_tests::fixture::{NORTH, READER, each_tenant};
use lectern_tests::form::ENCODINGS;
use lectern_tests::{Client, Form, Stage};
use serde_json::{Value, json};

fn path(id: &str) -> String {
    format!("/api/events/{id}/acl")
}

fn read(client: &Client, id: &str) -> Value {
    client.get(&path(id)).send().expect(200).json()
}

#[test]
fn a_new_access_list_replaces_the_old_one() {
    each_tenant(|tenant| {
        for encoding in ENCODINGS {
            let stage = Stage::new(tenant);
            let id = stage.event(json!({ "title": "Liste" }));
            let list = json!([
                { "role": stage.role, "action": "read", "allow": true },
                { "role": "ROLE_B", "action": "read", "allow": false },
                { "role": "ROLE_C", "action": "annotate", "allow": true },
            ]);
            let form = Form::new().field("acl", &list);
            stage
                .actor
                .put(&path(&id))
                .form(&form, encoding)
                .send()
                .expect_empty(204);
            assert_eq!(read(&stage.actor, &id), list);
        }
    });
}

#[test]
fn the_new_access_list_counts_at_once() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let admitted = Stage::new(tenant);
        let id = stage.event(json!({ "title": "Umgehängt" }));
        assert_eq!(admitted.matching("events", ""), Vec::<String>::new());
        let form = Form::new().field("acl", acl(&[(&admitted.role, "read")]));
        stage.actor.put(&path(&id)).urlencoded(&form).send().expect_empty(204);
        assert_eq!(admitted.matching("events", "textFilter:umgehängt"), ["Umgehängt"]);
        assert_eq!(stage.matching("events", ""), Vec::<String>::new());
        stage.actor.get(&format!("/api/events/{id}")).send().expect(404);
    });
}

#[test]
fn allow_may_be_a_text() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Text" }));
    let list = json!([
        { "role": stage.role, "action": "read", "allow": "true" },
        { "role": "ROLE_B", "action": "read", "allow": "TRUE" },
        { "role": "ROLE_C", "action": "read", "allow": "false" },
    ]);
    let form = Form::new().field("acl", &list);
    stage.actor.put(&path(&id)).urlencoded(&form).send().expect_empty(204);
    let expected = json!([
        { "role": stage.role, "action": "read", "allow": true },
        { "role": "ROLE_B", "action": "read", "allow": true },
        { "role": "ROLE_C", "action": "read", "allow": false },
    ]);
    assert_eq!(read(&stage.actor, &id), expected);
}

#[test]
fn an_access_list_that_does_not_fit_is_refused_and_changes_nothing() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Liste" }));
    for (list, part) in [
        ("", "acl"),
        ("nonsense", "acl"),
        (r#"{"role":"ROLE_A"}"#, "acl"),
        ("[1]", "acl"),
        (r#"[{"action":"read","allow":true}]"#, "role"),
        (r#"[{"role":" ","action":"read","allow":true}]"#, "role"),
        (r#"[{"role":"ROLE_A","allow":true}]"#, "action"),
        (r#"[{"role":"ROLE_A","action":"read"}]"#, "allow"),
    ] {
        for encoding in ENCODINGS {
            let form = Form::new().field("acl", list);
            stage
                .actor
                .put(&path(&id))
                .form(&form, encoding)
                .send()
                .refused(400, part);
        }
    }
    stage
        .actor
        .put(&path(&id))
        .urlencoded(&Form::new())
        .send()
        .refused(400, "acl");
    assert_eq!(read(&stage.actor, &id), owned_by(&stage.role));
}

#[test]
fn granting_adds_an_entry_once() {
    each_tenant(|tenant| {
        for encoding in ENCODINGS {
            let stage = Stage::new(tenant);
            let id = stage.event(json!({ "title": "Gewährt" }));
            let admitted = unique_role();
            let form = Form::new().field("role", &admitted);
            for _ in 0..2 {
                let path = format!("{}/read", path(&id));
                stage.actor.post(&path).form(&form, encoding).send().expect_empty(204);
            }
            let expected = acl(&[(&stage.role, "read"), (&stage.role, "write"), (&admitted, "read")]);
            assert_eq!(read(&stage.actor, &id), expected);
            tenant
                .with_roles(&admitted)
                .get(&format!("/api/events/{id}"))
                .send()
                .expect(200);
        }
    });
}

#[test]
fn granting_turns_a_denying_entry() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Gewendet" }));
    let mut list = owned_by(&stage.role);
    list.as_array_mut()
        .expect("a list")
        .push(json!({ "role": "ROLE_B", "action": "read", "allow": false }));
    let form = Form::new().field("acl", &list);
    stage.actor.put(&path(&id)).urlencoded(&form).send().expect(204);
    let grant = Form::new().field("role", "ROLE_B");
    stage
        .actor
        .post(&format!("{}/read", path(&id)))
        .urlencoded(&grant)
        .send()
        .expect(204);
    let expected = acl(&[(&stage.role, "read"), (&stage.role, "write"), ("ROLE_B", "read")]);
    assert_eq!(read(&stage.actor, &id), expected);
}

#[test]
fn granting_needs_a_role() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Ohne Rolle" }));
    for form in [
        Form::new(),
        Form::new().field("role", ""),
        Form::new().field("user", "x"),
    ] {
        for encoding in ENCODINGS {
            let request = stage.actor.post(&format!("{}/read", path(&id)));
            request.form(&form, encoding).send().refused(400, "role");
        }
    }
}

#[test]
fn revoking_removes_the_entries_of_a_role_and_an_action() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.event(json!({ "title": "Entzogen" }));
        let list = json!([
            { "role": stage.role, "action": "read", "allow": true },
            { "role": stage.role, "action": "write", "allow": true },
            { "role": "ROLE_B", "action": "read", "allow": true },
            { "role": "ROLE_B", "action": "write", "allow": true },
        ]);
        stage
            .actor
            .put(&path(&id))
            .urlencoded(&Form::new().field("acl", &list))
            .send()
            .expect(204);
        stage
            .actor
            .delete(&format!("{}/read/ROLE_B", path(&id)))
            .send()
            .expect_empty(204);
        let expected = acl(&[(&stage.role, "read"), (&stage.role, "write"), ("ROLE_B", "write")]);
        assert_eq!(read(&stage.actor, &id), expected);
        stage
            .actor
            .delete(&format!("{}/read/ROLE_B", path(&id)))
            .send()
            .expect(404);
        stage
            .actor
            .delete(&format!("{}/none/ROLE_B", path(&id)))
            .send()
            .expect(404);
    });
}

#[test]
fn roles_and_actions_in_a_path_are_decoded_once() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Verschlüsselt" }));
    let grant = Form::new().field("role", "ROLE_GRÖSSE 100%");
    stage
        .actor
        .post(&format!("{}/an%20noten", path(&id)))
        .urlencoded(&grant)
        .send()
        .expect(204);
    assert_eq!(
        read(&stage.actor, &id)[2],
        json!({ "role": "ROLE_GRÖSSE 100%", "action": "an noten", "allow": true })
    );
    let path = format!("{}/an%20noten/ROLE_GR%C3%96SSE%20100%25", path(&id));
    stage.actor.delete(&path).send().expect_empty(204);
    assert_eq!(read(&stage.actor, &id), owned_by(&stage.role));
}

#[test]
fn an_unknown_event_has_no_access_list() {
    let stage = Stage::new(&NORTH);
    let list = Form::new().field("acl", "[]");
    let role = Form::new().field("role", "ROLE_A");
    stage.actor.get(&path("none")).send().refused(404, "none");
    stage
        .actor
        .put(&path("none"))
        .urlencoded(&list)
        .send()
        .refused(404, "none");
    stage
        .actor
        .post(&format!("{}/read", path("none")))
        .urlencoded(&role)
        .send()
        .refused(404, "none");
    stage
        .actor
        .delete(&format!("{}/read/ROLE_A", path("none")))
        .send()
        .refused(404, "none");
}

#[test]
fn changing_the_access_list_needs_write_permission() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let list = acl(&[(&stage.role, "read")]);
        let id = stage.admin.create_event(json!({ "title": "Nur lesen" }), &list);
        let change = |client: &Client| {
            let new = Form::new().field("acl", owned_by(&stage.role));
            let role = Form::new().field("role", "ROLE_A");
            [
                client.put(&path(&id)).urlencoded(&new),
                client.post(&format!("{}/write", path(&id))).urlencoded(&role),
                client.delete(&format!("{}/read/{}", path(&id), stage.role)),
            ]
        };
        for request in change(&stage.actor) {
            request.send().refused(401, "unauthorized");
        }
        for request in change(&tenant.with_roles("ROLE_ELSE")) {
            request.send().expect(404);
        }
        for request in change(&tenant.user(READER)) {
            request.send().expect(403);
        }
        assert_eq!(read(&stage.actor, &id), list);
    });
}

#[test]
fn granting_gives_an_event_that_followed_its_series_a_list_of_its_own() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Reihe" }));
        let event = stage.event(json!({ "title": "Folge", "isPartOf": series }));
        let both = Form::new()
            .field("acl", owned_by(&stage.role))
            .field("override", "true");
        stage
            .actor
            .put(&format!("/api/series/{series}/acl"))
            .urlencoded(&both)
            .send()
            .expect(200);
        let admitted = unique_role();
        let role = Form::new().field("role", &admitted);
        stage
            .actor
            .post(&format!("{}/read", path(&event)))
            .urlencoded(&role)
            .send()
            .expect(204);
        let expected = acl(&[(&stage.role, "read"), (&stage.role, "write"), (&admitted, "read")]);
        assert_eq!(read(&stage.actor, &event), expected);
        // Its own now: the series' list does not count any more.
        let empty = Form::new().field("acl", "[]");
        stage
            .actor
            .put(&format!("/api/series/{series}/acl"))
            .urlencoded(&empty)
            .send()
            .expect(200);
        assert_eq!(read(&stage.actor, &event), expected);
    });
}
