//! Host names as the `Host` header carries them.

use std::fmt;
use std::net::Ipv6Addr;

/// `HOST[:PORT]` of a tenant. Host names are compared without regard to case and to a trailing dot.
///
/// The default ports of `http` and `https` are the same as none, because a server behind a proxy cannot tell which of the two the
/// client used. A tenant registered without a port is found at every port that no other tenant has registered for that name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Host(String);

/// A text that is not `HOST[:PORT]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a host: give the name or address that clients use, with the port if it is not 80 or 443, such as \
     `video.example.org` or `127.0.0.1:8080` (no `https://`, no path; international names in their `xn--` form)"
)]
pub struct InvalidHost(String);

impl Host {
    /// The host in its normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same host without its port.
    pub fn without_port(&self) -> Host {
        match split(&self.0) {
            Some((name, _)) => Host(name.to_owned()),
            None => self.clone(),
        }
    }
}

/// Splits an authority into name and port; an IPv6 address keeps its brackets.
fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    let end_of_name = match authority.rfind(']') {
        Some(bracket) => bracket.checked_add(1)?,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (name, rest) = authority.split_at_checked(end_of_name)?;
    match rest.strip_prefix(':') {
        Some(port) => Some((name, Some(port))),
        None if rest.is_empty() => Some((name, None)),
        None => None,
    }
}

/// Whether this is a host name, an IPv4 address or an IPv6 address in brackets.
fn is_name(name: &str) -> bool {
    match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => {
            name.len() <= 253
                && name.split('.').all(|label| {
                    (1..=63).contains(&label.len())
                        && label
                            .bytes()
                            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
                })
        }
    }
}

impl std::str::FromStr for Host {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let invalid = || InvalidHost(text.to_owned());
        let (name, port) = split(text).ok_or_else(invalid)?;
        let name = name.strip_suffix('.').unwrap_or(name);
        if !is_name(name) {
            return Err(invalid());
        }
        let mut host = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            // One address has many spellings.
            Some(address) => format!("[{}]", address.parse::<Ipv6Addr>().map_err(|_| invalid())?),
            None => name.to_ascii_lowercase(),
        };
        match port {
            // RFC 3986 allows a colon without a port.
            None | Some("" | "80" | "443") => {}
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => match port.parse::<u16>() {
                Ok(0) | Err(_) => return Err(invalid()),
                Ok(port) => host.push_str(&format!(":{port}")),
            },
            Some(_) => return Err(invalid()),
        }
        Ok(Host(host))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        text.parse::<Host>().unwrap().to_string()
    }

    #[test]
    fn hosts_are_compared_without_case_trailing_dot_and_default_ports() {
        for text in [
            "Video.Example.ORG",
            "video.example.org.",
            "video.example.org:80",
            "video.example.org:443",
            "video.example.org:",
        ] {
            assert_eq!(normal(text), "video.example.org", "{text}");
        }
        assert_eq!(normal("localhost:08080"), "localhost:8080");
    }

    #[test]
    fn an_ipv6_address_has_one_normal_form() {
        for text in ["[::1]:8080", "[0:0:0:0:0:0:0:1]:8080", "[::0001]:8080"] {
            assert_eq!(normal(text), "[::1]:8080", "{text}");
        }
        assert_eq!(normal("[2001:DB8::A]"), "[2001:db8::a]");
    }

    #[test]
    fn the_port_can_be_taken_off() {
        for (text, without) in [
            ("a.example:8080", "a.example"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
            ("a.example", "a.example"),
        ] {
            assert_eq!(text.parse::<Host>().unwrap().without_port().as_str(), without);
        }
    }

    #[test]
    fn what_is_not_a_host_is_refused() {
        for text in [
            "",
            ":80",
            "https://a.example",
            "a.example/x",
            "a b",
            "a..b",
            "::1",
            "[::1",
            "[::1]x",
            "[1.2.3.4]",
            "a:b",
            "a:0",
            "a:70000",
            "a:+80",
            "ä.example",
            "a@b",
        ] {
            assert!(text.parse::<Host>().is_err(), "{text:?}");
        }
    }
}
