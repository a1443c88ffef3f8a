//! `/api/playlists`: events in an order that somebody has chosen, with an access list of their own.

mod description;
mod input;
mod listing;
mod shown;
#[cfg(test)]
mod tests;
mod write;

use lectern_handler::api::{Error, Reason, Transaction};
use lectern_handler::object::Object;
use lectern_handler::openapi::Describe;
use lectern_handler::route::{Route, route};
use lectern_handler::{App, Context, Problem, Response, Version};

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
    probe: None,
};

const ROUTES: &[Route] = &[
    since("GET", "/api/playlists", listing::list, description::list),
    since("POST", "/api/playlists", write::create, description::create),
    since("GET", "/api/playlists/{id}", single, description::single),
    since("PUT", "/api/playlists/{id}", write::update, description::update),
    since("DELETE", "/api/playlists/{id}", delete, description::delete),
];

/// A route that exists since 1.11.0.
const fn since(
    method: &'static str,
    pattern: &'static str,
    run: fn(Context) -> Result<Response, Problem>,
    describe: Describe,
) -> Route {
    Route {
        since: Version::V1_11,
        ..route(method, pattern, run, describe)
    }
}

lectern_handler::component!(APP);

/// The collection.
const PLAYLISTS: &str = "playlists";

/// A playlist.
fn playlist(identifier: &str) -> Object<'_> {
    Object {
        collection: PLAYLISTS,
        noun: "playlist instance",
        identifier,
    }
}

/// What a refusal of the host means.
fn refused(error: Error) -> Problem {
    match (error.reason, error.subject.as_str()) {
        (Reason::Denied, _) => Problem::new(403, error.message),
        (Reason::Invalid, "acl") => Problem::bad_request(error.message).at_body("playlist/accessControlEntries"),
        (Reason::Invalid, "identifier") => Problem::bad_request(error.message).at_body("playlist/id"),
        (Reason::Invalid, field) => {
            let pointer = format!("playlist/{field}");
            Problem::bad_request(&error.message).at_body(pointer)
        }
        _ => error.into(),
    }
}

/// `GET /api/playlists/{id}`
fn single(context: Context) -> Result<Response, Problem> {
    let found = playlist(context.path("id")).find(&context, shown::FIELDS, true)?;
    let shown = shown::Playlist::of(found.values(), found.acl());
    Ok(found.respond_to_view(&context, &shown.entries, || {
        Response::json(200, context.version, &shown)
    }))
}

/// `DELETE /api/playlists/{id}`: the answer is what has been deleted.
fn delete(context: Context) -> Result<Response, Problem> {
    let playlist = playlist(context.path("id"));
    let delete = |_: &_, transaction: &dyn Transaction| transaction.delete(PLAYLISTS, playlist.identifier);
    let found = playlist.change_found(&context, shown::FIELDS, true, delete, refused)?;
    let deleted = shown::Playlist::of(found.values(), found.acl());
    Ok(Response::json(200, context.version, &deleted))
}
