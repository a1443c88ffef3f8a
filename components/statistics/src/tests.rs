use lectern_handler::api::Provider;
use lectern_handler::fake::{Answer, Client};
use serde_json::{Value, json};

use crate::APP;

mod export;

fn provider(identifier: &str, resource_type: &str) -> Provider {
    Provider {
        identifier: identifier.to_owned(),
        title: format!("Views by {resource_type}"),
        description: String::new(),
        resource_type: resource_type.to_owned(),
        resolutions: vec!["daily".to_owned(), "yearly".to_owned()],
    }
}

/// A series with two events; students may read one of them, and the series. 2019-04-10 is day 17996.
fn client() -> Client {
    let client = Client::of(&APP);
    let fake = &client.backend;
    fake.add_series("s", "Series", &[("ROLE_STUDENT", "read")]);
    fake.add_event(
        "a",
        &[("title", "A, first"), ("is_part_of", "s")],
        Some(&[("ROLE_STUDENT", "read")]),
    );
    fake.add_event("b", &[("title", "B"), ("is_part_of", "s")], Some(&[]));
    fake.add_event("c", &[("title", "C")], Some(&[]));
    let mut store = fake.store.borrow_mut();
    store.statistics = ["episode", "series", "organization"]
        .map(|kind| provider(&format!("{kind}.views"), kind))
        .into();
    store.views = [("a", 17996), ("a", 17996), ("a", 17998), ("b", 17997), ("s", 17996)]
        .map(|(resource, day)| (resource.to_owned(), day))
        .into();
    drop(store);
    client
}

fn query(provider: &str, resource: &str) -> Value {
    json!({
        "provider": { "identifier": provider },
        "parameters": {
            "resourceId": resource, "from": "2019-04-10T13:45:32Z", "to": "2019-04-12T00:00:00.000Z", "dataResolution": "DAILY",
        },
    })
}

fn ask(client: &Client, queries: &Value) -> Answer {
    client.submit("POST", "/api/statistics/data/query", &[("data", &queries.to_string())])
}

#[test]
fn providers_are_listed_and_filtered_by_what_they_are_about() {
    let client = client();
    let all = client.get("/api/statistics/providers");
    assert_eq!(all.status, 200);
    assert_eq!(
        all.column("identifier"),
        ["episode.views", "series.views", "organization.views"]
    );
    let some = client.get("/api/statistics/providers?filter=resourceType:SERIES,odd,a:b:c");
    assert_eq!(
        some.json(),
        json!([{
            "identifier": "series.views", "title": "Views by series", "description": "", "type": "timeseries",
            "resourceType": "series",
        }])
    );
    for (filter, text) in [
        ("colour:red", "Unknown filter"),
        ("resourceType:pie", "Invalid value for 'resourceType'"),
    ] {
        let answer = client.get(&format!("/api/statistics/providers?filter={filter}"));
        assert_eq!((answer.status, answer.text.as_str()), (400, text));
    }
}

#[test]
fn a_provider_says_what_can_be_asked_of_it() {
    let client = client();
    let shown = client
        .get("/api/statistics/providers/series.views?withparameters=true")
        .json();
    let parameter = |name, kind| json!({ "name": name, "type": kind, "optional": false });
    assert_eq!(
        shown["parameters"],
        json!([
            parameter("resourceId", "string"),
            parameter("from", "datetime"),
            parameter("to", "datetime"),
            { "name": "dataResolution", "type": "enumeration", "optional": false, "values": ["daily", "yearly"] },
            { "name": "detailLevel", "type": "enumeration", "optional": true, "values": ["organization", "series", "episode"] },
        ])
    );
    let missing = client.get("/api/statistics/providers/nonsense");
    assert_eq!(
        (missing.status, missing.text.as_str()),
        (404, "Cannot find a statistics provider with id 'nonsense'.")
    );
}

#[test]
fn queries_are_answered_in_their_order_with_what_was_asked() {
    let client = client();
    let answer = ask(
        &client,
        &json!([query("episode.views", "a"), query("series.views", "s")]),
    );
    assert_eq!(answer.status, 200);
    let answers = answer.json();
    assert_eq!(
        answers[0],
        json!({
            "provider": { "identifier": "episode.views", "type": "timeseries", "resourceType": "episode" },
            "parameters": query("episode.views", "a")["parameters"],
            "data": {
                "labels": ["2019-04-10T00:00:00Z", "2019-04-11T00:00:00Z", "2019-04-12T00:00:00Z"],
                "values": [2.0, 0.0, 1.0], "total": 3.0,
            },
        })
    );
    assert_eq!(answers[1]["data"]["values"], json!([1.0, 0.0, 0.0]));
    assert!(answer.text.contains("[2.0,0.0,1.0]"), "{}", answer.text);
    assert_eq!(ask(&client, &json!([])).json(), json!([]));
}

#[test]
fn who_may_not_read_a_resource_is_unauthorized() {
    let client = client();
    let student = client.identified("student", &["ROLE_STUDENT"]);
    assert_eq!(ask(&student, &json!([query("episode.views", "a")])).status, 200);
    for forbidden in [
        query("episode.views", "b"),
        query("episode.views", "gone"),
        query("series.views", "gone"),
        query("organization.views", "mh_default_org"),
    ] {
        let answer = ask(&student, &json!([query("episode.views", "a"), forbidden]));
        assert_eq!((answer.status, answer.text.as_str()), (401, "unauthorized"));
    }
}

#[test]
fn what_is_wrong_with_a_query_is_said_in_upstreams_words() {
    let client = client();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut query = query("episode.views", "a");
        change(&mut query);
        json!([query]).to_string()
    };
    let parameter = |name: &'static str, value: Value| with(&move |query| query["parameters"][name] = value.clone());
    for (data, reason) in [
        (" ".to_owned(), "No query data provided"),
        ("{}".to_owned(), "JSON malformed"),
        ("[1]".to_owned(), "JSON malformed"),
        ("[{".to_owned(), "JSON malformed"),
        (
            with(&|query| query["provider"] = json!(null)),
            "Identifier of provider is missing",
        ),
        (
            with(&|query| query["provider"]["identifier"] = json!("x")),
            "Provider not found",
        ),
        (
            with(&|query| query["parameters"] = json!(1)),
            "Parameter 'resourceId' is missing",
        ),
        (parameter("resourceId", json!("")), "Parameter 'resourceId' is missing"),
        (parameter("from", json!(null)), "Parameter 'from' is missing"),
        (parameter("to", json!(3)), "Parameter 'to' is missing"),
        (
            parameter("dataResolution", json!(null)),
            "Parameter 'dataResolution' is missing",
        ),
        (
            parameter("from", json!("2019-04-10")),
            "Parameter 'from' not in ISO 8601 UTC format",
        ),
        (
            parameter("to", json!("2019-04-12T00:00:00+02:00")),
            "Parameter 'to' not in ISO 8601 UTC format",
        ),
        (
            parameter("dataResolution", json!("hourly")),
            "Illegal value for 'resolution'",
        ),
        (
            parameter("detailLevel", json!("pie")),
            "Illegal value for 'detailLevel'",
        ),
        (
            parameter("from", json!("2019-04-12T00:00:00Z")),
            "'from' date must be before 'to' date",
        ),
    ] {
        let answer = client.submit("POST", "/api/statistics/data/query", &[("data", &data)]);
        assert_eq!(answer.status, 400, "{data}");
        let expected = format!("Unable to parse form parameter 'data': {reason}");
        assert!(answer.text.starts_with(&expected), "{data}: {}", answer.text);
    }
    let missing = client.submit("POST", "/api/statistics/data/query", &[]);
    assert_eq!(missing.status, 400);
    let details = client.with_header("accept", "application/problem+json, */*").submit(
        "POST",
        "/api/statistics/data/query",
        &[("data", &parameter("from", json!("x")))],
    );
    assert_eq!(details.json()["errors"][0]["pointer"], "#/data/0/parameters/from");
}

#[test]
fn statistics_came_with_1_3_0_and_tables_with_1_4_0() {
    let client = client();
    assert_eq!(client.speaking("1.2.0").get("/api/statistics/providers").status, 406);
    let data = query("episode.views", "a").to_string();
    for (version, status) in [("1.3.0", 406), ("1.4.0", 200), ("1.10.0", 200), ("1.11.0", 200)] {
        let client = client.speaking(version);
        assert_eq!(client.get("/api/statistics/providers").status, 200);
        let answer = client.submit("POST", "/api/statistics/data/export.csv", &[("data", &data)]);
        assert_eq!(answer.status, status, "{version}");
    }
}
