//! What happens on connections: when the last thing did, when a request began to come in, and how many each address has.
//!
//! HTTP/2 lets a client keep a connection alive, and answers waiting, without ever taking anything. What counts is therefore what happens to
//! requests: that one begins, that one is being answered, that a piece of an answer is taken.

use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// What happens on one connection.
pub struct Activity(Mutex<State>);

struct State {
    /// Requests whose answers have not begun: these have a limit of their own.
    served: usize,
    /// Answers that are being sent.
    sent: usize,
    last: Instant,
    /// When the first bytes came that belong to no request yet.
    begun: Option<std::time::Instant>,
}

impl Activity {
    pub fn new() -> Self {
        Self(Mutex::new(State {
            served: 0,
            sent: 0,
            last: Instant::now(),
            begun: None,
        }))
    }

    /// The connection, which notes when requests begin to come in.
    pub fn receive<S>(self: &Arc<Self>, stream: S) -> Received<S> {
        Received {
            stream,
            activity: Arc::clone(self),
        }
    }

    /// A request is being answered for as long as the value lives.
    pub fn serve(self: &Arc<Self>) -> Served {
        let mut begun = None;
        self.note(|state| {
            state.served += 1;
            begun = state.begun.take();
        });
        Served {
            activity: Arc::clone(self),
            begun,
        }
    }

    /// The body of an answer, which notes when something is taken of it.
    pub fn send<B>(self: Arc<Self>, body: B) -> Sent<B> {
        self.note(|state| state.sent += 1);
        Sent { body, activity: self }
    }

    /// Until when something has to happen: the next request within `idle`, or, while an answer is being sent, something with that within
    /// `unread`.
    pub fn latest(&self, idle: Duration, unread: Duration) -> Instant {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (state.served, state.sent) {
            (0, 0) => state.last + idle,
            (0, _) => state.last + unread,
            _ => Instant::now() + idle,
        }
    }

    fn note(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        state.last = Instant::now();
    }
}

/// A request that is being answered.
pub struct Served {
    activity: Arc<Activity>,
    /// When its first bytes came; not known of those that come in one go with another.
    pub begun: Option<std::time::Instant>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.activity
            .note(|state| state.served = state.served.saturating_sub(1));
    }
}

/// An answer that is being sent.
pub struct Sent<B> {
    body: B,
    activity: Arc<Activity>,
}

impl<B: Body + Unpin> Body for Sent<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if polled.is_ready() {
            self.activity.note(|_| ());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Sent<B> {
    fn drop(&mut self) {
        self.activity.note(|state| {
            state.sent = state.sent.saturating_sub(1);
            // What has come since the head was the body.
            state.begun = None;
        });
    }
}

/// A connection that notes when a request begins to come in.
pub struct Received<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S: Read + Unpin> Read for Received<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if polled.is_ready() {
            let mut state = self.activity.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.begun.get_or_insert_with(std::time::Instant::now);
        }
        polled
    }
}

impl<S: Write + Unpin> Write for Received<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }
}

/// How many connections each address has.
#[derive(Default)]
pub struct Addresses(Mutex<HashMap<IpAddr, usize>>);

/// One of an address's connections.
pub struct Counted<'a> {
    addresses: &'a Addresses,
    address: IpAddr,
}

impl Addresses {
    /// Counts a connection; none if the address has as many as it may have.
    pub fn count(&self, address: IpAddr, limit: usize) -> Option<Counted<'_>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        Some(Counted {
            addresses: self,
            address,
        })
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let mut counts = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::rt::ReadBuf;
    use hyper_util::rt::TokioIo;
    use std::future::poll_fn;
    use std::net::Ipv4Addr;

    const IDLE: Duration = Duration::from_secs(30);
    const UNREAD: Duration = Duration::from_secs(60);

    /// Whether something has to happen within `time` of what `work` does.
    fn is_due_within(activity: &Arc<Activity>, time: Duration, work: impl FnOnce()) -> bool {
        let before = Instant::now();
        work();
        let after = Instant::now();
        let latest = activity.latest(IDLE, UNREAD);
        before + time <= latest && latest <= after + time
    }

    #[test]
    fn what_has_to_happen_depends_on_what_is_open() {
        let activity = Arc::new(Activity::new());
        assert!(activity.latest(IDLE, UNREAD) <= Instant::now() + IDLE);
        let served = activity.serve();
        let asked = Instant::now();
        assert!(
            activity.latest(IDLE, UNREAD) >= asked + IDLE,
            "an answer in the making is waited for"
        );
        drop(served);
        let mut sent = None;
        assert!(is_due_within(&activity, UNREAD, || sent = Some(Arc::clone(&activity).send(()))));
        assert!(is_due_within(&activity, IDLE, || drop(sent.take())));
    }

    #[tokio::test]
    async fn a_request_begins_with_the_first_bytes_behind_an_answer() {
        let activity = Arc::new(Activity::new());
        let mut received = activity.receive(TokioIo::new(&b"head body next"[..]));
        let mut read = async || {
            let mut bytes = [0; 5];
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = poll_fn(|cx| Pin::new(&mut received).poll_read(cx, buffer.unfilled()));
            read.await.unwrap();
        };
        read().await;
        let served = activity.serve();
        assert!(served.begun.is_some());
        read().await;
        drop(Arc::clone(&activity).send(()));
        assert_eq!(activity.serve().begun, None);
        read().await;
        assert!(activity.serve().begun.is_some());
    }

    #[test]
    fn an_address_has_so_many_connections_and_others_have_their_own() {
        let addresses = Addresses::default();
        let [one, other] = [1, 2].map(|last| IpAddr::from(Ipv4Addr::new(192, 0, 2, last)));
        let first = addresses.count(one, 2);
        let _second = addresses.count(one, 2).expect("room");
        assert!(addresses.count(one, 2).is_none() && addresses.count(other, 2).is_some());
        drop(first);
        assert!(addresses.count(one, 2).is_some());
    }
}
