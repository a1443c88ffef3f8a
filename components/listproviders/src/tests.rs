use lectern_handler::fake::Client;
use serde_json::{Value, json};

use super::*;

fn client(lists: &[(&str, &[(&str, &str)])]) -> Client {
    let client = Client::of(&APP);
    for (name, entries) in lists {
        let entries = entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let mut store = client.backend.store.borrow_mut();
        store.lists.insert((*name).to_owned(), entries.collect());
    }
    client
}

fn languages() -> Client {
    client(&[("LANGUAGES", &[("deu", "GERMAN"), ("eng", "ENGLISH"), ("fra", "FRENCH")])])
}

#[test]
fn the_names_of_the_lists_are_an_array_in_an_array() {
    let client = client(&[("SERIES", &[]), ("LICENSES", &[])]);
    let answer = client.get("/api/listproviders/providers.json");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    assert_eq!(answer.json(), json!([["LICENSES", "SERIES"]]));
}

#[test]
fn a_list_is_an_object_in_the_order_of_the_list() {
    for path in [
        "/api/listproviders/LANGUAGES.json",
        "/api/listproviders/LANGUAGES.json/",
    ] {
        let answer = languages().get(path);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.text, r#"{"deu":"GERMAN","eng":"ENGLISH","fra":"FRENCH"}"#);
    }
}

#[test]
fn a_list_without_entries_is_an_empty_object() {
    assert_eq!(
        client(&[("EMPTY", &[])]).get("/api/listproviders/EMPTY.json").text,
        "{}"
    );
}

#[test]
fn values_are_texts_whose_json_can_stand_in_html() {
    let client = client(&[("L", &[("<a&'b'>", "{\"label\": \"x=1\u{2028}\"}")])]);
    let answer = client.get("/api/listproviders/L.json");
    assert_eq!(
        answer.text,
        r#"{"\u003ca\u0026\u0027b\u0027\u003e":"{\"label\": \"x\u003d1\u2028\"}"}"#
    );
    assert_eq!(answer.json(), json!({"<a&'b'>": "{\"label\": \"x=1\u{2028}\"}"}));
}

#[test]
fn a_part_of_a_list_can_be_asked_for() {
    for (query, expected) in [
        ("limit=2", r#"{"deu":"GERMAN","eng":"ENGLISH"}"#),
        ("limit=1&offset=1", r#"{"eng":"ENGLISH"}"#),
        ("offset=2", r#"{"fra":"FRENCH"}"#),
        ("offset=3", "{}"),
        (
            "limit=0&offset=-1&filter=",
            r#"{"deu":"GERMAN","eng":"ENGLISH","fra":"FRENCH"}"#,
        ),
        (
            "filter=textFilter:x",
            r#"{"deu":"GERMAN","eng":"ENGLISH","fra":"FRENCH"}"#,
        ),
    ] {
        let answer = languages().get(&format!("/api/listproviders/LANGUAGES.json?{query}"));
        assert_eq!(answer.text, expected, "{query}");
    }
}

#[test]
fn a_list_that_comes_in_many_parts_is_one_object() {
    let client = languages();
    client.backend.store.borrow_mut().page_size = Some(1);
    let whole = client.get("/api/listproviders/LANGUAGES.json").json();
    assert_eq!(whole, languages().get("/api/listproviders/LANGUAGES.json").json());
    assert_eq!(
        client.get("/api/listproviders/LANGUAGES.json?limit=2").text,
        r#"{"deu":"GERMAN","eng":"ENGLISH"}"#
    );
}

#[test]
fn a_list_that_breaks_off_is_no_json() {
    let client = languages();
    client.backend.store.borrow_mut().page_size = Some(1);
    client.backend.store.borrow_mut().failures = vec![Some(Reason::Fault), None];
    assert_eq!(client.get("/api/listproviders/LANGUAGES.json").json(), Value::Null);
}

#[test]
fn an_unknown_list_is_not_found_and_the_answer_is_empty() {
    for name in ["LICENSES", "languages", "", "LANGUAGES.json"] {
        let answer = languages().get(&format!("/api/listproviders/{name}.json"));
        assert_eq!((answer.status, answer.text.as_str()), (404, ""), "{name}");
        assert_eq!(answer.header("content-type"), Some("text/plain;charset=utf-8"));
    }
    let client = languages().with_header("accept", "application/problem+json");
    let details = client.get("/api/listproviders/LICENSES.json");
    assert_eq!(details.json()["status"], 404);
    assert!(details.json()["detail"].as_str().unwrap().contains("LICENSES"));
}

#[test]
fn a_list_is_asked_for_with_its_ending() {
    for path in [
        "/api/listproviders/LANGUAGES",
        "/api/listproviders",
        "/api/listproviders/LANGUAGES.xml",
    ] {
        assert_eq!(languages().get(path).status, 404, "{path}");
    }
}

#[test]
fn numbers_that_are_none_are_named() {
    let answer = languages().get("/api/listproviders/LANGUAGES.json?limit=abc");
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("'limit'"), "{}", answer.text);
}

#[test]
fn lists_are_there_since_version_1_10() {
    for (version, status) in [("1.9.0", 406), ("1.10.0", 200), ("1.11.0", 200)] {
        for path in ["/api/listproviders/LANGUAGES.json", "/api/listproviders/providers.json"] {
            let answer = languages().speaking(version).get(path);
            assert_eq!(answer.status, status, "{version} {path}");
        }
    }
    let answer = languages().speaking("1.10.0").get("/api/listproviders/LANGUAGES.json");
    assert_eq!(answer.header("content-type"), Some("application/v1.10.0+json"));
}

#[test]
fn lists_are_only_read() {
    let answer = languages().send("POST", "/api/listproviders/LANGUAGES.json");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
}
