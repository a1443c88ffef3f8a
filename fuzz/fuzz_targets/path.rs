//! Paths and query strings.

#![no_main]

use lectern_handler::query::Parameters;
use lectern_handler::route::{self, Route};
use lectern_handler::window::Window;
use lectern_handler::{Context, Problem, Response};
use libfuzzer_sys::fuzz_target;

const ROUTES: &[Route] = &[
    route::route("GET", "/api/events", nothing),
    route::route("GET", "/api/events/{id}", nothing),
    route::route("DELETE", "/api/events/{id}/acl/{action}/{role}", nothing),
];

fn nothing(_: Context) -> Result<Response, Problem> {
    Ok(Response::no_content())
}

fuzz_target!(|text: &str| {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    for method in ["GET", "DELETE"] {
        if let Err(problem) = route::find(ROUTES, method, path) {
            assert!((400..500).contains(&problem.status), "{problem:?}");
        }
    }
    let parameters = Parameters::of(query);
    if let Err(problem) = Window::of(parameters, None) {
        assert_eq!(problem.status, 400);
    }
    // What is written again means the same.
    let rest = parameters.without(&["limit"]);
    assert!(
        parameters.all("filter").eq(Parameters::of(&rest).all("filter")),
        "{rest}"
    );
});
