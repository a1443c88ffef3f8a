//! XML as a tree that remembers its lines, so that an error can say where.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Deeper nesting than any schedule has; a tree is dropped recursively, so it must not get arbitrarily deep.
const DEPTH: usize = 32;

/// An element with its text and children; namespaces are not looked at.
#[derive(Debug, Default)]
pub struct Element {
    /// The line on which it starts, counted from 1.
    pub line: usize,
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

/// Why a text is not XML.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Malformed {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

impl Element {
    /// Reads a document and returns its root.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut lines = Lines::new(text);
        let mut open: Vec<Element> = Vec::new();
        loop {
            let position = reader.buffer_position();
            let event = reader
                .read_event()
                .map_err(|error| lines.malformed(reader.error_position(), error))?;
            let failed = |reason: String, lines: &mut Lines| lines.malformed(position, reason);
            match event {
                Event::Start(_) if open.len() == DEPTH => {
                    return Err(failed("elements are nested too deeply".to_owned(), &mut lines));
                }
                Event::Start(start) => {
                    // Behind the white space that precedes the tag: where the eye finds it.
                    let line = lines.at(position);
                    open.push(Self::open(&start, line).map_err(|reason| failed(reason, &mut lines))?);
                }
                Event::End(_) => {
                    let Some(element) = open.pop() else { continue };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Ok(element),
                    }
                }
                Event::Text(text) => add_text(&mut open, &text.xml10_content()),
                Event::CData(text) => add_text(&mut open, &text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let text = resolve(&reference).map_err(|reason| failed(reason, &mut lines))?;
                    add_text(&mut open, &text);
                }
                Event::Eof if open.is_empty() => {
                    return Err(failed("there is no XML element".to_owned(), &mut lines));
                }
                Event::Eof => {
                    let name = open.last().map(|element| element.name.as_str()).unwrap_or_default();
                    return Err(failed(format!("the file ends inside <{name}>"), &mut lines));
                }
                _ => {}
            }
        }
    }

    fn open(start: &BytesStart<'_>, line: usize) -> Result<Self, String> {
        let mut element = Self {
            line,
            name: start.name().as_ref().to_owned(),
            ..Self::default()
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| error.to_string())?;
            element
                .attributes
                .push((attribute.key.as_ref().to_owned(), value.into_owned()));
        }
        Ok(element)
    }

    /// The element's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An attribute without the white space around it; empty if it is absent.
    pub fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.trim()).unwrap_or_default()
    }

    /// The element's own text without the white space around it.
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    /// The children of a name, in order.
    pub fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of a name; empty if it is absent.
    pub fn child_text(&self, name: &str) -> &str {
        self.child(name).map(Self::text).unwrap_or_default()
    }
}

fn add_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// What `&…;` stands for. Entities of a document type definition are not expanded: a schedule has none, and a bomb would.
fn resolve(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.to_string());
    }
    let name = reference.xml10_content();
    match resolve_predefined_entity(&name) {
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("&{name}; is not defined")),
    }
}

/// Counts lines on the way through a text.
struct Lines<'a> {
    text: &'a str,
    position: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            position: 0,
            line: 1,
        }
    }

    /// The line of a position; positions come in ascending order.
    fn at(&mut self, position: u64) -> usize {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.as_bytes().get(self.position..position).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.position = self.position.max(position);
        self.line
    }

    fn malformed(&mut self, position: u64, reason: impl ToString) -> Malformed {
        Malformed {
            line: self.at(position),
            reason: reason.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_attributes_and_children_are_kept() {
        let root =
            Element::parse("<a x=' 1 &amp; 2 '><b>one</b><c/><b>t&#119;o &lt;<![CDATA[&]]></b> tail</a>").unwrap();
        assert_eq!((root.name(), root.attribute("x"), root.text()), ("a", "1 & 2", "tail"));
        assert_eq!(
            root.children("b").map(Element::text).collect::<Vec<_>>(),
            ["one", "two <&"]
        );
        assert_eq!(root.child_text("c"), "");
        assert_eq!(root.child_text("d"), "");
        assert_eq!(root.attribute("y"), "");
    }

    #[test]
    fn elements_know_their_lines() {
        let root = Element::parse("<?xml version='1.0'?>\n<a>\n  <b/>\n\n  <b\n    x='1'/>\n</a>").unwrap();
        assert_eq!(root.line, 2);
        assert_eq!(root.children("b").map(|b| b.line).collect::<Vec<_>>(), [3, 5]);
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line, part) in [
            ("", 1, "no XML element"),
            ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", 3, "no XML element"),
            ("<a>\n<b>\n</a>", 3, "</a>"),
            ("<a>\n<b>", 2, "inside <b>"),
            ("<a>\n\n&nbsp;</a>", 3, "&nbsp;"),
            ("<a>\n<b x=1/></a>", 2, ""),
            ("<a>\n<b", 2, ""),
        ] {
            let error = Element::parse(text).unwrap_err();
            assert_eq!(error.line, line, "{text:?}: {error}");
            assert!(error.reason.contains(part), "{text:?}: {error}");
        }
    }

    #[test]
    fn neither_depth_nor_entities_are_a_way_to_break_the_program() {
        let deep = "<a>".repeat(100_000);
        assert!(Element::parse(&deep).unwrap_err().reason.contains("deep"));
        let bomb = "<!DOCTYPE a [<!ENTITY x 'xxxxxxxxxx'><!ENTITY y '&x;&x;&x;'>]><a>&y;</a>";
        assert!(Element::parse(bomb).unwrap_err().reason.contains("&y;"));
    }
}
