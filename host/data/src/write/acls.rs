//! Access lists: keeping each distinct one once, and what objects refer to instead of them.
//!
//! Objects refer to a row of `effective_acl`, which is identified by the lists that its meaning is made of: (own list, no series),
//! (no list, series), (no list, no series) and, if the tenant's [`MergeMode`] merges, (own list, series). So what a series changes is
//! a change of as many rows as its events have distinct lists, whatever the number of events.

use super::counts::remove_unused_acl;
use super::target::Target;
use super::{NEXT_VERSION, Work, content};
use crate::access::{MergeMode, from_json, to_json};
use crate::collection::EVENTS;
use crate::model::{AccessEntry, Acl, Error, Reason};
use crate::sql::{Param, SqlError};
use fnv::FnvHasher;
use std::hash::Hasher;

/// Replaces an object's own list. Without one an event follows its series, and a series admits administrators only.
pub fn set(work: &mut Work<'_>, target: &Target, acl: Option<&[AccessEntry]>) -> Result<(), Error> {
    if !target.collection.has_series() {
        return set_of_series(work, target, acl.unwrap_or_default());
    }
    let effective = match acl {
        Some(acl) => of_own(work, acl, target.series)?,
        None => followed(work, target.series)?,
    };
    if effective != target.effective_acl {
        work.counts.add(target.collection, target.effective_acl, -1);
        work.counts.add(target.collection, effective, 1);
    }
    let sequence = Param::Integer(work.sequence);
    work.sql.execute(
        &format!("UPDATE event SET effective_acl_id = ?, {NEXT_VERSION}, sequence = ? WHERE id = ?"),
        &[Param::Integer(effective), sequence, sequence, Param::Integer(target.id)],
    )?;
    Ok(())
}

/// One row, however many events follow the series, and one for each list that is merged with the series'.
fn set_of_series(work: &mut Work<'_>, target: &Target, list: &[AccessEntry]) -> Result<(), Error> {
    content::check_acl(list)?;
    let acl = intern(work, list)?;
    if !give_meaning(work, target.effective_acl, acl)? {
        // The list has been set even if it is the one that there was.
        work.sql.execute(
            "UPDATE effective_acl SET sequence = ? WHERE id = ?",
            &[Param::Integer(work.sequence), Param::Integer(target.effective_acl)],
        )?;
    }
    merge_anew(work, target.id)
}

/// Lets a row mean this list, unless it does already; gives whether it did not.
fn give_meaning(work: &mut Work<'_>, effective: i64, acl: i64) -> Result<bool, Error> {
    let effective = Param::Integer(effective);
    let former = work.number("SELECT acl_id FROM effective_acl WHERE id = ?", &[effective])?;
    if former == Some(acl) {
        return Ok(false);
    }
    work.sql.execute(
        "UPDATE effective_acl SET acl_id = ?, sequence = ? WHERE id = ?",
        &[Param::Integer(acl), Param::Integer(work.sequence), effective],
    )?;
    work.counts.access_changed();
    if let Some(former) = former {
        remove_unused_acl(work.sql, former)?;
    }
    Ok(true)
}

/// Merges anew whatever is merged with the list of a series.
pub fn merge_anew(work: &mut Work<'_>, series: i64) -> Result<(), Error> {
    let rows = merged_with(work, series)?;
    if rows.is_empty() {
        return Ok(());
    }
    let mode = MergeMode::read(work.sql)?;
    let of_series = list_of_series(work, series)?;
    for (effective, own) in rows {
        let list = mode.merge(&list(work, own)?, &of_series);
        let acl = intern(work, &list)?;
        give_meaning(work, effective, acl)?;
    }
    Ok(())
}

/// Allows a role an action. An event that follows its series has its own list from then on.
pub fn grant(work: &mut Work<'_>, target: &Target, action: &str, role: &str) -> Result<(), Error> {
    let mut acl = target.acl.clone();
    let mut entries = acl
        .iter_mut()
        .filter(|entry| entry.action == action && entry.role == role)
        .peekable();
    if entries.peek().is_some() {
        entries.for_each(|entry| entry.allow = true);
    } else {
        acl.push(AccessEntry {
            role: role.to_owned(),
            action: action.to_owned(),
            allow: true,
        });
    }
    set(work, target, Some(&acl))
}

/// Removes what the list says about a role and an action.
pub fn revoke(work: &mut Work<'_>, target: &Target, action: &str, role: &str) -> Result<(), Error> {
    let mut acl = target.acl.clone();
    acl.retain(|entry| entry.action != action || entry.role != role);
    if acl.len() == target.acl.len() {
        let Target {
            collection, identifier, ..
        } = target;
        let message = format!(
            "The access list of the {} {identifier:?} has no entry for the action {action:?} and the role {role:?}.",
            collection.table
        );
        return Err(Error::new(Reason::Missing, role, message));
    }
    if let Some(series) = target.series
        && MergeMode::read(work.sql)?
            .merge(&acl, &list_of_series(work, series)?)
            .iter()
            .any(|entry| entry.action == action && entry.role == role)
    {
        let message = format!(
            "What the access list of the event {:?} says about the action {action:?} and the role {role:?} comes from its series: \
             change the list of the series, or let the event deny it.",
            target.identifier
        );
        return Err(Error::new(Reason::Conflict, role, message));
    }
    set(work, target, Some(&acl))
}

/// Lets all events of a series follow it.
pub fn override_events(work: &mut Work<'_>, series: &Target) -> Result<(), Error> {
    let mut own = Vec::new();
    work.sql.query(
        "SELECT effective_acl_id, count(*) FROM event WHERE series_id = ? AND effective_acl_id <> ? GROUP BY effective_acl_id",
        &[Param::Integer(series.id), Param::Integer(series.effective_acl)],
        &mut |row| {
            own.extend(row.column(0).integer().zip(row.column(1).integer()));
            Ok(())
        },
    )?;
    for (effective, events) in own {
        work.counts.add(&EVENTS, effective, -events);
        work.counts.add(&EVENTS, series.effective_acl, events);
    }
    let (sequence, effective) = (Param::Integer(work.sequence), Param::Integer(series.effective_acl));
    let statement = format!(
        "UPDATE event SET effective_acl_id = ?, {NEXT_VERSION}, sequence = ? WHERE series_id = ? AND effective_acl_id <> ?"
    );
    work.sql.execute(
        &statement,
        &[effective, sequence, sequence, Param::Integer(series.id), effective],
    )?;
    Ok(())
}

/// What an event refers to that has this list of its own and belongs to this series.
pub fn of_own(work: &mut Work<'_>, acl: &[AccessEntry], series: Option<i64>) -> Result<i64, Error> {
    content::check_acl(acl)?;
    let own = intern(work, acl)?;
    of_stored(work, own, series)
}

/// The same for a list that is stored.
pub fn of_stored(work: &mut Work<'_>, own: i64, series: Option<i64>) -> Result<i64, Error> {
    let mode = match series {
        Some(_) => MergeMode::read(work.sql)?,
        None => MergeMode::Override,
    };
    let Some(series) = series.filter(|_| mode.merges()) else {
        return effective(work, Some(own), None, own);
    };
    if let Some(known) = known(work, Some(own), Some(series))? {
        return Ok(known);
    }
    let list = mode.merge(&list(work, own)?, &list_of_series(work, series)?);
    let acl = intern(work, &list)?;
    effective(work, Some(own), Some(series), acl)
}

/// What events refer to that have no list of their own: the series', or the empty list if they belong to none.
pub fn followed(work: &mut Work<'_>, series: Option<i64>) -> Result<i64, Error> {
    match series {
        None => of_nothing(work),
        Some(series) => work
            .number(
                "SELECT effective_acl_id FROM series WHERE id = ?",
                &[Param::Integer(series)],
            )?
            .ok_or_else(|| Error::fault(format!("the series in row {series} is gone"))),
    }
}

/// What events refer to that have neither a list nor a series.
pub fn of_nothing(work: &mut Work<'_>) -> Result<i64, Error> {
    let acl = intern(work, &[])?;
    effective(work, None, None, acl)
}

/// What a new series, and the events that follow it, refer to.
pub fn of_series(work: &mut Work<'_>, series: i64, acl: &[AccessEntry]) -> Result<i64, Error> {
    content::check_acl(acl)?;
    let acl = intern(work, acl)?;
    effective(work, None, Some(series), acl)
}

fn known(work: &Work<'_>, own: Option<i64>, series: Option<i64>) -> Result<Option<i64>, SqlError> {
    let identity = [own, series].map(|id| Param::Integer(id.unwrap_or_default()));
    work.number(
        "SELECT id FROM effective_acl WHERE ifnull(own_acl_id, 0) = ? AND ifnull(series_id, 0) = ?",
        &identity,
    )
}

fn effective(work: &mut Work<'_>, own: Option<i64>, series: Option<i64>, acl: i64) -> Result<i64, Error> {
    if let Some(known) = known(work, own, series)? {
        return Ok(known);
    }
    let nullable = |id: Option<i64>| id.map_or(Param::Null, Param::Integer);
    work.insert(
        "INSERT INTO effective_acl (own_acl_id, series_id, acl_id, events, series, sequence) VALUES (?, ?, ?, 0, 0, ?)",
        &[
            nullable(own),
            nullable(series),
            Param::Integer(acl),
            Param::Integer(work.sequence),
        ],
    )
}

/// The rows of own lists that are merged with the list of a series, and those own lists.
pub fn merged_with(work: &Work<'_>, series: i64) -> Result<Vec<(i64, i64)>, SqlError> {
    let mut rows = Vec::new();
    work.sql.query(
        "SELECT id, own_acl_id FROM effective_acl WHERE series_id = ? AND own_acl_id IS NOT NULL",
        &[Param::Integer(series)],
        &mut |row| {
            rows.extend(row.column(0).integer().zip(row.column(1).integer()));
            Ok(())
        },
    )?;
    Ok(rows)
}

/// Lets the events that refer to one row refer to another one.
pub fn redirect(work: &mut Work<'_>, from: i64, to: i64) -> Result<(), Error> {
    let events = events_of(work, from)?;
    work.counts.add(&EVENTS, from, -events);
    work.counts.add(&EVENTS, to, events);
    work.sql.execute(
        "UPDATE event SET effective_acl_id = ?, sequence = ? WHERE effective_acl_id = ?",
        &[Param::Integer(to), Param::Integer(work.sequence), Param::Integer(from)],
    )?;
    Ok(())
}

/// How many events refer to a row.
pub fn events_of(work: &Work<'_>, effective: i64) -> Result<i64, SqlError> {
    let stored = work.number(
        "SELECT events FROM effective_acl WHERE id = ?",
        &[Param::Integer(effective)],
    )?;
    Ok(stored.unwrap_or_default() + work.counts.pending_events(effective))
}

/// A stored list.
fn list(work: &Work<'_>, acl: i64) -> Result<Acl, Error> {
    entries(work, "SELECT entries FROM acl WHERE id = ?", acl)
}

fn list_of_series(work: &Work<'_>, series: i64) -> Result<Acl, Error> {
    let statement = "SELECT l.entries FROM series AS s CROSS JOIN effective_acl AS a ON a.id = s.effective_acl_id \
                     CROSS JOIN acl AS l ON l.id = a.acl_id WHERE s.id = ?";
    entries(work, statement, series)
}

fn entries(work: &Work<'_>, statement: &str, id: i64) -> Result<Acl, Error> {
    let mut entries = None;
    work.sql.query(statement, &[Param::Integer(id)], &mut |row| {
        entries = row.column(0).text().map(str::to_owned);
        Ok(())
    })?;
    from_json(&entries.ok_or_else(|| Error::fault(format!("the access list of row {id} is gone")))?)
}

/// The id of this very list, entries in this order.
pub fn intern(work: &mut Work<'_>, acl: &[AccessEntry]) -> Result<i64, Error> {
    let entries = to_json(acl);
    let mut hasher = FnvHasher::default();
    hasher.write(entries.as_bytes());
    let digest = Param::Integer(hasher.finish().cast_signed());
    let entries = Param::Text(&entries);
    if let Some(known) = work.number(
        "SELECT id FROM acl WHERE digest = ? AND entries = ?",
        &[digest, entries],
    )? {
        return Ok(known);
    }
    let id = work.insert("INSERT INTO acl (digest, entries) VALUES (?, ?)", &[digest, entries])?;
    work.sql.execute(
        "INSERT OR IGNORE INTO role (name) SELECT value ->> 0 FROM json_each(?)",
        &[entries],
    )?;
    work.sql.execute(
        "INSERT INTO acl_entry (role_id, action, acl_id, allow) \
         SELECT r.id, j.value ->> 1, ?, min(j.value ->> 2) FROM json_each(?) AS j CROSS JOIN role AS r ON r.name = j.value ->> 0 \
         GROUP BY 1, 2",
        &[Param::Integer(id), entries],
    )?;
    Ok(id)
}
