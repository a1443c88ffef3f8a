//! Whom a request is from when a reverse proxy stands in front.
//!
//! `X-Forwarded-For` and `X-Forwarded-Proto` are what proxies say in the name of their clients; anybody can send them. So they count
//! only from addresses that the operator trusts. The host never comes from such a field: proxies hand on `Host` itself.

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The addresses of proxies that are believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// An address, or all that begin with the same bits: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network
            .map(Self)
            .map_err(|_| "it must be an address or a network, like 10.0.0.7 or 10.0.0.0/8".to_owned())
    }
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Whether it speaks TLS, to this server or to the proxy in front of it.
    pub secure: bool,
}

impl FromIterator<Network> for TrustedProxies {
    fn from_iter<T: IntoIterator<Item = Network>>(networks: T) -> Self {
        Self(networks.into_iter().map(|Network(network)| network).collect())
    }
}

impl TrustedProxies {
    /// The client behind a connection from `peer`. Of a chain of proxies, each appends whom it has its request from: the last one that
    /// is not trusted is the client, whatever it may have written in front.
    pub fn client(&self, peer: SocketAddr, secure: bool, headers: &HeaderMap) -> Client {
        let mut client = Client {
            address: peer.ip().to_canonical(),
            secure,
        };
        if !self.trusts(client.address) {
            return client;
        }
        if let Some(scheme) = headers.get_all(FORWARDED_PROTO).iter().next_back() {
            let last = scheme
                .to_str()
                .unwrap_or_default()
                .rsplit(',')
                .next()
                .unwrap_or_default();
            client.secure = last.trim().eq_ignore_ascii_case("https");
        }
        for field in headers.get_all(FORWARDED_FOR).iter().rev() {
            for hop in field.to_str().unwrap_or_default().rsplit(',') {
                let Some(address) = address(hop.trim()) else {
                    return client;
                };
                client.address = address;
                if !self.trusts(address) {
                    return client;
                }
            }
        }
        client
    }

    /// Whether this is the address of a proxy that is believed.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The address in `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7` or `[2001:db8::7]:4711`.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn client_of(peer: &str, fields: &[(HeaderName, &str)]) -> (String, bool) {
        let trusted: TrustedProxies = ["10.0.0.0/8", "fd00::1"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        let client = trusted.client(SocketAddr::new(peer.parse().unwrap(), 4711), false, &headers);
        (client.address.to_string(), client.secure)
    }

    #[test]
    fn anybody_may_claim_anything_and_is_not_believed() {
        let fields = [(FORWARDED_FOR, "192.0.2.7"), (FORWARDED_PROTO, "https")];
        assert_eq!(client_of("198.51.100.1", &fields), ("198.51.100.1".to_owned(), false));
    }

    #[test]
    fn a_trusted_proxy_says_who_its_client_is() {
        let fields = [(FORWARDED_FOR, "192.0.2.7"), (FORWARDED_PROTO, "https")];
        assert_eq!(client_of("10.1.2.3", &fields), ("192.0.2.7".to_owned(), true));
        assert_eq!(client_of("::ffff:10.1.2.3", &fields), ("192.0.2.7".to_owned(), true));
        assert_eq!(
            client_of("fd00::1", &[(FORWARDED_FOR, "[2001:db8::7]:80")]).0,
            "2001:db8::7"
        );
    }

    #[test]
    fn what_a_client_writes_before_its_proxy_does_not_count() {
        let forged = [(FORWARDED_FOR, "203.0.113.9, 192.0.2.7, 10.9.9.9")];
        assert_eq!(client_of("10.1.2.3", &forged).0, "192.0.2.7");
        let forged = [(FORWARDED_FOR, "203.0.113.9"), (FORWARDED_FOR, "192.0.2.7")];
        assert_eq!(client_of("10.1.2.3", &forged).0, "192.0.2.7");
        let forged = [(FORWARDED_PROTO, "https, http")];
        assert!(!client_of("10.1.2.3", &forged).1);
    }

    #[test]
    fn what_is_no_address_ends_the_chain() {
        for (value, address) in [
            ("", "10.1.2.3"),
            ("unknown", "10.1.2.3"),
            ("192.0.2.7, _hidden, 10.0.0.2", "10.0.0.2"),
        ] {
            assert_eq!(client_of("10.1.2.3", &[(FORWARDED_FOR, value)]).0, address, "{value}");
        }
    }
}
