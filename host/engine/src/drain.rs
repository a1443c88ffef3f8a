//! The rest of a request's body that nobody wants: read on for a while, so that a client that is still sending gets to see the answer
//! instead of a connection that is reset (RFC 9112, section 9.6).

use bytes::Bytes;
use http::{Request, Version, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// What is read of a rest, and for how long, before the connection is closed after all.
const BYTES: usize = 64 << 20;
const TIME: Duration = Duration::from_secs(10);

/// A body whose rest is read when it is dropped.
pub(crate) struct Drained<B: Body<Data = Bytes> + Send + Unpin + 'static> {
    /// None once it is at its end.
    body: Option<B>,
    /// Whether the client sends without being asked to.
    is_sent: bool,
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Drained<B> {
    /// Takes over the body of a request. That of HTTP/2 is left alone, because there a stream ends without the connection; so is one
    /// that the client sends only if the server says `100 Continue`, which reading it does.
    pub(crate) fn of(request: Request<B>) -> Request<Self> {
        let is_sent = request.version() < Version::HTTP_2 && !request.headers().contains_key(header::EXPECT);
        request.map(|body| Self {
            body: Some(body).filter(|body| !body.is_end_stream()),
            is_sent,
        })
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Body for Drained<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(cx);
        // From now on the client sends in any case.
        self.is_sent |= matches!(polled, Poll::Ready(Some(Ok(_))));
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Drop for Drained<B> {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|body| self.is_sent && !body.is_end_stream());
        if let (Some(rest), Ok(runtime)) = (rest, Handle::try_current()) {
            runtime.spawn(timeout(TIME, read(rest)));
        }
    }
}

async fn read<B: Body<Data = Bytes> + Unpin>(mut rest: B) {
    let mut left = BYTES;
    while let Some(Ok(frame)) = rest.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(fewer) => left = fewer,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    /// A body of so many frames of 1 MiB, which tells how many were read and when it goes.
    struct Frames {
        left: usize,
        read: Arc<AtomicUsize>,
        gone: Arc<Notify>,
    }

    impl Body for Frames {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let Some(left) = self.left.checked_sub(1) else {
                return Poll::Ready(None);
            };
            self.left = left;
            self.read.fetch_add(1, Ordering::Relaxed);
            Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![0; 1 << 20])))))
        }
    }

    impl Drop for Frames {
        fn drop(&mut self) {
            self.gone.notify_one();
        }
    }

    /// How many frames are read of a request whose body nobody reads.
    async fn read_of(frames: usize, request: http::request::Builder) -> usize {
        let (read, gone) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let body = Frames {
            left: frames,
            read: read.clone(),
            gone: gone.clone(),
        };
        drop(Drained::of(request.body(body).unwrap()));
        gone.notified().await;
        read.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn the_rest_of_a_body_is_read_but_not_without_end() {
        assert_eq!(read_of(3, Request::post("/")).await, 3);
        assert_eq!(read_of(1000, Request::post("/")).await, (BYTES >> 20) + 1);
    }

    #[tokio::test]
    async fn a_client_that_asks_whether_to_send_is_not_told_to() {
        assert_eq!(read_of(3, Request::post("/").header("expect", "100-continue")).await, 0);
    }

    #[tokio::test]
    async fn a_stream_of_http_2_ends_by_itself() {
        assert_eq!(read_of(3, Request::post("/").version(Version::HTTP_2)).await, 0);
    }
}
