//! `/recordings/calendars`: what capture agents have to record, as an iCalendar (RFC 5545).
//!
//! What an agent does with a recording is attached to it: the metadata of the event and of its series as Dublin Core, and the properties
//! that say how it is to be recorded and processed. The calendar is written while it is sent, event by event, so that a long one costs no
//! more memory than a short one.

mod lines;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::rc::Rc;

use calcard::icalendar::ICalendarProperty;
use lectern_dublincore::{Content, episode, series};
use lectern_handler::api::{Criterion, Item, Page, Query, Session, SortKey, Test, everything};
use lectern_handler::condition::not_modified;
use lectern_handler::row::{Row, column};
use lectern_handler::{Context, Interrupted, Problem, Response};
use serde_json::Value as Json;

use crate::configuration::DEVICES;
use crate::recordings::RECORDINGS;
use lines::Lines;

/// For how long what has been recorded stays in the calendar, in milliseconds.
const LINGERS: i64 = 60 * 60 * 1000;

/// How many recordings are read at once.
const CHUNK: u32 = 200;

const FIELDS: &[&str] = &[
    "identifier",
    "agent_id",
    "inputs",
    "technical_start",
    "technical_end",
    "modified",
    "processing",
    "is_part_of",
    "series",
    "title",
    "description",
    "presenter",
    "contributor",
    "subject",
    "location",
    "language",
    "rightsholder",
    "license",
    "source",
    "publisher",
    "created",
    "start",
    "duration",
];

const IDENTIFIER: usize = column(FIELDS, "identifier");
const AGENT: usize = column(FIELDS, "agent_id");
const INPUTS: usize = column(FIELDS, "inputs");
const START: usize = column(FIELDS, "technical_start");
const END: usize = column(FIELDS, "technical_end");
const MODIFIED: usize = column(FIELDS, "modified");
const PROCESSING: usize = column(FIELDS, "processing");
const IS_PART_OF: usize = column(FIELDS, "is_part_of");
const SERIES: usize = column(FIELDS, "series");
const TITLE: usize = column(FIELDS, "title");
const DESCRIPTION: usize = column(FIELDS, "description");

const MEDIA_TYPE: &str = "text/calendar;charset=utf-8";

/// `agentid` and `seriesid` narrow the calendar down, `cutoff` (milliseconds since 1970) leaves out what starts later. What has ended more
/// than an hour ago is not in it.
pub fn calendar(context: Context) -> Result<Response, Problem> {
    let query = query(&context)?;
    // The tag is that of what is read here; if something is changed before it is read again, the client asks once too often.
    let (tag, last_modified) = state(&*context.session, &query)?;
    // Some devices send it back without its quotes.
    let is_known = [tag.as_str(), tag.trim_matches('"')]
        .iter()
        .any(|tag| not_modified(&context.request, tag).is_some());
    let response = |status| {
        let response = Response::new(status)
            .with_header("etag", tag.as_str())
            .with_header("cache-control", "no-cache");
        match last_modified.and_then(lines::http_date) {
            Some(date) => response.with_header("last-modified", date),
            None => response,
        }
    };
    if is_known {
        return Ok(response(304));
    }
    let query = Query {
        fields: FIELDS.iter().map(|&field| field.to_owned()).collect(),
        limit: CHUNK,
        ..query
    };
    let mut parts = Parts {
        session: Rc::clone(&context.session),
        query,
        is_first: true,
        is_done: false,
    };
    let first = parts.page()?;
    let body = parts.write(first);
    if parts.is_done {
        return Ok(response(200).with_body(MEDIA_TYPE, body));
    }
    Ok(response(200).with_chunks(MEDIA_TYPE, std::iter::once(Ok(body)).chain(parts)))
}

fn query(context: &Context) -> Result<Query, Problem> {
    let parameters = context.query();
    let now = context.session.now();
    let mut criteria = vec![Criterion {
        field: "technical_end".to_owned(),
        test: Test::Between((now.saturating_sub(LINGERS), i64::MAX)),
    }];
    if let Some(cutoff) = parameters.integer("cutoff")? {
        criteria.push(Criterion {
            field: "technical_start".to_owned(),
            test: Test::Between((i64::MIN, cutoff)),
        });
    }
    for (parameter, field) in [("agentid", "agent_id"), ("seriesid", "is_part_of")] {
        let value = parameters.first(parameter).map(|value| value.trim().to_owned());
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            criteria.push(Criterion {
                field: field.to_owned(),
                test: Test::Equals(vec![value]),
            });
        }
    }
    Ok(Query {
        filters: vec![criteria],
        sort: vec![SortKey {
            field: "technical_start".to_owned(),
            descending: false,
        }],
        ..everything(RECORDINGS, &["modified"])
    })
}

/// A tag for all that the calendar shows, and when something of it was changed last.
fn state(session: &dyn Session, query: &Query) -> Result<(String, Option<i64>), Problem> {
    let mut hash = Hash::new();
    let mut last = None;
    let mut query = query.clone();
    loop {
        let page = session.find(&query)?;
        for item in &page.items {
            hash.add(item.identifier.as_bytes());
            hash.add(&item.sequence.to_le_bytes());
            last = last.max(Row(&item.values).number(0));
        }
        let Some(next) = page.next else { break };
        query.cursor = Some(next);
    }
    Ok((format!("\"{:016x}\"", hash.0), last))
}

/// FNV-1a: nobody gains anything by another calendar with the same tag.
struct Hash(u64);

impl Hash {
    fn new() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&[0xff]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The pieces of a calendar.
struct Parts {
    session: Rc<dyn Session>,
    query: Query,
    is_first: bool,
    is_done: bool,
}

impl Parts {
    fn page(&self) -> Result<Page, lectern_handler::api::Error> {
        self.session.find(&self.query)
    }

    fn write(&mut self, page: Page) -> Vec<u8> {
        let mut lines = Lines::default();
        if self.is_first {
            self.is_first = false;
            lines.put("BEGIN:VCALENDAR");
            lines.put("VERSION:2.0");
            lines.put("PRODID:-//Lectern//Recordings//EN");
            lines.put("CALSCALE:GREGORIAN");
        }
        page.items.iter().for_each(|item| event(&mut lines, item));
        self.is_done = page.next.is_none();
        self.query.cursor = page.next;
        if self.is_done {
            lines.put("END:VCALENDAR");
        }
        lines.into_bytes()
    }
}

impl Iterator for Parts {
    type Item = Result<Vec<u8>, Interrupted>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        match self.page() {
            Ok(page) => Some(Ok(self.write(page))),
            Err(_) => {
                self.is_done = true;
                Some(Err(Interrupted))
            }
        }
    }
}

fn event(lines: &mut Lines, item: &Item) {
    let row = Row(&item.values);
    let (Some(start), Some(end)) = (row.number(START), row.number(END)) else {
        return;
    };
    lines.put("BEGIN:VEVENT");
    lines.text(ICalendarProperty::Uid, row.text(IDENTIFIER));
    // When the calendar's entry was made would change it every time; when the event was is as good.
    lines.moment(ICalendarProperty::Dtstamp, row.number(MODIFIED).unwrap_or(start));
    lines.moment(ICalendarProperty::Dtstart, start);
    lines.moment(ICalendarProperty::Dtend, end);
    lines.text(ICalendarProperty::Summary, row.text(TITLE));
    if let Some(modified) = row.number(MODIFIED) {
        lines.moment(ICalendarProperty::LastModified, modified);
    }
    for (name, text) in [
        (ICalendarProperty::Description, row.text(DESCRIPTION)),
        (ICalendarProperty::Location, row.text(AGENT)),
        (ICalendarProperty::RelatedTo, row.text(IS_PART_OF)),
    ] {
        if !text.is_empty() {
            lines.text(name, text);
        }
    }
    lines.attach("application/xml", "episode.xml", &episode(|field| of_event(row, field)));
    if let Ok(Json::Object(fields)) = serde_json::from_str(row.text(SERIES)) {
        let texts: BTreeMap<&String, Vec<String>> = fields
            .iter()
            .filter_map(|(name, value)| Some((name, serde_json::from_value(value.clone()).ok()?)))
            .collect();
        let catalog = series(|field| match fields.get(field)? {
            Json::String(text) => Some(Content::Text(text)),
            Json::Number(number) => number.as_i64().map(Content::Number),
            _ => texts.get(&field.to_owned()).map(|texts| Content::Texts(texts)),
        });
        lines.attach("application/xml", "series.xml", &catalog);
    }
    lines.attach(
        "application/text",
        "org.opencastproject.capture.agent.properties",
        &properties(row),
    );
    lines.put("END:VEVENT");
}

/// What is in a field of the event.
fn of_event<'a>(row: Row<'a>, field: &str) -> Option<Content<'a>> {
    let column = FIELDS.iter().position(|known| *known == field)?;
    if let Some(number) = row.number(column) {
        return Some(Content::Number(number));
    }
    match (row.text(column), row.texts(column)) {
        ("", []) => None,
        ("", texts) => Some(Content::Texts(texts)),
        (text, _) => Some(Content::Text(text)),
    }
}

/// How an event is to be recorded and processed: a property a line, since that is how agents read it.
fn properties(row: Row<'_>) -> String {
    let mut properties = BTreeMap::new();
    if !row.texts(INPUTS).is_empty() {
        properties.insert(DEVICES.to_owned(), row.texts(INPUTS).join(","));
    }
    properties.insert("event.title".to_owned(), row.text(TITLE).to_owned());
    properties.insert("event.location".to_owned(), row.text(AGENT).to_owned());
    if !row.text(IS_PART_OF).is_empty() {
        properties.insert("event.series".to_owned(), row.text(IS_PART_OF).to_owned());
    }
    if let Ok(processing) = serde_json::from_str::<Json>(row.text(PROCESSING)) {
        if let Some(workflow) = processing.get("workflow").and_then(Json::as_str) {
            properties.insert(
                "org.opencastproject.workflow.definition".to_owned(),
                workflow.to_owned(),
            );
        }
        let configuration = processing.get("configuration").and_then(Json::as_object);
        for (name, value) in configuration.into_iter().flatten() {
            properties.insert(
                format!("org.opencastproject.workflow.config.{name}"),
                value.as_str().unwrap_or_default().to_owned(),
            );
        }
    }
    let mut text = String::new();
    for (name, value) in properties {
        // A line must not become two. Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}={}",
            name.replace(['\r', '\n', '='], " "),
            value.replace(['\r', '\n'], " ")
        );
    }
    text
}
