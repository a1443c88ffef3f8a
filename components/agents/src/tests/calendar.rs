use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use icalendar::{Calendar, Component, Event};
use lectern_handler::api::Value;
use lectern_handler::fake::{Answer, Client, NOW};

use super::{APP, add, text};

const HOUR: i64 = 3_600_000;

/// A recording in so many hours, an hour long.
fn add_recording(client: &Client, identifier: &str, agent: &str, in_hours: i64, more: Vec<(&str, Value)>) {
    let start = NOW + in_hours * HOUR;
    let mut fields = vec![
        ("agent_id", text(agent)),
        ("technical_start", Value::Number(start)),
        ("technical_end", Value::Number(start + HOUR)),
        ("title", text(identifier)),
    ];
    fields.extend(more);
    add(client, "recordings", identifier, fields);
}

fn with_recordings() -> Client {
    let client = Client::of(&APP);
    let processing = r#"{"workflow": "publish", "configuration": {"a": "1", "note": "two\nlines"}}"#;
    let series =
        r#"{"identifier": "s", "title": "Rust & Co", "organizer": ["Ada", "José"], "subject": null, "created": 0}"#;
    let more = vec![
        ("title", text("Übung; eins, zwei")),
        ("description", text("first\nsecond")),
        ("presenter", Value::Texts(vec!["Ada".to_owned(), "Grace".to_owned()])),
        ("start", Value::Number(NOW + HOUR)),
        ("duration", Value::Number(HOUR)),
        ("modified", Value::Number(NOW - HOUR)),
        ("inputs", Value::Texts(vec!["camera".to_owned(), "screen".to_owned()])),
        ("is_part_of", text("s")),
        ("series", Value::Document(series.to_owned())),
        ("processing", Value::Document(processing.to_owned())),
    ];
    add_recording(&client, "e1", "hall-1", 1, more);
    add_recording(&client, "e2", "hall-1", 48, vec![]);
    add_recording(&client, "e3", "hall-2", 2, vec![]);
    add_recording(&client, "over", "hall-1", -3, vec![]);
    add_recording(&client, "just-over", "hall-1", -2, vec![]);
    client.identified("hall", &["ROLE_CAPTURE_AGENT"])
}

fn events(answer: &Answer) -> Vec<Event> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let calendar: Calendar = answer.text.parse().unwrap();
    calendar.events().cloned().collect()
}

fn identifiers(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("/recordings/calendars{query}"));
    events(&answer)
        .iter()
        .map(|event| event.get_uid().unwrap().to_owned())
        .collect()
}

/// The attachments of the first event as pyCA reads them: file names and contents.
fn attachments(answer: &Answer) -> Vec<(String, String)> {
    let unfolded = answer.text.replace("\r\n ", "");
    let event = unfolded.split("\r\nBEGIN:VEVENT\r\n").nth(1).unwrap();
    let lines = event.split("\r\n").filter_map(|line| line.split_once(':'));
    lines
        .filter(|(name, _)| name.to_lowercase().starts_with("attach"))
        .map(|(name, content)| {
            let file = name
                .split(';')
                .find_map(|parameter| parameter.strip_prefix("X-APPLE-FILENAME="));
            let content = BASE64_STANDARD.decode(content).unwrap();
            (file.unwrap().to_owned(), String::from_utf8(content).unwrap())
        })
        .collect()
}

#[test]
fn a_calendar_holds_what_is_to_be_recorded_in_its_order() {
    let client = with_recordings();
    assert_eq!(identifiers(&client, "?agentid=hall-1"), ["just-over", "e1", "e2"]);
    assert_eq!(identifiers(&client, ""), ["just-over", "e1", "e3", "e2"]);
    assert_eq!(identifiers(&client, "?agentid=hall-3"), [] as [&str; 0]);
    assert_eq!(identifiers(&client, "?seriesid=s&agentid="), ["e1"]);
}

#[test]
fn a_cutoff_leaves_out_what_starts_later() {
    let client = with_recordings();
    let query = format!("?agentid=hall-1&cutoff={}", NOW + 24 * HOUR);
    assert_eq!(identifiers(&client, &query), ["just-over", "e1"]);
    let answer = client.get("/recordings/calendars?cutoff=tomorrow");
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("'cutoff'"), "{}", answer.text);
}

#[test]
fn an_event_says_what_and_when_in_universal_time() {
    let answer = with_recordings().get("/recordings/calendars?agentid=hall-1&seriesid=s");
    assert_eq!(answer.header("content-type"), Some("text/calendar;charset=utf-8"));
    let lines: Vec<&str> = answer.text.split("\r\n").collect();
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "UID:e1",
        "DTSTART:20180319T171148Z",
        "DTEND:20180319T181148Z",
        "DTSTAMP:20180319T151148Z",
        "LAST-MODIFIED:20180319T151148Z",
        "SUMMARY:Übung\\; eins\\, zwei",
        "DESCRIPTION:first\\nsecond",
        "LOCATION:hall-1",
        "RELATED-TO:s",
        "END:VCALENDAR",
    ] {
        assert!(lines.contains(&line), "{line} is missing in {}", answer.text);
    }
    let event = &events(&answer)[0];
    assert_eq!(event.get_summary(), Some("Übung; eins, zwei"));
}

#[test]
fn metadata_are_attached_as_dublin_core() {
    let answer = with_recordings().get("/recordings/calendars?seriesid=s");
    let attachments = attachments(&answer);
    let names: Vec<&str> = attachments.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "episode.xml",
            "series.xml",
            "org.opencastproject.capture.agent.properties"
        ]
    );
    let (episode, series) = (&attachments[0].1, &attachments[1].1);
    for element in [
        "http://www.opencastproject.org/xsd/1.0/dublincore/",
        "<dcterms:identifier>e1</dcterms:identifier>",
        "<dcterms:creator>Grace</dcterms:creator>",
        "<dcterms:isPartOf>s</dcterms:isPartOf>",
        "start=2018-03-19T17:11:48Z; end=2018-03-19T18:11:48Z;",
    ] {
        assert!(episode.contains(element), "{element} is missing in {episode}");
    }
    for element in [
        "<dcterms:title>Rust &amp; Co</dcterms:title>",
        "<dcterms:creator>José</dcterms:creator>",
        "<dcterms:created xsi:type=\"dcterms:W3CDTF\">1970-01-01T00:00:00Z</dcterms:created>",
    ] {
        assert!(series.contains(element), "{element} is missing in {series}");
    }
    assert!(!series.contains("subject"), "{series}");
}

#[test]
fn how_to_record_and_process_is_attached_a_property_a_line() {
    let answer = with_recordings().get("/recordings/calendars?seriesid=s");
    let (_, properties) = attachments(&answer).remove(2);
    let lines: Vec<&str> = properties.lines().collect();
    assert_eq!(
        lines,
        [
            "capture.device.names=camera,screen",
            "event.location=hall-1",
            "event.series=s",
            "event.title=Übung; eins, zwei",
            "org.opencastproject.workflow.config.a=1",
            "org.opencastproject.workflow.config.note=two lines",
            "org.opencastproject.workflow.definition=publish",
        ]
    );
}

#[test]
fn an_event_that_waits_for_nothing_has_a_place_and_a_title() {
    let answer = with_recordings().get("/recordings/calendars?agentid=hall-2");
    let attachments = attachments(&answer);
    assert_eq!(attachments.len(), 2);
    assert_eq!(attachments[1].1, "event.location=hall-2\nevent.title=e3\n");
}

#[test]
fn a_calendar_that_has_not_changed_is_not_sent_again() {
    let client = with_recordings();
    let path = "/recordings/calendars?agentid=hall-1";
    let answer = client.get(path);
    assert_eq!(answer.header("last-modified"), Some("Mon, 19 Mar 2018 15:11:48 GMT"));
    let tag = answer.header("etag").unwrap().to_owned();
    for known in [
        tag.clone(),
        format!("W/{tag}"),
        tag.trim_matches('"').to_owned(),
        format!("\"x\", {tag}"),
    ] {
        let again = client.with_header("if-none-match", &known).get(path);
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{known}");
        assert_eq!(again.header("etag"), Some(tag.as_str()));
    }
    add_recording(&client, "e4", "hall-1", 5, vec![]);
    let changed = client.with_header("if-none-match", &tag).get(path);
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
}

#[test]
fn a_long_calendar_is_complete() {
    let client = with_recordings();
    let whole = client.get("/recordings/calendars").text;
    client.backend.store.borrow_mut().page_size = Some(1);
    assert_eq!(client.get("/recordings/calendars").text, whole);
}

#[test]
fn nobody_else_learns_what_is_to_be_recorded() {
    let stranger = with_recordings().identified("ben", &["ROLE_API"]);
    assert!(identifiers(&stranger, "").is_empty());
}
