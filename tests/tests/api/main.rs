//! The External API as its specification reads: one module for each chapter, one server with two tenants for all.

mod authentication;
mod base;
mod event_acl;
mod event_filters;
mod event_lists;
mod event_metadata;
mod events;
mod forms;
mod fuzz;
mod hosts;
mod http;
mod isolation;
mod lenient_json;
mod paths;
mod roles;
mod run_as;
mod series;
mod series_acl;
mod series_lists;
mod series_metadata;
mod versions;
mod visibility;
