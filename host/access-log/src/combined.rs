//! The formats `common` and `combined` of nginx and Apache:
//!
//! ```text
//! 192.0.2.7 - ada [10/Oct/2026:13:55:36 +0200] "GET /play/e1 HTTP/1.1" 200 2326 "https://lms.example/" "Mozilla/5.0"
//! ```

use crate::Request;
use chrono::DateTime;
use std::net::IpAddr;

pub(crate) fn parse(line: &str) -> Option<Request> {
    let (who, rest) = line.split_once('[')?;
    let (at, rest) = rest.split_once(']')?;
    let at = DateTime::parse_from_str(at, "%d/%b/%Y:%H:%M:%S %z").ok()?;
    let (request, rest) = quoted(rest)?;
    let mut request = request.split(' ').filter(|part| !part.is_empty()).map(str::to_owned);
    let (method, target) = (request.next()?, request.next()?);
    let mut rest = rest.trim_start().splitn(3, ' ');
    let status = rest.next()?.trim().parse().ok()?;
    // Bytes, then referrer and agent, which `common` does not have.
    let agent = rest.nth(1).and_then(quoted).and_then(|(_, rest)| quoted(rest));
    Some(Request {
        at_ms: at.timestamp_millis(),
        client: client(who)?.to_owned(),
        agent: agent.map(|(agent, _)| if agent == "-" { String::new() } else { agent }),
        tenant: None,
        method,
        target,
        status,
    })
}

/// The first word, or the second if a virtual host stands in front of the address.
fn client(who: &str) -> Option<&str> {
    let mut words = who.split_whitespace();
    let first = words.next()?;
    let second = words.next();
    let is_address = |word: &&str| word.parse::<IpAddr>().is_ok();
    Some(match second.filter(is_address) {
        Some(second) if !is_address(&first) => second,
        _ => first,
    })
}

/// The text in the next quotes, and what follows. A backslash escapes what is behind it; `\xHH` is a byte.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (_, text) = text.split_once('"')?;
    let mut bytes = Vec::new();
    let mut rest = text.bytes().enumerate();
    while let Some((at, byte)) = rest.next() {
        match byte {
            b'"' => {
                let content = String::from_utf8_lossy(&bytes).into_owned();
                return Some((content, text.get(at + 1..)?));
            }
            b'\\' => match rest.next()? {
                (at, b'x') => {
                    let escaped = text.get(at + 1..at + 3).map(|digits| u8::from_str_radix(digits, 16));
                    match escaped {
                        Some(Ok(byte)) => {
                            bytes.push(byte);
                            rest.nth(1);
                        }
                        _ => bytes.extend(b"\\x"),
                    }
                }
                (_, escaped) => bytes.push(escaped),
            },
            byte => bytes.push(byte),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMBINED: &str = r#"192.0.2.7 - Ada L [10/Oct/2026:13:55:36 +0200] "GET /play/e1?x=1 HTTP/1.1" 200 2326 "https://lms.example/" "Mozilla/5.0 (X11; \"Linux\")""#;

    fn request() -> Request {
        Request {
            at_ms: 1_791_633_336_000,
            client: "192.0.2.7".to_owned(),
            agent: Some("Mozilla/5.0 (X11; \"Linux\")".to_owned()),
            tenant: None,
            method: "GET".to_owned(),
            target: "/play/e1?x=1".to_owned(),
            status: 200,
        }
    }

    #[test]
    fn a_line_of_the_combined_format_says_it_all() {
        assert_eq!(parse(COMBINED), Some(request()));
    }

    #[test]
    fn the_common_format_does_not_know_the_agent() {
        let line = r#"2001:db8::1 - - [10/Oct/2026:11:55:36 +0000] "GET /play/e1?x=1 HTTP/1.1" 200 -"#;
        let expected = Request {
            client: "2001:db8::1".to_owned(),
            agent: None,
            ..request()
        };
        assert_eq!(parse(line), Some(expected));
    }

    #[test]
    fn a_virtual_host_may_stand_in_front() {
        let with_host = format!("video.uni.example:443 {COMBINED}");
        assert_eq!(parse(&with_host), Some(request()));
    }

    #[test]
    fn a_client_without_a_name_says_nothing() {
        let line = r#"host.example - - [10/Oct/2026:13:55:36 +0200] "HEAD / HTTP/1.0" 304 0 "-" "-""#;
        let read = parse(line).unwrap();
        assert_eq!(
            (read.client.as_str(), read.agent.as_deref(), read.status),
            ("host.example", Some(""), 304)
        );
    }

    #[test]
    fn what_is_escaped_is_taken_back() {
        assert_eq!(
            quoted(r#" "a\x22b\\c\"d\xc3\xbc" e"#),
            Some(("a\"b\\c\"dü".to_owned(), " e"))
        );
        assert_eq!(quoted(r#""\x2""#), Some(("\\x2".to_owned(), "")));
    }

    #[test]
    fn what_is_no_request_is_left_out() {
        for line in [
            "",
            "# comment",
            r#"192.0.2.7 - - [10/Oct/2026:13:55:36 +0200] "\x16\x03\x01" 400 0 "-" "-""#,
            r#"192.0.2.7 - - [10/Foo/2026:13:55:36 +0200] "GET / HTTP/1.1" 200 0"#,
            r#"192.0.2.7 - - [10/Oct/2026:13:55:36 +0200] "GET / HTTP/1.1" - 0"#,
            r#"192.0.2.7 - - [10/Oct/2026:13:55:36 +0200] "GET / HTTP/1.1"#,
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
