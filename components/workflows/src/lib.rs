//! `/api/workflows` and `/api/workflow-definitions`: what is being done with events, and what can be done.

mod change;
mod definitions;
mod description;
mod instances;
mod operations;
mod start;
#[cfg(test)]
mod tests;

use lectern_handler::route::{Route, route};
use lectern_handler::{App, Version};

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
    probe: None,
};

const ROUTES: &[Route] = &[
    Route {
        since: Version::V1_1,
        ..route("GET", "/api/workflows", instances::list, description::list)
    },
    Route {
        since: Version::V1_1,
        ..route("POST", "/api/workflows", start::start, description::start)
    },
    Route {
        since: Version::V1_1,
        ..route("GET", "/api/workflows/{id}", instances::single, description::single)
    },
    Route {
        since: Version::V1_1,
        ..route("PUT", "/api/workflows/{id}", change::update, description::update)
    },
    Route {
        since: Version::V1_1,
        ..route("DELETE", "/api/workflows/{id}", change::delete, description::delete)
    },
    Route {
        since: Version::V1_1,
        ..route(
            "GET",
            "/api/workflow-definitions",
            definitions::list,
            description::definitions,
        )
    },
    Route {
        since: Version::V1_1,
        ..route(
            "GET",
            "/api/workflow-definitions/{id}",
            definitions::single,
            description::definition,
        )
    },
];

lectern_handler::component!(APP);
