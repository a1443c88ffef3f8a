//! An HTTP client that sends what it is told, byte by byte, and never follows, retries or guesses.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::HeaderValue;
use hyper_util::rt::{TokioExecutor, TokioIo};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::answer::Answer;
use crate::contract;
use crate::form::{self, Encoding, Form};

/// Longer than any deadline of the server: a test that runs into this hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a query value may contain unescaped.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
    );
}

/// A host, an identity, and header fields that go with every request. Each request has a connection of its own.
#[derive(Clone, Debug)]
pub struct Client {
    address: SocketAddr,
    host: String,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client without credentials.
    pub fn new(address: SocketAddr, host: &str) -> Self {
        Self {
            address,
            host: host.to_owned(),
            headers: Vec::new(),
        }
    }

    /// The same client with Basic credentials.
    pub fn with_credentials(&self, user: &str, password: &str) -> Self {
        self.with_header("authorization", &basic(user, password))
    }

    /// The same client with one more header field on every request.
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same client asking another host.
    pub fn at_host(&self, host: &str) -> Self {
        Self {
            host: host.to_owned(),
            ..self.clone()
        }
    }

    /// Starts a GET request.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// Starts a POST request.
    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// Starts a PUT request.
    pub fn put(&self, path: &str) -> Request {
        self.request("PUT", path)
    }

    /// Starts a DELETE request.
    pub fn delete(&self, path: &str) -> Request {
        self.request("DELETE", path)
    }

    /// Starts a request of any method.
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request {
            client: self.clone(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
            chunk: None,
            http2: false,
        }
    }
}

/// The value of an `Authorization` header for Basic authentication, in UTF-8 as current clients send it.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// A request in the making.
#[derive(Clone, Debug)]
pub struct Request {
    client: Client,
    method: String,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Bytes,
    chunk: Option<usize>,
    http2: bool,
}

impl Request {
    /// Adds a query parameter, percent-encoded.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(name);
        self.path.push('=');
        self.path.extend(utf8_percent_encode(value, QUERY_VALUE));
        self
    }

    /// Adds a header field.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Asks for a version of the API: `v1.5.0`.
    pub fn version(self, version: &str) -> Self {
        self.header("accept", format!("application/{version}+json"))
    }

    /// Sends a form.
    pub fn form(self, form: &Form, encoding: Encoding) -> Self {
        let (content_type, body) = form.encode(encoding);
        self.body(&content_type, body)
    }

    /// Sends a form as `multipart/form-data`.
    pub fn multipart(self, form: &Form) -> Self {
        self.form(form, Encoding::Multipart)
    }

    /// Sends a form as `application/x-www-form-urlencoded`.
    pub fn urlencoded(self, form: &Form) -> Self {
        self.form(form, Encoding::Urlencoded)
    }

    /// Sends these bytes.
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sends the body without its length, in chunks of this size.
    pub fn chunked(mut self, size: usize) -> Self {
        self.chunk = Some(size);
        self
    }

    /// Speaks HTTP/2 from the first byte on.
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// Sends the request and reads the whole answer, which must be one that the API's description promises.
    #[track_caller]
    pub fn send(self) -> Answer {
        let (client, method, path) = (self.client.clone(), self.method.clone(), self.path.clone());
        let answer = self.send_unchecked();
        let fetch = || {
            let answer = Client::new(client.address, &client.host)
                .get(contract::PATH)
                .send_unchecked();
            (answer.status == 200).then(|| answer.json())
        };
        let is_described = path.starts_with("/api") && !path.starts_with(contract::PATH);
        let breach = is_described.then(|| contract::known(fetch)).flatten();
        if let Some(breach) = breach.and_then(|contract| contract.breach(&method, &path, &answer)) {
            panic!("{answer}\nis not what the API's description says: {breach}");
        }
        answer
    }

    /// Sends the request and reads the whole answer, if there is one: a server that is killed gives none.
    pub fn try_send(self) -> Option<Answer> {
        RUNTIME.with_borrow(|runtime| {
            runtime.block_on(async { tokio::time::timeout(PATIENCE, self.exchange()).await.ok()?.ok() })
        })
    }

    /// Sends the request and reads the whole answer, whatever it is.
    #[track_caller]
    pub fn send_unchecked(self) -> Answer {
        let shown = self.to_string();
        let answer = RUNTIME
            .with_borrow(|runtime| runtime.block_on(async { tokio::time::timeout(PATIENCE, self.exchange()).await }));
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => panic!("{shown}: no answer: {error}"),
            Err(_) => panic!("{shown}: no answer within {PATIENCE:?}"),
        }
    }

    async fn exchange(self) -> Result<Answer, Box<dyn std::error::Error>> {
        let shown = self.to_string();
        let io = TokioIo::new(TcpStream::connect(self.client.address).await?);
        let body = match self.chunk {
            Some(size) => form::Chunks::new(&self.body, size).boxed(),
            None => Full::new(self.body.clone()).boxed(),
        };
        let http2 = self.http2;
        let request = self.into_hyper(body)?;
        let response = if http2 {
            let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(connection);
            sender.send_request(request).await?
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
            tokio::spawn(connection);
            sender.send_request(request).await?
        };
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer::new(shown, head.status.as_u16(), head.headers, body))
    }

    fn into_hyper<B>(self, body: B) -> Result<hyper::Request<B>, hyper::http::Error> {
        // HTTP/2 carries the host in the URI, HTTP/1.1 in a header field.
        let mut request = if self.http2 {
            hyper::Request::builder().uri(format!("http://{}{}", self.client.host, self.path))
        } else {
            hyper::Request::builder()
                .uri(&self.path)
                .header("host", &self.client.host)
        };
        request = request.method(self.method.as_str());
        for (name, value) in &self.client.headers {
            request = request.header(name, HeaderValue::from_bytes(value.as_bytes())?);
        }
        for (name, value) in &self.headers {
            request = request.header(name, HeaderValue::from_bytes(value)?);
        }
        request.body(body)
    }
}

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} at {}", self.method, self.path, self.client.host)?;
        for (name, value) in &self.headers {
            write!(f, "\n  {name}: {}", String::from_utf8_lossy(value))?;
        }
        if !self.body.is_empty() {
            let body = String::from_utf8_lossy(&self.body);
            write!(f, "\n  {}", body.chars().take(2000).collect::<String>())?;
        }
        Ok(())
    }
}
