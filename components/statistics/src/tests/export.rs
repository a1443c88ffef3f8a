use lectern_handler::fake::{Answer, Client};
use serde_json::{Value, json};

use super::{client, query};

fn export(client: &Client, provider: &str, resource: &str, level: Option<&str>, others: &[(&str, &str)]) -> Answer {
    let mut data = query(provider, resource);
    if let Some(level) = level {
        data["parameters"]["detailLevel"] = json!(level);
    }
    let data = data.to_string();
    let fields: Vec<(&str, &str)> = [("data", data.as_str())]
        .into_iter()
        .chain(others.iter().copied())
        .collect();
    client.submit("POST", "/api/statistics/data/export.csv", &fields)
}

fn table(answer: &Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let Value::String(csv) = answer.json()["csv"].clone() else {
        panic!("{}", answer.text)
    };
    assert!(csv.is_empty() || csv.ends_with("\r\n"), "{csv:?}");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
    reader
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

/// The first, the last but one and the last cell of every line, and the title.
fn lines(answer: &Answer) -> Vec<String> {
    let table = table(answer);
    let title = table[0].iter().position(|name| name == "title");
    table
        .iter()
        .map(|line| {
            let [id, .., date, value] = line.as_slice() else {
                panic!("{line:?}")
            };
            let title = title.map_or("", |title| &line[title]);
            format!("{id} {title} {date} {value}")
        })
        .collect()
}

#[test]
fn the_tenant_as_a_whole_has_a_name_dates_and_values() {
    let answer = export(&client(), "organization.views", "mh_default_org", None, &[]);
    assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
    assert_eq!(
        table(&answer)[..2],
        [
            ["ID", "Name", "Date", "Value"],
            ["mh_default_org", "Opencast Project", "2019-04-10", "0.0"]
        ]
    );
}

#[test]
fn an_event_is_described_by_its_metadata() {
    let answer = export(&client(), "episode.views", "a", None, &[]);
    let header = &table(&answer)[0];
    assert_eq!(header[..4], ["ID", "title", "subjects", "description"]);
    assert_eq!(header[header.len() - 3..], ["identifier", "Date", "Value"]);
    assert_eq!(
        lines(&answer),
        [
            "ID title Date Value",
            "a A, first 2019-04-10 2.0",
            "a A, first 2019-04-11 0.0",
            "a A, first 2019-04-12 1.0"
        ]
    );
}

#[test]
fn a_finer_level_lists_what_belongs_to_the_resource() {
    let client = client();
    let of_series = export(&client, "series.views", "s", Some("EPISODE"), &[]);
    let events: Vec<String> = table(&of_series)
        .iter()
        .skip(1)
        .step_by(3)
        .map(|line| line[0].clone())
        .collect();
    assert_eq!(events, ["a", "b"]);
    let of_tenant = export(&client, "organization.views", "mh_default_org", Some("episode"), &[]);
    assert_eq!(lines(&of_tenant).len(), 10);
    let series = export(&client, "organization.views", "mh_default_org", Some("series"), &[]);
    assert_eq!(lines(&series)[1], "s Series 2019-04-10 1.0");
    for coarser in [Some("organization"), Some("series"), None] {
        let own = export(&client, "series.views", "s", coarser, &[]);
        assert_eq!(
            lines(&own)[1..],
            [
                "s Series 2019-04-10 1.0",
                "s Series 2019-04-11 0.0",
                "s Series 2019-04-12 0.0"
            ]
        );
    }
}

#[test]
fn only_what_the_user_may_read_is_listed() {
    let student = client().identified("student", &["ROLE_STUDENT"]);
    let answer = export(&student, "series.views", "s", Some("episode"), &[]);
    assert_eq!(lines(&answer).len(), 4);
    let refused = export(&student, "organization.views", "mh_default_org", Some("episode"), &[]);
    assert_eq!((refused.status, refused.text.as_str()), (401, "unauthorized"));
}

#[test]
fn a_list_is_filtered_and_paged_and_only_the_first_page_has_a_header() {
    let client = client();
    let page = |others: &[(&str, &str)]| {
        let answer = export(&client, "organization.views", "mh_default_org", Some("episode"), others);
        let table = table(&answer);
        table.into_iter().map(|line| line[0].clone()).collect::<Vec<_>>()
    };
    assert_eq!(page(&[("limit", "1")]), ["ID", "a", "a", "a"]);
    assert_eq!(page(&[("limit", "1"), ("offset", "1")]), ["b", "b", "b"]);
    assert_eq!(
        page(&[("limit", "0"), ("offset", "-7"), ("filter", "title:C")]),
        ["ID", "c", "c", "c"]
    );
    assert_eq!(page(&[("filter", "series:nonsense")]), ["ID"]);
    let own = export(&client, "episode.views", "a", None, &[("offset", "1")]);
    assert_eq!(own.json(), json!({ "csv": "" }));
}

#[test]
fn many_resources_are_read_page_by_page() {
    let client = client();
    client.backend.store.borrow_mut().page_size = Some(1);
    let answer = export(
        &client,
        "organization.views",
        "mh_default_org",
        Some("episode"),
        &[("limit", "2")],
    );
    assert_eq!(table(&answer).len(), 7);
}

#[test]
fn what_is_wrong_with_the_form_is_named() {
    let client = client();
    for (name, text) in [("limit", "abc"), ("offset", "1.5"), ("filter", "colour:red")] {
        let answer = export(
            &client,
            "organization.views",
            "mh_default_org",
            Some("series"),
            &[(name, text)],
        );
        assert_eq!(answer.status, 400, "{name}");
        assert!(
            answer.text.contains(name) || answer.text.contains("'colour'"),
            "{}",
            answer.text
        );
    }
}
