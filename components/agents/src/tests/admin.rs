use lectern_handler::api::Reason;
use lectern_handler::fake::{Answer, Client};
use serde_json::json;

use super::{APP, add, text, with_agent};

fn agent_user(client: &Client) -> Client {
    client.identified("hall", &["ROLE_CAPTURE_AGENT"])
}

fn report(client: &Client, fields: &[(&str, &str)]) -> Answer {
    client.urlencoded("POST", "/capture-admin/agents/hall-2", fields)
}

#[test]
fn an_agent_that_reports_is_registered() {
    let client = Client::of(&APP);
    let fields = [("address", " http://hall-2.example "), ("state", "idle")];
    let answer = report(&agent_user(&client), &fields);
    assert_eq!((answer.status, answer.text.as_str()), (200, "hall-2 set to idle"));
    assert_eq!(answer.header("content-type"), Some("text/plain;charset=utf-8"));
    assert_eq!(
        client.get("/api/agents/hall-2").json(),
        json!({
            "agent_id": "hall-2", "status": "idle", "update": "2018-03-19T16:11:48Z", "url": "http://hall-2.example", "inputs": []
        })
    );
}

#[test]
fn an_agent_that_is_known_is_changed_and_keeps_its_address_if_it_sends_none() {
    let client = with_agent(500);
    let answer = client.multipart("POST", "/capture-admin/agents/hall-1", &[("state", "uploading")]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let shown = client.get("/api/agents/hall-1").json();
    assert_eq!(
        (shown["status"].as_str(), shown["url"].as_str()),
        (Some("uploading"), Some("http://hall-1.example"))
    );
}

#[test]
fn two_that_register_an_agent_at_once_both_succeed() {
    let client = Client::of(&APP);
    // The first update finds nothing; somebody else is faster to create it.
    client.backend.store.borrow_mut().failures = vec![None, Some(Reason::Conflict), None];
    assert_eq!(report(&client, &[("state", "idle")]).status, 200);
}

#[test]
fn a_report_without_a_state_or_with_one_that_there_is_not_is_refused() {
    for fields in [&[][..], &[("state", " ")], &[("state", "happy")]] {
        let answer = report(&Client::of(&APP), fields);
        assert_eq!(answer.status, 400, "{fields:?}");
        assert!(answer.text.contains("state"), "{}", answer.text);
    }
    let client = Client::of(&APP).with_header("accept", "application/problem+json");
    let answer = report(&client, &[("state", "happy")]);
    assert_eq!(answer.json()["errors"][0]["pointer"], "#/state");
}

#[test]
fn only_who_speaks_for_agents_changes_them() {
    let client = with_agent(0);
    let stranger = client.identified("ben", &["ROLE_API"]);
    assert_eq!(report(&stranger, &[("state", "idle")]).status, 401);
    assert_eq!(stranger.send("DELETE", "/capture-admin/agents/hall-1").status, 401);
    assert_eq!(client.get("/api/agents").column("agent_id"), ["hall-1"]);
}

#[test]
fn an_agent_can_be_removed() {
    let client = with_agent(0);
    let answer = agent_user(&client).send("DELETE", "/capture-admin/agents/hall-1");
    assert_eq!((answer.status, answer.text.as_str()), (200, "hall-1 removed"));
    assert_eq!(client.send("DELETE", "/capture-admin/agents/hall-1").status, 404);
}

const XML: &str = "<properties><entry key=\"capture.device.names\">camera,screen</entry>\
                   <entry key=\"capture.device.camera.flavor\">presenter/source</entry><entry key=\"a\">&lt;b&gt;</entry></properties>";

#[test]
fn a_configuration_in_xml_is_answered_in_xml() {
    let client = with_agent(0);
    let path = "/capture-admin/agents/hall-1/configuration";
    let answer = agent_user(&client).urlencoded("POST", path, &[("configuration", XML)]);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("text/xml;charset=utf-8"));
    assert_eq!(
        answer.text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <properties-response xmlns=\"http://common.opencastproject.org\"><properties>\
         <item><key>a</key><value>&lt;b&gt;</value></item>\
         <item><key>capture.device.camera.flavor</key><value>presenter/source</value></item>\
         <item><key>capture.device.names</key><value>camera,screen</value></item>\
         </properties></properties-response>"
    );
    let shown = client.get("/capture-admin/agents/hall-1/configuration.xml");
    assert_eq!(shown.text, answer.text);
    let capabilities = client.get("/capture-admin/agents/hall-1/capabilities.json").json();
    assert_eq!(
        capabilities["properties-response"]["properties"]["item"],
        json!([
            {"key": "capture.device.camera.flavor", "value": "presenter/source"},
            {"key": "capture.device.names", "value": "camera,screen"}
        ])
    );
}

#[test]
fn a_configuration_in_json_is_answered_in_json_and_takes_the_place_of_the_former() {
    let client = Client::of(&APP);
    let path = "/capture-admin/agents/hall-2/configuration";
    for configuration in [r#"{"a": "1", "b": 2}"#, r#"{"a": "2"}"#] {
        let answer = client.multipart("POST", path, &[("configuration", configuration)]);
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    let shown = client.get("/capture-admin/agents/hall-2/configuration.json").json();
    assert_eq!(
        shown["properties-response"]["properties"]["item"],
        json!([{"key": "a", "value": "2"}])
    );
}

#[test]
fn a_configuration_that_cannot_be_read_is_refused_with_the_reason() {
    let path = "/capture-admin/agents/hall-2/configuration";
    for configuration in ["", "a=b", "{", "<properties>"] {
        let answer = Client::of(&APP).urlencoded("POST", path, &[("configuration", configuration)]);
        assert_eq!(answer.status, 400, "{configuration}");
        assert!(answer.text.contains("'configuration'"), "{}", answer.text);
    }
}

#[test]
fn what_the_operator_has_said_of_an_agent_is_its_configuration_until_it_sends_one() {
    let client = with_agent(0);
    let shown = client.get("/capture-admin/agents/hall-1/configuration.json").json();
    assert_eq!(
        shown["properties-response"]["properties"]["item"],
        json!([{"key": "capture.device.names", "value": "camera,screen"}])
    );
}

#[test]
fn agents_are_listed_and_shown_in_both_forms() {
    let client = with_agent(1);
    let expected = json!({
        "name": "hall-1", "state": "capturing", "url": "http://hall-1.example", "time-since-last-update": 60_000,
        "capabilities": {"item": [{"key": "capture.device.names", "value": "camera,screen"}]}
    });
    assert_eq!(
        client.get("/capture-admin/agents.json").json(),
        json!({"agents": {"agent": [expected]}})
    );
    assert_eq!(
        client.get("/capture-admin/agents/hall-1.json").json(),
        json!({ "agent-state-update": expected })
    );
    let xml = client.get("/capture-admin/agents.xml").text;
    assert!(
        xml.contains("<agents xmlns=\"http://capture.admin.opencastproject.org\"><agent><name>hall-1</name>"),
        "{xml}"
    );
    let xml = client.get("/capture-admin/agents/hall-1.xml").text;
    assert!(
        xml.contains("<time-since-last-update>60000</time-since-last-update>"),
        "{xml}"
    );
}

#[test]
fn long_lists_are_complete() {
    let client = Client::of(&APP);
    for number in 0..5 {
        add(
            &client,
            "agents",
            &format!("hall-{number}"),
            vec![("state", text("idle"))],
        );
    }
    client.backend.store.borrow_mut().page_size = Some(2);
    let agents = client.get("/capture-admin/agents.json").json();
    assert_eq!(agents["agents"]["agent"].as_array().unwrap().len(), 5);
}

#[test]
fn there_are_no_versions_here_and_any_kind_of_answer_is_accepted() {
    for accept in ["text/xml", "text/calendar", "application/v1.0.0+json"] {
        let client = with_agent(0).with_header("accept", accept);
        assert_eq!(client.get("/capture-admin/agents.xml").status, 200, "{accept}");
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    for path in [
        "/capture-admin",
        "/capture-admin/agents/hall-1",
        "/capture-admin/agents/none.json",
        "/capture-admin/agents/hall-1/configuration",
        "/capture-admin/agents/hall-1/secrets.json",
        "/capture-admin/agents/none/configuration.json",
        "/recordings",
    ] {
        assert_eq!(with_agent(0).get(path).status, 404, "{path}");
    }
}
