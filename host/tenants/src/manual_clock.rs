//! A clock for tests, which moves when it is told to.

use std::sync::Mutex;
use std::time::Duration;

use crate::Clock;

#[derive(Default)]
pub(crate) struct ManualClock(Mutex<Duration>);

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn unix_millis(&self) -> i64 {
        self.elapsed().as_millis() as i64
    }
}
