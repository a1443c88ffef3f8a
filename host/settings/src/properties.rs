//! Java properties files: what the configuration of Opencast is written in, so that its operators can bring theirs.
//!
//! Does not belong here: what the properties mean.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use encoding_rs::UTF_8;
use java_properties::{LineContent, PropertiesIter};

/// How long a file may be, in bytes.
const LENGTH: u64 = 1 << 20;

/// The properties of a file, in the order in which they stand there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Properties(Vec<Property>);

/// A property.
#[derive(Debug, PartialEq, Eq)]
pub struct Property {
    pub name: String,
    /// Without white space around it.
    pub value: String,
    /// The line in which it begins, counted from 1.
    pub line: usize,
}

impl Properties {
    /// Reads a file. The error says what is wrong and in which line, but not in which file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| error.to_string())?;
        let length = file.take(LENGTH + 1).read_to_end(&mut bytes);
        if length.map_err(|error| error.to_string())? as u64 > LENGTH {
            return Err("it has more than 1 MiB".to_owned());
        }
        Self::parse(&bytes)
    }

    /// Reads text in UTF-8, or in ISO 8859-1 if it cannot be UTF-8: Java has written both in the course of time. Of several properties
    /// of the same name the last counts; white space around values does not.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(_) => bytes.iter().copied().map(char::from).collect(),
        };
        let mut properties: Vec<Property> = Vec::new();
        for line in PropertiesIter::new_with_encoding(text.as_bytes(), UTF_8) {
            let line = line.map_err(|error| match error.line_number() {
                Some(number) => format!("line {number}: malformed, is there a `\\u` without four hexadecimal digits?"),
                None => error.to_string(),
            })?;
            let number = line.line_number();
            if let LineContent::KVPair(name, value) = line.consume_content() {
                properties.retain(|known| known.name != name);
                properties.push(Property {
                    name,
                    value: value.trim().to_owned(),
                    line: number,
                });
            }
        }
        Ok(Self(properties))
    }

    /// The value of a property; none if it is missing or blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names and values, without those that are blank.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let filled = self.0.iter().filter(|property| !property.value.is_empty());
        filled.map(|property| (property.name.as_str(), property.value.as_str()))
    }

    /// All properties, blank ones too.
    pub fn all(&self) -> impl Iterator<Item = &Property> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8]) -> Vec<(String, String)> {
        let properties = Properties::parse(bytes).unwrap();
        properties
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_liberties_of_the_format_are_understood() {
        let text = b"# a comment\n! another\n\ntype=events\r\n title : A long \\\n    title \nkey.with\\ blank=a\\tb\nempty=\nlone\n";
        assert_eq!(
            parsed(text),
            pairs(&[
                ("type", "events"),
                ("title", "A long title"),
                ("key.with blank", "a\tb")
            ])
        );
    }

    #[test]
    fn text_may_be_utf8_latin_1_or_escaped() {
        for text in [
            "title=Übung".as_bytes(),
            "\u{feff}title=Übung".as_bytes(),
            b"title=\xDCbung",
            b"title=\\u00dcbung",
        ] {
            assert_eq!(parsed(text), pairs(&[("title", "Übung")]));
        }
    }

    #[test]
    fn of_several_properties_of_a_name_the_last_counts() {
        let properties = Properties::parse(b"a=1\nb=2\na=3").unwrap();
        assert_eq!(properties.get("a"), Some("3"));
        assert_eq!(properties.get("c"), None);
    }

    #[test]
    fn a_property_knows_the_line_in_which_it_begins() {
        let properties = Properties::parse(b"# a\na=1\\\n  2\n\nb=\n").unwrap();
        let lines: Vec<_> = properties
            .all()
            .map(|property| (property.name.as_str(), property.line))
            .collect();
        assert_eq!(lines, [("a", 2), ("b", 5)]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let error = Properties::parse(b"a=1\nb=\\u12").unwrap_err();
        assert!(error.contains("line 2"), "{error}");
    }
}
