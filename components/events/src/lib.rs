//! `/api/events`: events, their metadata and their access lists.

mod access;
mod create;
mod elements;
mod listing;
mod media;
mod metadata;
mod parts;
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
    route("DELETE", "/api/events/{id}", delete),
    route("GET", "/api/events/{id}/acl", access::read),
    route("PUT", "/api/events/{id}/acl", access::replace),
    route("POST", "/api/events/{id}/acl/{action}", access::grant),
    route("DELETE", "/api/events/{id}/acl/{action}/{role}", access::revoke),
    route("GET", "/api/events/{id}/metadata", metadata::read),
    route("PUT", "/api/events/{id}/metadata", metadata::update),
    route("DELETE", "/api/events/{id}/metadata", metadata::delete),
    route("GET", "/api/events/{id}/media", media::read),
    route("POST", "/api/events/{id}/track", track::add),
    route("GET", "/api/events/{id}/publications", elements::publications),
    route(
        "GET",
        "/api/events/{id}/publications/{publication}",
        elements::publication,
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
    Ok(found.respond(&context, || {
        let mut text = Vec::new();
        writer.write(found.values(), found.acl(), &mut text);
        Response::new(200).with_body(context.version.media_type(), text)
    }))
}

fn delete(context: Context) -> Result<Response, Problem> {
    let event = named(&context);
    event.change(&context, |transaction| transaction.delete(EVENTS, event.identifier))?;
    Ok(Response::no_content())
}
