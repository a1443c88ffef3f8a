//! `/api/statistics`: how often what was watched.

mod data;
mod description;
mod export;
mod providers;
mod query;
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
        since: Version::V1_3,
        ..route("GET", "/api/statistics/providers", providers::list, description::list)
    },
    Route {
        since: Version::V1_3,
        ..route(
            "GET",
            "/api/statistics/providers/{id}",
            providers::single,
            description::single,
        )
    },
    Route {
        since: Version::V1_3,
        ..route("POST", "/api/statistics/data/query", data::query, description::query)
    },
    Route {
        since: Version::V1_4,
        ..route("POST", "/api/statistics/data/export.csv", export::csv, description::csv)
    },
];

lectern_handler::component!(APP);
