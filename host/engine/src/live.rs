//! An answer whose instance goes on while the client reads.
//!
//! The time in which the client takes nothing of what is there, or gets nothing, is limited by the time of a request: an instance that
//! nobody reads from, or that falls silent, ends. In between a client may take as long as it likes, so a long list reaches a slow
//! reader whole. The time that the instance itself works is limited by [`WORK`] times as much: what a handler writes without end does
//! not last.

use crate::body::BodyError;
use crate::guest::{Failure, Guest};
use bytes::Bytes;
use http_body::{Body, Frame};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// How often the time of a request an instance may work on an answer that is being read, waiting for the client not included. A list of
/// hundreds of thousands of events is made in about half of that time once.
const WORK: u32 = 4;

/// After what time an answer that is just being driven is looked at again.
const BUSY: Duration = Duration::from_millis(100);

/// Told how an instance failed, if it does.
pub(crate) type Report = Box<dyn Fn(&Failure) + Send>;

/// The answer. Polling it is what drives the instance.
pub(crate) struct Live(Arc<Mutex<Answer>>);

struct Answer {
    /// None when the instance is gone: because it has ended, or because it was stopped.
    guest: Option<Guest>,
    /// None when it was stopped.
    written: Option<HyperOutgoingBody>,
    report: Report,
    limit: Duration,
    worked: Duration,
    /// When the client took something the last time.
    taken: Instant,
    /// Whom to wake, if the client waits for the instance and not the other way round.
    reader: Option<Waker>,
}

impl Live {
    pub(crate) fn new(guest: Guest, written: HyperOutgoingBody, limit: Duration, report: Report) -> Self {
        let answer = Arc::new(Mutex::new(Answer {
            guest: Some(guest),
            written: Some(written),
            report,
            limit,
            worked: Duration::ZERO,
            taken: Instant::now(),
            reader: None,
        }));
        tokio::spawn(watch(Arc::downgrade(&answer)));
        Self(answer)
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = lock(&self.0).poll_frame(cx);
        polled.map(Result::transpose)
    }
}

/// Stops the instance when the client has taken nothing for too long, which nobody else would notice: a body that is not read is not
/// polled. Ends with the answer.
async fn watch(answer: Weak<Mutex<Answer>>) {
    let mut until = Instant::now();
    loop {
        sleep_until(until).await;
        let Some(shared) = answer.upgrade() else { return };
        let now = Instant::now();
        // Whoever holds the lock is just driving the instance.
        let Ok(mut answer) = shared.try_lock() else {
            until = now + BUSY;
            continue;
        };
        if answer.written.is_none() {
            return;
        }
        until = answer.taken + answer.limit;
        if until <= now {
            let waits = answer.reader.is_some();
            answer.stop(&if waits { Failure::Late } else { Failure::Unread });
            return;
        }
    }
}

fn lock(answer: &Mutex<Answer>) -> MutexGuard<'_, Answer> {
    answer.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Answer {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame<Bytes>>, BodyError>> {
        if let Some(guest) = &mut self.guest {
            let started = Instant::now();
            let polled = guest.as_mut().poll(cx);
            self.worked += started.elapsed();
            match polled {
                Poll::Pending if self.worked > self.limit * WORK => return self.failed(&Failure::Late, cx),
                Poll::Pending => {}
                Poll::Ready(Ok(())) => self.guest = None,
                Poll::Ready(Err(failure)) => return self.failed(&failure, cx),
            }
        }
        let Some(written) = &mut self.written else {
            return Poll::Ready(Err(BodyError));
        };
        match Pin::new(written).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.taken = Instant::now();
                self.reader = None;
                Poll::Ready(Ok(Some(frame)))
            }
            Poll::Ready(Some(Err(_))) => self.failed(&Failure::Invalid("a body that it did not finish".to_owned()), cx),
            Poll::Ready(None) if self.guest.is_none() => Poll::Ready(Ok(None)),
            // An instance that fails after its last byte has failed as well, and its body may only look complete.
            Poll::Ready(None) | Poll::Pending => {
                self.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The error itself comes with the next poll: the connection drops what it has not sent yet when a body fails, which may be all that
    /// there is, and a client shall see an answer that breaks off and not none at all.
    fn failed<T>(&mut self, failure: &Failure, cx: &Context<'_>) -> Poll<Result<T, BodyError>> {
        self.stop(failure);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Frees what the answer holds; whoever reads on gets an error.
    fn stop(&mut self, failure: &Failure) {
        self.guest = None;
        self.written = None;
        (self.report)(failure);
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}
