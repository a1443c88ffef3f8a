//! Which host a request is for.

use http::uri::Authority;
use http::{Request, StatusCode, header};
use lectern_engine::Problem;

/// The host that a request names, with its port if it has one: `:authority` in HTTP/2, the `Host` header in HTTP/1. A request that
/// names none or two different ones is refused, so that nothing in front of the server can be led to see another host than the
/// server does.
pub fn authority<B>(request: &Request<B>) -> Result<Authority, Problem> {
    let mut named: Option<Authority> = request.uri().authority().cloned();
    for value in request.headers().get_all(header::HOST) {
        let host = Authority::try_from(value.as_bytes()).map_err(|_| refused("The Host header names no host."))?;
        match &named {
            // Authorities are compared without regard to case.
            Some(first) if *first != host => return Err(refused("The request names two hosts.")),
            _ => named = Some(host),
        }
    }
    if request.headers().get_all(header::HOST).iter().count() > 1 {
        return Err(refused("The request has more than one Host header."));
    }
    match named {
        Some(authority) if authority.as_str().contains('@') || authority.host().is_empty() => {
            Err(refused("The host of the request is not of the form HOST or HOST:PORT."))
        }
        Some(authority) => Ok(authority),
        None => Err(refused("The request has no Host header.")),
    }
}

fn refused(detail: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_of(target: &str, hosts: &[&str]) -> Result<String, Problem> {
        let mut request = Request::get(target);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        authority(&request.body(()).unwrap()).map(|authority| authority.to_string())
    }

    #[test]
    fn the_host_header_names_the_host() {
        assert_eq!(host_of("/api", &["video.example:8080"]).unwrap(), "video.example:8080");
        assert_eq!(host_of("/api", &["[::1]:8080"]).unwrap(), "[::1]:8080");
    }

    #[test]
    fn the_authority_of_http_2_names_the_host() {
        assert_eq!(host_of("http://video.example/api", &[]).unwrap(), "video.example");
    }

    #[test]
    fn an_authority_and_a_host_header_may_say_the_same() {
        assert_eq!(
            host_of("http://video.example/api", &["Video.Example"]).unwrap(),
            "Video.Example"
        );
    }

    #[test]
    fn a_request_that_names_two_hosts_is_refused() {
        assert!(host_of("http://video.example/api", &["other.example"]).is_err());
        assert!(host_of("/api", &["video.example", "other.example"]).is_err());
        assert!(host_of("/api", &["video.example", "video.example"]).is_err());
    }

    #[test]
    fn a_request_that_names_no_host_is_refused() {
        for hosts in [
            &[][..],
            &[""],
            &["a b"],
            &["user@video.example"],
            &["video.example/api"],
            &[":80"],
        ] {
            assert_eq!(
                host_of("/api", hosts).unwrap_err().status,
                StatusCode::BAD_REQUEST,
                "{hosts:?}"
            );
        }
    }
}
