//! What load balancers and service managers ask: `/health/live` and `/health/ready`. For any host and without credentials, and without
//! a word about who is served.

use http::{HeaderValue, Method, Response, StatusCode, header};
use lectern_engine::{Body, Handlers, Problem};
use lectern_tenants::Tenants;

/// The answer to a request for one of the two; none for any other path.
pub fn answer(
    method: &Method,
    path: &str,
    handlers: &Handlers,
    tenants: &Tenants,
) -> Option<Result<Response<Body>, Problem>> {
    let state = match path {
        "/health/live" => Ok("live"),
        "/health/ready" => ready(handlers, tenants),
        _ => return None,
    };
    if method != Method::GET && method != Method::HEAD {
        let detail = "The state of the server can only be read: use GET.";
        return Some(Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)));
    }
    Some(state.map(|state| {
        let mut response = Response::new(Body::from(format!("{state}\n")));
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        response
    }))
}

/// Ready is who can answer requests now: the handlers are loaded and the list of tenants can be read.
fn ready(handlers: &Handlers, tenants: &Tenants) -> Result<&'static str, Problem> {
    let unavailable = |detail: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail);
    if handlers.is_empty() {
        return Err(unavailable("No handlers are loaded."));
    }
    match tenants.names() {
        Ok(_) => Ok("ready"),
        Err(error) => {
            tracing::error!(%error, "the tenants cannot be read");
            Err(unavailable(
                "The list of tenants cannot be read. The server's log says more.",
            ))
        }
    }
}
