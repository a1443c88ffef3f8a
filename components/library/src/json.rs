//! JSON as clients really send it.
//!
//! Upstream reads with json-simple, and clients have come to depend on it: commas and colons are optional and may be
//! repeated, strings may contain raw line breaks and tabs, numbers may start with zeros, a backslash before an ordinary
//! character stands for itself. Everything that is JSON is read as JSON. Single quotes, comments, bare words and text
//! behind the value are errors, as they are upstream.

use std::fmt;
use std::iter::Peekable;
use std::str::CharIndices;

use serde_json::{Map, Number, Value};

/// How deep arrays and objects may be nested: as deep as serde_json allows.
const DEPTH: usize = 127;

/// How many values a text may hold: 25,000 entries of an access list. An object of one member takes seven bytes of text
/// and hundreds of memory, so the size of the text alone is no limit.
const VALUES: usize = 100_000;

/// Where and why a text is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {}, column {}", self.message, self.line, self.column)
    }
}

/// Reads a value. Of several members with the same name the last counts.
pub fn parse(text: &str) -> Result<Value, Malformed> {
    let mut reader = Reader {
        text,
        rest: text.char_indices().peekable(),
        values: 0,
    };
    let value = reader.document();
    value.map_err(|fault| fault.locate(text))
}

/// A fault at a byte position.
struct Fault {
    at: usize,
    message: String,
}

impl Fault {
    fn locate(self, text: &str) -> Malformed {
        let before = text.get(..self.at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Malformed {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            message: self.message,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
    values: usize,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Value, Fault> {
        let value = self.value(0)?;
        self.skip(&[]);
        match self.rest.peek() {
            None => Ok(value),
            Some(_) => Err(self.fault("there is text behind the value")),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        self.skip(&[]);
        self.values += 1;
        match self.rest.peek().copied() {
            _ if self.values > VALUES => Err(self.fault("there are too many values")),
            Some((_, '{' | '[')) if depth >= DEPTH => Err(self.fault("the nesting is too deep")),
            Some((_, '{')) => self.object(depth),
            Some((_, '[')) => self.array(depth),
            Some((_, '"')) => self.string().map(Value::String),
            Some((_, '-' | '0'..='9')) => self.number().map(Value::Number),
            Some((_, 'a'..='z' | 'A'..='Z')) => self.word(),
            Some((_, character)) => Err(self.fault(format!("'{character}' does not start a value"))),
            None => Err(self.fault("the text ends where a value should be")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Fault> {
        self.rest.next();
        let mut members = Map::new();
        loop {
            self.skip(&[',']);
            match self.rest.peek() {
                Some((_, '}')) => {
                    self.rest.next();
                    return Ok(Value::Object(members));
                }
                Some((_, '"')) => {
                    let name = self.string()?;
                    self.skip(&[':']);
                    let value = self.value(depth + 1)?;
                    members.insert(name, value);
                }
                Some(_) => return Err(self.fault("a member's name in double quotes, or '}', should be here")),
                None => return Err(self.fault("the text ends within an object")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Fault> {
        self.rest.next();
        let mut elements = Vec::new();
        loop {
            self.skip(&[',']);
            match self.rest.peek() {
                Some((_, ']')) => {
                    self.rest.next();
                    return Ok(Value::Array(elements));
                }
                Some(_) => elements.push(self.value(depth + 1)?),
                None => return Err(self.fault("the text ends within an array")),
            }
        }
    }

    fn string(&mut self) -> Result<String, Fault> {
        self.rest.next();
        let mut string = String::new();
        while let Some((_, character)) = self.rest.next() {
            match character {
                '"' => return Ok(string),
                '\\' => string.push(self.escaped()?),
                _ => string.push(character),
            }
        }
        Err(self.fault("the text ends within a string"))
    }

    /// The character that an escape stands for; reads it unless it stands for the backslash alone.
    fn escaped(&mut self) -> Result<char, Fault> {
        let character = match self.rest.peek() {
            Some((_, quoted @ ('"' | '\\' | '/'))) => *quoted,
            Some((_, 'b')) => '\u{8}',
            Some((_, 'f')) => '\u{c}',
            Some((_, 'n')) => '\n',
            Some((_, 'r')) => '\r',
            Some((_, 't')) => '\t',
            Some((_, 'u')) => return self.unicode(),
            _ => return Ok('\\'),
        };
        self.rest.next();
        Ok(character)
    }

    /// The rest of `\u0041` or of a surrogate pair, `\ud83d\ude00`.
    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.code_unit()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.fault("half of a surrogate pair stands alone"));
        }
        if self.rest.next_if(|(_, character)| *character == '\\').is_none() {
            return Err(self.fault("half of a surrogate pair stands alone"));
        }
        let second = self.code_unit()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(self.fault("half of a surrogate pair stands alone"));
        }
        let code_point = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        char::from_u32(code_point).ok_or_else(|| self.fault("this is not a character"))
    }

    /// The `u0041` of an escape.
    fn code_unit(&mut self) -> Result<u32, Fault> {
        let mut unit = 0;
        if self.rest.next_if(|(_, character)| *character == 'u').is_none() {
            return Err(self.fault("'\\u' should be here"));
        }
        for _ in 0..4 {
            let digit = self.rest.peek().and_then(|(_, character)| character.to_digit(16));
            unit = unit * 16 + digit.ok_or_else(|| self.fault("a hexadecimal digit should be here"))?;
            self.rest.next();
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<Number, Fault> {
        let start = self.position();
        let mut plain = String::new();
        plain.extend(
            self.rest
                .next_if(|(_, character)| *character == '-')
                .map(|(_, minus)| minus),
        );
        let digits = self.digits();
        if digits.is_empty() {
            return Err(self.fault("a digit should be here"));
        }
        let significant = digits.trim_start_matches('0');
        plain.push_str(if significant.is_empty() { "0" } else { significant });
        if let Some((_, point)) = self.rest.next_if(|(_, character)| *character == '.') {
            plain.push(point);
            plain.push_str(&self.digits());
        }
        if let Some((_, exponent)) = self.rest.next_if(|(_, character)| matches!(character, 'e' | 'E')) {
            plain.push(exponent);
            plain.extend(
                self.rest
                    .next_if(|(_, sign)| matches!(sign, '+' | '-'))
                    .map(|(_, sign)| sign),
            );
            plain.push_str(&self.digits());
        }
        serde_json::from_str(&plain).map_err(|_| Fault {
            at: start,
            message: "this is not a number".to_owned(),
        })
    }

    fn digits(&mut self) -> String {
        let mut digits = String::new();
        while let Some((_, digit)) = self.rest.next_if(|(_, character)| character.is_ascii_digit()) {
            digits.push(digit);
        }
        digits
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let start = self.position();
        while self
            .rest
            .next_if(|(_, character)| character.is_ascii_alphanumeric())
            .is_some()
        {}
        match self.text.get(start..self.position()).unwrap_or_default() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            word => Err(Fault {
                at: start,
                message: format!("'{word}' must be in double quotes"),
            }),
        }
    }

    /// Skips white space and these characters.
    fn skip(&mut self, punctuation: &[char]) {
        let skipped =
            |character: &char| matches!(character, ' ' | '\t' | '\r' | '\n') || punctuation.contains(character);
        while self.rest.next_if(|(_, character)| skipped(character)).is_some() {}
    }

    fn position(&mut self) -> usize {
        self.rest.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn fault(&mut self, message: impl Into<String>) -> Fault {
        Fault {
            at: self.position(),
            message: message.into(),
        }
    }
}

#[cfg(test)]
mod tests;
