//! Tenants as a server and the command line use them, each on one data folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code may stop a test the short way"
)]

mod admin;
mod authentication;
mod databases;
mod deployments;
mod files;
mod fixture;
mod hosts;
mod workflows;
mod writing;
