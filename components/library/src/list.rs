//! Lists: the one way from a query string to a JSON array.
//!
//! The array is made piece by piece while it is sent, so that a list without a limit costs no more memory than a short one.

use std::iter;
use std::ops::Range;
use std::rc::Rc;
use std::vec;

use serde::Serialize;

use crate::api::{AccessEntry, Acl, Item, Page, Query, RenderedPage, Session, everything};
use crate::response::Interrupted;
use crate::window::Window;
use crate::{Context, Problem, Response, Version, filter, sort};

/// How many objects are read at once.
const CHUNK: u64 = 500;

/// How many objects are written at once: what is written is on its way while the next ones are, and takes no more memory than they do.
const PIECE: usize = 100;

/// How long the `Link` header may be, in bytes.
const LINKS: usize = 32 * 1024;

/// What a resource's list understands.
pub struct Listing {
    /// The collection.
    pub collection: &'static str,
    /// The `filter` parameter.
    pub filters: filter::Grammar,
    /// The version since which several `filter` parameters are alternatives; before it, or if none, the first counts.
    pub alternatives_since: Option<Version>,
    /// The `sort` parameter.
    pub sorts: sort::Names,
    /// The limit of a request without one.
    pub default_limit: Option<u64>,
}

/// Writes one object of a list as JSON. Gets the object and its access list.
pub type Write = dyn Fn(&Item, &[AccessEntry], &mut Vec<u8>);

/// Appends a value as JSON.
pub fn write_json(value: &impl Serialize, text: &mut Vec<u8>) {
    // What is shown here is made of texts, numbers and lists: it cannot fail to be JSON, and memory does not refuse to be
    // written to.
    let _ = serde_json::to_writer(text, value);
}

impl Listing {
    /// Answers a request for a list. `fields` are what `write` needs.
    pub fn respond(
        &self,
        context: Context,
        fields: &[&str],
        with_acl: bool,
        write: Box<Write>,
    ) -> Result<Response, Problem> {
        self.respond_kept(context, fields, with_acl, None, write)
    }

    /// The same where the host may keep what is written in a form, if there is one. See `search.keep` of the contract for what must not be in
    /// it then.
    pub fn respond_kept(
        &self,
        context: Context,
        fields: &[&str],
        with_acl: bool,
        form: Option<String>,
        write: Box<Write>,
    ) -> Result<Response, Problem> {
        let window = Window::of(context.query(), self.default_limit)?;
        let query = Query {
            with_acl,
            ..self.query(&context, fields)?
        };
        let version = context.version;
        answer(context, version, query, window, form, write)
    }

    fn query(&self, context: &Context, fields: &[&str]) -> Result<Query, Problem> {
        let parameters = context.query();
        let version = context.version;
        let are_alternatives = self.alternatives_since.is_some_and(|since| version >= since);
        let mut filters = Vec::new();
        for text in parameters
            .all("filter")
            .take(if are_alternatives { usize::MAX } else { 1 })
        {
            let criteria = self.filters.parse(&text, version)?;
            if !criteria.is_empty() {
                filters.push(criteria);
            }
        }
        let sort = match parameters.first("sort") {
            Some(text) => sort::parse(&text, self.sorts)?,
            None => Vec::new(),
        };
        let actions = if parameters.flag("onlyWithWriteAccess") {
            vec!["write".to_owned()]
        } else {
            Vec::new()
        };
        Ok(Query {
            filters,
            sort,
            actions,
            ..everything(self.collection, fields)
        })
    }
}

/// Answers with the part of a query's objects that a window shows, as a version of the API does it.
pub fn respond(
    context: Context,
    version: Version,
    query: Query,
    window: Window,
    write: Box<Write>,
) -> Result<Response, Problem> {
    answer(context, version, query, window, None, write)
}

fn answer(
    context: Context,
    version: Version,
    query: Query,
    window: Window,
    form: Option<String>,
    write: Box<Write>,
) -> Result<Response, Problem> {
    let query = Query {
        offset: window.offset,
        limit: chunk(window.limit),
        cursor: window.cursor.clone(),
        with_total: true,
        ..query
    };
    // A list that is not written in one piece is not likely to be asked for again, and would drive out what is.
    let form = form.filter(|_| window.limit.is_some_and(|limit| limit <= PIECE as u64));
    let found = match &form {
        Some(form) => context.session.find_rendered(&query, form),
        None => context.session.find(&query).map(|page| RenderedPage {
            page,
            texts: Vec::new(),
        }),
    };
    let RenderedPage { page: first, texts } = found.map_err(|error| match error.subject.as_str() {
        "cursor" => Problem::from(error).at_parameter("cursor"),
        _ => error.into(),
    })?;
    let total = first.total;
    let links = links(&context, &window, &first);
    let media_type = version.media_type();
    // A cursor leads from page to page, and the next one must be known before the first byte is sent.
    let left = if window.cursor.is_some() {
        Some(first.items.len() as u64)
    } else {
        window.limit
    };
    let mut array = Array {
        session: context.session,
        query,
        left,
        page: Reading::of(first, texts),
        keeps: form.is_some(),
        length: 0,
        is_first: true,
        is_done: false,
        write,
    };
    let mut response = Response::new(200);
    if let Some(total) = total {
        response = response.with_header("x-total-count", total.to_string());
    }
    if let Some(links) = links {
        response = response.with_header("link", links);
    }
    let body = array.next().and_then(Result::ok).unwrap_or_default();
    if array.is_done {
        return Ok(response.with_body(media_type, body));
    }
    Ok(response.with_chunks(media_type, iter::once(Ok(body)).chain(array)))
}

/// A JSON array in the making: each item of the iterator is a piece of its text.
struct Array {
    session: Rc<dyn Session>,
    /// Reads the page behind the one that is being written.
    query: Query,
    /// How many objects may still be written; all if none.
    left: Option<u64>,
    page: Reading,
    /// Whether the host may keep what is written of the objects of the first page.
    keeps: bool,
    /// How long the last piece was.
    length: usize,
    is_first: bool,
    is_done: bool,
    write: Box<Write>,
}

/// What is left of a page that is being written.
struct Reading {
    items: vec::IntoIter<Item>,
    /// What has been written of the items before.
    texts: vec::IntoIter<Option<String>>,
    acls: Vec<Acl>,
    next: Option<String>,
}

impl Reading {
    fn of(page: Page, texts: Vec<Option<String>>) -> Reading {
        Reading {
            items: page.items.into_iter(),
            texts: texts.into_iter(),
            acls: page.acls,
            next: page.next,
        }
    }
}

impl Array {
    /// Reads the page behind the one that has been written.
    fn turn(&mut self) -> Result<(), Interrupted> {
        self.query.offset = 0;
        self.query.cursor = self.page.next.take();
        self.query.limit = chunk(self.left);
        self.query.with_total = false;
        self.page = Reading::of(self.session.find(&self.query).map_err(|_| Interrupted)?, Vec::new());
        Ok(())
    }

    fn piece(&mut self) -> Result<Vec<u8>, Interrupted> {
        if self.page.items.len() == 0 && self.page.next.is_some() {
            self.turn()?;
        }
        // As long as what has been written before will make it, or as the piece before: a text that grows is copied again and again.
        let before = self.page.texts.as_slice().iter().flatten();
        let known = before.map(|text| text.len() + 1).sum::<usize>() + 2;
        let mut text = Vec::with_capacity(known.max(self.length + self.length / 8));
        if self.is_first {
            text.push(b'[');
        }
        let room = self.left.and_then(|left| usize::try_from(left).ok()).unwrap_or(PIECE);
        let mut written = 0;
        let mut fresh = Vec::new();
        for item in self.page.items.by_ref().take(room.min(PIECE)) {
            if !self.is_first {
                text.push(b',');
            }
            self.is_first = false;
            match self.page.texts.next().flatten() {
                Some(before) => {
                    text.extend_from_slice(before.as_bytes());
                    fresh.push(None);
                }
                None => {
                    let begin = text.len();
                    (self.write)(&item, access_list(&self.page.acls, &item), &mut text);
                    fresh.push(Some(begin..text.len()));
                }
            }
            written += 1;
        }
        if std::mem::take(&mut self.keeps) && fresh.iter().any(Option::is_some) {
            let part = |place: Range<usize>| String::from_utf8(text.get(place)?.to_vec()).ok();
            let texts: Vec<Option<String>> = fresh.into_iter().map(|place| place.and_then(part)).collect();
            self.session.keep(&texts);
        }
        self.left = self.left.map(|left| left.saturating_sub(written));
        let is_read = self.page.items.len() == 0 && (self.page.next.is_none() || written == 0);
        self.is_done = is_read || self.left == Some(0);
        if self.is_done {
            text.push(b']');
        }
        self.length = text.len();
        Ok(text)
    }
}

impl Iterator for Array {
    type Item = Result<Vec<u8>, Interrupted>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let piece = self.piece();
        self.is_done |= piece.is_err();
        Some(piece)
    }
}

/// The access list of an object of a page.
pub fn access_list<'a>(acls: &'a [Acl], item: &Item) -> &'a [AccessEntry] {
    item.acl
        .and_then(|position| acls.get(usize::try_from(position).ok()?))
        .map_or(&[], Vec::as_slice)
}

fn chunk(limit: Option<u64>) -> u32 {
    u32::try_from(limit.unwrap_or(CHUNK).min(CHUNK)).unwrap_or(u32::MAX)
}

/// The `Link` header (RFC 8288) of a page of a limited list.
fn links(context: &Context, window: &Window, page: &Page) -> Option<String> {
    // A page behind a cursor ends somewhere even if nobody said where.
    let limit = window.limit.or(window.cursor.is_some().then_some(CHUNK))?;
    let rest = context.query().without(&[window.limit_name, "offset", "cursor"]);
    let address = format!(
        "{}{}",
        context.api_url(),
        context.request.path().strip_prefix("/api").unwrap_or_default()
    );
    let link = |relation: &str, name: &str, value: &str| {
        let mut query = form_urlencoded::Serializer::new(rest.clone());
        query.append_pair(window.limit_name, &limit.to_string());
        if value != "0" {
            query.append_pair(name, value);
        }
        format!("<{address}?{}>; rel=\"{relation}\"", query.finish())
    };
    let last = page.total.map(|total| total.saturating_sub(1) / limit * limit);
    let by_offset = |relation: &str, offset: u64| link(relation, "offset", &offset.to_string());
    // A page that has been read whole knows where it ends, and the next one starts there whatever is written meanwhile.
    let is_whole = page.items.len() as u64 >= limit || window.cursor.is_some();
    let next = match &page.next {
        None => None,
        Some(cursor) if is_whole => Some(link("next", "cursor", cursor)),
        Some(_) => Some(by_offset("next", window.offset.saturating_add(limit))),
    };
    let previous =
        (window.offset > 0 && window.cursor.is_none()).then(|| by_offset("prev", window.offset.saturating_sub(limit)));
    let links: Vec<String> = iter::once(by_offset("first", 0))
        .chain(previous)
        .chain(next)
        .chain(last.map(|offset| by_offset("last", offset)))
        .collect();
    // Each of them repeats the query. Who sends one that long knows how to go on without being told.
    Some(links.join(", ")).filter(|links| links.len() <= LINKS)
}
