//! Creating, reading and deleting one event.

use lectern_tests::content::{acl, catalog, event_form, owned_by};
use lectern_tests::fixture::{ADMIN, NORTH, OUTSIDER, READER, TEACHER, TEACHER_NAME, each_tenant};
use lectern_tests::{Encoding, Form, Stage};
use serde_json::{Value, json};

fn full(series: &str) -> Value {
    json!({
        "title": "Kräfte & Impulse",
        "subjects": ["Physik", "Mechanik"],
        "description": "Von „actio“ und „reactio“,\nmit Beispielen",
        "language": "de",
        "rightsHolder": "Universität",
        "license": "CC-BY",
        "isPartOf": series,
        "creator": ["Isaac Newton", "Émilie du Châtelet"],
        "contributor": ["Hörsaalteam"],
        "startDate": "2024-03-18",
        "startTime": "08:15",
        "duration": "01:30:00",
        "location": "Hörsaal 3",
        "source": "Aufzeichnung",
    })
}

#[test]
fn a_created_event_is_answered_with_its_identifier_and_location() {
    each_tenant(|tenant| {
        let form = event_form(&json!({ "title": "Erste Stunde" }), &acl(&[("ROLE_USER", "read")]));
        let answer = tenant.admin().post("/api/events").multipart(&form).send().expect(201);
        let id = answer.json()["identifier"].as_str().expect("an identifier").to_owned();
        let location = answer.header("location").expect("a location");
        assert!(
            location.starts_with("http") && location.ends_with(&format!("/api/events/{id}")),
            "{location}"
        );
        assert_eq!(id.len(), "776d4970-bc2d-45c4-900a-1f80b7990cb8".len(), "a UUID: {id}");
    });
}

#[test]
fn an_event_shows_what_it_was_created_with() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let series = stage.series(json!({ "title": "Physik I" }));
        let id = tenant
            .user(TEACHER)
            .with_header("x-unrelated", "1")
            .create_event(json!({ "title": "Ohne Reihe" }), &owned_by(&stage.role));
        assert_eq!(stage.actor.event(&id)["creator"], TEACHER_NAME);

        let id = stage.event(full(&series));
        let event = stage.actor.event(&id);
        for (field, expected) in [
            ("identifier", json!(id)),
            ("title", json!("Kräfte & Impulse")),
            ("subjects", json!(["Physik", "Mechanik"])),
            ("description", json!("Von „actio“ und „reactio“,\nmit Beispielen")),
            ("language", json!("de")),
            ("rightsholder", json!("Universität")),
            ("license", json!("CC-BY")),
            ("is_part_of", json!(series)),
            ("series", json!("Physik I")),
            ("presenter", json!(["Isaac Newton", "Émilie du Châtelet"])),
            ("contributor", json!(["Hörsaalteam"])),
            ("start", json!("2024-03-18T08:15:00Z")),
            ("created", json!("2024-03-18T08:15:00Z")),
            ("duration", json!(5_400_000)),
            ("location", json!("Hörsaal 3")),
            ("source", json!("Aufzeichnung")),
            ("has_previews", json!(false)),
            ("publication_status", json!([])),
            ("processing_state", json!("SUCCEEDED")),
        ] {
            assert_eq!(event[field], expected, "{field}");
        }
        assert!(
            event["status"]
                .as_str()
                .is_some_and(|status| status.starts_with("EVENTS.EVENTS.STATUS.")),
            "{event}"
        );
    });
}

#[test]
fn what_an_event_does_not_have_is_empty_text_or_an_empty_list() {
    let stage = Stage::new(&NORTH);
    let event = stage.actor.event(&stage.event(json!({ "title": "Nur ein Titel" })));
    for field in [
        "description",
        "language",
        "rightsholder",
        "license",
        "is_part_of",
        "series",
        "location",
        "source",
    ] {
        assert_eq!(event[field], "", "{field}");
    }
    for field in ["subjects", "presenter", "contributor", "publication_status"] {
        assert_eq!(event[field], json!([]), "{field}");
    }
}

#[test]
fn without_a_start_the_event_starts_when_it_was_created() {
    let stage = Stage::new(&NORTH);
    let event = stage.actor.event(&stage.event(json!({ "title": "Jetzt" })));
    assert_eq!(event["start"], event["created"]);
    let start = event["start"].as_str().expect("a date");
    assert!(
        start.len() == 20 && start.ends_with('Z') && start > "2024-01-01T00:00:00Z",
        "{start}"
    );
}

#[test]
fn the_fields_of_an_event_depend_on_the_version() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Versionen" }));
    let keys = |version: &str, query: &str| {
        let request = stage.actor.get(&format!("/api/events/{id}{query}"));
        let event = request.version(version).send().expect(200).json();
        let mut keys: Vec<_> = event.as_object().expect("an object").keys().cloned().collect();
        // Both may be absent: nothing was archived yet, and there is no technical end.
        keys.retain(|key| !["archive_version", "duration"].contains(&key.as_str()));
        keys.sort();
        keys
    };
    let first = [
        "contributor",
        "created",
        "creator",
        "description",
        "has_previews",
        "identifier",
        "location",
        "presenter",
        "processing_state",
        "publication_status",
        "start",
        "subjects",
        "title",
    ];
    let second = [
        "is_part_of",
        "language",
        "license",
        "rightsholder",
        "series",
        "source",
        "status",
    ];
    let sorted = |parts: &[&[&str]]| {
        let mut all: Vec<String> = parts.concat().into_iter().map(str::to_owned).collect();
        all.sort();
        all
    };
    assert_eq!(keys("v1.0.0", ""), sorted(&[&first]));
    for version in ["v1.1.0", "v1.4.0", "v1.11.0"] {
        assert_eq!(keys(version, ""), sorted(&[&first, &second]), "{version}");
    }
    let with = "?withacl=true&withmetadata=true&withscheduling=true&withpublications=true";
    assert_eq!(
        keys("v1.0.0", with),
        sorted(&[&first, &["acl", "metadata", "publications"]])
    );
    let all: &[&str] = &["acl", "metadata", "publications", "scheduling"];
    assert_eq!(keys("v1.1.0", with), sorted(&[&first, &second, all]));
    assert_eq!(keys("v1.11.0", with), sorted(&[&first, &second, all]));
}

#[test]
fn from_1_4_0_on_the_duration_is_that_of_the_metadata_or_null() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Dauer", "startDate": "2024-03-18", "duration": "00:45:30" }));
    let duration = |version: &str| {
        let event = stage
            .actor
            .get(&format!("/api/events/{id}"))
            .version(version)
            .send()
            .expect(200)
            .json();
        event.get("duration").cloned()
    };
    assert_eq!(duration("v1.4.0"), Some(json!(2_730_000)));
    assert_eq!(duration("v1.11.0"), Some(json!(2_730_000)));
    assert_eq!(duration("v1.3.0"), None, "there is no technical end");
    let event = stage.actor.event(&stage.event(json!({ "title": "Ohne Dauer" })));
    assert!(
        event
            .get("duration")
            .is_some_and(|duration| duration.is_null() || *duration == json!(0)),
        "{event}"
    );
}

#[test]
fn every_change_of_the_content_is_a_new_archive_version() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.event(json!({ "title": "Eins" }));
        let event = format!("/api/events/{id}");
        let version = || stage.actor.event(&id)["archive_version"].clone();
        assert_eq!(version(), json!(0));
        let fields = Form::new().field("metadata", json!([{ "id": "title", "value": "Zwei" }]));
        let acl = Form::new().field("acl", owned_by(&stage.role));
        let role = Form::new().field("role", "ROLE_X");
        let several = Form::new()
            .field(
                "metadata",
                json!([catalog("dublincore/episode", &json!({ "title": "Drei" }))]),
            )
            .field("acl", owned_by(&stage.role));
        for (expected, request) in (1..).zip([
            stage
                .actor
                .put(&format!("{event}/metadata?type=dublincore/episode"))
                .urlencoded(&fields),
            stage.actor.put(&format!("{event}/acl")).urlencoded(&acl),
            stage.actor.post(&format!("{event}/acl/read")).urlencoded(&role),
            stage.actor.delete(&format!("{event}/acl/read/ROLE_X")),
            stage.actor.post(&event).multipart(&several),
        ]) {
            request.send().expect(204);
            assert_eq!(version(), json!(expected));
        }
    });
}

#[test]
fn the_scheduling_of_an_event_that_was_never_scheduled_is_an_empty_object() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Ungeplant" }));
    let event = stage
        .actor
        .get(&format!("/api/events/{id}?withscheduling=true&withpublications=true"))
        .send();
    let event = event.expect(200).json();
    assert_eq!(event["scheduling"], json!({}));
    assert_eq!(event["publications"], json!([]));
}

#[test]
fn an_event_may_be_read_with_access_list_and_metadata() {
    let stage = Stage::new(&NORTH);
    let id = stage.event(json!({ "title": "Mit allem" }));
    let event = stage
        .actor
        .get(&format!("/api/events/{id}?withacl=TRUE&withmetadata=True"))
        .send()
        .expect(200)
        .json();
    assert_eq!(event["acl"], owned_by(&stage.role));
    assert_eq!(event["metadata"][0]["flavor"], "dublincore/episode");
}

#[test]
fn an_event_that_does_not_exist_is_not_found() {
    each_tenant(|tenant| {
        tenant
            .admin()
            .get("/api/events/no-such-event")
            .send()
            .refused(404, "no-such-event");
        tenant
            .admin()
            .delete("/api/events/no-such-event")
            .send()
            .refused(404, "no-such-event");
        for id in ["%C3%BC", "a%20b", "%00", "%2e%2e%2f", "%ff", "a%2Fb"] {
            let answer = tenant.admin().get(&format!("/api/events/{id}")).send().not_5xx();
            assert!([400, 404].contains(&answer.status), "{answer}");
        }
    });
}

#[test]
fn an_event_that_may_not_be_read_is_not_found() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.event(json!({ "title": "Geheim" }));
        for client in [
            tenant.user(READER),
            tenant.user(TEACHER),
            tenant.with_roles("ROLE_ELSE"),
        ] {
            for part in ["", "/acl", "/metadata"] {
                client.get(&format!("/api/events/{id}{part}")).send().expect(404);
            }
        }
        stage.actor.get(&format!("/api/events/{id}")).send().expect(200);
        stage.admin.get(&format!("/api/events/{id}")).send().expect(200);
    });
}

#[test]
fn creation_takes_only_multipart() {
    each_tenant(|tenant| {
        let form = event_form(&json!({ "title": "Falsch verpackt" }), &json!([]));
        tenant
            .admin()
            .post("/api/events")
            .form(&form, Encoding::Urlencoded)
            .send()
            .expect(415);
        tenant
            .admin()
            .post("/api/events")
            .body("application/json", "{}")
            .send()
            .expect(415);
        let answer = tenant.admin().post("/api/events").send();
        assert!([400, 415].contains(&answer.status), "{answer}");
    });
}

#[test]
fn metadata_acl_and_processing_must_be_given() {
    let metadata = json!([catalog("dublincore/episode", &json!({ "title": "Unvollständig" }))]);
    let processing = json!({ "workflow": "schedule-and-upload" });
    let parts = [
        ("metadata", metadata.to_string()),
        ("acl", "[]".to_owned()),
        ("processing", processing.to_string()),
    ];
    for (missing, _) in &parts {
        for instead in [None, Some(""), Some("  ")] {
            let mut form = Form::new();
            for (name, value) in &parts {
                match instead {
                    _ if name != missing => form = form.field(name, value),
                    Some(instead) => form = form.field(name, instead),
                    None => {}
                }
            }
            NORTH
                .admin()
                .post("/api/events")
                .multipart(&form)
                .send()
                .refused(400, missing);
        }
    }
}

#[test]
fn metadata_that_does_not_fit_is_refused_naming_the_part_at_fault() {
    let flavored = |fields: Value| json!([{ "flavor": "dublincore/episode", "fields": fields }]);
    for (metadata, part) in [
        (json!({}), "metadata"),
        (json!([]), "metadata"),
        (json!("text"), "metadata"),
        (json!([7]), "metadata"),
        (json!([{ "fields": [] }]), "flavor"),
        (json!([{ "flavor": "dublincore", "fields": [] }]), "flavor"),
        (
            json!([{ "flavor": "other/episode", "fields": [{ "id": "title", "value": "x" }] }]),
            "other/episode",
        ),
        (json!([{ "flavor": "dublincore/episode" }]), "fields"),
        (flavored(json!([{ "value": "x" }])), "id"),
        (flavored(json!([{ "id": "title", "value": "" }])), "title"),
        (
            flavored(json!([{ "id": "title", "value": "x" }, { "id": "colour", "value": "red" }])),
            "colour",
        ),
        (
            flavored(json!([{ "id": "title", "value": "x" }, { "id": "creator", "value": { "a": "b" } }])),
            "creator",
        ),
        (
            flavored(json!([{ "id": "title", "value": "x" }, { "id": "isPartOf", "value": "no-such-series" }])),
            "isPartOf",
        ),
        (
            flavored(json!([{ "id": "title", "value": "x" }, { "id": "duration", "value": "a:b:c" }])),
            "duration",
        ),
    ] {
        let form = Form::new()
            .field("metadata", &metadata)
            .field("acl", "[]")
            .field("processing", r#"{"workflow":"fast"}"#);
        NORTH
            .admin()
            .post("/api/events")
            .multipart(&form)
            .send()
            .refused(400, part);
    }
}

#[test]
fn processing_that_does_not_fit_is_refused() {
    let metadata = json!([catalog("dublincore/episode", &json!({ "title": "Verarbeitung" }))]);
    for (processing, part) in [
        ("{}", "workflow"),
        (r#"{"workflow":""}"#, "workflow"),
        (r#"{"workflow":7}"#, "workflow"),
        ("[]", "processing"),
        ("nonsense", "processing"),
        (r#"{"workflow":"fast","configuration":[]}"#, "configuration"),
    ] {
        let form = Form::new()
            .field("metadata", &metadata)
            .field("acl", "[]")
            .field("processing", processing);
        NORTH
            .admin()
            .post("/api/events")
            .multipart(&form)
            .send()
            .refused(400, part);
    }
    let good = r#"{"workflow":"fast","configuration":{"straightToPublishing":"true"}}"#;
    let form = Form::new()
        .field("metadata", &metadata)
        .field("acl", "[]")
        .field("processing", good);
    NORTH.admin().post("/api/events").multipart(&form).send().expect(201);
}

#[test]
fn an_entry_of_the_access_list_always_allows() {
    let stage = Stage::new(&NORTH);
    let list = json!([
        { "role": stage.role, "action": "read" },
        { "role": stage.role, "action": "write", "allow": false },
    ]);
    let id = stage.admin.create_event(json!({ "title": "Erlaubt" }), &list);
    let acl = stage
        .actor
        .get(&format!("/api/events/{id}/acl"))
        .send()
        .expect(200)
        .json();
    assert_eq!(acl, owned_by(&stage.role));
}

#[test]
fn an_access_list_that_does_not_fit_is_refused_naming_the_part_at_fault() {
    for (list, part) in [
        (json!({}), "acl"),
        (json!("ROLE_A"), "acl"),
        (json!([1]), "acl"),
        (json!([{ "action": "read" }]), "role"),
        (json!([{ "role": " ", "action": "read" }]), "role"),
        (json!([{ "role": "ROLE_A" }]), "action"),
    ] {
        let form = event_form(&json!({ "title": "Mit schlechter Liste" }), &list);
        NORTH
            .admin()
            .post("/api/events")
            .multipart(&form)
            .send()
            .refused(400, part);
    }
}

#[test]
fn a_refused_creation_leaves_nothing_behind() {
    let stage = Stage::new(&NORTH);
    let form = event_form(&json!({ "title": "Halb", "colour": "red" }), &owned_by(&stage.role));
    stage.admin.post("/api/events").multipart(&form).send().expect(400);
    let form = event_form(
        &json!({ "title": "Halb", "isPartOf": "no-such-series" }),
        &owned_by(&stage.role),
    );
    stage.admin.post("/api/events").multipart(&form).send().expect(400);
    assert_eq!(stage.list("events").send().expect(200).json(), json!([]));
}

#[test]
fn creating_needs_the_role_for_it() {
    each_tenant(|tenant| {
        let form = event_form(&json!({ "title": "Verboten" }), &json!([]));
        for user in [READER, OUTSIDER] {
            tenant
                .user(user)
                .post("/api/events")
                .multipart(&form)
                .send()
                .expect(403);
        }
        for user in [TEACHER, ADMIN] {
            tenant
                .user(user)
                .post("/api/events")
                .multipart(&form)
                .send()
                .expect(201);
        }
    });
}

#[test]
fn a_deleted_event_is_gone() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage.event(json!({ "title": "Vergänglich" }));
        let path = format!("/api/events/{id}");
        let answer = stage.actor.delete(&path).send();
        assert!(
            [202, 204].contains(&answer.status) && answer.body.is_empty(),
            "{answer}"
        );
        stage.admin.get(&path).send().expect(404);
        stage.admin.delete(&path).send().expect(404);
        assert_eq!(stage.list("events").send().expect(200).json(), json!([]));
        assert_eq!(stage.matching("events", "textFilter:vergänglich"), Vec::<String>::new());
    });
}

#[test]
fn deleting_needs_write_permission() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let id = stage
            .admin
            .create_event(json!({ "title": "Nur lesen" }), &acl(&[(&stage.role, "read")]));
        let path = format!("/api/events/{id}");
        stage.actor.delete(&path).send().refused(401, "unauthorized");
        tenant.with_roles("ROLE_ELSE").delete(&path).send().expect(404);
        stage.actor.get(&path).send().expect(200);
    });
}
