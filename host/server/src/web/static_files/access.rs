//! Who may read a file: whoever may read its event, and whoever has a signed address of it.

use crate::web::exchange::Exchange;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use lectern_data::identity::denials;
use lectern_data::media::Element;
use lectern_data::model::{self, Denial, Item, Session};
use lectern_downloads::Named;
use lectern_engine::{Body, Phase, Problem};
use lectern_tenants::{SignatureRefusal, SignedRequest, Tenant};
use std::sync::Arc;

/// How somebody has come in.
pub struct Admission {
    session: Arc<Session>,
    /// If it was by a signed address.
    signed: Option<SignedRequest>,
    credentials: model::Request,
}

/// Lets a request in by its signature or its credentials; without either, as somebody unknown.
pub async fn admit<B>(request: &Request<B>, tenant: &Arc<Tenant>, exchange: &Exchange) -> Result<Admission, Denial> {
    let (client, record) = (exchange.client.address, &exchange.record);
    let credentials = credentials(request);
    let (session, signed) = match tenant.check_signature(&credentials.path_with_query, client) {
        None => {
            let authenticate = tenant.authenticate(&credentials, client);
            let session = record.wait(Phase::Authenticate, authenticate).await?;
            record.authenticated(&session);
            (session, None)
        }
        Some(Ok(signed)) => {
            // Whoever has signed the address has decided who sees it.
            let session = tenant.system_session().map_err(|error| unavailable(tenant, &error))?;
            (session, Some(signed))
        }
        Some(Err(refusal)) => {
            return Err(Denial {
                status: match refusal {
                    SignatureRefusal::Malformed => 400,
                    SignatureRefusal::Forbidden => 403,
                    SignatureRefusal::Expired => 410,
                },
                message: refusal.to_string(),
                headers: Vec::new(),
            });
        }
    };
    Ok(Admission {
        session,
        signed,
        credentials,
    })
}

impl Admission {
    /// Where a file of the event is for whoever has come in like this: signed if the address of the request was.
    pub fn file_url(&self, tenant: &Tenant, event: &str, element: &Element) -> String {
        let path = lectern_data::media::path(event, element);
        let Some(signed) = &self.signed else { return path };
        let url = format!("{}{path}", signed.origin);
        let urls = tenant.sign(&[url], Some(signed.valid_until), signed.address);
        let signed = urls.ok().and_then(|signed| signed.urls.into_iter().next().flatten());
        signed.unwrap_or(path)
    }
}

/// An event that may be read, with these fields; none if there is none. Somebody unknown is asked who they are.
pub fn event(
    tenant: &Tenant,
    exchange: &Exchange,
    admission: &Admission,
    identifier: &str,
    fields: &[&str],
) -> Result<Option<Item>, Denial> {
    let query = lectern_downloads::event(identifier, fields);
    let find = || tenant.find(&admission.session, &query);
    let page = exchange
        .record
        .measure(Phase::Find, find)
        .map_err(|error| unavailable(tenant, &error))?;
    match page.items.into_iter().next() {
        None if admission.session.authenticated.is_empty() => {
            let denial = denials::unauthenticated("This is not for everybody: say who you are.");
            Err(tenant.challenged(&admission.credentials, denial))
        }
        found => Ok(found),
    }
}

fn unavailable(tenant: &Tenant, error: &model::Error) -> Denial {
    tracing::error!(tenant = %tenant.name(), "{}", error.message);
    denials::unavailable("The event cannot be looked up at the moment.")
}

/// The track, or published element, whose file the request names; none if there is none that its sender may read.
pub(super) async fn element<B>(
    request: &Request<B>,
    tenant: &Arc<Tenant>,
    exchange: &Exchange,
    named: &Named,
) -> Result<Option<Element>, Denial> {
    let admission = admit(request, tenant, exchange).await?;
    let found = event(tenant, exchange, &admission, &named.event, &Named::FIELDS)?;
    Ok(found.and_then(|event| named.element(&event)))
}

/// The answer to somebody who is not let in.
pub fn refused(denial: &Denial, request_id: &str) -> Response<Body> {
    let status = StatusCode::from_u16(denial.status).unwrap_or(StatusCode::FORBIDDEN);
    let mut response = Problem::new(status, denial.message.as_str()).into_response(request_id);
    for (name, value) in &denial.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// The request as authentication sees it.
fn credentials<B>(request: &Request<B>) -> model::Request {
    let headers = request.headers().iter();
    model::Request {
        method: request.method().as_str().to_owned(),
        path_with_query: request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned(),
        headers: headers
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect(),
    }
}
