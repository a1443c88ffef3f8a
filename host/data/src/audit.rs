//! The audit trail: a row for every change, written in the transaction that makes it, so that neither exists without the other.
//!
//! What handlers change is recorded by [`crate::write::apply`]; what the operator changes on the command line by [`operator`], under
//! [`OPERATOR`]. Both take a number of the same sequence of commits. Rows name what was changed and never hold the contents: passwords
//! and what was deleted do not live on here.
//!
//! Does not belong here: refusals and reads, which leave no row (the access log has them); removing old rows.

use std::borrow::Cow;

use crate::model::{Change, Sequence, Session, Value};
use crate::sql::{Param, Row, Sql, SqlError};
use crate::write;

/// Who has authenticated where somebody used the command line. No user can have this name, because a username holds no colon.
pub const OPERATOR: &str = "cli:operator";

/// How many characters of a detail are kept: an access list can hold thousands of roles.
const DETAIL: usize = 300;

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The commit that it was part of.
    pub sequence: Sequence,
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// The username whose credentials were checked, [`OPERATOR`], or `key:NAME` for an API key.
    pub authenticated: String,
    /// The username whose rights counted; differs from the former after run-as.
    pub effective: String,
    /// What was done: `create`, `update`, `set-acl`, `grant`, `revoke`, `override-acls`, `schedule`, `reschedule`,
    /// `set-processing`, `start-workflow`, `report-recording`, `advance-workflow`, `add-track` or `delete`.
    pub action: String,
    /// What it was done to: `events`, `series`, `groups`, `playlists`, `workflows`, `users`, `agents`, `api-keys`, `views` or
    /// `organization`.
    pub collection: String,
    /// Which object.
    pub identifier: String,
    /// The names of the fields or roles concerned; may be empty.
    pub detail: String,
}

/// Something that the operator does.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// `create`, `update` or `delete`.
    pub action: &'a str,
    /// As in [`Entry::collection`].
    pub collection: &'a str,
    /// Which object.
    pub identifier: &'a str,
    /// As in [`Entry::detail`].
    pub detail: &'a str,
}

/// Records what a handler has changed. `place` is the commit's number and the change's position in it.
pub(crate) fn change(
    sql: &dyn Sql,
    session: &Session,
    change: &Change,
    place: (i64, i64),
    now_ms: i64,
) -> Result<(), SqlError> {
    let Some((action, collection, identifier, detail)) = described(change) else {
        return Ok(());
    };
    let operation = Operation {
        action,
        collection,
        identifier,
        detail: &detail,
    };
    let who = (session.authenticated.as_str(), session.principal.username.as_str());
    insert(sql, who, &operation, place, now_ms)
}

/// Records what the operator has changed, in a commit of its own number, within the transaction that changes it.
pub fn operator(sql: &dyn Sql, operations: &[Operation<'_>], now_ms: i64) -> Result<(), SqlError> {
    let sequence = write::next_sequence(sql)?;
    (0..).zip(operations).try_for_each(|(position, operation)| {
        insert(sql, (OPERATOR, OPERATOR), operation, (sequence, position), now_ms)
    })
}

/// What was changed, in the order of the commits. With `since` the first `limit` rows of later commits than that one; without it
/// the last `limit` rows there are.
pub fn entries(sql: &dyn Sql, since: Option<Sequence>, limit: u32) -> Result<Vec<Entry>, SqlError> {
    let (condition, order) = match since {
        Some(_) => ("WHERE sequence > ?1", ""),
        None => ("", "DESC"),
    };
    let statement = format!(
        "SELECT sequence, at_ms, authenticated, effective, action, collection, identifier, detail \
         FROM audit {condition} ORDER BY sequence {order}, position {order} LIMIT {limit}"
    );
    let since_param = since.map(|since| Param::Integer(i64::try_from(since).unwrap_or(i64::MAX)));
    let mut entries = Vec::new();
    sql.query(&statement, since_param.as_slice(), &mut |row| {
        entries.push(entry(row));
        Ok(())
    })?;
    if since.is_none() {
        entries.reverse();
    }
    Ok(entries)
}

fn entry(row: &dyn Row) -> Entry {
    let number = |column| row.column(column).integer().unwrap_or_default();
    let text = |column| row.column(column).text().unwrap_or_default().to_owned();
    Entry {
        sequence: number(0).unsigned_abs(),
        at_ms: number(1),
        authenticated: text(2),
        effective: text(3),
        action: text(4),
        collection: text(5),
        identifier: text(6),
        detail: text(7),
    }
}

fn insert(
    sql: &dyn Sql,
    (authenticated, effective): (&str, &str),
    operation: &Operation<'_>,
    (sequence, position): (i64, i64),
    now_ms: i64,
) -> Result<(), SqlError> {
    let end = operation.detail.char_indices().nth(DETAIL).map(|(end, _)| end);
    let detail = end
        .and_then(|end| operation.detail.get(..end))
        .unwrap_or(operation.detail);
    sql.execute(
        "INSERT INTO audit (sequence, position, at_ms, authenticated, effective, action, collection, identifier, detail) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            Param::Integer(sequence),
            Param::Integer(position),
            Param::Integer(now_ms),
            Param::Text(authenticated),
            Param::Text(effective),
            Param::Text(operation.action),
            Param::Text(operation.collection),
            Param::Text(operation.identifier),
            Param::Text(detail),
        ],
    )?;
    Ok(())
}

/// Action, collection, identifier and detail; none of what only expects something, or only says how a capture agent is.
fn described(change: &Change) -> Option<(&'static str, &str, &str, Cow<'_, str>)> {
    Some(match change {
        Change::Expect { .. } | Change::Remember { .. } => return None,
        Change::Create {
            collection,
            identifier,
            fields,
            ..
        } => ("create", collection, identifier, names(fields)),
        // How a capture agent is: it says so every minute.
        Change::Update { collection, fields, .. }
            if collection == "agents" && fields.iter().all(|field| field.field != "configuration") =>
        {
            return None;
        }
        Change::Update {
            collection,
            identifier,
            fields,
        } => ("update", collection, identifier, updated(collection, fields)),
        Change::SetAcl {
            collection,
            identifier,
            acl,
        } => {
            let detail = match acl {
                None => Cow::Borrowed("none of its own"),
                Some(acl) => Cow::Owned(format!("entries: {}", acl.len())),
            };
            ("set-acl", collection, identifier, detail)
        }
        Change::Grant {
            collection,
            identifier,
            action,
            role,
        } => ("grant", collection, identifier, Cow::Owned(format!("{action} {role}"))),
        Change::Revoke {
            collection,
            identifier,
            action,
            role,
        } => ("revoke", collection, identifier, Cow::Owned(format!("{action} {role}"))),
        Change::Schedule { schedule, fields, .. } => {
            let (first, rest) = schedule.recordings.split_first()?;
            let detail = match rest.len() {
                0 => names(fields),
                others => Cow::Owned(format!("{} and {others} others", names(fields))),
            };
            ("schedule", "events", &first.identifier, detail)
        }
        Change::Reschedule { event, .. } => ("reschedule", "events", event, Cow::Borrowed("")),
        Change::SetProcessing { event, processing } => (
            "set-processing",
            "events",
            event,
            Cow::Borrowed(processing.workflow.as_str()),
        ),
        Change::StartWorkflow { event, processing, .. } => (
            "start-workflow",
            "events",
            event,
            Cow::Borrowed(processing.workflow.as_str()),
        ),
        Change::ReportRecording { event, state, .. } => (
            "report-recording",
            "events",
            event,
            Cow::Borrowed(state.as_deref().unwrap_or("none")),
        ),
        Change::AdvanceWorkflow(advance) => (
            "advance-workflow",
            "events",
            &advance.event,
            Cow::Borrowed(advance.detail.as_str()),
        ),
        Change::AddTrack { event, flavor, .. } => ("add-track", "events", event, Cow::Borrowed(flavor.as_str())),
        Change::OverrideAcls { series } => ("override-acls", "series", series, Cow::Borrowed("")),
        Change::Delete { collection, identifier } => ("delete", collection, identifier, Cow::Borrowed("")),
    })
}

/// What somebody has wanted a workflow to do is worth knowing.
fn updated<'f>(collection: &str, fields: &'f [crate::model::Assignment]) -> Cow<'f, str> {
    let state = fields.iter().find_map(|field| match &field.value {
        Value::Text(state) if collection == "workflows" && field.field == "state" => Some(state),
        _ => None,
    });
    match state {
        Some(state) => Cow::Owned(format!("{}: {state}", names(fields))),
        None => names(fields),
    }
}

fn names(fields: &[crate::model::Assignment]) -> Cow<'_, str> {
    let names: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
    Cow::Owned(names.join(","))
}

#[cfg(test)]
mod tests;
