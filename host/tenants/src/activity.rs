//! What is counted about all tenants' data together.

use lectern_metrics::{Counter, DurationHistogram, Gauge, Histogram};
use std::sync::Arc;
use std::time::Duration;

/// Numbers of transactions that share a commit: up to as many as may.
const TOGETHER: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256];

/// Numbers about writing, and about workflows.
#[derive(Debug)]
pub struct Activity {
    /// Transactions that are durable.
    pub committed: Counter,
    /// Transactions that were not made: their changes were refused, or the store failed.
    pub refused: Counter,
    /// Transactions that wait for the thread that writes.
    pub waiting: Arc<Gauge>,
    /// How many transactions shared a commit.
    pub together: Histogram,
    /// How long it took to apply the transactions of a commit and to sync.
    pub commit_time: DurationHistogram,
    /// Workflows that are being done.
    pub workflows: Arc<Gauge>,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            committed: Counter::default(),
            refused: Counter::default(),
            waiting: Arc::default(),
            together: Histogram::new(TOGETHER),
            commit_time: DurationHistogram::new(DurationHistogram::FINE),
            workflows: Arc::default(),
        }
    }
}

impl Activity {
    /// Counts the transactions of a batch.
    pub(crate) fn count<T, E>(&self, outcomes: &[Result<T, E>], time: Duration) {
        let committed = outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
        self.committed.add(committed);
        self.refused.add((outcomes.len() as u64).saturating_sub(committed));
        if committed > 0 {
            self.together.observe(committed);
            self.commit_time.observe(time);
        }
    }
}
