//! Requests that a browser sends because a page of somebody else told it to.
//!
//! A browser adds the password or digest that its user once typed to every request for the host, whoever caused it; so a page elsewhere could
//! send forms in the user's name. Browsers say where a request comes from (`Sec-Fetch-Site`, Fetch Metadata), and pages cannot
//! change that. Keys and tokens are added by programs, on purpose, and are not concerned; nor is a client that is no browser.

use http::{HeaderMap, HeaderName, Method, Request, StatusCode, header};
use lectern_engine::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a change that another site has a browser make with credentials that the browser remembers.
pub fn check<B>(request: &Request<B>) -> Result<(), Problem> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_elsewhere = request
        .headers()
        .get(SEC_FETCH_SITE)
        .is_some_and(|site| site == "cross-site");
    if changes && is_elsewhere && has_remembered_credentials(request.headers()) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "A page of another site may not change anything with a password that the browser remembers. Use an API key or a token.",
        ));
    }
    Ok(())
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

    #[test]
    fn a_form_of_another_site_is_not_sent_in_the_users_name() {
        for method in ["POST", "PUT", "DELETE"] {
            for credentials in ["Basic YTpi", "basic YTpi", "Digest username=\"a\""] {
                assert!(is_refused(
                    method,
                    &[("authorization", credentials), ("sec-fetch-site", "cross-site")]
                ));
            }
        }
    }

    #[test]
    fn pages_of_the_server_programs_and_reading_are_not_concerned() {
        let basic = ("authorization", "Basic YTpi");
        assert!(!is_refused("POST", &[basic, ("sec-fetch-site", "same-origin")]));
        assert!(!is_refused("POST", &[basic, ("sec-fetch-site", "none")]));
        assert!(!is_refused("POST", &[basic]));
        assert!(!is_refused("GET", &[basic, ("sec-fetch-site", "cross-site")]));
        assert!(!is_refused(
            "POST",
            &[("authorization", "Bearer x"), ("sec-fetch-site", "cross-site")]
        ));
    }
}
