//! Workflows without a world around them: what a definition says, whether an operation is to be done, which state follows which, and
//! what an operation does to the tracks and publications of an event. Everything is a function of what it is given, so that a step
//! can be made again when the event has changed meanwhile, and a restart takes up where the last step was stored.
//!
//! - [`definition`]: definitions in YAML, as Opencast writes them, and the shipped ones;
//! - [`condition`]: `if` and `unless`;
//! - [`machine`]: which state follows which, and when operations are done;
//! - [`operations`]: what they do.
//!
//! Does not belong here: storing (`lectern-data`), when and by whom steps are made, and files (`lectern-tenants`).

mod catalog;
pub mod condition;
pub mod definition;
pub mod event;
pub mod machine;
pub mod operations;
mod select;
mod variables;
mod yaml;

pub use definition::{Definition, Fault, shipped};
pub use event::{Event, Files, Inspected};
pub use operations::{Effect, Outcome};
