//! The index of folded texts: a table of them and an FTS5 table of their grams, changed in the same transaction as the object.
//!
//! The FTS5 table keeps no content and no positions. What is taken out of it must be exactly what was put in; so both go through
//! here, and a change to folding or grams needs a migration that fills the index anew.

use super::{GRAM, grams, token_letter, word_grams};
use crate::sql::{Param, Sql, SqlError};

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
    /// Stores the folded text of an object, or the lack of it, in place of the former one.
    pub fn put(&self, sql: &dyn Sql, id: i64, folded: &str) -> Result<(), SqlError> {
        let former = self.text(sql, id)?;
        if former.as_deref().unwrap_or_default() == folded {
            return Ok(());
        }
        let Self { texts, grams: table } = self;
        if let Some(former) = former {
            let statement = format!("INSERT INTO {table} ({table}, rowid, gram) VALUES ('delete', ?, ?)");
            sql.execute(&statement, &[Param::Integer(id), Param::Text(&grams(&former))])?;
        }
        if folded.is_empty() {
            sql.execute(&format!("DELETE FROM {texts} WHERE id = ?"), &[Param::Integer(id)])?;
            return Ok(());
        }
        let statement = format!("INSERT INTO {table} (rowid, gram) VALUES (?, ?)");
        sql.execute(&statement, &[Param::Integer(id), Param::Text(&grams(folded))])?;
        let statement = format!("INSERT OR REPLACE INTO {texts} (id, folded) VALUES (?, ?)");
        sql.execute(&statement, &[Param::Integer(id), Param::Text(folded)])?;
        Ok(())
    }

    /// Forgets the text of an object.
    pub fn remove(&self, sql: &dyn Sql, id: i64) -> Result<(), SqlError> {
        self.put(sql, id, "")
    }

    /// The objects whose text contains the term, which is folded and without white space; in ascending order.
    pub fn matching(&self, sql: &dyn Sql, term: &str) -> Result<Vec<i64>, SqlError> {
        let Self { texts, grams } = self;
        let mut ids = Vec::new();
        let mut each = |row: &dyn crate::sql::Row| {
            ids.extend(row.column(0).integer());
            Ok(())
        };
        let expression = expression(term);
        if term.chars().nth(GRAM).is_none() {
            let statement = format!("SELECT rowid FROM {grams} WHERE {grams} MATCH ?");
            sql.query(&statement, &[Param::Text(&expression)], &mut each)?;
        } else {
            let statement = format!(
                "SELECT {grams}.rowid FROM {grams} CROSS JOIN {texts} ON {texts}.id = {grams}.rowid \
                 WHERE {grams} MATCH ? AND instr({texts}.folded, ?) > 0"
            );
            sql.query(&statement, &[Param::Text(&expression), Param::Text(term)], &mut each)?;
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn text(&self, sql: &dyn Sql, id: i64) -> Result<Option<String>, SqlError> {
        let mut text = None;
        let statement = format!("SELECT folded FROM {} WHERE id = ?", self.texts);
        sql.query(&statement, &[Param::Integer(id)], &mut |row| {
            text = row.column(0).text().map(str::to_owned);
            Ok(())
        })?;
        Ok(text)
    }
}

/// What FTS5 is asked for to find a term. The grams are quoted, and no quote can be part of one, so nothing of a term is taken
/// for syntax.
fn expression(term: &str) -> String {
    let mut found: Vec<&str> = word_grams(term)
        .filter(|gram| gram.chars().nth(GRAM - 1).is_some())
        .collect();
    if found.is_empty() {
        return format!("{}*", quoted(term));
    }
    let step = found.len().div_ceil(LOOKED_UP);
    found = found.into_iter().step_by(step).collect();
    found.iter().map(|gram| quoted(gram)).collect::<Vec<_>>().join(" ")
}

fn quoted(gram: &str) -> String {
    format!("\"{}\"", gram.chars().map(token_letter).collect::<String>())
}
