//! The way of a request through a handler.

use std::rc::Rc;

use percent_encoding::utf8_percent_encode;
use serde::Serialize;

use crate::address::{RESERVED, file_url};
use crate::api::{Backend, Session};
use crate::form::{Form, is_form, token};
use crate::query::Parameters;
use crate::route::{self, Parameter, Route};
use crate::version::{has_versions, negotiate, wants_problem_details};
use crate::{Probe, Problem, Request, Response, Version};

/// What a handler component serves.
pub struct App {
    /// The routes. Where two patterns match a path, the one further up counts.
    pub routes: &'static [Route],
    /// Whether answers name their version in `Content-Type`; plain `application/json` otherwise.
    pub versioned: bool,
    /// The request that a new version must answer before it serves; the first `GET` route without parameters if there is none.
    pub probe: Option<Probe>,
}

/// A request that has been let in and has found its route.
pub struct Context {
    /// The request.
    pub request: Request,
    /// What the request may read and write.
    pub session: Rc<dyn Session>,
    /// The version of the API that answers.
    pub version: Version,
    parameters: Vec<Parameter>,
}

impl App {
    /// The request that shows whether the handler works; none if it has no route that could be tried without knowing more about it.
    pub const fn probe(&self) -> Option<Probe> {
        match self.probe {
            Some(probe) => Some(probe),
            None => Probe::of(self.routes),
        }
    }

    /// Answers a request: authentication first, so that nobody learns anything without it; then route, version and the
    /// route's function. `HEAD` is answered like `GET`: whoever sends the answer leaves the body out.
    pub fn respond(&self, backend: &dyn Backend, request: Request) -> Response {
        let as_details = wants_problem_details(request.joined_header("accept").as_deref());
        let (answer, media_type) = match self.admit(backend, request) {
            Ok((route, context)) => {
                let media_type = if self.versioned {
                    context.version.media_type()
                } else {
                    "application/json"
                };
                ((route.run)(context), media_type)
            }
            Err(problem) => (Err(problem), "application/json"),
        };
        answer.unwrap_or_else(|problem| problem.into_response(as_details, media_type))
    }

    fn admit(&self, backend: &dyn Backend, request: Request) -> Result<(&'static Route, Context), Problem> {
        let request = with_token(backend, request);
        let session = backend.authenticate(&request.head)?;
        let (route, parameters) = route::find(self.routes, request.method(), request.path())?;
        // What lies elsewhere is no part of the External API and has no versions.
        let version = if has_versions(request.path()) {
            negotiate(request.joined_header("accept").as_deref(), route.since)?
        } else {
            Version::NEWEST
        };
        let context = Context {
            request,
            session: Rc::from(session),
            version,
            parameters,
        };
        Ok((route, context))
    }
}

/// The request with the token of its form in the header where tokens belong. Nothing is read of a body whose sender says elsewhere who
/// it is, that is no form, or that a tenant gets who accepts no tokens: a stranger must not keep us waiting for it.
fn with_token(backend: &dyn Backend, mut request: Request) -> Request {
    let is_written = ["POST", "PUT"].contains(&request.method());
    let says_who = request
        .header("authorization")
        .is_some_and(|value| !value.trim().is_empty())
        || Parameters::of(request.query_string()).first(token::FIELD).is_some();
    let content_type = request
        .header("content-type")
        .filter(|content_type| is_form(content_type));
    if let (true, false, Some(content_type)) = (is_written, says_who, content_type.map(str::to_owned))
        && backend.accepts_tokens()
    {
        let body = std::mem::replace(&mut request.body, Box::new(std::io::empty()));
        let (token, body) = token::find(&content_type, body);
        request.body = body;
        if let Some(token) = token {
            let headers = &mut request.head.headers;
            headers.retain(|(name, _)| name != "authorization");
            headers.push(("authorization".to_owned(), format!("Bearer {token}")));
        }
    }
    request
}

impl Context {
    /// A parameter of the path, decoded; empty if the route has none of this name.
    pub fn path(&self, name: &str) -> &str {
        self.parameters
            .iter()
            .find(|parameter| parameter.name == name)
            .map_or("", |parameter| &parameter.value)
    }

    /// The parameters of the query string.
    pub fn query(&self) -> Parameters<'_> {
        Parameters::of(self.request.query_string())
    }

    /// Reads the body as a form.
    pub fn form(&mut self) -> Result<Form, Problem> {
        let content_type = self.request.header("content-type").map(str::to_owned);
        let body = std::mem::replace(&mut self.request.body, Box::new(std::io::empty()));
        Form::read(content_type.as_deref(), body)
    }

    /// Where the API is, without a slash at the end: what its own addresses start with.
    pub fn api_url(&self) -> String {
        format!("{}/api", self.server_url())
    }

    /// Where the server is, without a slash at the end.
    ///
    /// The tenant may say so (`org.opencastproject.external.api.url`, with or without `/api` at the end); otherwise it is
    /// where this request was sent to.
    pub fn server_url(&self) -> String {
        let configured = self.configured_url().unwrap_or_default();
        let base = configured.trim_end_matches('/');
        match base.strip_suffix("/api").unwrap_or(base) {
            "" => self.origin(),
            base => base.to_owned(),
        }
    }

    /// Where a file of an event is to be had.
    pub fn file_url(&self, event: &str, file: &str, name: &str) -> String {
        file_url(&self.server_url(), event, file, name)
    }

    /// The tenant's property `org.opencastproject.external.api.url`, unless blank.
    pub fn configured_url(&self) -> Option<String> {
        let properties = self.session.organization().properties;
        let (_, url) = properties
            .into_iter()
            .find(|(name, _)| name == "org.opencastproject.external.api.url")?;
        Some(url.trim().to_owned()).filter(|url| !url.is_empty())
    }

    /// Scheme and authority of the request.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.request.scheme, self.request.authority)
    }

    /// 201: an object has been created and is to be found at `path` below the API.
    pub fn created(&self, path: &str, identifier: &str) -> Response {
        #[derive(Serialize)]
        struct Created<'a> {
            identifier: &'a str,
        }
        Response::json(201, self.version, &Created { identifier })
            .with_header("location", self.location(path, identifier))
    }

    /// The address of an object whose collection is at `path` below the API.
    pub fn location(&self, path: &str, identifier: &str) -> String {
        let segment = utf8_percent_encode(identifier, RESERVED);
        format!("{}{path}/{segment}", self.api_url())
    }
}
