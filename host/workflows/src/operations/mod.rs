//! What operations do to an event. Each is a function of its options, the event and the event's files; what comes of it is stored
//! together with the workflow's next state, or not at all.
//!
//! Names and options are Opencast's where it has the operation, see docs/workflows.md.
//!
//! Does not belong here: options that would promise something that is not done. A definition that uses one is refused.

mod inspect;
mod publish;
mod tag;

use crate::event::{Event, Files};
use crate::variables;
use lectern_data::media::{Element, Publication};
use lectern_data::workflow::Operation;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;

/// How an operation ended that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has done what it says.
    Done,
    /// There was nothing to do; a sentence says why.
    Skipped(String),
    /// The workflow waits for somebody.
    Paused,
}

/// What an operation has changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effect {
    /// The event's new tracks.
    pub media: Option<Vec<Element>>,
    /// The event's new publications.
    pub publications: Option<Vec<Publication>>,
    /// The event's new length, in milliseconds.
    pub duration: Option<i64>,
    /// Whether the event is deleted.
    pub deletes_event: bool,
    /// Values that are added to the workflow's configuration.
    pub configuration: BTreeMap<String, String>,
}

/// An operation at work.
pub(crate) struct Job<'j> {
    options: BTreeMap<String, String>,
    pub(crate) event: &'j Event,
    pub(crate) files: &'j mut dyn Files,
    pub(crate) effect: Effect,
}

type Run = fn(&mut Job<'_>) -> Result<Outcome, String>;

/// A kind of operation.
pub(crate) struct Kind {
    name: &'static str,
    options: &'static [&'static str],
    /// Options without which it makes no sense.
    pub(crate) required: &'static [&'static str],
    run: Run,
}

/// The name that stands for options of any name.
const ANY: &str = "*";

const KINDS: &[Kind] = &[
    Kind {
        name: "defaults",
        options: &[ANY],
        required: &[],
        run: |_| Ok(Outcome::Done),
    },
    Kind {
        name: "inspect",
        options: &["overwrite", "accept-no-media"],
        required: &[],
        run: inspect::run,
    },
    Kind {
        name: "tag",
        options: &["source-flavors", "source-tags", "target-flavor", "target-tags", "copy"],
        required: &[],
        run: tag::run,
    },
    Kind {
        name: "publish-engage",
        options: &[
            "download-source-flavors",
            "download-source-tags",
            "download-target-tags",
            "strategy",
            "check-availability",
        ],
        required: &[],
        run: publish::engage,
    },
    Kind {
        name: "publish-configure",
        options: &[
            "channel-id",
            "mimetype",
            "source-flavors",
            "source-tags",
            "target-tags",
            "url-pattern",
            "strategy",
            "check-availability",
        ],
        required: &["channel-id", "url-pattern"],
        run: publish::configure,
    },
    Kind {
        name: "republish-metadata",
        options: &["channel-id"],
        required: &[],
        run: publish::republish_metadata,
    },
    Kind {
        name: "retract-engage",
        options: &["retract-streaming"],
        required: &[],
        run: publish::retract_engage,
    },
    Kind {
        name: "retract-configure",
        options: &["channel-id", "retract-streaming"],
        required: &["channel-id"],
        run: publish::retract,
    },
    Kind {
        name: "retract",
        options: &["channel-id"],
        required: &[],
        run: publish::retract,
    },
    Kind {
        name: "pause",
        options: &[],
        required: &[],
        run: |_| Ok(Outcome::Paused),
    },
    Kind {
        name: "delete-event",
        options: &[],
        required: &[],
        run: |job| {
            job.effect.deletes_event = true;
            Ok(Outcome::Done)
        },
    },
];

impl Kind {
    /// Whether there is such an option.
    pub(crate) fn knows(&self, option: &str) -> bool {
        self.options.iter().any(|known| *known == option || *known == ANY)
    }
}

/// The kind of operation of this name.
pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The names of all operations.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

/// Does what an operation says; an error is a sentence about why it failed. `configuration` is the workflow's.
pub fn run(
    operation: &Operation,
    configuration: &BTreeMap<String, String>,
    event: &Event,
    files: &mut dyn Files,
) -> Result<(Outcome, Effect), String> {
    let name = &operation.operation;
    // A definition that was read by another version of the program.
    let kind = kind(name).ok_or_else(|| format!("there is no operation {name:?}"))?;
    let mut options = BTreeMap::new();
    for (option, text) in &operation.configuration {
        let value = |name: &str| match (configuration.get(name), name) {
            (Some(value), _) => Some(value.clone()),
            (None, "event_id") => Some(part(option, &event.identifier)),
            (None, "series_id") => Some(part(option, event.text("is_part_of"))),
            // Known only when it is made.
            (None, PUBLICATION_ID) => Some(format!("${{{PUBLICATION_ID}}}")),
            (None, _) => None,
        };
        let text = variables::replace(text, &value).map_err(|error| format!("in the option '{option}' {error}"))?;
        options.insert(option.clone(), text);
    }
    let mut effect = Effect::default();
    if name == "defaults" {
        let unset = |(name, _): &(&String, &String)| !configuration.contains_key(*name);
        let missing = options.iter().filter(unset);
        effect.configuration = missing.map(|(name, value)| (name.clone(), value.clone())).collect();
    }
    let mut job = Job {
        options,
        event,
        files,
        effect,
    };
    let outcome = (kind.run)(&mut job)?;
    Ok((outcome, job.effect))
}

/// An identifier as an option holds it: as part of an address in an address.
fn part(option: &str, identifier: &str) -> String {
    match option {
        "url-pattern" => utf8_percent_encode(identifier, RESERVED).to_string(),
        _ => identifier.to_owned(),
    }
}

/// What must not stand in a part of an address as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The variable that stands for the identifier of a publication in its `url-pattern`.
const PUBLICATION_ID: &str = "publication_id";

impl Job<'_> {
    /// An option; empty if it is not given.
    pub(crate) fn option(&self, name: &str) -> &str {
        self.options.get(name).map(String::as_str).unwrap_or_default()
    }

    /// An option that is true or false.
    pub(crate) fn flag(&self, name: &str, otherwise: bool) -> Result<bool, String> {
        match self.option(name).to_ascii_lowercase().as_str() {
            "" => Ok(otherwise),
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(format!("the option '{name}' is true or false, not {other:?}")),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
