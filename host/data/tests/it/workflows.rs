//! Workflows in the data: one at a time, their state is the event's, and each step happens with its effect or not at all.

use crate::support::*;
use lectern_data::audit;
use lectern_data::model::*;
use lectern_data::workflow::{self, Definition, Operation, OperationState, State, Workflow};

fn definition() -> Definition {
    Definition {
        identifier: "publish".to_owned(),
        title: "Publish".to_owned(),
        description: "Publishes".to_owned(),
        operations: vec![Operation {
            operation: "publish-engage".to_owned(),
            ..Operation::default()
        }],
    }
}

fn start(event: &str) -> Change {
    Change::StartWorkflow {
        identifier: None,
        event: event.to_owned(),
        processing: Processing {
            workflow: "publish".to_owned(),
            configuration: vec![("speed".to_owned(), "fast".to_owned())],
        },
        definition: Some(definition()),
    }
}

fn system() -> Session {
    let mut session = admin();
    session.principal.provider = SYSTEM.to_owned();
    session
}

/// A tenant with an event that a workflow has been started on.
fn started() -> Tenant {
    let tenant = Tenant::new();
    let readable = acl(&["ROLE_TEACHER read", "ROLE_TEACHER write", "ROLE_STUDENT read"]);
    tenant.write(
        &admin(),
        &[event("e", &[text("title", "Title")], Some(readable)), start("e")],
    );
    tenant
}

fn only(tenant: &Tenant) -> Workflow {
    let all = workflow::workflows(&tenant.connection, false, 10).unwrap();
    assert_eq!(all.len(), 1);
    all.into_iter().next().unwrap()
}

/// The step that brings a workflow into a state.
fn step(workflow: &Workflow, state: State) -> Advance {
    Advance {
        workflow: workflow.id,
        event: workflow.event.clone(),
        detail: "publish-engage: done".to_owned(),
        sequence: workflow.sequence,
        state,
        configuration: workflow.configuration.clone(),
        operations: workflow.operations.clone(),
        media: None,
        publications: None,
        duration: None,
        deletes_event: false,
    }
}

fn advance(tenant: &Tenant, step: Advance) -> Result<Sequence, Error> {
    tenant.try_write(&system(), &[Change::AdvanceWorkflow(Box::new(step))])
}

fn shown(tenant: &Tenant, fields: &[&str]) -> Vec<Value> {
    tenant.get(&admin(), "events", "e", fields).unwrap().0.values
}

fn value(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_workflow_keeps_what_it_was_started_with() {
    let tenant = started();
    let workflow = only(&tenant);
    assert_eq!((workflow.event.as_str(), workflow.state), ("e", State::Instantiated));
    assert_eq!(
        (workflow.definition.as_str(), workflow.title.as_str()),
        ("publish", "Publish")
    );
    assert_eq!(workflow.creator, admin().principal.username);
    assert_eq!((workflow.created, workflow.completed), (NOW, None));
    assert_eq!(workflow.configuration["speed"], "fast");
    assert_eq!(workflow.operations, definition().operations);
    assert_eq!(workflow::due(&tenant.connection, 10).unwrap(), [workflow.id]);
}

#[test]
fn the_state_of_the_workflow_is_the_state_of_the_event() {
    for state in State::ALL {
        let tenant = started();
        advance(&tenant, step(&only(&tenant), state)).unwrap();
        assert_eq!(
            shown(&tenant, &["processing_state", "status"]),
            [value(state.as_str()), value(state.status())]
        );
        let found = tenant.list(&admin(), &by("events", "status", state.status()));
        assert_eq!(found, ["e"]);
        let word = state.status().rsplit('.').next().unwrap();
        assert_eq!(
            tenant.list(&admin(), &filtered("events", &[contains(word)])),
            ["e"],
            "{word}"
        );
        assert_eq!(
            workflow::due(&tenant.connection, 10).unwrap().len(),
            usize::from(state.is_due())
        );
        assert_eq!(only(&tenant).completed.is_some(), !state.is_active());
    }
}

#[test]
fn only_one_workflow_is_active_on_an_event() {
    for state in State::ALL {
        let tenant = started();
        advance(&tenant, step(&only(&tenant), state)).unwrap();
        let again = tenant.try_write(&admin(), &[start("e")]);
        if state.is_active() {
            let error = again.unwrap_err();
            assert_eq!((error.reason, error.subject.as_str()), (Reason::Conflict, "workflow"));
        } else {
            again.unwrap();
            assert_eq!(shown(&tenant, &["processing_state"]), [value("INSTANTIATED")]);
        }
    }
}

#[test]
fn access_lists_stay_and_metadata_change_while_a_workflow_is_active() {
    let tenant = started();
    let changes = || {
        [
            set_acl("events", "e", Some(acl(&["ROLE_X read"]))),
            grant("events", "e", "read", "ROLE_X"),
            revoke("events", "e", "read", "ROLE_STUDENT"),
        ]
    };
    for change in changes() {
        let error = tenant.try_write(&admin(), &[change]).unwrap_err();
        assert_eq!((error.reason, error.subject.as_str()), (Reason::Conflict, "workflow"));
    }
    tenant.write(&admin(), &[update("events", "e", &[text("title", "New")])]);
    tenant.write(&system(), &[grant("events", "e", "read", "ROLE_SYSTEM")]);
    advance(&tenant, step(&only(&tenant), State::Succeeded)).unwrap();
    for change in changes() {
        tenant.write(&admin(), &[change, grant("events", "e", "read", "ROLE_STUDENT")]);
    }
}

#[test]
fn who_may_not_write_cannot_start_a_workflow() {
    let tenant = Tenant::new();
    let readable = acl(&["ROLE_STUDENT read"]);
    tenant.write(&admin(), &[event("e", &[], Some(readable))]);
    let refused = |session: &Session| tenant.try_write(session, &[start("e")]).unwrap_err().reason;
    assert_eq!(refused(&user(&["ROLE_STUDENT"])), Reason::Denied);
    assert_eq!(refused(&user(&["ROLE_OTHER"])), Reason::Missing);
}

#[test]
fn whoever_creates_an_event_starts_its_workflow_even_if_its_list_does_not_admit_them() {
    let tenant = Tenant::new();
    let uploader = user(&["ROLE_UPLOADER"]);
    tenant.write(
        &uploader,
        &[event("e", &[], Some(acl(&["ROLE_TEACHER read"]))), start("e")],
    );
    assert_eq!(only(&tenant).creator, uploader.principal.username);
    assert_eq!(
        tenant.try_write(&uploader, &[start("e")]).unwrap_err().reason,
        Reason::Missing
    );
}

#[test]
fn a_workflow_without_a_definition_is_refused() {
    let tenant = Tenant::new();
    let mut unknown = start("e");
    if let Change::StartWorkflow { definition, .. } = &mut unknown {
        *definition = None;
    }
    let error = tenant
        .try_write(&admin(), &[event("e", &[], None), unknown])
        .unwrap_err();
    assert_eq!((error.reason, error.subject.as_str()), (Reason::Missing, "workflow"));
    assert!(error.message.contains("\"publish\""), "{}", error.message);
}

#[test]
fn a_step_is_made_once_and_only_on_what_it_has_seen() {
    let tenant = started();
    let seen = only(&tenant);
    advance(&tenant, step(&seen, State::Running)).unwrap();
    let error = advance(&tenant, step(&seen, State::Succeeded)).unwrap_err();
    assert_eq!(error.reason, Reason::Changed);
    assert_eq!(only(&tenant).state, State::Running);

    let running = only(&tenant);
    workflow::stop(&tenant.connection, running.id, NOW).unwrap();
    assert_eq!(
        advance(&tenant, step(&running, State::Succeeded)).unwrap_err().reason,
        Reason::Changed
    );
    let stopped = only(&tenant);
    assert_eq!(
        advance(&tenant, step(&stopped, State::Running)).unwrap_err().reason,
        Reason::Changed
    );
    tenant.write(&admin(), &[delete("events", "e")]);
    assert_eq!(
        advance(&tenant, step(&stopped, State::Running)).unwrap_err().reason,
        Reason::Missing
    );
}

#[test]
fn only_the_system_makes_steps() {
    let tenant = started();
    let change = Change::AdvanceWorkflow(Box::new(step(&only(&tenant), State::Succeeded)));
    assert_eq!(tenant.try_write(&admin(), &[change]).unwrap_err().reason, Reason::Fault);
    assert_eq!(only(&tenant).state, State::Instantiated);
}

#[test]
fn what_is_published_shows_in_lists() {
    let tenant = started();
    let publications = r#"[{"id":"1","channel":"engage-player","attachments":[{"id":"2","flavor":"presenter/preview","file":"f"}]},
        {"id":"3","channel":"internal"}]"#;
    let published = Advance {
        publications: Some(publications.to_owned()),
        duration: Some(2000),
        ..step(&only(&tenant), State::Running)
    };
    advance(&tenant, published).unwrap();
    let fields = ["publication_status", "has_previews", "duration"];
    let channels = ["engage-player", "internal"].map(str::to_owned).to_vec();
    assert_eq!(
        shown(&tenant, &fields),
        [Value::Texts(channels), Value::Flag(true), Value::Number(2000)]
    );
    let retracted = Advance {
        publications: Some("[]".to_owned()),
        ..step(&only(&tenant), State::Succeeded)
    };
    advance(&tenant, retracted).unwrap();
    assert_eq!(
        shown(&tenant, &fields),
        [Value::None, Value::Flag(false), Value::Number(2000)]
    );
    assert_eq!(tenant.number("SELECT publications IS NULL FROM event_media"), 1);
}

#[test]
fn a_workflow_can_delete_its_event() {
    let tenant = started();
    let deleting = Advance {
        deletes_event: true,
        ..step(&only(&tenant), State::Running)
    };
    advance(&tenant, deleting).unwrap();
    assert_eq!(tenant.get(&admin(), "events", "e", &[]), None);
    assert_eq!(tenant.number("SELECT count(*) FROM workflow"), 0);
}

#[test]
fn deleting_an_event_removes_its_workflows() {
    let tenant = started();
    tenant.write(&admin(), &[delete("events", "e")]);
    assert_eq!(tenant.number("SELECT count(*) FROM workflow"), 0);
}

#[test]
fn the_operator_resumes_and_stops() {
    let tenant = started();
    let mut paused = step(&only(&tenant), State::Paused);
    paused.operations[0].state = OperationState::Paused;
    advance(&tenant, paused).unwrap();
    let id = only(&tenant).id;
    let before = shown(&tenant, &["processing_state"]);
    assert_eq!(before, [value("PAUSED")]);
    workflow::resume(&tenant.connection, id, NOW).unwrap();
    let resumed = only(&tenant);
    assert_eq!(
        (resumed.state, resumed.operations[0].state),
        (State::Running, OperationState::Succeeded)
    );
    assert_eq!(shown(&tenant, &["processing_state"]), [value("RUNNING")]);
    assert!(
        workflow::resume(&tenant.connection, id, NOW)
            .unwrap_err()
            .to_string()
            .contains("RUNNING")
    );
    workflow::stop(&tenant.connection, id, NOW).unwrap();
    assert_eq!(
        shown(&tenant, &["processing_state", "status"]),
        [value("STOPPED"), value("EVENTS.EVENTS.STATUS.PROCESSING_CANCELLED")]
    );
    assert_eq!(only(&tenant).completed, Some(NOW));
    assert!(
        workflow::stop(&tenant.connection, id, NOW)
            .unwrap_err()
            .to_string()
            .contains("STOPPED")
    );
    assert!(
        workflow::stop(&tenant.connection, 99, NOW)
            .unwrap_err()
            .to_string()
            .contains("no workflow 99")
    );
}

#[test]
fn steps_leave_a_trail() {
    let tenant = started();
    advance(&tenant, step(&only(&tenant), State::Succeeded)).unwrap();
    let actions: Vec<(String, String)> = audit::entries(&tenant.connection, None, 10)
        .unwrap()
        .into_iter()
        .map(|entry| (entry.action, entry.detail))
        .collect();
    let expected = [
        ("create", "title"),
        ("start-workflow", "publish"),
        ("advance-workflow", "publish-engage: done"),
    ]
    .map(|(action, detail)| (action.to_owned(), detail.to_owned()));
    assert_eq!(actions, expected);
}

#[test]
fn a_configuration_has_an_end() {
    let tenant = Tenant::new();
    let mut long = start("e");
    if let Change::StartWorkflow { processing, .. } = &mut long {
        processing.configuration = (0..2000).map(|number| (number.to_string(), String::new())).collect();
    }
    let error = tenant.try_write(&admin(), &[event("e", &[], None), long]).unwrap_err();
    assert_eq!(
        (error.reason, error.subject.as_str()),
        (Reason::Invalid, "configuration")
    );
}
