//! Connections.

use crate::application::{Application, of_wasmtime};
use crate::call::call;
use crate::headers;
use anyhow::{Context, Result};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// Serves an application for as long as the process lives.
pub async fn serve(application: Arc<Application>, address: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
    println!("Serving http://{}", listener.local_addr()?);
    println!("Available Components:");
    for name in application.components.keys() {
        println!("  {name}");
    }
    loop {
        let (stream, client) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(Arc::clone(&application), stream, client));
    }
}

async fn connection(application: Arc<Application>, stream: TcpStream, client: SocketAddr) {
    let service = service_fn(move |request| {
        let application = Arc::clone(&application);
        async move { answer(&application, request, client).await }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        eprintln!("{client}: {error}");
    }
}

/// The answer to a request. An error ends the connection without one.
async fn answer(
    application: &Application,
    mut request: Request<Incoming>,
    client: SocketAddr,
) -> Result<Response<HyperOutgoingBody>> {
    let path = request.uri().path().to_owned();
    if path == "/.well-known/spin/health" {
        return empty(StatusCode::OK);
    }
    let Some(route) = application.routes.of(&path) else {
        return empty(StatusCode::NOT_FOUND);
    };
    headers::prepare(&mut request)?;
    let called = async {
        headers::add(&mut request, &route, client)?;
        let component = application.components.get(route.component);
        let component = component.context("there is no such component")?;
        call(&application.engine, component, request).await.map_err(of_wasmtime)
    };
    match called.await {
        Ok(response) => Ok(response),
        Err(error) => {
            eprintln!("{}: {path}: {error:?}", route.component);
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

fn empty(status: StatusCode) -> Result<Response<HyperOutgoingBody>> {
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    Ok(Response::builder().status(status).body(body)?)
}
