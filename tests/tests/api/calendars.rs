//! `/recordings/calendars`: what capture agents have to record.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use lectern_tests::content::{acl, processed_form, series_form};
use lectern_tests::fixture::{Tenant, each_tenant};
use lectern_tests::{Answer, Client, Encoding, Stage};
use serde_json::{Value, json};

use crate::capture_admin::device;

fn calendar(device: &Client, agent: &str) -> Answer {
    let request = device.get("/recordings/calendars").query("agentid", agent);
    request.send().expect(200)
}

/// The content lines of the events, unfolded.
fn events(answer: &Answer) -> Vec<Vec<String>> {
    let text = answer.text().replace("\r\n ", "");
    assert!(
        text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"),
        "{text}"
    );
    let events = text.split("BEGIN:VEVENT\r\n").skip(1);
    events
        .map(|event| {
            event
                .split("\r\n")
                .take_while(|line| *line != "END:VEVENT")
                .map(str::to_owned)
                .collect()
        })
        .collect()
}

fn line<'e>(event: &'e [String], name: &str) -> &'e str {
    event
        .iter()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .unwrap()
}

fn attachment(event: &[String], name: &str) -> String {
    let end = format!("X-APPLE-FILENAME={name}:");
    let content = event
        .iter()
        .find_map(|line| line.split_once(&end).map(|(_, content)| content))
        .unwrap();
    String::from_utf8(BASE64_STANDARD.decode(content).unwrap()).unwrap()
}

/// Schedules an event that neither devices nor anybody else may read.
fn schedule(admin: &Client, fields: Value, scheduling: Value) -> String {
    let processing = json!({ "workflow": "fast", "configuration": { "publishToEngage": "true" } });
    let form = processed_form(&fields, &json!([]), processing).field("scheduling", scheduling);
    let answer = admin.post("/api/events").multipart(&form).send().expect(201);
    answer.json()["identifier"].as_str().unwrap().to_owned()
}

fn hour(agent: &str, day: u32) -> Value {
    json!({
        "agent_id": agent, "start": format!("2031-03-{day:02}T16:00:00Z"), "end": format!("2031-03-{day:02}T17:00:00Z"),
        "inputs": ["camera", "screen"]
    })
}

fn with_lecture(tenant: &Tenant) -> (Client, String, String, String) {
    let (admin, agent) = (tenant.admin(), tenant.agent("UTC"));
    let form = series_form(&json!({ "title": "Rust & Co", "creator": ["Ada"] }), &json!([]));
    let series = admin
        .post("/api/series")
        .form(&form, Encoding::Urlencoded)
        .send()
        .expect(201);
    let series = series.json()["identifier"].as_str().unwrap().to_owned();
    let fields = json!({ "title": "Übung; eins", "creator": ["Grace"], "isPartOf": series, "description": "a\nb" });
    let event = schedule(&admin, fields, hour(&agent, 27));
    (device(tenant), agent, event, series)
}

#[test]
fn a_device_learns_what_to_record_and_what_to_do_with_it() {
    each_tenant(|tenant| {
        let (device, agent, id, series) = with_lecture(tenant);
        let answer = calendar(&device, &agent);
        assert_eq!(answer.header("content-type"), Some("text/calendar;charset=utf-8"));
        let events = events(&answer);
        let [event] = events.as_slice() else { panic!("{answer}") };
        for (name, expected) in [
            ("UID", id.as_str()),
            ("DTSTART", "20310327T160000Z"),
            ("DTEND", "20310327T170000Z"),
            ("SUMMARY", "Übung\\; eins"),
            ("DESCRIPTION", "a\\nb"),
            ("LOCATION", &agent),
            ("RELATED-TO", &series),
        ] {
            assert_eq!(line(event, name), expected);
        }
        let episode = attachment(event, "episode.xml");
        assert!(
            episode.contains("<dcterms:title>Übung; eins</dcterms:title>"),
            "{episode}"
        );
        assert!(
            episode.contains("<dcterms:creator>Grace</dcterms:creator>"),
            "{episode}"
        );
        assert!(
            episode.contains("start=2031-03-27T16:00:00Z; end=2031-03-27T17:00:00Z;"),
            "{episode}"
        );
        let of_series = attachment(event, "series.xml");
        assert!(
            of_series.contains("<dcterms:title>Rust &amp; Co</dcterms:title>"),
            "{of_series}"
        );
        let properties = attachment(event, "org.opencastproject.capture.agent.properties");
        let expected = format!(
            "capture.device.names=camera,screen\nevent.location={agent}\nevent.series={series}\nevent.title=Übung; eins\n\
             org.opencastproject.workflow.config.publishToEngage=true\norg.opencastproject.workflow.definition=fast\n"
        );
        assert_eq!(properties, expected);
    });
}

#[test]
fn a_calendar_is_narrowed_down() {
    each_tenant(|tenant| {
        let (device, agent, id, series) = with_lecture(tenant);
        let later = schedule(&tenant.admin(), json!({ "title": "Später" }), hour(&agent, 29));
        let identifiers = |query: &str| {
            let answer = device.get(&format!("/recordings/calendars?{query}")).send().expect(200);
            events(&answer)
                .iter()
                .map(|event| line(event, "UID").to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(identifiers(&format!("agentid={agent}")), [id.as_str(), &later]);
        assert_eq!(identifiers(&format!("seriesid={series}")), [id.as_str()]);
        // 2031-03-28
        assert_eq!(
            identifiers(&format!("agentid={agent}&cutoff=1932422400000")),
            [id.as_str()]
        );
        assert_eq!(identifiers(&format!("agentid={agent}&cutoff=0")), [] as [&str; 0]);
        assert!(identifiers("").contains(&id));
        assert_eq!(identifiers("agentid=nobody"), [] as [&str; 0]);
        device
            .get("/recordings/calendars?cutoff=soon")
            .send()
            .refused(400, "'cutoff'");
        let elsewhere = crate::capture_admin::device(tenant.other());
        assert!(events(&calendar(&elsewhere, &agent)).is_empty());
    });
}

#[test]
fn what_is_over_is_not_in_the_calendar() {
    each_tenant(|tenant| {
        let agent = tenant.agent("UTC");
        let past = json!({ "agent_id": agent, "start": "2021-03-27T16:00:00Z", "end": "2021-03-27T17:00:00Z" });
        schedule(&tenant.admin(), json!({ "title": "Vorbei" }), past);
        assert!(events(&calendar(&device(tenant), &agent)).is_empty());
    });
}

#[test]
fn a_calendar_is_sent_again_only_if_something_of_it_has_changed() {
    each_tenant(|tenant| {
        let (device, agent, id, series) = with_lecture(tenant);
        let admin = tenant.admin();
        let mut tag = String::new();
        let mut changes = |what: &str| {
            let path = format!("/recordings/calendars?agentid={agent}");
            let answer = device.get(&path).header("if-none-match", &tag).send().expect(200);
            let last = answer.header("last-modified").unwrap_or_default();
            assert!(last.is_empty() || last.ends_with(" GMT"), "{what}: {last}");
            tag = answer.header("etag").unwrap().to_owned();
            let again = device.get(&path).header("if-none-match", &tag).send().expect_empty(304);
            assert_eq!(again.header("etag"), Some(tag.as_str()), "{what}");
            device
                .get(&path)
                .header("if-none-match", tag.trim_matches('"'))
                .send()
                .expect_empty(304);
        };
        let put = |path: &str, field: &str, value: Value| {
            let form = lectern_tests::Form::new().field(field, value);
            let answer = admin.put(path).urlencoded(&form).send();
            assert!(answer.status < 300, "{answer}");
        };
        changes("nothing");
        let title = |title: &str| json!([{ "id": "title", "value": title }]);
        put(
            &format!("/api/events/{id}/metadata?type=dublincore/episode"),
            "metadata",
            title("Neu"),
        );
        changes("the event");
        put(
            &format!("/api/series/{series}/metadata?type=dublincore/series"),
            "metadata",
            title("Neu"),
        );
        changes("its series");
        put(&format!("/api/events/{id}/scheduling"), "scheduling", hour(&agent, 28));
        changes("its time");
        put(&format!("/api/events/{id}/acl"), "acl", acl(&[("ROLE_A", "read")]));
        changes("the event again");
        schedule(&admin, json!({ "title": "Noch eine" }), hour(&agent, 30));
        changes("one more");
        admin.delete(&format!("/api/events/{id}")).send().expect(204);
        changes("one less");
    });
}

#[test]
fn a_long_calendar_comes_whole() {
    each_tenant(|tenant| {
        let (stage, agent) = (Stage::new(tenant), tenant.agent("UTC"));
        let rule = json!({
            "agent_id": agent, "start": "2031-01-01T00:00:00Z", "end": "2031-12-31T00:00:00Z", "duration": 60_000,
            "rrule": "FREQ=DAILY;BYHOUR=8;BYMINUTE=0"
        });
        stage.schedule("Täglich", &rule).expect(200);
        let answer = calendar(&device(tenant), &agent);
        let events = events(&answer);
        assert_eq!(events.len(), 364);
        let mut starts: Vec<&str> = events.iter().map(|event| line(event, "DTSTART")).collect();
        starts.dedup();
        assert!(starts.is_sorted() && starts.len() == 364);
        assert!(answer.text().split("\r\n").all(|line| line.len() <= 75));
    });
}

#[test]
fn a_device_may_accept_whatever_it_likes() {
    each_tenant(|tenant| {
        for accept in ["text/calendar", "text/html", "application/v1.0.0+json"] {
            let request = device(tenant)
                .get("/recordings/calendars?agentid=none")
                .header("accept", accept);
            request.send().expect(200);
        }
    });
}
