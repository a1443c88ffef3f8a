//! From a request to its answer: which tenant, which handler.

use crate::backend::TenantBackend;
use crate::components::Components;
use crate::web::exchange::{Answerer, Exchange, Observed, Observers};
use crate::web::proxy::Client;
use crate::web::request_id::{self, RequestIds};
use crate::web::timing;
use crate::web::{Body, cross_site, health, host, player, static_files};
use futures_util::FutureExt;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use lectern_engine::{Call, Problem};
use lectern_tenants::{Tenant, Tenants};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

/// Everything that requests are answered with.
pub struct Service {
    components: Arc<Components>,
    tenants: Arc<Tenants>,
    request_ids: RequestIds,
    observers: Arc<Observers>,
}

impl Service {
    /// Brings the parts together.
    pub fn new(components: Arc<Components>, tenants: Arc<Tenants>, observers: Observers) -> Self {
        Self {
            components,
            tenants,
            request_ids: RequestIds::default(),
            observers: Arc::new(observers),
        }
    }

    /// Answers a request, whose first bytes came at this moment. Always: what panics is answered as a fault of the server, and concerns no other request.
    pub async fn answer(
        &self,
        request: Request<Incoming>,
        client: Client,
        begun: Option<Instant>,
    ) -> Response<Observed> {
        let id = self.request_ids.of(request.headers());
        let asks_for_times = timing::is_asked(request.headers());
        let mut exchange = Exchange::new(&request, client, id, Arc::clone(&self.observers));
        if let Some(begun) = begun {
            exchange.record.accepted(begun);
        }
        let answer = AssertUnwindSafe(self.dispatch(request, &mut exchange))
            .catch_unwind()
            .await;
        let answer = answer.unwrap_or_else(|_| {
            let detail =
                "The request could not be answered because of a fault in the server. The server's log says more.";
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail))
        });
        let mut response = answer.unwrap_or_else(|problem| problem.into_response(&exchange.id).map(Body::from));
        if let Ok(value) = HeaderValue::from_str(&exchange.id) {
            response.headers_mut().insert(request_id::HEADER, value);
        }
        if asks_for_times {
            self.observers.timing.tell(&exchange.record, response.headers_mut());
        }
        exchange.answer(response)
    }

    /// Turns a request away whose client has too many connections.
    pub fn refuse<B>(&self, request: &Request<B>) -> Response<Body> {
        let detail = "There are too many connections from this address. Use fewer, or try again in a moment.";
        let problem = Problem {
            retry_after: Some(1),
            ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        };
        let id = self.request_ids.of(request.headers());
        let mut response = problem.into_response(&id).map(Body::from);
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(request_id::HEADER, value);
        }
        response
    }

    /// Finds out who answers, and notes what is found out.
    async fn dispatch(&self, request: Request<Incoming>, exchange: &mut Exchange) -> Result<Response<Body>, Problem> {
        let path = request.uri().path();
        if let Some(answer) = health::answer(request.method(), path, &self.components.all(), &self.tenants) {
            exchange.routed(Answerer::Server("health"));
            return answer.map(|response| response.map(Body::from));
        }
        let tenant = Arc::clone(exchange.tenant.insert(self.tenant(&request)?));
        if static_files::is_below(path) {
            exchange.routed(Answerer::Server("static"));
            let answer = static_files::answer(&request, &tenant, exchange);
            return self.components.engine().in_turn(tenant.name().as_str(), answer).await;
        }
        if player::is_here(path) {
            exchange.routed(Answerer::Server("player"));
            let answer = player::answer(&request, &tenant, exchange);
            return self.components.engine().in_turn(tenant.name().as_str(), answer).await;
        }
        // Kept to the end of the request, whatever takes their place meanwhile.
        let handlers = self.components.of(&tenant);
        let handler = handlers.route(path).ok_or_else(|| {
            Problem::new(
                StatusCode::NOT_FOUND,
                "There is nothing at this path. The API is below /api.",
            )
        })?;
        exchange.routed(handler.into());
        cross_site::check(&request)?;
        let call = Call {
            backend: Arc::new(TenantBackend(tenant)),
            client: exchange.client.address,
            request_id: Arc::clone(&exchange.id),
            secure: exchange.client.secure,
            record: Arc::clone(&exchange.record),
        };
        #[cfg(feature = "native-handlers")]
        if let Some(app) = crate::native::app(handler.name(), request.method()) {
            let tenant = call.backend.tenant().to_owned();
            let answer = crate::native::call(app, call, &request);
            return Ok(self.components.engine().in_turn(&tenant, answer).await.map(Body::from));
        }
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
}
