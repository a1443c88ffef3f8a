//! The head of a request as Spin hands it to a component.
//!
//! Spin's own header fields come behind those that the client has sent, also where they have the same name: of `spin-client-addr` and the
//! others, only the last one is Spin's.

use crate::routes::Match;
use anyhow::{Context, Result, ensure};
use http::uri::{Authority, Scheme};
use http::{HeaderName, HeaderValue, Request, Uri, header};
use std::net::SocketAddr;

/// Brings the head of a request into the shape in which the component gets it. A request that fails here gets no answer.
pub fn prepare<B>(request: &mut Request<B>) -> Result<()> {
    request.headers_mut().remove(header::CONNECTION);
    let named = request.headers().get(header::HOST).map(|host| -> Result<Authority> {
        let host = host.to_str().context("the host is not readable")?;
        host.parse().context("the host is none")
    });
    let named = named.transpose()?;
    let mut parts = request.uri().clone().into_parts();
    if let (Some(named), Some(authority)) = (&named, &parts.authority) {
        ensure!(named == authority, "the host is not that of the address");
    }
    parts.authority = named.or(parts.authority);
    ensure!(parts.authority.is_some(), "there is no host");
    parts.scheme = Some(Scheme::HTTP);
    *request.uri_mut() = Uri::from_parts(parts).context("the address is none")?;
    Ok(())
}

/// Adds what Spin says about the request. A request that fails here is answered with the status 500.
pub fn add<B>(request: &mut Request<B>, route: &Match<'_>, client: SocketAddr) -> Result<()> {
    for (name, value) in request.headers() {
        let text = std::str::from_utf8(value.as_bytes());
        text.with_context(|| format!("the header field {name} is not UTF-8"))?;
    }
    let host = request.headers().get(header::HOST);
    let host = host.map_or(Ok("localhost"), |host| std::str::from_utf8(host.as_bytes()))?;
    let target = request.uri().path_and_query().context("there is no path")?;
    let added = [
        ("spin-path-info", route.below.clone()),
        ("spin-full-url", format!("http://{host}{target}")),
        ("spin-matched-route", route.pattern.to_owned()),
        ("spin-base-path", "/".to_owned()),
        ("spin-raw-component-route", route.pattern.to_owned()),
        ("spin-component-route", route.prefix().to_owned()),
        ("spin-client-addr", client.to_string()),
    ];
    for (name, value) in added {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::Routes;

    fn request(uri: &str) -> http::request::Builder {
        Request::get(uri)
    }

    fn added(mut request: Request<()>) -> Request<()> {
        let routes = Routes::new([("/api/events/...", "events")]).unwrap();
        let path = request.uri().path().to_owned();
        prepare(&mut request).unwrap();
        add(
            &mut request,
            &routes.of(&path).unwrap(),
            "192.0.2.1:1234".parse().unwrap(),
        )
        .unwrap();
        request
    }

    #[test]
    fn a_component_is_told_about_its_request() {
        let request = request("/api/events/1?a=b").header("host", "a.example");
        let request = added(request.header("connection", "close").body(()).unwrap());
        let field = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(field("spin-full-url"), Some("http://a.example/api/events/1?a=b"));
        assert_eq!(field("spin-path-info"), Some("/1"));
        assert_eq!(field("spin-matched-route"), Some("/api/events/..."));
        assert_eq!(field("spin-component-route"), Some("/api/events"));
        assert_eq!(field("spin-client-addr"), Some("192.0.2.1:1234"));
        assert_eq!(field("connection"), None);
        assert_eq!(request.uri().authority().unwrap(), "a.example");
    }

    #[test]
    fn what_a_client_says_in_the_name_of_spin_comes_first() {
        let request = request("/api/events").header("host", "a.example");
        let request = added(request.header("spin-client-addr", "198.51.100.7:1").body(()).unwrap());
        let values: Vec<_> = request.headers().get_all("spin-client-addr").iter().collect();
        assert_eq!(values, ["198.51.100.7:1", "192.0.2.1:1234"]);
    }

    #[test]
    fn a_request_without_a_host_or_with_two_is_not_answered() {
        assert!(prepare(&mut request("/api").body(()).unwrap()).is_err());
        let two = request("http://b.example/api").header("host", "a.example");
        assert!(prepare(&mut two.body(()).unwrap()).is_err());
    }
}
