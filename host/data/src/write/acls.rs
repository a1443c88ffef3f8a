//! Access lists: keeping each distinct one once, and what objects refer to instead of them.

use super::Work;
use super::content;
use super::counts::remove_unused_acl;
use super::target::Target;
use crate::access::to_json;
use crate::collection::EVENTS;
use crate::model::{AccessEntry, Error, Reason};
use crate::sql::Param;
use fnv::FnvHasher;
use std::hash::Hasher;

/// Replaces an object's own list. Without one an event follows its series, and a series admits administrators only.
pub fn set(work: &mut Work<'_>, target: &Target, acl: Option<&[AccessEntry]>) -> Result<(), Error> {
    if !target.collection.has_series() {
        return set_of_series(work, target, acl.unwrap_or_default());
    }
    let effective = match acl {
        Some(acl) => of_own(work, acl)?,
        None => followed(work, target.series)?,
    };
    if effective != target.effective_acl {
        work.counts.add(target.collection, target.effective_acl, -1);
        work.counts.add(target.collection, effective, 1);
    }
    work.sql.execute(
        "UPDATE event SET effective_acl_id = ?, sequence = ? WHERE id = ?",
        &[
            Param::Integer(effective),
            Param::Integer(work.sequence),
            Param::Integer(target.id),
        ],
    )?;
    Ok(())
}

/// One row, however many events follow the series.
fn set_of_series(work: &mut Work<'_>, target: &Target, acl: &[AccessEntry]) -> Result<(), Error> {
    let former = work.number(
        "SELECT acl_id FROM effective_acl WHERE id = ?",
        &[Param::Integer(target.effective_acl)],
    )?;
    let acl = intern(work, acl)?;
    work.sql.execute(
        "UPDATE effective_acl SET acl_id = ?, sequence = ? WHERE id = ?",
        &[
            Param::Integer(acl),
            Param::Integer(work.sequence),
            Param::Integer(target.effective_acl),
        ],
    )?;
    if former != Some(acl) {
        work.counts.access_changed();
        if let Some(former) = former {
            remove_unused_acl(work.sql, former)?;
        }
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
    work.sql.execute(
        "UPDATE event SET effective_acl_id = ?1, sequence = ?2 WHERE series_id = ?3 AND effective_acl_id <> ?1",
        &[
            Param::Integer(series.effective_acl),
            Param::Integer(work.sequence),
            Param::Integer(series.id),
        ],
    )?;
    Ok(())
}

/// What events refer to that have this list of their own.
pub fn of_own(work: &mut Work<'_>, acl: &[AccessEntry]) -> Result<i64, Error> {
    let acl = intern(work, acl)?;
    effective(work, Some(acl), None, acl)
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
    let acl = intern(work, acl)?;
    effective(work, None, Some(series), acl)
}

fn effective(work: &mut Work<'_>, own: Option<i64>, series: Option<i64>, acl: i64) -> Result<i64, Error> {
    let identity = [own, series].map(|id| Param::Integer(id.unwrap_or_default()));
    let known = work.number(
        "SELECT id FROM effective_acl WHERE ifnull(own_acl_id, 0) = ? AND ifnull(series_id, 0) = ?",
        &identity,
    )?;
    if let Some(known) = known {
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

/// The id of this very list, entries in this order.
fn intern(work: &mut Work<'_>, acl: &[AccessEntry]) -> Result<i64, Error> {
    content::check_acl(acl)?;
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
