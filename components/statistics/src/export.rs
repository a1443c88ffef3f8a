//! `POST /api/statistics/data/export.csv`: the answer to one query as a table.
//!
//! The table can be long (all events of years by hours), so it is made while it is sent.

mod listed;
mod pages;
mod table;

use std::iter;

use lectern_handler::api::{TimeSeries, by_identifier};
use lectern_handler::form::Form;
use lectern_handler::{Context, Interrupted, Problem, Response};

use crate::data::refused;
use crate::providers::RESOURCE_TYPES;
use crate::query::{self, Query};
use listed::{Description, Listed};
use pages::Pages;
use table::Table;
use utoipa::ToSchema;

/// Which resources a client wants.
struct Window {
    /// All if none.
    limit: Option<u64>,
    offset: u64,
}

impl Window {
    fn of(form: &Form) -> Result<Window, Problem> {
        let number = |name: &str| match form.filled(name).map(str::trim) {
            None => Ok(0),
            Some(text) => text.parse::<i64>().map_err(|_| {
                let message = format!("The form field '{name}' must be a whole number, not '{text}'.");
                Problem::bad_request(message).at_body(name)
            }),
        };
        let (limit, offset) = (number("limit")?, number("offset")?);
        Ok(Window {
            limit: u64::try_from(limit).ok().filter(|limit| *limit > 0),
            offset: u64::try_from(offset).unwrap_or(0),
        })
    }
}

pub fn csv(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let window = Window::of(&form)?;
    let providers = context.session.statistics()?;
    let query = query::single(&form, &providers)?;
    let own = context.session.count_views(&[query.question()]).map_err(refused)?;
    match finer(&query) {
        Some(listed) => all(&context, &form, &query, listed, window, &own),
        None => single(&context, &query, &own, window.offset == 0),
    }
}

/// What is listed where the client wants something finer than what the provider is about.
fn finer(query: &Query<'_>) -> Option<&'static Listed> {
    let position = |wanted: &str| RESOURCE_TYPES.iter().position(|known| *known == wanted);
    let level = query.detail_level?;
    if position(level)? < position(&query.provider.resource_type)? {
        Listed::named(level)
    } else {
        None
    }
}

/// The table of the resource itself: all of it is on the first page.
fn single(context: &Context, query: &Query<'_>, own: &[TimeSeries], is_first: bool) -> Result<Response, Problem> {
    let mut table = Table::new(&query.resolution);
    if is_first {
        let description = match Listed::named(&query.provider.resource_type) {
            None => Description::name(context.session.organization().name),
            Some(listed) => {
                let catalogs = listed.metadata.catalogs(context)?;
                let fields = catalogs.fields(listed.metadata.fields);
                let one = by_identifier(listed.metadata.collection, &query.resource, &fields);
                let found = context.session.find(&one)?;
                let values = found.items.first().map_or(&[][..], |item| &item.values);
                Description::of(&listed.layouts(&catalogs, &fields), values)
            }
        };
        table.header(&description);
        for series in own {
            table.lines(&query.resource, &description, series);
        }
    }
    Ok(respond(context, iter::once(Ok(table.take()))))
}

/// The table of all resources of a list.
fn all(
    context: &Context,
    form: &Form,
    query: &Query<'_>,
    listed: &'static Listed,
    window: Window,
    own: &[TimeSeries],
) -> Result<Response, Problem> {
    let catalogs = listed.metadata.catalogs(context)?;
    let fields = catalogs.fields(listed.metadata.fields);
    let layouts = listed.layouts(&catalogs, &fields);
    let mut table = Table::new(&query.resolution);
    if window.offset == 0 {
        table.header(&Description::of(&layouts, &[]));
    }
    let head = table.take();
    let buckets = own.first().map_or(0, |series| series.buckets.len());
    let search = listed.query(context, query, form, &fields)?;
    let pages = Pages::new(
        &context.session,
        search,
        query.question_about(listed.resource_type, ""),
        layouts,
        table,
    )
    .within(window.offset, window.limit)
    .with_buckets(buckets);
    Ok(respond(context, iter::once(Ok(head)).chain(pages)))
}

/// The answer as the documentation shows it.
#[derive(ToSchema)]
#[schema(as = StatisticsTable)]
#[allow(dead_code, reason = "written piece by piece")]
pub struct Exported {
    /// The table (RFC 4180).
    csv: String,
}

/// JSON with the table as its only member: `{"csv": "…"}`.
fn respond(context: &Context, table: impl Iterator<Item = Result<String, Interrupted>> + 'static) -> Response {
    let text = table.map(|piece| piece.map(|piece| escaped(&piece)));
    let body = iter::once(Ok(br#"{"csv":""#.to_vec()))
        .chain(text)
        .chain(iter::once(Ok(br#""}"#.to_vec())));
    Response::new(200).with_chunks(context.version.media_type(), body)
}

/// The inside of a JSON string.
fn escaped(text: &str) -> Vec<u8> {
    let mut json = serde_json::to_vec(text).unwrap_or_default();
    json.pop();
    json.drain(..json.len().min(1));
    json
}
