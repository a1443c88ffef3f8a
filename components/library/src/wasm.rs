//! The inside of a component: requests and responses of `wasi:http`, and the backend that the bindings are.

use std::any::Any;
use std::io::{self, Read};

use crate::api::{
    AccessEntry, Assignment, Backend, Capabilities, Credentials, Denial, Error, ListPart, Organization, Page,
    Principal, Processing, Provider, Query, Question, RenderedPage, Sequence, Session, Signed, TimeSeries, Transaction,
    Upload,
};
use crate::bindings::exports::lectern::api::probe;
use crate::bindings::lectern::api::{auth, lists, search, statistics, storage, urls};
use crate::bindings::wasi::http::types::{
    Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam, Scheme,
};
use crate::bindings::wasi::io::streams::{InputStream, OutputStream, StreamError};
use crate::{App, Body, Request, Response};

/// Answers one request.
pub fn serve(app: &App, request: IncomingRequest, out: ResponseOutparam) {
    send(app.respond(&Host, receive(request)), out);
}

/// How the handler can be tried. Every component has a probe, or it would not have been built.
pub fn declare(app: &App) -> probe::Request {
    let probe = app.probe().unwrap_or_default();
    probe::Request {
        method: probe.method.to_owned(),
        path_with_query: probe.path_with_query.to_owned(),
        status: probe.status,
    }
}

/// The host behind the bindings.
struct Host;

impl Backend for Host {
    fn accepts_tokens(&self) -> bool {
        auth::accepts_tokens()
    }

    fn authenticate(&self, credentials: &Credentials) -> Result<Box<dyn Session>, Denial> {
        Ok(Box::new(auth::authenticate(credentials)?))
    }
}

impl Session for auth::Session {
    fn principal(&self) -> Principal {
        auth::Session::principal(self)
    }

    fn organization(&self) -> Organization {
        auth::Session::organization(self)
    }

    fn capabilities(&self) -> Capabilities {
        auth::Session::capabilities(self)
    }

    fn find(&self, query: &Query) -> Result<Page, Error> {
        search::find(self, query)
    }

    fn find_rendered(&self, query: &Query, form: &str) -> Result<RenderedPage, Error> {
        search::find_rendered(self, query, form)
    }

    fn keep(&self, texts: &[Option<String>]) {
        search::keep(self, texts);
    }

    fn catalogs(&self, collection: &str) -> Result<String, Error> {
        search::catalogs(self, collection)
    }

    fn list_names(&self) -> Result<Vec<String>, Error> {
        lists::names(self)
    }

    fn list(&self, name: &str, offset: u64, limit: u32) -> Result<ListPart, Error> {
        lists::entries(self, name, offset, limit)
    }

    fn begin(&self) -> Box<dyn Transaction> {
        Box::new(storage::Transaction::new(self))
    }

    fn upload(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        Ok(Box::new(storage::Upload::open(self, name)?))
    }

    fn sign(&self, urls: &[String], valid_until: Option<i64>, address: Option<&str>) -> Result<Signed, Error> {
        urls::sign(self, urls, valid_until, address)
    }

    fn statistics(&self) -> Result<Vec<Provider>, Error> {
        statistics::providers(self)
    }

    fn count_views(&self, questions: &[Question]) -> Result<Vec<TimeSeries>, Error> {
        statistics::query(self, questions)
    }

    fn now(&self) -> i64 {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since_epoch.map_or(0, |elapsed| i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Upload for storage::Upload {
    fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        storage::Upload::write(self, bytes)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

impl Transaction for storage::Transaction {
    fn expect(&self, collection: &str, identifier: &str, sequence: Sequence) {
        storage::Transaction::expect(self, collection, identifier, sequence);
    }

    fn remember(&self, key: &str, fingerprint: &str, answer: &str) {
        storage::Transaction::remember(self, key, fingerprint, answer);
    }

    fn create(
        &self,
        collection: &str,
        identifier: Option<&str>,
        fields: &[Assignment],
        acl: Option<&[AccessEntry]>,
    ) -> String {
        storage::Transaction::create(self, collection, identifier, fields, acl)
    }

    fn update(&self, collection: &str, identifier: &str, fields: &[Assignment]) {
        storage::Transaction::update(self, collection, identifier, fields);
    }

    fn set_acl(&self, collection: &str, identifier: &str, acl: Option<&[AccessEntry]>) {
        storage::Transaction::set_acl(self, collection, identifier, acl);
    }

    fn grant(&self, collection: &str, identifier: &str, action: &str, role: &str) {
        storage::Transaction::grant(self, collection, identifier, action, role);
    }

    fn revoke(&self, collection: &str, identifier: &str, action: &str, role: &str) {
        storage::Transaction::revoke(self, collection, identifier, action, role);
    }

    fn override_acls(&self, series: &str) {
        storage::Transaction::override_acls(self, series);
    }

    fn schedule(
        &self,
        fields: &[Assignment],
        acl: Option<&[AccessEntry]>,
        scheduling: &str,
        processing: Option<&Processing>,
    ) -> Result<Vec<String>, Error> {
        storage::Transaction::schedule(self, fields, acl, scheduling, processing)
    }

    fn reschedule(&self, event: &str, scheduling: &str, allow_conflict: bool) {
        storage::Transaction::reschedule(self, event, scheduling, allow_conflict);
    }

    fn set_processing(&self, event: &str, processing: &Processing) {
        storage::Transaction::set_processing(self, event, processing);
    }

    fn start_workflow(&self, event: &str, processing: &Processing) -> u64 {
        storage::Transaction::start_workflow(self, event, processing)
    }

    fn report_recording(&self, event: &str, state: Option<&str>) {
        storage::Transaction::report_recording(self, event, state);
    }

    fn add_track(&self, event: &str, flavor: &str, tags: &[String], file: Box<dyn Upload>, overwrite: bool) {
        if let Ok(upload) = file.into_any().downcast::<storage::Upload>() {
            storage::Transaction::add_track(self, event, flavor, tags, *upload, overwrite);
        }
    }

    fn delete(&self, collection: &str, identifier: &str) {
        storage::Transaction::delete(self, collection, identifier);
    }

    fn commit(self: Box<Self>) -> Result<Sequence, Error> {
        storage::Transaction::commit(*self)
    }
}

fn receive(request: IncomingRequest) -> Request {
    let method = match request.method() {
        Method::Get => "GET".to_owned(),
        Method::Head => "HEAD".to_owned(),
        Method::Post => "POST".to_owned(),
        Method::Put => "PUT".to_owned(),
        Method::Delete => "DELETE".to_owned(),
        Method::Connect => "CONNECT".to_owned(),
        Method::Options => "OPTIONS".to_owned(),
        Method::Trace => "TRACE".to_owned(),
        Method::Patch => "PATCH".to_owned(),
        Method::Other(name) => name,
    };
    let scheme = match request.scheme() {
        Some(Scheme::Https) => "https".to_owned(),
        Some(Scheme::Other(scheme)) => scheme,
        Some(Scheme::Http) | None => "http".to_owned(),
    };
    let mut headers: Vec<(String, String)> = request
        .headers()
        .entries()
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), String::from_utf8_lossy(&value).into_owned()))
        .collect();
    let named = headers.iter().find(|(name, _)| name == "host");
    let authority = match (request.authority(), named) {
        // Some runtimes keep the header to themselves; whoever provides the API may need it to know which tenant is asked.
        (Some(authority), None) => {
            headers.push(("host".to_owned(), authority.clone()));
            authority
        }
        (Some(authority), Some(_)) => authority,
        (None, named) => named.map(|(_, host)| host.clone()).unwrap_or_default(),
    };
    Request {
        scheme,
        authority,
        head: Credentials {
            method,
            path_with_query: request.path_with_query().unwrap_or_default(),
            headers,
        },
        body: Box::new(Incoming::Unread(request)),
    }
}

/// The body of the request, opened when it is read first. Parts are declared in the order in which they must be dropped.
enum Incoming {
    Unread(IncomingRequest),
    Open {
        stream: InputStream,
        _body: IncomingBody,
        _request: IncomingRequest,
    },
    Closed,
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Incoming::Unread(_) = self {
            *self = match std::mem::replace(self, Incoming::Closed) {
                Incoming::Unread(request) => open(request).ok_or(io::ErrorKind::NotConnected)?,
                opened => opened,
            };
        }
        let Incoming::Open { stream, .. } = self else {
            return Ok(0);
        };
        match stream.blocking_read(buffer.len() as u64) {
            Ok(bytes) => {
                let (Some(target), length) = (buffer.get_mut(..bytes.len()), bytes.len()) else {
                    return Err(io::ErrorKind::InvalidData.into());
                };
                target.copy_from_slice(&bytes);
                Ok(length)
            }
            Err(StreamError::Closed) => Ok(0),
            Err(StreamError::LastOperationFailed(_)) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

fn open(request: IncomingRequest) -> Option<Incoming> {
    let body = request.consume().ok()?;
    let stream = body.stream().ok()?;
    Some(Incoming::Open {
        stream,
        _body: body,
        _request: request,
    })
}

fn send(response: Response, out: ResponseOutparam) {
    let headers: Vec<(String, Vec<u8>)> = response
        .headers
        .into_iter()
        .map(|(name, value)| (name, value.into_bytes()))
        .collect();
    // A header field that cannot be sent is a mistake of a handler; the status and the body still tell the client most.
    let outgoing = OutgoingResponse::new(Fields::from_list(&headers).unwrap_or_else(|_| Fields::new()));
    let _ = outgoing.set_status_code(response.status);
    let Ok(body) = outgoing.body() else {
        return;
    };
    let Ok(stream) = body.write() else {
        return;
    };
    // What fits is written before the answer begins: some runtimes send what there is at once, and the rest when the client has confirmed
    // that, which takes it a while.
    if write_at_once(&stream, &response.body) {
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
        ResponseOutparam::set(out, Ok(outgoing));
        return;
    }
    ResponseOutparam::set(out, Ok(outgoing));
    if write(stream, response.body).is_some() {
        let _ = OutgoingBody::finish(body, None);
    }
    // A body that is dropped unfinished is cut off by the host, so the client sees that something is missing.
}

/// Writes all of a body that there is room for, or nothing of it; whether it has been written.
fn write_at_once(stream: &OutputStream, content: &Body) -> bool {
    match content {
        Body::Empty => true,
        Body::Bytes(bytes) => {
            let fits = stream.check_write().is_ok_and(|room| bytes.len() as u64 <= room);
            fits && stream.write(bytes).is_ok() && stream.flush().is_ok()
        }
        Body::Chunks(_) => false,
    }
}

fn write(stream: OutputStream, content: Body) -> Option<()> {
    match content {
        Body::Empty => Some(()),
        Body::Bytes(bytes) => write_all(&stream, &bytes),
        Body::Chunks(chunks) => {
            for chunk in chunks {
                write_all(&stream, &chunk.ok()?)?;
            }
            Some(())
        }
    }
}

fn write_all(stream: &OutputStream, mut bytes: &[u8]) -> Option<()> {
    while !bytes.is_empty() {
        let room = match stream.check_write().ok()? {
            0 => {
                stream.subscribe().block();
                continue;
            }
            room => usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len()),
        };
        let (now, later) = bytes.split_at_checked(room)?;
        stream.write(now).ok()?;
        bytes = later;
    }
    // Asks for it without waiting: whoever reads decides when, and `finish` waits for nobody either.
    stream.flush().ok()
}
