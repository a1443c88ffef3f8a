//! What the operator of a tenant has written down in files: in the folder of the tenant's database, and in the data folder for all tenants.
//!
//! Each kind of file is read when it is needed, and again when it has changed. A file that cannot be used is reported in the log and leaves
//! the others alone. All of it works on paths that the caller gives, so that it is the same in a host's data folder and in one that
//! Spin has mounted.
//!
//! Does not belong here: what is in the tenant's database (`lectern-data`), keys for JSON Web Tokens (`lectern-tenants`).

mod catalogs;
mod definitions;
mod lists;
mod name;
mod properties;
mod signing;
pub mod stamp;
mod statistics;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lectern_data::lists::Window;
use lectern_data::model::{Error, ListEntry, ListPart, Reason, Session, Signed};
use lectern_data::statistics::Providers;
use lectern_workflows::{Known, listing};

pub use name::{InvalidName, TenantName};
pub use signing::{SignatureRefusal, SignedRequest};

/// The list of the workflows that there are: identifiers and titles.
const WORKFLOWS: &str = "JOBS.WORKFLOW";

/// All that files say about a tenant.
pub struct Settings {
    tenant: TenantName,
    catalogs: catalogs::Catalogs,
    lists: lists::Lists,
    definitions: definitions::Definitions,
    signing: signing::Signing,
    statistics: statistics::Statistics,
}

impl Settings {
    /// The files beside this database, `DATA/tenants/ID/tenant.db`, and those in `DATA`. Nothing is read yet.
    pub fn new(tenant: TenantName, database: &Path) -> Self {
        Self {
            catalogs: catalogs::Catalogs::new(tenant.clone(), database),
            lists: lists::Lists::new(tenant.clone(), database),
            definitions: definitions::Definitions::new(tenant.clone(), database),
            signing: signing::Signing::new(tenant.clone(), database),
            statistics: statistics::Statistics::new(tenant.clone(), database),
            tenant,
        }
    }

    /// The metadata catalogs of a collection besides its main one, as JSON. See `search.catalogs` of the contract.
    pub fn catalogs(&self, collection: &str) -> Result<String, Error> {
        self.catalogs.of(collection)
    }

    /// The workflow definitions by identifier.
    pub fn definitions(&self) -> Known {
        self.definitions.current()
    }

    /// The statistics that are offered.
    pub fn statistics(&self) -> Arc<Providers> {
        self.statistics.providers()
    }

    /// The names of all lists, computed ones as well. See `lists.names` of the contract.
    pub fn list_names(&self) -> Vec<String> {
        let written = self.lists.current();
        let computed = lectern_data::lists::names().chain([WORKFLOWS]).map(str::to_owned);
        let names: BTreeSet<String> = written.keys().cloned().chain(computed).collect();
        names.into_iter().collect()
    }

    /// A part of a list that follows from files; none for other lists, see `lectern_data::lists`. What somebody has written down counts
    /// before what is computed.
    pub fn list(&self, session: &Session, name: &str, window: Window) -> Option<ListPart> {
        if let Some(entries) = self.lists.current().get(name) {
            return Some(window.of(entries.iter().cloned()));
        }
        (name == WORKFLOWS).then(|| window.of(self.workflow_titles(session).into_iter()))
    }

    /// Workflows by their titles, without those that are for others.
    fn workflow_titles(&self, session: &Session) -> Vec<ListEntry> {
        let definitions = self.definitions();
        let mut entries: Vec<ListEntry> = definitions
            .values()
            .filter(|definition| listing::is_visible(definition, &session.principal))
            .filter(|definition| !definition.title.is_empty())
            .map(|definition| ListEntry::new(definition.identifier.as_str(), definition.title.as_str()))
            .collect();
        entries.sort_by(|left, right| (&left.value, &left.key).cmp(&(&right.value, &right.key)));
        entries
    }

    /// Whether URLs of media can be signed.
    pub fn signs_urls(&self) -> bool {
        self.signing.has_keys()
    }

    /// Signs URLs of media; see `urls.sign` of the contract.
    pub fn sign(
        &self,
        urls: &[String],
        valid_until: Option<i64>,
        address: Option<IpAddr>,
        now_ms: i64,
    ) -> Result<Signed, Error> {
        let signed = self.signing.sign(urls, valid_until, address, now_ms);
        signed.ok_or_else(|| {
            let message = format!(
                "the keys of the tenant {} cannot be used; the log says why",
                self.tenant
            );
            Error::new(Reason::Fault, "", message)
        })
    }

    /// Whether the signature in a request's path and query is good; none if there is no signature.
    pub fn check_signature(
        &self,
        target: &str,
        client: IpAddr,
        now_ms: i64,
    ) -> Option<Result<SignedRequest, SignatureRefusal>> {
        self.signing.check(target, client, now_ms)
    }
}

/// The address that URLs are to be signed for.
pub fn address(text: &str) -> Result<IpAddr, Error> {
    text.parse().map_err(|_| {
        Error::invalid(
            "address",
            format!("{text:?} is no address like '192.0.2.7' or '2001:db8::7'."),
        )
    })
}

/// The files that cannot be used, and why, for whoever looks for what is wrong.
pub fn faults(tenant: &TenantName, database: &Path) -> Vec<(PathBuf, String)> {
    let faults = [
        catalogs::faults(tenant, database),
        lists::faults(tenant, database),
        definitions::faults(tenant, database),
        statistics::faults(tenant, database),
        signing::faults(tenant, database),
    ];
    faults.concat()
}
