//! One request in an instance of its own.

use crate::application::Component;
use crate::engine::Engine;
use crate::state::State;
use http::{Request, Response};
use hyper::body::Incoming;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;
use wasmtime::error::Context;
use wasmtime::{Result, Store, bail};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// How long an instance may live.
const TIME: Duration = Duration::from_secs(120);

/// Answers a request with a fresh instance of a component. The instance goes on until it ends by itself, whatever the client does.
pub async fn call(
    engine: &Engine,
    component: &Component,
    request: Request<Incoming>,
) -> Result<Response<HyperOutgoingBody>> {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let mut store = Store::new(&engine.wasmtime, State::new(&component.grants)?);
    let statements = Arc::clone(&store.data().statements);
    store.limiter(|state| &mut state.limits);
    store.epoch_deadline_async_yield_and_update(1);
    store.set_epoch_deadline(1);
    let proxy = component.pre.instantiate_async(&mut store).await?;
    let (sender, answer) = oneshot::channel();
    let mut http = store.data_mut().http();
    let request = http.new_incoming_request(Scheme::Http, request)?;
    let out = http.new_response_outparam(sender)?;
    let run = tokio::spawn(async move {
        let handle = proxy.wasi_http_incoming_handler().call_handle(&mut store, request, out);
        let ended = timeout(TIME, handle).await;
        ended.context("it does not end")?
    });
    let answered = answer.await;
    // Before the answer is sent: whoever has it finds the line. Handlers answer when they have done everything else.
    eprintln!("{asked}: {} statements", statements.load(Ordering::Relaxed));
    match answered {
        Ok(answer) => {
            tokio::spawn(async move {
                if let Ok(Err(error)) = run.await {
                    eprintln!("failed after the beginning of the answer: {error:?}");
                }
            });
            Ok(answer.context("it has no answer")?)
        }
        Err(_) => {
            run.await.context("it panicked")??;
            bail!("it ended without an answer")
        }
    }
}
