use super::*;
use proptest::prelude::*;

fn operation(name: &str) -> Operation {
    Operation {
        operation: name.to_owned(),
        fail_on_error: true,
        max_attempts: 1,
        ..Operation::default()
    }
}

fn workflow(operations: Vec<Operation>) -> Workflow {
    Workflow {
        id: 1,
        event: "e".to_owned(),
        sequence: 1,
        created: 0,
        completed: None,
        state: State::Instantiated,
        definition: "d".to_owned(),
        title: String::new(),
        description: String::new(),
        creator: "ada".to_owned(),
        configuration: [("yes", "true"), ("no", "false")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        operations,
    }
}

fn no_handler(_: &str) -> Option<Vec<Operation>> {
    None
}

/// The states of the operations.
fn states(workflow: &Workflow) -> Vec<OperationState> {
    workflow.operations.iter().map(|operation| operation.state).collect()
}

use OperationState::{Failed, Instantiated, Paused, Retry, Running, Skipped, Succeeded};

#[test]
fn operations_are_done_one_after_the_other() {
    let mut workflow = workflow(vec![operation("a"), operation("b")]);
    begin(&mut workflow, 5);
    assert_eq!(
        (workflow.state, states(&workflow)),
        (State::Running, vec![Running, Instantiated])
    );
    assert_eq!(current(&workflow).unwrap().operation, "a");
    ended(&mut workflow, Ok(Outcome::Done), no_handler, 6);
    assert_eq!(
        (workflow.state, states(&workflow)),
        (State::Running, vec![Succeeded, Running])
    );
    assert_eq!(
        (workflow.operations[0].start, workflow.operations[0].completion),
        (Some(5), Some(6))
    );
    ended(&mut workflow, Ok(Outcome::Skipped("nothing".to_owned())), no_handler, 7);
    assert_eq!(
        (workflow.state, states(&workflow)),
        (State::Succeeded, vec![Succeeded, Skipped])
    );
    assert_eq!(workflow.operations[1].reason, "nothing");
    assert_eq!(current(&workflow), None);
}

#[test]
fn conditions_decide_what_is_skipped() {
    let conditional = |condition: &str, unless: &str| Operation {
        condition: condition.to_owned(),
        unless: unless.to_owned(),
        ..operation("x")
    };
    let mut workflow = workflow(vec![
        conditional("${no}", ""),
        conditional("", "${yes}"),
        conditional("${yes}", "${yes}"),
        conditional("${yes}", "${no}"),
        conditional("${missing}", ""),
    ]);
    begin(&mut workflow, 0);
    assert_eq!(states(&workflow), [Skipped, Skipped, Skipped, Running, Instantiated]);
    ended(&mut workflow, Ok(Outcome::Done), no_handler, 1);
    assert_eq!((workflow.state, states(&workflow)[4]), (State::Succeeded, Skipped));
}

#[test]
fn a_pause_lasts_until_somebody_resumes_the_workflow() {
    let mut workflow = workflow(vec![operation("pause"), operation("b")]);
    begin(&mut workflow, 0);
    ended(&mut workflow, Ok(Outcome::Paused), no_handler, 1);
    assert_eq!(
        (workflow.state, states(&workflow)),
        (State::Paused, vec![Paused, Instantiated])
    );
    // As the operator does.
    workflow.state = State::Running;
    workflow.operations[0].state = Succeeded;
    begin(&mut workflow, 2);
    assert_eq!(
        (workflow.state, states(&workflow)),
        (State::Running, vec![Succeeded, Running])
    );
}

#[test]
fn a_failure_ends_the_workflow_and_says_why() {
    let mut workflow = workflow(vec![operation("a"), operation("b")]);
    begin(&mut workflow, 0);
    ended(&mut workflow, Err("disk 7".to_owned()), no_handler, 1);
    assert_eq!(
        (workflow.state, states(&workflow)),
        (State::Failed, vec![Failed, Instantiated])
    );
    assert_eq!(
        (
            workflow.operations[0].reason.as_str(),
            workflow.operations[0].failed_attempts
        ),
        ("disk 7", 1)
    );
}

#[test]
fn a_failure_that_does_not_matter_is_passed_over() {
    let harmless = Operation {
        fail_on_error: false,
        ..operation("a")
    };
    let mut workflow = workflow(vec![harmless, operation("b")]);
    begin(&mut workflow, 0);
    ended(&mut workflow, Err("x".to_owned()), no_handler, 1);
    assert_eq!(
        (workflow.state, states(&workflow)),
        (State::Running, vec![Failed, Running])
    );
}

#[test]
fn an_exception_handler_takes_the_place_of_what_was_to_follow() {
    let handled = Operation {
        exception_handler_workflow: "clean-up".to_owned(),
        ..operation("a")
    };
    let handler = |name: &str| (name == "clean-up").then(|| vec![operation("c"), operation("d")]);
    let mut workflow = workflow(vec![handled, operation("b")]);
    begin(&mut workflow, 0);
    ended(&mut workflow, Err("x".to_owned()), handler, 1);
    assert_eq!(
        (workflow.state, states(&workflow)),
        (State::Failing, vec![Failed, Running, Instantiated])
    );
    ended(&mut workflow, Ok(Outcome::Done), handler, 2);
    ended(&mut workflow, Ok(Outcome::Done), handler, 3);
    assert_eq!(
        (workflow.state, states(&workflow)),
        (State::Failed, vec![Failed, Succeeded, Succeeded])
    );
}

#[test]
fn a_handler_that_fails_or_is_missing_ends_the_workflow() {
    let handled = |handler: &str| Operation {
        exception_handler_workflow: handler.to_owned(),
        ..operation("a")
    };
    let mut failing = workflow(vec![handled("again")]);
    begin(&mut failing, 0);
    let handler = |_: &str| Some(vec![handled("again")]);
    ended(&mut failing, Err("x".to_owned()), handler, 1);
    ended(&mut failing, Err("y".to_owned()), handler, 2);
    assert_eq!((failing.state, states(&failing)), (State::Failed, vec![Failed, Failed]));

    let mut unknown = workflow(vec![handled("unknown")]);
    begin(&mut unknown, 0);
    ended(&mut unknown, Err("x".to_owned()), no_handler, 1);
    assert_eq!(unknown.state, State::Failed);
    assert!(unknown.operations[0].reason.contains("\"unknown\""));
}

#[test]
fn an_operation_is_tried_again_as_often_as_it_says() {
    let stubborn = Operation {
        retry_strategy: RetryStrategy::Retry,
        max_attempts: 3,
        ..operation("a")
    };
    let mut workflow = workflow(vec![stubborn]);
    begin(&mut workflow, 0);
    for _ in 0..2 {
        ended(&mut workflow, Err("x".to_owned()), no_handler, 1);
        assert_eq!((workflow.state, states(&workflow)), (State::Running, vec![Running]));
    }
    ended(&mut workflow, Err("x".to_owned()), no_handler, 1);
    assert_eq!((workflow.state, states(&workflow)), (State::Failed, vec![Failed]));
    assert_eq!(workflow.operations[0].failed_attempts, 3);
}

#[test]
fn an_operation_that_holds_waits_for_somebody_before_it_is_tried_again() {
    let holding = Operation {
        retry_strategy: RetryStrategy::Hold,
        max_attempts: 2,
        ..operation("a")
    };
    let mut workflow = workflow(vec![holding]);
    begin(&mut workflow, 0);
    ended(&mut workflow, Err("x".to_owned()), no_handler, 1);
    assert_eq!((workflow.state, states(&workflow)), (State::Paused, vec![Retry]));
    workflow.state = State::Running;
    begin(&mut workflow, 2);
    assert_eq!(states(&workflow), [Running]);
}

fn outcomes() -> impl Strategy<Value = Result<Outcome, String>> {
    prop_oneof![
        4 => Just(Ok(Outcome::Done)),
        1 => Just(Ok(Outcome::Skipped(String::new()))),
        1 => Just(Ok(Outcome::Paused)),
        2 => Just(Err("x".to_owned())),
    ]
}

fn operations() -> impl Strategy<Value = Operation> {
    let strategies = prop_oneof![
        Just(RetryStrategy::None),
        Just(RetryStrategy::Retry),
        Just(RetryStrategy::Hold)
    ];
    let conditions = prop_oneof![Just(""), Just("${yes}"), Just("${no}")];
    (any::<bool>(), any::<bool>(), strategies, 1_u32..4, conditions).prop_map(
        |(fail_on_error, handled, retry_strategy, max_attempts, condition)| Operation {
            fail_on_error,
            exception_handler_workflow: if handled { "handler" } else { "" }.to_owned(),
            retry_strategy,
            max_attempts,
            condition: condition.to_owned(),
            ..operation("x")
        },
    )
}

proptest! {
    /// However operations end, at most one is running at a time, exactly while the workflow is due, and the workflow ends.
    #[test]
    fn every_workflow_ends(list in prop::collection::vec(operations(), 1..5), ends in prop::collection::vec(outcomes(), 100)) {
        let mut workflow = workflow(list);
        begin(&mut workflow, 0);
        for outcome in ends {
            let running = workflow.operations.iter().filter(|operation| operation.state == Running).count();
            prop_assert_eq!(running, usize::from(workflow.state.is_due()));
            if workflow.state == State::Paused {
                workflow.state = State::Running;
                for operation in &mut workflow.operations {
                    if operation.state == Paused {
                        operation.state = Succeeded;
                    }
                }
                begin(&mut workflow, 0);
                continue;
            }
            if !workflow.state.is_active() {
                break;
            }
            ended(&mut workflow, outcome, |_| Some(vec![operation("h")]), 0);
        }
        prop_assert!(!workflow.state.is_active());
        let failed = workflow.operations.iter().any(|operation| operation.state == Failed && operation.fail_on_error);
        prop_assert_eq!(workflow.state == State::Failed, failed);
    }
}
