use super::*;
use lectern_data::workflow::OperationState;

const PUBLISH: &str = r#"
id: my-publish
title: Publish
description: >
  Publishes
  everything
tags:
  - archive
displayOrder: 30
configuration_panel: |
  <p>Ready</p>
roles: [ROLE_ADMIN, ROLE_STUDIO]
operations:
  - id: defaults
    configurations:
      - publish: true
      - number: 7
  - id: publish-configure
    description: Publish to the portal
    if: ${publish} && ${number} > 6
    unless: "${broken}"
    fail-on-error: false
    exception-handler-workflow: partial-error
    retry-strategy: retry
    max-attempts: 3
    configurations:
      - channel-id: portal
      - source-flavors: "*/source"
      - url-pattern: https://portal.example/${event_id}
"#;

#[test]
fn a_definition_is_read_as_opencast_writes_it() {
    let definition = Definition::parse(PUBLISH).unwrap();
    assert_eq!(definition.identifier, "my-publish");
    assert_eq!(definition.title, "Publish");
    assert_eq!(definition.description.trim(), "Publishes everything");
    assert_eq!(definition.tags, ["archive"]);
    assert_eq!(definition.display_order, 30);
    assert_eq!(definition.configuration_panel.trim(), "<p>Ready</p>");
    assert_eq!(definition.roles, ["ROLE_ADMIN", "ROLE_STUDIO"]);
    let [defaults, publish] = definition.operations.as_slice() else {
        panic!("{:?}", definition.operations)
    };
    assert_eq!(defaults.configuration["publish"], "true");
    assert_eq!(defaults.configuration["number"], "7");
    assert_eq!((defaults.fail_on_error, defaults.max_attempts), (true, 1));
    assert_eq!(publish.operation, "publish-configure");
    assert_eq!(publish.description, "Publish to the portal");
    assert_eq!(publish.condition, "${publish} && ${number} > 6");
    assert_eq!(publish.unless, "${broken}");
    assert!(!publish.fail_on_error);
    assert_eq!(publish.exception_handler_workflow, "partial-error");
    assert_eq!(publish.retry_strategy, RetryStrategy::Retry);
    assert_eq!(publish.max_attempts, 3);
    assert_eq!(publish.state, OperationState::Instantiated);
    assert_eq!(
        publish.configuration["url-pattern"],
        "https://portal.example/${event_id}"
    );
}

#[test]
fn options_can_be_one_mapping() {
    let text = "id: a\noperations:\n  - id: retract\n    configurations:\n      channel-id: x\n";
    let definition = Definition::parse(text).unwrap();
    assert_eq!(definition.operations[0].configuration["channel-id"], "x");
}

#[test]
fn the_shipped_definitions_are_those_that_clients_name() {
    for (file, text) in SHIPPED {
        let definition = Definition::parse(text).unwrap_or_else(|fault| panic!("{file}:{fault}"));
        assert_eq!(format!("{}.yaml", definition.identifier), file);
        assert!(
            !definition.title.is_empty() && !definition.description.is_empty(),
            "{file}"
        );
    }
    let identifiers: Vec<String> = shipped().map(|definition| definition.identifier).collect();
    assert_eq!(
        identifiers,
        [
            "delete",
            "fast",
            "hold",
            "publish",
            "republish-metadata",
            "retract",
            "schedule-and-upload"
        ]
    );
}

/// The definition with one line changed, and the line's number.
fn broken(line: &str, replacement: &str) -> (u64, Fault) {
    let number = PUBLISH.lines().position(|other| other.trim() == line).unwrap() as u64 + 1;
    let indent = PUBLISH.lines().nth(number as usize - 1).unwrap().len()
        - PUBLISH.lines().nth(number as usize - 1).unwrap().trim_start().len();
    let lines: Vec<String> = PUBLISH
        .lines()
        .map(|other| {
            if other.trim() == line {
                format!("{}{replacement}", " ".repeat(indent))
            } else {
                other.to_owned()
            }
        })
        .collect();
    (number, Definition::parse(&lines.join("\n")).unwrap_err())
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    for (line, replacement, named) in [
        ("id: my-publish", "id: my/publish", "my/publish"),
        ("displayOrder: 30", "displayOrder: thirty", "thirty"),
        ("title: Publish", "titel: Publish", "titel"),
        ("- id: publish-configure", "- id: publish-youtube", "publish-youtube"),
        (
            "- source-flavors: \"*/source\"",
            "- source-flavor: \"*/source\"",
            "source-flavor",
        ),
        ("unless: \"${broken}\"", "unless: broken", "broken"),
        ("if: ${publish} && ${number} > 6", "if: ${publish} &&", "missing"),
        ("fail-on-error: false", "fail-on-error: maybe", "maybe"),
        ("retry-strategy: retry", "retry-strategy: again", "again"),
        ("max-attempts: 3", "max-attempts: 0", "max-attempts"),
        ("max-attempts: 3", "max-attempts: many", "many"),
    ] {
        let (number, fault) = broken(line, replacement);
        assert_eq!(fault.line, number, "{replacement}: {fault}");
        assert!(fault.message.contains(named), "{replacement}: {fault}");
    }
}

#[test]
fn an_operation_says_which_option_it_lacks() {
    let text = "id: a\noperations:\n  - id: publish-configure\n    configurations:\n      - source-flavors: '*/*'\n";
    let fault = Definition::parse(text).unwrap_err();
    assert_eq!(fault.line, 3);
    assert!(fault.message.contains("'channel-id'"), "{fault}");
}

#[test]
fn a_definition_without_operations_or_identifier_is_refused() {
    assert!(
        Definition::parse("id: a\noperations: []\n")
            .unwrap_err()
            .message
            .contains("at least one")
    );
    assert!(
        Definition::parse("title: a\noperations:\n  - id: pause\n")
            .unwrap_err()
            .message
            .contains("id")
    );
    assert!(Definition::parse("").is_err());
    assert!(Definition::parse("id: [").is_err());
}
