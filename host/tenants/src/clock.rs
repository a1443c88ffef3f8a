//! Time, as a parameter.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the time comes from, so that tests need not wait.
pub trait Clock: Send + Sync {
    /// Time since some fixed moment; never runs backwards.
    fn elapsed(&self) -> Duration;

    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn unix_millis(&self) -> i64;
}

/// The clocks of the system.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn unix_millis(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}
