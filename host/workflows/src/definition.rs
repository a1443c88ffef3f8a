//! Definitions: YAML files as Opencast writes them, checked when they are read.
//!
//! ```yaml
//! id: publish
//! title: Publish
//! tags: [archive]
//! operations:
//!   - id: publish-engage
//!     description: Publish to the player
//!     if: ${publishToEngage}
//!     configurations:
//!       - download-source-flavors: "*/source"
//! ```
//!
//! A definition that could not be carried out as it is written is refused: an unknown operation, an option that an operation does
//! not have, a condition that makes no sense. An error names the line.

use crate::condition::Condition;
use crate::operations;
use crate::yaml::{self, Data, Node};
use lectern_data::workflow::{self, Operation, RetryStrategy};
use std::fmt;

/// How often an operation may be tried.
const ATTEMPTS: u32 = 100;

/// A workflow definition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Definition {
    /// Unique; part of addresses.
    pub identifier: String,
    /// For people; may be empty.
    pub title: String,
    /// For people; may be empty.
    pub description: String,
    /// What it is offered for: `upload`, `archive`, `delete`, …
    pub tags: Vec<String>,
    /// Where it stands among others.
    pub display_order: i64,
    /// HTML; may be empty.
    pub configuration_panel: String,
    /// JSON; may be empty.
    pub configuration_panel_json: String,
    /// Who may see it; everybody if empty.
    pub roles: Vec<String>,
    /// At least one, none of them begun.
    pub operations: Vec<Operation>,
}

impl Definition {
    /// What a workflow is started with.
    pub fn start(&self) -> workflow::Definition {
        workflow::Definition {
            identifier: self.identifier.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            operations: self.operations.clone(),
        }
    }
}

/// What is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1.
    pub line: u64,
    /// A sentence for the operator.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

impl std::error::Error for Fault {}

/// The definitions that come with the program: each file's name and content.
const SHIPPED: [(&str, &str); 7] = [
    ("delete.yaml", include_str!("../definitions/delete.yaml")),
    ("fast.yaml", include_str!("../definitions/fast.yaml")),
    ("hold.yaml", include_str!("../definitions/hold.yaml")),
    ("publish.yaml", include_str!("../definitions/publish.yaml")),
    (
        "republish-metadata.yaml",
        include_str!("../definitions/republish-metadata.yaml"),
    ),
    ("retract.yaml", include_str!("../definitions/retract.yaml")),
    (
        "schedule-and-upload.yaml",
        include_str!("../definitions/schedule-and-upload.yaml"),
    ),
];

/// The definitions that come with the program.
pub fn shipped() -> impl Iterator<Item = Definition> {
    // A test sees to it that all can be read.
    SHIPPED.iter().filter_map(|(_, text)| Definition::parse(text).ok())
}

impl Definition {
    /// Reads and checks a definition.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let root = yaml::parse(text)?;
        let mut definition = Definition::default();
        let mut operations = None;
        for (name, value) in root.entries("definition")? {
            let text = || value.text(name).map(str::to_owned);
            match name {
                "id" => definition.identifier = identifier(value)?,
                "title" => definition.title = text()?,
                "description" => definition.description = text()?,
                "tags" => definition.tags = texts(name, value)?,
                "displayOrder" => definition.display_order = number(name, value)?,
                "configuration_panel" => definition.configuration_panel = text()?,
                "configuration_panel_json" => definition.configuration_panel_json = text()?,
                "roles" => definition.roles = texts(name, value)?,
                "operations" => operations = Some(value),
                _ => return Err(value.fault(format!("a definition has no '{name}'"))),
            }
        }
        if definition.identifier.is_empty() {
            return Err(root.fault("a definition needs an 'id'"));
        }
        let operations = operations.ok_or_else(|| root.fault("a definition needs 'operations'"))?;
        for node in operations.list("operations")? {
            definition.operations.push(operation(node)?);
        }
        if definition.operations.is_empty() {
            return Err(operations.fault("a workflow has at least one operation"));
        }
        Ok(definition)
    }
}

fn identifier(node: &Node) -> Result<String, Fault> {
    let text = node.text("id")?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if text.is_empty() || !text.chars().all(is_plain) {
        let message = format!("the identifier {text:?} must consist of letters, digits, '-', '_' and '.'");
        return Err(node.fault(message));
    }
    Ok(text.to_owned())
}

fn texts(name: &str, node: &Node) -> Result<Vec<String>, Fault> {
    let items = node.list(name)?.iter();
    items.map(|item| item.text(name).map(str::to_owned)).collect()
}

fn number<N: std::str::FromStr>(name: &str, node: &Node) -> Result<N, Fault> {
    let text = node.text(name)?;
    text.parse()
        .map_err(|_| node.fault(format!("'{name}' is a whole number, not {text:?}")))
}

fn operation(node: &Node) -> Result<Operation, Fault> {
    let entries = node.entries("operation")?;
    let named = entries.iter().find(|(name, _)| *name == "id").map(|(_, id)| *id);
    let id = named.ok_or_else(|| node.fault("an operation needs an 'id'"))?;
    let kind_name = id.text("id")?;
    let kind = operations::kind(kind_name).ok_or_else(|| {
        let known: Vec<&str> = operations::names().collect();
        id.fault(format!(
            "there is no operation {kind_name:?}; there are {}",
            known.join(", ")
        ))
    })?;
    let mut operation = Operation {
        operation: kind_name.to_owned(),
        fail_on_error: true,
        max_attempts: 1,
        ..Operation::default()
    };
    for (name, value) in entries {
        match name {
            "id" => {}
            "description" => operation.description = value.text(name)?.to_owned(),
            "configurations" => {
                for (option, value) in options(value)? {
                    if !kind.knows(option) {
                        return Err(value.fault(format!("the operation '{kind_name}' has no option '{option}'")));
                    }
                    let text = value.text(option)?.trim().to_owned();
                    operation.configuration.insert(option.to_owned(), text);
                }
            }
            "if" => operation.condition = condition(value)?,
            "unless" => operation.unless = condition(value)?,
            "fail-on-error" => operation.fail_on_error = flag(name, value)?,
            "exception-handler-workflow" => operation.exception_handler_workflow = value.text(name)?.to_owned(),
            "retry-strategy" => operation.retry_strategy = strategy(value)?,
            "max-attempts" => operation.max_attempts = attempts(value)?,
            _ => return Err(value.fault(format!("an operation has no '{name}'"))),
        }
    }
    let is_missing = |option: &&&str| !operation.configuration.contains_key(**option);
    match kind.required.iter().find(is_missing) {
        Some(missing) => Err(id.fault(format!("the operation '{kind_name}' needs the option '{missing}'"))),
        None => Ok(operation),
    }
}

/// A list of mappings, as in Opencast, or one mapping.
fn options(node: &Node) -> Result<Vec<(&str, &Node)>, Fault> {
    match &node.data {
        Data::List(list) => {
            let mut all = Vec::new();
            for item in list {
                all.extend(item.entries("configurations")?);
            }
            Ok(all)
        }
        _ => node.entries("configurations"),
    }
}

fn condition(node: &Node) -> Result<String, Fault> {
    let text = node.text("condition")?;
    match Condition::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(reason) => Err(node.fault(format!("the condition {text:?} makes no sense: {reason}"))),
    }
}

fn flag(name: &str, node: &Node) -> Result<bool, Fault> {
    match node.text(name)? {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(node.fault(format!("'{name}' is true or false, not {other:?}"))),
    }
}

fn strategy(node: &Node) -> Result<RetryStrategy, Fault> {
    match node.text("retry-strategy")?.to_ascii_lowercase().as_str() {
        "none" => Ok(RetryStrategy::None),
        "retry" => Ok(RetryStrategy::Retry),
        "hold" => Ok(RetryStrategy::Hold),
        other => Err(node.fault(format!("'retry-strategy' is none, retry or hold, not {other:?}"))),
    }
}

fn attempts(node: &Node) -> Result<u32, Fault> {
    let attempts = number("max-attempts", node)?;
    if !(1..=ATTEMPTS).contains(&attempts) {
        return Err(node.fault(format!("'max-attempts' is a number from 1 to {ATTEMPTS}")));
    }
    Ok(attempts)
}

#[cfg(test)]
mod tests;
