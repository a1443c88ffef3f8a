//! `/static/EVENT/FILE/NAME`: the files that tracks and publications refer to, served without a handler, in ranges and without
//! holding them in memory.
//!
//! Who may read a file is decided by the access list of its event, as for everything else about the event; no API role is needed.
//!
//! Does not belong here: what is answered (`lectern-downloads`), the addresses of files (the handlers make them), where files lie
//! (`lectern-tenants`).

mod access;
mod file_body;

pub use access::{Admission, admit, event, refused};
pub use file_body::FileBody;
pub use lectern_downloads::is_below;

use crate::web::Body;
use crate::web::exchange::Exchange;
use file_body::Prepared;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use lectern_data::media::Element;
use lectern_downloads::{Answer, Named};
use lectern_engine::Problem;
use lectern_tenants::Tenant;
use std::fs::File;
use std::io;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The answer to a request for a file.
pub async fn answer<B>(
    request: &Request<B>,
    tenant: &Arc<Tenant>,
    exchange: &Exchange,
) -> Result<Response<Body>, Problem> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Files can only be read: use GET.");
        let mut response = problem.into_response(&exchange.id).map(Body::from);
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allowed);
        return Ok(response);
    }
    let named = Named::of(request.uri().path()).ok_or_else(missing)?;
    let element = match access::element(request, tenant, exchange, &named).await {
        Ok(element) => element.ok_or_else(missing)?,
        Err(denial) => return Ok(access::refused(&denial, &exchange.id).map(Body::from)),
    };
    let file = open(tenant, element.file.clone()).await?;
    let length = file.metadata().map_err(|error| unreadable(&element, &error))?.len();
    Ok(serve(request, &element, file, length))
}

async fn open(tenant: &Arc<Tenant>, file: String) -> Result<File, Problem> {
    let tenant = Arc::clone(tenant);
    let name = tenant.name().clone();
    let opened = spawn_blocking(move || tenant.open_file(&file)).await;
    opened
        .unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(|error| {
            tracing::error!(tenant = %name, %error, "a file that an event refers to cannot be opened");
            fault()
        })
}

fn serve<B>(request: &Request<B>, element: &Element, file: File, length: u64) -> Response<Body> {
    let Answer {
        status,
        headers,
        pieces,
    } = lectern_downloads::answer(request.method(), request.headers(), element, length);
    let mut response = Response::new(Body::Handler(String::new().into()));
    if request.method() == Method::GET && !pieces.is_empty() {
        *response.body_mut() = Body::File(Prepared::new(file, pieces).start());
    }
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn missing() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "There is no file at this address, or it may not be read.",
    )
}

fn unreadable(element: &Element, error: &io::Error) -> Problem {
    tracing::error!(file = %element.file, %error, "a file cannot be read");
    fault()
}

fn fault() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The file cannot be read. The server's log says more.",
    )
}
