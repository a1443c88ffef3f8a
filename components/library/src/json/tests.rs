use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn commas_are_optional_repeatable_and_may_trail() {
    for text in ["[1,2,3]", "[1 2 3]", "[,1,,2,3,,]", "[1,2,3,]"] {
        assert_eq!(parse(text).unwrap(), json!([1, 2, 3]), "{text}");
    }
    for text in [r#"{"a":1,"b":2}"#, r#"{"a":1 "b":2}"#, r#"{,"a":1,,"b":2,}"#] {
        assert_eq!(parse(text).unwrap(), json!({"a": 1, "b": 2}), "{text}");
    }
}

#[test]
fn colons_are_optional_and_repeatable() {
    for text in [r#"{"a":1}"#, r#"{"a" 1}"#, r#"{"a"::1}"#, r#"{"a"1}"#] {
        assert_eq!(parse(text).unwrap(), json!({"a": 1}), "{text}");
    }
}

#[test]
fn strings_may_contain_raw_line_breaks_and_tabs() {
    assert_eq!(parse("\"a\n\tb\"").unwrap(), json!("a\n\tb"));
}

#[test]
fn a_backslash_before_an_ordinary_character_stands_for_itself() {
    assert_eq!(parse(r#""C:\Windows""#).unwrap(), json!(r"C:\Windows"));
}

#[test]
fn numbers_may_start_with_zeros() {
    assert_eq!(parse("007").unwrap(), json!(7));
    assert_eq!(parse("-00.50").unwrap(), json!(-0.5));
    assert_eq!(parse("00").unwrap(), json!(0));
}

#[test]
fn of_members_with_the_same_name_the_last_counts() {
    assert_eq!(parse(r#"{"a":1,"a":2}"#).unwrap(), json!({"a": 2}));
}

#[test]
fn the_documentations_own_example_with_a_stray_semicolon_is_refused() {
    assert_eq!(parse("{\n  \"duration\":1080000;\n}").unwrap_err().line, 2);
}

#[test]
fn what_json_simple_refuses_is_refused() {
    for text in [
        "",
        " ",
        "'a'",
        "{'a':1}",
        "[1] x",
        "{} {}",
        "// c\n1",
        "/* c */ 1",
        "hello",
        "[tru]",
        "True",
        "{a:1}",
        "{1:2}",
        r#"{"a"}"#,
        r#"{"a",1}"#,
        "[1:2]",
        "[",
        "{",
        "]",
        "\"a",
        ".5",
        "1.",
        "1e",
        "-",
        "+1",
        "NaN",
        r#""\ud800""#,
        r#""\ud800\u0041""#,
        r#""\u12g4""#,
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn an_error_says_where_it_is() {
    let malformed = parse("{\n  \"ä\": 1,\n  \"b\": x\n}").unwrap_err();
    assert_eq!((malformed.line, malformed.column), (3, 8));
    assert_eq!(
        malformed.to_string(),
        "'x' must be in double quotes at line 3, column 8"
    );
}

#[test]
fn nesting_has_a_limit() {
    assert!(parse(&format!("{}{}", "[".repeat(127), "]".repeat(127))).is_ok());
    assert!(parse(&"[".repeat(100_000)).is_err());
    assert!(parse(&"{\"a\":".repeat(100_000)).is_err());
}

#[test]
fn the_number_of_values_has_a_limit() {
    assert!(parse(&format!("[{}]", "1,".repeat(99_999))).is_ok());
    assert!(parse(&format!("[{}]", "1,".repeat(100_000))).is_err());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(".*", inner, 0..8).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_serde_json_writes_is_read_the_same(value in any_json()) {
        for text in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(parse(&text).unwrap(), serde_json::from_str::<Value>(&text).unwrap());
        }
    }

    #[test]
    fn what_serde_json_accepts_is_read_the_same(text in r#"[\[\]{}:,"\\untrefalsbd0-9.eE+ \n-]{0,24}"#) {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            prop_assert_eq!(parse(&text).unwrap(), value);
        }
    }

    #[test]
    fn numbers_are_read_the_same(text in "-?(0|[1-9][0-9]{0,25})([.][0-9]{1,5})?([eE][+-]?[0-9]{1,4})?") {
        prop_assert_eq!(parse(&text).ok(), serde_json::from_str::<Value>(&text).ok());
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".*") {
        let _ = parse(&text);
    }
}
