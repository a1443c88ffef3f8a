//! A request as spans, in the words of OpenTelemetry's semantic conventions.
//!
//! Who asks is not among them: a collector often belongs to others, and the access log tells, by the number of the trace.

use super::Follow;
use crate::web::access::{self, without_credentials};
use crate::web::exchange::{Answerer, End, Exchange};
use crate::web::proxy::Client;
use http::uri::Authority;
use http::{Method, Uri, Version};
use lectern_engine::{Phase, Record, Span};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SpanData, SpanEvents, SpanLinks};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// What is known of a request that has ended.
pub struct Ended {
    follow: Follow,
    record: Arc<Record>,
    at: Instant,
    request: Arc<str>,
    client: Client,
    method: Method,
    target: Uri,
    version: Version,
    agent: String,
    tenant: Option<String>,
    answerer: Answerer,
    status: u16,
    end: End,
    sent: u64,
}

impl Ended {
    pub fn new(exchange: &Exchange, follow: Follow) -> Self {
        Self {
            follow,
            record: Arc::clone(&exchange.record),
            at: Instant::now(),
            request: Arc::clone(&exchange.id),
            client: exchange.client,
            method: exchange.method.clone(),
            target: exchange.target.clone(),
            version: exchange.version,
            agent: access::agent(exchange).into_owned(),
            tenant: exchange.tenant.as_ref().map(|tenant| tenant.name().as_str().to_owned()),
            answerer: exchange.answerer.clone(),
            status: exchange.status(),
            end: exchange.end(),
            sent: exchange.sent,
        }
    }

    /// The span of the request, and one for each part of the work on it.
    pub fn spans(&self) -> Vec<SpanData> {
        let clock = Clock::now();
        let scope = InstrumentationScope::builder("lectern")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        let root = SpanData {
            span_context: self.follow.context.clone(),
            parent_span_id: self.follow.parent,
            parent_span_is_remote: self.follow.parent != SpanId::INVALID,
            span_kind: SpanKind::Server,
            name: Cow::Owned(format!("{} {}", known(&self.method), self.answerer.name())),
            start_time: clock.at(self.record.arrived()),
            end_time: clock.at(self.at),
            attributes: self.attributes(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: self.span_status(),
            instrumentation_scope: scope.clone(),
        };
        let parts = self.record.spans();
        let ids = RandomIdGenerator::default();
        let of_handler = ids.new_span_id();
        let has_handler = parts.iter().any(|part| part.phase == Phase::Handler);
        let part = |span: &Span| {
            let is_inside =
                matches!(span.phase, Phase::Receive | Phase::Authenticate) || Phase::DATA.contains(&span.phase);
            let id = match span.phase {
                Phase::Handler => of_handler,
                _ => ids.new_span_id(),
            };
            SpanData {
                span_context: SpanContext::new(
                    self.follow.trace(),
                    id,
                    TraceFlags::SAMPLED,
                    false,
                    self.follow.context.trace_state().clone(),
                ),
                parent_span_id: if is_inside && has_handler {
                    of_handler
                } else {
                    self.follow.context.span_id()
                },
                parent_span_is_remote: false,
                span_kind: SpanKind::Internal,
                name: Cow::Borrowed(span.phase.name()),
                start_time: clock.at(span.start),
                end_time: clock.at(span.end),
                attributes: self.part_attributes(span.phase),
                dropped_attributes_count: 0,
                events: SpanEvents::default(),
                links: SpanLinks::default(),
                status: Status::Unset,
                instrumentation_scope: scope.clone(),
            }
        };
        let mut spans: Vec<SpanData> = parts.iter().map(part).collect();
        spans.push(root);
        spans
    }

    fn attributes(&self) -> Vec<KeyValue> {
        let mut attributes = vec![
            KeyValue::new("http.request.method", known(&self.method).to_owned()),
            KeyValue::new("url.scheme", if self.client.secure { "https" } else { "http" }),
            KeyValue::new("url.path", self.target.path().to_owned()),
            KeyValue::new("client.address", self.client.address.to_string()),
            KeyValue::new("network.protocol.version", version(self.version)),
            KeyValue::new("http.request.body.size", size(self.record.received())),
            KeyValue::new("http.response.body.size", size(self.sent)),
            KeyValue::new("lectern.request", self.request.to_string()),
            KeyValue::new("lectern.component", self.answerer.name().to_owned()),
            KeyValue::new("lectern.end", self.end.name()),
        ];
        let mut add = |key: &'static str, value: Option<String>| {
            attributes.extend(value.map(|value| KeyValue::new(key, value)));
        };
        let query = self.target.query().map(|query| without_credentials(query).into_owned());
        add("url.query", query);
        add(
            "user_agent.original",
            Some(self.agent.clone()).filter(|agent| !agent.is_empty()),
        );
        add("lectern.tenant", self.tenant.clone());
        add("lectern.component.version", self.answerer.version().map(str::to_owned));
        let original = (known(&self.method) == OTHER).then(|| self.method.to_string());
        add("http.request.method_original", original);
        let authority = self
            .follow
            .host
            .as_deref()
            .and_then(|host| host.parse::<Authority>().ok());
        add(
            "server.address",
            authority.as_ref().map(|authority| authority.host().to_owned()),
        );
        add("error.type", self.error());
        let port = authority.and_then(|authority| authority.port_u16());
        attributes.extend(port.map(|port| KeyValue::new("server.port", i64::from(port))));
        if self.end != End::Canceled {
            attributes.push(KeyValue::new("http.response.status_code", i64::from(self.status)));
        }
        attributes
    }

    fn part_attributes(&self, phase: Phase) -> Vec<KeyValue> {
        if !Phase::DATA.contains(&phase) {
            return Vec::new();
        }
        let mut attributes = vec![
            KeyValue::new("db.system.name", "sqlite"),
            KeyValue::new("db.operation.name", phase.name()),
        ];
        let tenant = self.tenant.as_ref();
        attributes.extend(tenant.map(|tenant| KeyValue::new("db.namespace", tenant.clone())));
        attributes
    }

    /// What is wrong, if it is the server that is at fault: the client's mistakes are none of its errors.
    fn error(&self) -> Option<String> {
        match self.record.failure() {
            Some(failure) if self.status >= 500 || self.end == End::Broken => Some(failure.to_owned()),
            _ if self.status >= 500 => Some(self.status.to_string()),
            _ => None,
        }
    }

    fn span_status(&self) -> Status {
        match self.error() {
            Some(error) => Status::error(error),
            None => Status::Unset,
        }
    }
}

/// What stands for methods that the conventions do not know, since clients can invent them.
const OTHER: &str = "_OTHER";

fn known(method: &Method) -> &str {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        Method::PATCH,
        Method::CONNECT,
        Method::TRACE,
    ];
    if KNOWN.contains(method) { method.as_str() } else { OTHER }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "2",
        Version::HTTP_10 => "1.0",
        _ => "1.1",
    }
}

fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// The two clocks of the system at one moment.
struct Clock {
    time: SystemTime,
    instant: Instant,
}

impl Clock {
    fn now() -> Self {
        Self {
            time: SystemTime::now(),
            instant: Instant::now(),
        }
    }

    fn at(&self, instant: Instant) -> SystemTime {
        let ago = self.instant.saturating_duration_since(instant);
        self.time.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}
