//! `/api/groups`: groups of users, and the roles that their members have.

mod description;
mod listing;
mod members;
mod shown;
#[cfg(test)]
mod tests;
mod write;

use lectern_handler::api::{Error, Reason};
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
    route("GET", "/api/groups", listing::list, description::list),
    route("POST", "/api/groups", write::create, description::create),
    route("GET", "/api/groups/{id}", single, description::single),
    route("PUT", "/api/groups/{id}", write::update, description::update),
    route("DELETE", "/api/groups/{id}", delete, description::delete),
    route(
        "POST",
        "/api/groups/{id}/members",
        members::add,
        description::add_member,
    ),
    route(
        "DELETE",
        "/api/groups/{id}/members/{member}",
        members::remove,
        description::remove_member,
    ),
];

lectern_handler::component!(APP);

/// The collection.
const GROUPS: &str = "groups";

/// The group that the path names.
fn named(context: &Context) -> Object<'_> {
    Object {
        collection: GROUPS,
        noun: "a group",
        identifier: context.path("id"),
    }
}

/// What a refusal of the host means. Fields are called like the form fields they come from.
fn refused(error: Error) -> Problem {
    let field = match error.subject.as_str() {
        // It follows from the name.
        "identifier" => "name",
        subject => subject,
    };
    match error.reason {
        Reason::Denied => Problem::new(403, error.message),
        Reason::Invalid => Problem::bad_request(&error.message).at_body(field),
        _ => error.into(),
    }
}

/// `GET /api/groups/{id}`
fn single(context: Context) -> Result<Response, Problem> {
    let found = named(&context).find(&context, shown::FIELDS, false)?;
    let organization = context.session.organization().identifier;
    Ok(found.respond(&context, || {
        let group = shown::Group::of(found.values(), &organization);
        Response::json(200, context.version, &group)
    }))
}

/// `DELETE /api/groups/{id}`
fn delete(context: Context) -> Result<Response, Problem> {
    let group = named(&context);
    let delete = |transaction: &dyn lectern_handler::api::Transaction| transaction.delete(GROUPS, group.identifier);
    group.commit(&context, delete, refused)?;
    Ok(Response::no_content())
}
