//! `/static/EVENT/FILE/NAME`: the files that tracks and publications refer to, served without a handler, in ranges and without
//! holding them in memory.
//!
//! Who may read a file is decided by the access list of its event, as for everything else about the event; no API role is needed. The
//! files are what somebody has uploaded, so nothing of them runs in the origin of the API.
//!
//! Does not belong here: the addresses of files (the handlers make them), where files lie (`lectern-tenants`).

mod access;
mod file_body;
mod ranges;

pub use access::{Admission, admit, event, refused};
pub use file_body::FileBody;

use crate::web::Body;
use crate::web::exchange::Exchange;
use file_body::{Piece, Prepared};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use lectern_data::media::Element;
use lectern_engine::Problem;
use lectern_tenants::Tenant;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ranges::Selection;
use std::fs::File;
use std::io;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Where files are served.
const ROOT: &str = "/static/";

/// What stands between two parts of an answer to several ranges: no file is likely to hold it, and it would do no harm.
const BOUNDARY: &str = "lectern-range-7d1f0b2c";

/// What an uploaded document may do when it is opened by itself: be looked at, and nothing else.
const POLICY: &str = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    event: String,
    file: String,
    name: String,
}

/// Whether a path is below the files.
pub fn is_below(path: &str) -> bool {
    path.starts_with(ROOT)
}

/// The answer to a request for a file.
pub async fn answer<B>(
    request: &Request<B>,
    tenant: &Arc<Tenant>,
    exchange: &Exchange,
) -> Result<Response<Body>, Problem> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Files can only be read: use GET.");
        let mut response = problem.into_response(&exchange.id).map(Body::from);
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allowed);
        return Ok(response);
    }
    let named = named(request.uri().path()).ok_or_else(missing)?;
    let element = match access::element(request, tenant, exchange, &named).await {
        Ok(element) => element.ok_or_else(missing)?,
        Err(denial) => return Ok(access::refused(&denial, &exchange.id).map(Body::from)),
    };
    let file = open(tenant, element.file.clone()).await?;
    let length = file.metadata().map_err(|error| unreadable(&element, &error))?.len();
    Ok(serve(request, &element, file, length))
}

/// The parts of a path, if it has the shape of one.
fn named(path: &str) -> Option<Named> {
    let decoded = |segment: &str| Some(percent_decode_str(segment).decode_utf8().ok()?.into_owned());
    let mut segments = path.strip_prefix(ROOT)?.split('/');
    let named = Named {
        event: decoded(segments.next()?)?,
        file: decoded(segments.next()?)?,
        name: decoded(segments.next()?)?,
    };
    segments.next().is_none().then_some(named)
}

/// Where a file is, on this server.
fn file_path(event: &str, element: &Element) -> String {
    let [event, file, name] =
        [event, &element.file, &element.name].map(|segment| utf8_percent_encode(segment, RESERVED));
    format!("{ROOT}{event}/{file}/{name}")
}

/// What must not stand in a segment of a path as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

async fn open(tenant: &Arc<Tenant>, file: String) -> Result<File, Problem> {
    let tenant = Arc::clone(tenant);
    let name = tenant.name().clone();
    let opened = spawn_blocking(move || tenant.open_file(&file)).await;
    opened
        .unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(|error| {
            tracing::error!(tenant = %name, %error, "a file that an event refers to cannot be opened");
            fault()
        })
}

fn serve<B>(request: &Request<B>, element: &Element, file: File, length: u64) -> Response<Body> {
    // A file never changes, so its identifier says which content it is.
    let tag = format!("\"{}\"", element.file);
    let selection = ranges::select(request.method(), request.headers(), &tag, length);
    let mut response = Response::new(Body::Handler(String::new().into()));
    let mut headers = HeaderMap::new();
    let content_type = value(&element.mimetype).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let (status, pieces) = match selection {
        Selection::NotModified => (StatusCode::NOT_MODIFIED, Vec::new()),
        Selection::Unsatisfiable => {
            headers.extend(value(&format!("bytes */{length}")).map(|range| (header::CONTENT_RANGE, range)));
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
            (StatusCode::RANGE_NOT_SATISFIABLE, Vec::new())
        }
        Selection::Whole => {
            headers.insert(header::CONTENT_TYPE, content_type);
            (StatusCode::OK, vec![Piece::File(0..length)])
        }
        Selection::Ranges(ranges) => match ranges.as_slice() {
            [range] => {
                let text = format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1));
                headers.extend(value(&text).map(|range| (header::CONTENT_RANGE, range)));
                headers.insert(header::CONTENT_TYPE, content_type);
                (StatusCode::PARTIAL_CONTENT, vec![Piece::File(range.clone())])
            }
            _ => {
                let together = format!("multipart/byteranges; boundary={BOUNDARY}");
                headers.extend(value(&together).map(|kind| (header::CONTENT_TYPE, kind)));
                let pieces = ranges::parts(&ranges, &element.mimetype, length, BOUNDARY);
                (StatusCode::PARTIAL_CONTENT, pieces)
            }
        },
    };
    if !pieces.is_empty() {
        let body = Prepared::new(file, pieces);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.length()));
        headers.extend(value(&disposition(element)).map(|text| (header::CONTENT_DISPOSITION, text)));
        if request.method() == Method::GET {
            *response.body_mut() = Body::File(body.start());
        }
    }
    headers.extend(value(&tag).map(|tag| (header::ETAG, tag)));
    for (name, text) in [
        (header::ACCEPT_RANGES, "bytes"),
        // Whoever may read the file now may lose that right.
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ] {
        headers.insert(name, HeaderValue::from_static(text));
    }
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// What a browser is to do with a file: show what cannot do harm, and save the rest under its name.
fn disposition(element: &Element) -> String {
    let kind = element.mimetype.to_ascii_lowercase();
    let is_shown = ["audio/", "video/", "image/"]
        .iter()
        .any(|class| kind.starts_with(class))
        && !kind.contains("svg")
        || matches!(kind.as_str(), "text/plain" | "text/vtt");
    let how = if is_shown { "inline" } else { "attachment" };
    let plain: String = element
        .name
        .chars()
        .map(|letter| match letter {
            '"' | '\\' => '_',
            ' '..='~' => letter,
            _ => '_',
        })
        .collect();
    let encoded = utf8_percent_encode(&element.name, NON_ALPHANUMERIC);
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

fn value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

fn missing() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "There is no file at this address, or it may not be read.",
    )
}

fn unreadable(element: &Element, error: &io::Error) -> Problem {
    tracing::error!(file = %element.file, %error, "a file cannot be read");
    fault()
}

fn fault() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The file cannot be read. The server's log says more.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(name: &str, mimetype: &str) -> Element {
        Element {
            name: name.to_owned(),
            mimetype: mimetype.to_owned(),
            ..Element::default()
        }
    }

    #[test]
    fn a_path_names_an_event_a_file_and_a_name() {
        let named = named("/static/e/f/%C3%9Cbung%201%3F.mp4").unwrap();
        assert_eq!(
            (named.event.as_str(), named.file.as_str(), named.name.as_str()),
            ("e", "f", "Übung 1?.mp4")
        );
    }

    #[test]
    fn other_paths_name_nothing() {
        for path in [
            "/static/",
            "/static/e/f",
            "/static/e/f/n/m",
            "/static/e/f/%FF",
            "/api/e/f/n",
            "/static//e/f/n",
        ] {
            assert_eq!(named(path), None, "{path}");
        }
    }

    #[test]
    fn media_are_shown_and_documents_are_saved() {
        for (mimetype, shown) in [
            ("video/mp4", true),
            ("audio/mpeg", true),
            ("image/png", true),
            ("text/vtt", true),
            ("image/svg+xml", false),
            ("IMAGE/SVG+XML", false),
            ("text/html", false),
            ("application/xhtml+xml", false),
            ("text/xml", false),
            ("application/octet-stream", false),
            ("", false),
        ] {
            assert_eq!(
                disposition(&element("a", mimetype)).starts_with("inline;"),
                shown,
                "{mimetype}"
            );
        }
    }

    #[test]
    fn a_name_cannot_leave_its_parameter() {
        assert_eq!(
            disposition(&element("a\"; x=\\\r\nÜ.html", "text/html")),
            "attachment; filename=\"a_; x=____.html\"; filename*=UTF-8''a%22%3B%20x%3D%5C%0D%0A%C3%9C%2Ehtml"
        );
    }
}
