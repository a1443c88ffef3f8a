//! YAML as far as definitions use it: texts, lists and mappings, each with its line.
//!
//! What a text means (`true`, `3`) is for whoever asked for it to say. Documents that only a program writes are refused: aliases, and
//! more levels than anybody can read.

use crate::Fault;
use saphyr_parser::{Event, Parser, ScalarStyle};

/// How deep lists and mappings may be nested.
const DEPTH: usize = 16;

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Counted from 1.
    pub line: u64,
    pub data: Data,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Nothing, as behind a colon without a value.
    Nothing,
    Text(String),
    List(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

/// A list or mapping that is being read.
enum Open {
    List(Vec<Node>),
    /// And the key that waits for its value.
    Mapping(Vec<(Node, Node)>, Option<Node>),
}

/// Reads one document.
pub fn parse(text: &str) -> Result<Node, Fault> {
    let mut open: Vec<(u64, Open)> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Fault {
            line: error.marker().line() as u64,
            message: error.info().to_owned(),
        })?;
        let line = span.start.line() as u64;
        let fault = |message: &str| Fault {
            line,
            message: message.to_owned(),
        };
        let complete = match event {
            Event::Scalar(text, style, ..) => Node {
                line,
                data: scalar(&text, style),
            },
            Event::SequenceStart(..) => {
                open.push((line, Open::List(Vec::new())));
                continue;
            }
            Event::MappingStart(..) => {
                open.push((line, Open::Mapping(Vec::new(), None)));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some((line, Open::List(list))) => Node {
                    line,
                    data: Data::List(list),
                },
                Some((line, Open::Mapping(entries, _))) => Node {
                    line,
                    data: Data::Mapping(entries),
                },
                None => return Err(fault("a list or mapping ends that has not begun")),
            },
            Event::Alias(_) => return Err(fault("aliases (`*name`) are not supported: write the value out")),
            _ => continue,
        };
        if open.len() > DEPTH {
            return Err(fault("it is nested too deeply"));
        }
        match open.last_mut() {
            Some((_, Open::List(list))) => list.push(complete),
            Some((_, Open::Mapping(entries, key))) => match key.take() {
                None => *key = Some(complete),
                Some(name) => entries.push((name, complete)),
            },
            None if root.is_some() => return Err(fault("a file holds one definition")),
            None => root = Some(complete),
        }
    }
    root.ok_or_else(|| Fault {
        line: 1,
        message: "the file is empty".to_owned(),
    })
}

fn scalar(text: &str, style: ScalarStyle) -> Data {
    match text {
        "" | "~" | "null" if style == ScalarStyle::Plain => Data::Nothing,
        text => Data::Text(text.to_owned()),
    }
}

impl Node {
    /// A fault in this place.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault {
            line: self.line,
            message: message.into(),
        }
    }

    /// The text, or a fault that names what it is for. Nothing is an empty text.
    pub fn text(&self, name: &str) -> Result<&str, Fault> {
        match &self.data {
            Data::Nothing => Ok(""),
            Data::Text(text) => Ok(text),
            _ => Err(self.fault(format!("'{name}' is a text"))),
        }
    }

    /// The items of a list; none of nothing.
    pub fn list(&self, name: &str) -> Result<&[Node], Fault> {
        match &self.data {
            Data::Nothing => Ok(&[]),
            Data::List(list) => Ok(list),
            _ => Err(self.fault(format!("'{name}' is a list"))),
        }
    }

    /// The entries of a mapping with their names, none of them twice; none of nothing.
    pub fn entries(&self, name: &str) -> Result<Vec<(&str, &Node)>, Fault> {
        let entries = match &self.data {
            Data::Nothing => &[],
            Data::Mapping(entries) => entries.as_slice(),
            _ => return Err(self.fault(format!("'{name}' is a mapping of names to values"))),
        };
        let mut named: Vec<(&str, &Node)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key_name = key.text(name)?;
            if named.iter().any(|(known, _)| *known == key_name) {
                return Err(key.fault(format!("'{key_name}' stands there twice")));
            }
            named.push((key_name, value));
        }
        Ok(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_know_their_lines() {
        let root = parse("a: 1.10\nb:\n  - yes\n  - 'no'\nc: ~\n").unwrap();
        let entries = root.entries("root").unwrap();
        let [(_, a), (_, b), (_, c)] = entries.as_slice() else {
            panic!("{entries:?}")
        };
        assert_eq!((a.text("a").unwrap(), a.line), ("1.10", 1));
        let items: Vec<(&str, u64)> = b
            .list("b")
            .unwrap()
            .iter()
            .map(|item| (item.text("b").unwrap(), item.line))
            .collect();
        assert_eq!(items, [("yes", 3), ("no", 4)]);
        assert_eq!(c.data, Data::Nothing);
    }

    #[test]
    fn what_no_person_writes_is_refused() {
        for (text, reason) in [
            ("", "empty"),
            ("a: &x 1\nb: *x\n", "aliases"),
            ("a: 1\n---\nb: 2\n", "one definition"),
            (&format!("{}{}", "[".repeat(40), "]".repeat(40)), "deeply"),
        ] {
            let fault = parse(text).unwrap_err();
            assert!(fault.message.contains(reason), "{text}: {fault}");
        }
        assert_eq!(parse("a: 1\na: 2\n").unwrap().entries("root").unwrap_err().line, 2);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_structure_is_read_or_refused(text in "(\\[|\\]|\\{|\\}|- |a: |\n|  |\\||>|'|\"|&a |\\*a|#|!!|,){0,60}") {
            let _ = parse(&text);
        }
    }
}
