use lectern_handler::api::Value;
use serde_json::json;

use super::{create, set, with_event};

#[test]
fn an_event_has_the_members_and_types_that_clients_know() {
    let (client, path) = with_event();
    let event = client.get(&path);
    assert_eq!(event.header("content-type"), Some("application/v1.11.0+json"));
    assert_eq!(
        event.json(),
        json!({
            "identifier": path.rsplit('/').next(),
            "title": "Captivating title",
            "description": "A great description",
            "creator": "Display name of admin",
            "presenter": [],
            "contributor": [],
            "subjects": ["John Clark", "Thiago Melo Costa"],
            "location": "",
            "created": "2016-06-22T13:30:00Z",
            "start": "2016-06-22T13:30:00Z",
            "duration": 0,
            "has_previews": false,
            "publication_status": [],
            "processing_state": "",
            "language": "",
            "rightsholder": "",
            "license": "",
            "is_part_of": "",
            "series": "",
            "source": "",
            "status": ""
        })
    );
}

#[test]
fn version_1_0_0_has_fewer_members() {
    let (client, path) = with_event();
    let event = client
        .speaking("1.0.0")
        .get(&format!("{path}?withscheduling=true"))
        .json();
    let names: Vec<&String> = event.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "contributor",
            "created",
            "creator",
            "description",
            "has_previews",
            "identifier",
            "location",
            "presenter",
            "processing_state",
            "publication_status",
            "start",
            "subjects",
            "title"
        ]
    );
}

#[test]
fn what_the_host_knows_besides_is_shown() {
    let (client, path) = with_event();
    set(&client, &path, "archive_version", Value::Number(3));
    set(&client, &path, "has_previews", Value::Flag(true));
    set(&client, &path, "processing_state", Value::Text("SUCCEEDED".to_owned()));
    set(
        &client,
        &path,
        "publication_status",
        Value::Texts(vec!["internal".to_owned(), "api".to_owned()]),
    );
    let event = client.get(&path).json();
    assert_eq!(event["archive_version"], 3);
    assert_eq!(event["has_previews"], true);
    assert_eq!(event["processing_state"], "SUCCEEDED");
    assert_eq!(event["publication_status"], json!(["internal", "api"]));
}

#[test]
fn start_and_duration_are_those_of_the_recording_before_1_4_0_and_of_the_metadata_since() {
    let (client, path) = with_event();
    let times = |version: &str| {
        let event = client.speaking(version).get(&path).json();
        (event["start"].clone(), event.get("duration").cloned())
    };
    let bibliographic = json!("2016-06-22T13:30:00Z");
    assert_eq!(times("1.3.0"), (bibliographic.clone(), None));
    set(&client, &path, "technical_start", Value::Number(0));
    set(&client, &path, "technical_end", Value::Number(60_000));
    assert_eq!(times("1.3.0"), (json!("1970-01-01T00:00:00Z"), Some(json!(60_000))));
    assert_eq!(times("1.4.0"), (bibliographic.clone(), Some(json!(0))));
    set(&client, &path, "duration", Value::None);
    assert_eq!(times("1.4.0"), (bibliographic, Some(json!(null))));
    set(&client, &path, "start", Value::None);
    set(&client, &path, "created", Value::Number(1000));
    assert_eq!(times("1.11.0").0, "1970-01-01T00:00:01Z");
}

#[test]
fn what_the_client_asks_for_is_included() {
    let (client, path) = with_event();
    let all = "?withacl=true&withmetadata=TRUE&withscheduling=True&withpublications=true";
    let event = client.get(&format!("{path}{all}")).json();
    assert_eq!(
        event["acl"][0],
        json!({"allow": true, "action": "write", "role": "ROLE_TEACHER"})
    );
    assert_eq!(event["metadata"][0]["flavor"], "dublincore/episode");
    assert_eq!(event["scheduling"], json!({}));
    assert_eq!(event["publications"], json!([]));
    let plain = client.get(&path).json();
    for name in ["acl", "metadata", "scheduling", "publications"] {
        assert_eq!(plain.get(name), None, "{name}");
    }
}

#[test]
fn an_event_without_a_list_of_its_own_shows_that_of_its_series() {
    let (client, _) = with_event();
    client
        .backend
        .add_series("maths", "Mathematics", &[("ROLE_STUDENT", "read")]);
    client.backend.add_event("lecture", &[("is_part_of", "maths")], None);
    let event = client
        .identified("bob", &["ROLE_STUDENT"])
        .get("/api/events/lecture?withacl=true")
        .json();
    assert_eq!(
        event["acl"],
        json!([{"allow": true, "action": "read", "role": "ROLE_STUDENT"}])
    );
    assert_eq!(
        (&event["is_part_of"], &event["series"]),
        (&json!("maths"), &json!("Mathematics"))
    );
}

#[test]
fn a_listed_event_looks_like_a_single_one() {
    let (client, path) = with_event();
    create(&client, r#"{"id": "title", "value": "Other"}"#);
    for version in ["1.0.0", "1.1.0", "1.4.0", "1.11.0"] {
        let all = "withacl=true&withmetadata=true&withscheduling=true&withpublications=true";
        let single = client.speaking(version).get(&format!("{path}?{all}")).json();
        let list = client.speaking(version).get(&format!("/api/events?{all}")).json();
        assert!(list.as_array().unwrap().contains(&single), "{version}");
    }
}
