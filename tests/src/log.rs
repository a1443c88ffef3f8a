//! Lines of the server's log: their members, whether they are written as text or as JSON.

use std::collections::BTreeMap;

use serde_json::Value;

/// A line of the access log.
#[derive(Debug)]
pub struct Line {
    text: String,
    members: BTreeMap<String, String>,
}

impl Line {
    /// The line of the request that is called this, of which there must be one.
    #[track_caller]
    pub fn of(log: &str, request: &str) -> Self {
        let mut lines = Self::all(log);
        lines.retain(|line| line.member("request") == request);
        assert_eq!(lines.len(), 1, "lines of {request} in {log}");
        lines.remove(0)
    }

    /// All lines of requests.
    pub fn all(log: &str) -> Vec<Self> {
        log.lines().filter_map(Self::parse).collect()
    }

    /// What a member says, without quotes and escapes.
    #[track_caller]
    pub fn member(&self, name: &str) -> &str {
        let member = self.members.get(name);
        member.unwrap_or_else(|| panic!("no {name:?} in {}", self.text))
    }

    /// A member that is a number.
    #[track_caller]
    pub fn number(&self, name: &str) -> u64 {
        let member = self.member(name);
        member
            .parse()
            .unwrap_or_else(|_| panic!("{name:?} must be a number in {}", self.text))
    }

    fn parse(text: &str) -> Option<Self> {
        let members = match text.strip_prefix('{') {
            Some(_) => json(text),
            None => plain(text.split_once(" lectern::access: ")?.1),
        };
        members.contains_key("client").then(|| Self {
            text: text.to_owned(),
            members,
        })
    }
}

fn json(text: &str) -> BTreeMap<String, String> {
    let object: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let members = object.as_object().expect("an object").iter();
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    members.map(|(name, value)| (name.clone(), plain(value))).collect()
}

fn plain(mut rest: &str) -> BTreeMap<String, String> {
    let mut members = BTreeMap::new();
    while let Some((name, value)) = rest.split_once('=') {
        let (value, behind) = match value.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (value, behind) = value.split_once(' ').unwrap_or((value, ""));
                (value.to_owned(), behind)
            }
        };
        assert!(members.insert(name.to_owned(), value).is_none(), "{name} twice");
        rest = behind.trim_start();
    }
    members
}

fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &text[at + 1..]),
            '\\' => match letters.next().expect("something escaped").1 {
                'n' => value.push('\n'),
                'u' => {
                    let code: String = letters
                        .by_ref()
                        .skip(1)
                        .map(|(_, l)| l)
                        .take_while(|l| *l != '}')
                        .collect();
                    let code = u32::from_str_radix(&code, 16).expect("a number");
                    value.push(char::from_u32(code).expect("a character"));
                }
                letter => value.push(letter),
            },
            letter => value.push(letter),
        }
    }
    panic!("no end of {text}")
}
