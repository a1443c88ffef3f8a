//! The access log: one line for each answer, when its head is ready.

use http::{Method, StatusCode, Uri};
use std::net::IpAddr;
use std::time::Instant;

/// What is known of a request when it arrives.
pub struct Access {
    method: Method,
    target: Uri,
    client: IpAddr,
    arrived: Instant,
}

impl Access {
    /// Starts the clock, if anybody wants to know.
    pub fn new(method: &Method, target: &Uri, client: IpAddr) -> Option<Self> {
        tracing::enabled!(target: "lectern::access", tracing::Level::INFO).then(|| Self {
            method: method.clone(),
            target: target.clone(),
            client,
            arrived: Instant::now(),
        })
    }

    /// Writes the line. What the client decides about cannot forge lines: a target holds no control characters, and an unusual
    /// method no more than token characters.
    pub fn answered(self, request: &str, tenant: Option<&str>, status: StatusCode) {
        tracing::info!(
            target: "lectern::access",
            %request,
            client = %self.client,
            tenant = tenant.unwrap_or("-"),
            method = %self.method,
            path = self.target.path(),
            query = self.target.query().unwrap_or_default(),
            status = status.as_u16(),
            micros = u64::try_from(self.arrived.elapsed().as_micros()).unwrap_or(u64::MAX),
        );
    }
}
