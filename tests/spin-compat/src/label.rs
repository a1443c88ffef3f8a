//! What Spin takes for the label of a database, for the name of a component, and for the name of a variable.

/// Whether a text is the label of a database: words separated by `-`, or by `_`, but not by both.
pub fn is_label(text: &str) -> bool {
    is_kebab_case(text) || are_words(text, '_')
}

/// Whether a text can name a component.
pub fn is_kebab_case(text: &str) -> bool {
    are_words(text, '-')
}

/// Whether a text can name a variable.
pub fn is_lower_snake_case(text: &str) -> bool {
    are_words(text, '_') && !text.contains(|letter: char| letter.is_ascii_uppercase())
}

/// Whether each word is a letter followed by letters of the same case and digits.
fn are_words(text: &str, separator: char) -> bool {
    text.split(separator).all(|word| {
        let is_upper = word.starts_with(|first: char| first.is_ascii_uppercase());
        let fits = |letter: char| match is_upper {
            true => letter.is_ascii_uppercase() || letter.is_ascii_digit(),
            false => letter.is_ascii_lowercase() || letter.is_ascii_digit(),
        };
        word.starts_with(|first: char| first.is_ascii_alphabetic()) && word.chars().all(fits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_in_kebab_case_or_in_snake_case() {
        for label in ["default", "uni-bern", "mh_default_org", "a1-b2", "UNI-bern"] {
            assert!(is_label(label), "{label}");
        }
        for text in ["", "uni-bern_2", "1a", "a-1", "a--b", "-a", "a-", "Uni", "a.b", "ä"] {
            assert!(!is_label(text), "{text}");
        }
    }

    #[test]
    fn a_variable_is_in_lower_snake_case() {
        assert!(is_lower_snake_case("max_upload"));
        assert!(!is_lower_snake_case("MAX_UPLOAD"));
        assert!(!is_lower_snake_case("max-upload"));
    }
}
