//! Statistics that a tenant's operator offers.
//!
//! Does not belong here: counting and calendars (`lectern-data`).

mod definition;
mod providers;

pub use providers::{Statistics, faults};
