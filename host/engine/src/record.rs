//! What is learnt about one request while it is answered: how long its parts took, who asked, what went wrong.
//!
//! Written on the way of every request, so writing costs a reading of the clock and some atomics, and neither a lock nor memory. The
//! exception are [`Span`]s, which are kept for the few requests that somebody follows.
//!
//! Does not belong here: what is done with it (the `lectern` program: access log, metrics, traces).

use lectern_data::model::Session;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

/// Spans that are kept of one request.
const SPANS: usize = 128;

/// A part of the work on a request. Parts do not overlap, except that an instance goes on while its answer is [written](Self::Write).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// From the first bytes of the request to all of its head: reading, and waiting for a client that sends slowly. Before everything
    /// else, and no part of the time that a request takes.
    Accept,
    /// From the arrival of the head to knowing who answers: whose host, which tenant, which handler.
    Route,
    /// Waiting for room for another instance.
    Queue,
    /// Starting the instance.
    Instantiate,
    /// Waiting for the body of the request.
    Receive,
    /// Finding out who asks.
    Authenticate,
    /// The instance computing: what it does itself, without what it asks the host for.
    Handler,
    /// Reading what is stored: `search.find`.
    Find,
    /// Lists for forms: `lists`.
    List,
    /// Counting views: `statistics.query`.
    Count,
    /// Working out recordings: `storage.transaction.schedule`.
    Schedule,
    /// Storing an uploaded file: `storage.upload`.
    Upload,
    /// Waiting until changes are durable: `storage.transaction.commit`.
    Commit,
    /// From the answer of the instance to its head being handed to the connection.
    Encode,
    /// From the head being handed to the connection to all of the body being so.
    Write,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Accept,
        Self::Route,
        Self::Queue,
        Self::Instantiate,
        Self::Receive,
        Self::Authenticate,
        Self::Handler,
        Self::Find,
        Self::List,
        Self::Count,
        Self::Schedule,
        Self::Upload,
        Self::Commit,
        Self::Encode,
        Self::Write,
    ];

    /// The phases in which the tenant's data are asked or changed.
    pub const DATA: [Self; 6] = [
        Self::Find,
        Self::List,
        Self::Count,
        Self::Schedule,
        Self::Upload,
        Self::Commit,
    ];

    /// In small letters, for logs and labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Route => "route",
            Self::Queue => "queue",
            Self::Instantiate => "instantiate",
            Self::Receive => "receive",
            Self::Authenticate => "authenticate",
            Self::Handler => "handler",
            Self::Find => "find",
            Self::List => "list",
            Self::Count => "count",
            Self::Schedule => "schedule",
            Self::Upload => "upload",
            Self::Commit => "commit",
            Self::Encode => "encode",
            Self::Write => "write",
        }
    }
}

/// A part of the work that somebody wants to see with its beginning and its end.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Which part.
    pub phase: Phase,
    /// When it began.
    pub start: Instant,
    /// When it was over.
    pub end: Instant,
}

/// How often and how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// How often.
    pub number: u32,
    /// How long, all together.
    pub time: Duration,
}

/// What is known of a request.
#[derive(Debug)]
pub struct Record {
    arrived: Instant,
    phases: [AtomicSum; Phase::ALL.len()],
    /// Nanoseconds that the thread worked for the instance, and those of them that the host did.
    worked: AtomicU64,
    hosted: AtomicU64,
    /// When the instance had answered, in nanoseconds from the arrival; 0 if it has not.
    answered: AtomicU64,
    received: AtomicU64,
    session: OnceLock<Arc<Session>>,
    failure: OnceLock<&'static str>,
    spans: Option<Mutex<Vec<Span>>>,
}

#[derive(Debug, Default)]
struct AtomicSum {
    number: AtomicU32,
    nanos: AtomicU64,
}

impl Default for Record {
    fn default() -> Self {
        Self::new(Instant::now(), false)
    }
}

impl Record {
    /// The record of a request that arrived at this moment; with spans if `is_followed`.
    pub fn new(arrived: Instant, is_followed: bool) -> Self {
        Self {
            arrived,
            phases: Default::default(),
            worked: AtomicU64::new(0),
            hosted: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            received: AtomicU64::new(0),
            session: OnceLock::new(),
            failure: OnceLock::new(),
            spans: is_followed.then(Mutex::default),
        }
    }

    /// When the head of the request was there.
    pub fn arrived(&self) -> Instant {
        self.arrived
    }

    /// How long a phase has taken so far.
    pub fn sum(&self, phase: Phase) -> Sum {
        if phase == Phase::Handler {
            let worked = self.worked.load(Ordering::Relaxed);
            let time = worked.saturating_sub(self.hosted.load(Ordering::Relaxed));
            return Sum {
                number: u32::from(worked > 0),
                time: Duration::from_nanos(time),
            };
        }
        self.phases.get(phase as usize).map_or(Sum::default(), |sum| Sum {
            number: sum.number.load(Ordering::Relaxed),
            time: Duration::from_nanos(sum.nanos.load(Ordering::Relaxed)),
        })
    }

    /// How often the tenant's data were asked or changed, and how long that took.
    pub fn data(&self) -> Sum {
        Phase::DATA
            .iter()
            .map(|phase| self.sum(*phase))
            .fold(Sum::default(), |all, sum| Sum {
                number: all.number.saturating_add(sum.number),
                time: all.time.saturating_add(sum.time),
            })
    }

    /// Bytes of the request's body that have arrived.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Who asked, once that is known.
    pub fn session(&self) -> Option<&Arc<Session>> {
        self.session.get()
    }

    /// What went wrong with the instance, in one word.
    pub fn failure(&self) -> Option<&'static str> {
        self.failure.get().copied()
    }

    /// The parts of the work in the order in which they ended, if the request is followed.
    pub fn spans(&self) -> Vec<Span> {
        let spans = self.spans.as_ref();
        spans.map_or_else(Vec::new, |spans| {
            spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
        })
    }

    /// Counts the time since the first bytes of the request, as its head is there. It is no span: nobody had the request before.
    pub fn accepted(&self, began: Instant) {
        self.count(Phase::Accept, self.arrived.saturating_duration_since(began));
    }

    /// Counts a part of the work that began at `start` and is over now.
    pub fn add(&self, phase: Phase, start: Instant) {
        self.add_until(phase, start, Instant::now());
    }

    /// Does a part of the work.
    pub fn measure<T>(&self, phase: Phase, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let outcome = work();
        let end = Instant::now();
        add(&self.hosted, end - start);
        self.add_until(phase, start, end);
        outcome
    }

    /// Waits for a part of the work.
    pub async fn wait<T>(&self, phase: Phase, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let start = Instant::now();
        let mut polled = start;
        let mut is_first = true;
        poll_fn(|cx| {
            if !std::mem::take(&mut is_first) {
                polled = Instant::now();
            }
            let outcome = work.as_mut().poll(cx);
            let now = Instant::now();
            add(&self.hosted, now - polled);
            outcome.map(|outcome| {
                self.add_until(phase, start, now);
                outcome
            })
        })
        .await
    }

    /// Says who asked.
    pub fn authenticated(&self, session: &Arc<Session>) {
        let _ = self.session.set(Arc::clone(session));
    }

    /// The time from the answer of the handler to now has been [`Phase::Encode`].
    pub fn encoded(&self) {
        let answered = self.answered.load(Ordering::Relaxed);
        if answered > 0 {
            self.add(Phase::Encode, self.arrived + Duration::from_nanos(answered));
        }
    }

    /// Lets the instance go on.
    pub(crate) fn work<T>(&self, work: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let start = Instant::now();
        let outcome = work();
        let end = Instant::now();
        add(&self.worked, end - start);
        if outcome.is_ready() {
            self.keep(Phase::Handler, self.started().unwrap_or(start), end);
        }
        outcome
    }

    /// The handler has begun to answer.
    pub(crate) fn answered(&self) {
        let nanos = nanos(self.arrived.elapsed()).max(1);
        self.answered.store(nanos, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self, failure: &'static str) {
        let _ = self.failure.set(failure);
    }

    pub(crate) fn receive(&self, bytes: u64) {
        self.received.fetch_add(bytes, Ordering::Relaxed);
    }

    fn add_until(&self, phase: Phase, start: Instant, end: Instant) {
        self.count(phase, end - start);
        self.keep(phase, start, end);
    }

    fn count(&self, phase: Phase, time: Duration) {
        if let Some(sum) = self.phases.get(phase as usize) {
            sum.number.fetch_add(1, Ordering::Relaxed);
            add(&sum.nanos, time);
        }
    }

    fn keep(&self, phase: Phase, start: Instant, end: Instant) {
        if let Some(spans) = &self.spans {
            let mut spans = spans.lock().unwrap_or_else(PoisonError::into_inner);
            if spans.len() < SPANS {
                spans.push(Span { phase, start, end });
            }
        }
    }

    /// When the instance was there.
    fn started(&self) -> Option<Instant> {
        let spans = self.spans.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let start = spans.iter().find(|span| span.phase == Phase::Instantiate)?;
        Some(start.end)
    }
}

fn add(sum: &AtomicU64, time: Duration) {
    sum.fetch_add(nanos(time), Ordering::Relaxed);
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Context;
    use std::task::Waker;

    /// Something that takes a while.
    fn spend(time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {}
    }

    const WHILE: Duration = Duration::from_millis(2);

    #[test]
    fn what_the_host_does_is_not_the_time_of_the_handler() {
        let record = Record::default();
        let _ = record.work(|| {
            spend(WHILE);
            record.measure(Phase::Find, || spend(3 * WHILE));
            record.measure(Phase::Find, || spend(3 * WHILE));
            Poll::Ready(())
        });
        let find = record.sum(Phase::Find);
        assert!(find.number == 2 && find.time >= 6 * WHILE, "{find:?}");
        let worked = Duration::from_nanos(record.worked.load(Ordering::Relaxed));
        let handler = record.sum(Phase::Handler).time;
        assert!(handler >= WHILE && handler + find.time <= worked, "{handler:?}");
        assert_eq!(record.data(), find);
    }

    #[test]
    fn waiting_counts_for_what_is_waited_for_and_not_as_work() {
        let record = Record::default();
        let cx = &mut Context::from_waker(Waker::noop());
        let mut is_ready = false;
        {
            let mut waiting = pin!(record.wait(
                Phase::Commit,
                poll_fn(|_| match std::mem::replace(&mut is_ready, true) {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                })
            ));
            assert!(record.work(|| waiting.as_mut().poll(cx)).is_pending());
            spend(WHILE);
            assert!(record.work(|| waiting.as_mut().poll(cx)).is_ready());
        }
        assert!(record.sum(Phase::Commit).time >= WHILE);
        let worked = Duration::from_nanos(record.worked.load(Ordering::Relaxed));
        assert!(worked + WHILE <= record.arrived().elapsed(), "{worked:?}");
    }

    #[test]
    fn spans_are_kept_of_requests_that_are_followed_and_not_without_end() {
        let plain = Record::default();
        plain.measure(Phase::Find, || {});
        assert!(plain.spans().is_empty());
        let followed = Record::new(Instant::now(), true);
        for _ in 0..2 * SPANS {
            followed.measure(Phase::Find, || {});
        }
        assert_eq!(followed.spans().len(), SPANS);
        assert_eq!(followed.sum(Phase::Find).number as usize, 2 * SPANS);
    }

    #[test]
    fn phases_are_found_by_their_place() {
        for (place, phase) in Phase::ALL.into_iter().enumerate() {
            assert_eq!(phase as usize, place, "{}", phase.name());
        }
    }
}
