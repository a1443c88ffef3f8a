//! The body of an answer.

use crate::guest::{Failure, Guest};
use crate::live::{Live, Report};
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::unconstrained;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// A body that is either complete or still being written by its instance.
pub struct Body(Kind);

/// The instance failed in the middle of its answer. The connection is to be aborted, so that the client does not take the part
/// for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the handler failed in the middle of its answer")]
pub struct BodyError;

enum Kind {
    Whole(Whole),
    Live(Live),
}

/// Everything is there; its length is known.
#[derive(Default)]
struct Whole {
    chunks: VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
    length: u64,
}

impl Body {
    /// A body that goes on with the instance, within this time of work and of patience with the client.
    pub(crate) fn live(guest: Guest, written: HyperOutgoingBody, limit: Duration, report: Report) -> Self {
        Self(Kind::Live(Live::new(guest, written, limit, report)))
    }

    /// Takes what an instance that has ended left behind; nothing has to be waited for.
    pub(crate) fn whole(mut written: HyperOutgoingBody) -> Result<Self, Failure> {
        let mut whole = Whole::default();
        let cx = &mut Context::from_waker(std::task::Waker::noop());
        loop {
            // A task that has done much since it last rested is told to rest by whatever it looks at next. What is there is taken all the same.
            let mut frame = pin!(unconstrained(written.frame()));
            match frame.as_mut().poll(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(chunk) => {
                        whole.length += chunk.len() as u64;
                        whole.chunks.push_back(chunk);
                    }
                    Err(frame) => whole.trailers = frame.into_trailers().ok(),
                },
                Poll::Ready(None) => return Ok(Self(Kind::Whole(whole))),
                Poll::Ready(Some(Err(_))) | Poll::Pending => {
                    return Err(Failure::Invalid("a body that it did not finish".to_owned()));
                }
            }
        }
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Bytes> for Body {
    fn from(chunk: Bytes) -> Self {
        Self(Kind::Whole(Whole {
            length: chunk.len() as u64,
            chunks: VecDeque::from([chunk]),
            trailers: None,
        }))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Kind::Whole(whole) => Poll::Ready(whole.next().map(Ok)),
            Kind::Live(live) => live.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(whole) => whole.chunks.is_empty() && whole.trailers.is_none(),
            Kind::Live(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(whole) => SizeHint::with_exact(whole.length),
            Kind::Live(_) => SizeHint::default(),
        }
    }
}

impl Whole {
    fn next(&mut self) -> Option<Frame<Bytes>> {
        match self.chunks.pop_front() {
            Some(chunk) => {
                self.length = self.length.saturating_sub(chunk.len() as u64);
                Some(Frame::data(chunk))
            }
            None => self.trailers.take().map(Frame::trailers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::sync::mpsc;

    /// A body as instances write it: into a channel.
    struct Written(mpsc::Receiver<Bytes>);

    impl HttpBody for Written {
        type Data = Bytes;
        type Error = wasmtime_wasi_http::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            self.0
                .poll_recv(cx)
                .map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
        }
    }

    #[tokio::test]
    async fn what_is_there_is_taken_also_by_a_task_that_has_done_much_without_a_rest() {
        let (sender, receiver) = mpsc::channel(2);
        sender.send(Bytes::from_static(b"all of it")).await.unwrap();
        drop(sender);
        let (busy, mut work) = mpsc::channel(1024);
        while busy.try_send(()).is_ok() {}
        let mut written = Some(Written(receiver));
        let whole = poll_fn(|cx| {
            while work.poll_recv(cx).is_ready() {}
            Poll::Ready(Body::whole(written.take().unwrap().boxed_unsync()))
        });
        let length = whole.await.unwrap().size_hint().exact();
        assert_eq!(length, Some(9));
    }
}
