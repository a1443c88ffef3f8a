use lectern_handler::api::Value;
use lectern_handler::fake::{Client, NOW};
use serde_json::json;

use super::{APP, add, text};

fn with_recording() -> Client {
    let client = Client::of(&APP);
    add(&client, "recordings", "e1", vec![("agent_id", text("hall-1"))]);
    client
}

#[test]
fn the_state_of_a_recording_is_set_shown_and_forgotten() {
    let client = with_recording();
    let agent = client.identified("hall", &["ROLE_CAPTURE_AGENT"]);
    assert_eq!(agent.get("/capture-admin/recordings/e1.json").status, 404);
    let answer = agent.urlencoded("POST", "/capture-admin/recordings/e1", &[("state", "capturing")]);
    assert_eq!((answer.status, answer.text.as_str()), (200, "e1 set to capturing"));
    assert_eq!(
        agent.get("/capture-admin/recordings/e1.json").json(),
        json!({"recording-state-update": {"name": "e1", "state": "capturing", "time-since-last-update": 0}})
    );
    for path in ["/capture-admin/recordings/e1.xml", "/capture-admin/recordings/e1"] {
        let xml = agent.get(path).text;
        assert!(xml.contains("<name>e1</name><state>capturing</state>"), "{xml}");
    }
    let answer = agent.send("DELETE", "/capture-admin/recordings/e1");
    assert_eq!((answer.status, answer.text.as_str()), (200, "e1 removed"));
    assert_eq!(agent.get("/capture-admin/recordings/e1.json").status, 404);
}

#[test]
fn recordings_that_something_has_been_said_of_are_listed() {
    let client = with_recording();
    let fields = vec![("state", text("uploading")), ("updated", Value::Number(NOW - 1000))];
    add(&client, "recordings", "e2", fields);
    let xml = client.get("/capture-admin/recordings").text;
    assert!(
        xml.ends_with(
            "<recordings xmlns=\"http://capture.admin.opencastproject.org\"><recording-state-update><name>e2</name>\
             <state>uploading</state><time-since-last-update>1000</time-since-last-update></recording-state-update></recordings>"
        ),
        "{xml}"
    );
}

#[test]
fn a_recording_that_is_not_there_is_not_found() {
    let client = with_recording();
    for method in ["POST", "DELETE"] {
        let answer = client.exchange(
            method,
            "/capture-admin/recordings/none",
            Some("application/x-www-form-urlencoded"),
            "state=capturing",
        );
        assert_eq!(answer.status, 404, "{method}");
    }
}

#[test]
fn strangers_learn_nothing_of_recordings() {
    let stranger = with_recording().identified("ben", &["ROLE_API"]);
    let answer = stranger.urlencoded("POST", "/capture-admin/recordings/e1", &[("state", "capturing")]);
    assert_eq!(answer.status, 404);
    assert_eq!(stranger.get("/capture-admin/recordings/e1.json").status, 404);
}

#[test]
fn a_state_that_there_is_not_is_refused() {
    let client = with_recording();
    for fields in [&[][..], &[("state", "")], &[("state", "happy")]] {
        let answer = client.urlencoded("POST", "/capture-admin/recordings/e1", fields);
        assert_eq!(answer.status, 400, "{fields:?}");
        assert!(answer.text.contains("state"), "{}", answer.text);
    }
}
