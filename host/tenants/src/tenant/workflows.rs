//! A tenant's workflows and what they need of it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::PoisonError;

use lectern_data::model::{Change, Error, Session, Signed};
use lectern_data::sql::SqlError;
use lectern_data::workflow;
use lectern_media::Summary;
use lectern_workflows::{Known, start};
use rusqlite::Connection;

use super::Tenant;
use crate::writer::Then;
use crate::{SignatureRefusal, SignedRequest};

impl Tenant {
    /// Reads from the database, on the caller's thread.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, SqlError>) -> Result<T, Error> {
        self.database()?.readers.with(read).map_err(|error| self.fault(error))
    }

    /// The time.
    pub(crate) fn now(&self) -> i64 {
        self.shared.clock.unix_millis()
    }

    /// The workflow definitions as they are now.
    pub(crate) fn definitions(&self) -> Known {
        self.settings.definitions()
    }

    /// A number for a workflow that is going to be started, which no other gets. It is no error if none is. What is wrong with the
    /// database is reported by whoever starts the workflow: 0 is no number.
    pub fn new_workflow(&self) -> i64 {
        let mut last = self.last_workflow.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(stored) = self.read(|sql| workflow::last_number(sql)) else {
            return 0;
        };
        *last = stored.max(*last).saturating_add(1);
        *last
    }

    /// The ids of workflows that have something to do, the oldest first.
    pub(crate) fn due_workflows(&self, limit: u32) -> Result<Vec<i64>, Error> {
        self.read(|sql| workflow::due(sql, limit))
    }

    /// Looks into a file, on the caller's thread, which may have to wait.
    pub(crate) fn inspect_file(&self, identifier: &str, name: &str) -> Result<Summary, String> {
        let path: PathBuf = self.slot.files.path(identifier).map_err(|error| error.to_string())?;
        let found = self
            .shared
            .inspector
            .inspect_as(&path, name)
            .map_err(|error| error.to_string())?;
        Summary::of(Ok(found)).map_err(|error| error.to_string())
    }

    /// Fills in definitions, and sees to it that workflows that are started or resumed are taken up.
    pub(super) fn starting(
        &self,
        session: &Session,
        changes: &mut [Change],
        then: Option<Then>,
    ) -> Result<Option<Then>, Error> {
        start::resolve(changes, &session.principal, || self.definitions())?;
        if !start::is_due(changes) {
            return Ok(then);
        }
        let (shared, name) = (std::sync::Arc::clone(&self.shared), self.name.clone());
        Ok(Some(Box::new(move || {
            shared.wake.tell(&name);
            if let Some(then) = then {
                then();
            }
        })))
    }

    /// Whether URLs of media can be signed.
    pub fn signs_urls(&self) -> bool {
        self.settings.signs_urls()
    }

    /// Signs URLs of media; see `urls.sign` of the contract.
    pub fn sign(&self, urls: &[String], valid_until: Option<i64>, address: Option<IpAddr>) -> Result<Signed, Error> {
        self.settings.sign(urls, valid_until, address, self.now())
    }

    /// Whether the signature in a request's path and query is good; none if there is no signature.
    pub fn check_signature(&self, target: &str, client: IpAddr) -> Option<Result<SignedRequest, SignatureRefusal>> {
        self.settings.check_signature(target, client, self.now())
    }
}
