//! Traces: requests as spans, for a collector that speaks OpenTelemetry's protocol over HTTP (OTLP).
//!
//! Who answers a request only decides whether it is followed ([`Traces::follow`]) and leaves what is known about it at its end in a
//! queue. One thread makes spans of that and sends them; a collector that is slow, away or out of its mind costs spans, which are
//! counted, and a line in the log now and then.
//!
//! The variables of OpenTelemetry's specification count, as far as they are about sampling, queues, the resource and the way to the
//! collector.
//!
//! Does not belong here: what is measured (`lectern_engine::Record`).

mod client;
mod queue;
mod sender;
mod spans;

use crate::web::exchange::Exchange;
use anyhow::{Context as _, Result, bail};
use client::Client;
use http::{HeaderMap, Uri, header};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{
    OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TIMEOUT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, RetryPolicy, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    Config, IdGenerator, OTEL_BSP_MAX_EXPORT_BATCH_SIZE, OTEL_BSP_MAX_EXPORT_BATCH_SIZE_DEFAULT,
    OTEL_BSP_MAX_QUEUE_SIZE, OTEL_BSP_MAX_QUEUE_SIZE_DEFAULT, OTEL_BSP_SCHEDULE_DELAY, OTEL_BSP_SCHEDULE_DELAY_DEFAULT,
    RandomIdGenerator, SamplingDecision, SpanExporter as _,
};
use queue::Queue;
use std::env;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Where a collector expects spans, if its address says nothing else.
const PATH: &str = "/v1/traces";

/// How long a collector may take, unless a variable says so.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Decides about requests, and takes what is known of them.
pub struct Traces {
    config: Config,
    queue: Arc<Queue>,
}

/// The place of a request in a trace.
#[derive(Debug, Clone)]
pub struct Follow {
    /// Of the span of the request.
    context: SpanContext,
    /// The span that the client has made for it; invalid if it has made none.
    parent: SpanId,
    /// The host that it is for.
    host: Option<String>,
}

/// The thread that sends. What waits is sent when the value goes.
#[must_use]
pub struct Sender(Arc<Queue>);

/// Starts to follow requests, if an endpoint is named on the command line or in OpenTelemetry's variables.
pub fn start(endpoint: Option<&str>) -> Result<Option<(Arc<Traces>, Sender)>> {
    let Some(endpoint) = endpoint_of(endpoint)? else {
        return Ok(None);
    };
    let timeout = variable(OTEL_EXPORTER_OTLP_TRACES_TIMEOUT)
        .or_else(|| variable(OTEL_EXPORTER_OTLP_TIMEOUT))
        .map_or(TIMEOUT, Duration::from_millis);
    let mut exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(Client { timeout })
        .with_endpoint(endpoint.to_string())
        .with_timeout(timeout)
        // What is lost is lost: a collector that is away must not fill memory.
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .context("spans cannot be sent")?;
    exporter.set_resource(&resource());
    let queue = Queue::new(variable(OTEL_BSP_MAX_QUEUE_SIZE).unwrap_or(OTEL_BSP_MAX_QUEUE_SIZE_DEFAULT));
    let batches = sender::Batches {
        size: variable(OTEL_BSP_MAX_EXPORT_BATCH_SIZE).unwrap_or(OTEL_BSP_MAX_EXPORT_BATCH_SIZE_DEFAULT),
        delay: variable(OTEL_BSP_SCHEDULE_DELAY).map_or(OTEL_BSP_SCHEDULE_DELAY_DEFAULT, Duration::from_millis),
    };
    sender::start(exporter, Arc::clone(&queue), batches).context("spans cannot be sent")?;
    tracing::info!(%endpoint, "requests are followed in traces");
    let traces = Traces {
        config: Config::default(),
        queue: Arc::clone(&queue),
    };
    Ok(Some((Arc::new(traces), Sender(queue))))
}

/// Whether an endpoint can be one.
pub fn check(endpoint: Option<&str>) -> Result<()> {
    endpoint_of(endpoint).map(drop)
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.finish();
    }
}

impl Traces {
    /// The place of a request with these header fields: in the trace of its client, if it is in one, otherwise in a new one.
    pub fn follow(&self, headers: &HeaderMap, host: Option<&str>) -> Follow {
        let propagator = TraceContextPropagator::new();
        let parent = propagator.extract_with_context(&Context::new(), &HeaderExtractor(headers));
        let remote = parent.span().span_context().clone();
        let ids = RandomIdGenerator::default();
        let trace = if remote.is_valid() {
            remote.trace_id()
        } else {
            ids.new_trace_id()
        };
        let sampled = self
            .config
            .sampler
            .should_sample(Some(&parent), trace, "", &SpanKind::Server, &[], &[]);
        let flags = match sampled.decision {
            SamplingDecision::RecordAndSample => TraceFlags::SAMPLED,
            SamplingDecision::Drop | SamplingDecision::RecordOnly => TraceFlags::default(),
        };
        let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        Follow {
            context: SpanContext::new(trace, ids.new_span_id(), flags, false, sampled.trace_state),
            parent: remote.span_id(),
            host: host.or(named).map(str::to_owned),
        }
    }

    /// A request has ended.
    pub fn ended(&self, exchange: &Exchange) {
        if let Some(follow) = exchange.follow.as_deref().filter(|follow| follow.is_sampled()) {
            self.queue.push(|| spans::Ended::new(exchange, follow.clone()));
        }
    }

    /// Requests of which nothing was sent, because there was no room or the collector did not take them.
    pub fn dropped(&self) -> u64 {
        self.queue.dropped.get()
    }

    /// Requests that a collector has taken.
    pub fn exported(&self) -> u64 {
        self.queue.exported.get()
    }
}

impl Follow {
    /// Whether spans of the request are sent.
    pub fn is_sampled(&self) -> bool {
        self.context.is_sampled()
    }

    /// The trace that the request is in.
    pub fn trace(&self) -> TraceId {
        self.context.trace_id()
    }
}

/// Where spans go, if anywhere.
fn endpoint_of(option: Option<&str>) -> Result<Option<Uri>> {
    let is_off = text("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || text("OTEL_TRACES_EXPORTER").is_some_and(|value| value == "none");
    let named = match option.filter(|option| !option.is_empty()) {
        Some(option) => Some(option.to_owned()),
        None if is_off => None,
        None => text(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
            .or_else(|| text(OTEL_EXPORTER_OTLP_ENDPOINT).map(|base| format!("{}{PATH}", base.trim_end_matches('/')))),
    };
    named.map(|endpoint| parse(&endpoint)).transpose()
}

/// An address whose path, if it has none, is the usual one.
fn parse(endpoint: &str) -> Result<Uri> {
    let uri: Uri = endpoint
        .parse()
        .with_context(|| format!("`{endpoint}` is no address of a collector: name one like http://127.0.0.1:4318"))?;
    if uri.scheme_str() != Some("http") || uri.host().is_none() {
        bail!(
            "spans cannot be sent to `{endpoint}`: name an address like http://127.0.0.1:4318; for collectors elsewhere, \
             run one here that passes spans on by https"
        );
    }
    if uri.path() != "/" {
        return Ok(uri);
    }
    let whole = format!("{}{PATH}", endpoint.trim_end_matches('/'));
    Ok(whole.parse()?)
}

/// Who sends the spans.
fn resource() -> Resource {
    let resource = Resource::builder();
    let named = match text("OTEL_SERVICE_NAME") {
        Some(_) => resource,
        None => resource.with_service_name("lectern"),
    };
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    named.with_attribute(version).build()
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The value of a variable. One that makes no sense is as good as none, as the specification says.
fn variable<T: FromStr>(name: &str) -> Option<T> {
    text(name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_sdk::trace::Sampler;

    fn traces(sampler: Sampler) -> Traces {
        let mut config = Config::default();
        config.sampler = Box::new(Sampler::ParentBased(Box::new(sampler)));
        Traces {
            config,
            queue: Queue::new(1),
        }
    }

    fn follow(sampler: Sampler, fields: &[(&'static str, &str)]) -> Follow {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        traces(sampler).follow(&headers, None)
    }

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn parent(flags: &str) -> String {
        format!("00-{TRACE}-00f067aa0ba902b7-{flags}")
    }

    #[test]
    fn a_request_goes_on_with_the_trace_of_its_client_and_with_its_decision() {
        for (flags, is_sampled) in [("01", true), ("00", false)] {
            for sampler in [Sampler::AlwaysOn, Sampler::AlwaysOff] {
                let follow = follow(sampler, &[("traceparent", &parent(flags)), ("tracestate", "a=1,b=2")]);
                assert_eq!(follow.trace().to_string(), TRACE);
                assert_eq!(follow.parent.to_string(), "00f067aa0ba902b7");
                assert_eq!(follow.is_sampled(), is_sampled);
                assert_eq!(follow.context.trace_state().header(), "a=1,b=2");
            }
        }
    }

    #[test]
    fn a_request_without_a_sane_trace_begins_one() {
        let wrong = [
            "",
            "nonsense",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ];
        for value in wrong {
            let follow = follow(Sampler::AlwaysOn, &[("traceparent", value)]);
            assert_ne!(follow.trace().to_string(), TRACE, "{value:?}");
            assert_ne!(follow.trace(), TraceId::INVALID);
            assert!(follow.is_sampled() && follow.parent == SpanId::INVALID);
        }
        assert!(!follow(Sampler::AlwaysOff, &[]).is_sampled());
    }

    #[test]
    fn an_endpoint_is_an_address_of_http() {
        for (endpoint, whole) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"),
            (
                "http://collector.example/otlp/v1/traces",
                "http://collector.example/otlp/v1/traces",
            ),
        ] {
            assert_eq!(parse(endpoint).unwrap().to_string(), whole);
        }
        for endpoint in [
            "127.0.0.1:4318",
            "https://collector.example",
            "/v1/traces",
            "http://",
            "",
        ] {
            assert!(parse(endpoint).is_err(), "{endpoint}");
        }
    }
}
