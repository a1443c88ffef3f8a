//! Connections: accepting them, speaking HTTP/1.1 or HTTP/2 on them, and ending them in good order.

use crate::web::Service;
use anyhow::{Context, Result};
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
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

/// How long a client may take for the head of a request, and how long a connection may lie idle between two.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take nothing of an answer that is ready to be sent.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes of the head of a request. Generous, because some portals send all roles of a user with each request.
const HEAD_BYTES: usize = 256 << 10;

/// Requests that one HTTP/2 connection may have open.
const STREAMS: u32 = 128;

/// Time between two questions whether the other end of a quiet HTTP/2 connection is still there.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// Pause before the next attempt when no connection can be accepted, as when there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Takes an address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; choose another address with --listen"))
}

/// Serves connections until `stop` is there, then lets requests that have begun finish, for `grace` at most.
pub async fn serve(listener: TcpListener, service: Arc<Service>, stop: impl Future<Output = ()>, grace: Duration) {
    let connections = GracefulShutdown::new();
    let builder = Arc::new(http());
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            accepted = accept(&listener) => match accepted {
                Ok((stream, client)) => {
                    let connection = connection(builder.clone(), service.clone(), stream, client, connections.watcher());
                    tokio::spawn(connection);
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

fn http() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_BYTES as u32)
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(PING_INTERVAL);
    builder
}

/// Serves one connection to its end. Its errors are the client's: it went away, or does not speak HTTP.
async fn connection(
    builder: Arc<auto::Builder<TokioExecutor>>,
    service: Arc<Service>,
    stream: TcpStream,
    client: SocketAddr,
    watcher: Watcher,
) {
    let spoken = AtomicBool::new(false);
    let answer = service_fn(|request| {
        spoken.store(true, Ordering::Relaxed);
        let service = service.clone();
        async move { Ok::<_, Infallible>(service.answer(request, client.ip()).await) }
    });
    let mut stream = Box::pin(TimeoutStream::new(stream));
    stream.as_mut().set_write_timeout_pinned(Some(WRITE_TIMEOUT));
    let mut connection = pin!(watcher.watch(builder.serve_connection(TokioIo::new(stream), answer)));
    let ended = match timeout(HEAD_TIMEOUT, connection.as_mut()).await {
        Ok(ended) => ended,
        // The timeout of the library begins when it knows the version of HTTP, so a client that never says is cut here.
        Err(_) if !spoken.load(Ordering::Relaxed) => return,
        Err(_) => connection.await,
    };
    if let Err(error) = ended {
        tracing::debug!(%client, %error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_accepted_connection_does_not_hold_back_small_answers() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (accepted, connected) = tokio::join!(accept(&listener), TcpStream::connect(address));
        connected.unwrap();
        assert!(accepted.unwrap().0.nodelay().unwrap());
    }

    #[tokio::test]
    async fn an_address_in_use_is_named_with_the_way_out() {
        let first = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = first.local_addr().unwrap();
        let error = format!("{:#}", bind(address).await.unwrap_err());
        assert!(
            error.contains(&address.to_string()) && error.contains("--listen"),
            "{error}"
        );
    }
}
