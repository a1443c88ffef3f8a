//! From a request to its answer: which tenant, which handler.

use crate::backend::TenantBackend;
use crate::components::Components;
use crate::web::access::Access;
use crate::web::proxy::Client;
use crate::web::{Body, cross_site, health, host, player, static_files};
use futures_util::FutureExt;
use http::header::HeaderName;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use lectern_engine::{Call, Problem};
use lectern_tenants::{Tenant, Tenants};
use std::hash::{BuildHasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Names the request in the log, for those who ask about an answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything that requests are answered with.
pub struct Service {
    components: Arc<Components>,
    tenants: Arc<Tenants>,
    last_request: AtomicU64,
}

impl Service {
    /// Brings the parts together.
    pub fn new(components: Arc<Components>, tenants: Arc<Tenants>) -> Self {
        // Starts anywhere, so that the numbers of two runs of the server do not meet in a log.
        let last_request = AtomicU64::new(RandomState::new().hash_one(std::process::id()));
        Self {
            components,
            tenants,
            last_request,
        }
    }

    /// Answers a request. Always: what panics is answered as a fault of the server, and concerns no other request.
    pub async fn answer(&self, request: Request<Incoming>, client: Client) -> Response<Body> {
        let request_id = self.next_request_id();
        let access = Access::new(&request, client.address);
        let mut tenant = None;
        let answer = AssertUnwindSafe(self.dispatch(request, client, &request_id, &mut tenant))
            .catch_unwind()
            .await;
        let answer = answer.unwrap_or_else(|_| {
            let detail =
                "The request could not be answered because of a fault in the server. The server's log says more.";
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail))
        });
        let mut response = answer.unwrap_or_else(|problem| problem.into_response(&request_id).map(Body::from));
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        if let Some(access) = access {
            let tenant = tenant.as_ref().map(|tenant| tenant.name().as_str());
            access.answered(&request_id, tenant, response.status());
        }
        response
    }

    /// Finds out who answers. `tenant` is filled in as soon as it is known, for the log.
    async fn dispatch(
        &self,
        request: Request<Incoming>,
        client: Client,
        request_id: &Arc<str>,
        tenant: &mut Option<Arc<Tenant>>,
    ) -> Result<Response<Body>, Problem> {
        let path = request.uri().path();
        if let Some(answer) = health::answer(request.method(), path, &self.components.all(), &self.tenants) {
            return answer.map(|response| response.map(Body::from));
        }
        let tenant = tenant.insert(self.tenant(&request)?);
        if static_files::is_below(path) {
            return static_files::answer(&request, tenant, client.address, request_id).await;
        }
        if player::is_here(path) {
            return player::answer(&request, tenant, client.address, request_id).await;
        }
        // Kept to the end of the request, whatever takes their place meanwhile.
        let handlers = self.components.of(tenant);
        let handler = handlers.route(path).ok_or_else(|| {
            Problem::new(
                StatusCode::NOT_FOUND,
                "There is nothing at this path. The API is below /api.",
            )
        })?;
        cross_site::check(&request)?;
        let call = Call {
            backend: Arc::new(TenantBackend(Arc::clone(tenant))),
            client: client.address,
            request_id: Arc::clone(request_id),
            secure: client.secure,
        };
        Ok(self
            .components
            .engine()
            .call(handler, call, request)
            .await
            .map(Body::from))
    }

    fn tenant<B>(&self, request: &Request<B>) -> Result<Arc<Tenant>, Problem> {
        let authority = host::authority(request)?;
        match self.tenants.by_host(authority.as_str()) {
            Ok(Some(tenant)) => Ok(tenant),
            Ok(None) => Err(Problem::new(
                StatusCode::NOT_FOUND,
                "Nobody is served under this host name.",
            )),
            Err(error) => {
                tracing::error!(%error, "the tenants cannot be read");
                let detail = "The list of tenants cannot be read. The server's log says more.";
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail))
            }
        }
    }

    fn next_request_id(&self) -> Arc<str> {
        format!("{:016x}", self.last_request.fetch_add(1, Ordering::Relaxed)).into()
    }
}
