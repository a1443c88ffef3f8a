//! The data layer: what is stored, who may see it, how it is found.
//!
//! Everything here is written over the small [`Sql`](sql::Sql) trait and used twice: natively in the host (rusqlite, feature
//! `native`) and compiled into the component that provides `lectern:api` under Spin. One SQLite file is one tenant; nothing in this
//! crate knows that there are others. The types of [`model`] mirror `wit/`.
//!
//! Does not belong here: opening and closing files, threads, caches that outlive a call (`lectern-tenants`), HTTP and JSON shapes of
//! the External API (the handler components).

pub mod access;
pub mod audit;
pub mod check;
pub mod collection;
pub mod connection;
mod error;
pub mod export;
pub mod identity;
pub mod lists;
pub mod marks;
pub mod media;
pub mod migrations;
pub mod model;
#[cfg(feature = "native")]
pub mod native;
pub mod pieces;
pub mod recording;
pub mod scheduling;
pub mod search;
pub mod sql;
pub mod statistics;
pub mod text;
pub mod workflow;
pub mod write;
