//! Catalogs that the tenant has configured besides the main one.

use lectern_handler::fake::{Answer, Client};
use serde_json::{Value, json};

use super::{ACL, METADATA, PROCESSING, refused, with_event};

const FLAVOR: &str = "lecture/extended";

/// An event of a tenant that has configured two catalogs.
fn with_catalogs() -> (Client, String) {
    let (client, path) = with_event();
    configure(&client);
    (client, path)
}

fn configure(client: &Client) {
    let field = |id: &str, r#type: &str, required: bool, read_only: bool| json!({"id": id, "label": id.to_uppercase(), "type": r#type, "required": required, "readOnly": read_only});
    let catalogs = json!([
        {"flavor": FLAVOR, "title": "LECTURE", "fields": [
            field("degree", "text", true, false),
            field("tags", "mixed_text", false, false),
            field("seats", "long", false, false),
            field("stamp", "text", false, true),
        ]},
        {"flavor": "room/extended", "title": "ROOM", "fields": [field("room", "text", false, false)]},
    ]);
    let catalogs = [("events".to_owned(), catalogs.to_string())];
    client.backend.store.borrow_mut().catalogs = catalogs.into();
}

fn update(client: &Client, path: &str, fields: &str) -> Answer {
    client.submit(
        "PUT",
        &format!("{path}/metadata?type={FLAVOR}"),
        &[("metadata", fields)],
    )
}

fn fields(client: &Client, path: &str) -> Value {
    client.get(&format!("{path}/metadata?type={FLAVOR}")).json()
}

/// The values of a list of fields, by their ids.
fn values(fields: &Value) -> Value {
    let fields = fields.as_array().unwrap().iter();
    fields
        .map(|field| (field["id"].as_str().unwrap().to_owned(), field["value"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn catalogs_without_content_are_shown_as_empty_wherever_catalogs_are_shown() {
    let (client, path) = with_catalogs();
    let all = client.get(&format!("{path}/metadata")).json();
    assert_eq!(
        all.as_array()
            .unwrap()
            .iter()
            .map(|catalog| &catalog["flavor"])
            .collect::<Vec<_>>(),
        ["dublincore/episode", FLAVOR, "room/extended"]
    );
    assert_eq!(
        all[1],
        json!({"flavor": FLAVOR, "title": "LECTURE", "fields": [
            {"id": "degree", "label": "DEGREE", "type": "text", "required": true, "readOnly": false, "value": ""},
            {"id": "tags", "label": "TAGS", "type": "mixed_text", "required": false, "readOnly": false, "value": []},
            {"id": "seats", "label": "SEATS", "type": "number", "required": false, "readOnly": false, "value": ""},
            {"id": "stamp", "label": "STAMP", "type": "text", "required": false, "readOnly": true, "value": ""},
        ]})
    );
    assert_eq!(fields(&client, &path), all[1]["fields"]);
    let single = client.get(&format!("{path}?withmetadata=true")).json();
    assert_eq!(single["metadata"][1], all[1]);
    let list = client.get("/api/events?withmetadata=true").json();
    assert_eq!(list[0]["metadata"], single["metadata"]);
}

#[test]
fn an_update_changes_what_it_names_and_everybody_sees_it() {
    let (client, path) = with_catalogs();
    let before = client.get(&path).json();
    let answer = update(
        &client,
        &path,
        r#"[{"id": "degree", "value": "MSc"}, {"id": "tags", "value": ["a, b", "c"]}]"#,
    );
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(update(&client, &path, r#"[{"id": "seats", "value": 12}]"#).status, 204);
    let expected = json!({"degree": "MSc", "tags": ["a, b", "c"], "seats": "12", "stamp": ""});
    assert_eq!(values(&fields(&client, &path)), expected);
    let single = client.get(&format!("{path}?withmetadata=true")).json();
    assert_eq!(values(&single["metadata"][1]["fields"]), expected);
    assert_eq!(client.get(&path).json(), before);
    assert_eq!(
        client
            .get("/api/events?filter=textFilter:msc")
            .column("identifier")
            .len(),
        1
    );
}

#[test]
fn whole_fields_may_be_sent_back() {
    let (client, path) = with_catalogs();
    update(
        &client,
        &path,
        r#"[{"id": "degree", "value": "MSc"}, {"id": "seats", "value": "7"}]"#,
    );
    let before = fields(&client, &path);
    let answer = update(&client, &path, &before.to_string());
    assert_eq!(answer.status, 204, "{}", answer.text);
    assert_eq!(fields(&client, &path), before);
}

#[test]
fn events_are_created_and_updated_with_several_catalogs_at_once() {
    let client = with_catalogs().0;
    let metadata = |degree: &str, title: &str| {
        json!([
            {"flavor": FLAVOR, "fields": [{"id": "degree", "value": degree}]},
            {"flavor": "dublincore/episode", "fields": [{"id": "title", "value": title}]},
            {"flavor": "Room/Extended", "fields": [{"id": "room", "value": "B 7"}]},
        ])
        .to_string()
    };
    let created = metadata("BSc", "One");
    let parts = [("metadata", created.as_str()), ("acl", ACL), ("processing", PROCESSING)];
    let answer = client.multipart("POST", "/api/events", &parts);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let path = format!("/api/events/{}", answer.json()["identifier"].as_str().unwrap());
    let shown = |client: &Client| {
        let event = client.get(&format!("{path}?withmetadata=true")).json();
        let value = |catalog: usize| event["metadata"][catalog]["fields"][0]["value"].clone();
        (event["title"].clone(), value(1), value(2))
    };
    assert_eq!(shown(&client), (json!("One"), json!("BSc"), json!("B 7")));
    let answer = client.multipart("POST", &path, &[("metadata", &metadata("MSc", "Two"))]);
    assert_eq!(answer.status, 204, "{}", answer.text);
    assert_eq!(shown(&client), (json!("Two"), json!("MSc"), json!("B 7")));
    // All or nothing.
    let answer = client.multipart("POST", &path, &[("metadata", &metadata(" ", "Three"))]);
    refused(&answer, 400, "degree");
    assert_eq!(shown(&client), (json!("Two"), json!("MSc"), json!("B 7")));
    // The main catalog is needed to create an event, but not to update one.
    let room = json!([{"flavor": "room/extended", "fields": [{"id": "room", "value": "C 1"}]}]).to_string();
    assert_eq!(client.multipart("POST", &path, &[("metadata", &room)]).status, 204);
    assert_eq!(shown(&client), (json!("Two"), json!("MSc"), json!("C 1")));
    let parts = [("metadata", room.as_str()), ("acl", ACL), ("processing", PROCESSING)];
    refused(
        &client.multipart("POST", "/api/events", &parts),
        400,
        "dublincore/episode",
    );
}

#[test]
fn what_is_wrong_with_a_catalog_is_named() {
    let (client, path) = with_catalogs();
    let details = client.with_header("accept", "application/problem+json, */*");
    for (fields, status, pointer) in [
        (r#"[{"id": "degree", "value": ""}]"#, 400, "#/metadata/0/value"),
        (r#"[{"id": "seats", "value": "many"}]"#, 400, "#/metadata/0/value"),
        (
            r#"[{"id": "seats", "value": 1}, {"id": "stamp", "value": "x"}]"#,
            400,
            "#/metadata/1/value",
        ),
        (r#"[{"id": "title", "value": "x"}]"#, 404, "#/metadata/0/id"),
    ] {
        let answer = update(&details, &path, fields);
        let problem = answer.json();
        assert_eq!(
            (answer.status, &problem["errors"][0]["pointer"]),
            (status, &json!(pointer)),
            "{fields}"
        );
    }
    let unknown = json!([{"flavor": "x/y", "fields": []}]).to_string();
    refused(&client.multipart("POST", &path, &[("metadata", &unknown)]), 400, "x/y");
    let fields = [("metadata", r#"[{"id": "room", "value": "x"}]"#)];
    refused(
        &client.submit("PUT", &format!("{path}/metadata?type=x/y"), &fields),
        404,
        "catalog",
    );
    refused(
        &client.submit("PUT", "/api/events/none/metadata?type=x/y", &fields),
        404,
        "'none'",
    );
    assert_eq!(values(&self::fields(&client, &path))["degree"], "");
}

#[test]
fn a_read_only_field_keeps_what_the_event_has() {
    let (client, path) = with_catalogs();
    let stamp = r#"{"lecture/extended": {"stamp": "sealed"}}"#;
    super::set(
        &client,
        &path,
        "extended_metadata",
        lectern_handler::api::Value::Document(stamp.to_owned()),
    );
    refused(
        &update(&client, &path, r#"[{"id": "stamp", "value": ""}]"#),
        400,
        "stamp",
    );
    assert_eq!(
        update(&client, &path, r#"[{"id": "stamp", "value": "sealed"}]"#).status,
        204
    );
    assert_eq!(values(&fields(&client, &path))["stamp"], "sealed");
}

#[test]
fn a_catalog_with_content_can_be_deleted_once() {
    let (client, path) = with_catalogs();
    let address = format!("{path}/metadata?type={FLAVOR}");
    refused(&client.send("DELETE", &address), 404, "catalog");
    update(&client, &path, r#"[{"id": "degree", "value": "MSc"}]"#);
    for (address, status) in [
        ("/api/events/none/metadata?type=nonsense".to_owned(), 404),
        (format!("{path}/metadata?type=nonsense"), 400),
        (format!("{path}/metadata"), 400),
        (format!("{path}/metadata?type=dublincore/episode"), 403),
        (format!("{path}/metadata?type=room/extended"), 404),
    ] {
        assert_eq!(client.send("DELETE", &address).status, status, "{address}");
    }
    let reader = client.identified("bob", &["ROLE_STUDENT"]);
    assert_eq!(reader.send("DELETE", &address).status, 401);
    let answer = client.send("DELETE", &address);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    refused(&client.send("DELETE", &address), 404, "catalog");
    assert_eq!(values(&fields(&client, &path))["degree"], "");
}

#[test]
fn what_is_kept_of_a_catalog_that_is_configured_no_more_is_not_shown_but_can_be_deleted() {
    let (client, path) = with_catalogs();
    update(&client, &path, r#"[{"id": "degree", "value": "MSc"}]"#);
    client.backend.store.borrow_mut().catalogs.clear();
    let address = format!("{path}/metadata?type={FLAVOR}");
    assert_eq!(client.get(&address).status, 404);
    assert_eq!(client.send("DELETE", &address).status, 204);
    configure(&client);
    assert_eq!(values(&fields(&client, &path))["degree"], "");
}

#[test]
fn conditions_hold_for_extended_catalogs_too() {
    let (client, path) = with_catalogs();
    let address = format!("{path}/metadata?type={FLAVOR}");
    let tag = client.get(&address).header("etag").unwrap().to_owned();
    let guarded = client.with_header("if-match", &tag);
    let fields = [("metadata", r#"[{"id": "degree", "value": "MSc"}]"#)];
    assert_eq!(guarded.urlencoded("PUT", &address, &fields).status, 204);
    assert_eq!(guarded.urlencoded("PUT", &address, &fields).status, 412);
    assert_eq!(guarded.send("DELETE", &address).status, 412);
    assert_eq!(client.with_header("if-none-match", &tag).get(&address).status, 200);
}

#[test]
fn while_a_workflow_runs_every_catalog_is_locked() {
    let (client, path) = with_catalogs();
    let running = lectern_handler::api::Value::Text("RUNNING".to_owned());
    super::set(&client, &path, "processing_state", running);
    let catalogs = client.get(&format!("{path}/metadata")).json();
    assert_eq!(catalogs[1]["locked"], "EVENTS.EVENTS.DETAILS.METADATA.LOCKED.RUNNING");
    assert_eq!(catalogs[1]["fields"][0]["readOnly"], true);
}

#[test]
fn the_catalogs_are_asked_for_only_where_they_matter() {
    let (client, path) = with_catalogs();
    let asked = |request: &dyn Fn() -> Answer| {
        client.backend.store.borrow_mut().catalogs_asked = 0;
        assert!(request().status < 300);
        client.backend.store.borrow().catalogs_asked
    };
    assert_eq!(asked(&|| client.get("/api/events?withacl=true")), 0);
    assert_eq!(asked(&|| client.get(&path)), 0);
    assert_eq!(
        asked(&|| client.get(&format!("{path}/metadata?type=dublincore/episode"))),
        0
    );
    assert_eq!(asked(&|| client.multipart("POST", &path, &[("metadata", METADATA)])), 0);
    assert_eq!(asked(&|| client.get("/api/events?withmetadata=true")), 1);
    assert_eq!(asked(&|| client.get(&format!("{path}/metadata"))), 1);
}

#[test]
fn an_event_of_a_series_starts_without_extended_content() {
    let client = with_catalogs().0;
    client.backend.add_series("maths", "Maths", &[]);
    let key = ("series".to_owned(), "maths".to_owned());
    let document = r#"{"lecture/extended": {"degree": "MSc"}}"#.to_owned();
    client
        .backend
        .store
        .borrow_mut()
        .objects
        .get_mut(&key)
        .unwrap()
        .fields
        .insert(
            "extended_metadata".to_owned(),
            lectern_handler::api::Value::Document(document),
        );
    let event = super::create(
        &client,
        r#"{"id": "title", "value": "T"}, {"id": "isPartOf", "value": "maths"}"#,
    );
    assert_eq!(values(&fields(&client, &format!("/api/events/{event}")))["degree"], "");
}
