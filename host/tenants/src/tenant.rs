//! One tenant.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use lectern_data::model::{self, Change, Denial, Page, Query, Reason, Request, Sequence, Session};

use crate::TenantName;

/// A tenant: its database and who may use it. Cheap as long as nobody asks anything of it.
pub struct Tenant {
    serial: i64,
    name: TenantName,
    database: PathBuf,
}

impl Tenant {
    pub(crate) fn new(serial: i64, name: TenantName, database: PathBuf) -> Self {
        Self { serial, name, database }
    }

    pub(crate) fn serial(&self) -> i64 {
        self.serial
    }

    /// The tenant's identifier.
    pub fn name(&self) -> &TenantName {
        &self.name
    }

    /// Answers a query, on the caller's thread. See `search.find` of the contract.
    pub fn find(&self, _session: &Session, _query: &Query) -> Result<Page, model::Error> {
        Err(self.unavailable())
    }

    /// Makes changes durable, together or not at all, and gives the commit's sequence. See `storage.transaction`.
    pub async fn commit(&self, _session: Arc<Session>, _changes: Vec<Change>) -> Result<Sequence, model::Error> {
        Err(self.unavailable())
    }

    /// Checks credentials, the role that method and path require, and run-as headers. `client` is the address that wrong
    /// passwords are counted against.
    pub async fn authenticate(&self, _request: &Request, _client: IpAddr) -> Result<Arc<Session>, Denial> {
        Err(Denial {
            status: 503,
            message: self.unavailable().message,
            headers: Vec::new(),
        })
    }

    /// A session of the system itself, `opencast_system_account`, for what the operator does on the command line.
    pub fn system_session(&self) -> Result<Arc<Session>, model::Error> {
        Err(self.unavailable())
    }

    fn unavailable(&self) -> model::Error {
        model::Error {
            reason: Reason::Fault,
            message: format!("{} cannot be opened", self.database.display()),
            subject: String::new(),
            document: String::new(),
        }
    }
}
