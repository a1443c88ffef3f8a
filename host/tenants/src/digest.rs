//! The nonces of Digest authentication. Handing one out costs no memory; only those that somebody has come in with are remembered, for
//! their count: it has to grow with each request, so that a request that was overheard is worth nothing.
//!
//! Does not belong here: how nonces and digests are computed (`lectern-credentials`), slowing down those who guess (`login`).

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lectern_credentials::digest::{self, LIFE, time};
use lru::LruCache;

use crate::{Clock, Error, TenantName};

/// How many nonces in use are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(19_999);

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
        digest::challenge(&self.issue(tenant), stale)
    }

    fn issue(&self, tenant: &TenantName) -> String {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        digest::nonce(&self.key, tenant.as_str(), self.clock.elapsed(), serial)
    }

    /// Whether the nonce is one of ours, not too old, and used with a higher count than ever before; remembers the count.
    pub(crate) fn admit(&self, tenant: &TenantName, nonce: &str, count: u32) -> bool {
        let Some(issued) = digest::made(&self.key, tenant.as_str(), nonce) else {
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
        for forged in ["", "x", "ä", &later, &nonce[..32], &format!("{nonce}0")] {
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
