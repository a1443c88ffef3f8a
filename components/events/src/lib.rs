//! `/api/events`: events, their metadata and their access lists.

mod access;
mod create;
mod description;
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
    probe: None,
};

const ROUTES: &[Route] = &[
    route("GET", "/api/events", listing::list, description::list),
    route("POST", "/api/events", create::create, description::create),
    route("GET", "/api/events/{id}", single, description::single),
    route("POST", "/api/events/{id}", update::update, description::update),
    route("DELETE", "/api/events/{id}", processing::delete, description::delete),
    route("GET", "/api/events/{id}/acl", access::read, description::acl),
    route("PUT", "/api/events/{id}/acl", access::replace, description::replace_acl),
    route(
        "POST",
        "/api/events/{id}/acl/{action}",
        access::grant,
        description::grant,
    ),
    route(
        "DELETE",
        "/api/events/{id}/acl/{action}/{role}",
        access::revoke,
        description::revoke,
    ),
    route(
        "GET",
        "/api/events/{id}/metadata",
        metadata::read,
        description::metadata,
    ),
    route(
        "PUT",
        "/api/events/{id}/metadata",
        metadata::update,
        description::update_metadata,
    ),
    route(
        "DELETE",
        "/api/events/{id}/metadata",
        metadata::delete,
        description::delete_metadata,
    ),
    route("GET", "/api/events/{id}/media", media::read, description::media),
    route("POST", "/api/events/{id}/track", track::add, description::add_track),
    route(
        "GET",
        "/api/events/{id}/publications",
        publications::list,
        description::publications,
    ),
    route(
        "GET",
        "/api/events/{id}/publications/{publication}",
        publications::single,
        description::publication,
    ),
    Route {
        since: Version::V1_1,
        ..route(
            "GET",
            "/api/events/{id}/scheduling",
            scheduling::read,
            description::scheduling,
        )
    },
    Route {
        since: Version::V1_1,
        ..route(
            "PUT",
            "/api/events/{id}/scheduling",
            scheduling::replace,
            description::replace_scheduling,
        )
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
