//! The index of folded texts: a table of them and an FTS5 table of their grams, changed in the same transaction as the object.
//!
//! The FTS5 table keeps no content and no positions: an entry says that a gram occurs in a text, and each can be added and removed by
//! itself. So a change of a text touches only the grams that come and go. What is taken out must be exactly what was put in,
//! hence both go through here, and a change to folding or grams needs a migration that fills the index anew.

use super::gram::{GRAM, Gram, grams, single, token_letter, whole_grams};
use crate::marks::Marks;
use crate::sql::{Param, Sql, SqlError};
use fnv::FnvHasher;
use std::collections::BTreeMap;
use std::hash::Hasher;

/// A pair of tables that index the texts of one kind of object.
#[derive(Debug)]
pub struct TextIndex {
    texts: &'static str,
    grams: &'static str,
}

/// What events say of themselves.
pub static EVENT_TEXT: TextIndex = TextIndex {
    texts: "event_text",
    grams: "event_gram",
};

/// What series say of themselves.
pub static SERIES_TEXT: TextIndex = TextIndex {
    texts: "series_text",
    grams: "series_gram",
};

/// What series add to the texts of their events.
pub static SERIES_NAME: TextIndex = TextIndex {
    texts: "series_name_text",
    grams: "series_name_gram",
};

/// How many grams of a term are looked up; the folded text decides about the others.
const LOOKED_UP: usize = 8;

impl TextIndex {
    /// Stores the folded texts of objects in place of former ones; an empty text is none.
    ///
    /// FTS5 collects what is put into it until another statement begins a savepoint, explicitly or because it could fail half-way, or
    /// until the row ids descend: then it writes a segment. So the texts go first, and then all grams at once in order.
    pub fn put(&self, sql: &dyn Sql, texts: &BTreeMap<i64, String>) -> Result<(), SqlError> {
        let mut changes = Vec::with_capacity(texts.len());
        for (id, folded) in texts {
            let former = self.text(sql, *id)?;
            if former.as_deref().unwrap_or_default() != folded {
                self.put_text(sql, *id, folded, former.is_some())?;
                changes.push((*id, Change::between(former.as_deref().unwrap_or_default(), folded)));
            }
        }
        let table = self.grams;
        let remove = format!("INSERT INTO {table} ({table}, rowid, gram) VALUES ('delete', ?, ?)");
        let add = format!("INSERT INTO {table} (rowid, gram) VALUES (?, ?)");
        for (id, change) in changes {
            for (statement, tokens) in [(&remove, change.removed), (&add, change.added)] {
                if let Some(tokens) = tokens {
                    sql.execute(statement, &[Param::Integer(id), Param::Text(&tokens)])?;
                }
            }
        }
        Ok(())
    }

    /// Stores the folded texts of new objects that have most of their text in common: `common`, and a line with what is `own`.
    pub fn put_alike(&self, sql: &dyn Sql, common: &str, own: &BTreeMap<i64, String>) -> Result<(), SqlError> {
        for (id, own) in own {
            self.put_text(sql, *id, &format!("{common}\n{own}"), false)?;
        }
        // No gram reaches over the end of a line.
        let shared = grams(common);
        let shared_tokens = tokens(&shared, &[]);
        let add = format!("INSERT INTO {} (rowid, gram) VALUES (?, ?)", self.grams);
        for (id, own) in own {
            let tokens = tokens(&grams(own), &shared) + &shared_tokens;
            sql.execute(&add, &[Param::Integer(*id), Param::Text(&tokens)])?;
        }
        Ok(())
    }

    /// The objects whose text contains the term, which is folded and without white space.
    pub fn matching(&self, sql: &dyn Sql, term: &str) -> Result<Marks, SqlError> {
        let Self { texts, grams } = self;
        let expression = expression(term);
        if term.chars().nth(GRAM).is_none() {
            let rest = format!("FROM {grams} WHERE {grams} MATCH ?");
            return sql.marks("rowid", &rest, &[Param::Text(&expression)]);
        }
        let rest = format!(
            "FROM {grams} CROSS JOIN {texts} ON {texts}.id = {grams}.rowid WHERE {grams} MATCH ? AND instr({texts}.folded, ?) > 0"
        );
        let params = [Param::Text(&expression), Param::Text(term)];
        sql.marks(&format!("{grams}.rowid"), &rest, &params)
    }

    /// How many objects have other grams in the index than their text has, none, or grams without a text. Reads all of both, and needs a
    /// connection that may make temporary tables.
    pub fn differences(&self, sql: &dyn Sql) -> Result<u64, SqlError> {
        let Self { texts, grams: table } = self;
        let vocabulary = format!("{table}_vocabulary");
        sql.execute(&format!("DROP TABLE IF EXISTS temp.{vocabulary}"), &[])?;
        sql.execute(
            &format!("CREATE VIRTUAL TABLE temp.{vocabulary} USING fts5vocab('main', '{table}', 'instance')"),
            &[],
        )?;
        // A number for all grams of an object, so that not all of them have to be in memory: what the text has is taken from what the
        // index has.
        let mut sums: BTreeMap<i64, u64> = BTreeMap::new();
        sql.query(&format!("SELECT doc, term FROM temp.{vocabulary}"), &[], &mut |row| {
            let sum = sums.entry(row.column(0).integer().unwrap_or_default()).or_default();
            *sum = sum.wrapping_add(number(row.column(1).text().unwrap_or_default()));
            Ok(())
        })?;
        sql.query(&format!("SELECT id, folded FROM {texts}"), &[], &mut |row| {
            let sum = sums.entry(row.column(0).integer().unwrap_or_default()).or_default();
            let mut token = String::new();
            for gram in grams(row.column(1).text().unwrap_or_default()) {
                token.clear();
                gram.push_token(&mut token);
                *sum = sum.wrapping_sub(number(&token));
            }
            Ok(())
        })?;
        sql.execute(&format!("DROP TABLE temp.{vocabulary}"), &[])?;
        Ok(sums.values().filter(|sum| **sum != 0).count() as u64)
    }

    fn put_text(&self, sql: &dyn Sql, id: i64, folded: &str, known: bool) -> Result<(), SqlError> {
        let Self { texts, .. } = self;
        let (id, text) = (Param::Integer(id), Param::Text(folded));
        if folded.is_empty() {
            sql.execute(&format!("DELETE FROM {texts} WHERE id = ?"), &[id])?;
        } else if known {
            sql.execute(&format!("UPDATE {texts} SET folded = ? WHERE id = ?"), &[text, id])?;
        } else {
            sql.execute(&format!("INSERT INTO {texts} (folded, id) VALUES (?, ?)"), &[text, id])?;
        }
        Ok(())
    }

    /// How many texts there are that belong to no row of this table.
    pub(crate) fn others(&self, sql: &dyn Sql, table: &str) -> Result<u64, SqlError> {
        let mut count = 0;
        let statement = format!(
            "SELECT count(*) FROM {} WHERE id NOT IN (SELECT id FROM {table})",
            self.texts
        );
        sql.query(&statement, &[], &mut |row| {
            count = row.column(0).integer().unwrap_or_default().unsigned_abs();
            Ok(())
        })?;
        Ok(count)
    }

    pub(crate) fn text(&self, sql: &dyn Sql, id: i64) -> Result<Option<String>, SqlError> {
        let mut text = None;
        let statement = format!("SELECT folded FROM {} WHERE id = ?", self.texts);
        sql.query(&statement, &[Param::Integer(id)], &mut |row| {
            text = row.column(0).text().map(str::to_owned);
            Ok(())
        })?;
        Ok(text)
    }
}

/// The grams that a text loses and gains, as tokens. FTS5 keeps count of texts: one that only changes is removed and added, even if
/// that changes no gram.
struct Change {
    removed: Option<String>,
    added: Option<String>,
}

impl Change {
    fn between(former: &str, folded: &str) -> Self {
        let (former, grams) = (grams(former), grams(folded));
        Change {
            removed: (!former.is_empty()).then(|| tokens(&former, &grams)),
            added: (!grams.is_empty()).then(|| tokens(&grams, &former)),
        }
    }
}

/// A number that stands for a token.
fn number(token: &str) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write(token.as_bytes());
    hasher.finish()
}

/// Grams without others as tokens.
fn tokens(these: &[Gram], others: &[Gram]) -> String {
    let mut tokens = String::new();
    for gram in these.iter().filter(|gram| others.binary_search(gram).is_err()) {
        gram.push_token(&mut tokens);
        tokens.push(' ');
    }
    tokens
}

/// What FTS5 is asked for to find a term. The tokens are quoted, and no quote can be part of one, so nothing of a term is taken
/// for syntax.
fn expression(term: &str) -> String {
    let mut letters = term.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return quoted(single(letter));
    }
    let found: Vec<Gram> = whole_grams(term).collect();
    if found.is_empty() {
        return format!("\"{}\"*", term.chars().map(token_letter).collect::<String>());
    }
    let step = found.len().div_ceil(LOOKED_UP);
    found
        .into_iter()
        .step_by(step)
        .map(quoted)
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(gram: Gram) -> String {
    let mut quoted = String::from("\"");
    gram.push_token(&mut quoted);
    quoted.push('"');
    quoted
}
