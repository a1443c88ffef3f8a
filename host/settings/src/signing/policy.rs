//! What is signed: a policy, `{"Statement":{"Condition":{"DateLessThan":…},"Resource":"…"}}`, and when it admits a request.
//!
//! The text of the policy travels as base64url in the parameter `policy`, its HMAC-SHA256 in lower case hexadecimal in `signature`, and
//! the key's name in `keyId`. It is the text that is signed, so it is checked as it came.

use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::Mac;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::config::Key;

const POLICY: &str = "policy";
const KEY_ID: &str = "keyId";
const SIGNATURE: &str = "signature";

/// What must not stand in a parameter as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Why a signed request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRefusal {
    /// 400
    #[error("The signature of the URL is incomplete or malformed.")]
    Malformed,
    /// 403
    #[error("The signature of the URL is not good for this request.")]
    Forbidden,
    /// 410
    #[error("The signature of the URL has expired, or is not yet good.")]
    Expired,
}

/// A request whose signature is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// Scheme and host of the URL that was signed: `https://video.example`.
    pub origin: String,
    /// The end, in milliseconds since 1970-01-01T00:00:00Z.
    pub valid_until: i64,
    /// The only address that is admitted.
    pub address: Option<IpAddr>,
}

/// What a signature admits to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Policy {
    /// The whole URL, without the signature.
    pub(super) resource: String,
    /// The end, not included, in milliseconds since 1970-01-01T00:00:00Z.
    pub(super) less_than: i64,
    /// The beginning, not included.
    pub(super) greater_than: Option<i64>,
    /// The only address that is admitted.
    pub(super) address: Option<IpAddr>,
}

impl Policy {
    /// The URL with its signature behind what parameters it has; none for one that carries a signature already.
    pub(super) fn sign(&self, key: &Key) -> Option<String> {
        let (url, fragment) = match self.resource.split_once('#') {
            Some((url, fragment)) => (url, Some(fragment)),
            None => (self.resource.as_str(), None),
        };
        if signature(url).is_some() {
            return None;
        }
        let policy = Policy {
            resource: url.to_owned(),
            ..self.clone()
        };
        let text = policy.text();
        let tag = key.secret.clone().chain_update(text.as_bytes()).finalize().into_bytes();
        let joint = if url.contains('?') { '&' } else { '?' };
        let mut signed = format!(
            "{url}{joint}{POLICY}={}&{KEY_ID}={}&{SIGNATURE}={}",
            BASE64_URL_SAFE_NO_PAD.encode(&text),
            utf8_percent_encode(&key.id, RESERVED),
            hex(&tag),
        );
        if let Some(fragment) = fragment {
            signed.push('#');
            signed.push_str(fragment);
        }
        Some(signed)
    }

    /// As Opencast's JSON library writes it.
    fn text(&self) -> String {
        let mut condition = format!("\"DateLessThan\":{}", self.less_than);
        if let Some(greater_than) = self.greater_than {
            condition.push_str(&format!(",\"DateGreaterThan\":{greater_than}"));
        }
        if let Some(address) = self.address {
            condition.push_str(&format!(",\"IpAddress\":\"{address}\""));
        }
        let resource = Value::String(self.resource.clone()).to_string().replace('/', "\\/");
        format!("{{\"Statement\":{{\"Condition\":{{{condition}}},\"Resource\":{resource}}}}}")
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let policy: Value = serde_json::from_slice(text).ok()?;
        let statement = policy.get("Statement")?;
        let condition = statement.get("Condition")?;
        let greater_than = match condition.get("DateGreaterThan") {
            None => None,
            Some(value) => Some(value.as_i64()?),
        };
        let address = match condition.get("IpAddress") {
            None => None,
            Some(value) => Some(value.as_str()?.parse().ok()?),
        };
        Some(Self {
            resource: statement.get("Resource")?.as_str()?.to_owned(),
            less_than: condition.get("DateLessThan")?.as_i64()?,
            greater_than,
            address,
        })
    }
}

/// A signature that came with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) key: String,
    policy: Vec<u8>,
    tag: Vec<u8>,
    /// Path and query without the signature.
    target: String,
}

/// The signature in the query of a target, be it a path or a URL; none if there is no part of one.
pub(super) fn signature(target: &str) -> Option<Result<Signature, SignatureRefusal>> {
    let (path, query) = target.split_once('?')?;
    let (mut policy, mut key, mut tag) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some((POLICY, value)) => policy.push(value),
            Some((KEY_ID, value)) => key.push(value),
            Some((SIGNATURE, value)) => tag.push(value),
            _ => rest.push(pair),
        }
    }
    let read = match (policy.as_slice(), key.as_slice(), tag.as_slice()) {
        ([], [], []) => return None,
        ([policy], [key], [tag]) => read(policy, key, tag),
        _ => None,
    };
    let rest = rest.join("&");
    let target = if rest.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{rest}")
    };
    Some(match read {
        Some((key, policy, tag)) => Ok(Signature {
            key,
            policy,
            tag,
            target,
        }),
        None => Err(SignatureRefusal::Malformed),
    })
}

fn read(policy: &str, key: &str, tag: &str) -> Option<(String, Vec<u8>, Vec<u8>)> {
    let key = percent_decode_str(key).decode_utf8().ok()?.into_owned();
    Some((key, BASE64_URL_SAFE_NO_PAD.decode(policy).ok()?, unhex(tag)?))
}

impl Signature {
    /// Whether it is good for this request.
    pub(super) fn check(&self, key: &Key, client: IpAddr, now_ms: i64) -> Result<SignedRequest, SignatureRefusal> {
        // In constant time.
        let signed = key.secret.clone().chain_update(&self.policy);
        signed
            .verify_slice(&self.tag)
            .map_err(|_| SignatureRefusal::Forbidden)?;
        let policy = Policy::parse(&self.policy).ok_or(SignatureRefusal::Malformed)?;
        let is_for_client = policy
            .address
            .is_none_or(|address| address.to_canonical() == client.to_canonical());
        if !is_for_client || !key.covers(&policy.resource) || path_and_query(&policy.resource) != self.target {
            return Err(SignatureRefusal::Forbidden);
        }
        if now_ms >= policy.less_than || policy.greater_than.is_some_and(|begin| now_ms <= begin) {
            return Err(SignatureRefusal::Expired);
        }
        let origin = policy.resource.len().saturating_sub(self.target.len());
        Ok(SignedRequest {
            origin: policy.resource.get(..origin).unwrap_or_default().to_owned(),
            valid_until: policy.less_than,
            address: policy.address,
        })
    }
}

/// A URL without scheme and host: behind a proxy a server does not know what its clients call it, and the key belongs to one tenant.
fn path_and_query(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind_scheme
        .find('/')
        .and_then(|start| behind_scheme.get(start..))
        .unwrap_or("/")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lower case only: a signature has one spelling.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}
