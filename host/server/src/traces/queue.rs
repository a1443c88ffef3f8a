//! Requests that have ended and of which spans are to be sent.

use super::spans::Ended;
use lectern_metrics::Counter;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Room for a number of requests; what comes when there is none is dropped, and counted.
pub struct Queue {
    waiting: Mutex<Waiting>,
    room: usize,
    pub dropped: Counter,
    pub exported: Counter,
    /// The program ends, and nothing more will come.
    pub finish: Notify,
    /// Everything is sent.
    finished: (Mutex<bool>, std::sync::Condvar),
}

#[derive(Default)]
struct Waiting {
    ended: Vec<Ended>,
}

/// How long the program waits at its end for a collector to take the rest.
const LAST_SPANS: std::time::Duration = std::time::Duration::from_secs(2);

impl Queue {
    pub fn new(room: usize) -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::default(),
            room,
            dropped: Counter::default(),
            exported: Counter::default(),
            finish: Notify::new(),
            finished: Default::default(),
        })
    }

    /// Leaves a request, if there is room. Nobody is woken: the sender looks by itself.
    pub fn push(&self, ended: impl FnOnce() -> Ended) {
        let mut waiting = self.lock();
        if waiting.ended.len() < self.room {
            waiting.ended.push(ended());
        } else {
            drop(waiting);
            self.dropped.increment();
        }
    }

    /// Takes what waits.
    pub fn take(&self) -> Vec<Ended> {
        std::mem::take(&mut self.lock().ended)
    }

    /// Has everything sent, and waits for that for a while.
    pub fn finish(&self) {
        self.finish.notify_one();
        let (is_finished, changed) = &self.finished;
        let is_finished = is_finished.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever was not there in time is not waited for.
        let _ = changed.wait_timeout_while(is_finished, LAST_SPANS, |is_finished| !*is_finished);
    }

    /// Everything has been sent.
    pub fn finished(&self) {
        let (is_finished, changed) = &self.finished;
        *is_finished.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
