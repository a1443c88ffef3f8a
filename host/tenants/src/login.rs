//! Comparing passwords without paying for it on every request, and without letting them be guessed.
//!
//! Comparing a password takes tens of milliseconds on purpose. A pair that was right is therefore remembered for a while. What is
//! remembered is a keyed hash over the pair **and the stored hash it was right for**, so there is nothing to drop when a password is
//! changed or a user removed: the next request computes another hash and finds nothing.
//!
//! Wrong passwords are counted per user and address. Those who try one pair at a time, whatever the number of their connections,
//! are looked at one at a time; so nobody gets more guesses by sending them all at once, and a client that starts with many connections
//! and the right password pays once.
//!
//! Tenants take turns for comparing, and within a tenant, addresses.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lectern_credentials::guessing::{LONGEST_WAIT, network, wait_after};
use lectern_credentials::{keyed, password};
use lectern_data::identity::denials;
use lectern_data::model::Denial;
use lectern_turns::{Crowded, Place, Turns};
use lru::LruCache;

use crate::{Clock, Error, TenantName};

/// How long a right pair is remembered.
const REMEMBERED_FOR: Duration = Duration::from_secs(300);
/// How many right pairs are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(19_999);
/// How many pairs of user and address wrong passwords are counted for.
const COUNTED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(19_999);
/// How many passwords from one address may wait to be compared, and from how many addresses of one tenant's clients.
const WAITING: usize = 32;
const WAITING_ADDRESSES: usize = 1024;

/// A username and a password, and what the tenant's directory holds for the username.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) tenant: &'a TenantName,
    pub(crate) username: &'a str,
    pub(crate) password: &'a str,
    /// The stored hash; none for an unknown user.
    pub(crate) stored: Option<&'a str>,
    pub(crate) client: IpAddr,
}

/// Who says to be whom, for counting wrong digests.
#[derive(Clone, Copy)]
pub(crate) struct Guess<'a> {
    pub(crate) tenant: &'a TenantName,
    pub(crate) username: &'a str,
    /// Whether there is such a user.
    pub(crate) is_known: bool,
    pub(crate) client: IpAddr,
}

impl<'a> From<Attempt<'a>> for Guess<'a> {
    fn from(attempt: Attempt<'a>) -> Self {
        Self {
            tenant: attempt.tenant,
            username: attempt.username,
            is_known: attempt.stored.is_some(),
            client: attempt.client,
        }
    }
}

/// What a process knows about passwords it has seen.
pub(crate) struct Logins {
    key: [u8; 32],
    clock: Arc<dyn Clock>,
    /// When to forget each right pair.
    remembered: Mutex<LruCache<blake3::Hash, Duration>>,
    failures: Counted,
    /// The same for users that do not exist. Anybody can invent as many of them as it takes to have others forgotten.
    failures_of_unknown: Counted,
    /// Lets one password at a time from each address wait for [`comparisons`](Self::comparisons), so that within a tenant nobody waits for
    /// all that another one tries.
    addresses: Turns,
    /// Bounds the processors and the memory that comparing may take, and has tenants take turns.
    comparisons: Turns,
}

/// Failures by whom they are counted for.
type Counted = Mutex<LruCache<blake3::Hash, Arc<tokio::sync::Mutex<Failures>>>>;

/// The wrong passwords of a user from an address.
#[derive(Default)]
struct Failures {
    in_a_row: u32,
    /// No password is looked at before.
    wait_until: Duration,
}

impl Failures {
    /// Refuses to look at anything before the wait is over.
    fn require_waited(&self, now: Duration) -> Result<(), Denial> {
        let wait = self.wait_until.saturating_sub(now).as_millis().div_ceil(1000);
        match wait {
            0 => Ok(()),
            seconds => Err(denials::too_many(seconds.try_into().unwrap_or(LONGEST_WAIT))),
        }
    }

    /// Counts a failure and gives the wait that follows.
    fn count(&mut self, now: Duration) -> Duration {
        self.in_a_row = self.in_a_row.saturating_add(1);
        let wait = wait_after(self.in_a_row);
        self.wait_until = now.saturating_add(wait);
        wait
    }
}

impl Logins {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| Error::Hashing(error.to_string()))?;
        // One processor is left to those who have logged in.
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Ok(Self {
            key,
            clock,
            remembered: Mutex::new(LruCache::new(REMEMBERED)),
            failures: Mutex::new(LruCache::new(COUNTED)),
            failures_of_unknown: Mutex::new(LruCache::new(COUNTED)),
            addresses: Turns::new(usize::MAX, 1, WAITING),
            comparisons: Turns::new(processors.saturating_sub(1), processors, WAITING_ADDRESSES),
        })
    }

    /// Whether exactly this has been right, or used, a short while ago.
    pub(crate) fn remembers(&self, attempt: Attempt<'_>) -> bool {
        let Some(pair) = self.pair(attempt) else { return false };
        let now = self.clock.elapsed();
        let mut remembered = lock(&self.remembered);
        match remembered.get_mut(&pair) {
            Some(until) if now < *until => {
                *until = now.saturating_add(REMEMBERED_FOR);
                true
            }
            Some(_) => {
                remembered.pop(&pair);
                false
            }
            None => false,
        }
    }

    /// Compares the password with the stored hash.
    pub(crate) async fn verify(&self, attempt: Attempt<'_>) -> Result<(), Denial> {
        let failures = self.failures_of(attempt.into());
        let mut failures = failures.lock().await;
        // The one before in the queue may have brought the same password.
        if self.remembers(attempt) {
            return Ok(());
        }
        let now = self.clock.elapsed();
        failures.require_waited(now)?;
        let crowded = |Crowded| denials::unavailable("Too many passwords are being checked. Try again in a moment.");
        let address = format!("{} {}", attempt.tenant, network(attempt.client));
        let _first_of_address = self.addresses.wait(&address.into()).await.map_err(crowded)?;
        let turn = self.comparisons.wait(&attempt.tenant.as_str().into()).await;
        let place = turn.map_err(crowded)?;
        // Counted before the outcome is known, so that a client cannot have guesses for nothing by hanging up.
        let wait = failures.count(now);
        if !compare(attempt, place).await {
            failures.wait_until = self.clock.elapsed().saturating_add(wait);
            return Err(denials::wrong_password());
        }
        *failures = Failures::default();
        if let Some(pair) = self.pair(attempt) {
            lock(&self.remembered).put(pair, now.saturating_add(REMEMBERED_FOR));
        }
        Ok(())
    }

    /// Lets a digest in that `is_right`. Wrong ones count like wrong passwords; nothing is remembered, as comparing takes no time.
    pub(crate) async fn verify_digest(&self, guess: Guess<'_>, is_right: impl FnOnce() -> bool) -> Result<(), Denial> {
        let failures = self.failures_of(guess);
        let mut failures = failures.lock().await;
        let now = self.clock.elapsed();
        failures.require_waited(now)?;
        if !is_right() {
            failures.count(now);
            return Err(denials::wrong_password());
        }
        *failures = Failures::default();
        Ok(())
    }

    fn failures_of(&self, guess: Guess<'_>) -> Arc<tokio::sync::Mutex<Failures>> {
        let who = self.guesser(guess);
        let counted = if guess.is_known {
            &self.failures
        } else {
            &self.failures_of_unknown
        };
        Arc::clone(lock(counted).get_or_insert(who, Arc::default))
    }

    /// What is remembered of a right pair; nothing if there is no such user.
    fn pair(&self, attempt: Attempt<'_>) -> Option<blake3::Hash> {
        let stored = attempt.stored?;
        Some(keyed(
            &self.key,
            b'p',
            &[attempt.tenant.as_str(), attempt.username, attempt.password, stored].map(str::as_bytes),
        ))
    }

    /// Whom wrong passwords are counted for.
    fn guesser(&self, guess: Guess<'_>) -> blake3::Hash {
        keyed(
            &self.key,
            b'g',
            &[
                guess.tenant.as_str().as_bytes(),
                guess.username.as_bytes(),
                &network(guess.client).octets(),
            ],
        )
    }
}

/// Compares on a thread made for waiting. The place goes with the work, which goes on when nobody waits for it any more.
async fn compare(attempt: Attempt<'_>, place: Place) -> bool {
    let (password, stored) = (attempt.password.to_owned(), attempt.stored.map(str::to_owned));
    let comparison = tokio::task::spawn_blocking(move || {
        let _place = place;
        password::verify(&password, stored.as_deref())
    });
    comparison.await.unwrap_or(false)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
