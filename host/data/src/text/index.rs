//! The index of folded texts: a table of them and an FTS5 table of their grams and words, changed in the same transaction as the object.
//!
//! The FTS5 table keeps no content and no positions: an entry says that a gram or a word occurs in a text, and each can be added and
//! removed by itself. So a change of a text touches only those that come and go. What is taken out must be exactly what was put in,
//! hence both go through here, and a change to folding, grams or words needs a migration that fills the index anew.

use super::gram::{GRAM, Gram, WORD, grams, long, single, token_letter, whole_grams};
use super::word::{Counts, Words, is_within_words};
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
    /// until the row ids descend: then it writes a segment. So texts and vocabulary go first, and then all grams at once in order.
    pub fn put(&self, sql: &dyn Sql, texts: &BTreeMap<i64, String>) -> Result<(), SqlError> {
        let mut changes = Vec::with_capacity(texts.len());
        let mut counts = Counts::default();
        for (id, folded) in texts {
            let former = self.text(sql, *id)?;
            if former.as_deref().unwrap_or_default() != folded {
                self.put_text(sql, *id, folded, former.is_some())?;
                let former = former.unwrap_or_default();
                changes.push((*id, Change::between(&former, folded, &mut counts)));
            }
        }
        counts.store(sql)?;
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
        // No gram and no word reaches over the end of a line.
        let shared = Parts::of(common);
        let mut counts = Counts::default();
        let texts = i64::try_from(own.len()).unwrap_or(i64::MAX);
        shared.words.words.iter().for_each(|word| counts.add(word, texts));
        for own in own.values() {
            Words::of(own)
                .without(&shared.words)
                .for_each(|word| counts.add(word, 1));
        }
        counts.store(sql)?;
        let shared_tokens = shared.tokens_without(&Parts::default());
        let add = format!("INSERT INTO {} (rowid, gram) VALUES (?, ?)", self.grams);
        for (id, own) in own {
            let tokens = Parts::of(own).tokens_without(&shared) + &shared_tokens;
            sql.execute(&add, &[Param::Integer(*id), Param::Text(&tokens)])?;
        }
        Ok(())
    }

    /// The objects whose text contains the term, which is folded and without white space.
    pub fn matching(&self, sql: &dyn Sql, term: &str) -> Result<Marks, SqlError> {
        let Self { grams, .. } = self;
        let expression = expression(term);
        if term.chars().nth(GRAM).is_none() {
            let rest = format!("FROM {grams} WHERE {grams} MATCH ?");
            return sql.marks("rowid", &rest, &[Param::Text(&expression)]);
        }
        if is_within_words(term) {
            let mut marks = self.with_word(sql, &expression, term)?;
            marks.unite(&self.read(sql, &format!("{} {expression}", quoted(long())), term)?);
            return Ok(marks);
        }
        self.read(sql, &expression, term)
    }

    /// The objects that have a word with the term in it.
    fn with_word(&self, sql: &dyn Sql, expression: &str, term: &str) -> Result<Marks, SqlError> {
        let Self { grams, .. } = self;
        let rest = format!(
            "FROM word_gram CROSS JOIN word ON word.id = word_gram.rowid CROSS JOIN {grams} \
             WHERE word_gram MATCH ? AND instr(word.word, ?) > 0 AND {grams} MATCH ? || word.word"
        );
        let beginning = WORD.to_string();
        let params = [Param::Text(expression), Param::Text(term), Param::Text(&beginning)];
        sql.marks(&format!("{grams}.rowid"), &rest, &params)
    }

    /// The objects that an expression finds and whose text has the term in it, for which each is read.
    fn read(&self, sql: &dyn Sql, expression: &str, term: &str) -> Result<Marks, SqlError> {
        let Self { texts, grams } = self;
        let rest = format!(
            "FROM {grams} CROSS JOIN {texts} ON {texts}.id = {grams}.rowid WHERE {grams} MATCH ? AND instr({texts}.folded, ?) > 0"
        );
        let params = [Param::Text(expression), Param::Text(term)];
        sql.marks(&format!("{grams}.rowid"), &rest, &params)
    }

    /// How many objects have other grams or words in the index than their text has, none, or some without a text. Reads all of both,
    /// and needs a connection that may make temporary tables.
    pub fn differences(&self, sql: &dyn Sql) -> Result<u64, SqlError> {
        differences(
            sql,
            self.grams,
            &format!("SELECT id, folded FROM {}", self.texts),
            all_tokens,
        )
    }

    /// Puts the words of all texts into an index that has only their grams.
    pub(super) fn add_words(&self, sql: &dyn Sql, counts: &mut Counts) -> Result<(), SqlError> {
        let Self { texts, grams } = self;
        let statement = format!("SELECT id, folded FROM {texts} WHERE id > ? ORDER BY id LIMIT 1000");
        let remove = format!("INSERT INTO {grams} ({grams}, rowid, gram) VALUES ('delete', ?, '')");
        let add = format!("INSERT INTO {grams} (rowid, gram) VALUES (?, ?)");
        let mut last = i64::MIN;
        loop {
            let mut found = Vec::new();
            sql.query(&statement, &[Param::Integer(last)], &mut |row| {
                let text = row.column(1).text().unwrap_or_default();
                let words = Words::of(text);
                let mut tokens = String::new();
                if words.has_long {
                    long().push_token(&mut tokens);
                    tokens.push(' ');
                }
                words.words.iter().for_each(|word| counts.add(word, 1));
                push_words(&mut tokens, words.words.into_iter());
                found.push((row.column(0).integer().unwrap_or_default(), tokens));
                Ok(())
            })?;
            let Some((end, _)) = found.last() else { return Ok(()) };
            last = *end;
            for (id, tokens) in found.iter().filter(|(_, tokens)| !tokens.is_empty()) {
                sql.execute(&remove, &[Param::Integer(*id)])?;
                sql.execute(&add, &[Param::Integer(*id), Param::Text(tokens)])?;
            }
        }
    }

    /// Hands over each text.
    pub(super) fn each_text(&self, sql: &dyn Sql, each: &mut dyn FnMut(&str)) -> Result<(), SqlError> {
        sql.query(&format!("SELECT folded FROM {}", self.texts), &[], &mut |row| {
            each(row.column(0).text().unwrap_or_default());
            Ok(())
        })
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

/// What a text loses and gains, as tokens. FTS5 keeps count of texts: one that only changes is removed and added, even if that changes
/// no token.
struct Change {
    removed: Option<String>,
    added: Option<String>,
}

impl Change {
    fn between(former: &str, folded: &str, counts: &mut Counts) -> Self {
        let (former, parts) = (Parts::of(former), Parts::of(folded));
        former.words.without(&parts.words).for_each(|word| counts.add(word, -1));
        parts.words.without(&former.words).for_each(|word| counts.add(word, 1));
        Change {
            removed: (!former.grams.is_empty()).then(|| former.tokens_without(&parts)),
            added: (!parts.grams.is_empty()).then(|| parts.tokens_without(&former)),
        }
    }
}

/// What the index has of a text.
#[derive(Default)]
struct Parts<'t> {
    grams: Vec<Gram>,
    words: Words<'t>,
}

impl<'t> Parts<'t> {
    fn of(folded: &'t str) -> Self {
        let (mut grams, words) = (grams(folded), Words::of(folded));
        if words.has_long {
            grams.insert(grams.partition_point(|gram| *gram < long()), long());
        }
        Parts { grams, words }
    }

    /// As tokens, but for what others have as well.
    fn tokens_without(&self, others: &Parts<'_>) -> String {
        let mut text = tokens(&self.grams, &others.grams);
        push_words(&mut text, self.words.without(&others.words));
        text
    }
}

fn all_tokens(folded: &str) -> String {
    Parts::of(folded).tokens_without(&Parts::default())
}

/// How many rows of a table of tokens have others than what `texts`, ids and texts, says, or no text, or are missing.
pub(super) fn differences(
    sql: &dyn Sql,
    table: &str,
    texts: &str,
    tokens: impl Fn(&str) -> String,
) -> Result<u64, SqlError> {
    let vocabulary = format!("{table}_vocabulary");
    sql.execute(&format!("DROP TABLE IF EXISTS temp.{vocabulary}"), &[])?;
    sql.execute(
        &format!("CREATE VIRTUAL TABLE temp.{vocabulary} USING fts5vocab('main', '{table}', 'instance')"),
        &[],
    )?;
    // A number for all tokens of an object, so that not all of them have to be in memory: what the text has is taken from what the
    // index has.
    let mut sums: BTreeMap<i64, u64> = BTreeMap::new();
    sql.query(&format!("SELECT doc, term FROM temp.{vocabulary}"), &[], &mut |row| {
        let sum = sums.entry(row.column(0).integer().unwrap_or_default()).or_default();
        *sum = sum.wrapping_add(number(row.column(1).text().unwrap_or_default()));
        Ok(())
    })?;
    sql.query(texts, &[], &mut |row| {
        let sum = sums.entry(row.column(0).integer().unwrap_or_default()).or_default();
        for token in tokens(row.column(1).text().unwrap_or_default())
            .split(' ')
            .filter(|token| !token.is_empty())
        {
            *sum = sum.wrapping_sub(number(token));
        }
        Ok(())
    })?;
    sql.execute(&format!("DROP TABLE temp.{vocabulary}"), &[])?;
    Ok(sums.values().filter(|sum| **sum != 0).count() as u64)
}

/// A number that stands for a token.
fn number(token: &str) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write(token.as_bytes());
    hasher.finish()
}

/// Appends the tokens of words.
fn push_words<'w>(tokens: &mut String, words: impl Iterator<Item = &'w str>) {
    for word in words {
        tokens.push(WORD);
        tokens.push_str(word);
        tokens.push(' ');
    }
}

/// Grams without others as tokens.
pub(super) fn tokens(these: &[Gram], others: &[Gram]) -> String {
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
