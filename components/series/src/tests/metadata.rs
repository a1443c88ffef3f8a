use lectern_handler::fake::{Answer, Client};
use serde_json::{Value, json};

use super::with_maths;

fn update(client: &Client, fields: &str) -> Answer {
    client.submit(
        "PUT",
        "/api/series/maths/metadata?type=dublincore/series",
        &[("metadata", fields)],
    )
}

fn field(fields: &Value, id: &str) -> Value {
    let fields = fields.as_array().unwrap();
    fields
        .iter()
        .find(|field| field["id"] == id)
        .map_or(Value::Null, |field| field["value"].clone())
}

#[test]
fn without_a_type_all_catalogs_are_listed_and_with_one_its_fields() {
    let client = with_maths();
    let catalogs = client.get("/api/series/maths/metadata").json();
    assert_eq!(catalogs[0]["flavor"], "dublincore/series");
    assert_eq!(catalogs[0]["title"], "Opencast Series DublinCore");
    let fields = client.get("/api/series/maths/metadata?type=DublinCore/series").json();
    assert_eq!(catalogs[0]["fields"], fields);
    assert_eq!(client.get("/api/series/maths/metadata?type=").json(), catalogs);
    assert_eq!(
        fields[0],
        json!({
            "id": "title", "readOnly": false, "value": "Advanced Mathematics",
            "label": "EVENTS.SERIES.DETAILS.METADATA.TITLE", "type": "text", "required": true
        })
    );
    assert_eq!(field(&fields, "creator"), json!(["John Doe", "Prof. X"]));
    assert_eq!(field(&fields, "createdBy"), "Display name of admin");
    assert_eq!(field(&fields, "identifier"), "maths");
}

#[test]
fn a_catalog_that_is_not_there_is_not_found() {
    let client = with_maths();
    for flavor in ["license/series", "nonsense"] {
        assert_eq!(
            client.get(&format!("/api/series/maths/metadata?type={flavor}")).status,
            404
        );
    }
    assert_eq!(client.get("/api/series/none/metadata?type=nonsense").status, 404);
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let client = with_maths();
    let before = client.get("/api/series/maths").json();
    let answer = update(
        &client,
        r#"[{"id": "title", "value": "Captivating title - edited"}, {"id": "description", "value": ""}]"#,
    );
    assert_eq!(answer.status, 200);
    let fields = &answer.json()[0]["fields"];
    assert_eq!(field(fields, "title"), "Captivating title - edited");
    let mut expected = before;
    expected["title"] = json!("Captivating title - edited");
    expected["description"] = json!("");
    assert_eq!(
        client.get("/api/series/maths").json(),
        expected,
        "lists that were not sent keep their elements"
    );
}

#[test]
fn subjects_are_accepted_under_both_names() {
    let client = with_maths();
    for fields in [
        r#"[{"id": "subjects", "value": ["A", "B"]}]"#,
        r#"[{"id": "subject", "value": "A, B"}]"#,
    ] {
        assert_eq!(update(&client, fields).status, 200);
        assert_eq!(client.get("/api/series/maths").json()["subjects"], json!(["A", "B"]));
    }
}

#[test]
fn whole_fields_may_be_sent_back_with_their_read_only_ones() {
    let client = with_maths();
    let fields = client.get("/api/series/maths/metadata?type=dublincore/series").text;
    assert_eq!(update(&client, &fields).status, 200);
    let answer = update(&client, r#"[{"id": "createdBy", "value": "somebody else"}]"#);
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("createdBy"), "{}", answer.text);
    assert_eq!(
        update(&client, r#"[{"id": "identifier", "value": "other"}]"#).status,
        400
    );
}

#[test]
fn what_is_wrong_with_an_update_is_named() {
    let client = with_maths();
    for (fields, status, named) in [
        ("", 400, "metadata"),
        ("[", 400, "line 1"),
        ("[]", 400, "metadata"),
        (r#"[{"value": "x"}]"#, 400, "id"),
        (r#"[{"id": "title", "value": " "}]"#, 400, "title"),
        (r#"[{"id": "creator", "value": ""}]"#, 400, "creator"),
        (r#"[{"id": "colour", "value": "red"}]"#, 404, "colour"),
    ] {
        let answer = update(&client, fields);
        assert_eq!(answer.status, status, "{fields}");
        assert!(answer.text.contains(named), "{} does not name {named}", answer.text);
    }
    let title = [("metadata", r#"[{"id": "title", "value": "x"}]"#)];
    for (path, status) in [
        ("/api/series/maths/metadata", 400),
        ("/api/series/maths/metadata?type=nonsense", 400),
        ("/api/series/maths/metadata?type=license/series", 404),
        ("/api/series/none/metadata?type=dublincore/series", 404),
    ] {
        assert_eq!(client.submit("PUT", path, &title).status, status, "{path}");
    }
}

#[test]
fn an_update_of_no_series_is_not_found_even_if_it_makes_no_sense() {
    let client = with_maths();
    let answer = client.submit(
        "PUT",
        "/api/series/none/metadata?type=dublincore/series",
        &[("metadata", r#"[{"id": "creator", "value": ""}]"#)],
    );
    assert_eq!(answer.status, 404);
    assert!(answer.text.contains("'none'"), "{}", answer.text);
}

#[test]
fn all_catalogs_may_be_updated_at_once() {
    let client = with_maths();
    let catalogs = r#"[{"flavor": "dublincore/series", "title": "any", "fields": [
        {"id": "title", "value": "Edited"}, {"id": "creator", "value": null}]}]"#;
    let answer = client.submit("PUT", "/api/series/maths", &[("metadata", catalogs)]);
    assert_eq!(answer.status, 200);
    assert_eq!(field(&answer.json()[0]["fields"], "title"), "Edited");
    assert_eq!(
        field(&answer.json()[0]["fields"], "creator"),
        json!(["John Doe", "Prof. X"])
    );
    assert_eq!(
        client
            .submit("PUT", "/api/series/none", &[("metadata", catalogs)])
            .status,
        404
    );
    assert_eq!(
        client.submit("PUT", "/api/series/maths", &[("metadata", "[")]).status,
        400
    );
    assert_eq!(client.submit("PUT", "/api/series/maths", &[]).status, 400);
}

#[test]
fn the_main_catalog_cannot_be_deleted() {
    let client = with_maths();
    for (path, status) in [
        ("/api/series/maths/metadata?type=dublincore/series", 403),
        ("/api/series/none/metadata?type=dublincore/series", 403),
        ("/api/series/maths/metadata", 400),
        ("/api/series/maths/metadata?type=nonsense", 400),
        ("/api/series/maths/metadata?type=license/series", 404),
        ("/api/series/none/metadata?type=license/series", 404),
    ] {
        assert_eq!(client.send("DELETE", path).status, status, "{path}");
    }
}
