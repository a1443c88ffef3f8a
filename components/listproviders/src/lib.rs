//! `/api/listproviders`: the lists that forms offer for choice.

mod shown;

use lectern_handler::api::Reason;
use lectern_handler::route::Route;
use lectern_handler::version::wants_problem_details;
use lectern_handler::window::Window;
use lectern_handler::{App, Context, Problem, Response, Version};
use shown::{Parts, escaped};

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
};

const ROUTES: &[Route] = &[
    since_1_10("/api/listproviders/providers.json", names),
    since_1_10("/api/listproviders/{source}", list),
];

lectern_handler::component!(APP);

const fn since_1_10(pattern: &'static str, run: fn(Context) -> Result<Response, Problem>) -> Route {
    Route {
        method: "GET",
        pattern,
        since: Version::V1_10,
        run,
    }
}

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
