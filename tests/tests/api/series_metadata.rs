//! `…/series/{id}/metadata`.

use lectern_tests::content::{acl, values};
use lectern_tests::fixture::{NORTH, READER, each_tenant};
use lectern_tests::form::ENCODINGS;
use lectern_tests::{Form, Stage};
use serde_json::{Value, json};

const MAIN: &str = "dublincore/series";

fn path(id: &str) -> String {
    format!("/api/series/{id}/metadata")
}

fn full() -> Value {
    json!({
        "title": "Thermodynamik",
        "subjects": ["Physik", "Wärme"],
        "description": "Entropie",
        "language": "de",
        "rightsHolder": "Uni",
        "license": "CC-BY",
        "creator": ["Rudolf Clausius", "Boltzmann, Ludwig"],
        "contributor": ["Josiah Willard Gibbs"],
        "publisher": ["Verlag A", "Verlag B"],
    })
}

fn value(fields: &Value, id: &str) -> Value {
    let fields = fields.as_array().expect("a list of fields");
    let field = fields.iter().find(|field| field["id"] == id);
    field.unwrap_or_else(|| panic!("no field {id} in {fields:?}"))["value"].clone()
}

#[test]
fn all_catalogs_are_listed_with_their_fields_in_order() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.series(full());
        let catalogs = stage.actor.get(&path(&id)).send().expect(200).json();
        let main = catalogs
            .as_array()
            .expect("a list")
            .iter()
            .find(|catalog| catalog["flavor"] == MAIN);
        let main = main.expect("the main catalog");
        assert_eq!(main["title"], "Opencast Series DublinCore");
        let fields = main["fields"].as_array().expect("fields");
        let ids: Vec<_> = fields
            .iter()
            .map(|field| field["id"].as_str().unwrap_or_default())
            .collect();
        assert_eq!(
            ids,
            [
                "title",
                "subjects",
                "description",
                "language",
                "rightsHolder",
                "license",
                "creator",
                "contributor",
                "publisher",
                "createdBy",
                "identifier",
            ]
        );
        for field in fields {
            for member in ["id", "label", "value", "type", "readOnly", "required"] {
                assert!(field.get(member).is_some(), "{member} in {field}");
            }
        }
    });
}

#[test]
fn the_values_are_those_of_the_series() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(full());
    let fields = stage
        .actor
        .get(&path(&id))
        .query("type", MAIN)
        .send()
        .expect(200)
        .json();
    for (id, expected) in full().as_object().expect("fields") {
        assert_eq!(value(&fields, id), *expected, "{id}");
    }
    assert_eq!(value(&fields, "identifier"), id);
    assert_eq!(value(&fields, "createdBy"), stage.actor.series(&id)["creator"]);
}

#[test]
fn types_labels_and_flags_are_those_of_the_catalog() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(json!({ "title": "Typen" }));
    let fields = stage
        .actor
        .get(&path(&id))
        .query("type", MAIN)
        .send()
        .expect(200)
        .json();
    let described: Vec<_> = fields
        .as_array()
        .expect("a list")
        .iter()
        .map(|field| json!([field["id"], field["type"], field["required"], field["readOnly"]]))
        .collect();
    assert_eq!(
        json!(described),
        json!([
            ["title", "text", true, false],
            ["subjects", "text", false, false],
            ["description", "text", false, false],
            ["language", "text", false, false],
            ["rightsHolder", "text", false, false],
            ["license", "text", false, false],
            ["creator", "mixed_text", false, false],
            ["contributor", "mixed_text", false, false],
            ["publisher", "mixed_text", false, false],
            ["createdBy", "text", false, true],
            ["identifier", "text", false, true],
        ])
    );
    assert_eq!(fields[0]["label"], "EVENTS.SERIES.DETAILS.METADATA.TITLE");
    assert_eq!(fields[6]["label"], "EVENTS.SERIES.DETAILS.METADATA.ORGANIZERS");
    assert_eq!(value(&fields, "subjects"), json!([]));
    assert_eq!(value(&fields, "creator"), json!([]));
    assert_eq!(value(&fields, "description"), "");
}

#[test]
fn a_catalog_is_selected_by_its_flavor() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(full());
    for flavor in [MAIN, "DublinCore/Series", " dublincore/series "] {
        let fields = stage
            .actor
            .get(&path(&id))
            .query("type", flavor)
            .send()
            .expect(200)
            .json();
        assert_eq!(value(&fields, "title"), "Thermodynamik", "{flavor:?}");
    }
    let all = stage
        .actor
        .get(&format!("{}?type=", path(&id)))
        .send()
        .expect(200)
        .json();
    assert_eq!(all[0]["flavor"], MAIN);
    for flavor in ["license/series", "dublincore", "a/b/c"] {
        stage.actor.get(&path(&id)).query("type", flavor).send().expect(404);
    }
    stage
        .actor
        .get(&path("none"))
        .query("type", MAIN)
        .send()
        .refused(404, "none");
}

#[test]
fn an_update_changes_the_given_fields_and_answers_with_the_catalogs() {
    each_tenant(|tenant| {
        for encoding in ENCODINGS {
            let stage = Stage::new(tenant);
            let id = stage.series(full());
            let form = Form::new().field(
                "metadata",
                values(&json!({ "title": "Wärmelehre", "creator": ["Sadi Carnot"] })),
            );
            let answer = stage
                .actor
                .put(&path(&id))
                .query("type", MAIN)
                .form(&form, encoding)
                .send()
                .expect(200);
            let fields = &answer.json()[0]["fields"];
            assert_eq!(value(fields, "title"), "Wärmelehre");
            let fields = stage
                .actor
                .get(&path(&id))
                .query("type", MAIN)
                .send()
                .expect(200)
                .json();
            assert_eq!(value(&fields, "title"), "Wärmelehre");
            assert_eq!(value(&fields, "creator"), json!(["Sadi Carnot"]));
            // Lists that were not sent keep their elements.
            assert_eq!(value(&fields, "publisher"), json!(["Verlag A", "Verlag B"]));
            assert_eq!(value(&fields, "contributor"), json!(["Josiah Willard Gibbs"]));
            assert_eq!(value(&fields, "description"), "Entropie");
            let series = stage.actor.series(&id);
            assert_eq!(series["title"], "Wärmelehre");
            assert_eq!(series["organizers"], json!(["Sadi Carnot"]));
        }
    });
}

#[test]
fn subjects_may_be_written_as_list_or_as_subject() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(full());
    for (field, value, expected) in [
        ("subjects", json!(["A", "B"]), json!(["A", "B"])),
        ("subject", json!("C,D"), json!(["C", "D"])),
        ("subjects", json!([]), json!([])),
    ] {
        let form = Form::new().field("metadata", json!([{ "id": field, "value": value }]));
        stage
            .actor
            .put(&path(&id))
            .query("type", MAIN)
            .urlencoded(&form)
            .send()
            .expect(200);
        assert_eq!(stage.actor.series(&id)["subjects"], expected, "{field}");
    }
}

#[test]
fn null_and_empty_text_clear_a_field() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(full());
    let form = Form::new().field(
        "metadata",
        values(&json!({ "description": null, "license": "", "contributor": [] })),
    );
    stage
        .actor
        .put(&path(&id))
        .query("type", MAIN)
        .urlencoded(&form)
        .send()
        .expect(200);
    let series = stage.actor.series(&id);
    assert_eq!(series["description"], "");
    assert_eq!(series["license"], "");
    assert_eq!(series["contributors"], json!([]));
    assert_eq!(series["title"], "Thermodynamik");
}

#[test]
fn other_scalars_are_taken_as_their_text() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(full());
    for (value, expected) in [(json!(42), "42"), (json!(true), "true"), (json!(1.5), "1.5")] {
        let form = Form::new().field("metadata", values(&json!({ "description": value })));
        stage
            .actor
            .put(&path(&id))
            .query("type", MAIN)
            .urlencoded(&form)
            .send()
            .expect(200);
        assert_eq!(stage.actor.series(&id)["description"], expected);
    }
}

#[test]
fn a_client_may_send_back_what_it_read() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(full());
    let fields = stage
        .actor
        .get(&path(&id))
        .query("type", MAIN)
        .send()
        .expect(200)
        .json();
    let before = stage.actor.series(&id);
    let form = Form::new().field("metadata", &fields);
    stage
        .actor
        .put(&path(&id))
        .query("type", MAIN)
        .urlencoded(&form)
        .send()
        .expect(200);
    assert_eq!(stage.actor.series(&id), before);
}

#[test]
fn a_changed_read_only_field_is_refused_by_name() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(full());
    for (field, value) in [("identifier", "another"), ("createdBy", "somebody else")] {
        let form = Form::new().field(
            "metadata",
            json!([{ "id": "title", "value": "Neu" }, { "id": field, "value": value }]),
        );
        stage
            .actor
            .put(&path(&id))
            .query("type", MAIN)
            .urlencoded(&form)
            .send()
            .refused(400, field);
    }
    assert_eq!(stage.actor.series(&id)["title"], "Thermodynamik");
}

#[test]
fn an_update_that_does_not_fit_is_refused_and_changes_nothing() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(full());
    let before = stage.actor.series(&id);
    for (metadata, status, part) in [
        ("", 400, "metadata"),
        ("[]", 400, "metadata"),
        ("nonsense", 400, "metadata"),
        ("{}", 400, "metadata"),
        (r#"[{"value":"x"}]"#, 400, "id"),
        (r#"[{"id":"title","value":""}]"#, 400, "title"),
        (r#"[{"id":"title","value":null}]"#, 400, "title"),
        (r#"[{"id":"language","required":true,"value":" "}]"#, 400, "language"),
        (
            r#"[{"id":"description","value":"x"},{"id":"colour","value":"red"}]"#,
            404,
            "colour",
        ),
        (r#"[{"id":"creator","value":{"name":"x"}}]"#, 400, "creator"),
        (r#"[{"id":"subjects","value":"x"}]"#, 400, "subjects"),
    ] {
        for encoding in ENCODINGS {
            let form = Form::new().field("metadata", metadata);
            let request = stage.actor.put(&path(&id)).query("type", MAIN);
            request.form(&form, encoding).send().refused(status, part);
        }
    }
    stage
        .actor
        .put(&path(&id))
        .query("type", MAIN)
        .urlencoded(&Form::new())
        .send()
        .refused(400, "metadata");
    assert_eq!(stage.actor.series(&id), before);
}

#[test]
fn an_update_needs_a_series_and_a_catalog() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(full());
    let form = Form::new().field("metadata", values(&json!({ "title": "Neu" })));
    stage
        .actor
        .put(&path("none"))
        .query("type", MAIN)
        .urlencoded(&form)
        .send()
        .refused(404, "none");
    stage
        .actor
        .put(&path(&id))
        .query("type", "license/series")
        .urlencoded(&form)
        .send()
        .expect(404);
    let answer = stage.actor.put(&path(&id)).urlencoded(&form).send();
    assert!([400, 404].contains(&answer.status), "{answer}");
}

#[test]
fn an_update_needs_write_permission() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.admin.create_series(full(), &acl(&[(&stage.role, "read")]));
        let form = Form::new().field("metadata", values(&json!({ "title": "Neu" })));
        let update =
            |client: &lectern_tests::Client| client.put(&path(&id)).query("type", MAIN).urlencoded(&form).send();
        update(&stage.actor).refused(401, "unauthorized");
        update(&tenant.with_roles("ROLE_ELSE")).expect(404);
        update(&tenant.user(READER)).expect(403);
        assert_eq!(stage.actor.series(&id)["title"], "Thermodynamik");
        update(&stage.admin).expect(200);
    });
}

#[test]
fn the_main_catalog_cannot_be_deleted() {
    let stage = Stage::new(&NORTH);
    let id = stage.series(full());
    stage.actor.delete(&path(&id)).query("type", MAIN).send().expect(403);
    assert_eq!(stage.actor.series(&id)["title"], "Thermodynamik");
}
