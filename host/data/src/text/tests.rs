use super::*;
use crate::connection::Role;
use crate::{migrations, native};
use proptest::prelude::*;
use rusqlite::Connection;

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    native::configure(&connection, Role::Writer).unwrap();
    migrations::apply(&connection).unwrap();
    connection
}

#[test]
fn case_and_diacritics_do_not_count() {
    for (one, other) in [
        ("Ökonomie", "OKONOMIE"),
        ("Großer Fuß", "GROSSER FUSS"),
        ("Łódź", "lodz"),
        ("Ærø", "aero"),
        ("Œuvre", "oeuvre"),
        ("İstanbul Işık", "istanbul isik"),
        ("Ångström", "angstrom"),
        ("Ðorđe Þór", "dorde thor"),
        ("ﬁnite", "finite"),
        ("Ｗｉｄｅ", "wide"),
        ("ΣΊΣΥΦΟΣ", "σισυφος"),
        ("e\u{301}te\u{301}", "été"),
        ("Việt Nam", "viet nam"),
        ("Йога", "иога"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} and {other}");
    }
}

#[test]
fn marks_that_make_another_letter_count() {
    for (one, other) in [("か", "が"), ("की", "का"), ("가", "나")] {
        assert_ne!(fold(one), fold(other), "{one} and {other}");
    }
}

#[test]
fn folding_twice_changes_nothing() {
    for text in ["İıßẞΣςﬃ½", "Ǆ", "ŉ", "Ⅷ", "㍿", "𝔄𝔅"] {
        assert_eq!(fold(&fold(text)), fold(text), "{text}");
    }
}

#[test]
fn terms_are_separated_by_white_space_and_part_of_each_other_only_once() {
    assert_eq!(terms("  Lineare\u{a0}Algebra\talge \n I "), ["algebra", "lineare"]);
    assert_eq!(terms(" \n "), Vec::<String>::new());
}

#[test]
fn a_word_has_a_gram_at_each_of_its_characters() {
    assert_eq!(grams("anna na"), "a ann na nna ");
    assert_eq!(grams("äöü"), "äöü öü ü ");
}

#[test]
fn a_long_word_is_taken_apart_in_no_time() {
    let word = "ab".repeat(200_000);
    assert_eq!(grams(&word), "ab aba b bab ");
}

#[test]
fn nothing_in_a_term_is_syntax() {
    let database = database();
    EVENT_TEXT
        .put(&database, 1, "c++ \"quoted\" or* (near and) -not: ^x {y} 'z' \\ %_")
        .unwrap();
    for term in [
        "c++",
        "\"quoted\"",
        "\"",
        "or*",
        "(near",
        "and)",
        "-not:",
        "^x",
        "{y}",
        "'z'",
        "\\",
        "%_",
        "*",
        "c",
        "++",
    ] {
        assert_eq!(EVENT_TEXT.matching(&database, term).unwrap(), [1], "{term}");
    }
    for term in ["near(", "or", "quoted*", "not^", "c*", "__"] {
        let expected: &[i64] = if term == "or" { &[1] } else { &[] };
        assert_eq!(EVENT_TEXT.matching(&database, term).unwrap(), expected, "{term}");
    }
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        proptest::sample::select(vec!["a", "b", "ä", "ß", "É", "+", "\"", " ", "\n", "か", "z"]),
        0..14,
    )
    .prop_map(|letters| letters.concat())
}

proptest! {
    #[test]
    fn a_term_is_found_wherever_the_folded_text_contains_it(
        rounds in proptest::collection::vec(proptest::collection::vec(text(), 6), 1..4),
        searches in proptest::collection::vec(text(), 8),
    ) {
        let database = database();
        for texts in &rounds {
            for (id, text) in (1..).zip(texts) {
                EVENT_TEXT.put(&database, id, &fold(text)).unwrap();
            }
        }
        let texts = rounds.last().unwrap();
        for term in searches.iter().flat_map(|search| terms(search)) {
            let expected: Vec<i64> =
                (1..).zip(texts).filter(|(_, text)| fold(text).contains(&term)).map(|(id, _)| id).collect();
            prop_assert_eq!(EVENT_TEXT.matching(&database, &term).unwrap(), expected, "{}", term);
        }
        for id in 1..=6 {
            EVENT_TEXT.remove(&database, id).unwrap();
        }
        prop_assert_eq!(EVENT_TEXT.matching(&database, "a").unwrap(), Vec::<i64>::new());
    }

    #[test]
    fn folding_is_stable_for_any_text(text in any::<String>()) {
        prop_assert_eq!(fold(&fold(&text)), fold(&text));
    }
}
