//! What clients send to `/api/series`, and what they read.

mod access;
mod extended;
mod idempotency;
mod listing;
mod metadata;
mod properties;
mod search;
mod token;

use lectern_handler::fake::{Answer, Client};
use serde_json::json;

use crate::APP;

pub const MATHS: &str = r#"[{"label": "Opencast Series DublinCore", "flavor": "dublincore/series", "fields": [
    {"id": "title", "value": "Advanced Mathematics"},
    {"id": "subjects", "value": ["Mathematics", "Basics"]},
    {"id": "description", "value": "This is a advanced mathematics course"},
    {"id": "creator", "value": ["John Doe", "Prof. X"]},
    {"id": "contributor", "value": ["Hans Muster", "Maria Müller"]},
    {"id": "publisher", "value": ["University of Prof. X"]},
    {"id": "language", "value": "deu"},
    {"id": "license", "value": "CC-BY"},
    {"id": "rightsHolder", "value": "Prof. X"},
    {"id": "identifier", "value": "maths"},
]}]"#;

pub const ACL: &str = r#"[
    {"allow": true, "action": "write", "role": "ROLE_TEACHER"},
    {"allow": true, "action": "read", "role": "ROLE_TEACHER"},
    {"allow": true, "action": "read", "role": "ROLE_STUDENT"}
]"#;

pub fn client() -> Client {
    Client::of(&APP)
}

/// A client of a tenant with the series `maths`.
pub fn with_maths() -> Client {
    let client = client();
    let answer = client.multipart("POST", "/api/series", &[("metadata", MATHS), ("acl", ACL)]);
    assert_eq!(answer.status, 201, "{}", answer.text);
    client
}

pub fn create(client: &Client, fields: &str) -> Answer {
    let metadata = format!(r#"[{{"flavor": "dublincore/series", "fields": [{fields}]}}]"#);
    client.urlencoded("POST", "/api/series", &[("metadata", &metadata), ("acl", "[]")])
}

#[test]
fn a_series_is_created_and_can_be_read() {
    let client = with_maths();
    let answer = client.get("/api/series/maths");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    assert_eq!(
        answer.json(),
        json!({
            "identifier": "maths",
            "title": "Advanced Mathematics",
            "creator": "Display name of admin",
            "created": "2018-03-19T16:11:48Z",
            "subjects": ["Mathematics", "Basics"],
            "contributors": ["Hans Muster", "Maria Müller"],
            "organizers": ["John Doe", "Prof. X"],
            "publishers": ["University of Prof. X"],
            "description": "This is a advanced mathematics course",
            "language": "deu",
            "license": "CC-BY",
            "rightsholder": "Prof. X",
            "organization": "mh_default_org",
            "opt_out": false
        })
    );
}

#[test]
fn the_answer_to_a_creation_says_where_the_series_is() {
    let answer = create(&client().speaking("1.4.0"), r#"{"id": "title", "value": "New"}"#);
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("content-type"), Some("application/v1.4.0+json"));
    let identifier = answer.json()["identifier"].as_str().unwrap().to_owned();
    assert_eq!(
        answer.header("location").unwrap(),
        format!("http://localhost:8080/api/series/{identifier}")
    );
}

#[test]
fn locations_start_with_the_configured_address_of_the_api() {
    for configured in ["https://video.example.org", "https://video.example.org/api/"] {
        let client = client();
        let property = ("org.opencastproject.external.api.url".to_owned(), configured.to_owned());
        client.backend.store.borrow_mut().properties.push(property);
        let answer = create(
            &client,
            r#"{"id": "title", "value": "a"}, {"id": "identifier", "value": "a b/c"}"#,
        );
        assert_eq!(
            answer.header("location"),
            Some("https://video.example.org/api/series/a%20b%2Fc")
        );
        assert_eq!(client.get("/api/series/a%20b%2Fc").json()["identifier"], "a b/c");
    }
}

#[test]
fn both_form_encodings_and_both_paths_create() {
    for path in ["/api/series", "/api/series/"] {
        let client = client();
        let fields = [("unknown", "x"), ("acl", ACL), ("metadata", MATHS)];
        assert_eq!(client.urlencoded("POST", path, &fields).status, 201);
        assert_eq!(client.multipart("POST", path, &fields).status, 409);
    }
}

#[test]
fn the_access_list_may_be_missing_or_blank_and_is_empty_then() {
    for fields in [&[("metadata", MATHS)][..], &[("metadata", MATHS), ("acl", "")][..]] {
        let client = client();
        assert_eq!(client.urlencoded("POST", "/api/series", fields).status, 201);
        assert_eq!(client.get("/api/series/maths/acl").text, "[]");
    }
}

#[test]
fn an_identifier_that_is_taken_is_a_conflict_and_nothing_changes() {
    let client = with_maths();
    let before = client.get("/api/series/maths");
    let answer = create(
        &client,
        r#"{"id": "title", "value": "Other"}, {"id": "identifier", "value": "maths"}"#,
    );
    assert_eq!(answer.status, 409);
    assert!(answer.text.contains("maths"), "{}", answer.text);
    assert_eq!(client.get("/api/series/maths"), before);
}

#[test]
fn a_theme_is_a_number_with_or_without_quotes() {
    for (theme, status) in [("1234", 201), ("\"1234\"", 201), ("", 201), ("dark", 400), ("12x", 400)] {
        let answer = client().urlencoded("POST", "/api/series", &[("metadata", MATHS), ("theme", theme)]);
        assert_eq!(answer.status, status, "{theme}");
    }
}

#[test]
fn what_is_wrong_with_a_creation_is_named() {
    let cases = [
        (vec![], "metadata"),
        (vec![("metadata", " ")], "metadata"),
        (vec![("metadata", "[{]")], "line 1"),
        (vec![("metadata", "{}")], "list of catalogs"),
        (vec![("metadata", r#"[{"fields": []}]"#)], "flavor"),
        (vec![("metadata", r#"[{"flavor": "a/b", "fields": []}]"#)], "a/b"),
        (vec![("metadata", r#"[{"flavor": "dublincore/series"}]"#)], "fields"),
        (
            vec![("metadata", r#"[{"flavor": "dublincore/series", "fields": []}]"#)],
            "title",
        ),
        (
            vec![(
                "metadata",
                r#"[{"flavor": "dublincore/series", "fields": [{"id": "title", "value": ""}]}]"#,
            )],
            "title",
        ),
        (
            vec![(
                "metadata",
                r#"[{"flavor": "dublincore/series", "fields": [{"id": "colour", "value": ""}]}]"#,
            )],
            "colour",
        ),
        (
            vec![(
                "metadata",
                r#"[{"flavor": "dublincore/series", "fields": [{"id": "subjects", "value": "a"}]}]"#,
            )],
            "subjects",
        ),
        (
            vec![(
                "metadata",
                r#"[{"flavor": "dublincore/series", "fields": [{"id": "title", "value": "a"}, {"id": "createdBy", "value": "me"}]}]"#,
            )],
            "createdBy",
        ),
        (vec![("metadata", MATHS), ("acl", "[{]")], "acl"),
        (
            vec![("metadata", MATHS), ("acl", r#"[{"role": "r", "action": "a"}]"#)],
            "allow",
        ),
    ];
    for (fields, named) in cases {
        let answer = client().submit("POST", "/api/series", &fields);
        assert_eq!(answer.status, 400, "{fields:?}");
        assert!(answer.text.contains(named), "{} does not name {named}", answer.text);
        assert_eq!(answer.header("content-type"), Some("text/plain;charset=utf-8"));
    }
}

#[test]
fn a_body_that_is_no_form_is_not_supported() {
    let answer = client().exchange("POST", "/api/series", Some("application/json"), "{}");
    assert_eq!(answer.status, 415);
}

#[test]
fn a_series_that_may_not_be_read_is_as_good_as_none() {
    let client = with_maths();
    let stranger = client.identified("eve", &["ROLE_OTHER"]);
    for path in [
        "/api/series/maths",
        "/api/series/maths/acl",
        "/api/series/maths/metadata",
        "/api/series/none",
    ] {
        let answer = stranger.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.text.starts_with("Cannot find a series with id '"),
            "{}",
            answer.text
        );
    }
    assert_eq!(
        client
            .identified("bob", &["ROLE_STUDENT"])
            .get("/api/series/maths")
            .status,
        200
    );
}

#[test]
fn who_may_read_but_not_write_is_unauthorized_and_who_may_not_read_finds_nothing() {
    let client = with_maths();
    let title = r#"[{"id": "title", "value": "Mine"}]"#;
    let attempts = |client: &Client| {
        [
            client.send("DELETE", "/api/series/maths"),
            client.submit("PUT", "/api/series/maths/acl", &[("acl", "[]")]),
            client.submit(
                "PUT",
                "/api/series/maths/metadata?type=dublincore/series",
                &[("metadata", title)],
            ),
        ]
    };
    for answer in attempts(&client.identified("bob", &["ROLE_STUDENT"])) {
        assert_eq!((answer.status, answer.text.as_str()), (401, "unauthorized"));
    }
    for answer in attempts(&client.identified("eve", &[])) {
        assert_eq!(answer.status, 404);
    }
    assert_eq!(client.get("/api/series/maths").json()["title"], "Advanced Mathematics");
}

#[test]
fn a_deleted_series_is_gone() {
    let client = with_maths();
    let answer = client
        .identified("tom", &["ROLE_TEACHER"])
        .send("DELETE", "/api/series/maths");
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(client.get("/api/series/maths").status, 404);
    assert_eq!(client.send("DELETE", "/api/series/maths").status, 404);
    assert_eq!(client.get("/api/series").text, "[]");
}

#[test]
fn version_1_0_0_has_fewer_members() {
    let answer = with_maths().speaking("1.0.0").get("/api/series/maths?withacl=true");
    let series = answer.json();
    let names: Vec<&String> = series.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
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
            "title"
        ]
    );
}

#[test]
fn a_client_that_has_the_series_already_is_told_so() {
    let client = with_maths();
    let answer = client.get("/api/series/maths");
    let tag = answer.header("etag").unwrap();
    let again = client.with_header("if-none-match", tag).get("/api/series/maths");
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(again.header("etag"), Some(tag));
    assert_eq!(
        client
            .speaking("1.0.0")
            .with_header("if-none-match", tag)
            .get("/api/series/maths")
            .status,
        200
    );
    create(&client, r#"{"id": "title", "value": "Other"}"#);
    assert_eq!(
        client.with_header("if-none-match", tag).get("/api/series/maths").status,
        304
    );
    client.submit("PUT", "/api/series/maths/acl", &[("acl", "[]")]);
    assert_eq!(
        client.with_header("if-none-match", tag).get("/api/series/maths").status,
        200
    );
}

#[test]
fn a_change_may_depend_on_the_state_that_the_client_knows() {
    let client = with_maths();
    let tag = client.get("/api/series/maths").header("etag").unwrap().to_owned();
    let change = |tag: &str| {
        client
            .with_header("if-match", tag)
            .urlencoded("PUT", "/api/series/maths/acl", &[("acl", ACL)])
    };
    assert_eq!(change(&tag).status, 200);
    assert_eq!(change(&tag).status, 412, "the change itself made a new state");
    assert_eq!(change("\"nothing\"").status, 412);
    let now = client.get("/api/series/maths").header("etag").unwrap().to_owned();
    assert_eq!(change(&format!("{tag}, {now}")).status, 200);
    assert_eq!(change("*").status, 200);
}

#[test]
fn problem_details_are_given_to_those_who_ask() {
    let client = with_maths().with_header("accept", "application/v1.11.0+json, application/problem+json");
    let answer = client.get("/api/series?filter=colour:red");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(
        (&problem["status"], &problem["errors"][0]["parameter"]),
        (&json!(400), &json!("filter"))
    );
    assert_eq!(
        client.get("/api/series/maths").header("content-type"),
        Some("application/v1.11.0+json")
    );
}
