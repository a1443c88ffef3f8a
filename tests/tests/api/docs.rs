//! `/api/openapi.json`, the description of the API, and `/api/docs`, the page that shows it. That the description is true is checked with
//! every request of every test.

use lectern_tests::fixture::{ADMIN, NORTH, READER, SOUTH, each_tenant};
use serde_json::{Value, json};

use crate::roles::TABLE;

fn description() -> Value {
    NORTH.anonymous().get("/api/openapi.json").send().expect(200).json()
}

#[test]
fn the_description_is_open_to_everybody_and_the_same_for_all_tenants() {
    let north = NORTH.anonymous().get("/api/openapi.json").send().expect(200);
    assert_eq!(north.header("content-type"), Some("application/json"));
    assert_eq!(north.json()["openapi"], "3.1.0");
    let south = SOUTH.anonymous().get("/api/openapi.json").send().expect(200);
    assert_eq!(north.body, south.body);
    let again = NORTH.anonymous().get("/api/openapi.json");
    again
        .header("if-none-match", north.header("etag").expect("a tag"))
        .send()
        .expect(304);
}

#[test]
fn the_description_names_the_roles_that_count() {
    let description = description();
    let paths = description["paths"].as_object().expect("paths");
    let mut described = 0;
    for (pattern, operations) in paths {
        for (method, operation) in operations.as_object().expect("operations") {
            let Some(roles) = operation.get("x-required-roles") else {
                assert_eq!(pattern, "/api", "only this is open");
                continue;
            };
            let segments = pattern
                .split('/')
                .map(|segment| if segment.starts_with('{') { "none" } else { segment });
            let path = segments.collect::<Vec<_>>().join("/");
            let row = TABLE
                .iter()
                .find(|(known, row, _)| known.eq_ignore_ascii_case(method) && covers(row, &path));
            let (_, _, expected) = row.unwrap_or_else(|| panic!("{method} {path} is not in the table"));
            assert_eq!(roles, &json!(expected), "{method} {path}");
            described += 1;
        }
    }
    assert!(described > 40, "{described} operations");
}

/// Whether a row of the table, with its examples of identifiers, is about this path.
fn covers(row: &str, path: &str) -> bool {
    let (mut row, mut path) = (row.split('/'), path.split('/'));
    loop {
        match (row.next(), path.next()) {
            (None, None) => return true,
            (Some(example), Some(segment)) if example == segment || example == "none" => {}
            _ => return false,
        }
    }
}

#[test]
fn the_page_comes_with_all_its_files_and_fetches_nothing_from_elsewhere() {
    let page = NORTH.anonymous().get("/api/docs").send().expect(200);
    assert_eq!(page.header("content-type"), Some("text/html;charset=utf-8"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let text = page.text();
    assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
    for file in text.split('"').filter(|part| part.starts_with("/api/docs/")) {
        NORTH.anonymous().get(file).send().expect(200);
    }
    NORTH.anonymous().get("/api/docs/none.js").send().expect(404);
    NORTH.anonymous().request("POST", "/api/docs").send().expect(401);
}

#[test]
fn a_tenants_capabilities_are_its_own() {
    each_tenant(|tenant| {
        let answer = tenant.user(READER).get("/api/capabilities").send().expect(200).json();
        assert_eq!(answer["organization"], tenant.id);
        assert_eq!(answer["features"]["cursors"], true);
        assert_eq!(answer["features"]["signed-urls"], false);
        assert!(answer["limits"]["upload-bytes"].as_u64() > Some(0), "{answer}");
        assert_eq!(answer["metadata"]["events"][0], "dublincore/episode");
        tenant.user(ADMIN).get("/api/capabilities/").send().expect(200);
    });
}
