//! The body of a request on its way to the handler: counted, and observed, so that a handler that fails for want of it is not
//! blamed.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use wasmtime_wasi_http::Error;

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

/// The stage, readable while the handler has the body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicU8>);

impl Progress {
    pub(crate) fn stage(&self) -> Stage {
        match self.0.load(Ordering::Relaxed) {
            0 => Stage::Ready,
            1 => Stage::Awaited,
            2 => Stage::TooLong,
            _ => Stage::Broken,
        }
    }

    fn set(&self, stage: Stage) {
        let code = match stage {
            Stage::Ready => 0,
            Stage::Awaited => 1,
            Stage::TooLong => 2,
            Stage::Broken => 3,
        };
        self.0.store(code, Ordering::Relaxed);
    }
}

/// A body that ends with an error when it is longer than `limit`.
pub(crate) struct Upload<B> {
    body: B,
    limit: u64,
    left: u64,
    progress: Progress,
}

impl<B> Upload<B> {
    pub(crate) fn new(body: B, limit: u64) -> Self {
        Self {
            body,
            limit,
            left: limit,
            progress: Progress::default(),
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
        let (stage, polled) = match polled {
            Poll::Pending => (Stage::Awaited, Poll::Pending),
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                match self.left.checked_sub(length) {
                    Some(left) => {
                        self.left = left;
                        (Stage::Ready, Poll::Ready(Some(Ok(frame))))
                    }
                    None => {
                        let error = Error::HttpRequestBodySize(Some(self.limit));
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
        let upload = Upload::new(Full::new(Bytes::from_static(b"12345")), 5);
        let progress = upload.progress();
        assert_eq!(upload.collect().await.unwrap().to_bytes(), "12345");
        assert_eq!(progress.stage(), Stage::Ready);
    }

    #[tokio::test]
    async fn a_body_longer_than_the_limit_ends_with_an_error() {
        let upload = Upload::new(Full::new(Bytes::from_static(b"123456")), 5);
        let progress = upload.progress();
        assert!(matches!(
            upload.collect().await,
            Err(Error::HttpRequestBodySize(Some(5)))
        ));
        assert_eq!(progress.stage(), Stage::TooLong);
    }
}
