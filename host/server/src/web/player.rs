//! `/play/EVENT`: a page to watch what is published of an event in the player's channel. Without scripts, and without anything from
//! elsewhere.
//!
//! Who may watch is decided like who may read the files, by the access list of the event or by the signature of the address.
//!
//! Does not belong here: what is published (workflows decide it), and statistics about who watches.

use crate::web::Body;
use crate::web::exchange::Exchange;
use crate::web::static_files::{Admission, admit, event, refused};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use lectern_data::media::{Element, Publication};
use lectern_data::model::{Item, Value};
use lectern_engine::Problem;
use lectern_tenants::Tenant;
use percent_encoding::percent_decode_str;
use std::fmt::Write;
use std::sync::Arc;

const ROOT: &str = "/play/";

/// Beside the pages, as an event can have any identifier.
const STYLE: &str = "/play.css";

/// The channel that is shown.
const CHANNEL: &str = "engage-player";

/// What the page may do. It is meant to be embedded, so nothing is said about that.
const POLICY: &str =
    "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'";

/// What the page shows, in the order of the query.
const FIELDS: [&str; 5] = ["title", "presenter", "series", "language", "publications"];

/// Whether this is a page or belongs to one.
pub fn is_here(path: &str) -> bool {
    path.starts_with(ROOT) || path == STYLE
}

/// The answer to a request.
pub async fn answer<B>(
    request: &Request<B>,
    tenant: &Arc<Tenant>,
    exchange: &Exchange,
) -> Result<Response<Body>, Problem> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Err(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "A page can only be read: use GET.",
        ));
    }
    let path = request.uri().path();
    if path == STYLE {
        return Ok(text(
            "text/css; charset=utf-8",
            include_str!("player/style.css").to_owned(),
        ));
    }
    let identifier = path.strip_prefix(ROOT).and_then(identifier).ok_or_else(missing)?;
    let admission = match admit(request, tenant, exchange).await {
        Ok(admission) => admission,
        Err(denial) => return Ok(refused(&denial, &exchange.id).map(Body::from)),
    };
    let found = match event(tenant, exchange, &admission, &identifier, &FIELDS) {
        Ok(found) => found.ok_or_else(missing)?,
        Err(denial) => return Ok(refused(&denial, &exchange.id).map(Body::from)),
    };
    let page = Page::of(&found).ok_or_else(missing)?;
    let mut response = text("text/html; charset=utf-8", page.html(&identifier, tenant, &admission));
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(response)
}

/// One segment, decoded.
fn identifier(segment: &str) -> Option<String> {
    if segment.is_empty() || segment.contains('/') {
        return None;
    }
    Some(percent_decode_str(segment).decode_utf8().ok()?.into_owned())
}

fn text(content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::Handler(text.into()));
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Whoever may watch now may lose that right.
        (header::CACHE_CONTROL, "private, no-cache"),
        // A signed address must not be told to anybody.
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn missing() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "There is nothing to watch at this address, or it may not be watched.",
    )
}

/// What the page shows.
struct Page {
    title: String,
    presenters: Vec<String>,
    series: String,
    language: String,
    media: Vec<Element>,
}

impl Page {
    /// None if nothing is published in the channel.
    fn of(event: &Item) -> Option<Self> {
        let [title, presenters, series, language, publications] = event.values.as_slice() else {
            return None;
        };
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            _ => String::new(),
        };
        let Value::Document(publications) = publications else {
            return None;
        };
        let publications: Vec<Publication> = serde_json::from_str(publications).ok()?;
        let published = publications
            .into_iter()
            .find(|publication| publication.channel == CHANNEL)?;
        Some(Self {
            title: text(title),
            presenters: match presenters {
                Value::Texts(presenters) => presenters.clone(),
                _ => Vec::new(),
            },
            series: text(series),
            language: text(language),
            media: published.media,
        })
    }

    fn html(&self, event: &str, tenant: &Tenant, admission: &Admission) -> String {
        let title = if self.title.is_empty() { event } else { &self.title };
        let title = escaped(title);
        let language = if is_language(&self.language) {
            &self.language
        } else {
            "en"
        };
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <link rel=\"stylesheet\" href=\"{STYLE}\">\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        );
        // Writing to a String cannot fail.
        if !self.presenters.is_empty() {
            let _ = writeln!(
                page,
                "<p class=\"presenters\">{}</p>",
                escaped(&self.presenters.join(", "))
            );
        }
        if !self.series.is_empty() {
            let _ = writeln!(page, "<p class=\"series\">{}</p>", escaped(&self.series));
        }
        let url = |element: &Element| escaped(&admission.file_url(tenant, event, element));
        let captions: String = self
            .media
            .iter()
            .filter(|element| is_captions(element))
            .map(|element| {
                let language = language_of(element);
                let label = if language.is_empty() { &element.name } else { language };
                format!(
                    "<track kind=\"captions\" src=\"{}\" srclang=\"{}\" label=\"{}\">\n",
                    url(element),
                    escaped(language),
                    escaped(label)
                )
            })
            .collect();
        for element in self.media.iter().filter(|element| !is_captions(element)) {
            let kind = if element.mimetype.starts_with("audio/") {
                "audio"
            } else {
                "video"
            };
            let name = element.flavor.split('/').next().unwrap_or_default();
            let _ = writeln!(
                page,
                "<figure>\n<{kind} controls preload=\"metadata\" aria-label=\"{title}: {name}\">\n\
                 <source src=\"{}\" type=\"{}\">\n{captions}<a href=\"{}\">{}</a>\n</{kind}>\n<figcaption>{name}</figcaption>\n</figure>",
                url(element),
                escaped(&element.mimetype),
                url(element),
                escaped(&element.name),
                name = escaped(name),
            );
        }
        page.push_str("</main>\n</body>\n</html>\n");
        page
    }
}

fn is_captions(element: &Element) -> bool {
    element.mimetype == "text/vtt"
}

/// The language of captions, as their tag `lang:…` says.
fn language_of(element: &Element) -> &str {
    let mut tags = element.tags.iter().filter_map(|tag| tag.strip_prefix("lang:"));
    tags.next().unwrap_or_default()
}

fn is_language(text: &str) -> bool {
    (2..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Text in HTML, also between double quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_an_event_becomes_markup() {
        assert_eq!(
            escaped("<script>alert(\"a\" & 'b')</script>"),
            "&lt;script&gt;alert(&quot;a&quot; &amp; &#39;b&#39;)&lt;/script&gt;"
        );
    }

    #[test]
    fn a_page_has_one_segment() {
        assert_eq!(identifier("e%2F1").as_deref(), Some("e/1"));
        for path in ["", "a/b", "%FF"] {
            assert_eq!(identifier(path), None, "{path}");
        }
        assert!(is_here("/play/e") && is_here("/play.css") && !is_here("/play") && !is_here("/api/events"));
    }
}
