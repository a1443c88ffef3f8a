//! What happens on connections: when the last thing did, and how many each address has.
//!
//! HTTP/2 lets a client keep a connection alive, and answers waiting, without ever taking anything. What counts is therefore what happens to
//! requests: that one begins, that one is being answered, that a piece of an answer is taken.

use hyper::body::{Body, Frame, SizeHint};
use std::collections::HashMap;
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
}

impl Activity {
    pub fn new() -> Self {
        Self(Mutex::new(State {
            served: 0,
            sent: 0,
            last: Instant::now(),
        }))
    }

    /// A request is being answered for as long as the value lives.
    pub fn serve(self: &Arc<Self>) -> Served {
        self.note(|state| state.served += 1);
        Served(Arc::clone(self))
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
pub struct Served(Arc<Activity>);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.note(|state| state.served = state.served.saturating_sub(1));
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
        self.activity.note(|state| state.sent = state.sent.saturating_sub(1));
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
