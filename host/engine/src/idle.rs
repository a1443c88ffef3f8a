//! Instances that have answered a request and wait for another one.
//!
//! Only where an operator asks for it ([`Settings::instance_requests`]): otherwise nothing of an instance is left for the next request.
//! An instance that waits answers requests of the same tenant only, and only as long as the same version of its handler does. It is kept
//! if it has ended well, holds nothing of the host's and has not grown much; what is in its own memory is not looked at.
//!
//! Does not belong here: which instances may live ([`Gate`](crate::gate::Gate)).

use crate::bindings::Handler;
use crate::settings::Settings;
use crate::state::State;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wasmtime::Store;

/// Bytes of linear memory from which on an instance is not kept: what an unusual request took would stay taken.
const MEMORY: usize = 8 << 20;

/// How long an instance waits, at most until the next one begins to.
const TIME: Duration = Duration::from_secs(10);

/// Of how many instances that may live one may wait.
const SHARE: usize = 4;

/// What answers a request.
pub(crate) struct Instance {
    pub(crate) store: Store<State>,
    pub(crate) handler: Handler,
    /// How many requests it has answered.
    pub(crate) answered: u32,
}

/// The instances that wait, the one that has waited longest first. They end while nobody else looks, so that those that are not there any
/// more have made their room.
pub(crate) struct Idle {
    /// How many requests an instance answers.
    requests: u32,
    room: usize,
    waiting: Mutex<VecDeque<Waiting>>,
}

struct Waiting {
    key: Key,
    since: Instant,
    instance: Instance,
}

/// For whom an instance can work: the tenant and the digest of the handler.
pub(crate) type Key = (Arc<str>, Arc<str>);

impl Idle {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            requests: settings.instance_requests,
            room: (settings.instances as usize / SHARE).max(1),
            waiting: Mutex::default(),
        }
    }

    /// An instance that can answer.
    pub(crate) fn take(&self, key: &Key) -> Option<Instance> {
        if self.requests <= 1 {
            return None;
        }
        let mut waiting = self.waiting();
        // The one that waits for the shortest time has the most of its memory in the processor's caches.
        let position = waiting.iter().rposition(|waiting| waiting.key == *key)?;
        waiting.remove(position).map(|found| found.instance)
    }

    /// Ends instances that wait, until no more live than may, of which so many are running.
    pub(crate) fn make_room(&self, running: u64, limit: u32) {
        if self.requests <= 1 {
            return;
        }
        let mut waiting = self.waiting();
        while !waiting.is_empty() && waiting.len() as u64 + running > u64::from(limit) {
            waiting.pop_front();
        }
    }

    /// Keeps an instance that has answered another request, if it can answer more.
    pub(crate) fn give(&self, key: Key, mut instance: Instance) {
        instance.answered += 1;
        if instance.answered >= self.requests
            || !instance.store.data_mut().rest()
            || instance.store.data().limits.memory > MEMORY
        {
            return;
        }
        let since = Instant::now();
        let mut waiting = self.waiting();
        let is_late = |oldest: &Waiting| since.duration_since(oldest.since) > TIME;
        while waiting.len() >= self.room || waiting.front().is_some_and(is_late) {
            waiting.pop_front();
        }
        waiting.push_back(Waiting { key, since, instance });
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
