//! Requests for uploaded files, `/static/EVENT/FILE/NAME`, and the answers to them, up to the bytes of the file: whoever has these sends
//! them. A request names an event, a file and what the file is called; the event decides whether the file is there.
//!
//! The files are what somebody has uploaded, so nothing of them runs in the origin of the API.
//!
//! Does not belong here: who may read an event (`lectern-data`), where files are.

mod ranges;

pub use ranges::Piece;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use lectern_data::media::{Element, Publication};
use lectern_data::model::{Criterion, Item, Query, Test, Value};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ranges::Selection;
use serde::de::DeserializeOwned;

/// Where files are served.
const ROOT: &str = "/static/";

/// What stands between two parts of an answer to several ranges: no file is likely to hold it, and it would do no harm.
const BOUNDARY: &str = "lectern-range-7d1f0b2c";

/// What an uploaded document may do when it is opened by itself: be looked at, and nothing else.
const POLICY: &str = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The identifier of an event.
    pub event: String,
    /// The identifier of a file.
    pub file: String,
    /// What the file is called.
    pub name: String,
}

/// An answer, but for the bytes of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// All header fields.
    pub headers: HeaderMap,
    /// The body. That of an answer to HEAD is not sent.
    pub pieces: Vec<Piece>,
}

/// Whether a path is below the files.
pub fn is_below(path: &str) -> bool {
    path.starts_with(ROOT)
}

/// The query for an event with these fields, by its identifier.
pub fn event(identifier: &str, fields: &[&str]) -> Query {
    Query {
        collection: "events".to_owned(),
        filters: vec![vec![Criterion {
            field: "identifier".to_owned(),
            test: Test::Equals(vec![identifier.to_owned()]),
        }]],
        limit: 1,
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        ..Query::default()
    }
}

impl Named {
    /// The fields of events that refer to files, in the order in which [`element`](Self::element) expects them.
    pub const FIELDS: [&str; 2] = ["media", "publications"];

    /// The parts of a path, if it has the shape of one.
    pub fn of(path: &str) -> Option<Self> {
        let decoded = |segment: &str| Some(percent_decode_str(segment).decode_utf8().ok()?.into_owned());
        let mut segments = path.strip_prefix(ROOT)?.split('/');
        let named = Self {
            event: decoded(segments.next()?)?,
            file: decoded(segments.next()?)?,
            name: decoded(segments.next()?)?,
        };
        segments.next().is_none().then_some(named)
    }

    /// The query for the event, with all that refers to files.
    pub fn query(&self) -> Query {
        event(&self.event, &Self::FIELDS)
    }

    /// The track, or published element, whose file this is, of an event that was found by the query.
    pub fn element(&self, event: &Item) -> Option<Element> {
        let [media, publications] = event.values.as_slice() else {
            return None;
        };
        let media: Vec<Element> = document(media);
        let publications: Vec<Publication> = document(publications);
        let published = publications.iter().flat_map(Publication::elements);
        media
            .iter()
            .chain(published)
            .find(|element| element.file == self.file && element.name == self.name)
            .cloned()
    }
}

fn document<T: DeserializeOwned>(value: &Value) -> Vec<T> {
    match value {
        Value::Document(json) => serde_json::from_str(json).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The answer to GET or HEAD of a file with this number of bytes.
pub fn answer(method: &Method, requested: &HeaderMap, element: &Element, length: u64) -> Answer {
    // A file never changes, so its identifier says which content it is.
    let tag = format!("\"{}\"", element.file);
    let selection = ranges::select(method, requested, &tag, length);
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
        let sent: u64 = pieces.iter().map(Piece::length).sum();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(sent));
        headers.extend(value(&disposition(element)).map(|text| (header::CONTENT_DISPOSITION, text)));
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
    Answer {
        status,
        headers,
        pieces,
    }
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
        let named = Named::of("/static/e/f/%C3%9Cbung%201%3F.mp4").unwrap();
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
            assert_eq!(Named::of(path), None, "{path}");
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
