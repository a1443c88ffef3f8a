//! Tenants: which institution a request belongs to, who is asking, and the institution's open database.
//!
//! A server holds one [`Tenants`], asks it for the [`Tenant`] of a request's host, lets that authenticate the request, and reads and
//! writes through it. The command line changes the same data folder through [`admin`]; what it changes counts for a running server from
//! the next request on.
//!
//! Does not belong here: SQL on a tenant's data and the rules of identity (`lectern-data`), HTTP (the server), handler components
//! (`lectern-engine`).

mod activity;
pub mod admin;
pub mod backup;
mod clock;
mod component;
mod connections;
mod database;
mod deployments;
mod digest;
mod directory;
pub mod doctor;
mod error;
mod files;
mod folder;
mod host;
mod jwt;
mod login;
#[cfg(test)]
mod manual_clock;
mod output;
mod pages;
mod registry;
mod renderings;
mod tenant;
mod tenants;
mod viewing;
mod workflows;
mod writer;

pub use activity::Activity;
pub use clock::{Clock, SystemClock};
pub use component::{ComponentName, InvalidComponentName};
pub use deployments::{Deployment, Deployments};
pub use error::Error;
pub use files::Upload;
pub use host::{Host, InvalidHost};
pub use lectern_settings::{InvalidName, SignatureRefusal, SignedRequest, TenantName};
pub use tenant::Tenant;
pub use tenants::{Options, Tenants};
pub use viewing::Viewing;
pub use workflows::WorkflowLimits;
