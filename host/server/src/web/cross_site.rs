//! Requests that a browser sends because a page of somebody else told it to.
//!
//! A browser adds the password or digest that its user once typed to every request for the host, whoever caused it; so a page elsewhere could
//! send forms in the user's name. Browsers say where a request comes from, by `Sec-Fetch-Site` (Fetch Metadata) or, where that is not
//! sent, as over plain HTTP, by `Origin`; pages cannot change either. Pages of a sibling host are somebody else's too: in universities
//! many people have one. Keys and tokens are added by programs, on purpose, and are not concerned; nor is a client that is no browser.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use lectern_engine::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a change that another site has a browser make with credentials that the browser remembers.
pub fn check<B>(request: &Request<B>) -> Result<(), Problem> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && has_remembered_credentials(request.headers()) && is_from_elsewhere(request) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "A page of another site may not change anything with a password that the browser remembers. Use an API key or a token.",
        ));
    }
    Ok(())
}

/// What is not known to come from a page of this host, or from no page at all.
fn is_from_elsewhere<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return false;
    };
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str().as_bytes()),
        None => headers.get(header::HOST).map(HeaderValue::as_bytes),
    };
    // `null` is what a page of nowhere in particular sends.
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    match (origin, host) {
        (Some((_, origin)), Some(host)) => !origin.as_bytes().eq_ignore_ascii_case(host),
        _ => true,
    }
}

fn has_remembered_credentials(headers: &HeaderMap) -> bool {
    let scheme = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().split(|byte| *byte == b' ').next());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic") || scheme.eq_ignore_ascii_case(b"digest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(method: &str, fields: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri("/api/events");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        check(&request.body(()).unwrap()).is_err()
    }

    const BASIC: (&str, &str) = ("authorization", "Basic YTpi");
    const HOST: (&str, &str) = ("host", "Video.example:8080");

    #[test]
    fn a_form_of_another_site_is_not_sent_in_the_users_name() {
        for method in ["POST", "PUT", "DELETE"] {
            for credentials in ["Basic YTpi", "basic YTpi", "Digest username=\"a\""] {
                for site in ["cross-site", "same-site", "anything"] {
                    let fields = [("authorization", credentials), ("sec-fetch-site", site)];
                    assert!(is_refused(method, &fields), "{method} {credentials} {site}");
                }
            }
        }
    }

    #[test]
    fn where_browsers_say_no_more_the_origin_counts() {
        for origin in [
            "http://evil.example",
            "null",
            "http://video.example",
            "https://x.video.example:8080",
            "?",
        ] {
            assert!(is_refused("POST", &[BASIC, HOST, ("origin", origin)]), "{origin}");
        }
        assert!(!is_refused(
            "POST",
            &[BASIC, HOST, ("origin", "http://video.example:8080")]
        ));
    }

    #[test]
    fn pages_of_the_server_programs_and_reading_are_not_concerned() {
        assert!(!is_refused(
            "POST",
            &[
                BASIC,
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://video.example")
            ]
        ));
        assert!(!is_refused("POST", &[BASIC, ("sec-fetch-site", "none")]));
        assert!(!is_refused("POST", &[BASIC]));
        assert!(!is_refused("GET", &[BASIC, ("sec-fetch-site", "cross-site")]));
        assert!(!is_refused(
            "POST",
            &[("authorization", "Bearer x"), ("sec-fetch-site", "cross-site")]
        ));
        assert!(!is_refused("POST", &[("sec-fetch-site", "cross-site")]));
    }
}
