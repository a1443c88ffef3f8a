//! What the application's manifest says, in variables: which hosts lead to which databases, and what is allowed.
//!
//! Does not belong here: how the manifest is written (`lectern spin manifest`).

use std::path::PathBuf;

use lectern_data::model::{Denial, Request};

use crate::bindings::variables;

/// `HOST=LABEL` for each host of each tenant, separated by white space.
const TENANTS: &str = "tenants";

/// How many bytes a file may have that is uploaded.
const MAX_UPLOAD: &str = "max_upload";

/// A secret that hashes of passwords and nonces are made with, as any text.
const SECRET_KEY: &str = "secret_key";

/// How many bytes an upload may have unless the manifest says otherwise.
const DEFAULT_MAX_UPLOAD: u64 = 8 << 20;

/// A database of Spin: the tenant's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(pub String);

impl Label {
    /// The database of the host that the request is for.
    pub fn of(request: &Request) -> Result<Self, Denial> {
        let host = host(request)?;
        let tenants = variable(TENANTS).ok_or_else(|| {
            eprintln!("the variable `{TENANTS}` is not passed on to this component; write the manifest anew with `lectern spin manifest`");
            denial(503, "The list of tenants cannot be read. Spin's log says more.")
        })?;
        find(&tenants, &host).ok_or_else(|| denial(404, "Nobody is served under this host name."))
    }

    /// Where the tenant's database would be, if the files of its operator that Spin has mounted were in a host's data folder.
    pub fn pseudo_database(&self, tenant: &str) -> PathBuf {
        PathBuf::from(format!("/settings/{}/data/tenants/{tenant}/tenant.db", self.0))
    }

    /// Where the files are that were uploaded to a host, if Spin has mounted them: for the component that serves files, and no other.
    pub fn uploads(&self) -> PathBuf {
        PathBuf::from(format!("/files/{}", self.0))
    }
}

/// How many bytes an uploaded file may have.
pub fn max_upload() -> u64 {
    variable(MAX_UPLOAD)
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(DEFAULT_MAX_UPLOAD)
}

/// The key that hashes and nonces are made with; none if the manifest gives none.
pub fn secret_key() -> Option<[u8; 32]> {
    let secret = variable(SECRET_KEY).filter(|secret| !secret.is_empty())?;
    Some(blake3::derive_key(
        "lectern 2026-11-26 credentials under spin",
        secret.as_bytes(),
    ))
}

fn variable(name: &str) -> Option<String> {
    variables::get(name).ok()
}

/// The host that the request names, with its port if it has one. Handlers hand on what the runtime took it to be as the header `host`.
fn host(request: &Request) -> Result<String, Denial> {
    let mut named = request.headers.iter().filter(|(name, _)| name == "host");
    match (named.next(), named.next()) {
        (Some((_, host)), None) if !host.is_empty() => Ok(host.to_ascii_lowercase()),
        (None, None) => Err(denial(400, "The request has no Host header.")),
        (Some(_), Some(_)) => Err(denial(400, "The request has more than one Host header.")),
        _ => Err(denial(400, "The Host header names no host.")),
    }
}

/// Looks for the host as it is, and then without its port, as a host does.
fn find(tenants: &str, host: &str) -> Option<Label> {
    let of = |wanted: &str| {
        let mut pairs = tenants
            .split_ascii_whitespace()
            .filter_map(|pair| pair.rsplit_once('='));
        pairs
            .find(|(host, _)| host.eq_ignore_ascii_case(wanted))
            .map(|(_, label)| Label(label.to_owned()))
    };
    of(host).or_else(|| {
        let (name, port) = host.rsplit_once(':')?;
        // The last group of an address in brackets is no port.
        (!port.ends_with(']')).then(|| of(name)).flatten()
    })
}

fn denial(status: u16, message: &str) -> Denial {
    Denial {
        status,
        message: message.to_owned(),
        headers: Vec::new(),
    }
}
