//! Digest authentication, RFC 7616: comparing digests, and nonces.
//!
//! A nonce carries its time and a keyed hash, so that handing one out costs nothing. MD5 and `qop=auth` are all that PHP, curl and
//! Python's requests have in common with Opencast; what they protect is that the password does not cross the network, and nothing else: use
//! HTTPS.
//!
//! Does not belong here: how often a nonce was used.

use std::time::Duration;

use lectern_data::identity::{Digest, REALM};
use md5::Md5;
use md5::digest::Digest as _;

/// How long a nonce is good, as in Opencast.
pub const LIFE: Duration = Duration::from_secs(300);

/// Hexadecimal digits of the time and the serial number of a nonce; the keyed hash follows.
const TIME: usize = 16;
const HEAD: usize = 32;

/// What a password's digests are computed from: `H(username:realm:password)`.
pub fn secret(username: &str, password: &str) -> String {
    md5_of(&[username, REALM, password])
}

/// Whether the digest was computed by somebody who knows the password. Nobody does where there is no secret.
pub fn is_right(digest: &Digest, method: &str, secret: Option<&str>) -> bool {
    let target = md5_of(&[method, &digest.uri]);
    let expected = md5_of(&[
        secret.unwrap_or_default(),
        &digest.nonce,
        &digest.nc,
        &digest.cnonce,
        "auth",
        &target,
    ]);
    // Comparing hashes takes the same time wherever they differ.
    secret.is_some() && blake3::hash(expected.as_bytes()) == blake3::hash(digest.response.as_bytes())
}

fn md5_of(parts: &[&str]) -> String {
    let hash = Md5::digest(parts.join(":").as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The value of `WWW-Authenticate` with a nonce. `stale` tells the client that only its last nonce was at fault.
pub fn challenge(nonce: &str, stale: bool) -> String {
    let stale = if stale { ", stale=true" } else { "" };
    format!("Digest realm=\"{REALM}\", qop=\"auth\", algorithm=MD5, nonce=\"{nonce}\"{stale}")
}

/// A nonce for a tenant's clients. No two with the same time may have the same serial number.
pub fn nonce(key: &[u8; 32], tenant: &str, time: Duration, serial: u64) -> String {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let head = format!("{millis:016x}{serial:016x}");
    let hash = keyed(key, tenant, &head);
    format!("{head}{}", hash.to_hex())
}

/// When a nonce was made, if it was for this tenant and with this key.
pub fn made(key: &[u8; 32], tenant: &str, nonce: &str) -> Option<Duration> {
    let (head, hash) = nonce.split_at_checked(HEAD)?;
    let hash = blake3::Hash::from_hex(hash).ok()?;
    if hash == keyed(key, tenant, head) {
        time(nonce)
    } else {
        None
    }
}

/// The time that a nonce carries.
pub fn time(nonce: &str) -> Option<Duration> {
    let millis = u64::from_str_radix(nonce.get(..TIME)?, 16).ok()?;
    Some(Duration::from_millis(millis))
}

fn keyed(key: &[u8; 32], tenant: &str, head: &str) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(head.as_bytes()).update(tenant.as_bytes());
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_a_known_example_is_right() {
        // RFC 2617, section 3.5, whose realm is another one.
        let secret = md5_of(&["Mufasa", "testrealm@host.com", "Circle Of Life"]);
        let digest = Digest {
            username: "Mufasa".into(),
            nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093".into(),
            uri: "/dir/index.html".into(),
            nc: "00000001".into(),
            cnonce: "0a4f113b".into(),
            response: "6629fae49393a05397450978507c4ef1".into(),
        };
        assert!(is_right(&digest, "GET", Some(&secret)));
        assert!(!is_right(&digest, "PUT", Some(&secret)));
        assert!(!is_right(&digest, "GET", None));
        assert!(!is_right(
            &digest,
            "GET",
            Some(&super::secret("Mufasa", "Circle Of Life"))
        ));
        for changed in [
            Digest {
                uri: "/dir/other.html".into(),
                ..digest.clone()
            },
            Digest {
                nc: "00000002".into(),
                ..digest.clone()
            },
            Digest {
                cnonce: "x".into(),
                ..digest.clone()
            },
        ] {
            assert!(!is_right(&changed, "GET", Some(&secret)), "{changed:?}");
        }
    }
}
