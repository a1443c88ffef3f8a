//! Places that are shared out among parties in turn.
//!
//! Whatever there is too little of (instances, processors, threads that compare passwords) has a number of places. Who finds none free
//! waits, and a place that becomes free goes to the party whose turn it is: one for each party that waits, then the next round. So a party
//! that floods waits behind itself, and another one's single request is never more than one round away. Within a party the
//! first comes first. In the product the parties are tenants.
//!
//! Does not belong here: what the places are for, and how long somebody waits.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A number of places, and who waits for one. Clones share them.
#[derive(Clone)]
pub struct Turns(Arc<Inner>);

struct Inner {
    limits: Limits,
    /// Requests of one party that may wait.
    waiting: usize,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
struct Limits {
    places: usize,
    /// Places that one party may have at a time.
    of_party: usize,
    /// Places beyond, for parties that have none.
    spare: usize,
}

#[derive(Default)]
struct State {
    taken: usize,
    waiting: usize,
    parties: HashMap<Arc<str>, Lane>,
    /// The parties with somebody waiting, in the order of their turns.
    round: VecDeque<Arc<str>>,
}

/// What concerns one party. Exists as long as it has or wants a place.
#[derive(Default)]
struct Lane {
    held: usize,
    /// How many in `queue` still wait.
    waiting: usize,
    queue: VecDeque<Arc<Mutex<Ticket>>>,
}

enum Ticket {
    Waiting(Waker),
    Granted,
    GivenUp,
}

/// Too many of the same party wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowded;

impl Turns {
    /// So many places, of which one party may have `of_party` at a time. `waiting` of a party may wait for one.
    pub fn new(places: usize, of_party: usize, waiting: usize) -> Self {
        Self::with_spare(places, of_party, 0, waiting)
    }

    /// The same with `spare` places more, which only parties get that have none at the time. So a party that comes new need not wait until
    /// one of the others is done, and as long as it stays, those get fewer.
    pub fn with_spare(places: usize, of_party: usize, spare: usize, waiting: usize) -> Self {
        let limits = Limits {
            places: places.max(1),
            of_party: of_party.max(1),
            spare,
        };
        Self(Arc::new(Inner {
            limits,
            waiting,
            state: Mutex::default(),
        }))
    }

    /// Asks for a place: to be awaited, or polled for one place after another. Gives up its turn when it is dropped.
    pub fn wait(&self, party: &Arc<str>) -> Wait {
        Wait {
            turns: self.clone(),
            party: Arc::clone(party),
            ticket: None,
        }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.0.lock().waiting
    }

    fn place(&self, party: &Arc<str>) -> Place {
        Place {
            turns: self.clone(),
            party: Arc::clone(party),
        }
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.lock();
        f.debug_struct("Turns")
            .field("taken", &state.taken)
            .field("waiting", &state.waiting)
            .finish_non_exhaustive()
    }
}

/// A place; free for the next when dropped.
#[derive(Debug)]
pub struct Place {
    turns: Turns,
    party: Arc<str>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.turns.0.lock().leave(&self.party, self.turns.0.limits);
    }
}

/// Somebody who wants a place.
pub struct Wait {
    turns: Turns,
    party: Arc<str>,
    /// None until the first time that no place was free, and again when one was given.
    ticket: Option<Arc<Mutex<Ticket>>>,
}

impl Wait {
    /// The place, once it is this one's turn. Afterwards the next place can be asked for in the same way.
    pub fn poll_place(&mut self, cx: &mut Context<'_>) -> Poll<Result<Place, Crowded>> {
        let Some(ticket) = &self.ticket else {
            return self.enter(cx);
        };
        let mut ticket = lock(ticket);
        match &mut *ticket {
            Ticket::Waiting(waker) => {
                waker.clone_from(cx.waker());
                Poll::Pending
            }
            Ticket::Granted | Ticket::GivenUp => {
                drop(ticket);
                self.ticket = None;
                Poll::Ready(Ok(self.turns.place(&self.party)))
            }
        }
    }

    fn enter(&mut self, cx: &mut Context<'_>) -> Poll<Result<Place, Crowded>> {
        let inner = &self.turns.0;
        let mut state = inner.lock();
        if state.seat(&self.party, inner.limits) {
            drop(state);
            return Poll::Ready(Ok(self.turns.place(&self.party)));
        }
        let ticket = Arc::new(Mutex::new(Ticket::Waiting(cx.waker().clone())));
        if !state.queue(&self.party, &ticket, inner.waiting) {
            return Poll::Ready(Err(Crowded));
        }
        self.ticket = Some(ticket);
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let mut state = self.turns.0.lock();
        let was = std::mem::replace(&mut *lock(&ticket), Ticket::GivenUp);
        match was {
            // It was this one's turn, and nobody came.
            Ticket::Granted => state.leave(&self.party, self.turns.0.limits),
            Ticket::Waiting(_) => state.give_up(&self.party),
            Ticket::GivenUp => {}
        }
    }
}

impl Limits {
    /// Whether a party that has `held` of the `taken` places may have one more.
    fn allow(self, held: usize, taken: usize) -> bool {
        let spare = if held == 0 { self.spare } else { 0 };
        held < self.of_party && taken < self.places.saturating_add(spare)
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// Gives a free place to a party that may have one more. Nobody is passed over by that: whoever waits may not have one.
    fn seat(&mut self, party: &Arc<str>, limits: Limits) -> bool {
        let taken = self.taken;
        let lane = self.lane(party);
        if !limits.allow(lane.held, taken) {
            return false;
        }
        lane.held += 1;
        self.taken += 1;
        true
    }

    /// Puts somebody at the end of the party's queue, unless that is full.
    fn queue(&mut self, party: &Arc<str>, ticket: &Arc<Mutex<Ticket>>, limit: usize) -> bool {
        let lane = self.lane(party);
        let is_first = lane.waiting == 0;
        if lane.waiting >= limit {
            self.forget_idle(party);
            return false;
        }
        lane.waiting += 1;
        lane.queue.push_back(Arc::clone(ticket));
        if is_first {
            self.round.push_back(Arc::clone(party));
        }
        self.waiting += 1;
        true
    }

    fn leave(&mut self, party: &Arc<str>, limits: Limits) {
        if let Some(lane) = self.parties.get_mut(party) {
            lane.held = lane.held.saturating_sub(1);
        }
        self.taken = self.taken.saturating_sub(1);
        self.hand_out(limits);
        self.forget_idle(party);
    }

    fn give_up(&mut self, party: &Arc<str>) {
        self.waiting = self.waiting.saturating_sub(1);
        if let Some(lane) = self.parties.get_mut(party) {
            lane.waiting = lane.waiting.saturating_sub(1);
            if lane.waiting == 0 {
                lane.queue.clear();
                self.round.retain(|other| other != party);
            }
        }
        self.forget_idle(party);
    }

    /// Gives what is free to those whose turn it is.
    fn hand_out(&mut self, limits: Limits) {
        let mut passed = 0;
        while passed < self.round.len() {
            let Some(party) = self.round.pop_front() else { return };
            let Some(lane) = self.parties.get_mut(&party) else {
                continue;
            };
            if !limits.allow(lane.held, self.taken) {
                self.round.push_back(party);
                passed += 1;
                continue;
            }
            passed = 0;
            if lane.grant() {
                self.taken += 1;
                self.waiting = self.waiting.saturating_sub(1);
            }
            if lane.waiting > 0 {
                self.round.push_back(party);
            } else {
                lane.queue.clear();
            }
        }
    }

    fn lane(&mut self, party: &Arc<str>) -> &mut Lane {
        self.parties.entry(Arc::clone(party)).or_default()
    }

    fn forget_idle(&mut self, party: &Arc<str>) {
        if self
            .parties
            .get(party)
            .is_some_and(|lane| lane.held == 0 && lane.waiting == 0)
        {
            self.parties.remove(party);
        }
    }
}

impl Lane {
    /// Gives a place to the first who still waits.
    fn grant(&mut self) -> bool {
        while let Some(ticket) = self.queue.pop_front() {
            let mut ticket = lock(&ticket);
            if matches!(*ticket, Ticket::Waiting(_))
                && let Ticket::Waiting(waker) = std::mem::replace(&mut *ticket, Ticket::Granted)
            {
                self.held += 1;
                self.waiting = self.waiting.saturating_sub(1);
                waker.wake();
                return true;
            }
        }
        false
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Future for Wait {
    type Output = Result<Place, Crowded>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_place(cx)
    }
}

#[cfg(test)]
mod tests;
