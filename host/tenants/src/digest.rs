//! Digest authentication, RFC 7616: nonces, and comparing digests.
//!
//! A nonce carries its time and a keyed hash, so that handing one out costs no memory; only those that somebody has come in with are
//! remembered, for their count: it has to grow with each request, so that a request that was overheard is worth nothing. MD5 and
//! `qop=auth` are all that PHP, curl and Python's requests have in common with Opencast; what they protect is that the password does not
//! cross the network, and nothing else: use HTTPS.
//!
//! Does not belong here: reading the header (`lectern_data::identity`), slowing down those who guess (`login`).

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lectern_data::identity::{Digest, REALM};
use lru::LruCache;
use md5::Md5;
use md5::digest::Digest as _;

use crate::{Clock, Error, TenantName};

/// How long a nonce is good, as in Opencast.
const LIFE: Duration = Duration::from_secs(300);

/// How many nonces in use are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(19_999);

/// Hexadecimal digits of the time and the serial number of a nonce; the keyed hash follows.
const TIME: usize = 16;
const HEAD: usize = 32;

/// What a password's digests are computed from: `H(username:realm:password)`.
pub(crate) fn secret(username: &str, password: &str) -> String {
    md5_of(&[username, REALM, password])
}

/// Whether the digest was computed by somebody who knows the password. Nobody does where there is no secret.
pub(crate) fn is_right(digest: &Digest, method: &str, secret: Option<&str>) -> bool {
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

/// The nonces of a process.
pub(crate) struct Nonces {
    key: [u8; 32],
    clock: Arc<dyn Clock>,
    serial: AtomicU64,
    used: Mutex<Used>,
}

struct Used {
    /// The highest count that each nonce was used with.
    counts: LruCache<String, u32>,
    /// When the newest nonce was issued whose count was forgotten for want of room. Those that are as old might be among the forgotten
    /// ones, so none of them is let in.
    forgotten: Option<Duration>,
}

impl Nonces {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Self::remembering(REMEMBERED, clock)
    }

    fn remembering(capacity: NonZeroUsize, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| Error::Hashing(error.to_string()))?;
        Ok(Self {
            key,
            clock,
            serial: AtomicU64::new(0),
            used: Mutex::new(Used {
                counts: LruCache::new(capacity),
                forgotten: None,
            }),
        })
    }

    /// The value of `WWW-Authenticate` with a new nonce. `stale` tells the client that only its nonce was at fault.
    pub(crate) fn challenge(&self, tenant: &TenantName, stale: bool) -> String {
        let nonce = self.issue(tenant);
        let stale = if stale { ", stale=true" } else { "" };
        format!("Digest realm=\"{REALM}\", qop=\"auth\", algorithm=MD5, nonce=\"{nonce}\"{stale}")
    }

    fn issue(&self, tenant: &TenantName) -> String {
        let now = u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        let head = format!("{now:016x}{:016x}", self.serial.fetch_add(1, Ordering::Relaxed));
        let hash = self.keyed(tenant, &head);
        format!("{head}{}", hash.to_hex())
    }

    /// Whether the nonce is one of ours, not too old, and used with a higher count than ever before; remembers the count.
    pub(crate) fn admit(&self, tenant: &TenantName, nonce: &str, count: u32) -> bool {
        let Some(issued) = self.issued(tenant, nonce) else {
            return false;
        };
        if self.clock.elapsed() >= issued.saturating_add(LIFE) {
            return false;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(highest) = used.counts.get_mut(nonce) {
            let grows = count > *highest;
            *highest = count.max(*highest);
            return grows;
        }
        if count == 0 || used.forgotten.is_some_and(|forgotten| issued <= forgotten) {
            return false;
        }
        if let Some((evicted, _)) = used.counts.push(nonce.to_owned(), count) {
            used.forgotten = used.forgotten.max(time(&evicted));
        }
        true
    }

    /// When the nonce was issued, if it was for this tenant and by this process.
    fn issued(&self, tenant: &TenantName, nonce: &str) -> Option<Duration> {
        let (head, hash) = nonce.split_at_checked(HEAD)?;
        let hash = blake3::Hash::from_hex(hash).ok()?;
        if hash == self.keyed(tenant, head) {
            time(nonce)
        } else {
            None
        }
    }

    fn keyed(&self, tenant: &TenantName, head: &str) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(head.as_bytes()).update(tenant.as_str().as_bytes());
        hasher.finalize()
    }
}

fn time(nonce: &str) -> Option<Duration> {
    let millis = u64::from_str_radix(nonce.get(..TIME)?, 16).ok()?;
    Some(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manual_clock::ManualClock;

    fn nonces(capacity: usize) -> (Arc<ManualClock>, Nonces, TenantName) {
        let clock = Arc::new(ManualClock::default());
        let capacity = NonZeroUsize::new(capacity).unwrap();
        let nonces = Nonces::remembering(capacity, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        (clock, nonces, "a".parse().unwrap())
    }

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

    #[test]
    fn the_count_of_a_nonce_has_to_grow() {
        let (_, nonces, tenant) = nonces(10);
        let nonce = nonces.issue(&tenant);
        let admitted: Vec<bool> = [0, 1, 1, 3, 2, 3, 4]
            .into_iter()
            .map(|count| nonces.admit(&tenant, &nonce, count))
            .collect();
        assert_eq!(admitted, [false, true, false, true, false, false, true]);
    }

    #[test]
    fn a_nonce_is_good_for_five_minutes() {
        let (clock, nonces, tenant) = nonces(10);
        let nonce = nonces.issue(&tenant);
        clock.advance(Duration::from_secs(299));
        assert!(nonces.admit(&tenant, &nonce, 1));
        clock.advance(Duration::from_secs(1));
        assert!(!nonces.admit(&tenant, &nonce, 2));
    }

    #[test]
    fn a_nonce_of_another_tenant_or_process_or_of_nobody_is_worth_nothing() {
        let (_, mine, tenant) = nonces(10);
        let (_, other, _) = nonces(10);
        let nonce = mine.issue(&tenant);
        assert!(!mine.admit(&"b".parse().unwrap(), &nonce, 1));
        assert!(!other.admit(&tenant, &nonce, 1));
        let later = nonce.replacen('0', "1", 1);
        for forged in ["", "x", "ä", &later, &nonce[..HEAD], &format!("{nonce}0")] {
            assert!(!mine.admit(&tenant, forged, 1), "{forged:?}");
        }
        assert!(mine.admit(&tenant, &nonce, 1));
    }

    #[test]
    fn no_nonce_is_issued_twice() {
        let (_, nonces, tenant) = nonces(10);
        assert_ne!(nonces.issue(&tenant), nonces.issue(&tenant));
    }

    #[test]
    fn a_count_that_was_forgotten_for_want_of_room_lets_nobody_in_again() {
        let (clock, nonces, tenant) = nonces(2);
        let issued: Vec<String> = (0..4)
            .map(|_| {
                clock.advance(Duration::from_secs(1));
                nonces.issue(&tenant)
            })
            .collect();
        for nonce in &issued[..3] {
            assert!(nonces.admit(&tenant, nonce, 1));
        }
        // The first was forgotten: neither the same request nor the next one with it is let in.
        assert!(!nonces.admit(&tenant, &issued[0], 1));
        assert!(!nonces.admit(&tenant, &issued[0], 2));
        assert!(nonces.admit(&tenant, &issued[2], 2));
        assert!(nonces.admit(&tenant, &issued[3], 1));
    }
}
