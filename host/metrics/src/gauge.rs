//! Numbers that go up and down.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many there are at the moment.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

/// Counts as one for as long as it lives. `G` is what leads to the gauge: a reference, or an `Arc`.
#[derive(Debug)]
pub struct Raised<G: Deref<Target = Gauge>>(G);

impl Gauge {
    /// How many there are.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// One more.
    pub fn raise(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub fn lower(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<G: Deref<Target = Gauge>> Raised<G> {
    /// One more, until the value goes.
    pub fn new(gauge: G) -> Self {
        gauge.raise();
        Self(gauge)
    }
}

impl<G: Deref<Target = Gauge>> Drop for Raised<G> {
    fn drop(&mut self) {
        self.0.lower();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_lives_counts() {
        let gauge = Arc::new(Gauge::default());
        let one = Raised::new(Arc::clone(&gauge));
        {
            let _other = Raised::new(&*gauge);
            assert_eq!(gauge.get(), 2);
        }
        assert_eq!(gauge.get(), 1);
        drop(one);
        assert_eq!(gauge.get(), 0);
    }
}
