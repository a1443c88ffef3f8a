//! Trying a handler with the request that it declares itself, before it serves anybody.
//!
//! Does not belong here: whose data it sees meanwhile. That is a tenant without content that nobody else uses.

use crate::backend::Backend;
use crate::body::Body;
use crate::call::Call;
use crate::engine::Engine;
use crate::guest::{Failure, in_time, store};
use crate::handlers::{Handler, name_for};
use crate::output::Origin;
use crate::state::State;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the probe is called in the log.
const REQUEST_ID: &str = "probe";

/// A request that a handler has answered as it declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// Method, path and query.
    pub request: String,
    /// The status of the answer.
    pub status: u16,
    /// The time from the request to the end of the answer.
    pub time: Duration,
}

/// Why a handler must not serve.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It could not even say how it is to be tried.
    #[error("{name}: the function that declares its probe failed: {reason}")]
    Declaration {
        /// The handler's name.
        name: String,
        /// What happened.
        reason: String,
    },
    /// The request is none.
    #[error("{name}: its probe, {request}, is no HTTP request")]
    Request {
        /// The handler's name.
        name: String,
        /// Method, path and query as declared.
        request: String,
    },
    /// The request is not for this handler.
    #[error(
        "{name}: its probe asks for {path}, which is not answered by `{name}` but by {other}; is it another handler's file?"
    )]
    Elsewhere {
        /// The handler's name.
        name: String,
        /// Path and query as declared.
        path: String,
        /// Who answers there, as a part of a sentence.
        other: String,
    },
    /// It gave no proper answer.
    #[error("{name}: its probe, {request}, was not answered: {reason}")]
    Failed {
        /// The handler's name.
        name: String,
        /// Method, path and query.
        request: String,
        /// What happened.
        reason: String,
    },
    /// The answer has another status than the handler itself expects.
    #[error("{name}: its probe, {request}, was answered with {actual} and not with {expected} as it declares{said}")]
    Status {
        /// The handler's name.
        name: String,
        /// Method, path and query.
        request: String,
        /// The status of the answer.
        actual: u16,
        /// The status that is declared.
        expected: u16,
        /// The beginning of the answer's body, as a part of a sentence.
        said: String,
    },
}

/// Characters of an unexpected answer that are worth showing.
const SHOWN: usize = 300;

impl Engine {
    /// Has a handler answer its own probe, as the user with these credentials (the value of `Authorization`), within the limits that every request
    /// has. `is_there` knows the other handlers by their names.
    pub async fn probe(
        &self,
        handler: &Handler,
        backend: Arc<dyn Backend>,
        credentials: &HeaderValue,
        is_there: impl Fn(&str) -> bool,
    ) -> Result<Probed, Unfit> {
        let name = || handler.name().to_owned();
        let origin = Arc::new(Origin {
            handler: handler.name.clone(),
            tenant: backend.tenant().into(),
            request: REQUEST_ID.into(),
        });
        let state = State::new(
            self.settings(),
            handler.digest.clone(),
            backend.clone(),
            CLIENT,
            origin.clone(),
            Arc::default(),
        );
        let declared = self
            .declared(handler, state)
            .await
            .map_err(|failure| Unfit::Declaration {
                name: name(),
                reason: failure.to_string(),
            })?;
        let shown = format!("{} {}", declared.method, declared.path_with_query);
        let request = request(&declared, credentials).ok_or_else(|| Unfit::Request {
            name: name(),
            request: shown.clone(),
        })?;
        let answering = name_for(request.uri().path(), |other| other == handler.name() || is_there(other));
        if answering != Some(handler.name()) {
            return Err(Unfit::Elsewhere {
                name: name(),
                path: declared.path_with_query,
                other: answering.map_or_else(|| "no handler".to_owned(), |other| format!("`{other}`")),
            });
        }
        let call = Call {
            backend,
            client: CLIENT,
            request_id: REQUEST_ID.into(),
            secure: false,
            record: Arc::default(),
        };
        let failed = |reason: String| Unfit::Failed {
            name: name(),
            request: shown.clone(),
            reason,
        };
        let started = Instant::now();
        let answer = self.answer(handler, call, request, &origin).await;
        let (status, body) = whole(answer).await.map_err(failed)?;
        if status.as_u16() != declared.status {
            return Err(Unfit::Status {
                name: name(),
                request: shown,
                actual: status.as_u16(),
                expected: declared.status,
                said: said(&body),
            });
        }
        Ok(Probed {
            request: shown,
            status: declared.status,
            time: started.elapsed(),
        })
    }

    /// What the handler says that it can be tried with.
    async fn declared(&self, handler: &Handler, state: State) -> Result<Declared, Failure> {
        let settings = self.settings();
        let latest = tokio::time::Instant::now() + settings.request_timeout;
        let run = async {
            let mut store = store(self.wasmtime(), settings.instance_memory, state);
            let instance = handler.pre.instantiate_async(&mut store).await?;
            instance.lectern_api_probe().call_declare(&mut store).await
        };
        match in_time(run, || latest).await {
            Some(declared) => Ok(declared?),
            None => Err(Failure::Late),
        }
    }
}

type Declared = crate::bindings::probe::Request;

/// Handlers of a probe see a client on the same machine.
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn request(declared: &Declared, credentials: &HeaderValue) -> Option<Request<Empty<Bytes>>> {
    let method: Method = declared.method.parse().ok()?;
    let target: Uri = declared.path_with_query.parse().ok()?;
    // A path alone: whoever names a host means something else.
    if target.authority().is_some() {
        return None;
    }
    Request::builder()
        .method(method)
        .uri(target)
        .header(header::HOST, "localhost")
        .header(header::AUTHORIZATION, credentials)
        .body(Empty::new())
        .ok()
}

/// The answer to its end.
async fn whole(answer: Result<Response<Body>, Failure>) -> Result<(StatusCode, Bytes), String> {
    let (head, body) = answer.map_err(|failure| failure.to_string())?.into_parts();
    match body.collect().await {
        Ok(body) => Ok((head.status, body.to_bytes())),
        Err(_) => Err("the answer broke off; the log says why".to_owned()),
    }
}

fn said(body: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(body)
        .chars()
        .take(SHOWN)
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    if text.trim().is_empty() {
        String::new()
    } else {
        format!("; it says: {text}")
    }
}
