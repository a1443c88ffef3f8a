//! A whole university's recordings in one request. Its server has all the time in the world: how fast it is, is no matter of tests.

use lectern_tests::content::{owned_by, scheduled_form};
use lectern_tests::{Installation, Server};
use serde_json::json;

#[test]
fn twenty_five_thousand_recordings_are_scheduled_by_one_request() {
    let installation = Installation::empty();
    installation.init("only", "The only one", "only.example", "admin", "just one of them");
    installation.add_agent("only", "hall", "Europe/Zurich");
    let server = Server::start_with(&installation, &["--request-timeout-ms", "3600000"]);
    let admin = server
        .client("only.example")
        .with_credentials("admin", "just one of them");
    let scheduling = json!({
        "agent_id": "hall", "start": "2000-01-01T10:00:00Z", "end": "2100-01-01T10:00:00Z", "duration": 600_000,
        "rrule": "FREQ=DAILY;COUNT=25000;BYHOUR=10;BYMINUTE=0",
    });
    let form = scheduled_form(&json!({ "title": "Vorlesung" }), &owned_by("ROLE_A"), &scheduling);
    let post = || admin.post("/api/events").multipart(&form).send();

    let mut identifiers = post().expect(200).identifiers();
    identifiers.sort();
    identifiers.dedup();
    assert_eq!(identifiers.len(), 25_000);
    let last = || {
        let list = admin.get("/api/events?sort=technical_start:DESC&limit=1");
        let list = list.send().expect(200);
        (list.header("x-total-count").map(str::to_owned), list.column("title"))
    };
    let expected = (Some("25000".to_owned()), vec!["Vorlesung 25000".to_owned()]);
    assert_eq!(last(), expected);

    // All of them are in the way of the same request, and none is made twice.
    let conflicts = post().expect(409).json();
    assert_eq!(conflicts.as_array().map(Vec::len), Some(25_000));
    assert_eq!(last(), expected);
}
