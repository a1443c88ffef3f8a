//! What must not stand in a line of the log as it is.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// Whether a character could end a line, be taken for another one, or hide: control characters, separators, marks that change the
/// direction of writing, what has no shape. The same as Rust escapes in quoted strings, except for quotes and backslashes.
pub fn is_unsafe(letter: char) -> bool {
    match letter {
        ' '..='~' => false,
        letter if letter.is_alphanumeric() => false,
        // Behind another letter, where a combining mark is none that has to be escaped.
        letter => String::from_iter(['a', letter]).escape_debug().nth(2).is_some(),
    }
}

/// Text as it can stand in a line: `\n`, `\t` and `\u{…}` for what is unsafe.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_unsafe(letter) {
            safe.extend(letter.escape_default());
        } else {
            safe.push(letter);
        }
    }
    Cow::Owned(safe)
}

/// Writes text as a string of JSON (RFC 8259), with `\uXXXX` for what is unsafe.
pub fn json(text: &str, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    for letter in text.chars() {
        match letter {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            letter if is_unsafe(letter) => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            letter => out.write_char(letter)?,
        }
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: &str = "Löwe Lo\u{308}we 東京 … \"quoted\" \\ ~";

    /// What could end a line somewhere, command a terminal, or turn the direction of writing.
    const UNSAFE: [char; 12] = [
        '\n', '\r', '\t', '\0', '\x1b', '\x7f', '\u{85}', '\u{9b}', '\u{2028}', '\u{2029}', '\u{202e}', '\u{feff}',
    ];

    #[test]
    fn letters_of_all_languages_stay_as_they_are() {
        assert!(matches!(visible(LETTERS), Cow::Borrowed(LETTERS)));
    }

    #[test]
    fn what_could_end_a_line_is_escaped() {
        for letter in UNSAFE {
            let safe = visible(&format!("a{letter}b")).into_owned();
            assert!(safe.starts_with("a\\") && safe.is_ascii(), "{letter:?}: {safe}");
        }
        assert_eq!(visible("a\nb\u{2028}"), "a\\nb\\u{2028}");
    }

    #[test]
    fn a_string_of_json_says_the_same_in_one_line() {
        let mut all = LETTERS.to_owned();
        all.extend(UNSAFE);
        all.push('\u{e0001}');
        let mut quoted = String::new();
        json(&all, &mut quoted).unwrap();
        assert!(!quoted.contains(UNSAFE), "{quoted}");
        assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), all);
    }
}
