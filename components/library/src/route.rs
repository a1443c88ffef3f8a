//! Which function answers which method and path.
//!
//! Who may call a route is not said here: the host knows the table of required roles and has checked it before.

use percent_encoding::percent_decode_str;

use crate::openapi::Describe;
use crate::{Context, Problem, Response, Version};

/// One method on one path.
pub struct Route {
    /// In upper case. `GET` also answers `HEAD`.
    pub method: &'static str,
    /// `/api/events/{id}/acl`: a segment in braces matches any segment and gives it a name.
    pub pattern: &'static str,
    /// The version of the API that introduced the route; older ones are not acceptable.
    pub since: Version,
    /// What answers.
    pub run: fn(Context) -> Result<Response, Problem>,
    /// What the documentation says. Not in components, which do not document themselves.
    #[cfg(not(target_arch = "wasm32"))]
    pub describe: Describe,
}

/// A named segment of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name in the route's pattern.
    pub name: &'static str,
    /// The segment, percent-decoded once.
    pub value: String,
}

/// A route that exists since the first version.
pub const fn route(
    method: &'static str,
    pattern: &'static str,
    run: fn(Context) -> Result<Response, Problem>,
    describe: Describe,
) -> Route {
    #[cfg(target_arch = "wasm32")]
    let _ = describe;
    Route {
        method,
        pattern,
        since: Version::V1_0,
        run,
        #[cfg(not(target_arch = "wasm32"))]
        describe,
    }
}

/// Finds the route for a method and a path, which is still percent-encoded. A slash at the end of the path does not
/// matter. A path that exists for other methods is 405 and says for which.
pub fn find(routes: &'static [Route], method: &str, path: &str) -> Result<(&'static Route, Vec<Parameter>), Problem> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let method = if method == "HEAD" { "GET" } else { method };
    let mut allowed: Vec<&str> = Vec::new();
    for route in routes {
        let Some(parameters) = matches(route.pattern, path) else {
            continue;
        };
        if route.method == method {
            return Ok((route, parameters));
        }
        if !allowed.contains(&route.method) {
            allowed.push(route.method);
        }
        if route.method == "GET" {
            allowed.push("HEAD");
        }
    }
    if allowed.is_empty() {
        return Err(Problem::not_found(format!("There is nothing at '{path}'.")));
    }
    let allowed = allowed.join(", ");
    Err(Problem::new(405, format!("'{path}' does not take {method}, only {allowed}.")).with_header("allow", allowed))
}

fn matches(pattern: &'static str, path: &str) -> Option<Vec<Parameter>> {
    let mut expected = pattern.split('/');
    let mut actual = path.split('/');
    let mut parameters = Vec::new();
    loop {
        match (expected.next(), actual.next()) {
            (None, None) => return Some(parameters),
            (Some(expected), Some(actual)) => {
                match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(_) if actual.is_empty() => return None,
                    Some(name) => parameters.push(Parameter {
                        name,
                        value: percent_decode_str(actual).decode_utf8_lossy().into_owned(),
                    }),
                    None if expected == actual => {}
                    None => return None,
                }
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable_route(_: Context) -> Result<Response, Problem> {
        Err(Problem::new(500, "not called in these tests"))
    }

    const ROUTES: &[Route] = &[
        route("GET", "/api/series", unreachable_route, |it| it),
        route("POST", "/api/series", unreachable_route, |it| it),
        route("GET", "/api/series/series.json", unreachable_route, |it| it),
        route("GET", "/api/series/{id}", unreachable_route, |it| it),
        route(
            "DELETE",
            "/api/series/{id}/acl/{action}/{role}",
            unreachable_route,
            |it| it,
        ),
    ];

    fn found(method: &str, path: &str) -> (&'static str, Vec<String>) {
        let (route, parameters) = find(ROUTES, method, path).unwrap();
        (
            route.pattern,
            parameters.into_iter().map(|parameter| parameter.value).collect(),
        )
    }

    #[test]
    fn a_slash_at_the_end_does_not_matter() {
        assert_eq!(found("GET", "/api/series/"), found("GET", "/api/series"));
        assert_eq!(found("GET", "/api/series/1/"), found("GET", "/api/series/1"));
    }

    #[test]
    fn segments_are_percent_decoded_once() {
        assert_eq!(found("GET", "/api/series/a%20b%2Fc%2525").1, ["a b/c%25"]);
        assert_eq!(
            found("DELETE", "/api/series/1/acl/read/ROLE_%C3%84").1,
            ["1", "read", "ROLE_Ä"]
        );
    }

    #[test]
    fn a_literal_segment_counts_before_a_named_one() {
        assert_eq!(found("GET", "/api/series/series.json").0, "/api/series/series.json");
    }

    #[test]
    fn head_is_answered_like_get() {
        assert_eq!(found("HEAD", "/api/series/1").0, "/api/series/{id}");
    }

    #[test]
    fn an_unknown_path_is_not_found() {
        for path in [
            "/api/series/1/2",
            "/api",
            "/",
            "",
            "/api/series//",
            "/API/series",
            "/api/series/1/acl/read",
        ] {
            assert_eq!(find(ROUTES, "GET", path).err().unwrap().status, 404, "{path}");
        }
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        let problem = find(ROUTES, "PUT", "/api/series").err().unwrap();
        assert_eq!(problem.status, 405);
        assert_eq!(problem.headers, [("allow".to_owned(), "GET, HEAD, POST".to_owned())]);
    }
}
