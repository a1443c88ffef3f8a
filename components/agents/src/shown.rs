//! Answers in the two forms that Opencast has outside of its External API: XML, and the JSON that it makes of the same.

use std::collections::BTreeMap;
use std::fmt::Write;

use lectern_dublincore::escaped;
use lectern_handler::Response;
use serde_json::{Map, Value, json};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Xml,
}

impl Format {
    /// The form that the end of a path asks for, and what precedes it.
    pub fn of(segment: &str) -> Option<(&str, Format)> {
        let json = segment.strip_suffix(".json").map(|name| (name, Format::Json));
        json.or_else(|| segment.strip_suffix(".xml").map(|name| (name, Format::Xml)))
    }
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Text(String),
    Number(i64),
    /// Elements of the same name.
    List(Vec<Node>),
    /// Elements by name, in order.
    Object(Vec<(&'static str, Node)>),
}

impl Node {
    pub fn text(text: &str) -> Node {
        Node::Text(text.to_owned())
    }

    pub fn object<const N: usize>(members: [(&'static str, Node); N]) -> Node {
        Node::Object(members.into())
    }

    /// How long ago something was, in milliseconds; since 1970 if it never was, as Opencast counts it.
    pub fn since(now: i64, then: Option<i64>) -> Node {
        Node::Number(now.saturating_sub(then.unwrap_or_default()))
    }

    /// Properties as a list of keys and values.
    pub fn items(properties: &BTreeMap<String, String>) -> Node {
        let item =
            |(key, value): (&String, &String)| Node::object([("key", Node::text(key)), ("value", Node::text(value))]);
        Node::object([("item", Node::List(properties.iter().map(item).collect()))])
    }

    /// The same as an answer of its own.
    pub fn of_properties(properties: &BTreeMap<String, String>) -> Node {
        Node::object([("properties", Node::items(properties))])
    }

    fn json(&self) -> Value {
        match self {
            Node::Text(text) => Value::from(text.as_str()),
            Node::Number(number) => Value::from(*number),
            Node::List(nodes) => nodes.iter().map(Node::json).collect(),
            Node::Object(members) => {
                let members = members.iter().map(|(name, node)| ((*name).to_owned(), node.json()));
                Value::Object(members.collect::<Map<String, Value>>())
            }
        }
    }

    fn write_xml(&self, name: &str, xml: &mut String) {
        // Writing to a String cannot fail.
        let _ = match self {
            Node::Text(text) => write!(xml, "<{name}>{}</{name}>", escaped(text)),
            Node::Number(number) => write!(xml, "<{name}>{number}</{name}>"),
            Node::List(nodes) => {
                nodes.iter().for_each(|node| node.write_xml(name, xml));
                Ok(())
            }
            Node::Object(members) => {
                let _ = write!(xml, "<{name}>");
                members.iter().for_each(|(name, node)| node.write_xml(name, xml));
                write!(xml, "</{name}>")
            }
        };
    }
}

/// 200 with a root of this name.
pub fn answer(format: Format, root: &str, node: &Node) -> Response {
    match format {
        Format::Json => Response::json_as(200, "application/json", &json!({ root: node.json() })),
        Format::Xml => {
            let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n".to_owned();
            node.write_xml(root, &mut xml);
            let opened = xml.replacen(
                &format!("<{root}>"),
                &format!("<{root} xmlns=\"{}\">", namespace(root)),
                1,
            );
            Response::new(200).with_body("text/xml;charset=utf-8", opened.into_bytes())
        }
    }
}

fn namespace(root: &str) -> &'static str {
    match root {
        "properties-response" => "http://common.opencastproject.org",
        _ => "http://capture.admin.opencastproject.org",
    }
}
