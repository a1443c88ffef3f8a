use lectern_handler::api::Value as Content;
use lectern_handler::fake::{Answer, Client};
use serde_json::{Value, json};

use super::{refused, set, with_event};

fn update(client: &Client, path: &str, fields: &str) -> Answer {
    client.submit(
        "PUT",
        &format!("{path}/metadata?type=dublincore/episode"),
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
    let (client, path) = with_event();
    let catalogs = client.get(&format!("{path}/metadata")).json();
    assert_eq!(catalogs[0]["title"], "EVENTS.EVENTS.DETAILS.CATALOG.EPISODE");
    let fields = client
        .get(&format!("{path}/metadata/?type=dublincore%2FEpisode"))
        .json();
    assert_eq!(catalogs[0]["fields"], fields);
    assert_eq!(field(&fields, "startDate"), "2016-06-22");
    assert_eq!(field(&fields, "startTime"), "13:30");
    assert_eq!(field(&fields, "created"), "2016-06-22T13:30:00.000Z");
    assert_eq!(field(&fields, "subjects"), json!(["John Clark", "Thiago Melo Costa"]));
}

#[test]
fn a_type_that_makes_no_sense_is_a_bad_request_and_one_that_is_not_there_not_found() {
    let (client, path) = with_event();
    refused(&client.get(&format!("{path}/metadata?type=nonsense")), 400, "type");
    refused(
        &client.get(&format!("{path}/metadata?type=license/episode")),
        404,
        "catalog",
    );
    refused(&client.get("/api/events/none/metadata?type=nonsense"), 404, "none");
}

#[test]
fn while_a_workflow_runs_the_catalog_is_locked() {
    let (client, path) = with_event();
    set(&client, &path, "processing_state", Content::Text("RUNNING".to_owned()));
    let catalogs = client.get(&format!("{path}/metadata")).json();
    assert_eq!(catalogs[0]["locked"], "EVENTS.EVENTS.DETAILS.METADATA.LOCKED.RUNNING");
    assert_eq!(catalogs[0]["fields"][0]["readOnly"], true);
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let (client, path) = with_event();
    let mut expected = client.get(&path).json();
    let answer = update(
        &client,
        &path,
        r#"[{"id": "title", "value": "New"}, {"id": "creator", "value": ["A", "B, C"]}]"#,
    );
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    expected["title"] = json!("New");
    expected["presenter"] = json!(["A", "B, C"]);
    assert_eq!(client.get(&path).json(), expected);
}

#[test]
fn date_and_time_of_the_start_change_one_by_one() {
    let (client, path) = with_event();
    for (fields, start) in [
        (
            r#"[{"id": "startDate", "value": "2018-01-02"}]"#,
            "2018-01-02T13:30:00Z",
        ),
        (r#"[{"id": "startTime", "value": "22:22:00Z"}]"#, "2018-01-02T22:22:00Z"),
        (
            r#"[{"id": "startTime", "value": "09:00"}, {"id": "startDate", "value": "2018-03-04"}]"#,
            "2018-03-04T09:00:00Z",
        ),
        (r#"[{"id": "duration", "value": "01:00:00"}]"#, "2018-03-04T09:00:00Z"),
    ] {
        assert_eq!(update(&client, &path, fields).status, 204, "{fields}");
        let event = client.get(&path).json();
        assert_eq!(
            (&event["start"], &event["created"]),
            (&json!(start), &json!(start)),
            "{fields}"
        );
    }
    assert_eq!(client.get(&path).json()["duration"], 3_600_000);
}

#[test]
fn a_date_is_merged_with_the_time_that_somebody_else_has_just_written() {
    let (client, path) = with_event();
    let key = ("events".to_owned(), path.rsplit('/').next().unwrap().to_owned());
    client.backend.store.borrow_mut().interference = Some(Box::new(move |store| {
        let event = store.objects.get_mut(&key).unwrap();
        event.fields.insert("start".to_owned(), Content::Number(60_000));
        event.sequence += 100;
    }));
    let fields = [("metadata", r#"[{"id": "startDate", "value": "2018-01-02"}]"#)];
    let answer = client.urlencoded("PUT", &format!("{path}/metadata?type=dublincore/episode"), &fields);
    assert_eq!(answer.status, 204);
    assert_eq!(client.get(&path).json()["start"], "2018-01-02T00:01:00Z");
}

#[test]
fn whole_fields_may_be_sent_back_in_either_form() {
    let (client, path) = with_event();
    let before = client.get(&path).json();
    let own = client.get(&format!("{path}/metadata?type=dublincore/episode")).text;
    assert_eq!(update(&client, &path, &own).status, 204);
    assert_eq!(client.get(&path).json(), before);
    let embedded = client.get(&format!("{path}?withmetadata=true")).json()["metadata"][0]["fields"].to_string();
    let answer = update(&client, &path, &embedded);
    assert_eq!(answer.status, 204, "{}", answer.text);
    assert_eq!(client.get(&path).json(), before);
}

#[test]
fn a_changed_read_only_field_is_refused_by_name() {
    let (client, path) = with_event();
    for (id, value) in [
        ("identifier", "other"),
        ("publisher", "me"),
        ("created", "2001-01-01T00:00:00.000Z"),
    ] {
        let fields = format!(r#"[{{"id": "title", "value": "x"}}, {{"id": "{id}", "value": "{value}"}}]"#);
        refused(&update(&client, &path, &fields), 400, id);
    }
    assert_eq!(client.get(&path).json()["title"], "Captivating title");
}

#[test]
fn what_is_wrong_with_an_update_is_named() {
    let (client, path) = with_event();
    let before = client.get(&path);
    for (fields, status, named) in [
        ("", 400, "metadata"),
        ("[", 400, "line 1"),
        ("[]", 400, "metadata"),
        ("{}", 400, "metadata"),
        (r#"[{"value": "x"}]"#, 400, "id"),
        (
            r#"[{"id": "language", "required": true, "value": ""}]"#,
            400,
            "language",
        ),
        (
            r#"[{"id": "description", "value": "x"}, {"id": "title", "value": " "}]"#,
            400,
            "title",
        ),
        (
            r#"[{"id": "description", "value": "x"}, {"id": "startDate", "value": "soon"}]"#,
            400,
            "startDate",
        ),
        (
            r#"[{"id": "description", "value": "x"}, {"id": "isPartOf", "value": "none"}]"#,
            400,
            "isPartOf",
        ),
        (
            r#"[{"id": "description", "value": "x"}, {"id": "colour", "value": "red"}]"#,
            404,
            "colour",
        ),
    ] {
        let answer = update(&client, &path, fields);
        refused(&answer, status, named);
        assert_eq!(client.get(&path), before, "{fields}");
    }
    let title = [("metadata", r#"[{"id": "title", "value": "x"}]"#)];
    refused(&client.submit("PUT", &format!("{path}/metadata"), &title), 400, "type");
    refused(
        &client.submit("PUT", &format!("{path}/metadata?type=a/b/c"), &title),
        400,
        "type",
    );
    refused(
        &client.submit("PUT", &format!("{path}/metadata?type=license/episode"), &title),
        404,
        "catalog",
    );
    refused(
        &client.submit("PUT", "/api/events/none/metadata?type=dublincore/episode", &title),
        404,
        "none",
    );
    refused(
        &client.submit("PUT", "/api/events/none/metadata?type=license/episode", &title),
        404,
        "none",
    );
}

#[test]
fn an_update_may_depend_on_the_state_that_the_client_knows() {
    let (client, path) = with_event();
    let tag = client.get(&path).header("etag").unwrap().to_owned();
    let address = format!("{path}/metadata?type=dublincore/episode");
    let change = |client: &Client, fields: &str| client.urlencoded("PUT", &address, &[("metadata", fields)]);
    let guarded = client.with_header("if-match", &tag);
    assert_eq!(
        change(&guarded, r#"[{"id": "startTime", "value": "10:00"}]"#).status,
        204
    );
    refused(
        &change(&guarded, r#"[{"id": "startTime", "value": "11:00"}]"#),
        412,
        "changed",
    );
    refused(&change(&guarded, r#"[{"id": "title", "value": "x"}]"#), 412, "changed");
    assert_eq!(client.get(&path).json()["start"], "2016-06-22T10:00:00Z");
}

#[test]
fn the_main_catalog_cannot_be_deleted() {
    let (client, path) = with_event();
    refused(
        &client.send("DELETE", &format!("{path}/metadata?type=dublincore/episode")),
        403,
        "dublincore/episode",
    );
    refused(
        &client.send("DELETE", &format!("{path}/metadata?type=license/episode")),
        404,
        "catalog",
    );
    refused(&client.send("DELETE", &format!("{path}/metadata")), 400, "type");
    refused(
        &client.send("DELETE", "/api/events/none/metadata?type=dublincore/episode"),
        404,
        "none",
    );
}
