//! `Server-Timing`: what an answer took so far, for those who ask in their request.
//!
//! A client asks with the header field `X-Lectern-Timing: 1`. Times tell something about the server and about what others do on it,
//! so by default only those are told who have said who they are.

use clap::ValueEnum;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use lectern_engine::{Phase, Record};
use std::fmt::Write;
use std::time::Duration;

/// How a client asks.
const ASKS: HeaderName = HeaderName::from_static("x-lectern-timing");

/// What it gets (W3C Server Timing).
const ANSWER: HeaderName = HeaderName::from_static("server-timing");

/// Who is told what an answer took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Audience {
    /// Nobody
    Off,
    /// Those who have said who they are
    #[default]
    Authenticated,
    /// Whoever asks
    All,
}

/// The phases that are over, or have begun, when the head of an answer is made.
const SHOWN: [Phase; 6] = [
    Phase::Route,
    Phase::Receive,
    Phase::Queue,
    Phase::Instantiate,
    Phase::Authenticate,
    Phase::Handler,
];

/// Whether a request asks for times.
pub fn is_asked(headers: &HeaderMap) -> bool {
    headers.get(ASKS).is_some_and(|value| value == "1" || value == "?1")
}

impl Audience {
    /// Adds the times to the head of an answer, if whoever has asked is told.
    pub fn tell(self, record: &Record, headers: &mut HeaderMap) {
        let is_known = || {
            record
                .session()
                .is_some_and(|session| !session.authenticated.is_empty())
        };
        let is_told = match self {
            Self::Off => false,
            Self::Authenticated => is_known(),
            Self::All => true,
        };
        if is_told && let Ok(value) = HeaderValue::from_str(&times(record)) {
            headers.insert(ANSWER, value);
        }
    }
}

/// `route;dur=0.003, …, data;dur=0.142;desc="2 calls", total;dur=0.297`, in milliseconds.
fn times(record: &Record) -> String {
    let total = record.arrived().elapsed();
    let mut text = String::with_capacity(256);
    for phase in SHOWN {
        let sum = record.sum(phase);
        if sum.number > 0 {
            metric(&mut text, phase.name(), sum.time);
        }
    }
    let data = record.data();
    if data.number > 0 {
        metric(&mut text, "data", data.time);
        let calls = if data.number == 1 { "call" } else { "calls" };
        let _ = write!(text, ";desc=\"{} {calls}\"", data.number);
    }
    metric(&mut text, "total", total);
    text
}

fn metric(text: &mut String, name: &str, time: Duration) {
    let separator = if text.is_empty() { "" } else { ", " };
    // Writing to a string does not fail.
    let _ = write!(text, "{separator}{name};dur={:.3}", time.as_secs_f64() * 1000.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_data::model::Session;
    use std::sync::Arc;

    fn told(audience: Audience, user: &str) -> Option<String> {
        let record = Record::default();
        record.measure(Phase::Find, || {});
        record.measure(Phase::Find, || {});
        record.authenticated(&Arc::new(Session {
            authenticated: user.to_owned(),
            ..Session::default()
        }));
        let mut headers = HeaderMap::new();
        audience.tell(&record, &mut headers);
        let value = headers.get(ANSWER)?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn strangers_are_not_told_unless_the_operator_says_so() {
        for (audience, user, is_told) in [
            (Audience::Off, "ada", false),
            (Audience::Authenticated, "ada", true),
            (Audience::Authenticated, "", false),
            (Audience::All, "", true),
        ] {
            assert_eq!(told(audience, user).is_some(), is_told, "{audience:?} {user:?}");
        }
    }

    #[test]
    fn times_are_milliseconds_with_their_names() {
        let text = told(Audience::All, "").unwrap();
        let metrics: Vec<&str> = text.split(", ").collect();
        let [data, total] = metrics.as_slice() else {
            panic!("{text}");
        };
        assert!(
            data.starts_with("data;dur=0.") && data.ends_with(";desc=\"2 calls\""),
            "{text}"
        );
        let total = total.strip_prefix("total;dur=").unwrap();
        assert!(total.parse::<f64>().unwrap() >= 0.0, "{text}");
    }

    #[test]
    fn only_a_clear_yes_is_a_question() {
        for (value, asks) in [("1", true), ("?1", true), ("0", false), ("", false), ("yes", false)] {
            let mut headers = HeaderMap::new();
            headers.insert(ASKS, HeaderValue::from_static(value));
            assert_eq!(is_asked(&headers), asks, "{value:?}");
        }
    }
}
