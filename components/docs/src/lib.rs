//! `/api/openapi.json`, the description of the API, and `/api/docs`, a page to read it and to try it out.
//!
//! The description is made by the build script, of what the handlers themselves say. Both are the same for everybody and hold nothing of
//! a tenant's, so that nobody has to log in for them.

use lectern_handler::route::{Route, route};
use lectern_handler::{App, Context, Problem, Response};

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: false,
    probe: None,
};

// What describes the API is no part of it.
const ROUTES: &[Route] = &[
    route("GET", "/api/openapi.json", document, |it| it),
    route("GET", "/api/docs", page, |it| it),
    route("GET", "/api/docs/{file}", file, |it| it),
];

lectern_handler::component!(APP);

const DOCUMENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// Everything comes from here; the viewer writes styles into its elements and has small pictures in its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
struct File {
    name: &'static str,
    media_type: &'static str,
    content: &'static [u8],
    /// Whether the content is compressed with gzip, which every browser takes.
    is_compressed: bool,
}

const FILES: &[File] = &[
    File {
        name: "swagger-ui-bundle.js",
        media_type: "text/javascript;charset=utf-8",
        content: include_bytes!("../viewer/swagger-ui-bundle.js.gz"),
        is_compressed: true,
    },
    File {
        name: "swagger-ui.css",
        media_type: "text/css;charset=utf-8",
        content: include_bytes!("../viewer/swagger-ui.css.gz"),
        is_compressed: true,
    },
    File {
        name: "start.js",
        media_type: "text/javascript;charset=utf-8",
        content: include_bytes!("../viewer/start.js"),
        is_compressed: false,
    },
    File {
        name: "page.css",
        media_type: "text/css;charset=utf-8",
        content: include_bytes!("../viewer/page.css"),
        is_compressed: false,
    },
];

fn document(context: Context) -> Result<Response, Problem> {
    let tag = format!("\"{}\"", env!("DOCUMENT_TAG").trim_matches('"'));
    let known = context.request.header("if-none-match").unwrap_or_default();
    if known
        .split(',')
        .any(|known| known.trim().trim_start_matches("W/") == tag)
    {
        return Ok(Response::new(304).with_header("etag", tag));
    }
    Ok(Response::new(200)
        .with_header("etag", tag)
        .with_header("cache-control", "no-cache")
        .with_body("application/json", DOCUMENT.to_vec()))
}

fn page(_: Context) -> Result<Response, Problem> {
    let page = include_bytes!("../viewer/page.html").to_vec();
    Ok(Response::new(200)
        .with_header("content-security-policy", POLICY)
        .with_header("x-content-type-options", "nosniff")
        .with_body("text/html;charset=utf-8", page))
}

fn file(context: Context) -> Result<Response, Problem> {
    let name = context.path("file");
    let file = FILES
        .iter()
        .find(|file| file.name == name)
        .ok_or_else(|| Problem::not_found(format!("The page has no file '{name}'.")))?;
    let response = Response::new(200)
        .with_header("x-content-type-options", "nosniff")
        .with_header("cache-control", "max-age=3600");
    let response = if file.is_compressed {
        response.with_header("content-encoding", "gzip")
    } else {
        response
    };
    Ok(response.with_body(file.media_type, file.content.to_vec()))
}

#[cfg(test)]
mod tests {
    use lectern_handler::fake::Client;

    use super::*;

    #[test]
    fn the_document_describes_every_group_of_the_api() {
        let answer = Client::of(&APP).get("/api/openapi.json");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let document = answer.json();
        assert_eq!(document["openapi"], "3.1.0");
        let event = &document["paths"]["/api/events/{id}"]["get"];
        assert_eq!(event["x-required-roles"][0], "ROLE_API_EVENTS_VIEW");
        assert!(document["components"]["schemas"]["Event"].is_object());
        assert!(document["paths"]["/api"]["get"].get("x-required-roles").is_none());
    }

    #[test]
    fn the_document_is_not_sent_to_whoever_has_it() {
        let client = Client::of(&APP);
        let tag = client.get("/api/openapi.json").header("etag").unwrap().to_owned();
        let again = client.with_header("if-none-match", &tag).get("/api/openapi.json");
        assert_eq!(again.status, 304);
    }

    #[test]
    fn the_page_finds_its_files_and_allows_nothing_from_elsewhere() {
        let client = Client::of(&APP);
        let page = client.get("/api/docs");
        assert_eq!(page.header("content-type"), Some("text/html;charset=utf-8"));
        assert!(
            page.header("content-security-policy")
                .unwrap()
                .contains("default-src 'none'")
        );
        let files: Vec<&str> = page
            .text
            .split('"')
            .filter(|text| text.starts_with("/api/docs/"))
            .collect();
        assert_eq!(files.len(), FILES.len());
        for file in files {
            assert_eq!(client.get(file).status, 200, "{file}");
        }
        assert_eq!(client.get("/api/docs/other.js").status, 404);
    }
}
