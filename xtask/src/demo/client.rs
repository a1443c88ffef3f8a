//! A small HTTP client that can show what it sends and what comes back.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use ureq::http;

use super::content::{Account, Tenant};

const BOUNDARY: &str = "lectern-demo-7d1f0c";

/// Longer answers are cut when they are shown.
const LINES_SHOWN: usize = 40;

/// Sends requests to one server, whatever host they are for.
pub struct Client {
    agent: ureq::Agent,
    address: SocketAddr,
}

/// A request that can be sent and shown.
pub struct Request {
    method: http::Method,
    path: String,
    host: &'static str,
    account: Option<Account>,
    form: Option<Form>,
}

struct Form {
    multipart: bool,
    fields: Vec<(&'static str, Value)>,
}

/// A complete answer.
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// The field `Content-Type`, empty if there is none.
    pub content_type: String,
    /// The field `Location`, empty if there is none.
    pub location: String,
    /// The body as text.
    pub body: String,
}

impl Request {
    /// A GET to a tenant.
    pub fn get(tenant: &Tenant, path: impl Into<String>) -> Self {
        Self {
            method: http::Method::GET,
            path: path.into(),
            host: tenant.host,
            account: None,
            form: None,
        }
    }

    /// A POST of an urlencoded form to a tenant; the values are sent as JSON.
    pub fn post(tenant: &Tenant, path: impl Into<String>, fields: Vec<(&'static str, Value)>) -> Self {
        let form = Some(Form {
            multipart: false,
            fields,
        });
        Self {
            method: http::Method::POST,
            form,
            ..Self::get(tenant, path)
        }
    }

    /// The same as `multipart/form-data`.
    pub fn multipart(mut self) -> Self {
        self.form = self.form.map(|form| Form {
            multipart: true,
            ..form
        });
        self
    }

    /// The same with credentials.
    pub fn by(mut self, account: Account) -> Self {
        self.account = Some(account);
        self
    }
}

impl Form {
    fn content_type(&self) -> String {
        if self.multipart {
            format!("multipart/form-data; boundary={BOUNDARY}")
        } else {
            "application/x-www-form-urlencoded".to_owned()
        }
    }

    fn body(&self) -> String {
        if !self.multipart {
            let fields = self.fields.iter().map(|(name, value)| (name, value.to_string()));
            return form_urlencoded::Serializer::new(String::new())
                .extend_pairs(fields)
                .finish();
        }
        let part = |(name, value): &(&str, Value)| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        self.fields
            .iter()
            .map(part)
            .chain([format!("--{BOUNDARY}--\r\n")])
            .collect()
    }
}

impl Client {
    /// Nothing is sent yet.
    pub fn new(mut address: SocketAddr) -> Self {
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let config = ureq::Agent::config_builder()
            // A proxy of the environment knows nothing of this server.
            .proxy(None)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Self {
            agent: config.into(),
            address,
        }
    }

    /// The address that a tenant's users would type.
    pub fn url(&self, tenant: &Tenant, path: &str) -> String {
        format!("http://{}:{}{path}", tenant.host, self.address.port())
    }

    /// A request as this client sends it, with credentials and form fields in the clear.
    pub fn show(&self, request: &Request) -> String {
        let mut lines = vec![
            format!("> {} {}", request.method, request.path),
            format!("> Host: {}", self.host_field(request)),
        ];
        if let Some(account) = &request.account {
            lines.push(format!(
                "> Authorization: Basic ({}:{})",
                account.user, account.password
            ));
        }
        if let Some(form) = &request.form {
            lines.push(format!("> Content-Type: {}", form.content_type()));
            lines.extend(form.fields.iter().map(|(name, value)| format!(">   {name} = {value}")));
        }
        lines.join("\n")
    }

    fn host_field(&self, request: &Request) -> String {
        format!("{}:{}", request.host, self.address.port())
    }

    /// Sends a request. Any status is an answer; an error means that there was none.
    pub fn send(&self, request: &Request) -> Result<Answer> {
        let mut builder = http::Request::builder()
            .method(&request.method)
            .uri(format!("http://{}{}", self.address, request.path))
            .header("host", self.host_field(request));
        if let Some(account) = &request.account {
            let credentials = BASE64_STANDARD.encode(format!("{}:{}", account.user, account.password));
            builder = builder.header("authorization", format!("Basic {credentials}"));
        }
        let sent = match &request.form {
            None => self.agent.run(builder.body(())?),
            Some(form) => self
                .agent
                .run(builder.header("content-type", form.content_type()).body(form.body())?),
        };
        let mut response = sent.with_context(|| format!("no answer to {} {}", request.method, request.path))?;
        let field = |name| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Ok(Answer {
            status: response.status().as_u16(),
            content_type: field("content-type"),
            location: field("location"),
            body: response.body_mut().read_to_string().context("the answer broke off")?,
        })
    }
}

impl Answer {
    /// The answer, if it has this status.
    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status != status {
            bail!("expected status {status}, but got {self}");
        }
        Ok(self)
    }

    /// The body as JSON, if it is labelled with the API's version as everything but the base endpoint is.
    pub fn json(&self) -> Result<Value> {
        if !(self.content_type.starts_with("application/v1.") && self.content_type.ends_with("+json")) {
            bail!("expected a Content-Type such as application/v1.11.0+json, but got {self}");
        }
        self.parse()
    }

    /// The body as JSON, if it is labelled without a version: a client reads the base endpoint before it knows one.
    pub fn unversioned_json(&self) -> Result<Value> {
        if self.content_type != "application/json" {
            bail!("expected the Content-Type application/json, but got {self}");
        }
        self.parse()
    }

    fn parse(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| format!("expected JSON, but got {self}"))
    }

    /// The identifier of what was created: from a 201 whose body and `Location` agree.
    pub fn created(self) -> Result<String> {
        let answer = self.expect(201)?;
        let json = answer.json()?;
        match json.get("identifier").and_then(Value::as_str) {
            Some(id) if !id.is_empty() && answer.location.ends_with(&format!("/{id}")) => Ok(id.to_owned()),
            _ => bail!("expected an identifier, and the same at the end of Location, but got {answer}"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "< {}", self.status)?;
        for (name, value) in [("Content-Type", &self.content_type), ("Location", &self.location)] {
            if !value.is_empty() {
                write!(f, "\n< {name}: {value}")?;
            }
        }
        let pretty = serde_json::from_str::<Value>(&self.body).map(|json| format!("{json:#}"));
        let body = pretty.unwrap_or_else(|_| self.body.clone());
        for line in body.lines().take(LINES_SHOWN) {
            write!(f, "\n<   {line}")?;
        }
        match body.lines().count().saturating_sub(LINES_SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n<   … and {more} more lines"),
        }
    }
}
