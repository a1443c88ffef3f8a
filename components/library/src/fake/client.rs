//! A client that speaks to a handler without a network.

use std::io::Cursor;

use super::{ADMIN, Fake};
use crate::api::Credentials;
use crate::{App, Request};

/// A client of one handler. Acts as the administrator unless told otherwise.
#[derive(Clone)]
pub struct Client {
    app: &'static App,
    /// The tenant it talks to.
    pub backend: Fake,
    headers: Vec<(String, String)>,
}

/// What a client reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header fields.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub text: String,
}

impl Answer {
    /// A header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The members of this name of all objects of a list.
    pub fn column(&self, name: &str) -> Vec<String> {
        let list = self.json();
        let objects = list.as_array().map(Vec::as_slice).unwrap_or_default();
        objects
            .iter()
            .map(|object| object.get(name).map_or(String::new(), plain))
            .collect()
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Client {
    /// The administrator at a handler with an empty tenant.
    pub fn of(app: &'static App) -> Client {
        let client = Client {
            app,
            backend: Fake::default(),
            headers: Vec::new(),
        };
        client.identified(ADMIN, &[])
    }

    /// The same client as another user.
    pub fn identified(&self, username: &str, roles: &[&str]) -> Client {
        self.anonymous()
            .with_header("authorization", &format!("Test {username} {}", roles.join(",")))
    }

    /// The same client without credentials.
    pub fn anonymous(&self) -> Client {
        let mut client = self.clone();
        client.headers.retain(|(name, _)| name != "authorization");
        client
    }

    /// The same client that asks for a version, such as `1.0.0`.
    pub fn speaking(&self, version: &str) -> Client {
        self.with_header("accept", &format!("application/v{version}+json"))
    }

    /// The same client with one more header field.
    pub fn with_header(&self, name: &str, value: &str) -> Client {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// Sends a request without a body.
    pub fn send(&self, method: &str, path_with_query: &str) -> Answer {
        self.exchange(method, path_with_query, None, "")
    }

    /// Sends `GET`.
    pub fn get(&self, path_with_query: &str) -> Answer {
        self.send("GET", path_with_query)
    }

    /// Sends a form in both encodings and takes the second answer; for requests that can be repeated. The two answers must
    /// be the same.
    pub fn submit(&self, method: &str, path_with_query: &str, fields: &[(&str, &str)]) -> Answer {
        let urlencoded = self.urlencoded(method, path_with_query, fields);
        let multipart = self.multipart(method, path_with_query, fields);
        assert_eq!(urlencoded, multipart, "{method} {path_with_query}");
        multipart
    }

    /// Sends an `application/x-www-form-urlencoded` form.
    pub fn urlencoded(&self, method: &str, path_with_query: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.exchange(
            method,
            path_with_query,
            Some("application/x-www-form-urlencoded"),
            &body,
        )
    }

    /// Sends a `multipart/form-data` form. A field name `presenter; filename="a.mp4"` makes a file.
    pub fn multipart(&self, method: &str, path_with_query: &str, fields: &[(&str, &str)]) -> Answer {
        let parts = fields.iter().map(|(name, value)| {
            let (name, rest) = name.split_once(';').unwrap_or((name, ""));
            let rest = if rest.is_empty() {
                String::new()
            } else {
                format!(";{rest}")
            };
            format!("--boundary\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n\r\n{value}\r\n")
        });
        let body: String = parts.chain(["--boundary--\r\n".to_owned()]).collect();
        self.exchange(
            method,
            path_with_query,
            Some("multipart/form-data; boundary=boundary"),
            &body,
        )
    }

    /// Sends a request with any body.
    pub fn exchange(&self, method: &str, path_with_query: &str, content_type: Option<&str>, body: &str) -> Answer {
        let content_type = content_type.map(|content_type| ("content-type".to_owned(), content_type.to_owned()));
        let request = Request {
            head: Credentials {
                method: method.to_owned(),
                path_with_query: path_with_query.to_owned(),
                headers: self.headers.iter().cloned().chain(content_type).collect(),
            },
            scheme: "http".to_owned(),
            authority: "localhost:8080".to_owned(),
            body: Box::new(Cursor::new(body.as_bytes().to_vec())),
        };
        let response = self.app.respond(&self.backend, request);
        Answer {
            status: response.status,
            headers: response.headers.clone(),
            text: response.text(),
        }
    }
}
