//! What the host remembers between calls, per tenant. Under Spin nothing is remembered and everything works the same.

use super::Readable;
use crate::collection::Collection;
use crate::model::Principal;
use fnv::FnvHasher;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hasher;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes a cache may hold, roughly.
const CAPACITY: usize = 4 << 20;

/// How many roles the hash of a key looks at; equality looks at all.
const HASHED_ROLES: usize = 16;

/// Remembers what principals may read. One per tenant, shared by all its readers; the least recently used goes first.
///
/// An entry is used only within transactions that see its generation of the access lists. So no reader ever combines access
/// lists and objects of different commits, and nobody has to clear anything.
#[derive(Debug, Default)]
pub struct AccessCache {
    entries: Mutex<HashMap<u64, Arc<Entry>>>,
    clock: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    readable: Arc<Readable>,
    used: AtomicU64,
    weight: usize,
}

/// A role set, a collection and the actions asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    hash: u64,
    collection: &'static str,
    actions: Vec<String>,
    /// The roles one after the other, and where each ends: comparing thousands of roles is comparing two blocks of memory.
    roles: String,
    ends: Vec<usize>,
}

impl AccessCache {
    /// The key under which the cache remembers what the principal may do.
    pub(crate) fn key(&self, principal: &Principal, collection: &Collection, actions: &BTreeSet<&str>) -> Key {
        let mut roles = String::new();
        let mut ends = Vec::with_capacity(principal.roles.len());
        for role in &principal.roles {
            roles.push_str(role);
            ends.push(roles.len());
        }
        let mut hasher = FnvHasher::default();
        hasher.write(collection.name.as_bytes());
        actions.iter().for_each(|action| hasher.write(action.as_bytes()));
        hasher.write_usize(ends.len());
        let step = principal.roles.len().div_ceil(HASHED_ROLES).max(1);
        for role in principal.roles.iter().step_by(step) {
            hasher.write(role.as_bytes());
        }
        Key {
            hash: hasher.finish(),
            collection: collection.name,
            actions: actions.iter().copied().map(str::to_owned).collect(),
            roles,
            ends,
        }
    }

    pub(crate) fn get(&self, key: &Key, generation: i64) -> Option<Arc<Readable>> {
        let entry = self
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key.hash)
            .cloned()?;
        if entry.readable.generation != generation || entry.key != *key {
            return None;
        }
        entry.used.store(self.clock.fetch_add(1, Relaxed), Relaxed);
        Some(Arc::clone(&entry.readable))
    }

    pub(crate) fn put(&self, key: Key, readable: Arc<Readable>) {
        let entry = Arc::new(Entry {
            weight: key.weight() + readable.weight(),
            used: AtomicU64::new(self.clock.fetch_add(1, Relaxed)),
            key,
            readable,
        });
        if entry.weight > CAPACITY {
            return;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // A reader whose transaction began before the last change must not displace what newer ones found.
        if entries
            .get(&entry.key.hash)
            .is_some_and(|other| other.readable.generation > entry.readable.generation)
        {
            return;
        }
        entries.insert(entry.key.hash, entry);
        let mut weight: usize = entries.values().map(|entry| entry.weight).sum();
        while weight > CAPACITY {
            let Some(oldest) = entries.values().min_by_key(|entry| entry.used.load(Relaxed)).cloned() else {
                break;
            };
            entries.remove(&oldest.key.hash);
            weight -= oldest.weight;
        }
    }
}

impl Key {
    fn weight(&self) -> usize {
        size_of::<Entry>() + self.roles.len() + self.ends.len() * size_of::<usize>()
    }
}
