//! Grams: the pieces of words that the index consists of.
//!
//! At each of its characters a word has a short gram, of the three characters from there on, and a long one of five; at the end of
//! the word they have fewer. Each character is also a gram by itself. What is private use in Unicode tells the kinds apart.

/// How many characters the short grams have, except at the end of a word.
pub const SHORT: usize = 3;

/// How many characters the long grams have, except at the end of a word. None has fewer than [`LONG_FROM`], as the short ones serve
/// shorter terms.
pub const LONG: usize = 5;
pub const LONG_FROM: usize = SHORT + 1;

/// Bits of a character.
const BITS: u32 = 21;

/// How many characters fit into a gram: the mark of its kind and those of the word.
const SLOTS: u32 = LONG as u32 + 1;

/// Where the private characters begin that stand for the punctuation of ASCII within a token: the tokenizer takes everything beyond
/// ASCII for part of a token.
const PUNCTUATION: u32 = 0xE000;

/// The private characters that begin the tokens of single characters and of long grams.
const SINGLE_MARK: char = '\u{E0FE}';
const LONG_MARK: char = '\u{E0FF}';

/// A gram, in one number: sets of them are made and compared at every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gram(u128);

impl Gram {
    fn new(letters: impl Iterator<Item = char>) -> Self {
        Gram(letters.fold(0, |packed, letter| packed << BITS | u128::from(u32::from(letter))))
    }

    /// The gram of a single character.
    pub fn single(letter: char) -> Self {
        Gram::new([SINGLE_MARK, letter].into_iter())
    }

    /// The short gram at the start of this part of a word.
    pub fn short(part: &str) -> Self {
        Gram::new(part.chars().take(SHORT))
    }

    /// The long gram at the start of this part of a word.
    pub fn long(part: &str) -> Self {
        Gram::new([LONG_MARK].into_iter().chain(part.chars().take(LONG)))
    }

    /// The gram as a token of the index.
    pub fn push_token(self, text: &mut String) {
        for slot in (0..SLOTS).rev() {
            let letter = (self.0 >> (slot * BITS)) as u32 & ((1 << BITS) - 1);
            text.extend(
                char::from_u32(letter)
                    .filter(|letter| *letter != '\0')
                    .map(token_letter),
            );
        }
    }
}

/// The distinct grams of a folded text, ascending.
pub fn grams(folded: &str) -> Vec<Gram> {
    let mut grams: Vec<Gram> = Vec::with_capacity(folded.len() * 2 + 64);
    for word in folded.split_whitespace() {
        for (start, _) in word.char_indices() {
            let part = word.get(start..).unwrap_or_default();
            grams.push(Gram::short(part));
            if part.chars().nth(LONG_FROM - 1).is_some() {
                grams.push(Gram::long(part));
            }
        }
    }
    let mut letters: Vec<char> = folded.chars().filter(|letter| !letter.is_whitespace()).collect();
    letters.sort_unstable();
    letters.dedup();
    grams.extend(letters.into_iter().map(Gram::single));
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// A character as it occurs in a token.
fn token_letter(letter: char) -> char {
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
    fn a_word_has_a_short_and_a_long_gram_at_each_of_its_characters_and_one_for_each_of_them() {
        let expected = ["a", "ann", "na", "nna", "\u{E0FE}a", "\u{E0FE}n", "\u{E0FF}anna"];
        assert_eq!(tokens("anna na"), expected);
        let expected = ["lge", "\u{E0FF}ebra", "\u{E0FF}gebra", "\u{E0FF}lgebr"];
        assert!(
            expected
                .iter()
                .all(|token| tokens("algebra").contains(&token.to_string()))
        );
        assert_eq!(tokens("ä"), ["ä", "\u{E0FE}ä"]);
        let last = "\u{10FFFF}\u{10FFFE}\u{10FFFD}\u{10FFFC}\u{10FFFB}";
        assert!(tokens(last).contains(&format!("\u{E0FF}{last}")));
        assert_eq!(tokens(" \n"), Vec::<String>::new());
    }

    #[test]
    fn no_token_contains_what_separates_or_quotes_tokens() {
        let ascii: String = (0..128_u8).map(char::from).collect();
        for token in tokens(&ascii) {
            let fits = |letter: char| !letter.is_ascii() || letter.is_ascii_alphanumeric();
            assert!(token.chars().all(fits), "{token:?}");
        }
    }

    #[test]
    fn a_long_word_is_taken_apart_in_no_time() {
        assert_eq!(tokens(&"ab".repeat(200_000)).len(), 9);
    }
}
