//! The request that shows whether a handler works.
//!
//! Does not belong here: sending it. A host does so when a new version of a handler is about to take the place of another.

use crate::route::Route;

/// A request without a body that a handler declares, and the status of its answer in a tenant without any content, for its administrator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Probe {
    /// In upper case.
    pub method: &'static str,
    /// Path and query, percent-encoded: `/api/events?limit=1`.
    pub path_with_query: &'static str,
    /// The status.
    pub status: u16,
}

impl Probe {
    /// Reading from the first route that can be read from without knowing what there is.
    pub(crate) const fn of(mut routes: &'static [Route]) -> Option<Probe> {
        while let [route, rest @ ..] = routes {
            if is_get(route.method.as_bytes()) && is_plain(route.pattern.as_bytes()) {
                return Some(Probe {
                    method: route.method,
                    path_with_query: route.pattern,
                    status: 200,
                });
            }
            routes = rest;
        }
        None
    }
}

const fn is_get(method: &[u8]) -> bool {
    matches!(method, b"GET")
}

/// Whether a pattern is a path as it is.
const fn is_plain(mut pattern: &[u8]) -> bool {
    while let [byte, rest @ ..] = pattern {
        if *byte == b'{' {
            return false;
        }
        pattern = rest;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::route;
    use crate::{App, Context, Problem, Response};

    fn unreachable_route(_: Context) -> Result<Response, Problem> {
        Err(Problem::new(500, "not called in these tests"))
    }

    const ROUTES: &[Route] = &[
        route("POST", "/api/things", unreachable_route, |it| it),
        route("GET", "/api/things/{id}", unreachable_route, |it| it),
        route("GET", "/api/things", unreachable_route, |it| it),
        route("GET", "/api/things/names", unreachable_route, |it| it),
    ];

    const fn app(routes: &'static [Route], probe: Option<Probe>) -> App {
        App {
            routes,
            versioned: true,
            probe,
        }
    }

    #[test]
    fn a_handler_is_tried_with_the_first_thing_that_can_be_read_without_knowing_more() {
        let expected = Probe {
            method: "GET",
            path_with_query: "/api/things",
            status: 200,
        };
        assert_eq!(app(ROUTES, None).probe(), Some(expected));
    }

    #[test]
    fn a_handler_can_name_another_request() {
        let named = Probe {
            method: "POST",
            path_with_query: "/api/things",
            status: 400,
        };
        assert_eq!(app(ROUTES, Some(named)).probe(), Some(named));
    }

    #[test]
    fn a_handler_that_nothing_can_be_read_from_has_none_by_itself() {
        assert_eq!(app(&ROUTES[..2], None).probe(), None);
        assert_eq!(app(&[], None).probe(), None);
    }
}
