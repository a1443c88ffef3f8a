//! JSON Web Tokens, RFC 7519: identities that somebody else vouches for.
//!
//! A tenant accepts tokens if there is a file `jwt.toml` beside its database. That file and the keys it names are read again when
//! they have changed, at the next token. Nothing is ever fetched: what a token says about where its key is does not count, and neither does
//! the algorithm it names unless one of the keys is for that.
//!
//! The users need not be in the directory, and what the directory knows about a user of the same name, groups included, does not
//! count: all is in the token.

mod config;
mod crypto;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jsonwebtoken::errors::ErrorKind;
use lectern_data::identity::{self, Account, User, denials, roles};
use lectern_data::model::{Denial, Organization, Session};
use lectern_settings::stamp::{Files, stamp};
use serde_json::{Map, Value};

use crate::TenantName;
use config::{Accepted, Key, load};

/// The file beside the tenant's database.
const FILE: &str = "jwt.toml";

/// What a tenant accepts.
pub(crate) struct Tokens {
    tenant: TenantName,
    file: PathBuf,
    read: Mutex<Option<Read>>,
}

/// Files as they were when they were read, and what came of them.
struct Read {
    files: Files,
    accepted: Option<Result<Arc<Accepted>, ()>>,
}

impl Tokens {
    /// The configuration lies in the folder of this database.
    pub(crate) fn new(tenant: TenantName, database: &std::path::Path) -> Self {
        Self {
            tenant,
            file: database.with_file_name(FILE),
            read: Mutex::new(None),
        }
    }

    /// Whether there is a configuration, be it broken.
    pub(crate) fn are_accepted(&self) -> bool {
        stamp(&self.file).is_some()
    }

    /// The session of the user that the token is about.
    pub(crate) fn session(&self, token: &str, organization: &Organization) -> Result<Session, Denial> {
        let accepted = self.accepted()?;
        let claims = accepted.verify(token)?;
        let account = accepted.account(&claims, organization)?;
        Ok(identity::session(Some(&account), organization))
    }

    /// What is accepted now.
    fn accepted(&self) -> Result<Arc<Accepted>, Denial> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let current = match read.as_ref() {
            Some(read) if read.files.iter().all(|(path, seen)| stamp(path) == *seen) => read,
            _ => read.insert(self.read()),
        };
        match &current.accepted {
            Some(Ok(accepted)) => Ok(Arc::clone(accepted)),
            Some(Err(())) => Err(denials::unavailable(
                "JSON Web Tokens cannot be checked at the moment. The server's log says more.",
            )),
            None => Err(denials::invalid_token("This tenant accepts no JSON Web Tokens.")),
        }
    }

    fn read(&self) -> Read {
        crypto::install();
        let (files, accepted) = load(&self.file);
        let accepted = accepted.map_err(|error| {
            tracing::error!(tenant = %self.tenant, "JSON Web Tokens are refused until this is put right: {error}");
        });
        Read {
            files,
            accepted: accepted.map(|accepted| accepted.map(Arc::new)).transpose(),
        }
    }
}

/// Why the file or one of its keys cannot be used, if that is so.
pub(crate) fn faults(database: &std::path::Path) -> Vec<(PathBuf, String)> {
    crypto::install();
    let file = database.with_file_name(FILE);
    let fault = load(&file).1.err();
    fault.into_iter().map(|reason| (file.clone(), reason)).collect()
}

type Claims = Map<String, Value>;

impl Accepted {
    /// The claims of a token that is signed, meant for us and valid now.
    fn verify(&self, token: &str) -> Result<Claims, Denial> {
        let unusable = "This is not a JSON Web Token signed with RS256, ES256 or EdDSA.";
        let header = jsonwebtoken::decode_header(token).map_err(|_| denials::invalid_token(unusable))?;
        if header.crit.is_some() {
            return Err(denials::invalid_token(
                "The token has critical extensions, of which none is known here.",
            ));
        }
        let is_candidate = |key: &&Key| {
            let same_key = header.kid.is_none() || key.kid.is_none() || header.kid == key.kid;
            key.algorithm == header.alg && same_key
        };
        for key in self.keys.iter().filter(is_candidate) {
            match jsonwebtoken::decode::<Claims>(token, &key.key, &key.validation) {
                Ok(token) => return Ok(token.claims),
                Err(error) if matches!(error.kind(), ErrorKind::InvalidSignature) => {}
                Err(error) => return Err(denials::invalid_token(reason(error.kind()))),
            }
        }
        Err(denials::invalid_token(
            "The token is not signed with a key that this tenant trusts.",
        ))
    }

    /// The user as the claims describe them.
    fn account(&self, claims: &Claims, organization: &Organization) -> Result<Account, Denial> {
        let names = &self.config.claims;
        let text = |name: &str| {
            claim(claims, name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let username = text(&names.username);
        let user = User {
            username: username.clone(),
            ..User::default()
        };
        identity::check_user(&user).map_err(|_| {
            let name = &names.username;
            denials::invalid_token(format!("The claim `{name}` of the token is not a username."))
        })?;
        Ok(Account {
            username,
            name: text(&names.name),
            email: text(&names.email),
            provider: "jwt".to_owned(),
            roles: self.roles(claims, organization),
            ..Account::default()
        })
    }

    /// Administrators come of tokens only where that is configured: otherwise those roles are left out.
    fn roles(&self, claims: &Claims, organization: &Organization) -> Vec<String> {
        let config = &self.config.roles;
        let claimed: Vec<&str> = match claim(claims, &self.config.claims.roles) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) => text.split([' ', ',']).collect(),
            _ => Vec::new(),
        };
        let given = claimed.into_iter().flat_map(|role| match config.map.get(role) {
            Some(mapped) => mapped.clone(),
            None => vec![role.to_owned()],
        });
        let is_admin = |role: &str| [roles::ADMIN, roles::SUDO, organization.admin_role.as_str()].contains(&role);
        given
            .chain(config.always.iter().cloned())
            .filter(|role| roles::is_valid(role) && (config.allow_admin || !is_admin(role)))
            .collect()
    }
}

/// A claim by its name, or by a JSON pointer.
fn claim<'c>(claims: &'c Claims, name: &str) -> Option<&'c Value> {
    match name.strip_prefix('/') {
        None => claims.get(name),
        Some(rest) => {
            let (first, nested) = rest.split_once('/').unwrap_or((rest, ""));
            let value = claims.get(first)?;
            if nested.is_empty() {
                Some(value)
            } else {
                value.pointer(&format!("/{nested}"))
            }
        }
    }
}

/// Why a token is refused whose signature is right.
fn reason(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::ExpiredSignature => "The token has expired.".to_owned(),
        ErrorKind::ImmatureSignature => "The token is not valid yet.".to_owned(),
        ErrorKind::InvalidAudience => {
            "The token is meant for somebody else: its audience is not this server.".to_owned()
        }
        ErrorKind::InvalidIssuer => "The token is from an issuer that this tenant does not trust.".to_owned(),
        ErrorKind::MissingRequiredClaim(claim) => format!("The token lacks the claim `{claim}`."),
        _ => "The token is malformed.".to_owned(),
    }
}

#[cfg(test)]
mod tests;
