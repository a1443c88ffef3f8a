//! `/api/events`: events, their metadata and their access lists.

mod access;
mod create;
mod listing;
mod media;
mod metadata;
mod parts;
mod processing;
mod publications;
mod scheduling;
mod shown;
#[cfg(test)]
mod tests;
mod track;
mod update;

use lectern_handler::object::Object;
use lectern_handler::route::{Route, route};
use lectern_handler::{App, Context, Problem, Response, Version};

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
};

const ROUTES: &[Route] = &[
    route("GET", "/api/events", listing::list),
    route("POST", "/api/events", create::create),
    route("GET", "/api/events/{id}", single),
    route("POST", "/api/events/{id}", update::update),
    route("DELETE", "/api/events/{id}", processing::delete),
    route("GET", "/api/events/{id}/acl", access::read),
    route("PUT", "/api/events/{id}/acl", access::replace),
    route("POST", "/api/events/{id}/acl/{action}", access::grant),
    route("DELETE", "/api/events/{id}/acl/{action}/{role}", access::revoke),
    route("GET", "/api/events/{id}/metadata", metadata::read),
    route("PUT", "/api/events/{id}/metadata", metadata::update),
    route("DELETE", "/api/events/{id}/metadata", metadata::delete),
    route("GET", "/api/events/{id}/media", media::read),
    route("POST", "/api/events/{id}/track", track::add),
    route("GET", "/api/events/{id}/publications", publications::list),
    route(
        "GET",
        "/api/events/{id}/publications/{publication}",
        publications::single,
    ),
    Route {
        since: Version::V1_1,
        ..route("GET", "/api/events/{id}/scheduling", scheduling::read)
    },
    Route {
        since: Version::V1_1,
        ..route("PUT", "/api/events/{id}/scheduling", scheduling::replace)
    },
];

lectern_handler::component!(APP);

/// The collection.
const EVENTS: &str = "events";

/// The event that the path names.
fn named(context: &Context) -> Object<'_> {
    Object {
        collection: EVENTS,
        noun: "an event",
        identifier: context.path("id"),
    }
}

fn single(context: Context) -> Result<Response, Problem> {
    let included = shown::Included::of(&context);
    let writer = shown::Writer::of(&context, included)?;
    let found = named(&context).find(&context, &writer.fields, included.acl)?;
    let answer = || {
        let mut text = Vec::new();
        writer.write(found.values(), found.acl(), &mut text);
        Response::new(200).with_body(context.version.media_type(), text)
    };
    // Signed addresses expire, so no client has the answer already.
    Ok(if included.publications && context.query().flag("sign") {
        answer()
    } else {
        found.respond(&context, answer)
    })
}
