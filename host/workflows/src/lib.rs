//! Workflows without a world around them: what a definition says, whether an operation is to be done, which state follows which, and
//! what an operation does to the tracks and publications of an event. Everything is a function of what it is given, so that a step
//! can be made again when the event has changed meanwhile, and a restart takes up where the last step was stored.
//!
//! - [`definition`]: definitions in YAML, as Opencast writes them, and the shipped ones;
//! - [`condition`]: `if` and `unless`;
//! - [`machine`]: which state follows which, and when operations are done;
//! - [`operations`]: what they do;
//! - [`step`]: what the next step of a workflow changes;
//! - [`start`]: what a transaction that starts workflows needs of the definitions;
//! - [`listing`]: the definitions as a collection that can be searched.
//!
//! Does not belong here: storing (`lectern-data`), files with definitions (`lectern-settings`), when and by whom steps are made, and media
//! (`lectern-tenants`, and the provider under Spin).

mod catalog;
pub mod condition;
pub mod definition;
pub mod event;
pub mod listing;
pub mod machine;
pub mod operations;
mod select;
pub mod start;
pub mod step;
mod variables;
mod yaml;

pub use definition::{Definition, Fault, shipped};
pub use event::{Event, Files, Inspected};
pub use operations::{Effect, Outcome};

/// Definitions by identifier.
pub type Known = std::sync::Arc<std::collections::BTreeMap<String, Definition>>;
