//! Catalogs that the tenant has configured besides the main one.

use lectern_handler::fake::{Answer, Client};
use serde_json::{Value, json};

use super::with_maths;

const ADDRESS: &str = "/api/series/maths/metadata?type=course/extended";

/// A series of a tenant that has configured a catalog.
fn with_catalog() -> Client {
    let client = with_maths();
    let catalogs = json!([{"flavor": "course/extended", "title": "COURSE", "fields": [
        {"id": "term", "label": "TERM", "type": "text", "required": true, "readOnly": false},
        {"id": "from", "label": "FROM", "type": "date", "pattern": "yyyy-MM-dd", "required": false, "readOnly": false},
        {"id": "code", "label": "CODE", "type": "ordered_text", "required": false, "readOnly": true},
    ]}]);
    let catalogs = [("series".to_owned(), catalogs.to_string())];
    client.backend.store.borrow_mut().catalogs = catalogs.into();
    client
}

fn update(client: &Client, fields: &str) -> Answer {
    client.submit("PUT", ADDRESS, &[("metadata", fields)])
}

fn values(fields: &Value) -> Vec<(&str, &Value)> {
    let fields = fields.as_array().unwrap().iter();
    fields
        .map(|field| (field["id"].as_str().unwrap(), &field["value"]))
        .collect()
}

#[test]
fn a_catalog_without_content_is_shown_as_empty() {
    let client = with_catalog();
    let catalogs = client.get("/api/series/maths/metadata").json();
    assert_eq!(
        (&catalogs[1]["flavor"], &catalogs[1]["title"]),
        (&json!("course/extended"), &json!("COURSE"))
    );
    let fields = client.get(ADDRESS).json();
    assert_eq!(catalogs[1]["fields"], fields);
    let empty = json!("");
    assert_eq!(values(&fields), [("term", &empty), ("from", &empty), ("code", &empty)]);
    assert_eq!(fields[2]["type"], "ordered_text");
    assert_eq!(client.get("/api/series/none/metadata?type=course/extended").status, 404);
}

#[test]
fn an_update_answers_with_the_catalogs_as_they_are_then() {
    let client = with_catalog();
    let answer = update(
        &client,
        r#"[{"id": "term", "value": "WS"}, {"id": "from", "value": "2026-10-01"}]"#,
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    let fields = client.get(ADDRESS).json();
    assert_eq!(answer.json()[1]["fields"], fields);
    assert_eq!(
        values(&fields),
        [
            ("term", &json!("WS")),
            ("from", &json!("2026-10-01")),
            ("code", &json!(""))
        ]
    );
    assert_eq!(
        client.get("/api/series?filter=textFilter:2026-10").column("identifier"),
        ["maths"]
    );
}

#[test]
fn a_series_is_created_and_updated_with_all_its_catalogs_at_once() {
    let client = with_catalog();
    let metadata = |term: &str| {
        json!([
            {"flavor": "dublincore/series", "fields": [{"id": "title", "value": "T"}, {"id": "identifier", "value": "new"}]},
            {"flavor": "course/extended", "title": "COURSE", "fields": [{"id": "term", "value": term}, {"id": "from", "value": null}]},
        ])
        .to_string()
    };
    let answer = client.urlencoded("POST", "/api/series", &[("metadata", &metadata("WS"))]);
    assert_eq!(answer.status, 201, "{}", answer.text);
    let term = |client: &Client| client.get("/api/series/new/metadata").json()[1]["fields"][0]["value"].clone();
    assert_eq!(term(&client), "WS");
    let answer = client.submit("PUT", "/api/series/new", &[("metadata", &metadata("SS"))]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        (term(&client), &answer.json()[1]["fields"][0]["value"]),
        (json!("SS"), &json!("SS"))
    );
    let answer = client.submit("PUT", "/api/series/new", &[("metadata", &metadata(""))]);
    assert_eq!((answer.status, answer.text.contains("term")), (400, true));
    assert_eq!(term(&client), "SS");
}

#[test]
fn what_is_wrong_is_told_apart() {
    let client = with_catalog();
    for (fields, status) in [
        (r#"[{"id": "term", "value": " "}]"#, 400),
        (r#"[{"id": "from", "value": "soon"}]"#, 400),
        (r#"[{"id": "code", "value": "mine"}]"#, 400),
        (r#"[{"id": "title", "value": "x"}]"#, 404),
    ] {
        assert_eq!(update(&client, fields).status, status, "{fields}");
    }
    let unknown = [("metadata", r#"[{"flavor": "x/y", "fields": []}]"#)];
    assert_eq!(client.submit("PUT", "/api/series/maths", &unknown).status, 400);
}

#[test]
fn deleting_checks_the_flavor_before_the_series_and_the_series_before_the_catalog() {
    let client = with_catalog();
    for (address, status) in [
        ("/api/series/none/metadata", 400),
        ("/api/series/none/metadata?type=nonsense", 400),
        ("/api/series/none/metadata?type=dublincore/series", 403),
        ("/api/series/none/metadata?type=course/extended", 404),
        (ADDRESS, 404),
    ] {
        assert_eq!(client.send("DELETE", address).status, status, "{address}");
    }
    update(&client, r#"[{"id": "term", "value": "WS"}]"#);
    let answer = client.send("DELETE", ADDRESS);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(client.send("DELETE", ADDRESS).status, 404);
    assert_eq!(client.get(ADDRESS).json()[0]["value"], "");
}
