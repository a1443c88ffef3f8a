//! The access log of `lectern serve`, whatever a supervisor has written in front of it:
//!
//! ```text
//! 2026-11-26T02:00:00.123456Z  INFO lectern::access: request=… client=192.0.2.7 tenant="uni" method=GET path="/play/e1" … status=200 …
//! ```

use crate::Request;
use chrono::DateTime;

/// What stands before the members.
const MARK: &str = "lectern::access: ";

pub(crate) fn parse(line: &str) -> Option<Request> {
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
    let mut letters = inside.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((name, value, inside.get(at + 1..)?)),
            '\\' => value.push(letters.next()?.1),
            letter => value.push(letter),
        }
    }
    None
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
