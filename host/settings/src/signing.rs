//! Signed URLs: addresses of media that admit whoever has them, until they expire. Opencast's generic scheme, so that another server
//! with the same keys can check them.
//!
//! A tenant signs if there is a file `url-signing.properties` beside its database; docs/signing.md describes it. The file is read again
//! when it has changed. The secrets never leave this module.
//!
//! - [`config`]: the file;
//! - [`policy`]: what is signed, and for whom a signature is good.

mod config;
mod policy;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lectern_data::model::Signed;

use crate::TenantName;
use crate::stamp::{Files, stamp};
use config::Config;
use policy::Policy;
pub use policy::{SignatureRefusal, SignedRequest};

/// The file beside the tenant's database.
const FILE: &str = "url-signing.properties";

/// How a tenant signs.
pub struct Signing {
    tenant: TenantName,
    file: PathBuf,
    read: Mutex<Option<Read>>,
}

/// The file as it was when it was read, and what came of it: nothing if it cannot be used.
struct Read {
    files: Files,
    config: Option<Arc<Config>>,
}

impl Signing {
    /// The configuration lies in the folder of this database.
    pub fn new(tenant: TenantName, database: &Path) -> Self {
        Self {
            tenant,
            file: database.with_file_name(FILE),
            read: Mutex::new(None),
        }
    }

    /// Whether there is a key.
    pub fn has_keys(&self) -> bool {
        self.config().is_some_and(|config| config.has_keys())
    }

    /// Signs what a key covers, until a point in time or for as long as is configured, for one address or all. None if the configuration
    /// cannot be used.
    pub fn sign(&self, urls: &[String], until: Option<i64>, address: Option<IpAddr>, now_ms: i64) -> Option<Signed> {
        let config = self.config()?;
        let valid_until = until.unwrap_or_else(|| now_ms.saturating_add(config.lifetime_ms));
        let sign = |url: &String| {
            let key = config.key_for(url)?;
            let policy = Policy {
                resource: url.clone(),
                less_than: valid_until,
                greater_than: None,
                address,
            };
            policy.sign(key)
        };
        Some(Signed {
            urls: urls.iter().map(sign).collect(),
            valid_until,
        })
    }

    /// Whether the signature in a request's target is good; none if there is no signature in it.
    pub fn check(&self, target: &str, client: IpAddr, now_ms: i64) -> Option<Result<SignedRequest, SignatureRefusal>> {
        let signature = policy::signature(target)?;
        Some(signature.and_then(|signature| {
            let config = self.config().ok_or(SignatureRefusal::Forbidden)?;
            let key = config.key(&signature.key).ok_or(SignatureRefusal::Forbidden)?;
            signature.check(key, client, now_ms)
        }))
    }

    fn config(&self) -> Option<Arc<Config>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let current = match read.as_ref() {
            Some(read) if read.files.iter().all(|(path, seen)| stamp(path) == *seen) => read,
            _ => read.insert(self.read()),
        };
        current.config.clone()
    }

    fn read(&self) -> Read {
        let files = vec![(self.file.clone(), stamp(&self.file))];
        let config = Config::read(&self.file, &self.tenant).map_err(|error| {
            let file = self.file.display();
            tracing::error!(tenant = %self.tenant, "URLs are not signed, and signed ones refused, until this is put right: {file}: {error}");
        });
        Read {
            files,
            config: config.ok().map(Arc::new),
        }
    }
}

/// Why the file cannot be used, if that is so.
pub fn faults(tenant: &TenantName, database: &Path) -> Vec<(PathBuf, String)> {
    let file = database.with_file_name(FILE);
    let fault = Config::read(&file, tenant).err();
    fault.into_iter().map(|reason| (file.clone(), reason)).collect()
}

#[cfg(test)]
mod tests;
