//! Workflows at work: who makes the steps of workflows when.
//!
//! A step is made on what the event and the workflow are at some moment, on a thread made for waiting, and then committed on the
//! condition that both are still so. Its effect and the workflow's next state are one transaction: after a crash the step is made
//! again, or it has been made. Files that a step has stored stay if it is committed, and go otherwise.
//!
//! Does not belong here: what a step does (`lectern-workflows`).

mod runner;
mod step;

pub(crate) use runner::Wake;
pub use runner::WorkflowLimits;
