//! The data layer as handlers and hosts use it, over the native SQLite.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code may stop a test the short way"
)]

mod access;
mod agents;
mod answers;
mod bookings;
mod check;
mod documents;
mod groups;
mod lists;
mod media;
mod merging;
mod plain_model;
mod plans;
mod playlists;
mod queries;
mod scheduling;
mod series_changes;
mod series_sorts;
mod shown_publications;
mod small_collections;
mod statistics;
mod support;
mod versions;
mod workflow_changes;
mod workflows;
mod writes;
