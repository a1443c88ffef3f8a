//! Metadata catalogs that a tenant has configured besides the main ones.

use std::fs;

use lectern_tests::content::{catalog, event_form, owned_by};
use lectern_tests::except_under_spin;
use lectern_tests::fixture::FreshTenant;
use lectern_tests::{Client, Form};
use serde_json::{Value, json};

const FLAVOR: &str = "lecture/extended";

/// A field of a configuration.
fn property(name: &str, r#type: &str, attributes: &str) -> String {
    let prefix = format!("property.{name}");
    let attributes: String = attributes
        .lines()
        .map(|line| format!("{prefix}.{}\n", line.trim()))
        .collect();
    format!("{prefix}.inputID={name}\n{prefix}.label=LABEL.{name}\n{prefix}.type={type}\n{attributes}")
}

/// The configuration of a catalog with a field of each type.
fn configuration(collection: &str) -> String {
    let fields = [
        property("degree", "text", "required=true\norder=0"),
        property("abstract", "text_long", "order=1"),
        property("licence", "ordered_text", "listprovider=LICENSES\norder=2"),
        property("examiners", "mixed_text", "delimiter=;\norder=3"),
        property("tags", "iterable_text", "order=4"),
        property("public", "boolean", "order=5"),
        property("seats", "long", "order=6"),
        property("exam", "date", "pattern=yyyy-MM-dd\norder=7"),
        property("from", "start_date", "order=8"),
        property("at", "start_time", "pattern=HH:mm\norder=9"),
        property("length", "duration", "order=10"),
        property("sealed", "text", "readOnly=true\norder=11"),
    ];
    format!(
        "type={collection}\norganization=*\nflavor={FLAVOR}\ntitle=Lehre für alle\nxml.rootElement.name=lecture\n{}",
        fields.concat()
    )
}

impl Configured {
    fn new() -> Self {
        let tenant = Self(FreshTenant::new());
        for collection in ["events", "series"] {
            tenant.configure(&format!("{collection}.properties"), &configuration(collection));
        }
        tenant
    }

    fn configure(&self, name: &str, text: &str) {
        let folder = self.0.folder().join("catalogs");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(name), text).expect("a configuration");
    }
}

/// A tenant with a catalog for events and one for series.
struct Configured(FreshTenant);

/// What is sent, and what is shown of it.
fn contents() -> [(&'static str, Value, Value); 11] {
    let same = |id, value: Value| (id, value.clone(), value);
    [
        same("degree", json!("Größere Zahlentheorie")),
        same("abstract", json!("Eins\nZwei")),
        same("licence", json!("CC-BY")),
        same("examiners", json!(["Noether, Emmy", "Hilbert"])),
        same("tags", json!(["Zahl", "Ring"])),
        same("public", json!(true)),
        ("seats", json!(120), json!("120")),
        same("exam", json!("2027-02-15")),
        (
            "from",
            json!("2026-10-12T08:15+02:00"),
            json!("2026-10-12T06:15:00.000Z"),
        ),
        same("at", json!("08:15")),
        ("length", json!("1:30:0"), json!("01:30:00")),
    ]
}

fn entries() -> Value {
    contents()
        .into_iter()
        .map(|(id, sent, _)| json!({ "id": id, "value": sent }))
        .collect()
}

/// The values of a catalog by field.
fn values(fields: &Value) -> Vec<(String, Value)> {
    let fields = fields.as_array().expect("a list of fields");
    let value = |field: &Value| (field["id"].as_str().expect("an id").to_owned(), field["value"].clone());
    fields.iter().map(value).collect()
}

fn expected() -> Vec<(String, Value)> {
    let sealed = ("sealed".to_owned(), json!(""));
    let contents = contents().into_iter().map(|(id, _, shown)| (id.to_owned(), shown));
    contents.chain([sealed]).collect()
}

/// The address of a new object without extended content.
fn object(client: &Client, collection: &str) -> String {
    let acl = owned_by("ROLE_NOBODY");
    let id = match collection {
        "events" => client.create_event(json!({ "title": "T" }), &acl),
        _ => client.create_series(json!({ "title": "T" }), &acl),
    };
    format!("/api/{collection}/{id}")
}

fn address(path: &str) -> String {
    format!("{path}/metadata?type={FLAVOR}")
}

#[test]
fn a_catalog_is_shown_empty_filled_in_shown_found_and_deleted() {
    let tenant = Configured::new();
    let admin = tenant.0.admin();
    for (collection, updated) in [("events", 204), ("series", 200)] {
        let path = object(&admin, collection);
        let all = |client: &Client| client.get(&format!("{path}/metadata")).send().expect(200).json();
        let empty = all(&admin);
        assert_eq!(
            (&empty[1]["flavor"], &empty[1]["title"]),
            (&json!(FLAVOR), &json!("Lehre für alle"))
        );
        assert_eq!(
            empty[1]["fields"][0],
            json!({"id": "degree", "label": "LABEL.degree", "type": "text", "required": true, "readOnly": false, "value": ""})
        );
        let types: Vec<&Value> = empty[1]["fields"]
            .as_array()
            .expect("fields")
            .iter()
            .map(|field| &field["type"])
            .collect();
        assert_eq!(
            types,
            [
                "text",
                "text_long",
                "ordered_text",
                "mixed_text",
                "text",
                "boolean",
                "number",
                "date",
                "date",
                "time",
                "text",
                "text"
            ]
        );
        assert_eq!(empty[1]["fields"][2]["translatable"], true);
        admin.delete(&address(&path)).send().refused(404, "catalog");

        admin
            .put(&address(&path))
            .urlencoded(&Form::new().field("metadata", entries()))
            .send()
            .expect(updated);
        assert_eq!(values(&all(&admin)[1]["fields"]), expected());
        let fields = admin.get(&address(&path)).send().expect(200).json();
        assert_eq!(values(&fields), expected());
        // Clients send whole fields back.
        admin
            .put(&address(&path))
            .multipart(&Form::new().field("metadata", &fields))
            .send()
            .expect(updated);
        assert_eq!(admin.get(&address(&path)).send().json(), fields);
        for text in ["zahlentheorie", "noether", "2027-02"] {
            let found = admin
                .get(&format!("/api/{collection}"))
                .query("filter", &format!("textFilter:{text}"))
                .send()
                .expect(200);
            assert_eq!(found.identifiers().len(), 1, "{text}");
        }

        admin.delete(&address(&path)).send().expect_empty(204);
        assert_eq!(all(&admin), empty);
        let found = admin
            .get(&format!("/api/{collection}"))
            .query("filter", "textFilter:noether");
        assert_eq!(found.send().expect(200).json(), json!([]));
        let main = format!(
            "{path}/metadata?type=dublincore/{}",
            if collection == "events" { "episode" } else { "series" }
        );
        admin.delete(&main).send().expect(403);
    }
}

#[test]
fn lists_and_single_events_include_the_catalog() {
    let tenant = Configured::new();
    let admin = tenant.0.admin();
    let form = event_form(&json!({ "title": "T" }), &owned_by("ROLE_NOBODY"));
    admin.post("/api/events").multipart(&form).send().expect(201);
    let metadata = json!([
        catalog("dublincore/episode", &json!({ "title": "Mit" })),
        { "flavor": FLAVOR, "fields": entries() },
    ]);
    let form = Form::new()
        .field("metadata", &metadata)
        .field("acl", "[]")
        .field("processing", json!({ "workflow": "fast" }));
    let created = admin.post("/api/events").multipart(&form).send().expect(201).json();
    let id = created["identifier"].as_str().expect("an identifier");
    admin.until_processed(id);
    let single = admin
        .get(&format!("/api/events/{id}?withmetadata=true"))
        .send()
        .expect(200)
        .json();
    assert_eq!(values(&single["metadata"][1]["fields"]), expected());
    let list = admin
        .get("/api/events?withmetadata=true&sort=title:ASC")
        .send()
        .expect(200)
        .json();
    assert_eq!(list[0]["metadata"], single["metadata"]);
    assert_eq!(list[1]["metadata"][1]["fields"][0]["value"], "");
}

#[test]
fn series_are_created_and_updated_with_it() {
    let tenant = Configured::new();
    let admin = tenant.0.admin();
    let mut metadata = json!([
        catalog("dublincore/series", &json!({ "title": "Mit" })),
        { "flavor": FLAVOR, "fields": entries() },
    ]);
    let form = Form::new().field("metadata", &metadata).field("acl", "[]");
    let created = admin.post("/api/series").urlencoded(&form).send().expect(201).json();
    let path = format!("/api/series/{}", created["identifier"].as_str().expect("an identifier"));
    let fields = |client: &Client| client.get(&address(&path)).send().expect(200).json();
    assert_eq!(values(&fields(&admin)), expected());
    metadata[1]["fields"] = json!([{ "id": "degree", "value": "Ringe" }]);
    let answer = admin
        .put(&path)
        .multipart(&Form::new().field("metadata", &metadata))
        .send();
    assert_eq!(answer.expect(200).json()[1]["fields"], fields(&admin));
    let now = values(&fields(&admin));
    assert_eq!(now[0].1, "Ringe");
    assert_eq!(now[1..], expected()[1..]);
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_changes_nothing() {
    let tenant = Configured::new();
    let admin = tenant.0.admin();
    for collection in ["events", "series"] {
        let path = object(&admin, collection);
        for (id, value, status) in [
            ("degree", json!(" "), 400),
            ("sealed", json!("broken"), 400),
            ("examiners", json!("Noether"), 400),
            ("public", json!("perhaps"), 400),
            ("seats", json!("many"), 400),
            ("exam", json!("15. Februar"), 400),
            ("at", json!("late"), 400),
            ("length", json!("90"), 400),
            ("colour", json!("red"), 404),
        ] {
            let fields = json!([{ "id": "abstract", "value": "x" }, { "id": id, "value": value }]);
            admin
                .put(&address(&path))
                .urlencoded(&Form::new().field("metadata", fields))
                .send()
                .refused(status, id);
        }
        assert_eq!(admin.get(&address(&path)).send().json()[1]["value"], "");
        let unknown = format!("{path}/metadata?type=lecture/none");
        let form = Form::new().field("metadata", entries());
        admin.put(&unknown).urlencoded(&form).send().expect(404);
        admin.get(&unknown).send().expect(404);
    }
    let metadata = json!([{ "flavor": "lecture/none", "fields": [] }]);
    let form = Form::new().field("metadata", &metadata).field("acl", "[]");
    admin
        .post("/api/series")
        .urlencoded(&form)
        .send()
        .refused(400, "lecture/none");
}

#[test]
fn what_the_operator_changes_counts_from_the_next_request_on() {
    except_under_spin!();
    let tenant = FreshTenant::new();
    let admin = tenant.admin();
    let path = object(&admin, "events");
    admin.get(&address(&path)).send().expect(404);
    let tenant = Configured(tenant);
    tenant.configure("1.properties", &configuration("events"));
    admin.get(&address(&path)).send().expect(200);
    tenant.configure(
        "1.properties",
        &configuration("events").replace("Lehre für alle", "Teaching, in another length"),
    );
    let all = admin.get(&format!("{path}/metadata")).send().expect(200).json();
    assert_eq!(all[1]["title"], "Teaching, in another length");
}

#[test]
fn a_broken_file_is_reported_and_the_others_work() {
    let tenant = Configured::new();
    let broken = configuration("events")
        .replace(FLAVOR, "broken/extended")
        .replace("text_long", "txet");
    tenant.configure("broken.properties", &broken);
    let main = configuration("series").replace(FLAVOR, "dublincore/series");
    tenant.configure("main.properties", &main);
    let admin = tenant.0.admin();
    for collection in ["events", "series"] {
        let path = object(&admin, collection);
        let all = admin.get(&format!("{path}/metadata")).send().expect(200).json();
        assert_eq!(all.as_array().map(Vec::len), Some(2), "{all}");
    }
    let log = tenant.0.server().log_with(|log| log.contains("main.properties"));
    for (file, reason) in [
        ("broken.properties", "`txet`"),
        ("main.properties", "main catalog of series"),
    ] {
        let line = log
            .lines()
            .find(|line| line.contains(file) && line.contains(&tenant.0.id));
        assert!(line.is_some_and(|line| line.contains(reason)), "{file}: {line:?}");
    }
}

#[test]
fn catalogs_of_events_and_series_are_independent_and_so_are_tenants() {
    let tenant = Configured::new();
    let admin = tenant.0.admin();
    let series = admin.create_series(json!({ "title": "S" }), &json!([]));
    admin
        .put(&address(&format!("/api/series/{series}")))
        .urlencoded(&Form::new().field("metadata", entries()))
        .send()
        .expect(200);
    let event = admin.create_event(json!({ "title": "E", "isPartOf": series }), &json!([]));
    let fields = admin
        .get(&address(&format!("/api/events/{event}")))
        .send()
        .expect(200)
        .json();
    assert_eq!(fields[0]["value"], "");
    let other = FreshTenant::new();
    let path = object(&other.admin(), "events");
    other.admin().get(&address(&path)).send().expect(404);
}
