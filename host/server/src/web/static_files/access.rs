//! Who may read a file: whoever may read its event.

use super::Named;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use lectern_data::identity::denials;
use lectern_data::media::{Element, Publication};
use lectern_data::model::{self, Criterion, Denial, Item, Query, Test, Value};
use lectern_engine::{Body, Problem};
use lectern_tenants::Tenant;
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::sync::Arc;

/// The documents that refer to files.
const FIELDS: [&str; 2] = ["media", "publications"];

/// The track, or published element, whose file the request names; none if there is none that its sender may read. Somebody unknown is
/// asked who they are.
pub(super) async fn element<B>(
    request: &Request<B>,
    tenant: &Arc<Tenant>,
    client: IpAddr,
    named: &Named,
) -> Result<Option<Element>, Denial> {
    let credentials = credentials(request);
    let session = tenant.authenticate(&credentials, client).await?;
    let query = Query {
        collection: "events".to_owned(),
        filters: vec![vec![Criterion {
            field: "identifier".to_owned(),
            test: Test::Equals(vec![named.event.clone()]),
        }]],
        limit: 1,
        fields: FIELDS.map(str::to_owned).to_vec(),
        ..Query::default()
    };
    let page = tenant.find(&session, &query).map_err(|error| {
        tracing::error!(tenant = %tenant.name(), "{}", error.message);
        denials::unavailable("The file cannot be looked up at the moment.")
    })?;
    match page.items.first() {
        Some(event) => Ok(find(event, named)),
        None if session.authenticated.is_empty() => {
            let denial = denials::unauthenticated("This file is not for everybody: say who you are.");
            Err(tenant.challenged(&credentials, denial))
        }
        None => Ok(None),
    }
}

/// The answer to somebody who is not let in.
pub(super) fn refused(denial: &Denial, request_id: &str) -> Response<Body> {
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

fn find(event: &Item, named: &Named) -> Option<Element> {
    let [media, publications] = event.values.as_slice() else {
        return None;
    };
    let media: Vec<Element> = document(media);
    let publications: Vec<Publication> = document(publications);
    let published = publications
        .into_iter()
        .flat_map(|publication| [publication.media, publication.attachments, publication.metadata])
        .flatten();
    media
        .into_iter()
        .chain(published)
        .find(|element| element.file == named.file && element.name == named.name)
}

fn document<T: DeserializeOwned>(value: &Value) -> Vec<T> {
    match value {
        Value::Document(json) => serde_json::from_str(json).unwrap_or_default(),
        _ => Vec::new(),
    }
}
