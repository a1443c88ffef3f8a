//! `…/series/{id}/acl`, and what a series' list means for its events.

use lectern_tests::content::{acl, owned_by, unique_role};
use lectern_tests::fixture::{NORTH, READER, each_tenant};
use lectern_tests::form::ENCODINGS;
use lectern_tests::{Client, Form, Stage};
use serde_json::{Value, json};

fn path(id: &str) -> String {
    format!("/api/series/{id}/acl")
}

fn read(client: &Client, id: &str) -> Value {
    client.get(&path(id)).send().expect(200).json()
}

#[test]
fn the_access_list_is_read_as_it_was_written() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let list = json!([
            { "role": stage.role, "action": "read", "allow": true },
            { "role": stage.role, "action": "write", "allow": true },
            { "role": "ROLE_Größe", "action": "read", "allow": false },
            { "role": "ROLE_C", "action": "annotate", "allow": true },
        ]);
        let id = stage.admin.create_series(json!({ "title": "Liste" }), &list);
        assert_eq!(read(&stage.actor, &id), list);
    });
}

#[test]
fn a_new_access_list_replaces_the_old_one_and_is_echoed_as_sent() {
    each_tenant(|tenant| {
        for encoding in ENCODINGS {
            let stage = Stage::new(tenant);
            let id = stage.series(json!({ "title": "Liste" }));
            let sent = format!(
                r#"[ {{"role":"{}" , "action":"read","allow":true}}, {{"allow":true,"action":"read","role":"ROLE_N"}} ]"#,
                stage.role
            );
            let form = Form::new().field("acl", &sent);
            let answer = stage.actor.put(&path(&id)).form(&form, encoding).send().expect(200);
            assert_eq!(answer.text(), sent);
            assert_eq!(
                read(&stage.actor, &id),
                acl(&[(&stage.role, "read"), ("ROLE_N", "read")])
            );
        }
    });
}

#[test]
fn an_empty_access_list_is_a_list() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(json!({ "title": "Leer" }));
    let form = Form::new().field("acl", "[]");
    stage.actor.put(&path(&id)).urlencoded(&form).send().expect(200);
    assert_eq!(read(&stage.admin, &id), json!([]));
    stage.actor.get(&path(&id)).send().expect(404);
}

#[test]
fn an_access_list_that_does_not_fit_is_refused_and_changes_nothing() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(json!({ "title": "Liste" }));
    for (list, part) in [
        ("", "acl"),
        ("  ", "acl"),
        ("nonsense", "acl"),
        (r#"{"role":"ROLE_A"}"#, "acl"),
        (r#"[1]"#, "acl"),
        (r#"[{"action":"read","allow":true}]"#, "role"),
        (r#"[{"role":"ROLE_A","allow":true}]"#, "action"),
        (r#"[{"role":"ROLE_A","action":"read"}]"#, "allow"),
        (r#"[{"role":"ROLE_A","action":"read","allow":{}}]"#, "allow"),
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
fn an_unknown_series_has_no_access_list() {
    let stage = Stage::new(&NORTH);
    stage.actor.get(&path("none")).send().refused(404, "none");
    stage
        .actor
        .put(&path("none"))
        .urlencoded(&Form::new().field("acl", "[]"))
        .send()
        .refused(404, "none");
}

#[test]
fn changing_the_access_list_needs_write_permission() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let list = acl(&[(&stage.role, "read")]);
        let id = stage.admin.create_series(json!({ "title": "Nur lesen" }), &list);
        let form = Form::new().field("acl", owned_by(&stage.role));
        stage
            .actor
            .put(&path(&id))
            .urlencoded(&form)
            .send()
            .refused(401, "unauthorized");
        tenant
            .with_roles("ROLE_ELSE")
            .put(&path(&id))
            .urlencoded(&form)
            .send()
            .expect(404);
        tenant.user(READER).put(&path(&id)).urlencoded(&form).send().expect(403);
        assert_eq!(read(&stage.actor, &id), list);
    });
}

#[test]
fn events_keep_their_own_lists_unless_they_are_overridden() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Reihe" }));
        let event = stage.event(json!({ "title": "Folge", "isPartOf": series }));
        let admitted = unique_role();
        let list = acl(&[(&admitted, "read")]);
        let sees = |role: &str| {
            let status = tenant
                .with_roles(role)
                .get(&format!("/api/events/{event}"))
                .send()
                .status;
            status == 200
        };
        let set = |form: &Form, version: &str| {
            stage
                .admin
                .put(&path(&series))
                .version(version)
                .urlencoded(form)
                .send()
                .expect(200);
        };

        set(&Form::new().field("acl", &list), "v1.11.0");
        assert!(sees(&stage.role) && !sees(&admitted), "the event has a list of its own");
        set(&Form::new().field("acl", &list).field("override", "true"), "v1.1.0");
        assert!(sees(&stage.role) && !sees(&admitted), "override came with 1.2.0");
        set(&Form::new().field("acl", &list).field("override", "false"), "v1.2.0");
        assert!(sees(&stage.role) && !sees(&admitted));
        set(&Form::new().field("acl", &list).field("override", "True"), "v1.2.0");
        assert!(!sees(&stage.role) && sees(&admitted), "the event follows its series");

        let later = unique_role();
        set(&Form::new().field("acl", acl(&[(&later, "read")])), "v1.11.0");
        assert!(sees(&later) && !sees(&admitted), "and goes on doing so");
    });
}
