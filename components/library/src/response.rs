//! An answer as handlers give it, on every target.

use std::fmt;

use serde::Serialize;

use crate::Version;

/// An HTTP response.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// The body of a response.
pub enum Body {
    /// No body.
    Empty,
    /// A body that is complete.
    Bytes(Vec<u8>),
    /// A body that is made while it is sent. An error cuts the answer off, so that the client notices.
    Chunks(Box<dyn Iterator<Item = Result<Vec<u8>, Interrupted>>>),
}

/// A body could not be made to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

impl Response {
    /// A response without header fields and body.
    pub fn new(status: u16) -> Response {
        Response {
            status,
            headers: Vec::new(),
            body: Body::Empty,
        }
    }

    /// 204.
    pub fn no_content() -> Response {
        Response::new(204)
    }

    /// JSON in the media type of a version: `application/v1.11.0+json`.
    pub fn json(status: u16, version: Version, value: &impl Serialize) -> Response {
        Response::json_as(status, version.media_type(), value)
    }

    /// JSON in the given media type.
    pub fn json_as(status: u16, media_type: &str, value: &impl Serialize) -> Response {
        match serde_json::to_vec(value) {
            Ok(bytes) => Response::new(status).with_body(media_type, bytes),
            // Nothing that is answered here can fail to be JSON; if it ever does, this request alone is affected.
            Err(_) => Response::new(500),
        }
    }

    /// Adds a header field.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Response {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a complete body.
    pub fn with_body(mut self, media_type: &str, bytes: Vec<u8>) -> Response {
        self = self
            .with_header("content-type", media_type)
            .with_header("content-length", bytes.len().to_string());
        self.body = Body::Bytes(bytes);
        self
    }

    /// Sets a body that is made while it is sent.
    pub fn with_chunks(
        mut self,
        media_type: &str,
        chunks: impl Iterator<Item = Result<Vec<u8>, Interrupted>> + 'static,
    ) -> Response {
        self = self.with_header("content-type", media_type);
        self.body = Body::Chunks(Box::new(chunks));
        self
    }

    /// The first header field of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as text, for tests: reads it to its end.
    #[cfg(any(test, feature = "testing"))]
    pub fn text(self) -> String {
        let bytes = match self.body {
            Body::Empty => Vec::new(),
            Body::Bytes(bytes) => bytes,
            Body::Chunks(chunks) => chunks.map_while(Result::ok).flatten().collect(),
        };
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Empty => f.write_str("Empty"),
            Body::Bytes(bytes) => write!(f, "Bytes({})", String::from_utf8_lossy(bytes)),
            Body::Chunks(_) => f.write_str("Chunks"),
        }
    }
}
