//! Words: the runs of letters in texts, and the vocabulary of all of them.
//!
//! A term that consists of letters lies within a word wherever it occurs. So the texts that contain it are those that have one of the
//! words that do, and none of them has to be read to be sure. The vocabulary is what finds these words; it has its own index of grams
//! and is shared by all text indexes of a tenant.
//!
//! What counts as a letter is decided without tables of Unicode, of which different programs have different editions.

use super::gram::{Gram, whole_grams};
use super::index::{self, TextIndex, tokens};
use crate::sql::{Param, Sql, SqlError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How many characters a word has at least. Shorter terms are looked up as grams.
const SHORTEST: usize = super::gram::GRAM + 1;

/// How many characters a word has at most. Longer runs of letters, as in languages without white space, would make a vocabulary of sentences:
/// texts that have one are marked instead.
const LONGEST: usize = 48;

/// In how many texts a word is counted. A word that has been in so many at once stays in the vocabulary for good, so that texts made of
/// frequent words change nothing in it.
const MANY: i64 = 16;

/// The words of a folded text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Words<'t> {
    /// Distinct and ascending.
    pub words: Vec<&'t str>,
    /// Whether there are runs of letters that are too long for a word.
    pub has_long: bool,
}

impl<'t> Words<'t> {
    /// Takes a folded text apart.
    pub fn of(folded: &'t str) -> Self {
        let mut found = Words::default();
        for run in folded
            .split_whitespace()
            .flat_map(|part| part.split(|letter| !is_letter(letter)))
        {
            // No character has less than one byte.
            if run.len() < SHORTEST {
                continue;
            }
            match run.chars().take(LONGEST + 1).count() {
                ..SHORTEST => {}
                SHORTEST..=LONGEST => found.words.push(run),
                _ => found.has_long = true,
            }
        }
        found.words.sort_unstable();
        found.words.dedup();
        found
    }

    /// The words that are not among others.
    pub fn without<'w>(&'w self, others: &'w Words<'_>) -> impl Iterator<Item = &'t str> + 'w {
        let words = self.words.iter().copied();
        words.filter(|word| others.words.binary_search(word).is_err())
    }
}

/// Whether a folded term without white space can only occur within a word, or a longer run of letters.
pub fn is_within_words(term: &str) -> bool {
    term.chars().all(is_letter) && term.chars().nth(SHORTEST - 1).is_some()
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphabetic() || !letter.is_ascii()
}

/// Words of the vocabulary, each with its id and in how many texts it is.
type Known = BTreeMap<String, (i64, i64)>;

/// By how much the number of texts changes that have a word.
#[derive(Debug, Default)]
pub struct Counts(BTreeMap<String, i64>);

impl Counts {
    /// So many texts have a word that did not have it, or the other way round.
    pub fn add(&mut self, word: &str, texts: i64) {
        match self.0.get_mut(word) {
            Some(count) => *count += texts,
            None => drop(self.0.insert(word.to_owned(), texts)),
        }
    }

    /// Brings the vocabulary up to date, in as many statements however many words there are.
    pub fn store(mut self, sql: &dyn Sql) -> Result<(), SqlError> {
        self.0.retain(|_, change| *change != 0);
        if self.0.is_empty() {
            return Ok(());
        }
        let (known, mut last) = self.known(sql)?;
        let (mut counted, mut new, mut gone) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        for (word, change) in self.0 {
            match known.get(&word) {
                Some((_, MANY..)) => {}
                Some((id, texts)) if texts + change > 0 => counted.push(json!([id, word, (texts + change).min(MANY)])),
                Some((id, _)) => drop(gone.insert(*id, word)),
                None => {
                    last += 1;
                    counted.push(json!([last, word, change.clamp(1, MANY)]));
                    new.insert(last, word);
                }
            }
        }
        for (statement, rows) in [
            (
                "DELETE FROM word WHERE id IN (SELECT value FROM json_each(?))",
                gone.keys().map(|id| json!(id)).collect(),
            ),
            (
                "REPLACE INTO word (id, word, texts) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)",
                counted,
            ),
            // Ascending, see `TextIndex::put`.
            (
                "INSERT INTO word_gram (word_gram, rowid, gram) SELECT 'delete', value ->> 0, value ->> 1 FROM json_each(?)",
                gone.iter().map(tokens_with_id).collect(),
            ),
            (
                "INSERT INTO word_gram (rowid, gram) SELECT value ->> 0, value ->> 1 FROM json_each(?)",
                new.iter().map(tokens_with_id).collect(),
            ),
        ] {
            if !rows.is_empty() {
                sql.execute(statement, &[Param::Text(&Value::Array(rows).to_string())])?;
            }
        }
        Ok(())
    }

    /// Those of the words that the vocabulary has already, and the last id of all of its words.
    fn known(&self, sql: &dyn Sql) -> Result<(Known, i64), SqlError> {
        let words = json!(self.0.keys().collect::<Vec<_>>()).to_string();
        let (mut known, mut last) = (Known::new(), 0);
        sql.query(
            "SELECT j.value, w.id, w.texts, (SELECT max(id) FROM word) FROM json_each(?) AS j LEFT JOIN word AS w ON w.word = j.value",
            &[Param::Text(&words)],
            &mut |row| {
                last = row.column(3).integer().unwrap_or_default();
                let (id, texts) = (row.column(1).integer(), row.column(2).integer());
                if let (Some(word), Some(id), Some(texts)) = (row.column(0).text(), id, texts) {
                    known.insert(word.to_owned(), (id, texts));
                }
                Ok(())
            },
        )?;
        Ok((known, last))
    }
}

/// A row of the vocabulary's index.
fn tokens_with_id((id, word): (&i64, &String)) -> Value {
    json!([id, tokens_of(word)])
}

/// A word of the vocabulary as tokens: the grams that terms long enough are looked up by.
fn tokens_of(word: &str) -> String {
    let grams: BTreeSet<Gram> = whole_grams(word).collect();
    tokens(&Vec::from_iter(grams), &[])
}

/// How many words the vocabulary lacks, or has but should not, or with another number of texts than these indexes have, or finds otherwise.
pub fn differences(sql: &dyn Sql, indexes: [&TextIndex; 3]) -> Result<u64, SqlError> {
    let mut counts = Counts::default();
    for index in indexes {
        index.each_text(sql, &mut |text| {
            Words::of(text).words.iter().for_each(|word| counts.add(word, 1))
        })?;
    }
    let mut differing = 0;
    sql.query("SELECT word, texts FROM word", &[], &mut |row| {
        let (word, known) = (row.column(0).text(), row.column(1).integer());
        let counted = word.and_then(|word| counts.0.remove(word)).unwrap_or_default();
        differing += u64::from(known != Some(MANY) && known != Some(counted));
        Ok(())
    })?;
    differing += index::differences(sql, "word_gram", "SELECT id, word FROM word", tokens_of)?;
    Ok(differing + counts.0.len() as u64)
}
