//! Which component answers a path: the one with the same path as its route, else the one with the longest route that ends in `/...` and
//! begins the path. The crate that decides is the one that Spin has.

use anyhow::{Result, anyhow};
use routefinder::Router;

/// How a route for everything below a path ends.
const BELOW: &str = "/...";

/// All routes.
pub struct Routes(Router<Route>);

struct Route {
    /// As the manifest has it.
    pattern: String,
    component: String,
}

/// Who answers a path.
pub struct Match<'a> {
    /// The route as the manifest has it.
    pub pattern: &'a str,
    /// The name of the component.
    pub component: &'a str,
    /// What of the path is below the route.
    pub below: String,
}

impl Match<'_> {
    /// The route without the dots.
    pub fn prefix(&self) -> &str {
        self.pattern.strip_suffix(BELOW).unwrap_or(self.pattern)
    }
}

impl Routes {
    /// Of routes and names of components.
    pub fn new<'a>(routes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut router = Router::new();
        for (pattern, component) in routes {
            let path = pattern.strip_suffix('/').unwrap_or(pattern);
            let path = path
                .strip_suffix(BELOW)
                .map_or(path.to_owned(), |start| format!("{start}/*"));
            let route = Route {
                pattern: pattern.to_owned(),
                component: component.to_owned(),
            };
            router
                .add(path, route)
                .map_err(|reason| anyhow!("{pattern} cannot be a route: {reason}"))?;
        }
        Ok(Self(router))
    }

    /// Who answers a path, without its query.
    pub fn of(&self, path: &str) -> Option<Match<'_>> {
        let best = self.0.best_match(path)?;
        let below = best.captures().wildcard().map(|rest| {
            let (before, after) = match (rest.is_empty(), path.ends_with('/')) {
                (true, false) => ("", ""),
                (false, true) => ("/", "/"),
                (true, true) | (false, false) => ("/", ""),
            };
            format!("{before}{rest}{after}")
        });
        let route = best.handler();
        Some(Match {
            pattern: &route.pattern,
            component: &route.component,
            below: below.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        Routes::new([
            ("/api/...", "base"),
            ("/api/events/...", "events"),
            ("/api/openapi.json", "docs"),
        ])
        .unwrap()
    }

    #[test]
    fn the_most_specific_route_counts() {
        let routes = routes();
        for (path, component) in [
            ("/api", "base"),
            ("/api/", "base"),
            ("/api/events", "events"),
            ("/api/events/", "events"),
            ("/api/events/1/acl", "events"),
            ("/api/eventsource", "base"),
            ("/api/openapi.json", "docs"),
            ("/api/openapi.yaml", "base"),
        ] {
            assert_eq!(routes.of(path).unwrap().component, component, "{path}");
        }
        assert!(routes.of("/").is_none());
        assert!(routes.of("/apis").is_none());
    }

    #[test]
    fn what_is_below_a_route_begins_with_a_slash() {
        let routes = routes();
        for (path, below) in [
            ("/api/events", ""),
            ("/api/events/", "/"),
            ("/api/events/1", "/1"),
            ("/api/events/1/", "/1/"),
        ] {
            assert_eq!(routes.of(path).unwrap().below, below, "{path}");
        }
    }
}
