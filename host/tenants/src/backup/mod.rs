//! Backups: one file that holds a tenant as it was at one commit, and what operators do with it.
//!
//! A backup is a tar archive, so that it can be looked into without this program:
//!
//! ```text
//! tenant.db            the database, compact, without what was deleted
//! settings/…           what the operator has set for the tenant, see folder.rs
//! files/UUID           the files that this database refers to
//! manifest.json        what is in the archive: length and BLAKE3 of every member, see [`manifest`]
//! ```
//!
//! The manifest comes last, so that everything is read once; an archive without it has been cut off.
//!
//! - [`snapshot`]: a consistent copy of a database that others write to, and its files, which stay as long as it does;
//! - [`create`]: writing a backup;
//! - [`archive`]: reading one, whoever has made it;
//! - [`restore`]: making a tenant of one;
//! - [`export`]: a tenant in a form that people can read;
//! - [`verify`]: whether a backup or a tenant is whole.
//!
//! Does not belong here: copying tenants continuously, which is done by other programs (docs/backup.md).

pub(crate) mod archive;
mod create;
mod export;
pub(crate) mod manifest;
mod restore;
pub(crate) mod snapshot;
mod verify;

pub use archive::{Fault, inspect};
pub use create::Summary;
pub use manifest::{Manifest, Member};
pub(crate) use restore::is_unfinished;
pub use restore::{Restore, Restored};
pub(crate) use verify::look;
pub use verify::{Found, verify};

/// The name of the database in an archive.
const DATABASE: &str = "tenant.db";
/// The folder of the uploaded files in an archive.
const FILES: &str = "files";
/// The folder of the operator's files in an archive.
const SETTINGS: &str = "settings";
/// The last member of an archive.
const MANIFEST: &str = "manifest.json";
