//! A request from the arrival of its head until all of its answer has been handed to the connection.
//!
//! The end is where the value goes: with the last of the body, or before, when the client does not wait for it. Whoever wants to know
//! about requests is told then.
//!
//! Does not belong here: how a line of the log looks (`access`).

use crate::metrics::Metrics;
use crate::traces::{Follow, Traces};
use crate::web::proxy::Client;
use crate::web::{Audience, Body, access};
use http::uri::Authority;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header};
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use lectern_engine::{Handler, Phase, Record};
use lectern_tenants::Tenant;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Who is told about requests, besides the access log.
#[derive(Default)]
pub struct Observers {
    pub timing: Audience,
    pub metrics: Option<Arc<Metrics>>,
    pub traces: Option<Arc<Traces>>,
}

/// What is known of a request and its answer.
pub struct Exchange {
    observers: Arc<Observers>,
    /// Its place in a trace, if there are traces.
    pub follow: Option<Box<Follow>>,
    pub record: Arc<Record>,
    pub id: Arc<str>,
    pub client: Client,
    pub method: Method,
    pub target: Uri,
    pub version: Version,
    pub agent: Option<HeaderValue>,
    /// Whose host it is for.
    pub tenant: Option<Arc<Tenant>>,
    pub answerer: Answerer,
    /// None as long as there is no answer.
    pub status: Option<StatusCode>,
    /// Bytes of the answer's body that the connection has taken.
    pub sent: u64,
    /// When the head was handed to the connection.
    written_from: Option<Instant>,
    is_complete: bool,
}

/// Who answers.
#[derive(Debug, Clone)]
pub enum Answerer {
    /// A part of the server.
    Server(&'static str),
    /// A component, in the version with this digest.
    Component { name: Arc<str>, digest: Arc<str> },
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All of the answer was handed to the connection.
    Complete,
    /// The answer broke off, because its instance failed or its client did not take it.
    Broken,
    /// The client went away before there was an answer.
    Canceled,
}

/// What stands for the status of an answer that nobody has waited for. Web servers write this number into their logs.
const CANCELED: u16 = 499;

impl Exchange {
    pub fn new<B>(request: &Request<B>, client: Client, id: Arc<str>, observers: Arc<Observers>) -> Self {
        let arrived = Instant::now();
        if let Some(metrics) = &observers.metrics {
            metrics.begun();
        }
        let host = request.uri().authority().map(Authority::as_str);
        let traces = observers.traces.as_ref();
        let follow = traces.map(|traces| Box::new(traces.follow(request.headers(), host)));
        let is_followed = follow.as_ref().is_some_and(|follow| follow.is_sampled());
        Self {
            observers,
            follow,
            record: Arc::new(Record::new(arrived, is_followed)),
            id,
            client,
            method: request.method().clone(),
            target: request.uri().clone(),
            version: request.version(),
            agent: request.headers().get(header::USER_AGENT).cloned(),
            tenant: None,
            answerer: Answerer::Server("server"),
            status: None,
            sent: 0,
            written_from: None,
            is_complete: false,
        }
    }

    /// It is known who answers: the time until now was that of finding out.
    pub fn routed(&mut self, answerer: Answerer) {
        self.record.add(Phase::Route, self.record.arrived());
        self.answerer = answerer;
    }

    /// Hands the answer to the connection, and waits for its end.
    pub fn answer(mut self, response: Response<Body>) -> Response<Observed> {
        self.record.encoded();
        self.status = Some(response.status());
        // Answers that have no body whatever they say.
        self.is_complete = self.method == Method::HEAD
            || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        self.written_from = Some(Instant::now());
        let exchange = Box::new(self);
        response.map(|body| Observed { body, exchange })
    }

    /// The status of the answer, or what stands for none.
    pub fn status(&self) -> u16 {
        self.status.map_or(CANCELED, |status| status.as_u16())
    }

    /// How it ended.
    pub fn end(&self) -> End {
        match self.status {
            None => End::Canceled,
            Some(_) if self.is_complete => End::Complete,
            Some(_) => End::Broken,
        }
    }

    /// How long it has taken.
    pub fn time(&self) -> Duration {
        self.record.arrived().elapsed()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(start) = self.written_from {
            self.record.add(Phase::Write, start);
        }
        access::log(self);
        if let Some(metrics) = &self.observers.metrics {
            metrics.ended(self);
        }
        if let Some(traces) = &self.observers.traces {
            traces.ended(self);
        }
    }
}

impl From<&Handler> for Answerer {
    fn from(handler: &Handler) -> Self {
        let (name, digest) = handler.identity();
        Self::Component { name, digest }
    }
}

impl Answerer {
    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Server(name) => name,
            Self::Component { name, .. } => name,
        }
    }

    /// Enough of the digest to tell versions of a component apart.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Server(_) => None,
            Self::Component { digest, .. } => digest.get(..12),
        }
    }
}

impl End {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Broken => "broken",
            Self::Canceled => "canceled",
        }
    }
}

/// A body that notes how much of it was taken.
pub struct Observed {
    body: Body,
    exchange: Box<Exchange>,
}

impl HttpBody for Observed {
    type Data = Bytes;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.exchange.sent = self.exchange.sent.saturating_add(length);
            }
            Poll::Ready(None) => self.exchange.is_complete = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
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

impl Drop for Observed {
    fn drop(&mut self) {
        self.exchange.is_complete |= self.body.is_end_stream();
    }
}
