//! Grams: the pieces of words that the index consists of.

/// How many characters a gram has, except at the end of a word.
pub const GRAM: usize = 3;

/// Bits of a character.
const BITS: u32 = 21;

/// Where the private characters begin that stand for the punctuation of ASCII within a token: the tokenizer takes everything beyond
/// ASCII for part of a token.
const PUNCTUATION: u32 = 0xE000;

/// The private character that begins the token of a single character.
const SINGLE: char = '\u{E0FF}';

/// The private character that begins the token of a whole word.
pub const WORD: char = '\u{E0FE}';

/// The private character that is the token of texts with letters in longer runs than words have.
const LONG: char = '\u{E0FD}';

/// Up to three characters, in one number: sets of them are made and compared at every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gram(u64);

impl Gram {
    fn new(letters: impl Iterator<Item = char>) -> Self {
        Gram(letters.fold(0, |packed, letter| packed << BITS | u64::from(u32::from(letter))))
    }

    /// The gram as a token of the index.
    pub fn push_token(self, text: &mut String) {
        for position in (0..GRAM as u32).rev() {
            let letter = (self.0 >> (position * BITS)) as u32 & ((1 << BITS) - 1);
            text.extend(
                char::from_u32(letter)
                    .filter(|letter| *letter != '\0')
                    .map(token_letter),
            );
        }
    }

    /// Whether it is not cut short by the end of the word.
    fn is_whole(self) -> bool {
        self.0 >> (BITS * (GRAM as u32 - 1)) != 0
    }
}

/// The distinct grams of a folded text, ascending.
pub fn grams(folded: &str) -> Vec<Gram> {
    let mut grams: Vec<Gram> = Vec::with_capacity(folded.len() + 64);
    for word in folded.split_whitespace() {
        grams.extend(at_each(word));
    }
    grams.extend(singles(folded));
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// The grams of which a term of more than two characters consists.
pub fn whole_grams(term: &str) -> impl Iterator<Item = Gram> {
    at_each(term).filter(|gram| gram.is_whole())
}

/// The gram that stands for a term of one character.
pub fn single(letter: char) -> Gram {
    Gram::new([SINGLE, letter].into_iter())
}

/// The gram that stands for runs of letters that are too long for words.
pub fn long() -> Gram {
    Gram::new([LONG].into_iter())
}

/// The gram at each character of a word.
fn at_each(word: &str) -> impl Iterator<Item = Gram> {
    word.char_indices()
        .filter_map(|(start, _)| Some(Gram::new(word.get(start..)?.chars().take(GRAM))))
}

fn singles(folded: &str) -> Vec<Gram> {
    let mut letters: Vec<char> = folded.chars().filter(|letter| !letter.is_whitespace()).collect();
    letters.sort_unstable();
    letters.dedup();
    letters.into_iter().map(single).collect()
}

/// A character as it occurs in a token.
pub fn token_letter(letter: char) -> char {
    if letter.is_ascii() && !letter.is_ascii_alphanumeric() {
        char::from_u32(PUNCTUATION + u32::from(letter)).unwrap_or(letter)
    } else {
        letter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(folded: &str) -> Vec<String> {
        let token = |gram: Gram| {
            let mut token = String::new();
            gram.push_token(&mut token);
            token
        };
        let mut tokens: Vec<String> = grams(folded).into_iter().map(token).collect();
        tokens.sort();
        tokens
    }

    #[test]
    fn a_word_has_a_gram_at_each_of_its_characters_and_one_for_each_of_them() {
        assert_eq!(tokens("anna na"), ["a", "ann", "na", "nna", "\u{E0FF}a", "\u{E0FF}n"]);
        assert_eq!(tokens("äöü"), ["äöü", "öü", "ü", "\u{E0FF}ä", "\u{E0FF}ö", "\u{E0FF}ü"]);
        assert!(tokens("\u{10FFFF}\u{10FFFE}\u{10FFFD}").contains(&"\u{10FFFF}\u{10FFFE}\u{10FFFD}".to_owned()));
        assert_eq!(tokens(" \n"), Vec::<String>::new());
    }

    #[test]
    fn no_token_contains_what_separates_or_quotes_tokens() {
        let ascii: String = (0..128_u8).map(char::from).collect();
        for token in tokens(&ascii) {
            assert!(
                token
                    .chars()
                    .all(|letter| !letter.is_ascii() || letter.is_ascii_alphanumeric()),
                "{token:?}"
            );
        }
    }

    #[test]
    fn a_long_word_is_taken_apart_in_no_time() {
        assert_eq!(tokens(&"ab".repeat(200_000)).len(), 6);
    }
}
