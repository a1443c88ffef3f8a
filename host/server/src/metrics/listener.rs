//! `/metrics` on a listener of its own, so that no host of any tenant has it.

use super::Exposition;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::registry::Registry;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// Where the metrics are.
const PATH: &str = "/metrics";

/// Connections at the same time. Few ask, and none of them for long.
const CONNECTIONS: usize = 16;

/// How long a client may take for the head of a request, and how long a connection may last.
const HEAD: Duration = Duration::from_secs(10);
const CONNECTION: Duration = Duration::from_secs(600);

/// Pause before the next attempt when no connection can be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// The format of OpenMetrics, and that of Prometheus, which is the same but for details.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers until the program ends.
pub async fn serve(listener: TcpListener, exposition: Exposition) {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(exposition));
    let registry = Arc::new(registry);
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection for metrics cannot be accepted");
                sleep(PAUSE).await;
                continue;
            }
        };
        let registry = Arc::clone(&registry);
        tokio::spawn(async move {
            let answer = service_fn(|request: Request<Incoming>| {
                let registry = Arc::clone(&registry);
                async move { Ok::<_, Infallible>(answer(&request, registry).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .serve_connection(TokioIo::new(stream), answer);
            // Whoever breaks the connection does not want to know.
            let _ = timeout(CONNECTION, connection).await;
            drop(place);
        });
    }
}

async fn answer(request: &Request<Incoming>, registry: Arc<Registry>) -> Response<String> {
    if request.uri().path() != PATH {
        return refusal(StatusCode::NOT_FOUND, "There are only metrics here: GET /metrics.\n");
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return refusal(StatusCode::METHOD_NOT_ALLOWED, "Metrics can only be read: use GET.\n");
    }
    let is_open = wants_open_metrics(request.headers());
    // Of many tenants this is some megabytes; the threads that answer requests have better things to do.
    let written = spawn_blocking(move || write(&registry, is_open)).await;
    match written {
        Ok(Ok(metrics)) => {
            let mut response = Response::new(metrics);
            let content_type = if is_open { OPEN_METRICS } else { PROMETHEUS };
            let content_type = HeaderValue::from_static(content_type);
            response.headers_mut().insert(header::CONTENT_TYPE, content_type);
            response
        }
        Ok(Err(fmt::Error)) | Err(_) => refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The metrics cannot be written. The server's log says more.\n",
        ),
    }
}

fn write(registry: &Registry, is_open: bool) -> Result<String, fmt::Error> {
    let mut metrics = String::new();
    if is_open {
        text::encode(&mut metrics, registry)?;
    } else {
        prometheus_text::encode(&mut metrics, registry)?;
    }
    Ok(metrics)
}

fn wants_open_metrics(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("application/openmetrics-text"))
}

fn refusal(status: StatusCode, detail: &str) -> Response<String> {
    let mut response = Response::new(detail.to_owned());
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
