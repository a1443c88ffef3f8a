//! `lectern:api` under Spin: what the host is to handlers elsewhere, over `spin:sqlite` and in the same file format.
//!
//! A component of its own, which a manifest binds to each handler; an instance of both lives for one request. Nothing is remembered
//! between requests but in the tenant's database.
//!
//! - [`configuration`]: what the manifest says, and which tenant a request is for;
//! - [`database`]: the data layer's [`Sql`](lectern_data::sql::Sql) over a connection of Spin;
//! - [`tenant`]: an open tenant;
//! - [`authentication`]: who sends a request;
//! - [`uploads`]: files, which become a part of the database;
//! - [`files`]: what was uploaded, for the component that serves it;
//! - [`workflows`]: workflows, which are done when their transaction is;
//! - [`exports`]: the functions of the contract.
//!
//! Not the bindings of spin-sdk: they are those of all that Spin has, and of its HTTP, which a provider has no use for.
//!
//! Does not belong here: rules about data (`lectern-data`), about files of the operator (`lectern-settings`), the API's contract (the
//! handlers).

mod authentication;
mod bindings;
mod configuration;
#[path = "../../../host/engine/src/convert.rs"]
mod convert;
mod database;
mod exports;
mod files;
mod log;
mod tenant;
mod uploads;
mod workflows;

use std::time::{SystemTime, UNIX_EPOCH};

bindings::export!(Provider with_types_in bindings);

/// What the exports are functions of.
struct Provider;

/// Milliseconds since 1970-01-01T00:00:00Z.
fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}
