//! Connections: accepting them, speaking HTTP/1.1 or HTTP/2 on them, and ending them in good order.

use crate::web::Service;
use crate::web::activity::{Activity, Addresses};
use crate::web::proxy::TrustedProxies;
use anyhow::{Context, Result};
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

/// Requests that one HTTP/2 connection may have open: as many as RFC 9113, section 6.5.2, recommends at least.
const STREAMS: u32 = 100;

/// Bytes of an answer that wait for an HTTP/2 client to make room for them, for each request.
const SEND_BUFFER: usize = 64 << 10;

/// Time between two questions whether the other end of a quiet HTTP/2 connection is still there.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// Connections from one address that are told at the same time that they are too many.
const REFUSALS: usize = 64;

/// How long a client has to take that.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(5);

/// Pause before the next attempt when no connection can be accepted, as when there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What connections may take, and how they are understood.
pub struct Settings {
    /// How long a client may take for the head of a request, and how long a connection may lie idle between two.
    pub head_timeout: Duration,
    /// How long a client may take nothing of an answer that is ready to be sent.
    pub write_timeout: Duration,
    /// Bytes of the head of a request.
    pub head_bytes: u32,
    /// Connections that are open at the same time; further ones wait until one ends.
    pub connections: usize,
    /// Connections from one address that are open at the same time, unless it is a trusted proxy's; further ones are refused and closed.
    pub address_connections: usize,
    /// How long requests that have begun may go on when the server is told to stop.
    pub grace: Duration,
    /// Who may speak for others.
    pub proxies: TrustedProxies,
    /// What makes TLS of a connection; none for plain HTTP.
    pub tls: Option<TlsAcceptor>,
}

/// Takes an address that `option` names.
pub async fn bind(address: SocketAddr, option: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; choose another address with {option}"))
}

/// Serves connections until `stop` is there, then lets requests that have begun finish, within the grace of the settings.
pub async fn serve(listener: TcpListener, service: Arc<Service>, settings: Settings, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(settings.connections));
    let grace = settings.grace;
    let server = Arc::new(Server {
        addresses: Addresses::default(),
        refused: Addresses::default(),
        builder: http(&settings),
        settings,
        service,
    });
    let mut stop = pin!(stop);
    loop {
        let next = async {
            // The semaphore is never closed.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (accept(&listener).await, place)
        };
        tokio::select! {
            (accepted, place) = next => match accepted {
                Ok((stream, peer)) => {
                    let (server, watcher) = (Arc::clone(&server), connections.watcher());
                    tokio::spawn(async move {
                        server.connection(stream, peer, watcher).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            () = stop.as_mut() => break,
        }
    }
    drop(listener);
    tracing::info!(
        connections = connections.count(),
        "stopping: requests that have begun are finished"
    );
    if timeout(grace, connections.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests unfinished");
    }
}

/// Accepts a connection and has small answers sent at once instead of waiting for more (`TCP_NODELAY`).
async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, client) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, client))
}

fn http(settings: &Settings) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.head_timeout)
        .max_buf_size(settings.head_bytes as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(settings.head_bytes)
        .max_concurrent_streams(STREAMS)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(PING_INTERVAL);
    builder
}

/// What all connections share.
struct Server {
    addresses: Addresses,
    /// Those that are being refused.
    refused: Addresses,
    builder: auto::Builder<TokioExecutor>,
    settings: Settings,
    service: Arc<Service>,
}

impl Server {
    /// Serves one connection to its end. Its errors are the client's: it went away, or speaks neither TLS nor HTTP.
    async fn connection(&self, stream: TcpStream, peer: SocketAddr, watcher: Watcher) {
        let limit = match self.settings.proxies.trusts(peer.ip()) {
            true => usize::MAX,
            false => self.settings.address_connections,
        };
        let Some(_counted) = self.addresses.count(peer.ip(), limit) else {
            tracing::debug!(%peer, "an address has too many connections");
            return self.refuse(stream, peer).await;
        };
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream
            .as_mut()
            .set_write_timeout_pinned(Some(self.settings.write_timeout));
        let Some(tls) = &self.settings.tls else {
            return self.requests(TokioIo::new(stream), peer, false, watcher).await;
        };
        match timeout(self.settings.head_timeout, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.requests(TokioIo::new(stream), peer, true, watcher).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a connection does not speak TLS"),
            Err(_) => tracing::debug!(%peer, "a connection took too long to agree on TLS"),
        }
    }

    /// Answers the first request of a connection with 503. Who has many of these as well, or speaks TLS, which costs more than an
    /// answer, is not told.
    async fn refuse(&self, stream: TcpStream, peer: SocketAddr) {
        let Some(_counted) = self.refused.count(peer.ip(), REFUSALS) else {
            return;
        };
        if self.settings.tls.is_some() {
            return;
        }
        let answer = service_fn(|request| async move { Ok::<_, Infallible>(self.service.refuse(&request)) });
        let mut http = http1::Builder::new();
        let connection = http.keep_alive(false).serve_connection(TokioIo::new(stream), answer);
        // Whoever does not take it need not know.
        let _ = timeout(REFUSAL_TIMEOUT, connection).await;
    }

    async fn requests(
        &self,
        io: impl Read + Write + Unpin + Send + 'static,
        peer: SocketAddr,
        secure: bool,
        watcher: Watcher,
    ) {
        let activity = Arc::new(Activity::new());
        let answer = service_fn(|request| {
            let (service, activity) = (Arc::clone(&self.service), Arc::clone(&activity));
            let client = self.settings.proxies.client(peer, secure, request.headers());
            async move {
                let served = activity.serve();
                let response = service.answer(request, client, served.begun).await;
                drop(served);
                Ok::<_, Infallible>(response.map(|body| activity.send(body)))
            }
        });
        let mut connection = pin!(watcher.watch(self.builder.serve_connection(activity.receive(io), answer)));
        loop {
            let latest = activity.latest(self.settings.head_timeout, self.settings.write_timeout);
            match timeout_at(latest, connection.as_mut()).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => return tracing::debug!(%peer, %error, "a connection ended early"),
                Err(_)
                    if activity.latest(self.settings.head_timeout, self.settings.write_timeout) <= Instant::now() =>
                {
                    return tracing::debug!(%peer, "a connection on which nothing happens is cut");
                }
                Err(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_accepted_connection_does_not_hold_back_small_answers() {
        let listener = bind("127.0.0.1:0".parse().unwrap(), "--listen").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (accepted, connected) = tokio::join!(accept(&listener), TcpStream::connect(address));
        connected.unwrap();
        assert!(accepted.unwrap().0.nodelay().unwrap());
    }

    #[tokio::test]
    async fn an_address_in_use_is_named_with_the_way_out() {
        let first = bind("127.0.0.1:0".parse().unwrap(), "--listen").await.unwrap();
        let address = first.local_addr().unwrap();
        let error = format!("{:#}", bind(address, "--listen").await.unwrap_err());
        assert!(
            error.contains(&address.to_string()) && error.contains("--listen"),
            "{error}"
        );
    }
}
