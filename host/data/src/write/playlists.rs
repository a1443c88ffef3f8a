//! Playlists: their entries, and who may do what with them.
//!
//! An entry is called by a number that it keeps as long as it is there: they are counted within the playlist, and none is given twice.

use super::acls::intern;
use super::counts::remove_unused_acl;
use super::small::{Assigned, Object, taken};
use super::{Work, content};
use crate::collection::small::PLAYLISTS;
use crate::model::{AccessEntry, Assignment, Error};
use crate::sql::{Param, SqlError};
use serde::Deserialize;
use std::collections::BTreeSet;

/// An entry as it is assigned.
#[derive(Deserialize)]
struct Entry {
    /// None for a new one.
    id: Option<i64>,
    #[serde(rename = "contentId")]
    content: String,
}

/// Creates a playlist. Without an access list it admits administrators only. A deleted one has left its identifier.
pub fn create(
    work: &mut Work<'_>,
    identifier: &str,
    fields: &[Assignment],
    acl: Option<&[AccessEntry]>,
) -> Result<(), Error> {
    let assigned = Assigned::new(&PLAYLISTS, fields)?;
    content::check_identifier(identifier)?;
    let former = "SELECT deleted_ms IS NOT NULL FROM playlist WHERE identifier = ?";
    match work.number(former, &[Param::Text(identifier)])? {
        None => {}
        Some(1) => erase(work, identifier)?,
        Some(_) => return Err(taken(&PLAYLISTS, identifier)),
    }
    let acl = acl.unwrap_or_default();
    content::check_acl(acl)?;
    let acl = intern(work, acl)?;
    let id = work.insert(
        "INSERT INTO playlist (identifier, acl_id, sequence, updated_ms, last_entry) VALUES (?, ?, ?, ?, 0)",
        &[
            Param::Text(identifier),
            Param::Integer(acl),
            Param::Integer(work.sequence),
            Param::Integer(work.now_ms),
        ],
    )?;
    put(work, id, &assigned)
}

/// Gives the named fields new content.
pub fn update(work: &mut Work<'_>, identifier: &str, fields: &[Assignment]) -> Result<(), Error> {
    let id = writable(work, identifier)?;
    let assigned = Assigned::new(&PLAYLISTS, fields)?;
    put(work, id, &assigned)
}

/// Replaces the access list. `updated` stays: it is what [`update`] was told, or two clocks would give one change two times.
pub fn set_acl(work: &mut Work<'_>, identifier: &str, acl: Option<&[AccessEntry]>) -> Result<(), Error> {
    let id = writable(work, identifier)?;
    let acl = acl.unwrap_or_default();
    content::check_acl(acl)?;
    let former = acl_of(work, identifier)?;
    let acl = intern(work, acl)?;
    work.sql.execute(
        "UPDATE playlist SET acl_id = ?, sequence = ? WHERE id = ?",
        &[Param::Integer(acl), Param::Integer(work.sequence), Param::Integer(id)],
    )?;
    remove_former(work, former)
}

/// Deletes a playlist: it is kept, and shown to nobody.
pub fn delete(work: &mut Work<'_>, identifier: &str) -> Result<(), Error> {
    let id = writable(work, identifier)?;
    work.sql.execute(
        "UPDATE playlist SET deleted_ms = ?, sequence = ? WHERE id = ?",
        &[
            Param::Integer(work.now_ms),
            Param::Integer(work.sequence),
            Param::Integer(id),
        ],
    )?;
    Ok(())
}

/// The row of a playlist that the session may change.
fn writable(work: &Work<'_>, identifier: &str) -> Result<i64, Error> {
    Object::writable(work.sql, work.session, &PLAYLISTS, identifier)?;
    work.number(
        "SELECT id FROM playlist WHERE identifier = ?",
        &[Param::Text(identifier)],
    )?
    .ok_or_else(|| Error::fault(format!("the playlist {identifier:?} is gone")))
}

fn put(work: &mut Work<'_>, id: i64, assigned: &Assigned<'_>) -> Result<(), Error> {
    for column in ["title", "description", "creator"] {
        if let Some(text) = assigned.text(column) {
            let statement = format!("UPDATE playlist SET {column} = nullif(?, '') WHERE id = ?");
            work.sql.execute(&statement, &[Param::Text(text), Param::Integer(id)])?;
        }
    }
    if let Some(entries) = assigned.text("entries") {
        put_entries(work, id, entries)?;
    }
    let updated = assigned.number("updated").unwrap_or(work.now_ms);
    work.sql.execute(
        "UPDATE playlist SET updated_ms = ?, sequence = ? WHERE id = ?",
        &[
            Param::Integer(updated),
            Param::Integer(work.sequence),
            Param::Integer(id),
        ],
    )?;
    Ok(())
}

/// Lets exactly these be the entries, in this order.
fn put_entries(work: &Work<'_>, id: i64, entries: &str) -> Result<(), Error> {
    let entries: Vec<Entry> = match entries {
        "" => Vec::new(),
        json => serde_json::from_str(json)
            .map_err(|error| Error::invalid("entries", format!("These are no entries: {error}.")))?,
    };
    let kept = kept(work, id, &entries)?;
    work.sql.execute(
        "DELETE FROM playlist_entry WHERE playlist_id = ? AND id NOT IN (SELECT value FROM json_each(?))",
        &[Param::Integer(id), Param::Text(&kept)],
    )?;
    let last = work.number("SELECT last_entry FROM playlist WHERE id = ?", &[Param::Integer(id)])?;
    let mut last = last.unwrap_or_default();
    for (position, entry) in (0..).zip(&entries) {
        let number = entry.id.unwrap_or_else(|| {
            last += 1;
            last
        });
        work.sql.execute(
            "INSERT OR REPLACE INTO playlist_entry (playlist_id, id, position, content) VALUES (?, ?, ?, ?)",
            &[
                Param::Integer(id),
                Param::Integer(number),
                Param::Integer(position),
                Param::Text(&entry.content),
            ],
        )?;
    }
    work.sql.execute(
        "UPDATE playlist SET last_entry = ? WHERE id = ?",
        &[Param::Integer(last), Param::Integer(id)],
    )?;
    Ok(())
}

/// The numbers of the entries that stay, as a JSON array; each is there and is named once.
fn kept(work: &Work<'_>, id: i64, entries: &[Entry]) -> Result<String, Error> {
    let mut there = BTreeSet::new();
    work.sql.query(
        "SELECT id FROM playlist_entry WHERE playlist_id = ?",
        &[Param::Integer(id)],
        &mut |row| {
            there.extend(row.column(0).integer());
            Ok(())
        },
    )?;
    let kept: Vec<i64> = entries.iter().filter_map(|entry| entry.id).collect();
    match kept.iter().find(|number| !there.remove(number)) {
        None => Ok(serde_json::json!(kept).to_string()),
        Some(number) => {
            let message = format!(
                "The playlist has no entry {number}, or it is named twice: an entry has the id of one that is there, or none."
            );
            Err(Error::invalid("entries", message))
        }
    }
}

/// Removes what is left of a deleted playlist.
fn erase(work: &Work<'_>, identifier: &str) -> Result<(), Error> {
    let former = acl_of(work, identifier)?;
    work.sql
        .execute("DELETE FROM playlist WHERE identifier = ?", &[Param::Text(identifier)])?;
    remove_former(work, former)
}

fn acl_of(work: &Work<'_>, identifier: &str) -> Result<Option<i64>, SqlError> {
    work.number(
        "SELECT acl_id FROM playlist WHERE identifier = ?",
        &[Param::Text(identifier)],
    )
}

fn remove_former(work: &Work<'_>, former: Option<i64>) -> Result<(), Error> {
    if let Some(former) = former {
        remove_unused_acl(work.sql, former)?;
    }
    Ok(())
}
