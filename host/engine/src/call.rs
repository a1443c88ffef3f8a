//! One request, from its admission to its answer.

use crate::backend::Backend;
use crate::body::Body;
use crate::drain::Drained;
use crate::engine::Engine;
use crate::guest::{self, Answer, Failure, Guest, blame_the_body, in_time};
use crate::handlers::Handler;
use crate::output::Origin;
use crate::problem::Problem;
use crate::record::{Phase, Record};
use crate::settings::Settings;
use crate::state::State;
use crate::upload::{Progress, SLOWEST_CLIENT, Stage, Upload};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body::Body as HttpBody;
use lectern_metrics::Raised;
use std::fmt::Display;
use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// Seconds after which a client that found the server full may try again.
const RETRY_AFTER: u32 = 1;

/// What a request brings along besides itself.
pub struct Call {
    /// The tenant that it is for.
    pub backend: Arc<dyn Backend>,
    /// The client's address.
    pub client: IpAddr,
    /// Names the request in answers and in the log.
    pub request_id: Arc<str>,
    /// Whether it came over TLS.
    pub secure: bool,
    /// Where it is noted how the request fared.
    pub record: Arc<Record>,
}

impl Engine {
    /// Answers a request with an instance of a handler, a fresh one unless [`Settings::instance_requests`] says otherwise. Whatever the handler does, there is an answer, and if the handler
    /// fails after the beginning of its answer, the body ends with an error.
    pub async fn call<B>(&self, handler: &Handler, call: Call, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Display,
    {
        let origin = Arc::new(Origin {
            handler: handler.name.clone(),
            tenant: call.backend.tenant().into(),
            request: call.request_id.clone(),
        });
        let record = call.record.clone();
        match self.answer(handler, call, request, &origin).await {
            Ok(response) => response,
            Err(failure) => {
                report(&failure, &origin, &record);
                self.problem(&failure).into_response(&origin.request)
            }
        }
    }

    pub(crate) async fn answer<B>(
        &self,
        handler: &Handler,
        call: Call,
        request: Request<B>,
        origin: &Arc<Origin>,
    ) -> Result<Response<Body>, Failure>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Display,
    {
        let settings = self.settings();
        let limit = body_limit(settings, request.headers());
        let request = Drained::of(request);
        if request.body().size_hint().lower() > limit {
            return Err(Failure::BodyTooLong(limit));
        }
        let record = call.record;
        let queued = Instant::now();
        let waiting = Raised::new(self.activity().waiting.clone());
        let admission = self.gate().admit(&origin.tenant).await;
        drop(waiting);
        record.add(Phase::Queue, queued);
        let admission = admission.ok_or(Failure::Crowded)?;
        let state = State::new(
            settings,
            handler.digest.clone(),
            call.backend,
            call.client,
            origin.clone(),
            record.clone(),
        );
        let request = request.map(|body| Upload::new(body, limit, record.clone()));
        let progress = request.body().progress();
        let scheme = if call.secure { Scheme::Https } else { Scheme::Http };
        let (guest, answer) = guest::start(self, handler, state, scheme, request, admission);
        let guest = Box::pin(self.gate().in_turn(&origin.tenant, guest));
        let time = settings.request_timeout;
        let begun = first_answer(guest, answer, &progress, time, origin, &record);
        in_time(begun, || progress.deadline(time))
            .await
            .unwrap_or_else(|| Err(blame_the_body(Failure::Late, &progress)))
    }

    fn problem(&self, failure: &Failure) -> Problem {
        let settings = self.settings();
        match failure {
            Failure::Trap(_) | Failure::Silent | Failure::Invalid(_) => Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The request could not be answered because of a fault in the server. The server's log says more.",
            ),
            Failure::Late | Failure::Unread => Problem::new(
                StatusCode::GATEWAY_TIMEOUT,
                format!(
                    "The request was not answered within {} ms.",
                    settings.request_timeout.as_millis()
                ),
            ),
            Failure::BodyLate => Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                format!(
                    "The body did not arrive in time: it must not pause for {} ms, nor come slower than {} bytes a second.",
                    settings.request_timeout.as_millis(),
                    SLOWEST_CLIENT
                ),
            ),
            Failure::BodyTooLong(limit) => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("The body is longer than the {limit} bytes that this server accepts."),
            ),
            Failure::Crowded => Problem {
                retry_after: Some(RETRY_AFTER),
                ..Problem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Too many requests are being answered at the moment. Try again soon.",
                )
            },
        }
    }
}

/// How many bytes the body of a request may have. Files come as `multipart/form-data`, and are not held in memory.
fn body_limit(settings: &Settings, headers: &HeaderMap) -> u64 {
    const FILES: &str = "multipart/form-data";
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let start = content_type.and_then(|text| text.get(..FILES.len()));
    if start.is_some_and(|start| start.eq_ignore_ascii_case(FILES.as_bytes())) {
        settings.upload
    } else {
        settings.request_body
    }
}

/// Runs the instance until it has ended or has to wait after the beginning of its answer. An instance that has ended by then,
/// as nearly all have, gives an answer with a known length, or a clean error whatever it had begun to say.
async fn first_answer(
    mut guest: Guest,
    mut answer: Answer,
    progress: &Progress,
    time: Duration,
    origin: &Arc<Origin>,
    record: &Arc<Record>,
) -> Result<Response<Body>, Failure> {
    let (ended, response) = poll_fn(|cx| match guest.as_mut().poll(cx) {
        Poll::Ready(Err(failure)) => Poll::Ready(Err(failure)),
        Poll::Ready(Ok(())) => Poll::Ready(
            answer
                .try_recv()
                .map(|response| (true, response))
                .map_err(|_| Failure::Silent),
        ),
        Poll::Pending => match answer.try_recv() {
            Ok(response) => Poll::Ready(Ok((false, response))),
            Err(_) => Poll::Pending,
        },
    })
    .await?;
    record.answered();
    if progress.stage() == Stage::TooLong {
        return Err(Failure::BodyTooLong(progress.limit()));
    }
    let response = response.map_err(|code| Failure::Invalid(format!("the error code {code:?}")))?;
    if response.status().is_informational() {
        return Err(Failure::Invalid(format!("the status {}", response.status())));
    }
    if ended {
        whole(response)
    } else {
        Ok(live(response, guest, time, origin.clone(), record.clone()))
    }
}

fn whole(response: Response<HyperOutgoingBody>) -> Result<Response<Body>, Failure> {
    let (head, written) = response.into_parts();
    Ok(Response::from_parts(head, Body::whole(written)?))
}

fn live(
    response: Response<HyperOutgoingBody>,
    guest: Guest,
    time: Duration,
    origin: Arc<Origin>,
    record: Arc<Record>,
) -> Response<Body> {
    let report = Arc::new(move |failure: &Failure| report(failure, &origin, &record));
    response.map(|written| Body::live(guest, written, time, report))
}

/// Tells the operator what the client is not told.
fn report(failure: &Failure, origin: &Origin, record: &Record) {
    record.failed(failure.kind());
    let Origin {
        handler,
        tenant,
        request,
    } = origin;
    match failure {
        // A handler decides about parts of these texts: quoted, they cannot forge lines of the log.
        Failure::Trap(_) | Failure::Silent | Failure::Invalid(_) | Failure::Late => {
            tracing::error!(%tenant, %handler, %request, reason = ?failure.to_string(), "the handler failed");
            if let Failure::Trap(error) = failure {
                tracing::debug!(%request, stack = ?format!("{error:#}"));
            }
        }
        Failure::BodyLate | Failure::BodyTooLong(_) | Failure::Unread | Failure::Crowded => {
            tracing::info!(%tenant, %handler, %request, reason = %failure, "the request was refused");
        }
    }
}
