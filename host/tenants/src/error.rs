//! What an operator has to put right.

use std::path::PathBuf;

use lectern_data::sql::SqlError;

use crate::{Host, TenantName};

/// Why the data folder could not be opened, read or changed. Every message says what to do; none is meant for a client of the API.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no registry in the folder.
    #[error("{} is not a data folder: create it with `lectern init`, or name another one with --data", .0.display())]
    NoDataFolder(PathBuf),
    /// `init` found tenants.
    #[error("{} holds tenants already: add another one with `lectern tenant add`", .0.display())]
    AlreadyInitialised(PathBuf),
    /// A file or folder cannot be used.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as a verb: `create`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The registry cannot be used.
    #[error("the list of tenants, {}, cannot be used: {source}", path.display())]
    Registry {
        /// Where.
        path: PathBuf,
        /// SQLite's answer.
        source: rusqlite::Error,
    },
    /// A tenant's database cannot be used. Other tenants are not affected.
    #[error("the database of tenant {name}, {}, cannot be used: {source}; if it is damaged, restore it from a backup", path.display())]
    Database {
        /// Whose.
        name: TenantName,
        /// Where.
        path: PathBuf,
        /// SQLite's answer.
        source: SqlError,
    },
    /// No tenant of this name.
    #[error("there is no tenant `{name}`; {}", known_tenants(known))]
    UnknownTenant {
        /// The name in question.
        name: TenantName,
        /// The names there are.
        known: Vec<TenantName>,
    },
    /// The name is taken.
    #[error("there is a tenant `{0}` already: choose another identifier")]
    TenantExists(TenantName),
    /// A folder of an unregistered tenant is in the way.
    #[error("{} exists, but no tenant of that name is registered: it may hold an earlier tenant's data, so move it away and try again", .0.display())]
    FolderExists(PathBuf),
    /// The host belongs to another tenant.
    #[error("host `{host}` belongs to tenant `{tenant}`: choose another host")]
    HostTaken {
        /// The host in question.
        host: Host,
        /// Who has it.
        tenant: TenantName,
    },
    /// A tenant without a host could never be reached.
    #[error("a tenant needs at least one host: the name that clients use, such as `video.example.org`")]
    NoHost,
    /// A username, role, password or capture agent is not acceptable, exists already or does not exist.
    #[error("{0}")]
    Refused(String),
    /// The system has no random numbers or no memory to hash a password.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
}

fn known_tenants(known: &[TenantName]) -> String {
    match known {
        [] => "there are none yet".to_owned(),
        known => {
            let names: Vec<&str> = known.iter().map(TenantName::as_str).collect();
            format!("there are: {}", names.join(", "))
        }
    }
}
