use super::*;
use crate::connection::Role;
use crate::{migrations, native};
use proptest::prelude::*;
use rusqlite::Connection;
use std::collections::BTreeMap;

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    native::configure(&connection, Role::Writer).unwrap();
    migrations::apply(&connection).unwrap();
    connection
}

fn put<T: AsRef<str>>(database: &Connection, texts: impl IntoIterator<Item = (i64, T)>) {
    let texts: BTreeMap<i64, String> = texts.into_iter().map(|(id, text)| (id, fold(text.as_ref()))).collect();
    EVENT_TEXT.put(database, &texts).unwrap();
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

fn matching(database: &Connection, term: &str) -> Vec<i64> {
    EVENT_TEXT.matching(database, term).unwrap().ids().collect()
}

/// What the index and the vocabulary have otherwise than the texts.
fn differences(database: &Connection) -> (u64, u64) {
    let index = EVENT_TEXT.differences(database).unwrap();
    (index, vocabulary_differences(database).unwrap())
}

/// The words and in how many texts each is.
fn vocabulary(database: &Connection) -> Vec<(String, i64)> {
    let mut words = Vec::new();
    database
        .query("SELECT word, texts FROM word ORDER BY word", &[], &mut |row| {
            let text = row.column(0).text().unwrap_or_default();
            words.push((text.to_owned(), row.column(1).integer().unwrap_or_default()));
            Ok(())
        })
        .unwrap();
    words
}

#[test]
fn the_vocabulary_has_words_as_long_as_a_text_has_them() {
    let database = database();
    put(
        &database,
        [(1, "Alpha und Beta, Alpha-Strahlung: 4711abcd x7"), (2, "BETA")],
    );
    let known = |words: &[(&str, i64)]| {
        words
            .iter()
            .map(|(word, texts)| ((*word).to_owned(), *texts))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        vocabulary(&database),
        known(&[("abcd", 1), ("alpha", 1), ("beta", 2), ("strahlung", 1)])
    );
    put(&database, [(1, "Gamma Strahlung")]);
    assert_eq!(
        vocabulary(&database),
        known(&[("beta", 1), ("gamma", 1), ("strahlung", 1)])
    );
    SERIES_NAME
        .put(&database, &BTreeMap::from([(1, "gamma".to_owned())]))
        .unwrap();
    put(&database, [(1, ""), (2, "")]);
    assert_eq!(vocabulary(&database), known(&[("gamma", 1)]));
    assert_eq!(differences(&database), (0, 0));
}

#[test]
fn a_word_of_many_texts_stays_and_is_found_only_where_it_is() {
    let database = database();
    put(&database, (1..=40).map(|id| (id, "Analysis")));
    assert_eq!(vocabulary(&database), [("analysis".to_owned(), 16)]);
    put(&database, (1..=39).map(|id| (id, "Algebra")));
    assert_eq!(matching(&database, "nalys"), [40]);
    put(&database, (1..=40).map(|id| (id, "")));
    assert_eq!(matching(&database, "nalys"), Vec::<i64>::new());
    assert_eq!(differences(&database), (0, 0));
    put(&database, [(41, "Analysis II")]);
    assert_eq!(matching(&database, "nalys"), [41]);
}

#[test]
fn a_run_of_letters_that_is_too_long_for_a_word_is_found() {
    let database = database();
    let long = "日本語の講義を録画しました".repeat(5);
    put(&database, [(1, long.as_str()), (2, "日本語の講義"), (3, "講義を")]);
    assert_eq!(matching(&database, "日本語の講義"), [1, 2]);
    assert_eq!(matching(&database, "の講義を録"), [1]);
    assert_eq!(vocabulary(&database), [("日本語の講義".to_owned(), 1)]);
    put(&database, [(1, "日本語の講義を録画")]);
    assert_eq!(matching(&database, "の講義を録"), [1]);
    assert_eq!(differences(&database), (0, 0));
}

#[test]
fn the_words_of_texts_that_had_none_in_the_index_are_added() {
    let database = database();
    let long = "x".repeat(60);
    let texts = (1..=2500_i64).map(|id| {
        (
            id,
            fold(&format!(
                "Vorlesung {} {} ab\u{301}c",
                id % 30,
                ["Übung", &long, ""][id as usize % 3]
            )),
        )
    });
    for (id, text) in texts {
        let mut tokens = String::new();
        for gram in gram::grams(&text) {
            gram.push_token(&mut tokens);
            tokens.push(' ');
        }
        database
            .execute("INSERT INTO event_text (id, folded) VALUES (?, ?)", (id, &text))
            .unwrap();
        database
            .execute("INSERT INTO event_gram (rowid, gram) VALUES (?, ?)", (id, &tokens))
            .unwrap();
    }
    assert_eq!(differences(&database), (2500, 2));
    add_words(&database).unwrap();
    assert_eq!(differences(&database), (0, 0));
    assert_eq!(matching(&database, "ubun").len(), 833);
    assert_eq!(matching(&database, "xxxxx").len(), 834);
}

#[test]
fn nothing_in_a_term_is_syntax() {
    let database = database();
    put(&database, [(1, "c++ \"quoted\" or* (near and) -not: ^x {y} 'z' \\ %_")]);
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
        assert_eq!(matching(&database, term), [1], "{term}");
    }
    for term in ["near(", "or", "quoted*", "not^", "c*", "__"] {
        let expected: &[i64] = if term == "or" { &[1] } else { &[] };
        assert_eq!(matching(&database, term), expected, "{term}");
    }
}

/// Two of the longest piece make a run of letters that is no word any more.
fn text() -> impl Strategy<Value = String> {
    let longest = "abcdefghijklmnopqrstuvwxyzäé";
    proptest::collection::vec(
        proptest::sample::select(vec![
            "a", "b", "ä", "ß", "É", "+", "\"", " ", "\n", "か", "z", "1", "—", "abba", "zabba", longest, longest,
        ]),
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
            put(&database, (1..).zip(texts));
            prop_assert_eq!(differences(&database), (0, 0));
        }
        let texts = rounds.last().unwrap();
        for term in searches.iter().flat_map(|search| terms(search)) {
            let expected: Vec<i64> =
                (1..).zip(texts).filter(|(_, text)| fold(text).contains(&term)).map(|(id, _)| id).collect();
            prop_assert_eq!(matching(&database, &term), expected, "{}", term);
        }
        put(&database, (1..=6).map(|id| (id, "")));
        prop_assert_eq!(matching(&database, "a"), Vec::<i64>::new());
        prop_assert_eq!(differences(&database), (0, 0));
        prop_assert_eq!(vocabulary(&database), Vec::<(String, i64)>::new());
    }

    #[test]
    fn texts_that_are_stored_together_are_found_like_others(common in text(), own in proptest::collection::vec(text(), 1..20), search in text()) {
        let database = database();
        let (common, own) = (fold(&common), (1..).zip(own.iter().map(|text| fold(text))).collect());
        EVENT_TEXT.put_alike(&database, &common, &own).unwrap();
        prop_assert_eq!(differences(&database), (0, 0));
        for term in terms(&search) {
            let has = |text: &str| common.contains(&term) || text.contains(&term);
            let expected: Vec<i64> = own.iter().filter(|(_, text)| has(text)).map(|(id, _)| *id).collect();
            prop_assert_eq!(matching(&database, &term), expected, "{}", term);
        }
    }

    #[test]
    fn folding_is_stable_for_any_text(text in any::<String>()) {
        prop_assert_eq!(fold(&fold(&text)), fold(&text));
    }
}
