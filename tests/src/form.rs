//! Forms in the two encodings that clients send, with the liberties they take.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};

/// How a form is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-www-form-urlencoded`.
    Urlencoded,
    /// `multipart/form-data`.
    Multipart,
}

/// Both encodings: every form endpoint takes either (but uploads).
pub const ENCODINGS: [Encoding; 2] = [Encoding::Urlencoded, Encoding::Multipart];

const BOUNDARY: &str = "----lectern-boundary-5f3a91";

/// A form: fields and files in the order in which they are sent.
#[derive(Clone, Debug, Default)]
pub struct Form {
    parts: Vec<Part>,
    boundary: Option<String>,
    content_type: Option<String>,
}

#[derive(Clone, Debug)]
struct Part {
    name: String,
    file: Option<(String, String)>,
    content: Vec<u8>,
}

impl Form {
    /// A form without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    pub fn field(mut self, name: &str, value: impl ToString) -> Self {
        self.parts.push(Part {
            name: name.to_owned(),
            file: None,
            content: value.to_string().into_bytes(),
        });
        self
    }

    /// Adds a file; only multipart bodies have those.
    pub fn file(mut self, name: &str, filename: &str, content_type: &str, content: &[u8]) -> Self {
        self.parts.push(Part {
            name: name.to_owned(),
            file: Some((filename.to_owned(), content_type.to_owned())),
            content: content.to_owned(),
        });
        self
    }

    /// Adds the fields and files of another form.
    pub fn append(mut self, other: &Form) -> Self {
        self.parts.extend(other.parts.iter().cloned());
        self
    }

    /// Uses another boundary between the parts.
    pub fn boundary(mut self, boundary: &str) -> Self {
        self.boundary = Some(boundary.to_owned());
        self
    }

    /// Announces a multipart body with this `Content-Type` instead of the usual one.
    pub fn announced_as(mut self, content_type: &str) -> Self {
        self.content_type = Some(content_type.to_owned());
        self
    }

    /// The value of `Content-Type`, and the body.
    pub fn encode(&self, encoding: Encoding) -> (String, Bytes) {
        match encoding {
            Encoding::Urlencoded => ("application/x-www-form-urlencoded".to_owned(), self.urlencoded()),
            Encoding::Multipart => {
                let boundary = self.boundary.as_deref().unwrap_or(BOUNDARY);
                let usual = format!("multipart/form-data; boundary={boundary}");
                (self.content_type.clone().unwrap_or(usual), self.multipart(boundary))
            }
        }
    }

    fn urlencoded(&self) -> Bytes {
        let mut body = form_urlencoded::Serializer::new(String::new());
        for part in &self.parts {
            assert!(part.file.is_none(), "an urlencoded form has no files");
            body.append_pair(&part.name, std::str::from_utf8(&part.content).expect("a field is text"));
        }
        body.finish().into()
    }

    fn multipart(&self, boundary: &str) -> Bytes {
        let mut body = Vec::new();
        for part in &self.parts {
            let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", part.name);
            if let Some((filename, content_type)) = &part.file {
                head.push_str(&format!("; filename=\"{filename}\"\r\nContent-Type: {content_type}"));
            }
            head.push_str("\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(&part.content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        body.into()
    }
}

/// A body of unknown length.
pub(crate) struct Chunks {
    rest: Bytes,
    size: usize,
}

impl Chunks {
    pub(crate) fn new(body: &Bytes, size: usize) -> Self {
        Self {
            rest: body.clone(),
            size: size.max(1),
        }
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let size = self.size.min(self.rest.len());
        let chunk = self.rest.split_to(size);
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }
}
