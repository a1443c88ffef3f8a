//! `/api/security`: signed addresses of media.

use std::net::IpAddr;

use lectern_handler::api::Reason;
use lectern_handler::date::parse_instant;
use lectern_handler::openapi::Description;
use lectern_handler::route::{Route, route};
use lectern_handler::row::Moment;
use lectern_handler::{App, Context, Probe, Problem, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: true,
    // Nothing can be read here, so it is asked to sign nothing.
    probe: Some(Probe {
        method: "POST",
        path_with_query: "/api/security/sign",
        status: 400,
    }),
};

const ROUTES: &[Route] = &[route("POST", "/api/security/sign", sign, describe)];

lectern_handler::component!(APP);

/// The answer. That a URL cannot be signed is no error of the request.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedUrl)]
#[serde(untagged)]
enum Answer {
    Signed {
        url: String,
        #[serde(rename = "valid-until")]
        valid_until: Moment,
    },
    Unsigned {
        error: &'static str,
    },
}

fn describe(it: Description) -> Description {
    it.about("Signs an address of media, so that it needs no login for a while")
        .field::<String>("url", true, "The address.")
        .example("https://video.example.org/static/mh_default_org/1/a.mp4")
        .field::<String>(
            "valid-until",
            false,
            "Until when it is good; for two hours unless given.",
        )
        .field::<String>("valid-source", false, "The only IP address that it is good for.")
        .answers::<Answer>(200, "The signed address, or why there is none.")
}

fn sign(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let url = form
        .filled("url")
        .ok_or_else(|| Problem::bad_request("Query parameter 'url' is mandatory").at_body("url"))?;
    let valid_until = match form.filled("valid-until") {
        None => None,
        Some(text) => Some(parse_instant(text).ok_or_else(|| {
            Problem::bad_request("Query parameter 'valid-until' is not a valid ISO-8601 date string")
                .at_body("valid-until")
        })?),
    };
    let source = match form.filled("valid-source").map(str::trim) {
        None => None,
        Some(text) => Some(text.parse::<IpAddr>().map_err(|_| {
            Problem::bad_request("The form field 'valid-source' must be an IP address.").at_body("valid-source")
        })?),
    };
    let source = source.map(|address| address.to_string());
    let answer = match context.session.sign(&[url.to_owned()], valid_until, source.as_deref()) {
        Ok(signed) => match signed.urls.into_iter().next().flatten() {
            Some(url) => Answer::Signed {
                url,
                valid_until: Moment(Some(signed.valid_until)),
            },
            None => Answer::Unsigned {
                error: "Given URL cannot be signed",
            },
        },
        // The operator finds the reason in the log.
        Err(error) if error.reason == Reason::Fault => Answer::Unsigned {
            error: "Error while signing url",
        },
        Err(error) => return Err(error.into()),
    };
    Ok(Response::json(200, context.version, &answer))
}

#[cfg(test)]
mod tests;
