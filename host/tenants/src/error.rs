//! What an operator has to put right.

use std::path::PathBuf;

use lectern_data::sql::{Failure, SqlError};

use crate::backup::Fault;
use lectern_credentials::password::HashError;

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
    #[error("the database of tenant {name}, {}, cannot be used: {source}; if it is damaged, restore it from a backup (`lectern restore FILE --replace`)", path.display())]
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
    /// The registry was written by a newer program.
    #[error("the list of tenants, {}, has schema {found}, this program knows schemas up to {known}: run the newer program that wrote it", path.display())]
    NewerRegistry {
        /// Where.
        path: PathBuf,
        /// The number of its schema.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// A file cannot be used as a backup.
    #[error("the backup {} cannot be used: {fault}", path.display())]
    Backup {
        /// Where.
        path: PathBuf,
        /// Why.
        fault: Fault,
    },
    /// A tenant has the name that a backup is to be restored under.
    #[error(
        "there is a tenant `{0}` already: restore the backup under another identifier with --tenant, or put it in the place of that tenant, which is lost then, with --replace"
    )]
    TenantInTheWay(TenantName),
    /// A host of a backup belongs to another tenant.
    #[error("host `{host}` belongs to tenant `{tenant}`: name others for the restored tenant with --host")]
    HostInTheWay {
        /// The host in question.
        host: Host,
        /// Who has it.
        tenant: TenantName,
    },
    /// Somebody else is restoring the same tenant.
    #[error("tenant `{0}` is just being restored by another command: wait for it to end")]
    RestoreBusy(TenantName),
    /// Nothing is overwritten.
    #[error("{} exists: name another file, or remove it first", .0.display())]
    OutputExists(PathBuf),
    /// Somebody else writes the same file.
    #[error("{} is just being written by another command: name another file", .0.display())]
    OutputBusy(PathBuf),
    /// What is written cannot be taken.
    #[error("the output cannot be written: {0}")]
    Output(std::io::Error),
    /// A file of the operator cannot become part of an archive.
    #[error("{} cannot be backed up, because its name is too long or unusual, or its folders are too deep or lead round in circles: rename it or move it out of the tenant's folder", .0.display())]
    Setting(PathBuf),
    /// A file is not what its name says.
    #[error("the component {} is damaged; deploy it again", .0.display())]
    DamagedVersion(PathBuf),
    /// A username, role, password or capture agent is not acceptable, exists already or does not exist.
    #[error("{0}")]
    Refused(String),
    /// The system has no random numbers or no memory to hash a password.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
}

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Empty => Self::Refused(error.to_string()),
            HashError::Failed(reason) => Self::Hashing(reason),
        }
    }
}

impl Error {
    /// Whether a database could not be used because there was no room.
    pub(crate) fn is_of_full_disk(&self) -> bool {
        matches!(self, Error::Database { source, .. } if source.failure == Failure::Full)
    }
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
