//! Small tools for text that several grammars need.

/// Splits at a separator, except where a backslash stands before it. The pieces keep their backslashes: see
/// [`unescape`].
pub(crate) fn split_unescaped(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match find_unescaped(text, separator) {
            Some(at) => {
                let (piece, tail) = text.split_at(at);
                rest = tail.strip_prefix(separator);
                Some(piece)
            }
            None => {
                rest = None;
                Some(text)
            }
        }
    })
}

/// Where a character stands first without a backslash before it.
pub(crate) fn find_unescaped(text: &str, wanted: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices()
        .find(|&(_, character)| {
            let found = !escaped && character == wanted;
            escaped = !escaped && character == '\\';
            found
        })
        .map(|(at, _)| at)
}

/// Takes `\,`, `\:` and `\\` for the character behind the backslash. Any other backslash stands for itself, so that
/// values written before there was an escape keep their meaning.
pub(crate) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = (character == '\\')
            .then(|| characters.next_if(|next| matches!(next, ',' | ':' | '\\')))
            .flatten();
        plain.push(escaped.unwrap_or(character));
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_escaped_separator_does_not_separate() {
        assert_eq!(
            split_unescaped(r"a\,b,c\\,d", ',').collect::<Vec<_>>(),
            [r"a\,b", r"c\\", "d"]
        );
        assert_eq!(split_unescaped("", ',').collect::<Vec<_>>(), [""]);
        assert_eq!(split_unescaped(",", ',').collect::<Vec<_>>(), ["", ""]);
    }

    #[test]
    fn a_backslash_before_anything_else_stands_for_itself() {
        assert_eq!(unescape(r"C:\temp \, \: \\"), r"C:\temp , : \");
        assert_eq!(unescape("\\"), "\\");
    }

    proptest! {
        #[test]
        fn escaping_any_text_brings_it_back(text in ".*") {
            let escaped = text.replace('\\', r"\\").replace(',', r"\,").replace(':', r"\:");
            prop_assert_eq!(split_unescaped(&escaped, ',').count(), 1);
            prop_assert_eq!(find_unescaped(&escaped, ':'), None);
            prop_assert_eq!(unescape(&escaped), text);
        }

        #[test]
        fn the_pieces_are_the_text(text in ".*") {
            prop_assert_eq!(split_unescaped(&text, ',').collect::<Vec<_>>().join(","), text);
        }
    }
}
