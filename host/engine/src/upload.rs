//! The body of a request on its way to the handler: counted, and observed, so that a handler that fails for want of it is not
//! blamed, and so that what arrives steadily may take its time.

use crate::record::{Phase, Record};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;
use wasmtime_wasi_http::Error;

/// Bytes per second below which a body is too slow.
pub(crate) const SLOWEST_CLIENT: u64 = 16 << 10;

/// Bytes per second that the disk takes at least: how long what has arrived may keep the handler busy.
const SLOWEST_DISK: u64 = 16 << 20;

/// How far the client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// What the handler asked for is there, or it asked for nothing.
    Ready,
    /// The handler waits for the client.
    Awaited,
    /// The body is longer than it may be.
    TooLong,
    /// The client went away or sent something that is no body.
    Broken,
}

/// How the body is doing, readable while the handler has it.
#[derive(Debug, Clone)]
pub(crate) struct Progress(Arc<State>);

#[derive(Debug)]
struct State {
    started: Instant,
    limit: u64,
    stage: AtomicU8,
    received: AtomicU64,
    /// Milliseconds from the start to the last bytes.
    moved: AtomicU64,
}

impl Progress {
    fn new(limit: u64) -> Self {
        Self(Arc::new(State {
            started: Instant::now(),
            limit,
            stage: AtomicU8::new(0),
            received: AtomicU64::new(0),
            moved: AtomicU64::new(0),
        }))
    }

    /// The number of bytes that the body may have.
    pub(crate) fn limit(&self) -> u64 {
        self.0.limit
    }

    pub(crate) fn stage(&self) -> Stage {
        match self.0.stage.load(Ordering::Relaxed) {
            0 => Stage::Ready,
            1 => Stage::Awaited,
            2 => Stage::TooLong,
            _ => Stage::Broken,
        }
    }

    /// When the request will have taken too long. A request has `time`; a body moves that on as it arrives, as long as it is not too
    /// slow on the whole and does not pause for `time`.
    pub(crate) fn deadline(&self, time: Duration) -> Instant {
        let received = self.0.received.load(Ordering::Relaxed);
        let moved = Duration::from_millis(self.0.moved.load(Ordering::Relaxed));
        let on_the_whole = time + at_rate(received, SLOWEST_CLIENT);
        let since_it_moved = moved + time + at_rate(received, SLOWEST_DISK);
        self.0.started + on_the_whole.min(since_it_moved)
    }

    /// Counts bytes that came this long after the start.
    fn received(&self, bytes: u64, moved: Duration) {
        let moved = u64::try_from(moved.as_millis()).unwrap_or(u64::MAX);
        self.0.received.fetch_add(bytes, Ordering::Relaxed);
        self.0.moved.store(moved, Ordering::Relaxed);
    }

    fn set(&self, stage: Stage) {
        let code = match stage {
            Stage::Ready => 0,
            Stage::Awaited => 1,
            Stage::TooLong => 2,
            Stage::Broken => 3,
        };
        self.0.stage.store(code, Ordering::Relaxed);
    }
}

/// The time that bytes take at a rate per second.
fn at_rate(bytes: u64, rate: u64) -> Duration {
    Duration::from_millis(bytes.saturating_mul(1000) / rate)
}

/// A body that ends with an error when it is longer than `limit`.
pub(crate) struct Upload<B> {
    body: B,
    left: u64,
    progress: Progress,
    record: Arc<Record>,
    /// Since when the handler waits for the client.
    awaited: Option<Instant>,
}

impl<B> Upload<B> {
    pub(crate) fn new(body: B, limit: u64, record: Arc<Record>) -> Self {
        Self {
            body,
            left: limit,
            progress: Progress::new(limit),
            record,
            awaited: None,
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl<B> Body for Upload<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_pending() {
            self.awaited.get_or_insert_with(Instant::now);
        } else if let Some(awaited) = self.awaited.take() {
            self.record.add(Phase::Receive, awaited.into_std());
        }
        let (stage, polled) = match polled {
            Poll::Pending => (Stage::Awaited, Poll::Pending),
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.record.receive(length);
                match self.left.checked_sub(length) {
                    Some(left) => {
                        self.left = left;
                        self.progress.received(length, self.progress.0.started.elapsed());
                        (Stage::Ready, Poll::Ready(Some(Ok(frame))))
                    }
                    None => {
                        let error = Error::HttpRequestBodySize(Some(self.progress.limit()));
                        (Stage::TooLong, Poll::Ready(Some(Err(error))))
                    }
                }
            }
            Poll::Ready(Some(Err(error))) => {
                tracing::debug!(%error, "the body of a request is broken");
                (Stage::Broken, Poll::Ready(Some(Err(Error::ConnectionTerminated))))
            }
            Poll::Ready(None) => (Stage::Ready, Poll::Ready(None)),
        };
        self.progress.set(stage);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Full};

    #[tokio::test]
    async fn a_body_of_exactly_the_limit_passes() {
        let upload = Upload::new(Full::new(Bytes::from_static(b"12345")), 5, Arc::default());
        let progress = upload.progress();
        assert_eq!(upload.collect().await.unwrap().to_bytes(), "12345");
        assert_eq!(progress.stage(), Stage::Ready);
    }

    #[tokio::test]
    async fn a_body_longer_than_the_limit_ends_with_an_error() {
        let upload = Upload::new(Full::new(Bytes::from_static(b"123456")), 5, Arc::default());
        let progress = upload.progress();
        assert!(matches!(
            upload.collect().await,
            Err(Error::HttpRequestBodySize(Some(5)))
        ));
        assert_eq!(progress.stage(), Stage::TooLong);
    }

    const TIME: Duration = Duration::from_secs(30);

    /// How long a request may take whose body has come this far after this time.
    fn allowed(bytes: u64, after: Duration) -> Duration {
        let progress = Progress::new(u64::MAX);
        progress.received(bytes, after);
        progress.deadline(TIME) - progress.0.started
    }

    #[test]
    fn a_request_without_a_body_has_its_time() {
        let progress = Progress::new(5);
        assert_eq!(progress.deadline(TIME) - progress.0.started, TIME);
    }

    #[test]
    fn a_body_that_arrives_moves_the_deadline_on() {
        let hour = Duration::from_secs(3600);
        assert!(allowed(1 << 30, hour) > hour + TIME);
    }

    #[test]
    fn a_body_that_trickles_is_cut_however_long_it_is() {
        let hour = Duration::from_secs(3600);
        assert!(allowed(hour.as_secs() * 1000, hour) < hour);
    }

    #[test]
    fn a_body_that_stops_is_cut_even_if_it_was_quick() {
        let second = Duration::from_secs(1);
        assert!(allowed(100 << 20, second) < TIME + 10 * second);
    }
}
