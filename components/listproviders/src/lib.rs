//! `/api/listproviders`: the lists that forms offer for choice.

mod shown;

use lectern_handler::api::Reason;
use lectern_handler::openapi::{array, integer, text, texts_by_name};
use lectern_handler::route::{Route, route};
use lectern_handler::version::wants_problem_details;
use lectern_handler::window::Window;
use lectern_handler::{App, Context, Problem, Response, Version};
use shown::{Parts, escaped};

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
    probe: None,
};

const ROUTES: &[Route] = &[
    Route {
        since: Version::V1_10,
        ..route("GET", "/api/listproviders/providers.json", names, |it| {
            it.about("The names of all lists").answers_shape(
                200,
                array(array(text())),
                "An array of one array with the names, sorted.",
            )
        })
    },
    Route {
        since: Version::V1_10,
        ..route("GET", "/api/listproviders/{source}", list, |it| {
            it.about("A list that forms offer for choice")
                .segment("source", "The name of the list, and `.json` behind it.")
                .query(
                    "limit",
                    integer(),
                    "How many entries to return at most; all unless given.",
                )
                .query("offset", integer(), "How many entries to leave out at the start.")
                .query("filter", text(), "Known for compatibility; has no effect.")
                .answers_shape(200, texts_by_name(), "The entries, in the order of the list.")
                .answers_plainly(404, "There is no such list.")
        })
    },
];

lectern_handler::component!(APP);

/// The names of all lists: an array of one array, which clients of Opencast expect.
fn names(context: Context) -> Result<Response, Problem> {
    let names = [context.session.list_names()?];
    let json = escaped(&names);
    Ok(Response::new(200).with_body(context.version.media_type(), json))
}

/// A list as one JSON object, in the list's order. What can be asked for as `filter` has never had an effect on any list.
fn list(context: Context) -> Result<Response, Problem> {
    let Some(name) = context.path("source").strip_suffix(".json").map(str::to_owned) else {
        let message = format!(
            "There is nothing at '{}', but maybe at '{0}.json'.",
            context.request.path()
        );
        return Err(Problem::not_found(message));
    };
    let window = Window::of(context.query(), None)?;
    let media_type = context.version.media_type();
    let mut parts = Parts::new(std::rc::Rc::clone(&context.session), name, window);
    match parts.first() {
        Ok(body) if parts.is_done() => Ok(Response::new(200).with_body(media_type, body)),
        Ok(body) => Ok(Response::new(200).with_chunks(media_type, std::iter::once(Ok(body)).chain(parts))),
        Err(error) if error.reason == Reason::Missing => unknown(&context, error.into()),
        Err(error) => Err(error.into()),
    }
}

/// 404 without a body, unless the client asks for details.
fn unknown(context: &Context, problem: Problem) -> Result<Response, Problem> {
    if wants_problem_details(context.request.joined_header("accept").as_deref()) {
        Err(problem)
    } else {
        Ok(Response::new(404).with_body("text/plain;charset=utf-8", Vec::new()))
    }
}

#[cfg(test)]
mod tests;
