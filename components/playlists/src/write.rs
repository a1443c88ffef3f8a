//! Creating playlists and changing them.
//!
//! The answer is the playlist as it is then. Whoever has made it may not be able to read it, so it is put together here and not read.

use std::collections::BTreeSet;

use lectern_handler::api::{AccessEntry, Criterion, Query, Reason, Test, Transaction, everything};
use lectern_handler::creation::once;
use lectern_handler::form::Form;
use lectern_handler::object::Found;
use lectern_handler::row::{Moment, Row, column};
use lectern_handler::{Context, Problem, Response, condition};

use crate::input::{self, Input};
use crate::shown::{self, Entry, EntryType, FIELDS, Playlist};
use crate::{PLAYLISTS, playlist, refused};

/// How often a playlist is looked at again when somebody else was faster.
const ATTEMPTS: usize = 8;

/// How many events are looked up at once.
const EVENTS: usize = 500;

/// `POST /api/playlists`. With the identifier of a playlist that is there, the new one takes its place.
pub fn create(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let input = Input::read(&form, &context)?.completed();
    for _ in 0..ATTEMPTS {
        let former = match &input.id {
            Some(id) => match playlist(id).find(&context, FIELDS, false) {
                Err(problem) if problem.status == 404 => None,
                found => Some(found?),
            },
            None => None,
        };
        match put(&context, &form, &input, former.as_ref()) {
            // Another request has created, changed or deleted it in between, or it may not be read.
            Err(Outcome::Outrun) => {}
            Err(Outcome::Refused(problem)) => return Err(problem),
            Ok(response) => return Ok(response),
        }
    }
    let id = input.id.unwrap_or_default();
    Err(Problem::new(
        403,
        format!("There is a playlist with id '{id}' that you may not change."),
    ))
}

/// Why a playlist was not put where it should be.
enum Outcome {
    Outrun,
    Refused(Problem),
}

/// Puts a playlist in the place of the former one, or where none is.
fn put(context: &Context, form: &Form, input: &Input, former: Option<&Found>) -> Result<Response, Outcome> {
    if former.is_none() {
        input.require_new_entries().map_err(Outcome::Refused)?;
    }
    let now = now(context);
    let fields = input.assignments(now);
    let acl = input.acl.as_deref().unwrap_or_default();
    let readable = readable(context, input).map_err(Outcome::Refused)?;
    let last = former.map_or(0, |former| shown::last_entry(former.values()));
    let entries = numbered(input, last, &readable);
    let mut is_outrun = false;
    let change = |transaction: &dyn Transaction| {
        let id = match (&input.id, former) {
            (Some(id), Some(former)) => {
                condition::guard(context, transaction, PLAYLISTS, id)?;
                transaction.expect(PLAYLISTS, id, former.sequence());
                transaction.update(PLAYLISTS, id, &fields);
                transaction.set_acl(PLAYLISTS, id, Some(acl));
                id.clone()
            }
            (id, _) => transaction.create(PLAYLISTS, id.as_deref(), &fields, Some(acl)),
        };
        let playlist = Playlist {
            id: &id,
            entries,
            title: input.title.as_deref().unwrap_or_default(),
            description: input.description.as_deref().unwrap_or_default(),
            creator: input.creator.as_deref().unwrap_or_default(),
            updated: Moment(Some(now)),
            access_control_entries: shown::access_control_entries(acl),
        };
        let response = Response::json(201, context.version, &playlist);
        Ok((
            response.with_header("location", context.location("/playlists", &id)),
            (),
        ))
    };
    let answer = once(context, form, change, |error, ()| {
        is_outrun = matches!(error.reason, Reason::Conflict | Reason::Changed | Reason::Missing)
            && !condition::is_guarded(&context.request);
        refused(error)
    });
    answer.map_err(|problem| {
        if is_outrun {
            Outcome::Outrun
        } else {
            Outcome::Refused(problem)
        }
    })
}

/// `PUT /api/playlists/{id}`. What is not mentioned stays; the entries and the access list are replaced as a whole.
pub fn update(mut context: Context) -> Result<Response, Problem> {
    let form = context.form()?;
    let input = Input::read(&form, &context)?;
    let playlist = playlist(context.path("id"));
    if input.id.as_deref().is_some_and(|id| id != playlist.identifier) {
        let problem = Problem::bad_request("The 'id' of a playlist cannot be changed.").at_body("playlist/id");
        return Err(playlist.if_found(&context, problem));
    }
    let now = now(&context);
    let fields = input.assignments(now);
    let readable = readable(&context, &input)?;
    let change = |_: &Found, transaction: &dyn Transaction| {
        transaction.update(PLAYLISTS, playlist.identifier, &fields);
        if let Some(acl) = &input.acl {
            transaction.set_acl(PLAYLISTS, playlist.identifier, Some(acl));
        }
    };
    let found = playlist.change_found(&context, FIELDS, true, change, refused)?;
    let row = Row(found.values());
    let acl: &[AccessEntry] = input.acl.as_deref().unwrap_or_else(|| found.acl());
    let answer = Playlist {
        entries: match &input.entries {
            Some(_) => numbered(&input, shown::last_entry(found.values()), &readable),
            None => shown::entries(found.values()),
        },
        title: input
            .title
            .as_deref()
            .unwrap_or_else(|| row.text(const { column(FIELDS, "title") })),
        description: input
            .description
            .as_deref()
            .unwrap_or_else(|| row.text(const { column(FIELDS, "description") })),
        creator: input
            .creator
            .as_deref()
            .unwrap_or_else(|| row.text(const { column(FIELDS, "creator") })),
        updated: Moment(Some(now)),
        access_control_entries: shown::access_control_entries(acl),
        id: playlist.identifier,
    };
    Ok(Response::json(200, context.version, &answer))
}

/// The time as the API shows it: to the second.
fn now(context: &Context) -> i64 {
    context.session.now().div_euclid(1000) * 1000
}

/// The entries as they are then: the new ones have got the numbers behind the last one.
fn numbered(input: &Input, mut last: i64, readable: &BTreeSet<String>) -> Vec<Entry> {
    let entries = input.entries.iter().flatten();
    entries
        .map(|input::Entry { id, content }| Entry {
            id: id.unwrap_or_else(|| {
                last += 1;
                last
            }),
            content_id: content.clone(),
            r#type: if readable.contains(content) {
                EntryType::Event
            } else {
                EntryType::Inaccessible
            },
        })
        .collect()
}

/// The identifiers of those events among the entries that the user may read.
fn readable(context: &Context, input: &Input) -> Result<BTreeSet<String>, Problem> {
    let wanted: BTreeSet<&str> = input
        .entries
        .iter()
        .flatten()
        .map(|entry| entry.content.as_str())
        .collect();
    let wanted: Vec<&str> = wanted.into_iter().collect();
    let mut readable = BTreeSet::new();
    for some in wanted.chunks(EVENTS) {
        let criterion = Criterion {
            field: "identifier".to_owned(),
            test: Test::Equals(some.iter().map(|&id| id.to_owned()).collect()),
        };
        let query = Query {
            filters: vec![vec![criterion]],
            limit: EVENTS as u32,
            ..everything("events", &[])
        };
        let page = context.session.find(&query)?;
        readable.extend(page.items.into_iter().map(|item| item.identifier));
    }
    Ok(readable)
}
