//! Full text: what makes two texts the same for a person who searches, and the index of it.
//!
//! A search finds a term anywhere within a word, whatever its case and diacritics. Both what is stored and what is searched for are
//! folded, and of the folded text the grams of its words are indexed: at each character of a word the three characters from
//! there on, fewer at the word's end, and each character by itself. So a term of one or three characters is one gram, a term of two
//! is the beginning of grams. A longer one of letters is looked for among the words of all texts, which are indexed as well; any other
//! needs all of its grams, which the folded text then confirms.
//!
//! SQLite's own trigram tokenizer would also index the grams that reach over the end of a word, which no term can contain, and could
//! not find terms of one or two characters.

mod gram;
mod index;
mod word;

pub use index::{EVENT_TEXT, SERIES_NAME, SERIES_TEXT, TextIndex};

use crate::sql::{Sql, SqlError};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The text without differences of case, diacritics and presentation: compatibility forms such as ligatures are resolved, marks
/// above, below and across letters dropped (not those that make another letter, as in Japanese or Hindi), letters that have no
/// decomposition but are typed as plain ones are replaced.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd() {
        if letter.is_ascii() {
            folded.push(letter.to_ascii_lowercase());
            continue;
        }
        for letter in letter.to_lowercase() {
            match letter {
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                'þ' => folded.push_str("th"),
                'ø' => folded.push('o'),
                'ł' => folded.push('l'),
                'đ' | 'ð' => folded.push('d'),
                'ħ' => folded.push('h'),
                'ŧ' => folded.push('t'),
                'ı' => folded.push('i'),
                'ς' => folded.push('σ'),
                // Classes up to 9 are nuktas, viramas and the voicing marks of kana.
                _ if canonical_combining_class(letter) > 9 => {}
                _ => folded.push(letter),
            }
        }
    }
    folded
}

/// The terms of a search, folded: what lies between white space, without those that are part of another one, longest first.
pub fn terms(search: &str) -> Vec<String> {
    let mut terms: Vec<String> = fold(search).split_whitespace().map(str::to_owned).collect();
    terms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    let mut distinct: Vec<String> = Vec::new();
    for term in terms {
        if !distinct.iter().any(|longer| longer.contains(&term)) {
            distinct.push(term);
        }
    }
    distinct
}

/// Puts the words of all texts into the indexes of a file that have only their grams, and makes the vocabulary.
pub(crate) fn add_words(sql: &dyn Sql) -> Result<(), SqlError> {
    let mut counts = word::Counts::default();
    for index in INDEXES {
        index.add_words(sql, &mut counts)?;
    }
    counts.store(sql)
}

/// How many words the vocabulary of all indexes has that it should not have, or lacks, or finds otherwise. Reads all texts, and needs a
/// connection that may make temporary tables.
pub(crate) fn vocabulary_differences(sql: &dyn Sql) -> Result<u64, SqlError> {
    word::differences(sql, INDEXES)
}

/// All indexes of a tenant.
const INDEXES: [&TextIndex; 3] = [&EVENT_TEXT, &SERIES_TEXT, &SERIES_NAME];

#[cfg(test)]
mod tests;
