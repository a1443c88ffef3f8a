//! The access log of `lectern serve`, whatever a supervisor has written in front of it, as text or as JSON:
//!
//! ```text
//! 2026-11-26T02:00:00.123456Z  INFO lectern::access: request=… client=192.0.2.7 tenant="uni" method=GET path="/play/e1" … status=200 …
//! {"time":"2026-11-26T02:00:00.123456Z","level":"INFO","target":"lectern::access","request":"…","client":"192.0.2.7",…}
//! ```

use crate::Request;
use chrono::DateTime;
use serde::Deserialize;
use std::iter::Peekable;
use std::str::CharIndices;

/// What stands before the members.
const MARK: &str = "lectern::access: ";

/// What `target` says in an object of JSON.
const TARGET: &str = "lectern::access";

/// An object of JSON. Other members, and those of other lines of the log, do not matter.
#[derive(Deserialize)]
struct Members {
    time: String,
    target: String,
    client: String,
    agent: Option<String>,
    tenant: Option<String>,
    method: String,
    path: String,
    status: u16,
}

pub(crate) fn parse(line: &str) -> Option<Request> {
    text(line).or_else(|| json(line))
}

fn json(line: &str) -> Option<Request> {
    let object = line.get(line.find("{\"")?..)?;
    let members: Members = serde_json::from_str(object).ok()?;
    (members.target == TARGET).then_some(())?;
    Some(Request {
        at_ms: DateTime::parse_from_rfc3339(&members.time).ok()?.timestamp_millis(),
        client: members.client,
        agent: members.agent,
        tenant: members.tenant.filter(|tenant| tenant != "-"),
        method: members.method,
        target: members.path,
        status: members.status,
    })
}

fn text(line: &str) -> Option<Request> {
    let (before, members) = line.split_once(MARK)?;
    let at = before
        .split_whitespace()
        .rev()
        .find_map(|word| DateTime::parse_from_rfc3339(word).ok())?;
    let (mut client, mut tenant, mut method, mut target, mut status, mut agent) = (None, None, None, None, None, None);
    let mut rest = members.trim();
    while !rest.is_empty() {
        let (name, value, behind) = member(rest)?;
        match name {
            "client" => client = Some(value),
            "tenant" => tenant = Some(value),
            "method" => method = Some(value),
            "path" => target = Some(value),
            "status" => status = value.parse().ok(),
            "agent" => agent = Some(value),
            _ => {}
        }
        rest = behind.trim_start();
    }
    Some(Request {
        at_ms: at.timestamp_millis(),
        client: client?,
        agent,
        tenant: tenant.filter(|tenant| tenant != "-"),
        method: method?,
        target: target?,
        status: status?,
    })
}

/// The next `name=value`, and what follows. A value with quotes ends with them; a backslash escapes what is behind it.
fn member(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.split_once('=')?;
    let Some(inside) = rest.strip_prefix('"') else {
        let (value, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        return Some((name, value.to_owned(), behind));
    };
    let mut value = String::new();
    let mut letters = inside.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((name, value, inside.get(at + 1..)?)),
            '\\' => value.push(escaped(&mut letters)?),
            letter => value.push(letter),
        }
    }
    None
}

/// What is behind a backslash, as Rust writes it.
fn escaped(letters: &mut Peekable<CharIndices<'_>>) -> Option<char> {
    Some(match letters.next()?.1 {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '0' => '\0',
        'u' if letters.next_if(|(_, letter)| *letter == '{').is_some() => {
            let mut code: u32 = 0;
            loop {
                match letters.next()?.1 {
                    '}' => break char::from_u32(code)?,
                    digit => code = code.checked_mul(16)?.checked_add(digit.to_digit(16)?)?,
                }
            }
        }
        letter => letter,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_client_tenant_and_target() {
        let line = r#"Nov 26 host lectern[7]: 2026-11-26T02:00:00.123456Z  INFO lectern::access: request=0f client=192.0.2.7 tenant="uni" method=GET path="/static/e1/f \"1\"/a.mp4" query="" status=206 micros=12 agent="Mozilla/5.0 status=9""#;
        let expected = Request {
            at_ms: 1_795_658_400_123,
            client: "192.0.2.7".to_owned(),
            agent: Some("Mozilla/5.0 status=9".to_owned()),
            tenant: Some("uni".to_owned()),
            method: "GET".to_owned(),
            target: "/static/e1/f \"1\"/a.mp4".to_owned(),
            status: 206,
        };
        assert_eq!(parse(line), Some(expected));
    }

    #[test]
    fn what_is_escaped_is_what_it_was() {
        let line = r#"2026-11-26T02:00:00Z  INFO lectern::access: client=::1 method=GET path="/a\u{301}\u{2028}\n\t\\\"ü" status=200"#;
        assert_eq!(parse(line).unwrap().target, "/a\u{301}\u{2028}\n\t\\\"ü");
        for path in [
            r#""\u{110000}""#,
            r#""\u{}x"#,
            r#""\u{12"#,
            r#""\"#,
            r#""\u{fffffffff}""#,
        ] {
            let line =
                format!("2026-11-26T02:00:00Z  INFO lectern::access: client=::1 method=GET status=200 path={path}");
            assert_eq!(parse(&line), None, "{line}");
        }
    }

    #[test]
    fn a_line_of_json_says_the_same() {
        let line = r#"Nov 26 host lectern[7]: {"time":"2026-11-26T02:00:00.123456Z","level":"INFO","target":"lectern::access","request":"0f","client":"192.0.2.7","tenant":"uni","user":"-","method":"GET","path":"/play/\u2028e1","query":"","status":200,"agent":"Mozilla/5.0","micros":12}"#;
        let expected = Request {
            at_ms: 1_795_658_400_123,
            client: "192.0.2.7".to_owned(),
            agent: Some("Mozilla/5.0".to_owned()),
            tenant: Some("uni".to_owned()),
            method: "GET".to_owned(),
            target: "/play/\u{2028}e1".to_owned(),
            status: 200,
        };
        assert_eq!(parse(line), Some(expected));
        let other = line.replace("lectern::access", "lectern");
        assert_eq!(parse(&other), None);
    }

    #[test]
    fn other_lines_are_left_out() {
        for line in [
            "2026-11-26T02:00:00Z  INFO lectern: listening",
            "2026-11-26T02:00:00Z  INFO lectern::access: client=::1",
            "lectern::access: client=::1 method=GET path=\"/\" status=200",
            "2026-11-26T02:00:00Z  INFO lectern::access: path=\"/",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
