//! Creating, reading and deleting one series.

use lectern_tests::content::{acl, catalog, owned_by, series_form, unique, unique_role};
use lectern_tests::fixture::{ADMIN, NORTH, OUTSIDER, READER, TEACHER, TEACHER_NAME, each_tenant};
use lectern_tests::form::ENCODINGS;
use lectern_tests::{Form, Stage};
use serde_json::{Value, json};

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = object
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn is_utc_instant(text: &Value) -> bool {
    let text = text.as_str().unwrap_or_default();
    text.len() == "2018-03-19T16:11:48Z".len() && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T')
}

#[test]
fn a_created_series_is_answered_with_its_identifier_and_location() {
    each_tenant(|tenant| {
        for encoding in ENCODINGS {
            let form = series_form(&json!({ "title": "Analysis I" }), &acl(&[("ROLE_USER", "read")]));
            let answer = tenant
                .admin()
                .post("/api/series")
                .form(&form, encoding)
                .send()
                .expect(201);
            let id = answer.json()["identifier"].as_str().expect("an identifier").to_owned();
            let location = answer.header("location").expect("a location");
            assert!(location.ends_with(&format!("/api/series/{id}")), "{location}");
            assert!(location.starts_with("http"), "{location}");
        }
    });
}

#[test]
fn a_series_shows_what_it_was_created_with() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let client = tenant.user(TEACHER);
        let fields = json!({
            "title": "Einführung in die Physik",
            "subjects": ["Physik", "Mechanik"],
            "description": "Kräfte,\nImpulse & \"Energie\"",
            "language": "de",
            "rightsHolder": "Universität",
            "license": "CC-BY-SA",
            "creator": ["Müller, Änne", "Prof. X"],
            "contributor": ["Hans Muster"],
            "publisher": ["Verlag A", "Verlag B"],
        });
        let id = client.create_series(fields, &owned_by(&stage.role));
        let mut series = stage.actor.series(&id);
        assert!(is_utc_instant(&series["created"]), "{series}");
        series["created"] = Value::Null;
        let expected = json!({
            "identifier": id,
            "title": "Einführung in die Physik",
            "subjects": ["Physik", "Mechanik"],
            "description": "Kräfte,\nImpulse & \"Energie\"",
            "language": "de",
            "rightsholder": "Universität",
            "license": "CC-BY-SA",
            "organizers": ["Müller, Änne", "Prof. X"],
            "contributors": ["Hans Muster"],
            "publishers": ["Verlag A", "Verlag B"],
            "creator": TEACHER_NAME,
            "created": null,
            "organization": tenant.id,
            "opt_out": false,
        });
        assert_eq!(series, expected);
    });
}

#[test]
fn what_a_series_does_not_have_is_empty_text_or_an_empty_list() {
    let stage = Stage::new(&NORTH);
    let series = stage.actor.series(&stage.series(json!({ "title": "Nur ein Titel" })));
    for field in ["description", "language", "rightsholder", "license"] {
        assert_eq!(series[field], "", "{field}");
    }
    for field in ["subjects", "organizers", "contributors", "publishers"] {
        assert_eq!(series[field], json!([]), "{field}");
    }
}

#[test]
fn the_fields_of_a_single_series_depend_on_the_version() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(json!({ "title": "Versionen" }));
    let get = |version: &str, query: &str| {
        let request = stage.actor.get(&format!("/api/series/{id}{query}"));
        request.version(version).send().expect(200).json()
    };
    let first = [
        "contributors",
        "created",
        "creator",
        "description",
        "identifier",
        "opt_out",
        "organization",
        "organizers",
        "publishers",
        "subjects",
        "title",
    ];
    let mut second = [first.as_slice(), &["language", "license", "rightsholder"]].concat();
    second.sort_unstable();
    assert_eq!(keys(&get("v1.0.0", "")), first);
    assert_eq!(keys(&get("v1.1.0", "")), second);
    assert_eq!(keys(&get("v1.4.0", "?withacl=true")), second);
    assert_eq!(keys(&get("v1.11.0", "")), second);
    let mut with_acl = second.clone();
    with_acl.push("acl");
    with_acl.sort_unstable();
    assert_eq!(keys(&get("v1.5.0", "?withacl=true")), with_acl);
}

#[test]
fn a_series_may_be_read_with_its_access_list() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(json!({ "title": "Mit Liste" }));
    let series = stage
        .actor
        .get(&format!("/api/series/{id}?withacl=true"))
        .send()
        .expect(200)
        .json();
    assert_eq!(series["acl"], owned_by(&stage.role));
}

#[test]
fn a_series_that_does_not_exist_is_not_found() {
    each_tenant(|tenant| {
        for id in [
            "none",
            "dc11ab0a-fd5b-462d-a939-0a4703df38cf",
            "%C3%BC",
            "a%20b",
            "%00",
            "..",
            "%2e%2e%2f",
        ] {
            let answer = tenant.admin().get(&format!("/api/series/{id}")).send().not_5xx();
            assert!([400, 404].contains(&answer.status), "{answer}");
        }
        tenant
            .admin()
            .get("/api/series/no-such-series")
            .send()
            .refused(404, "no-such-series");
    });
}

#[test]
fn a_series_that_may_not_be_read_is_not_found() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.series(json!({ "title": "Geheim" }));
        for client in [
            tenant.user(READER),
            tenant.user(TEACHER),
            tenant.with_roles("ROLE_ELSE"),
        ] {
            client.get(&format!("/api/series/{id}")).send().expect(404);
            client.get(&format!("/api/series/{id}/acl")).send().expect(404);
            client.get(&format!("/api/series/{id}/metadata")).send().expect(404);
        }
        stage.actor.get(&format!("/api/series/{id}")).send().expect(200);
    });
}

#[test]
fn a_denying_entry_wins_over_an_allowing_one() {
    let stage = Stage::new(&NORTH);
    let denied = unique_role();
    let list = json!([
        { "role": stage.role, "action": "read", "allow": true },
        { "role": denied, "action": "read", "allow": false },
    ]);
    let id = stage.admin.create_series(json!({ "title": "Ohne dich" }), &list);
    let path = format!("/api/series/{id}");
    NORTH.with_roles(&stage.role).get(&path).send().expect(200);
    NORTH
        .with_roles(&format!("{},{denied}", stage.role))
        .get(&path)
        .send()
        .expect(404);
}

#[test]
fn the_identifier_may_be_chosen_by_the_client() {
    each_tenant(|tenant| {
        let id = unique("chosen");
        let created = tenant
            .admin()
            .create_series(json!({ "title": "Mit Kennung", "identifier": id }), &json!([]));
        assert_eq!(created, id);
        assert_eq!(tenant.admin().series(&id)["title"], "Mit Kennung");
    });
}

#[test]
fn an_identifier_that_is_taken_is_a_conflict_and_changes_nothing() {
    each_tenant(|tenant| {
        let admin = tenant.admin();
        let id = unique("taken");
        admin.create_series(json!({ "title": "Die erste", "identifier": id }), &json!([]));
        let form = series_form(&json!({ "title": "Die zweite", "identifier": id }), &json!([]));
        for encoding in ENCODINGS {
            admin.post("/api/series").form(&form, encoding).send().refused(409, &id);
        }
        assert_eq!(admin.series(&id)["title"], "Die erste");
    });
}

#[test]
fn an_identifier_that_is_taken_at_another_tenant_is_free_here() {
    let id = unique("shared");
    each_tenant(|tenant| {
        tenant
            .admin()
            .create_series(json!({ "title": tenant.name, "identifier": id }), &json!([]));
    });
    each_tenant(|tenant| assert_eq!(tenant.admin().series(&id)["title"], tenant.name));
}

#[test]
fn without_an_access_list_only_administrators_may_read() {
    let admin = NORTH.admin();
    let metadata = json!([catalog("dublincore/series", &json!({ "title": "Ohne Liste" }))]);
    let forms = [
        Form::new().field("metadata", &metadata),
        Form::new().field("metadata", &metadata).field("acl", ""),
        Form::new().field("metadata", &metadata).field("acl", "  "),
        Form::new().field("metadata", &metadata).field("acl", "[]"),
    ];
    for form in forms {
        for encoding in ENCODINGS {
            let answer = admin.post("/api/series").form(&form, encoding).send().expect(201);
            let path = format!(
                "/api/series/{}",
                answer.json()["identifier"].as_str().expect("an identifier")
            );
            assert_eq!(admin.get(&format!("{path}/acl")).send().expect(200).json(), json!([]));
            NORTH.user(TEACHER).get(&path).send().expect(404);
        }
    }
}

#[test]
fn a_theme_is_accepted_as_number_and_in_quotes() {
    for theme in ["1234", "\"1234\"", ""] {
        for encoding in ENCODINGS {
            let form = series_form(&json!({ "title": "Farbig" }), &json!([])).field("theme", theme);
            NORTH
                .admin()
                .post("/api/series")
                .form(&form, encoding)
                .send()
                .expect(201);
        }
    }
    let form = series_form(&json!({ "title": "Farbig" }), &json!([])).field("theme", "blue");
    NORTH
        .admin()
        .post("/api/series")
        .urlencoded(&form)
        .send()
        .refused(400, "theme");
}

#[test]
fn metadata_must_be_given() {
    let list = json!([]);
    for form in [
        Form::new(),
        Form::new().field("acl", &list),
        Form::new().field("acl", &list).field("metadata", ""),
        Form::new().field("acl", &list).field("metadata", "   "),
    ] {
        for encoding in ENCODINGS {
            NORTH
                .admin()
                .post("/api/series")
                .form(&form, encoding)
                .send()
                .refused(400, "metadata");
        }
    }
    let form = Form::new().field("acl", &list).field("metadata", "[]");
    NORTH
        .admin()
        .post("/api/series")
        .urlencoded(&form)
        .send()
        .refused(400, "title");
}

#[test]
fn metadata_that_does_not_fit_is_refused_naming_the_part_at_fault() {
    let flavored = |fields: Value| json!([{ "flavor": "dublincore/series", "fields": fields }]);
    for (metadata, part) in [
        (json!({ "flavor": "dublincore/series" }), "metadata"),
        (json!("text"), "metadata"),
        (json!([1]), "metadata"),
        (json!([{ "fields": [] }]), "flavor"),
        (json!([{ "flavor": 7, "fields": [] }]), "flavor"),
        (json!([{ "flavor": "no-flavor", "fields": [] }]), "flavor"),
        (
            json!([{ "flavor": "other/series", "fields": [{ "id": "title", "value": "x" }] }]),
            "other/series",
        ),
        (json!([{ "flavor": "dublincore/series" }]), "fields"),
        (
            json!([{ "flavor": "dublincore/series", "fields": { "title": "x" } }]),
            "fields",
        ),
        (flavored(json!([{ "value": "x" }])), "id"),
        (flavored(json!([{ "id": 4, "value": "x" }])), "id"),
        (flavored(json!([["title", "x"]])), "fields"),
        (flavored(json!([{ "id": "title", "value": "" }])), "title"),
        (flavored(json!([{ "id": "title", "value": "   " }])), "title"),
        (
            flavored(json!([{ "id": "title", "value": "x" }, { "id": "colour", "value": "red" }])),
            "colour",
        ),
        (
            flavored(json!([{ "id": "title", "value": "x" }, { "id": "subjects", "value": "no list" }])),
            "subjects",
        ),
        (
            flavored(json!([{ "id": "title", "value": "x" }, { "id": "creator", "value": { "a": 1 } }])),
            "creator",
        ),
    ] {
        let form = Form::new().field("metadata", &metadata).field("acl", "[]");
        let answer = NORTH.admin().post("/api/series").urlencoded(&form).send();
        answer.refused(400, part);
    }
}

#[test]
fn an_access_list_that_does_not_fit_is_refused_naming_the_part_at_fault() {
    let title = json!({ "title": "Mit schlechter Liste" });
    for (list, part) in [
        (json!({ "role": "ROLE_A", "action": "read", "allow": true }), "acl"),
        (json!("ROLE_A"), "acl"),
        (json!(["ROLE_A"]), "acl"),
        (json!([{ "action": "read", "allow": true }]), "role"),
        (json!([{ "role": "", "action": "read", "allow": true }]), "role"),
        (json!([{ "role": "ROLE_A", "allow": true }]), "action"),
        (json!([{ "role": "ROLE_A", "action": " ", "allow": true }]), "action"),
        (json!([{ "role": "ROLE_A", "action": "read" }]), "allow"),
        (json!([{ "role": "ROLE_A", "action": "read", "allow": [] }]), "allow"),
        (json!([{ "role": ["ROLE_A"], "action": "read", "allow": true }]), "role"),
    ] {
        NORTH
            .admin()
            .post("/api/series")
            .urlencoded(&series_form(&title, &list))
            .send()
            .refused(400, part);
    }
}

#[test]
fn allow_may_be_a_text() {
    let stage = Stage::new(&NORTH);
    let list = json!([{ "role": stage.role, "action": "read", "allow": "true" }]);
    let id = stage.admin.create_series(json!({ "title": "Text" }), &list);
    let acl = stage
        .actor
        .get(&format!("/api/series/{id}/acl"))
        .send()
        .expect(200)
        .json();
    assert_eq!(acl, json!([{ "role": stage.role, "action": "read", "allow": true }]));
}

#[test]
fn a_refused_creation_leaves_nothing_behind() {
    let stage = Stage::new(&NORTH);
    let form = series_form(&json!({ "title": "Halb", "colour": "red" }), &owned_by(&stage.role));
    stage.admin.post("/api/series").urlencoded(&form).send().expect(400);
    assert_eq!(stage.list("series").send().expect(200).json(), json!([]));
}

#[test]
fn creating_needs_the_role_for_it() {
    each_tenant(|tenant| {
        let form = series_form(&json!({ "title": "Verboten" }), &json!([]));
        for user in [READER, OUTSIDER] {
            tenant
                .user(user)
                .post("/api/series")
                .urlencoded(&form)
                .send()
                .expect(403);
        }
        for user in [TEACHER, ADMIN] {
            tenant
                .user(user)
                .post("/api/series")
                .urlencoded(&form)
                .send()
                .expect(201);
        }
    });
}

#[test]
fn a_deleted_series_is_gone() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.series(json!({ "title": "Vergänglich" }));
        let path = format!("/api/series/{id}");
        stage.actor.delete(&path).send().expect_empty(204);
        stage.admin.get(&path).send().expect(404);
        stage.admin.delete(&path).send().expect(404);
        assert_eq!(stage.list("series").send().expect(200).json(), json!([]));
    });
}

#[test]
fn the_events_of_a_deleted_series_stay_and_belong_to_none() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Aufgelöst" }));
        let event = stage.event(json!({ "title": "Bleibt", "isPartOf": series }));
        assert_eq!(stage.actor.event(&event)["series"], "Aufgelöst");
        stage.admin.delete(&format!("/api/series/{series}")).send().expect(204);
        let event = stage.actor.event(&event);
        assert_eq!(event["is_part_of"], "");
        assert_eq!(event["series"], "");
        assert_eq!(
            stage.matching("events", &format!("is_part_of:{series}")),
            Vec::<String>::new()
        );
        assert_eq!(stage.matching("events", "textFilter:aufgelöst"), Vec::<String>::new());
    });
}

#[test]
fn deleting_needs_write_permission() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage
            .admin
            .create_series(json!({ "title": "Nur lesen" }), &acl(&[(&stage.role, "read")]));
        let path = format!("/api/series/{id}");
        stage.actor.delete(&path).send().refused(401, "unauthorized");
        tenant.with_roles("ROLE_ELSE").delete(&path).send().expect(404);
        stage.actor.get(&path).send().expect(200);
    });
}
