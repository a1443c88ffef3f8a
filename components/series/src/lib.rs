//! `/api/series`: series, their metadata and their access lists.

mod access;
mod create;
mod description;
mod listing;
mod metadata;
mod properties;
mod search;
mod shown;
#[cfg(test)]
mod tests;

use lectern_handler::object::Object;
use lectern_handler::route::{Route, route};
use lectern_handler::{App, Context, Problem, Response};

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
    probe: None,
};

const ROUTES: &[Route] = &[
    route("GET", "/api/series", listing::list, description::list),
    route("POST", "/api/series", create::create, description::create),
    route("GET", "/api/series/series.json", search::search, description::search),
    route("GET", "/api/series/{id}", single, description::single),
    route("PUT", "/api/series/{id}", metadata::update_all, description::update),
    route("DELETE", "/api/series/{id}", delete, description::delete),
    route(
        "GET",
        "/api/series/{id}/metadata",
        metadata::read,
        description::metadata,
    ),
    route(
        "PUT",
        "/api/series/{id}/metadata",
        metadata::update,
        description::update_metadata,
    ),
    route(
        "DELETE",
        "/api/series/{id}/metadata",
        metadata::delete,
        description::delete_metadata,
    ),
    route("GET", "/api/series/{id}/acl", access::read, description::acl),
    route("PUT", "/api/series/{id}/acl", access::replace, description::replace_acl),
    route(
        "GET",
        "/api/series/{id}/properties",
        properties::read,
        description::properties,
    ),
    route(
        "PUT",
        "/api/series/{id}/properties",
        properties::update,
        description::update_properties,
    ),
];

lectern_handler::component!(APP);

/// The collection.
const SERIES: &str = "series";

/// The series that the path names.
fn named(context: &Context) -> Object<'_> {
    Object {
        collection: SERIES,
        noun: "a series",
        identifier: context.path("id"),
    }
}

fn single(context: Context) -> Result<Response, Problem> {
    let with_acl = shown::has_acl(&context);
    let found = named(&context).find(&context, shown::FIELDS, with_acl)?;
    let organization = context.session.organization().identifier;
    Ok(found.respond(&context, || {
        let series = shown::Series::single(&found, &organization, context.version, with_acl);
        Response::json(200, context.version, &series)
    }))
}

fn delete(context: Context) -> Result<Response, Problem> {
    let series = named(&context);
    series.change(&context, |transaction| transaction.delete(SERIES, series.identifier))?;
    Ok(Response::no_content())
}
