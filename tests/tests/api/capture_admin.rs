//! `/capture-admin` and `/services`: what capture agents say of themselves and of what they record.

use lectern_tests::content::{owned_by, processed_form, unique};
use lectern_tests::fixture::{OUTSIDER, READER, TEACHER, Tenant, each_tenant, installation};
use lectern_tests::{Answer, Client, Encoding, Form, Stage};
use serde_json::{Value, json};

const SAMPLE: &[u8] = include_bytes!("../../../host/media/tests/data/h264-aac.mp4");

/// A client with the credentials of a capture agent, which may do nothing else.
pub fn device(tenant: &Tenant) -> Client {
    let key = installation().add_api_key(tenant.id, &unique("device"), &["ROLE_CAPTURE_AGENT"]);
    tenant
        .anonymous()
        .with_header("authorization", &format!("Bearer {key}"))
}

fn post(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let form = fields
        .iter()
        .fold(Form::new(), |form, (name, value)| form.field(name, value));
    client
        .post(&format!("/capture-admin/{path}"))
        .form(&form, Encoding::Urlencoded)
        .send()
}

fn agent(tenant: &Tenant, name: &str) -> Value {
    tenant
        .user(READER)
        .get(&format!("/api/agents/{name}"))
        .send()
        .expect(200)
        .json()
}

/// Schedules a recording that waits for a workflow, and gives its event.
fn scheduled(stage: &Stage, agent: &str, workflow: &str) -> String {
    let processing = json!({ "workflow": workflow, "configuration": { "publishToEngage": "true" } });
    let scheduling = json!({ "agent_id": agent, "start": "2031-03-27T16:00:00Z", "end": "2031-03-27T17:00:00Z" });
    let form = processed_form(&json!({ "title": "Vorlesung" }), &owned_by(&stage.role), processing);
    let answer = stage
        .admin
        .post("/api/events")
        .multipart(&form.field("scheduling", scheduling))
        .send();
    answer.expect(201).json()["identifier"].as_str().unwrap().to_owned()
}

fn status(stage: &Stage, event: &str) -> String {
    stage.actor.event(event)["status"]
        .as_str()
        .unwrap()
        .replace("EVENTS.EVENTS.STATUS.", "")
}

#[test]
fn an_agent_registers_itself_and_says_how_it_is() {
    each_tenant(|tenant| {
        let (device, name) = (device(tenant), unique("Hörsaal 1"));
        let path = format!("agents/{}", name.replace(' ', "%20").replace('ö', "%C3%B6"));
        let answer = post(&device, &path, &[("address", "http://10.0.0.7"), ("state", "idle")]).expect(200);
        assert_eq!(answer.text(), format!("{name} set to idle"));
        let shown = tenant
            .user(READER)
            .get(&format!("/api/{path}"))
            .send()
            .expect(200)
            .json();
        assert_eq!(
            (&shown["status"], &shown["url"]),
            (&json!("idle"), &json!("http://10.0.0.7"))
        );
        assert!(shown["update"].as_str().unwrap().ends_with('Z'), "{shown}");

        let form = Form::new().field("state", "capturing");
        device
            .post(&format!("/capture-admin/{path}/"))
            .multipart(&form)
            .send()
            .expect(200);
        let shown = tenant
            .user(READER)
            .get(&format!("/api/{path}"))
            .send()
            .expect(200)
            .json();
        assert_eq!(
            (&shown["status"], &shown["url"]),
            (&json!("capturing"), &json!("http://10.0.0.7"))
        );
        tenant
            .other()
            .user(READER)
            .get(&format!("/api/{path}"))
            .send()
            .expect(404);
    });
}

#[test]
fn an_agent_that_has_registered_itself_can_be_booked_in_its_time_zone() {
    each_tenant(|tenant| {
        let (device, name) = (device(tenant), unique("hall"));
        let configuration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!DOCTYPE properties SYSTEM \
            \"http://java.sun.com/dtd/properties.dtd\"><properties><entry key=\"capture.device.names\">camera,screen</entry>\
            <entry key=\"capture.device.timezone\">Europe/Zurich</entry></properties>";
        let answer = post(
            &device,
            &format!("agents/{name}/configuration"),
            &[("configuration", configuration)],
        )
        .expect(200);
        assert_eq!(answer.header("content-type"), Some("text/xml;charset=utf-8"));
        assert_eq!(agent(tenant, &name)["inputs"], json!(["camera", "screen"]));
        let list = installation()
            .call(&["agent", "list", "--tenant", tenant.id])
            .succeeded()
            .stdout;
        let row = list.lines().find(|line| line.starts_with(&name)).unwrap().to_owned();
        assert!(row.contains("Europe/Zurich") && row.contains("camera"), "{row}");
        let stage = Stage::new(tenant);
        scheduled(&stage, &name, "fast");
        assert_eq!(stage.actor.get("/api/events").send().column("location"), [name]);
    });
}

#[test]
fn a_configuration_is_shown_as_it_was_sent() {
    each_tenant(|tenant| {
        let (device, name) = (device(tenant), unique("hall"));
        let configuration =
            json!({ "capture.device.names": "a", "capture.device.a.src": "/dev/video0", "other": "<&>" });
        let answer = post(
            &device,
            &format!("agents/{name}/configuration"),
            &[("configuration", &configuration.to_string())],
        );
        assert_eq!(answer.expect(200).json(), configuration);
        let items = |what: &str| {
            let path = format!("/capture-admin/agents/{name}/{what}.json");
            let shown = device.get(&path).send().expect(200).json();
            shown["properties-response"]["properties"]["item"]
                .as_array()
                .unwrap()
                .len()
        };
        // The time zone that every agent has is one of them.
        assert_eq!((items("configuration"), items("capabilities")), (4, 2));
        let xml = device
            .get(&format!("/capture-admin/agents/{name}/configuration.xml"))
            .send()
            .expect(200)
            .text();
        assert!(
            xml.contains("<item><key>other</key><value>&lt;&amp;&gt;</value></item>"),
            "{xml}"
        );
    });
}

#[test]
fn agents_are_listed_and_removed() {
    each_tenant(|tenant| {
        let (device, name) = (device(tenant), unique("hall"));
        post(&device, &format!("agents/{name}"), &[("state", "error")]).expect(200);
        let list = device.get("/capture-admin/agents.json").send().expect(200).json();
        let known = list["agents"]["agent"].as_array().unwrap();
        let shown = known.iter().find(|agent| agent["name"] == json!(name)).unwrap();
        assert_eq!(shown["state"], "error");
        device.get("/capture-admin/agents.xml").send().refused(200, &name);
        device
            .get(&format!("/capture-admin/agents/{name}.xml"))
            .send()
            .refused(200, "<state>error</state>");
        let path = format!("/capture-admin/agents/{name}");
        assert_eq!(
            device.delete(&path).send().expect(200).text(),
            format!("{name} removed")
        );
        device.delete(&path).send().expect(404);
        tenant
            .user(READER)
            .get(&format!("/api/agents/{name}"))
            .send()
            .expect(404);
    });
}

#[test]
fn only_devices_and_administrators_come_here() {
    each_tenant(|tenant| {
        let name = tenant.agent("UTC");
        let id = scheduled(&Stage::new(tenant), &name, "fast");
        let form = Form::new().field("state", "idle").field("configuration", "{}");
        for (method, path) in [
            ("GET", "/capture-admin/agents.json".to_owned()),
            ("GET", format!("/capture-admin/agents/{name}.json")),
            ("GET", format!("/capture-admin/agents/{name}/configuration.json")),
            ("POST", format!("/capture-admin/agents/{name}")),
            ("POST", format!("/capture-admin/agents/{name}/configuration")),
            ("DELETE", format!("/capture-admin/agents/{name}")),
            ("GET", "/capture-admin/recordings".to_owned()),
            ("POST", format!("/capture-admin/recordings/{id}")),
            ("DELETE", format!("/capture-admin/recordings/{id}")),
            ("GET", "/recordings/calendars".to_owned()),
            ("GET", "/services/available.json".to_owned()),
            ("PUT", format!("/capture-admin/agents/{name}")),
        ] {
            for user in [TEACHER, READER, OUTSIDER] {
                tenant
                    .user(user)
                    .request(method, &path)
                    .urlencoded(&form)
                    .send()
                    .expect(403);
            }
            tenant.anonymous().request(method, &path).send().expect(401);
        }
        // Acting as somebody who is no device.
        let acting = tenant.admin().with_header("x-run-with-roles", "ROLE_API");
        post(&acting, &format!("agents/{name}"), &[("state", "idle")]).expect(401);
        post(&acting, &format!("recordings/{id}"), &[("state", "capturing")]).expect(404);
        assert_eq!(agent(tenant, &name)["status"], "unknown");
        // And what a device may not do.
        device(tenant).get("/api/events").send().expect(403);
        device(tenant)
            .request("PUT", &format!("/capture-admin/agents/{name}"))
            .send()
            .expect(403);
        tenant
            .admin()
            .request("PUT", &format!("/capture-admin/agents/{name}"))
            .send()
            .expect(405);
    });
}

#[test]
fn what_is_wrong_with_a_report_is_named() {
    each_tenant(|tenant| {
        let (device, name) = (device(tenant), tenant.agent("UTC"));
        let path = format!("agents/{name}");
        post(&device, &path, &[]).refused(400, "'state'");
        post(&device, &path, &[("state", "happy")]).refused(400, "\"happy\"");
        post(&device, &path, &[("state", "idle"), ("address", "\u{1}")]).refused(400, "url");
        post(&device, "agents/a%2Cb", &[("state", "idle")]).refused(400, "a,b");
        let configuration = format!("{path}/configuration");
        for wrong in [
            "",
            "a=b",
            "{",
            "<properties>",
            "<properties><entry>x</entry></properties>",
        ] {
            post(&device, &configuration, &[("configuration", wrong)]).refused(400, "'configuration'");
        }
        device
            .post(&format!("/capture-admin/{path}"))
            .body("text/plain", "state=idle")
            .send()
            .expect(415);
        for path in [
            "none.json",
            "none.xml",
            "none/configuration.json",
            &name,
            &format!("{name}/secrets.json"),
        ] {
            device.get(&format!("/capture-admin/agents/{path}")).send().expect(404);
        }
        let details = device.with_header("accept", "application/problem+json");
        let problem = post(&details, &path, &[("state", "happy")]).expect(400).json();
        assert_eq!(problem["errors"][0]["pointer"], "#/state");
    });
}

#[test]
fn the_status_of_an_event_follows_its_recording() {
    each_tenant(|tenant| {
        let (device, stage) = (device(tenant), Stage::new(tenant));
        let id = scheduled(&stage, &tenant.agent("UTC"), "fast");
        let path = format!("recordings/{id}");
        device.get(&format!("/capture-admin/{path}.json")).send().expect(404);
        for (state, expected) in [
            ("capturing", "RECORDING"),
            ("capture_finished", "RECORDING"),
            ("uploading", "INGESTING"),
            ("upload_error", "RECORDING_FAILURE"),
            ("unknown", "SCHEDULED"),
        ] {
            let answer = post(&device, &path, &[("state", state)]).expect(200);
            assert_eq!(answer.text(), format!("{id} set to {state}"));
            assert_eq!(status(&stage, &id), expected);
            let shown = device
                .get(&format!("/capture-admin/{path}.json"))
                .send()
                .expect(200)
                .json();
            assert_eq!(shown["recording-state-update"]["state"], state);
            let filter = format!("status:EVENTS.EVENTS.STATUS.{expected}");
            assert_eq!(stage.matching("events", &filter), ["Vorlesung"]);
        }
        device.delete(&format!("/capture-admin/{path}")).send().expect(200);
        assert_eq!(status(&stage, &id), "SCHEDULED");
        post(&device, &path, &[("state", "happy")]).refused(400, "\"happy\"");
        post(&device, &path, &[]).refused(400, "'state'");
        post(&device, "recordings/none", &[("state", "capturing")]).refused(404, "'none'");
        post(&tenant.other().admin(), &path, &[("state", "capturing")]).expect(404);
    });
}

#[test]
fn what_a_recording_waits_for_is_done_when_it_has_arrived_and_only_once() {
    each_tenant(|tenant| {
        let (device, stage) = (device(tenant), Stage::new(tenant));
        let id = scheduled(&stage, &tenant.agent("UTC"), "fast");
        let path = format!("recordings/{id}");
        // Nothing has come here yet, whatever the device says.
        post(&device, &path, &[("state", "upload_finished")]).expect(200);
        assert_eq!(
            (status(&stage, &id).as_str(), stage.actor.until_processed(&id).as_str()),
            ("INGESTING", "")
        );

        let form = Form::new()
            .field("flavor", "presenter/source")
            .file("track", "talk.mp4", "video/mp4", SAMPLE);
        stage
            .admin
            .post(&format!("/api/events/{id}/track"))
            .multipart(&form)
            .send()
            .expect(200);
        post(&device, &path, &[("state", "upload_finished")]).expect(200);
        assert_eq!(stage.actor.until_processed(&id), "SUCCEEDED");
        assert_eq!(status(&stage, &id), "PROCESSED");
        let published = stage.actor.event(&id)["publication_status"].clone();
        assert_eq!(published, json!(["engage-player"]));

        post(&device, &path, &[("state", "upload_finished")]).expect(200);
        assert_eq!(status(&stage, &id), "PROCESSED");
        let list = installation()
            .call(&["workflow", "list", "--tenant", tenant.id])
            .succeeded()
            .stdout;
        assert_eq!(list.lines().filter(|line| line.contains(&id)).count(), 1, "{list}");
    });
}

#[test]
fn a_scheduling_that_is_sent_again_is_answered_as_it_was_even_if_its_agent_is_gone() {
    each_tenant(|tenant| {
        let (device, stage, name) = (device(tenant), Stage::new(tenant), unique("hall"));
        post(&device, &format!("agents/{name}"), &[("state", "idle")]).expect(200);
        let scheduling = json!({ "agent_id": name, "start": "2031-03-27T16:00:00Z", "end": "2031-03-27T17:00:00Z" });
        let form = processed_form(
            &json!({ "title": "Einmal" }),
            &owned_by(&stage.role),
            json!({ "workflow": "fast" }),
        )
        .field("scheduling", scheduling);
        let send = |key: &str| {
            stage
                .admin
                .post("/api/events")
                .header("idempotency-key", key)
                .multipart(&form)
                .send()
        };
        let key = unique("key");
        let first = send(&key).expect(201);
        device
            .delete(&format!("/capture-admin/agents/{name}"))
            .send()
            .expect(200);
        let again = send(&key).expect(201);
        assert_eq!(again.json(), first.json());
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        send(&unique("key")).refused(400, &name);
        assert_eq!(stage.list("events").send().identifiers().len(), 1);
    });
}

#[test]
fn devices_find_out_where_to_report() {
    each_tenant(|tenant| {
        let device = device(tenant);
        for (kind, path) in [("capture.admin", "/capture-admin"), ("scheduler", "/recordings")] {
            let answer = device
                .get("/services/available.json")
                .query("serviceType", &format!("org.opencastproject.{kind}"));
            let service = answer.send().expect(200).json()["services"]["service"][0].clone();
            assert_eq!((&service["path"], &service["active"]), (&json!(path), &json!(true)));
            assert_eq!(service["host"], format!("http://{}", tenant.host));
        }
        let ingest = device
            .get("/services/available.json?serviceType=org.opencastproject.ingest")
            .send();
        assert_eq!(ingest.expect(200).json(), json!({ "services": "" }));
    });
}
