//! `/api/agents`, `/capture-admin` and `/recordings`: capture agents, what they report, and their calendars.
//!
//! The first is a part of the External API. The others are what capture agents such as pyCA call: they have no versions, and look as they
//! do in Opencast. `/services/available.json` tells agents where they are.
//!
//! Does not belong here: scheduling recordings, which is a matter of their events.

mod admin;
mod calendar;
mod configuration;
mod listing;
mod recordings;
mod services;
mod shown;

use lectern_handler::route::{Route, route};
use lectern_handler::{App, Context, Problem, Response, Version};

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
    probe: None,
};

const ROUTES: &[Route] = &[
    Route {
        since: Version::V1_1,
        ..route("GET", "/api/agents", listing::list, listing::describe_list)
    },
    Route {
        since: Version::V1_1,
        ..route("GET", "/api/agents/{id}", listing::single, listing::describe_single)
    },
    elsewhere("GET", "/capture-admin/agents.json", admin::list_as_json),
    elsewhere("GET", "/capture-admin/agents.xml", admin::list_as_xml),
    elsewhere("GET", "/capture-admin/agents/{name}", admin::single),
    elsewhere("POST", "/capture-admin/agents/{name}", admin::set_state),
    elsewhere("DELETE", "/capture-admin/agents/{name}", admin::remove),
    elsewhere(
        "POST",
        "/capture-admin/agents/{name}/configuration",
        admin::set_configuration,
    ),
    elsewhere("GET", "/capture-admin/agents/{name}/{what}", admin::properties),
    elsewhere("GET", "/capture-admin/recordings", recordings::list),
    elsewhere("GET", "/capture-admin/recordings/{id}", recordings::single),
    elsewhere("POST", "/capture-admin/recordings/{id}", recordings::set_state),
    elsewhere("DELETE", "/capture-admin/recordings/{id}", recordings::forget),
    elsewhere("GET", "/recordings/calendars", calendar::calendar),
    elsewhere("GET", "/services/available.json", services::available),
];

lectern_handler::component!(APP);

/// A route that is no part of the External API, and is not described with it.
const fn elsewhere(
    method: &'static str,
    pattern: &'static str,
    run: fn(Context) -> Result<Response, Problem>,
) -> Route {
    route(method, pattern, run, |it| it)
}

/// The collection of capture agents.
const AGENTS: &str = "agents";

/// Answers with a sentence, as Opencast does here.
fn sentence(text: String) -> Response {
    Response::new(200).with_body("text/plain;charset=utf-8", text.into_bytes())
}

#[cfg(test)]
mod tests;
