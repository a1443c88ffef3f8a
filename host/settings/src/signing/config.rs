//! `url-signing.properties`.

use std::collections::BTreeMap;
use std::path::Path;

use hmac::{Hmac, KeyInit};
use regex::RegexBuilder;
use sha2::Sha256;

use crate::TenantName;
use crate::properties::Properties;

/// How long a URL is good unless the request says otherwise, in seconds, and the longest that can be configured.
const LIFETIME: i64 = 7200;
const LONGEST: i64 = 10 * 365 * 86_400;

/// How large a pattern may become, in bytes.
const PATTERN: usize = 1 << 20;

/// What a tenant signs with.
#[derive(Debug, Default)]
pub(super) struct Config {
    keys: Vec<Key>,
    exclude: Option<regex::Regex>,
    pub(super) lifetime_ms: i64,
}

/// The keyed state of HMAC-SHA256: copied for every signature.
pub(super) type Secret = Hmac<Sha256>;

/// A key and the URLs that it is for.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) secret: Secret,
    /// What these URLs begin with.
    pub(super) prefixes: Vec<String>,
}

impl std::fmt::Debug for Key {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").field(&self.id).field(&self.prefixes).finish()
    }
}

/// A key as far as it has been read.
#[derive(Default)]
struct Draft {
    secret: Option<String>,
    prefixes: Vec<String>,
    organization: Option<String>,
}

impl Config {
    /// Reads the file; without one there are no keys. An error is a sentence for the operator.
    pub(super) fn read(file: &Path, tenant: &TenantName) -> Result<Self, String> {
        if !file.exists() {
            return Self::new(&Properties::default(), tenant);
        }
        Self::new(&Properties::read(file)?, tenant)
    }

    /// Makes sense of properties.
    pub(super) fn new(properties: &Properties, tenant: &TenantName) -> Result<Self, String> {
        let mut drafts: BTreeMap<&str, Draft> = BTreeMap::new();
        let mut config = Self {
            lifetime_ms: LIFETIME * 1000,
            ..Self::default()
        };
        for (name, value) in properties.iter() {
            match name {
                "exclude.url.pattern" => config.exclude = Some(pattern(value)?),
                "url.signing.expires.seconds" => config.lifetime_ms = lifetime(value)?,
                _ => {
                    let key = name.strip_prefix("key.").and_then(|rest| rest.split_once('.'));
                    let (id, attribute) = key.filter(|(id, _)| !id.is_empty()).ok_or_else(|| unknown(name))?;
                    let draft = drafts.entry(id).or_default();
                    match attribute.split('.').next() {
                        Some("secret") if attribute == "secret" => draft.secret = Some(value.to_owned()),
                        Some("organization") if attribute == "organization" => {
                            draft.organization = Some(value.to_owned());
                        }
                        Some("url") => draft.prefixes.push(value.to_owned()),
                        _ => return Err(unknown(name)),
                    }
                }
            }
        }
        for (id, draft) in drafts {
            let secret = draft.secret.ok_or_else(|| format!("`key.{id}.secret` is missing"))?;
            if draft.prefixes.is_empty() {
                return Err(format!("`key.{id}.url` is missing"));
            }
            if draft
                .organization
                .is_none_or(|organization| organization == tenant.as_str())
            {
                config.keys.push(Key {
                    id: id.to_owned(),
                    secret: Secret::new_from_slice(secret.as_bytes()).map_err(|error| error.to_string())?,
                    prefixes: draft.prefixes,
                });
            }
        }
        config.check_prefixes()?;
        Ok(config)
    }

    /// It must be clear which key a URL is signed with.
    fn check_prefixes(&self) -> Result<(), String> {
        let prefixes: Vec<(&str, &str)> = self
            .keys
            .iter()
            .flat_map(|key| key.prefixes.iter().map(|prefix| (key.id.as_str(), prefix.as_str())))
            .collect();
        for (position, (id, prefix)) in prefixes.iter().enumerate() {
            for (other_id, other) in prefixes.iter().skip(position.saturating_add(1)) {
                if prefix.starts_with(other) || other.starts_with(prefix) {
                    return Err(format!(
                        "the URL `{prefix}` of the key `{id}` and `{other}` of the key `{other_id}` contain each other: \
                         it is not clear which one counts"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Whether anything can be signed.
    pub(super) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// The key that a URL is signed with.
    pub(super) fn key_for(&self, url: &str) -> Option<&Key> {
        if self.exclude.as_ref().is_some_and(|exclude| exclude.is_match(url)) {
            return None;
        }
        self.keys.iter().find(|key| key.covers(url))
    }

    /// The key of this id.
    pub(super) fn key(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }
}

impl Key {
    /// Whether it is for this URL.
    pub(super) fn covers(&self, url: &str) -> bool {
        self.prefixes.iter().any(|prefix| url.starts_with(prefix))
    }
}

fn unknown(name: &str) -> String {
    format!(
        "there is no property `{name}`; there are `key.ID.secret`, `key.ID.url`, `key.ID.url.NAME`, `key.ID.organization`, \
         `exclude.url.pattern` and `url.signing.expires.seconds`"
    )
}

/// A pattern for the whole URL.
fn pattern(text: &str) -> Result<regex::Regex, String> {
    RegexBuilder::new(&format!("^(?:{text})$"))
        .size_limit(PATTERN)
        .build()
        .map_err(|error| format!("`exclude.url.pattern` is no pattern: {error}"))
}

fn lifetime(text: &str) -> Result<i64, String> {
    let seconds: Option<i64> = text.parse().ok().filter(|seconds| (1..=LONGEST).contains(seconds));
    match seconds {
        Some(seconds) => Ok(seconds * 1000),
        None => Err(format!(
            "`url.signing.expires.seconds` is a number from 1 to {LONGEST}, not `{text}`"
        )),
    }
}
