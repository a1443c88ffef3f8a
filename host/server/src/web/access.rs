//! The access log: one line for each answer, when its head is ready.

use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Instant;

/// What is known of a request when it arrives.
pub struct Access {
    method: Method,
    target: Uri,
    client: IpAddr,
    agent: Option<HeaderValue>,
    arrived: Instant,
}

impl Access {
    /// Starts the clock, if anybody wants to know.
    pub fn new<B>(request: &Request<B>, client: IpAddr) -> Option<Self> {
        tracing::enabled!(target: "lectern::access", tracing::Level::INFO).then(|| Self {
            method: request.method().clone(),
            target: request.uri().clone(),
            client,
            agent: request.headers().get(header::USER_AGENT).cloned(),
            arrived: Instant::now(),
        })
    }

    /// Writes the line, which `lectern stats import` reads. What the client decides about cannot forge lines: a target holds no control
    /// characters, an unusual method no more than token characters, and what stands in quotes is escaped.
    pub fn answered(self, request: &str, tenant: Option<&str>, status: StatusCode) {
        tracing::info!(
            target: "lectern::access",
            %request,
            client = %self.client,
            tenant = tenant.unwrap_or("-"),
            method = %self.method,
            path = self.target.path(),
            query = &*without_token(self.target.query().unwrap_or_default()),
            status = status.as_u16(),
            agent = &*self.agent.as_ref().map_or(Cow::Borrowed(""), |agent| String::from_utf8_lossy(agent.as_bytes())),
            micros = u64::try_from(self.arrived.elapsed().as_micros()).unwrap_or(u64::MAX),
        );
    }
}

/// The query without the values of `jwt` and `signature`: whoever reads them in the log could come in with them.
fn without_token(query: &str) -> Cow<'_, str> {
    let is_token = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        // An encoded name is no credential to the server, but shows what was meant.
        name.eq_ignore_ascii_case("jwt") || name == "signature" || name.contains('%')
    };
    if !query.split('&').any(is_token) {
        return Cow::Borrowed(query);
    }
    let hidden = |pair: &str| match pair.split('=').next() {
        Some("signature") => "signature=…".to_owned(),
        _ if is_token(pair) => "jwt=…".to_owned(),
        _ => pair.to_owned(),
    };
    Cow::Owned(query.split('&').map(hidden).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_the_query_is_not_logged() {
        for (query, logged) in [
            ("", ""),
            ("limit=1&filter=a:jwt", "limit=1&filter=a:jwt"),
            ("jwt=a.b.c", "jwt=…"),
            ("limit=1&jwt=a.b.c&offset=2", "limit=1&jwt=…&offset=2"),
            ("JWT=a.b.c&jwt=d", "jwt=…&jwt=…"),
            ("j%77t=a.b.c", "jwt=…"),
            ("policy=a&keyId=b&signature=c", "policy=a&keyId=b&signature=…"),
        ] {
            assert_eq!(without_token(query), logged);
        }
    }
}
