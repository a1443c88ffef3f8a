//! An answer whose instance goes on while the client reads.
//!
//! The instance runs in a task of its own until it has ended or has written as much as is kept for the client. So it never depends on a client
//! whether an instance gets on: who does not read cannot keep a place to compute, and answers that fit are complete whoever reads them.
//!
//! The time in which the client takes nothing of what is there, or gets nothing, is limited by the time of a request: an instance that
//! nobody reads from, or that falls silent, ends. In between a client may take as long as it likes, so a long list reaches a slow
//! reader whole. The time that the instance itself works is limited by [`WORK`] times as much: what a handler writes without end does
//! not last.

use crate::body::BodyError;
use crate::guest::{Failure, Guest};
use bytes::Bytes;
use http_body::{Body, Frame};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// How often the time of a request an instance may work on an answer that is being read, waiting for the client not included. A list of
/// hundreds of thousands of events is made in about half of that time once.
const WORK: u32 = 4;

/// Told how an instance failed, if it does.
pub(crate) type Report = Arc<dyn Fn(&Failure) + Send + Sync>;

/// The answer.
pub(crate) struct Live {
    /// None when it has broken off.
    written: Option<HyperOutgoingBody>,
    /// Whether the body came to an end that is none.
    unfinished: bool,
    progress: Arc<Mutex<Progress>>,
    report: Report,
    /// Runs the instance.
    task: JoinHandle<()>,
}

/// What the task and the reader tell each other.
struct Progress {
    state: State,
    /// When the client took something the last time.
    taken: Instant,
    /// Whom to wake, if the client waits for the instance and not the other way round.
    reader: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The instance goes on.
    Running,
    /// It has ended well.
    Ended,
    /// It failed, or the client did not read.
    Broken,
}

impl Live {
    pub(crate) fn new(guest: Guest, written: HyperOutgoingBody, limit: Duration, report: Report) -> Self {
        let progress = Arc::new(Mutex::new(Progress {
            state: State::Running,
            taken: Instant::now(),
            reader: None,
        }));
        Self {
            written: Some(written),
            unfinished: false,
            task: tokio::spawn(run(guest, Arc::clone(&progress), limit, Arc::clone(&report))),
            progress,
            report,
        }
    }

    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut progress = lock(&self.progress);
        let Some(written) = &mut self.written else {
            return Poll::Ready(Some(Err(BodyError)));
        };
        let polled = match self.unfinished {
            true => Poll::Ready(None),
            false => Pin::new(written).poll_frame(cx),
        };
        self.unfinished |= matches!(polled, Poll::Ready(Some(Err(_))));
        match (polled, progress.state) {
            (_, State::Broken) => {}
            (Poll::Ready(Some(Ok(frame))), _) => {
                progress.taken = Instant::now();
                progress.reader = None;
                return Poll::Ready(Some(Ok(frame)));
            }
            (Poll::Ready(None), State::Ended) if !self.unfinished => return Poll::Ready(None),
            (Poll::Ready(_), State::Ended) => {
                (self.report)(&Failure::Invalid("a body that it did not finish".to_owned()));
            }
            // An instance that fails after its last byte has failed as well, and its body may only look complete.
            (Poll::Ready(_), State::Running) | (Poll::Pending, _) => {
                progress.reader = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
        // The error itself comes with the next poll: the connection drops what it has not sent yet when a body fails, which may be all that
        // there is, and a client shall see an answer that breaks off and not none at all.
        self.written = None;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Without a reader there is nothing to write.
impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Runs the instance to its end, and then waits until the client has what is left.
async fn run(guest: Guest, progress: Arc<Mutex<Progress>>, limit: Duration, report: Report) {
    let broken = {
        let work = work(guest, limit);
        let unread = unread(&progress, limit);
        tokio::select! {
            biased;
            ended = work => ended.err(),
            failure = unread => Some(failure),
        }
    };
    let broken = match broken {
        Some(failure) => failure,
        None => {
            lock(&progress).turn_to(State::Ended);
            // The task is aborted when the body goes.
            unread(&progress, limit).await
        }
    };
    report(&broken);
    lock(&progress).turn_to(State::Broken);
}

/// Drives the instance, within the time that it may work.
async fn work(mut guest: Guest, limit: Duration) -> Result<(), Failure> {
    let mut worked = Duration::ZERO;
    poll_fn(|cx| {
        let started = Instant::now();
        let polled = guest.as_mut().poll(cx);
        worked += started.elapsed();
        match polled {
            Poll::Pending if worked > limit * WORK => Poll::Ready(Err(Failure::Late)),
            polled => polled,
        }
    })
    .await
}

/// Comes back when the client has taken nothing for too long.
async fn unread(progress: &Mutex<Progress>, limit: Duration) -> Failure {
    loop {
        let until = lock(progress).taken + limit;
        sleep_until(until).await;
        let progress = lock(progress);
        if progress.taken + limit <= Instant::now() {
            let waits = progress.reader.is_some() && progress.state == State::Running;
            return if waits { Failure::Late } else { Failure::Unread };
        }
    }
}

fn lock(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress {
    fn turn_to(&mut self, state: State) {
        self.state = state;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}
