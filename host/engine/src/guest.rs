//! One instance from its start to its end.
//!
//! The instance runs inside the future that serves the request, not in a task of its own: while it answers within one poll, as
//! nearly all do, nothing is handed to another thread, and a client that goes away takes the instance with it.

use crate::engine::Engine;
use crate::gate::Admission;
use crate::handlers::Handler;
use crate::idle::Instance;
use crate::record::Phase;
use crate::state::State;
use crate::upload::{Progress, Stage, Upload};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use lectern_metrics::Raised;
use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use wasmtime::{PoolConcurrencyLimitError, Store};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// A running instance; resolves when it has ended and its memory is free. Who polls it limits its time.
pub(crate) type Guest = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// What the handler answers with, as soon as it has named status and header fields.
pub(crate) type Answer = oneshot::Receiver<Result<Response<HyperOutgoingBody>, ErrorCode>>;

/// Why an instance did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// It trapped, left the contract or could not be started.
    #[error("{}", .0.root_cause())]
    Trap(wasmtime::Error),
    /// It took longer than a request may.
    #[error("no end within the time of a request")]
    Late,
    /// It took longer than a request may, waiting for the body.
    #[error("the body did not arrive in time")]
    BodyLate,
    /// The body is longer than this number of bytes, which it may have.
    #[error("the body is too long")]
    BodyTooLong(u64),
    /// It ended without an answer.
    #[error("it gave no answer")]
    Silent,
    /// It answered with an error code instead of a response, or with a response that HTTP does not know.
    #[error("it answered with {0}")]
    Invalid(String),
    /// The client took nothing of the answer for longer than a request may take.
    #[error("the client does not read the answer")]
    Unread,
    /// There is no room for another instance.
    #[error("no room for another instance")]
    Crowded,
}

impl Failure {
    /// In one word, for logs and labels.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Trap(_) => "trap",
            Self::Late => "timeout",
            Self::BodyLate => "body-timeout",
            Self::BodyTooLong(_) => "body-too-long",
            Self::Silent => "no-answer",
            Self::Invalid(_) => "invalid-answer",
            Self::Unread => "unread",
            Self::Crowded => "crowded",
        }
    }
}

/// Prepares an instance; nothing happens before the future is polled.
pub(crate) fn start<B>(
    engine: &Engine,
    handler: &Handler,
    state: State,
    scheme: Scheme,
    request: Request<Upload<B>>,
    admission: Admission,
) -> (Guest, Answer)
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Display,
{
    let (sender, answer) = oneshot::channel();
    let progress = request.body().progress();
    let (memory, limit) = (engine.settings().instance_memory, engine.settings().instances);
    let (wasmtime, idle) = (engine.wasmtime().clone(), Arc::clone(engine.idle()));
    let running = Arc::clone(&engine.activity().running);
    let pre = handler.pre.clone();
    let key = (Arc::clone(&state.origin.tenant), Arc::clone(&handler.digest));
    let record = Arc::clone(&state.record);
    let (working, living) = (Arc::clone(&record), Arc::clone(&running));
    let run = async move {
        let mut instance = match idle.take(&key) {
            Some(mut instance) => {
                instance.store.data_mut().turn_to(state);
                instance.store.set_epoch_deadline(1);
                instance
            }
            None => {
                idle.make_room(living.get(), limit);
                let start = async {
                    let mut store = store(&wasmtime, memory, state);
                    let handler = pre.instantiate_async(&mut store).await?;
                    Ok::<_, wasmtime::Error>(Instance {
                        store,
                        handler,
                        answered: 0,
                    })
                };
                record.wait(Phase::Instantiate, start).await?
            }
        };
        let store = &mut instance.store;
        let mut http = store.data_mut().http();
        let request = http.new_incoming_request(scheme, request)?;
        let outparam = http.new_response_outparam(sender)?;
        let handle = instance.handler.wasi_http_incoming_handler();
        handle.call_handle(store, request, outparam).await?;
        idle.give(key, instance);
        Ok(())
    };
    let guest = async move {
        let _running = Raised::new(running);
        let mut run = pin!(run);
        let outcome = poll_fn(|cx| working.work(|| run.as_mut().poll(cx))).await;
        drop(admission);
        let outcome = outcome.map_err(|error: wasmtime::Error| Failure::from(error));
        outcome.map_err(|failure| blame_the_body(failure, &progress))
    };
    (Box::pin(guest), answer)
}

/// What an instance lives in, with its limits. `memory` is that of [`Settings::instance_memory`].
pub(crate) fn store(engine: &wasmtime::Engine, memory: usize, state: State) -> Store<State> {
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limits);
    // What one call can make the host copy: no more than the instance has.
    store.set_hostcall_fuel(memory);
    // Other requests of the same thread get their turn with every tick, and the timeout can end what never waits.
    store.epoch_deadline_async_yield_and_update(1);
    store.set_epoch_deadline(1);
    store
}

/// The outcome of `run`, or none if it is not there by a deadline that may move on meanwhile.
pub(crate) async fn in_time<T>(run: impl Future<Output = T>, deadline: impl Fn() -> Instant) -> Option<T> {
    let mut run = pin!(run);
    loop {
        let latest = deadline();
        match timeout_at(latest, run.as_mut()).await {
            Ok(outcome) => return Some(outcome),
            Err(_) if deadline() > latest => {}
            Err(_) => return None,
        }
    }
}

/// A handler that failed for want of the body is not at fault.
pub(crate) fn blame_the_body(failure: Failure, progress: &Progress) -> Failure {
    match (progress.stage(), failure) {
        (Stage::Awaited, Failure::Late) => Failure::BodyLate,
        (Stage::TooLong, Failure::Trap(_)) => Failure::BodyTooLong(progress.limit()),
        (_, failure) => failure,
    }
}

impl From<wasmtime::Error> for Failure {
    fn from(error: wasmtime::Error) -> Self {
        if error.is::<PoolConcurrencyLimitError>() {
            Self::Crowded
        } else {
            Self::Trap(error)
        }
    }
}
