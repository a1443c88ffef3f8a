//! The access log: one line for each request, when all of its answer has been handed to the connection.
//!
//! `lectern stats import` reads it (`lectern-access-log`), and `docs/monitoring.md` tells what its members mean.

use crate::web::exchange::Exchange;
use lectern_engine::Phase;
use opentelemetry::TraceId;
use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// Writes the line, if anybody wants to know. What the client decides about cannot forge lines: the method and the request's name
/// hold nothing that means something here, and the rest stands in quotes, where it is escaped.
pub fn log(exchange: &Exchange) {
    if !tracing::enabled!(target: "lectern::access", tracing::Level::INFO) {
        return;
    }
    let record = &exchange.record;
    let session = record.session();
    let user = session.map(|session| session.authenticated.as_str());
    let acts_as = session.map(|session| session.principal.username.as_str());
    let user = user.filter(|user| !user.is_empty());
    let of = |phase| micros(record.sum(phase).time);
    let data = record.data();
    tracing::info!(
        target: "lectern::access",
        request = %exchange.id,
        trace = %exchange.follow.as_ref().map_or(Shown(None), |follow| Shown(Some(follow.trace()))),
        client = %exchange.client.address,
        tenant = exchange.tenant.as_ref().map_or("-", |tenant| tenant.name().as_str()),
        user = user.unwrap_or("-"),
        run_as = acts_as.filter(|name| user.is_some_and(|user| user != *name)).unwrap_or("-"),
        component = exchange.answerer.name(),
        version = exchange.answerer.version().unwrap_or("-"),
        method = %exchange.method,
        path = exchange.target.path(),
        query = &*without_credentials(exchange.target.query().unwrap_or_default()),
        status = exchange.status(),
        end = exchange.end().name(),
        failure = record.failure().unwrap_or("-"),
        received = record.received(),
        sent = exchange.sent,
        agent = &*agent(exchange),
        micros = micros(exchange.time()),
        accept_us = of(Phase::Accept),
        route_us = of(Phase::Route),
        receive_us = of(Phase::Receive),
        queue_us = of(Phase::Queue),
        instantiate_us = of(Phase::Instantiate),
        authenticate_us = of(Phase::Authenticate),
        handler_us = of(Phase::Handler),
        data_us = micros(data.time),
        data_calls = data.number,
        encode_us = of(Phase::Encode),
        write_us = of(Phase::Write),
    );
}

/// The number of a trace, or that there is none.
struct Shown(Option<TraceId>);

impl Display for Shown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(trace) => trace.fmt(f),
            None => f.write_str("-"),
        }
    }
}

/// What the client says that it is.
pub fn agent(exchange: &Exchange) -> Cow<'_, str> {
    let agent = exchange.agent.as_ref();
    agent.map_or(Cow::Borrowed(""), |agent| String::from_utf8_lossy(agent.as_bytes()))
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The query without the values of `jwt` and `signature`: whoever reads them in the log could come in with them.
pub fn without_credentials(query: &str) -> Cow<'_, str> {
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
            assert_eq!(without_credentials(query), logged);
        }
    }
}
