//! Conditions: the `if` and `unless` of an operation.
//!
//! ```text
//! ${straightToPublishing} && !(${flagForCutting} || ${publishLive} == 'true')
//! ${retries} < 3 AND ${quality} != 'low'
//! ```
//!
//! `||`/`OR`, `&&`/`AND`, `!`/`NOT`, comparisons, parentheses; operands are variables of the workflow's configuration, numbers, texts
//! in quotes, `true` and `false`. A variable without a value is an empty text. Two operands that are numbers are compared as numbers,
//! others as texts. The text `true`, in any case, is true; everything else is false. Values are never read as conditions.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::vec::IntoIter;

/// How deep parentheses and negations may be nested.
const DEPTH: usize = 64;

/// A condition that has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition(Expression);

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    Text(String),
    Variable(String),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Compare(Box<Expression>, Comparison, Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparison {
    Equal,
    Different,
    Less,
    Greater,
    AtMost,
    AtLeast,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Variable(String),
    Or,
    And,
    Not,
    Open,
    Close,
    Compare(Comparison),
}

impl Condition {
    /// Reads a condition; an error is a sentence about what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = tokens(text)?.into_iter().peekable();
        let expression = alternatives(&mut tokens, 0)?;
        match tokens.next() {
            None => Ok(Self(expression)),
            Some(_) => Err("there is more behind the end of the condition".to_owned()),
        }
    }

    /// Whether it holds, given the values of variables.
    pub fn holds(&self, value: &dyn Fn(&str) -> Option<String>) -> bool {
        is_true(&self.0.value(value))
    }
}

impl Expression {
    fn value(&self, of: &dyn Fn(&str) -> Option<String>) -> String {
        let truth = |truth: bool| if truth { "true" } else { "false" }.to_owned();
        match self {
            Expression::Text(text) => text.clone(),
            Expression::Variable(name) => of(name).unwrap_or_default(),
            Expression::Not(inner) => truth(!is_true(&inner.value(of))),
            Expression::All(parts) => truth(parts.iter().all(|part| is_true(&part.value(of)))),
            Expression::Any(parts) => truth(parts.iter().any(|part| is_true(&part.value(of)))),
            Expression::Compare(left, comparison, right) => {
                truth(comparison.holds(compare(&left.value(of), &right.value(of))))
            }
        }
    }
}

fn is_true(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("true")
}

/// None if one is a number that no other can be compared with.
fn compare(left: &str, right: &str) -> Option<Ordering> {
    match (left.trim().parse::<f64>(), right.trim().parse::<f64>()) {
        (Ok(left), Ok(right)) => left.partial_cmp(&right),
        _ => Some(left.cmp(right)),
    }
}

impl Comparison {
    fn holds(self, ordering: Option<Ordering>) -> bool {
        match (self, ordering) {
            (Comparison::Different, None) => true,
            (_, None) => false,
            (Comparison::Equal, Some(ordering)) => ordering.is_eq(),
            (Comparison::Different, Some(ordering)) => ordering.is_ne(),
            (Comparison::Less, Some(ordering)) => ordering.is_lt(),
            (Comparison::Greater, Some(ordering)) => ordering.is_gt(),
            (Comparison::AtMost, Some(ordering)) => ordering.is_le(),
            (Comparison::AtLeast, Some(ordering)) => ordering.is_ge(),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, behind) = match first {
            '\'' | '"' => {
                let (content, behind) = enclosed(rest, first, first)?;
                (Token::Text(content.to_owned()), behind)
            }
            '$' => {
                let rest = rest.strip_prefix('$').unwrap_or_default();
                if !rest.starts_with('{') {
                    return Err("a variable is written ${name}".to_owned());
                }
                let (name, behind) = enclosed(rest, '{', '}')?;
                (Token::Variable(name.trim().to_owned()), behind)
            }
            first if first.is_alphanumeric() || first == '-' || first == '.' => word(rest)?,
            _ => operator(rest)?,
        };
        tokens.push(token);
        rest = behind.trim_start();
    }
    Ok(tokens)
}

/// What is between the first character and its counterpart, and what is behind.
fn enclosed(text: &str, open: char, close: char) -> Result<(&str, &str), String> {
    text.strip_prefix(open)
        .and_then(|text| text.split_once(close))
        .ok_or_else(|| format!("{text:?} does not end with {close:?}"))
}

fn word(text: &str) -> Result<(Token, &str), String> {
    let end = text
        .find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '-' | '.' | '_')))
        .unwrap_or(text.len());
    let (word, behind) = text.split_at_checked(end).unwrap_or((text, ""));
    let token = match word.to_ascii_lowercase().as_str() {
        "or" => Token::Or,
        "and" => Token::And,
        "not" => Token::Not,
        lower @ ("true" | "false") => Token::Text(lower.to_owned()),
        _ if word.parse::<f64>().is_ok() => Token::Text(word.to_owned()),
        _ => {
            return Err(format!(
                "{word:?} is neither a number nor true or false; texts stand in quotes, variables are written ${{name}}"
            ));
        }
    };
    Ok((token, behind))
}

fn operator(text: &str) -> Result<(Token, &str), String> {
    const OPERATORS: [(&str, Token); 11] = [
        ("||", Token::Or),
        ("&&", Token::And),
        ("==", Token::Compare(Comparison::Equal)),
        ("!=", Token::Compare(Comparison::Different)),
        ("<=", Token::Compare(Comparison::AtMost)),
        (">=", Token::Compare(Comparison::AtLeast)),
        ("<", Token::Compare(Comparison::Less)),
        (">", Token::Compare(Comparison::Greater)),
        ("!", Token::Not),
        ("(", Token::Open),
        (")", Token::Close),
    ];
    OPERATORS
        .into_iter()
        .find_map(|(sign, token)| Some((token, text.strip_prefix(sign)?)))
        .ok_or_else(|| format!("{:?} is no operator", text.chars().take(1).collect::<String>()))
}

type Tokens = Peekable<IntoIter<Token>>;

fn alternatives(tokens: &mut Tokens, depth: usize) -> Result<Expression, String> {
    several(tokens, depth, &Token::Or, conjunction, Expression::Any)
}

fn conjunction(tokens: &mut Tokens, depth: usize) -> Result<Expression, String> {
    several(tokens, depth, &Token::And, not, Expression::All)
}

fn several(
    tokens: &mut Tokens,
    depth: usize,
    separator: &Token,
    part: fn(&mut Tokens, usize) -> Result<Expression, String>,
    together: fn(Vec<Expression>) -> Expression,
) -> Result<Expression, String> {
    let first = part(tokens, depth)?;
    if tokens.peek() != Some(separator) {
        return Ok(first);
    }
    let mut parts = vec![first];
    while tokens.next_if_eq(separator).is_some() {
        parts.push(part(tokens, depth)?);
    }
    Ok(together(parts))
}

fn not(tokens: &mut Tokens, depth: usize) -> Result<Expression, String> {
    if depth > DEPTH {
        return Err("it is nested too deeply".to_owned());
    }
    if tokens.next_if_eq(&Token::Not).is_some() {
        return Ok(Expression::Not(Box::new(not(tokens, depth.saturating_add(1))?)));
    }
    let left = operand(tokens, depth)?;
    match tokens.next_if(|token| matches!(token, Token::Compare(_))) {
        Some(Token::Compare(comparison)) => {
            let right = operand(tokens, depth)?;
            Ok(Expression::Compare(Box::new(left), comparison, Box::new(right)))
        }
        _ => Ok(left),
    }
}

fn operand(tokens: &mut Tokens, depth: usize) -> Result<Expression, String> {
    match tokens.next() {
        Some(Token::Text(text)) => Ok(Expression::Text(text)),
        Some(Token::Variable(name)) => Ok(Expression::Variable(name)),
        Some(Token::Open) => {
            let inner = alternatives(tokens, depth.saturating_add(1))?;
            match tokens.next() {
                Some(Token::Close) => Ok(inner),
                _ => Err("a parenthesis is not closed".to_owned()),
            }
        }
        Some(_) => Err("an operator stands where a value is expected".to_owned()),
        None => Err("a value is missing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn holds(text: &str) -> bool {
        let value = |name: &str| match name {
            "yes" => Some("true".to_owned()),
            "no" => Some("false".to_owned()),
            "name" => Some("Übung".to_owned()),
            "count" => Some("10".to_owned()),
            "evil" => Some("true || true".to_owned()),
            _ => None,
        };
        Condition::parse(text)
            .unwrap_or_else(|error| panic!("{text}: {error}"))
            .holds(&value)
    }

    #[test]
    fn conditions_combine_variables_of_the_configuration() {
        for text in [
            "${yes}",
            "true",
            "'TRUE'",
            "!${no}",
            "NOT ${no} AND ${yes}",
            "${no} || ${yes}",
            "${yes} and not ${no} or ${no}",
            "${yes} && !(${no} || ${missing})",
            "!!${yes}",
            "${ yes }",
        ] {
            assert!(holds(text), "{text}");
        }
        for text in [
            "${no}",
            "${missing}",
            "${name}",
            "1",
            "${yes} && ${no}",
            "!(${yes})",
            "${no} || false",
        ] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn and_binds_more_tightly_than_or() {
        assert!(holds("${yes} || ${yes} && ${no}"));
        assert!(!holds("(${yes} || ${yes}) && ${no}"));
    }

    #[test]
    fn numbers_are_compared_as_numbers_and_texts_as_texts() {
        for text in [
            "${count} > 9",
            "${count} == 10.0",
            "9 < ${count} && ${count} <= 10",
            "${count} >= 10",
            "${name} == 'Übung'",
            "${name} != \"other\"",
            "${missing} == ''",
            "'9' < '10'",
            "'b' > 'a'",
            "-1 < 0",
        ] {
            assert!(holds(text), "{text}");
        }
        assert!(!holds("${count} < 9"));
        assert!(!holds("'x9' < 'x10'"));
    }

    #[test]
    fn a_value_is_never_read_as_a_condition() {
        assert!(!holds("${evil}"));
        assert!(holds("${evil} == 'true || true'"));
    }

    #[test]
    fn what_is_no_condition_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "value is missing"),
            ("${yes", "does not end"),
            ("'yes", "does not end"),
            ("$yes", "${name}"),
            ("yes", "quotes"),
            ("${yes} &&", "missing"),
            ("&& ${yes}", "operator"),
            ("(${yes}", "not closed"),
            ("${yes})", "behind"),
            ("${yes} ${no}", "behind"),
            ("1 < 2 < 3", "behind"),
            ("${yes} & ${no}", "no operator"),
            (&"!".repeat(1000), "nested"),
            (&"(".repeat(1000), "nested"),
        ] {
            let error = Condition::parse(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            if let Ok(condition) = Condition::parse(&text) {
                condition.holds(&|_| None);
            }
        }

        #[test]
        fn any_sequence_of_signs_is_read_or_refused(text in "(true|false|\\$\\{a\\}|&&|\\|\\||!|\\(|\\)|==|<|>=|'x'|1| )*") {
            if let Ok(condition) = Condition::parse(&text) {
                condition.holds(&|name| Some(name.to_owned()));
            }
        }

        #[test]
        fn de_morgan(a in any::<bool>(), b in any::<bool>()) {
            prop_assert_eq!(holds(&format!("!({a} && {b})")), holds(&format!("!{a} || !{b}")));
            prop_assert_eq!(holds(&format!("!({a} || {b})")), holds(&format!("!{a} && !{b}")));
        }
    }
}
