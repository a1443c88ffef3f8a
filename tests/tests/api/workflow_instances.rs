//! `/api/workflows`

use lectern_tests::content::{acl, processed_form, unique};
use lectern_tests::except_under_spin;
use lectern_tests::fixture::{NORTH, OUTSIDER, READER, TEACHER, each_tenant};
use lectern_tests::{Answer, Client, Encoding, Form, Stage};
use serde_json::{Value, json};

const ALL: &str = "/api/workflows";

/// Asks for a workflow on an event.
fn start(client: &Client, event: &str, definition: &str, configuration: &Value) -> Answer {
    let form = Form::new()
        .field("event_identifier", event)
        .field("workflow_definition_identifier", definition)
        .field("configuration", configuration);
    client
        .post("/api/workflows?withconfiguration=true&withoperations=true")
        .form(&form, Encoding::Urlencoded)
        .send()
}

/// Starts a workflow and gives its path.
#[track_caller]
fn started(client: &Client, event: &str, definition: &str) -> String {
    let answer = start(client, event, definition, &json!({})).expect(201);
    format!("{ALL}/{}", answer.json()["identifier"].as_u64().unwrap())
}

/// An event with a workflow that is paused, and the path of that.
fn held(stage: &Stage) -> (String, String) {
    let event = stage.event(json!({ "title": "Wartet" }));
    let path = started(&stage.actor, &event, "hold");
    assert_eq!(stage.actor.until_processed(&event), "PAUSED");
    (event, path)
}

fn both<'a>(event: &'a str, definition: &'a str) -> [(&'a str, &'a str); 2] {
    [
        ("event_identifier", event),
        ("workflow_definition_identifier", definition),
    ]
}

fn put(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let form = fields
        .iter()
        .fold(Form::new(), |form, (name, text)| form.field(name, text));
    client.put(path).form(&form, Encoding::Multipart).send()
}

#[test]
fn a_workflow_is_started_on_an_event_and_found_at_its_address() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let event = stage.event(json!({ "title": "Vorlesung" }));
        let answer = start(&stage.actor, &event, "fast", &json!({ "speed": "slow", "loud": true })).expect(201);
        let shown = answer.json();
        let identifier = shown["identifier"].as_u64().unwrap();
        let address = answer.header("location").unwrap();
        assert!(address.ends_with(&format!("/api/workflows/{identifier}")), "{address}");
        assert_eq!(shown["event_identifier"], event);
        assert_eq!(shown["workflow_definition_identifier"], "fast");
        assert_eq!(shown["title"], "Fast");
        let configuration = &shown["configuration"];
        assert_eq!(
            (&configuration["speed"], &configuration["loud"]),
            (&json!("slow"), &json!("true"))
        );
        assert_eq!(shown["operations"][0]["operation"], "inspect");
        assert_eq!(stage.actor.until_processed(&event), "SUCCEEDED");
        let ended = stage
            .actor
            .get(&format!("{ALL}/{identifier}"))
            .send()
            .expect(200)
            .json();
        assert_eq!(
            (&ended["identifier"], &ended["state"]),
            (&json!(identifier), &json!("succeeded"))
        );
        assert!(ended["completed"].as_str().unwrap().ends_with('Z'));
        assert!(ended.get("operations").is_none() && ended.get("configuration").is_none());
        tenant
            .other()
            .admin()
            .get(&format!("{ALL}/{identifier}?x"))
            .send()
            .not_5xx();
    });
}

#[test]
fn every_workflow_has_a_number_of_its_own_whoever_starts_them_at_once() {
    let stage = Stage::new(&NORTH);
    let events: Vec<String> = (0..12)
        .map(|_| stage.event(json!({ "title": "Gleichzeitig" })))
        .collect();
    let numbers: Vec<(String, u64)> = std::thread::scope(|scope| {
        let threads: Vec<_> = events
            .iter()
            .map(|event| {
                let actor = stage.actor.clone();
                scope.spawn(move || {
                    let shown = start(&actor, event, "hold", &json!({})).expect(201).json();
                    (event.clone(), shown["identifier"].as_u64().unwrap())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (event, number) in numbers {
        let shown = stage.actor.get(&format!("{ALL}/{number}")).send().expect(200).json();
        assert_eq!(shown["event_identifier"], event);
    }
}

#[test]
fn what_is_missing_is_refused_in_the_order_of_the_fields() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let event = stage.event(json!({ "title": "Vorlesung" }));
        let post = |fields: &[(&str, &str)]| {
            let form = fields
                .iter()
                .fold(Form::new(), |form, (name, text)| form.field(name, text));
            stage.actor.post(ALL).form(&form, Encoding::Urlencoded).send()
        };
        post(&[]).refused(400, "Required parameter 'event_identifier' is missing or invalid");
        post(&both(&event, " ")).refused(400, "'workflow_definition_identifier'");
        post(&both("gone", "nonsense")).refused(404, "Cannot find an event with id 'gone'.");
        post(&both(&event, "nonsense")).refused(404, "Cannot find a workflow definition with id 'nonsense'.");
        let broken = [both(&event, "fast").as_slice(), &[("configuration", "{\"a\"")]].concat();
        post(&broken).refused(400, "'configuration' is invalid JSON");
        let elsewhere = [both(&event, "nonsense").as_slice(), &[("configuration", "[]")]].concat();
        post(&elsewhere).expect(404);
        let other = Stage::new(tenant);
        start(&other.actor, &event, "fast", &json!({})).refused(404, "Cannot find an event");
        start(&tenant.other().admin(), &event, "fast", &json!({})).refused(404, "Cannot find an event");
    });
}

#[test]
fn who_may_only_read_the_event_sees_the_workflow_and_changes_nothing() {
    let stage = Stage::new(&NORTH);
    let reading = unique("ROLE_R").replace('-', "_").to_uppercase();
    let acl = acl(&[(&stage.role, "read"), (&stage.role, "write"), (&reading, "read")]);
    let event = stage.admin.create_event(json!({ "title": "Vorlesung" }), &acl);
    let path = started(&stage.actor, &event, "hold");
    stage.actor.until_processed(&event);
    let reader = NORTH.with_roles(&reading);
    assert_eq!(reader.get(&path).send().expect(200).json()["state"], "paused");
    put(&reader, &path, &[("state", "stopped")]).expect(403);
    reader.delete(&path).send().expect(403);
    start(&reader, &event, "fast", &json!({})).refused(401, "unauthorized");
    let stranger = NORTH.with_roles("ROLE_NOBODY");
    for answer in [
        stranger.get(&path).send(),
        put(&stranger, &path, &[("state", "nonsense")]),
        stranger.delete(&path).send(),
        stage.actor.get(&format!("{ALL}/abc")).send(),
        stage.actor.get(&format!("{ALL}/-1")).send(),
    ] {
        answer.refused(404, "Cannot find workflow instance with id '");
    }
}

#[test]
fn a_second_workflow_is_a_conflict_that_is_told_in_json() {
    let stage = Stage::new(&NORTH);
    let (event, path) = held(&stage);
    let refused = start(&stage.actor, &event, "fast", &json!({})).expect(409);
    assert!(refused.json()["message"].as_str().unwrap().contains(&event));
    put(&stage.actor, &path, &[("state", "stopped")]).expect(200);
    let again = start(&stage.actor, &event, "fast", &json!({})).expect(201).json();
    stage.actor.until_processed(&event);
    let other = put(
        &stage.actor,
        &format!("{ALL}/{}", again["identifier"]),
        &[("state", "running")],
    );
    other.refused(409, "Cannot resume from workflow state 'succeeded'");
}

#[test]
fn a_workflow_is_paused_resumed_and_stopped() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let (event, path) = held(&stage);
        let state = |answer: Answer| answer.expect(200).json()["state"].as_str().unwrap().to_owned();
        assert_eq!(state(put(&stage.actor, &path, &[("state", "Paused")])), "paused");
        put(&stage.actor, &path, &[("state", "succeeded")])
            .refused(409, "Cannot transition state from 'paused' to 'succeeded'");
        put(&stage.actor, &path, &[("state", "asleep")]).refused(400, "Invalid workflow state 'asleep'");
        assert_eq!(state(put(&stage.actor, &path, &[])), "paused");
        put(&stage.actor, &path, &[("state", "running")]).expect(200);
        while stage.actor.until_processed(&event) == "PAUSED" {}
        assert_eq!(stage.actor.until_processed(&event), "SUCCEEDED");
        assert_eq!(state(put(&stage.actor, &path, &[("state", "stopped")])), "stopped");
        assert_eq!(
            stage.actor.event(&event)["status"],
            "EVENTS.EVENTS.STATUS.PROCESSING_CANCELLED"
        );
    });
}

#[test]
fn a_configuration_is_replaced_and_remembered_by_its_event() {
    let stage = Stage::new(&NORTH);
    let event = stage.event(json!({ "title": "Vorlesung" }));
    let first = start(&stage.actor, &event, "hold", &json!({ "a": "1", "b": "2" }))
        .expect(201)
        .json();
    stage.actor.until_processed(&event);
    let path = format!("{ALL}/{}", first["identifier"]);
    let changed = put(
        &stage.actor,
        &format!("{path}?withconfiguration=true"),
        &[("configuration", "{\"c\": 3,}"), ("state", "stopped")],
    );
    let shown = changed.expect(200).json();
    assert_eq!(
        (&shown["configuration"], &shown["state"]),
        (&json!({ "c": "3" }), &json!("stopped"))
    );
    put(&stage.actor, &path, &[("configuration", "nonsense")]).refused(400, "'configuration' is invalid JSON");
    let second = start(&stage.actor, &event, "hold", &json!({ "b": "4" }))
        .expect(201)
        .json();
    let remembered = &second["configuration"];
    assert_eq!((&remembered["a"], &remembered["b"]), (&json!("1"), &json!("4")));
    assert!(remembered.get("c").is_none());
}

#[test]
fn only_a_workflow_that_has_ended_is_deleted() {
    let stage = Stage::new(&NORTH);
    let (event, path) = held(&stage);
    stage
        .actor
        .delete(&path)
        .send()
        .refused(409, "Cannot delete workflow instance in this workflow state");
    put(&stage.actor, &path, &[("state", "stopped")]).expect(200);
    stage.actor.delete(&path).send().expect_empty(204);
    stage.actor.get(&path).send().expect(404);
    // What it was uploaded with.
    assert_eq!(stage.actor.event(&event)["processing_state"], "SUCCEEDED");
}

#[test]
fn changes_can_depend_on_what_was_seen_and_a_start_be_sent_again() {
    let stage = Stage::new(&NORTH);
    let (_, path) = held(&stage);
    let tag = stage.actor.get(&path).send().header("etag").unwrap().to_owned();
    stage.actor.get(&path).header("if-none-match", &tag).send().expect(304);
    let with_tag = stage.actor.with_header("if-match", &tag);
    put(&with_tag, &path, &[("state", "stopped")]).expect(200);
    put(&with_tag, &path, &[("state", "paused")]).expect(412);
    let event = stage.event(json!({ "title": "Noch einmal" }));
    let keyed = stage.actor.with_header("idempotency-key", &unique("key"));
    let first = start(&keyed, &event, "hold", &json!({})).expect(201);
    let again = start(&keyed, &event, "hold", &json!({})).expect(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.json()["identifier"], again.json()["identifier"]);
    assert_eq!(first.header("location"), again.header("location"));
}

#[test]
fn a_definition_with_roles_is_for_those_who_have_one() {
    except_under_spin!();
    let id = unique("boss");
    let folder = lectern_tests::fixture::installation().data().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!("id: {id}\nroles: [ROLE_BOSS]\noperations:\n  - id: pause\n");
    std::fs::write(folder.join(format!("{id}.yaml")), text).unwrap();
    let stage = Stage::new(&NORTH);
    let event = stage.event(json!({ "title": "Vorlesung" }));
    start(&stage.actor, &event, &id, &json!({})).refused(404, "Cannot find a workflow definition");
    let boss = NORTH.with_roles(&format!("{},ROLE_BOSS", stage.role));
    start(&boss, &event, &id, &json!({})).expect(201);
    // An upload that names it is processed as one that names nothing that exists.
    let processing = json!({ "workflow": id, "configuration": { "straightToPublishing": "false" } });
    let form = processed_form(
        &json!({ "title": "Upload" }),
        &acl(&[(&stage.role, "read")]),
        processing,
    );
    let created = stage
        .actor
        .post("/api/events")
        .multipart(&form)
        .send()
        .expect(201)
        .json();
    let upload = created["identifier"].as_str().unwrap();
    stage.actor.until_processed(upload);
    let workflows = stage
        .actor
        .get(&format!("{ALL}?filter=event_identifier:{upload}"))
        .send();
    assert_eq!(
        workflows.column("workflow_definition_identifier"),
        ["schedule-and-upload"]
    );
    let agent = NORTH.agent("UTC");
    let scheduling = json!({ "agent_id": agent, "start": "2031-01-01T08:00:00Z", "duration": 60000 });
    let form = form.field("scheduling", scheduling);
    stage
        .actor
        .post("/api/events")
        .multipart(&form)
        .send()
        .refused(400, &id);
}

#[test]
fn the_list_shows_what_the_user_may_see_filtered_sorted_and_paged() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let (first, path) = held(&stage);
        let (second, _) = held(&stage);
        let (third, ended) = held(&stage);
        put(&stage.actor, &ended, &[("state", "stopped")]).expect(200);
        let events = |query: &str| {
            let answer = stage.actor.get(&format!("{ALL}?{query}")).send().expect(200);
            answer.column("event_identifier")
        };
        assert_eq!(
            events("filter=state:paused&sort=identifier:ASC"),
            [first.clone(), second.clone()]
        );
        assert_eq!(
            events("filter=workflow_definition_identifier:hold&sort=identifier:DESC"),
            [third.clone(), second.clone(), first.clone()]
        );
        assert_eq!(
            events(&format!("filter=event:{third},state:STOPPED,state:failed")),
            std::slice::from_ref(&third)
        );
        assert_eq!(
            events(&format!("filter=event_identifier:{first}&filter=state:stopped")).len(),
            3
        );
        assert_eq!(
            events("filter=created:2001-01-01T00:00:00Z/2001-01-02T00:00:00Z"),
            [""; 0]
        );
        let page = stage
            .actor
            .get(&format!("{ALL}?filter=workflow_definition_identifier:hold&limit=2"))
            .send();
        assert_eq!(page.header("x-total-count"), Some("3"));
        assert_eq!(page.json().as_array().unwrap().len(), 2);
        assert!(page.header("link").unwrap().contains("rel=\"next\""));
        let number: Value = path.rsplit('/').next().unwrap().parse().unwrap();
        let shown = stage
            .actor
            .get(&format!("{ALL}?filter=identifier:{number}&withoperations=true"))
            .send()
            .json();
        assert_eq!(
            (&shown[0]["identifier"], &shown[0]["operations"][0]["state"]),
            (&number, &json!("paused"))
        );
        for odd in [
            "filter=colour:red",
            "sort=event:ASC",
            "filter=created:now",
            "limit=x",
            "cursor=x",
        ] {
            stage.actor.get(&format!("{ALL}?{odd}")).send().expect(400);
        }
        assert_eq!(
            Stage::new(tenant).actor.get(ALL).send().column("event_identifier"),
            [""; 0]
        );
    });
}

#[test]
fn workflows_need_their_roles_and_came_with_1_1_0() {
    each_tenant(|tenant| {
        let path = format!("{ALL}/1");
        tenant.anonymous().get(&path).send().expect(401);
        tenant.user(OUTSIDER).get(ALL).send().expect(403);
        let reader = tenant.user(READER);
        reader.get(ALL).send().expect(200);
        reader.post(ALL).send().expect(403);
        reader.put(&path).send().expect(403);
        reader.delete(&path).send().expect(403);
        let teacher = tenant.user(TEACHER);
        teacher.get(ALL).version("v1.0.0").send().expect(406);
        teacher.get(ALL).version("v1.1.0").send().expect(200);
        teacher.request("HEAD", &format!("{ALL}/")).send().expect_empty(200);
        tenant.admin().request("PATCH", &path).send().expect(405);
        let problem = teacher
            .post(ALL)
            .header("accept", "application/problem+json, */*")
            .send()
            .expect(400);
        assert_eq!(problem.json()["errors"][0]["pointer"], "#/event_identifier");
    });
}
