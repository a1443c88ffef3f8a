//! What a request is called in answers and in the log, for those who ask about an answer.
//!
//! What is in front of the server may have given the request a name, in `X-Request-ID`, under which it is found in other logs: that
//! one is kept if it is [sane](is_sane). Names are for looking up, so it does no harm that a client can give the same one twice;
//! nothing is decided by them.

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the name stands, in requests and in answers.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest name that a client may give.
const LENGTH: usize = 64;

/// Gives names to requests that have none.
pub struct RequestIds(AtomicU64);

impl Default for RequestIds {
    /// Starts anywhere, so that the numbers of two runs of the server do not meet in a log.
    fn default() -> Self {
        Self(AtomicU64::new(RandomState::new().hash_one(std::process::id())))
    }
}

impl RequestIds {
    /// The name of a request with these header fields.
    pub fn of(&self, headers: &HeaderMap) -> Arc<str> {
        match given(headers) {
            Some(name) => name.into(),
            None => format!("{:016x}", self.0.fetch_add(1, Ordering::Relaxed)).into(),
        }
    }
}

/// The name that the request has, unless it has none, several, or one that is not sane.
fn given(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(HEADER).iter();
    let name = values.next().map(HeaderValue::to_str)?.ok()?;
    (values.next().is_none() && is_sane(name)).then_some(name)
}

/// Up to 64 letters, digits, `-`, `_` and `.`: numbers, UUIDs, ULIDs, and nothing that means something in a log.
fn is_sane(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && name.len() <= LENGTH && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Arc<str> {
        let mut headers = HeaderMap::new();
        for name in names {
            headers.append(HEADER, HeaderValue::from_bytes(name.as_bytes()).unwrap());
        }
        RequestIds::default().of(&headers)
    }

    #[test]
    fn a_sane_name_is_kept() {
        for name in ["7", "0f8fad5b-d9cb-469f-a165-70867728950e", "web_1.example-42"] {
            assert_eq!(&*named(&[name]), name);
        }
    }

    #[test]
    fn any_other_request_gets_a_name() {
        let long = "x".repeat(LENGTH + 1);
        for names in [
            &[][..],
            &[""],
            &["a b"],
            &["a\tb"],
            &["a\"b"],
            &["a=b"],
            &["ü"],
            &["a", "a"],
            &[long.as_str()],
        ] {
            let name = named(names);
            assert!(
                name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{names:?}: {name}"
            );
        }
    }

    #[test]
    fn names_that_are_given_differ() {
        let ids = RequestIds::default();
        assert_ne!(ids.of(&HeaderMap::new()), ids.of(&HeaderMap::new()));
    }
}
