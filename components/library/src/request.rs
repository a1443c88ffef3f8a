//! A request as handlers see it, on every target.

use std::io::Read;

use crate::api::Credentials;

/// An HTTP request.
pub struct Request {
    /// Method, path with query and header fields: what authentication looks at.
    pub head: Credentials,
    /// `http` or `https`.
    pub scheme: String,
    /// Host and port as the client named them.
    pub authority: String,
    /// The body, read at most once.
    pub body: Box<dyn Read + Send>,
}

impl Request {
    /// In upper case.
    pub fn method(&self) -> &str {
        &self.head.method
    }

    /// The path, still percent-encoded.
    pub fn path(&self) -> &str {
        let path_with_query = &self.head.path_with_query;
        path_with_query
            .split_once('?')
            .map_or(path_with_query, |(path, _)| path)
    }

    /// The query string, still percent-encoded; empty if there is none.
    pub fn query_string(&self) -> &str {
        self.head.path_with_query.split_once('?').map_or("", |(_, query)| query)
    }

    /// The first header field of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// All header fields of this name as one, joined by commas.
    pub fn joined_header(&self, name: &str) -> Option<String> {
        let mut values = self
            .head
            .headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value);
        let first = values.next()?.clone();
        Some(values.fold(first, |joined, value| joined + ", " + value))
    }
}
