//! Numbers that are counted while requests are answered. Counting is an atomic addition, whoever counts at the same time; reading
//! happens when somebody asks, and may see one number a moment before another.
//!
//! Does not belong here: what the numbers are called, and how they are told to others (the `lectern` program).

mod gauge;
mod histogram;
mod table;

pub use gauge::{Gauge, Raised};
pub use histogram::{Buckets, DurationHistogram, Histogram};
pub use table::Table;

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds some.
    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// How much it is.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
