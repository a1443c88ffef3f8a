//! `…/events/{id}/metadata`.

use lectern_tests::content::{acl, values};
use lectern_tests::fixture::{NORTH, READER, each_tenant};
use lectern_tests::form::ENCODINGS;
use lectern_tests::{Client, Form, Stage};
use serde_json::{Value, json};

const MAIN: &str = "dublincore/episode";

fn path(id: &str) -> String {
    format!("/api/events/{id}/metadata")
}

fn full() -> Value {
    json!({
        "title": "Brückenbau",
        "subjects": ["Statik", "Stahl"],
        "description": "Bögen und Balken",
        "language": "de",
        "rightsHolder": "Uni",
        "license": "CC-BY",
        "creator": ["Othmar Ammann", "Robert Maillart"],
        "contributor": ["Werkstatt"],
        "startDate": "2017-08-29",
        "startTime": "00:05",
        "duration": "01:30:10",
        "location": "Raum Ö",
        "source": "Band 7",
    })
}

fn value(fields: &Value, id: &str) -> Value {
    let fields = fields.as_array().expect("a list of fields");
    let field = fields.iter().find(|field| field["id"] == id);
    field.unwrap_or_else(|| panic!("no field {id} in {fields:?}"))["value"].clone()
}

fn fields(client: &Client, id: &str) -> Value {
    client.get(&path(id)).query("type", MAIN).send().expect(200).json()
}

fn update(client: &Client, id: &str, change: &Value) -> lectern_tests::Answer {
    let form = Form::new().field("metadata", values(change));
    client.put(&path(id)).query("type", MAIN).urlencoded(&form).send()
}

#[test]
fn the_main_catalog_has_its_fields_in_order() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.event(full());
        let catalogs = stage.actor.get(&path(&id)).send().expect(200).json();
        let main = catalogs
            .as_array()
            .expect("a list")
            .iter()
            .find(|catalog| catalog["flavor"] == MAIN);
        let main = main.expect("the main catalog");
        assert_eq!(main["title"], "EVENTS.EVENTS.DETAILS.CATALOG.EPISODE");
        assert_eq!(main["fields"], fields(&stage.actor, &id));
        let described: Vec<_> = main["fields"]
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
                ["description", "text_long", false, false],
                ["language", "text", false, false],
                ["rightsHolder", "text", false, false],
                ["license", "text", false, false],
                ["isPartOf", "text", false, false],
                ["creator", "mixed_text", false, false],
                ["contributor", "mixed_text", false, false],
                ["startDate", "date", false, false],
                ["startTime", "time", false, false],
                ["duration", "text", false, false],
                ["location", "text", false, false],
                ["source", "text", false, false],
                ["created", "date", false, true],
                ["publisher", "text", false, true],
                ["identifier", "text", false, true],
            ])
        );
        assert_eq!(main["fields"][0]["label"], "EVENTS.EVENTS.DETAILS.METADATA.TITLE");
        assert_eq!(main["fields"][7]["label"], "EVENTS.EVENTS.DETAILS.METADATA.PRESENTERS");
    });
}

#[test]
fn the_values_are_those_of_the_event() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.event(full());
        let fields = fields(&stage.actor, &id);
        for (field, expected) in full().as_object().expect("fields") {
            assert_eq!(value(&fields, field), *expected, "{field}");
        }
        assert_eq!(value(&fields, "identifier"), id);
        assert_eq!(value(&fields, "isPartOf"), "");
    });
}

#[test]
fn an_unset_duration_is_written_as_zero() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Ohne Dauer" }));
    assert_eq!(value(&fields(&stage.actor, &id), "duration"), "00:00:00");
}

#[test]
fn with_metadata_writes_the_start_as_one_instant() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(full());
    let event = stage
        .actor
        .get(&format!("/api/events/{id}?withmetadata=true"))
        .send()
        .expect(200)
        .json();
    let fields = &event["metadata"][0]["fields"];
    assert_eq!(value(fields, "startDate"), "2017-08-29T00:05:00.000Z");
    let ids: Vec<_> = fields
        .as_array()
        .expect("fields")
        .iter()
        .map(|field| field["id"].clone())
        .collect();
    assert!(!ids.contains(&json!("startTime")), "{ids:?}");
    let license = fields
        .as_array()
        .expect("fields")
        .iter()
        .find(|field| field["id"] == "license");
    assert_eq!(license.expect("a license")["type"], "ordered_text");
}

#[test]
fn a_catalog_is_selected_by_its_flavor() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(full());
    for flavor in [MAIN, "DublinCore/Episode", " dublincore/episode "] {
        let fields = stage
            .actor
            .get(&path(&id))
            .query("type", flavor)
            .send()
            .expect(200)
            .json();
        assert_eq!(value(&fields, "title"), "Brückenbau", "{flavor:?}");
    }
    let all = stage
        .actor
        .get(&format!("{}?type=", path(&id)))
        .send()
        .expect(200)
        .json();
    assert_eq!(all[0]["flavor"], MAIN);
    stage
        .actor
        .get(&path(&id))
        .query("type", "license/episode")
        .send()
        .expect(404);
    for flavor in ["dublincore", "a/b/c", "/", "a/"] {
        stage
            .actor
            .get(&path(&id))
            .query("type", flavor)
            .send()
            .refused(400, "type");
    }
    stage.actor.get(&path("none")).send().refused(404, "none");
}

#[test]
fn an_update_changes_the_given_fields_only() {
    each_tenant(|tenant| {
        for encoding in ENCODINGS {
            let stage = Stage::new(tenant);
            let id = stage.event(full());
            let before = fields(&stage.actor, &id);
            let change = json!({ "title": "Tunnelbau", "subjects": ["Fels"], "creator": ["Louis Favre"] });
            let form = Form::new().field("metadata", values(&change));
            let request = stage.actor.put(&path(&id)).query("type", MAIN);
            request.form(&form, encoding).send().expect_empty(204);
            let after = fields(&stage.actor, &id);
            for field in before.as_array().expect("fields") {
                let name = field["id"].as_str().expect("an id");
                let expected = change.get(name).unwrap_or(&field["value"]);
                assert_eq!(value(&after, name), *expected, "{name}");
            }
            let event = stage.actor.event(&id);
            assert_eq!(event["title"], "Tunnelbau");
            assert_eq!(event["presenter"], json!(["Louis Favre"]));
            assert_eq!(event["subjects"], json!(["Fels"]));
            assert_eq!(event["start"], "2017-08-29T00:05:00Z");
        }
    });
}

#[test]
fn date_and_time_of_the_start_change_one_by_one() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(full());
    for (change, start, duration) in [
        (json!({ "startDate": "2018-01-02" }), "2018-01-02T00:05:00Z", 5_410_000),
        (json!({ "startTime": "22:22:00Z" }), "2018-01-02T22:22:00Z", 5_410_000),
        (json!({ "startTime": "09:00" }), "2018-01-02T09:00:00Z", 5_410_000),
        (json!({ "duration": "26:00:00" }), "2018-01-02T09:00:00Z", 93_600_000),
        (
            json!({ "startDate": "2018-03-04", "startTime": "01:02" }),
            "2018-03-04T01:02:00Z",
            93_600_000,
        ),
    ] {
        update(&stage.actor, &id, &change).expect_empty(204);
        let event = stage.actor.event(&id);
        assert_eq!(event["start"], start, "{change}");
        assert_eq!(event["duration"], duration, "{change}");
    }
    assert_eq!(
        stage.matching("events", "start:2018-03-04T00:00:00Z/2018-03-05T00:00:00Z"),
        ["Brückenbau"]
    );
}

#[test]
fn an_event_moves_to_another_series_and_out_of_it() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Ingenieurbau" }));
        let id = stage.event(full());
        update(&stage.actor, &id, &json!({ "isPartOf": series })).expect_empty(204);
        assert_eq!(stage.actor.event(&id)["series"], "Ingenieurbau");
        assert_eq!(stage.matching("events", &format!("series:{series}")), ["Brückenbau"]);
        update(&stage.actor, &id, &json!({ "isPartOf": "no-such-series" })).refused(400, "isPartOf");
        assert_eq!(stage.actor.event(&id)["series"], "Ingenieurbau");
        update(&stage.actor, &id, &json!({ "isPartOf": "" })).expect_empty(204);
        assert_eq!(stage.actor.event(&id)["is_part_of"], "");
    });
}

#[test]
fn a_renamed_series_is_renamed_in_its_events() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Alter Name" }));
        let event = stage.event(json!({ "title": "Folge", "isPartOf": series }));
        let form = Form::new().field("metadata", values(&json!({ "title": "Neuer Name" })));
        let path = format!("/api/series/{series}/metadata");
        stage
            .actor
            .put(&path)
            .query("type", "dublincore/series")
            .urlencoded(&form)
            .send()
            .expect(200);
        assert_eq!(stage.actor.event(&event)["series"], "Neuer Name");
        assert_eq!(stage.matching("events", "series_name:Neuer Name"), ["Folge"]);
        assert_eq!(stage.matching("events", "series_name:Alter Name"), Vec::<String>::new());
        assert_eq!(stage.matching("events", "textFilter:neuer"), ["Folge"]);
    });
}

#[test]
fn null_and_empty_text_clear_a_field() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(full());
    let change = json!({ "description": null, "location": "", "creator": [], "subjects": [] });
    update(&stage.actor, &id, &change).expect_empty(204);
    let event = stage.actor.event(&id);
    assert_eq!(event["description"], "");
    assert_eq!(event["location"], "");
    assert_eq!(event["presenter"], json!([]));
    assert_eq!(event["subjects"], json!([]));
    assert_eq!(event["title"], "Brückenbau");
}

#[test]
fn a_client_may_send_back_what_it_read() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(full());
    let shown = || {
        let mut event = stage.actor.event(&id);
        // It was a change, even if nothing is different.
        event.as_object_mut().expect("an object").remove("archive_version");
        event
    };
    let before = shown();
    let form = Form::new().field("metadata", fields(&stage.actor, &id));
    stage
        .actor
        .put(&path(&id))
        .query("type", MAIN)
        .multipart(&form)
        .send()
        .expect_empty(204);
    assert_eq!(shown(), before);
}

#[test]
fn a_changed_read_only_field_is_refused_by_name() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(full());
    for (field, value) in [
        ("identifier", "another"),
        ("publisher", "somebody"),
        ("created", "2001-01-01T00:00:00.000Z"),
    ] {
        update(&stage.actor, &id, &json!({ "title": "Neu", field: value })).refused(400, field);
    }
    assert_eq!(stage.actor.event(&id)["title"], "Brückenbau");
}

#[test]
fn an_update_that_does_not_fit_is_refused_and_changes_nothing() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(full());
    let before = stage.actor.event(&id);
    for (metadata, status, part) in [
        ("", 400, "metadata"),
        ("[]", 400, "metadata"),
        ("nonsense", 400, "metadata"),
        ("{}", 400, "metadata"),
        (r#"[{"value":"x"}]"#, 400, "id"),
        (r#"[{"id":"title","value":""}]"#, 400, "title"),
        (r#"[{"id":"language","required":true,"value":""}]"#, 400, "language"),
        (
            r#"[{"id":"description","value":"x"},{"id":"colour","value":"red"}]"#,
            404,
            "colour",
        ),
        (
            r#"[{"id":"description","value":"x"},{"id":"creator","value":{"a":1}}]"#,
            400,
            "creator",
        ),
        (
            r#"[{"id":"description","value":"x"},{"id":"startDate","value":"tomorrow"}]"#,
            400,
            "startDate",
        ),
        (
            r#"[{"id":"description","value":"x"},{"id":"startTime","value":"noon"}]"#,
            400,
            "startTime",
        ),
        (
            r#"[{"id":"description","value":"x"},{"id":"duration","value":"a:b:c"}]"#,
            400,
            "duration",
        ),
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
    assert_eq!(stage.actor.event(&id), before);
}

#[test]
fn an_update_needs_an_event_and_a_catalog() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(full());
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
        .query("type", "license/episode")
        .urlencoded(&form)
        .send()
        .expect(404);
    stage
        .actor
        .put(&path(&id))
        .query("type", "dublincore")
        .urlencoded(&form)
        .send()
        .refused(400, "type");
    stage
        .actor
        .put(&path(&id))
        .urlencoded(&form)
        .send()
        .refused(400, "type");
}

#[test]
fn an_update_needs_write_permission() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.admin.create_event(full(), &acl(&[(&stage.role, "read")]));
        let change = json!({ "title": "Neu" });
        update(&stage.actor, &id, &change).refused(401, "unauthorized");
        update(&tenant.with_roles("ROLE_ELSE"), &id, &change).expect(404);
        update(&tenant.user(READER), &id, &change).expect(403);
        assert_eq!(stage.actor.event(&id)["title"], "Brückenbau");
        update(&stage.admin, &id, &change).expect_empty(204);
    });
}

#[test]
fn the_main_catalog_cannot_be_deleted() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(full());
    stage.actor.delete(&path(&id)).query("type", MAIN).send().expect(403);
    stage
        .actor
        .delete(&path("none"))
        .query("type", MAIN)
        .send()
        .refused(404, "none");
    stage
        .actor
        .delete(&path(&id))
        .query("type", "license/episode")
        .send()
        .expect(404);
    stage.actor.delete(&path(&id)).send().refused(400, "type");
    assert_eq!(stage.actor.event(&id)["title"], "Brückenbau");
}
