//! What measurements ask a data set for: events that there are, and texts that occur in them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::generate::STAFF_ROLE;

/// How many events are named.
const EVENTS: i64 = 1000;

/// How many pieces of words.
const PIECES: usize = 40;

/// How many events the commonest letters are looked for in.
const LOOKED_AT: i64 = 20_000;

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Identifiers of events that [`STAFF`](super::STAFF) may read, from all over the data set.
    pub events: Vec<String>,
    /// Titles of events.
    pub titles: Vec<String>,
    /// Five letters from the middle of words that occur in titles, as often as people would search for them.
    pub pieces: Vec<String>,
    /// The three letters that the most events have in a word of their title or description.
    pub commonest: String,
}

/// Looks for them.
pub fn of(connection: &Connection) -> Result<Facts> {
    let mut events = connection.prepare(
        "SELECT e.identifier, e.title FROM event AS e JOIN effective_acl AS a ON a.id = e.effective_acl_id \
         WHERE a.acl_id IN (SELECT acl_id FROM acl_entry WHERE action = 'read' AND role_id = (SELECT id FROM role WHERE name = ?)) \
         ORDER BY e.identifier LIMIT ?",
    )?;
    let rows = events.query_map((STAFF_ROLE, EVENTS), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (events, titles): (Vec<String>, Vec<String>) = rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().unzip();
    let words = titles.iter().flat_map(|title| title.split(' '));
    let pieces = words.filter_map(middle).take(PIECES).collect();
    Ok(Facts {
        pieces,
        commonest: commonest(connection)?,
        events,
        titles,
    })
}

/// Five letters that are inside of a word.
fn middle(word: &str) -> Option<String> {
    let letters: Vec<char> = word.chars().collect();
    let piece = letters.get(1..6).filter(|_| letters.len() > 6)?;
    Some(piece.iter().collect())
}

fn commonest(connection: &Connection) -> Result<String> {
    let mut texts =
        connection.prepare("SELECT title || ' ' || ifnull(description, '') FROM event ORDER BY id LIMIT ?")?;
    let mut rows = texts.query([LOOKED_AT])?;
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let text = row.get_ref(0)?.as_str()?.to_ascii_lowercase();
        let mut grams = BTreeSet::new();
        for word in text.split(|letter: char| !letter.is_ascii_alphabetic()) {
            let letters: Vec<char> = word.chars().collect();
            grams.extend(letters.windows(3).map(String::from_iter));
        }
        for gram in grams {
            *counts.entry(gram).or_default() += 1;
        }
    }
    let commonest = counts.into_iter().max_by_key(|(_, count)| *count);
    Ok(commonest.context("a data set without words")?.0)
}
