//! Lists that forms offer for choice, as far as they follow from what the tenant has: its series, what its events say, its users, groups
//! and capture agents. Names and shapes are those of Opencast's list providers.
//!
//! What comes from series and events comes from those that the session may read, and is found out in the same statement: nobody learns
//! more from a list than from a search. Users and groups are shown to everybody who may ask for lists at all, which is what the table of
//! required roles says.
//!
//! Does not belong here: lists that somebody has written down (`lectern-tenants`).

mod people;
mod texts;
mod titles;

use crate::access::{self, Access, AccessCache, State};
use crate::collection::{Collection, EVENTS, SERIES};
use crate::marks::Marks;
use crate::model::{Error, ListEntry, ListPart, Session};
use crate::search::Snapshot;
use crate::sql::{Param, Row, Sql};
use crate::workflow;
use people::{GROUP_DESCRIPTIONS, GROUP_NAMES, GROUPS, Users};
use texts::Field;
use titles::Titles;

/// How many entries a part of a list has at most.
pub const ENTRIES: u32 = 5000;

/// How many times more objects there must be than readable ones for looking into the readable ones to be cheaper than asking of each
/// text whether somebody may read an object that has it.
const FEW: u64 = 8;

/// What a list is made of.
enum Source {
    /// The same entries for everybody: names of states with the keys of their translations.
    Fixed(&'static [(&'static str, &'static str)]),
    /// Identifiers of series and how people call them.
    Series(Titles),
    /// What objects hold in these fields, and users besides.
    Texts(&'static [Field], Users),
    /// The two columns of a statement, which knows nothing of access lists.
    Rows(&'static str),
    /// All roles of all users.
    Roles,
    /// The names of capture agents.
    Agents,
    /// The states of workflows.
    WorkflowStates,
}

/// All lists, by name.
const LISTS: &[(&str, Source)] = &[
    ("AGENTS.NAME", Source::Agents),
    ("AGENTS.STATUS", Source::Fixed(AGENT_STATES)),
    ("CONTRIBUTORS", Source::Texts(CONTRIBUTORS, Users::Names)),
    (
        "CONTRIBUTORS.NAMES.TO.USERNAMES",
        Source::Texts(CONTRIBUTORS, Users::Usernames),
    ),
    ("CONTRIBUTORS.USERNAMES", Source::Rows(people::NAMES)),
    (
        "EVENTS.CONTRIBUTORS",
        Source::Texts(&[Field(&EVENTS, "contributor")], Users::None),
    ),
    ("EVENTS.ISPUBLISHED", Source::Fixed(IS_PUBLISHED)),
    (
        "EVENTS.LOCATION",
        Source::Texts(&[Field(&EVENTS, "location")], Users::None),
    ),
    (
        "EVENTS.PRESENTERS_BIBLIOGRAPHIC",
        Source::Texts(&[Field(&EVENTS, "presenter")], Users::None),
    ),
    ("EVENTS.PROGRESS", Source::WorkflowStates),
    (
        "EVENTS.PUBLISHER",
        Source::Texts(&[Field(&EVENTS, "publisher")], Users::None),
    ),
    ("EVENTS.STATUS", Source::Fixed(EVENT_STATES)),
    (
        "EVENTS.SUBJECT",
        Source::Texts(&[Field(&EVENTS, "subject")], Users::None),
    ),
    ("GROUPS", Source::Rows(GROUPS)),
    ("GROUPS.DESCRIPTION", Source::Rows(GROUP_DESCRIPTIONS)),
    ("GROUPS.NAME", Source::Rows(GROUP_NAMES)),
    ("NO", Source::Fixed(&[("false", "NO")])),
    ("SERIES", Source::Series(Titles::Distinct)),
    (
        "SERIES.CONTRIBUTORS",
        Source::Texts(&[Field(&SERIES, "contributor")], Users::None),
    ),
    (
        "SERIES.ORGANIZERS",
        Source::Texts(&[Field(&SERIES, "organizer")], Users::None),
    ),
    ("SERIES.TITLE_EXTENDED", Source::Series(Titles::Extended)),
    ("SERIES.WRITE_ONLY", Source::Series(Titles::Writable)),
    ("USERS.EMAIL", Source::Rows(people::EMAILS)),
    ("USERS.EMAIL.ONLY", Source::Rows(people::ONLY_EMAILS)),
    ("USERS.NAME", Source::Rows(people::NAMES)),
    ("USERS.NAME.AND.EMAIL", Source::Rows(people::NAMES_AND_EMAILS)),
    ("USERS.NAME.AND.USERNAME", Source::Rows(people::NAMES_AND_USERNAMES)),
    ("USERS.NAME.ONLY", Source::Rows(people::ONLY_NAMES)),
    ("USERS.ROLE.ONLY", Source::Roles),
    ("USERS.USERDIRECTORY.ONLY", Source::Rows(people::ONLY_DIRECTORIES)),
    ("USERS.USERNAME", Source::Rows(people::USERNAMES)),
    ("YES", Source::Fixed(&[("true", "YES")])),
    ("YES_NO", Source::Fixed(&[("true", "YES"), ("false", "NO")])),
];

const CONTRIBUTORS: &[Field] = &[
    Field(&EVENTS, "contributor"),
    Field(&EVENTS, "presenter"),
    Field(&EVENTS, "publisher"),
    Field(&SERIES, "contributor"),
    Field(&SERIES, "organizer"),
    Field(&SERIES, "publisher"),
];

const AGENT_STATES: &[(&str, &str)] = &[
    ("capturing", "AGENTS.STATUS.CAPTURING"),
    ("error", "AGENTS.STATUS.ERROR"),
    ("idle", "AGENTS.STATUS.IDLE"),
    ("offline", "AGENTS.STATUS.OFFLINE"),
    ("shutting_down", "AGENTS.STATUS.SHUTTING_DOWN"),
    ("unknown", "AGENTS.STATUS.UNKNOWN"),
    ("uploading", "AGENTS.STATUS.UPLOADING"),
];

const IS_PUBLISHED: &[(&str, &str)] = &[
    ("YES", "FILTERS.EVENTS.ISPUBLISHED.YES"),
    ("NO", "FILTERS.EVENTS.ISPUBLISHED.NO"),
];

const EVENT_STATES: &[(&str, &str)] = &[
    ("EVENTS.EVENTS.STATUS.SCHEDULED", "EVENTS.EVENTS.STATUS.SCHEDULED"),
    ("EVENTS.EVENTS.STATUS.RECORDING", "EVENTS.EVENTS.STATUS.RECORDING"),
    (
        "EVENTS.EVENTS.STATUS.RECORDING_FAILURE",
        "EVENTS.EVENTS.STATUS.RECORDING_FAILURE",
    ),
    ("EVENTS.EVENTS.STATUS.INGESTING", "EVENTS.EVENTS.STATUS.INGESTING"),
    ("EVENTS.EVENTS.STATUS.PENDING", "EVENTS.EVENTS.STATUS.PENDING"),
    ("EVENTS.EVENTS.STATUS.PROCESSING", "EVENTS.EVENTS.STATUS.PROCESSING"),
    ("EVENTS.EVENTS.STATUS.PAUSED", "EVENTS.EVENTS.STATUS.PAUSED"),
    ("EVENTS.EVENTS.STATUS.PROCESSED", "EVENTS.EVENTS.STATUS.PROCESSED"),
    (
        "EVENTS.EVENTS.STATUS.PROCESSING_FAILURE",
        "EVENTS.EVENTS.STATUS.PROCESSING_FAILURE",
    ),
    (
        "EVENTS.EVENTS.STATUS.PROCESSING_CANCELLED",
        "EVENTS.EVENTS.STATUS.PROCESSING_CANCELLED",
    ),
];

/// The names of the lists, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    LISTS.iter().map(|(name, _)| *name)
}

/// A part of the list of this name: up to `limit` entries, but no more than [`ENTRIES`], behind the first `offset`. None if there is no
/// such list. Entries are sorted by what people see of them, except for states, which are in the order in which they happen. `cache`
/// belongs to the tenant.
pub fn entries(
    sql: &dyn Sql,
    session: &Session,
    name: &str,
    window: Window,
    cache: Option<&AccessCache>,
) -> Result<Option<ListPart>, Error> {
    let Some((_, source)) = LISTS.iter().find(|(known, _)| *known == name) else {
        return Ok(None);
    };
    let _snapshot = Snapshot::open(sql)?;
    let scope = Scope {
        sql,
        session,
        state: State::read(sql)?,
        cache,
        window,
    };
    let part = match source {
        Source::Fixed(entries) => window.of(entries.iter().map(|(key, value)| ListEntry::new(*key, *value))),
        Source::Series(titles) => titles::entries(&scope, *titles)?,
        Source::Texts(fields, users) => texts::entries(&scope, fields, *users)?,
        Source::Rows(rows) => scope.rows(
            &format!("SELECT DISTINCT key, value FROM ({rows}) ORDER BY value, key"),
            &[],
        )?,
        Source::WorkflowStates => window.of(workflow::State::ALL.iter().map(|state| {
            let name = state.as_str();
            ListEntry::new(name, name)
        })),
        Source::Agents => people::agents(&scope)?,
        Source::Roles => window.of(people::roles(&scope)?
            .into_iter()
            .map(|role| ListEntry::new(role.clone(), role))),
    };
    Ok(Some(part))
}

/// Which entries of a list are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// How many to leave out at the start.
    pub offset: u64,
    /// How many to give at most.
    pub limit: u32,
}

impl Window {
    /// How many entries to give at most.
    fn take(self) -> usize {
        self.limit.min(ENTRIES) as usize
    }

    /// The entries of a complete list that are wanted.
    pub fn of(self, entries: impl Iterator<Item = ListEntry>) -> ListPart {
        let skip = usize::try_from(self.offset).unwrap_or(usize::MAX);
        self.part(entries.skip(skip).take(self.take() + 1).collect())
    }

    /// A part, given one entry more than are wanted if there is one.
    fn part(self, mut entries: Vec<ListEntry>) -> ListPart {
        let more = entries.len() > self.take();
        entries.truncate(self.take());
        ListPart { entries, more }
    }
}

/// What a list is asked for, and by whom.
struct Scope<'s> {
    sql: &'s dyn Sql,
    session: &'s Session,
    state: State,
    cache: Option<&'s AccessCache>,
    window: Window,
}

impl Scope<'_> {
    /// What of a collection the session may read and also do these things with.
    fn access(&self, collection: &'static Collection, actions: &[&str]) -> Result<Access, Error> {
        let actions: Vec<String> = actions.iter().map(|&action| action.to_owned()).collect();
        let principal = &self.session.principal;
        access::resolve(self.sql, principal, collection, &actions, &self.state, self.cache)
    }

    /// Whether the readable objects are so few that they are better looked into one by one.
    fn is_few(&self, collection: &Collection, access: &Access) -> bool {
        match access {
            Access::Everything => false,
            Access::Only(readable) => readable.rows.saturating_mul(FEW) < self.state.rows(collection),
        }
    }

    /// The wanted entries of a statement that gives keys and values in their order.
    fn rows(&self, statement: &str, params: &[Param<'_>]) -> Result<ListPart, Error> {
        self.read(statement, params, |row| ListEntry::new(text(row, 0), text(row, 1)))
    }

    /// The same where an entry is made of a row in another way.
    fn read(
        &self,
        statement: &str,
        params: &[Param<'_>],
        entry: impl Fn(&dyn Row) -> ListEntry,
    ) -> Result<ListPart, Error> {
        let integer = |number: u64| Param::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let params = [
            params,
            &[integer(self.window.take() as u64 + 1), integer(self.window.offset)],
        ]
        .concat();
        let mut entries = Vec::new();
        self.sql
            .query(&format!("{statement} LIMIT ? OFFSET ?"), &params, &mut |row| {
                entries.push(entry(row));
                Ok(())
            })?;
        Ok(self.window.part(entries))
    }
}

/// The condition that the session may read an object, and its parameter. `effective_acl` is the column with its access list.
fn readable<'a>(access: &'a Access, effective_acl: &str) -> (String, Vec<Param<'a>>) {
    match access {
        Access::Everything => ("1".to_owned(), Vec::new()),
        Access::Only(readable) => (
            format!("substr(?, {effective_acl}{}", Marks::TEST),
            vec![Param::Blob(readable.marks.bytes())],
        ),
    }
}

/// The same for few readable objects: it leads to them by the index of the access lists.
fn leading<'a>(access: &'a Access, effective_acl: &str) -> (String, Vec<Param<'a>>) {
    match access {
        Access::Everything => ("1".to_owned(), Vec::new()),
        Access::Only(readable) => (
            format!("{effective_acl} IN (SELECT value FROM json_each(?))"),
            vec![Param::Text(readable.json())],
        ),
    }
}

fn text(row: &dyn Row, column: usize) -> String {
    row.column(column).text().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_each_is_there_once() {
        let all: Vec<&str> = names().collect();
        let mut sorted = all.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(all, sorted);
    }

    #[test]
    fn the_status_that_every_workflow_leads_to_is_in_the_list() {
        for state in workflow::State::ALL {
            assert!(
                EVENT_STATES.iter().any(|(known, _)| *known == state.status()),
                "{state:?}"
            );
        }
    }

    #[test]
    fn a_window_knows_whether_something_is_left() {
        let list = || (0..3).map(|number: u32| ListEntry::new(number.to_string(), String::new()));
        let part = |offset, limit| {
            let part = Window { offset, limit }.of(list());
            (part.entries.len(), part.more)
        };
        assert_eq!(part(0, 3), (3, false));
        assert_eq!(part(0, 2), (2, true));
        assert_eq!(part(2, 2), (1, false));
        assert_eq!(part(3, u32::MAX), (0, false));
        assert_eq!(part(u64::MAX, u32::MAX), (0, false));
        assert_eq!(part(0, 0), (0, true));
    }
}
