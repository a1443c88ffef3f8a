//! Workflows that somebody pauses, resumes, stops, configures or deletes.

use crate::support::{Tenant, acl, admin, event, expect, text, update, user};
use lectern_data::model::*;
use lectern_data::workflow::{self, Definition, Operation, OperationState, State, Workflow};

fn start(event: &str, identifier: Option<i64>, configuration: &[(&str, &str)]) -> Change {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let operation = |name: &str| Operation {
        operation: name.to_owned(),
        fail_on_error: true,
        ..Operation::default()
    };
    Change::StartWorkflow {
        identifier,
        event: event.to_owned(),
        processing: Processing {
            workflow: "publish".to_owned(),
            configuration: configuration.iter().map(pair).collect(),
        },
        definition: Some(Definition {
            identifier: "publish".to_owned(),
            operations: vec![operation("inspect"), operation("publish-engage")],
            ..Definition::default()
        }),
    }
}

/// An event with the workflow 7, which teachers may change and students may see.
fn started() -> Tenant {
    let tenant = Tenant::new();
    let readable = acl(&["ROLE_TEACHER read", "ROLE_TEACHER write", "ROLE_STUDENT read"]);
    tenant.write(
        &admin(),
        &[
            event("e", &[text("title", "E")], Some(readable)),
            start("e", Some(7), &[]),
        ],
    );
    tenant
}

fn found(tenant: &Tenant, id: i64) -> Workflow {
    workflow::workflow(&tenant.connection, id).unwrap().unwrap()
}

/// Takes the workflow 7 on, as the system does.
fn advance(tenant: &Tenant, state: State, operations: &[OperationState]) -> Result<Sequence, Error> {
    let seen = found(tenant, 7);
    advance_from(tenant, &seen, state, operations)
}

fn advance_from(
    tenant: &Tenant,
    seen: &Workflow,
    state: State,
    operations: &[OperationState],
) -> Result<Sequence, Error> {
    let mut all = seen.operations.clone();
    for (operation, state) in all.iter_mut().zip(operations) {
        operation.state = *state;
    }
    let mut system = admin();
    system.principal.provider = SYSTEM.to_owned();
    let step = Advance {
        workflow: seen.id,
        event: seen.event.clone(),
        detail: String::new(),
        sequence: seen.sequence,
        state,
        configuration: seen.configuration.clone(),
        operations: all,
        media: None,
        publications: None,
        duration: None,
        deletes_event: false,
    };
    tenant.try_write(&system, &[Change::AdvanceWorkflow(Box::new(step))])
}

fn to_state(state: State) -> Change {
    update("workflows", "7", &[text("state", state.as_str())])
}

fn states(workflow: &Workflow) -> Vec<OperationState> {
    workflow.operations.iter().map(|operation| operation.state).collect()
}

fn of_event(tenant: &Tenant) -> Vec<Value> {
    let (item, _) = tenant
        .get(&admin(), "events", "e", &["processing_state", "status"])
        .unwrap();
    item.values
}

fn delete(id: &str) -> Change {
    crate::support::delete("workflows", id)
}

use OperationState::{Failed, Instantiated, Paused, Retry, Running, Succeeded};

#[test]
fn a_workflow_has_the_number_that_was_given_for_it() {
    let tenant = started();
    assert_eq!(found(&tenant, 7).event, "e");
    assert_eq!(workflow::last_number(&tenant.connection).unwrap(), 7);
    let taken = [event("f", &[], None), start("f", Some(7), &[])];
    assert_eq!(tenant.try_write(&admin(), &taken).unwrap_err().reason, Reason::Busy);
    tenant.write(&admin(), &[event("f", &[], None), start("f", None, &[])]);
    assert_eq!(found(&tenant, 8).event, "f");
}

#[test]
fn what_is_being_done_when_a_workflow_is_paused_has_not_been_done_and_is_done_when_it_is_resumed() {
    let tenant = started();
    advance(&tenant, State::Running, &[Succeeded, Running]).unwrap();
    let seen = found(&tenant, 7);
    tenant.write(&user(&["ROLE_TEACHER"]), &[to_state(State::Paused)]);
    assert_eq!(of_event(&tenant)[0], Value::Text("PAUSED".to_owned()));
    assert_eq!(workflow::due(&tenant.connection, 10).unwrap(), [0; 0]);
    assert_eq!(states(&found(&tenant, 7)), [Succeeded, Instantiated]);
    let late = advance_from(&tenant, &seen, State::Succeeded, &[Succeeded, Succeeded]);
    assert_eq!(late.unwrap_err().reason, Reason::Changed);
    tenant.write(&admin(), &[to_state(State::Running)]);
    assert_eq!(workflow::due(&tenant.connection, 10).unwrap(), [7]);
    assert_eq!(of_event(&tenant)[1], Value::Text(State::Running.status().to_owned()));
}

#[test]
fn an_operation_that_paused_the_workflow_is_done_when_somebody_resumes_it() {
    let tenant = started();
    advance(&tenant, State::Paused, &[Paused, Instantiated]).unwrap();
    tenant.write(&admin(), &[to_state(State::Running)]);
    assert_eq!(states(&found(&tenant, 7)), [Succeeded, Instantiated]);
}

#[test]
fn every_workflow_can_be_paused_and_stopped_and_only_a_paused_one_resumed() {
    for from in State::ALL {
        for to in State::ALL {
            let tenant = started();
            advance(&tenant, from, &[]).unwrap();
            let before = found(&tenant, 7);
            let changed = tenant.try_write(&admin(), &[to_state(to)]);
            let is_allowed = from == to
                || matches!(to, State::Paused | State::Stopped)
                || (from, to) == (State::Paused, State::Running);
            match changed {
                Ok(_) => assert!(is_allowed, "{from:?} {to:?}"),
                Err(error) => {
                    assert!(!is_allowed, "{from:?} {to:?}: {error:?}");
                    assert_eq!((error.reason, error.subject.as_str()), (Reason::Conflict, "state"));
                    let words = if to == State::Running {
                        "Cannot resume from workflow state"
                    } else {
                        "Cannot transition state"
                    };
                    assert!(error.message.starts_with(words), "{}", error.message);
                }
            }
            let after = found(&tenant, 7);
            assert_eq!(after.completed.is_none(), after.state.is_active());
            if from == to {
                assert_eq!(after, before);
            }
        }
    }
}

#[test]
fn a_workflow_that_has_failed_tries_again_what_it_failed_with() {
    let tenant = started();
    advance(&tenant, State::Failed, &[Succeeded, Failed]).unwrap();
    tenant.write(&admin(), &[to_state(State::Paused), to_state(State::Running)]);
    let resumed = found(&tenant, 7);
    assert_eq!(
        (resumed.state, states(&resumed)),
        (State::Running, vec![Succeeded, Retry])
    );
}

#[test]
fn a_workflow_that_was_failing_goes_on_failing() {
    let tenant = started();
    let mut seen = found(&tenant, 7);
    seen.operations[1].is_handler = true;
    advance_from(&tenant, &seen, State::Failing, &[Failed, Running]).unwrap();
    tenant.write(&admin(), &[to_state(State::Paused), to_state(State::Running)]);
    let resumed = found(&tenant, 7);
    assert_eq!(
        (resumed.state, states(&resumed)),
        (State::Failing, vec![Failed, Instantiated])
    );
}

#[test]
fn an_old_workflow_is_not_taken_up_again_while_another_one_is_active() {
    let tenant = started();
    advance(&tenant, State::Succeeded, &[]).unwrap();
    tenant.write(&admin(), &[start("e", Some(9), &[])]);
    let error = tenant.try_write(&admin(), &[to_state(State::Paused)]).unwrap_err();
    assert_eq!((error.reason, error.subject.as_str()), (Reason::Conflict, "workflow"));
    tenant.write(&admin(), &[to_state(State::Stopped)]);
    assert_eq!(of_event(&tenant)[0], Value::Text("INSTANTIATED".to_owned()));
}

#[test]
fn a_configuration_takes_the_place_of_the_former_one() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[event("e", &[], None), start("e", Some(7), &[("a", "1"), ("b", "2")])],
    );
    let configure = |json: &str| {
        update(
            "workflows",
            "7",
            &[Assignment {
                field: "configuration".to_owned(),
                value: Value::Document(json.to_owned()),
            }],
        )
    };
    tenant.write(&admin(), &[configure(r#"{"b": "3", "c": "4"}"#)]);
    let expected = [("b", "3"), ("c", "4")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(found(&tenant, 7).configuration, expected.into());
    for broken in [r#"{"b": 3}"#, "[]", "{"] {
        let error = tenant.try_write(&admin(), &[configure(broken)]).unwrap_err();
        assert_eq!(
            (error.reason, error.subject.as_str()),
            (Reason::Invalid, "configuration"),
            "{broken}"
        );
    }
}

#[test]
fn an_event_remembers_what_its_workflows_were_configured_with() {
    let tenant = Tenant::new();
    tenant.write(
        &admin(),
        &[event("e", &[], None), start("e", Some(7), &[("a", "1"), ("b", "2")])],
    );
    advance(&tenant, State::Succeeded, &[]).unwrap();
    tenant.write(&admin(), &[start("e", Some(8), &[("b", "3")])]);
    let expected = [("a", "1"), ("b", "3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(found(&tenant, 8).configuration, expected.into());
}

#[test]
fn whoever_may_only_see_a_workflow_does_not_change_it_and_nobody_else_knows_of_it() {
    let tenant = started();
    let refused = |roles: &[&str], change: Change| {
        let mut other = user(roles);
        // Not the one who has started it.
        other.principal.username = "other".to_owned();
        tenant.try_write(&other, &[change]).unwrap_err().reason
    };
    for change in [to_state(State::Stopped), delete("7")] {
        assert_eq!(refused(&["ROLE_STUDENT"], change.clone()), Reason::Denied);
        assert_eq!(refused(&["ROLE_OTHER"], change), Reason::Missing);
    }
    assert_eq!(refused(&["ROLE_TEACHER"], delete("abc")), Reason::Missing);
    let creator = Tenant::new();
    let uploader = user(&["ROLE_UPLOADER"]);
    creator.write(
        &uploader,
        &[event("e", &[], Some(Vec::new())), start("e", Some(7), &[])],
    );
    creator.write(&uploader, &[to_state(State::Stopped), delete("7")]);
}

#[test]
fn a_workflow_is_deleted_when_it_has_ended_and_the_event_has_the_state_of_the_one_before() {
    let tenant = started();
    let error = tenant.try_write(&admin(), &[delete("7")]).unwrap_err();
    assert_eq!((error.reason, error.subject.as_str()), (Reason::Conflict, "state"));
    advance(&tenant, State::Failed, &[]).unwrap();
    tenant.write(&admin(), &[start("e", Some(8), &[])]);
    let stop = update("workflows", "8", &[text("state", "STOPPED")]);
    tenant.write(&admin(), &[stop, delete("8")]);
    assert_eq!(of_event(&tenant)[0], Value::Text("FAILED".to_owned()));
    tenant.write(&admin(), &[delete("7")]);
    assert_eq!(
        of_event(&tenant),
        [Value::None, Value::Text("EVENTS.EVENTS.STATUS.PROCESSED".to_owned())]
    );
    assert_eq!(workflow::workflows(&tenant.connection, false, 10).unwrap(), []);
}

#[test]
fn a_change_can_expect_the_workflow_to_be_as_it_was_seen() {
    let tenant = started();
    let sequence = found(&tenant, 7).sequence;
    tenant.write(&admin(), &[expect("workflows", "7", sequence), to_state(State::Paused)]);
    let late = tenant.try_write(
        &admin(),
        &[expect("workflows", "7", sequence), to_state(State::Stopped)],
    );
    assert_eq!(late.unwrap_err().reason, Reason::Changed);
}

#[test]
fn the_operator_pauses_resumes_and_stops_in_the_same_way() {
    let tenant = started();
    let sql = &tenant.connection;
    advance(&tenant, State::Running, &[Running, Instantiated]).unwrap();
    workflow::pause(sql, 7, crate::support::NOW).unwrap();
    assert_eq!(
        (found(&tenant, 7).state, states(&found(&tenant, 7))),
        (State::Paused, vec![Instantiated; 2])
    );
    workflow::resume(sql, 7, crate::support::NOW).unwrap();
    assert!(workflow::resume(sql, 7, crate::support::NOW).is_err());
    workflow::stop(sql, 7, crate::support::NOW).unwrap();
    assert!(workflow::pause(sql, 7, crate::support::NOW).is_err());
    assert_eq!(of_event(&tenant)[0], Value::Text("STOPPED".to_owned()));
}
