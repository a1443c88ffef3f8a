//! `lectern import …`: brings what other systems export into a tenant.
//!
//! An importer reads a file completely before it writes anything, writes through the same transactions as everybody else, and
//! may be run again: it brings up to date what it made, and makes nothing twice.
//!
//! Does not belong here: the command line's arguments (the CLI), rules of the data (`lectern-data`).

pub mod schedule;
