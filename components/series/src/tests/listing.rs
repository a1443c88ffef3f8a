use serde_json::json;

use super::{client, create, with_maths};
use lectern_handler::fake::Client;

/// A tenant with three series.
fn library() -> Client {
    let client = with_maths();
    create(
        &client,
        r#"{"id": "identifier", "value": "physics"}, {"id": "title", "value": "Basics of Physics"},
           {"id": "subject", "value": "Physics"}, {"id": "creator", "value": ["Dr. Who"]},
           {"id": "contributor", "value": ["Dr. Who"]}, {"id": "publisher", "value": ["Doctor Who"]}"#,
    );
    create(
        &client,
        r#"{"id": "identifier", "value": "zoo"}, {"id": "title", "value": "Animals, small: a view"}"#,
    );
    client
}

fn found(query: &str) -> Vec<String> {
    let answer = library().get(&format!("/api/series?{query}"));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer.column("identifier")
}

fn refused(query: &str) -> String {
    let answer = library().get(&format!("/api/series?{query}"));
    assert_eq!(answer.status, 400, "{query}: {}", answer.text);
    answer.text
}

#[test]
fn an_empty_list_is_an_empty_array() {
    for path in ["/api/series", "/api/series/"] {
        let answer = client().get(path);
        assert_eq!((answer.status, answer.text.as_str()), (200, "[]"));
        assert_eq!(answer.header("x-total-count"), Some("0"));
        assert_eq!(answer.header("content-length"), Some("2"));
    }
}

#[test]
fn a_listed_series_has_the_members_of_its_version() {
    let client = with_maths();
    let newest = client.get("/api/series").json();
    assert_eq!(newest[0]["description"], "This is a advanced mathematics course");
    assert!(newest[0].get("organization").is_none());
    let first = client.speaking("1.0.0").get("/api/series").json();
    let names: Vec<&String> = first[0].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "contributors",
            "created",
            "creator",
            "identifier",
            "organizers",
            "publishers",
            "subjects",
            "title"
        ]
    );
}

#[test]
fn filters_test_their_field() {
    let maths = ["maths"];
    for filter in [
        "title:Advanced%20Mathematics",
        "identifier:maths",
        "description:This is a advanced mathematics course",
        "organizers:Prof. X",
        "contributors:Maria%20M%C3%BCller",
        "publishers:University of Prof. X",
        "language:deu",
        "license:CC-BY",
        "rightsholder:Prof. X",
        "textFilter:m%C3%BCller",
        "organizers:Prof. X,language:deu",
    ] {
        assert_eq!(
            found(&format!("filter={}", filter.replace(' ', "+"))),
            maths,
            "{filter}"
        );
    }
    assert_eq!(
        found("filter=organizers:Prof.+X,organizers:Dr.+Who"),
        ["maths", "physics"]
    );
    assert_eq!(found("filter=organizers:Prof.+X,language:eng"), Vec::<String>::new());
    assert_eq!(found(r"filter=title:Animals\,+small\:+a+view"), ["zoo"]);
    assert_eq!(found("filter=creator:Display+name+of+admin").len(), 3);
    assert_eq!(found("filter=Creator:Display+name+of+admin").len(), 3);
}

#[test]
fn both_spellings_of_the_creation_date_filter_work() {
    for name in ["CreationDate", "creationDate"] {
        let period = "2018-03-19T16:11:48.000Z/2018-03-19T16:11:48Z";
        assert_eq!(found(&format!("filter={name}:{period}")).len(), 3);
        assert_eq!(
            found(&format!("filter={name}:2018-03-19T16:11:49Z/2019-01-01T00:00:00Z")).len(),
            0
        );
        assert!(refused(&format!("filter={name}:2018-03-19T16:11:48Z")).contains(name));
    }
}

#[test]
fn only_the_first_filter_parameter_counts() {
    assert_eq!(found("filter=&filter=identifier:zoo&filter=identifier:maths"), ["zoo"]);
}

#[test]
fn empty_parameters_and_filters_without_a_value_do_nothing() {
    assert_eq!(found("filter=&sort=&limit=&offset=").len(), 3);
    assert_eq!(found("filter=title:").len(), 3);
}

#[test]
fn unknown_filters_are_refused_except_in_1_0_0() {
    assert!(refused("filter=colour:red").contains("'colour'"));
    let answer = library().speaking("1.0.0").get("/api/series?filter=publishers:nobody");
    assert_eq!((answer.status, answer.column("identifier").len()), (200, 3));
}

#[test]
fn sorts_follow_their_field() {
    assert_eq!(found("sort=title:ASC"), ["maths", "zoo", "physics"]);
    assert_eq!(found("sort=title:descending"), ["physics", "zoo", "maths"]);
    assert_eq!(
        found("sort=creator:ASC"),
        ["physics", "maths", "zoo"],
        "creator sorts by organizers"
    );
    assert_eq!(found("sort=created:ASC,title:DESC"), ["physics", "zoo", "maths"]);
    assert!(refused("sort=publishers:ASC").contains("publishers"));
    assert!(refused("sort=title").contains("title"));
}

#[test]
fn without_a_limit_there_are_at_most_a_hundred() {
    let client = client();
    for number in 0..120 {
        let title = format!(r#"{{"id": "title", "value": "{number}"}}"#);
        assert_eq!(create(&client, &title).status, 201);
    }
    for (query, expected) in [
        ("", 100),
        ("?limit=0", 100),
        ("?limit=-1", 100),
        ("?limit=110", 110),
        ("?offset=30", 90),
    ] {
        let answer = client.get(&format!("/api/series{query}"));
        assert_eq!(answer.json().as_array().unwrap().len(), expected, "{query}");
        assert_eq!(answer.header("x-total-count"), Some("120"));
    }
    assert_eq!(client.get("/api/series?offset=120").text, "[]");
    assert!(refused("limit=many").contains("'limit'"));
}

#[test]
fn links_lead_from_page_to_page() {
    let client = library();
    let answer = client.get("/api/series?sort=title:ASC&limit=1&offset=1");
    assert_eq!(answer.column("identifier"), ["zoo"]);
    let link = answer.header("link").unwrap();
    let base = "<http://localhost:8080/api/series?sort=title%3AASC&limit=1";
    assert_eq!(
        link,
        format!(
            "{base}>; rel=\"first\", {base}>; rel=\"prev\", {base}&cursor=2>; rel=\"next\", {base}&offset=2>; rel=\"last\""
        )
    );
    let next = client.get("/api/series?sort=title%3AASC&limit=1&cursor=2");
    assert_eq!(next.column("identifier"), ["physics"]);
    assert!(
        !next.header("link").unwrap().contains("next"),
        "{:?}",
        next.header("link")
    );
}

#[test]
fn access_lists_are_included_on_request_since_1_5_0() {
    let client = with_maths();
    let answer = client.get("/api/series?withacl=True").json();
    assert_eq!(
        answer[0]["acl"][0],
        json!({"allow": true, "action": "write", "role": "ROLE_TEACHER"})
    );
    assert!(client.get("/api/series").json()[0].get("acl").is_none());
    assert!(
        client.speaking("1.4.0").get("/api/series?withacl=true").json()[0]
            .get("acl")
            .is_none()
    );
}

#[test]
fn a_user_sees_what_they_may_read_and_on_request_only_what_they_may_write() {
    let client = library();
    let student = client.identified("bob", &["ROLE_STUDENT"]);
    assert_eq!(student.get("/api/series").column("identifier"), ["maths"]);
    assert_eq!(
        student
            .get("/api/series?onlyWithWriteAccess=true&filter=language:deu")
            .text,
        "[]"
    );
    let teacher = client.identified("tom", &["ROLE_TEACHER"]);
    let writable = teacher.get("/api/series?onlyWithWriteAccess=true&filter=language:deu");
    assert_eq!(writable.column("identifier"), ["maths"]);
}
