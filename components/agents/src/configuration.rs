//! The configuration of a capture agent: Java properties, which agents send as XML (`properties.dtd`) or as a JSON object.

use std::collections::BTreeMap;

use lectern_handler::json;
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use serde_json::Value;

use crate::listing::Shown;

/// The names of the devices that an agent records from, separated by commas.
pub const DEVICES: &str = "capture.device.names";

/// What the keys that say something about one device begin with; the name follows.
const DEVICE: &str = "capture.device.";

/// Where an agent is: a name of the IANA time zone database.
const TIMEZONE: &str = "capture.device.timezone";

/// How many properties an agent may have.
const LENGTH: usize = 1000;

/// The form in which properties were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    Json,
    Xml,
}

/// Reads properties. The error is a sentence without a full stop.
pub fn parse(text: &str) -> Result<(BTreeMap<String, String>, Written), String> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let (properties, written) = if text.starts_with('{') {
        (parse_json(text)?, Written::Json)
    } else {
        (parse_xml(text)?, Written::Xml)
    };
    if properties.len() > LENGTH {
        return Err(format!("it has more than {LENGTH} properties"));
    }
    Ok((properties, written))
}

fn parse_json(text: &str) -> Result<BTreeMap<String, String>, String> {
    let value = json::parse(text).map_err(|error| error.to_string())?;
    let Value::Object(members) = value else {
        return Err("it must be an object of texts".to_owned());
    };
    let property = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Number(number) => Ok((name, number.to_string())),
        Value::Bool(flag) => Ok((name, flag.to_string())),
        Value::Null => Ok((name, String::new())),
        Value::Array(_) | Value::Object(_) => Err(format!("the value of '{name}' must be a text")),
    };
    members.into_iter().map(property).collect()
}

/// Elements `entry` with an attribute `key`, wherever they are in the document. Of several with the same key the last counts.
fn parse_xml(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut properties = BTreeMap::new();
    let mut depth = 0_usize;
    let mut entry: Option<(String, String)> = None;
    let mut has_root = false;
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(start) => {
                if depth == 0 && (has_root || start.name().as_ref() != "properties") {
                    return Err("it must be a JSON object, or XML with the root element 'properties'".to_owned());
                }
                has_root = true;
                depth += 1;
                if start.name().as_ref() == "entry" && depth == 2 {
                    entry = Some((key(&start)?, String::new()));
                }
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if depth == 1 {
                    properties.extend(entry.take());
                }
            }
            Event::Text(text) => add(&mut entry, &text.xml10_content()),
            Event::CData(text) => add(&mut entry, &text.xml10_content()),
            Event::GeneralRef(reference) => add(&mut entry, &resolve(&reference)?),
            Event::Eof if has_root && depth == 0 => return Ok(properties),
            Event::Eof => return Err("it must be a JSON object, or XML with the root element 'properties'".to_owned()),
            _ => {}
        }
    }
}

fn key(start: &BytesStart<'_>) -> Result<String, String> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.key.as_ref() == "key" {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            return value.map(|value| value.into_owned()).map_err(|error| error.to_string());
        }
    }
    Err("an 'entry' has no 'key'".to_owned())
}

fn add(entry: &mut Option<(String, String)>, text: &str) {
    if let Some((_, value)) = entry {
        value.push_str(text);
    }
}

/// What `&…;` stands for. Entities of a document type definition are not expanded.
fn resolve(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.to_string());
    }
    let name = reference.xml10_content();
    match resolve_predefined_entity(&name) {
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("'&{name};' stands for nothing")),
    }
}

/// Properties as the store keeps them: a JSON object of texts.
pub fn json(properties: &BTreeMap<String, String>) -> String {
    // Texts cannot fail to be JSON.
    serde_json::to_string(properties).unwrap_or_default()
}

/// The configuration of an agent: what it has sent, and what the operator has said of one that has sent nothing.
pub fn of_agent(shown: Shown<'_>) -> BTreeMap<String, String> {
    let mut properties: BTreeMap<String, String> = serde_json::from_str(shown.configuration()).unwrap_or_default();
    if !shown.inputs().is_empty() {
        properties
            .entry(DEVICES.to_owned())
            .or_insert_with(|| shown.inputs().join(","));
    }
    if !shown.timezone().is_empty() {
        properties
            .entry(TIMEZONE.to_owned())
            .or_insert_with(|| shown.timezone().to_owned());
    }
    properties
}

/// What of a configuration is about devices: their names, and the properties of each.
pub fn capabilities(configuration: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let Some(devices) = configuration.get(DEVICES).cloned() else {
        return BTreeMap::new();
    };
    let is_of_device = |name: &str| {
        name.strip_prefix(DEVICE).is_some_and(|rest| {
            devices.split(',').any(|device| {
                rest.strip_prefix(device.trim())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        })
    };
    configuration
        .into_iter()
        .filter(|(name, _)| name == DEVICES || is_of_device(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    const XML: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <!DOCTYPE properties SYSTEM "http://java.sun.com/dtd/properties.dtd">
        <properties version="1.0"><comment>by <b>hand</b></comment>
        <entry key="capture.device.names">camera,screen</entry><entry key="a&amp;b">&lt;x&gt; &#228;<![CDATA[<y>]]></entry>
        <entry key="empty"/><entry key="twice">1</entry><entry key="twice">2</entry></properties>"#;

    #[test]
    fn properties_are_read_from_xml_as_java_writes_it() {
        let (properties, written) = parse(XML).unwrap();
        assert_eq!(written, Written::Xml);
        assert_eq!(
            properties,
            map(&[
                ("capture.device.names", "camera,screen"),
                ("a&b", "<x> ä<y>"),
                ("empty", ""),
                ("twice", "2"),
            ])
        );
    }

    #[test]
    fn properties_are_read_from_json() {
        let (properties, written) = parse(" {\"a\": \"b\", \"number\": 60, \"flag\": true, \"none\": null}").unwrap();
        assert_eq!(written, Written::Json);
        assert_eq!(
            properties,
            map(&[("a", "b"), ("number", "60"), ("flag", "true"), ("none", "")])
        );
    }

    #[test]
    fn everything_else_is_refused_with_a_reason() {
        for text in [
            "",
            "a=b",
            "{\"a\"",
            "{\"a\": [1]}",
            "<entry key=\"a\">b</entry>",
            "<properties><entry>b</entry></properties>",
            "<properties><entry key=\"a\">b</properties>",
            "<properties><entry key=\"a\">&boom;</entry></properties>",
            "<properties/><properties/>",
            "<properties>",
        ] {
            assert!(!parse(text).unwrap_err().is_empty(), "{text}");
        }
        let many: String = (0..=LENGTH)
            .map(|number| format!("<entry key=\"{number}\"/>"))
            .collect();
        assert!(
            parse(&format!("<properties>{many}</properties>"))
                .unwrap_err()
                .contains("1000")
        );
    }

    #[test]
    fn capabilities_are_what_is_said_of_the_devices_that_are_named() {
        let configuration = map(&[
            ("capture.device.names", "camera, screen"),
            ("capture.device.camera.flavor", "presenter/source"),
            ("capture.device.screen", "1"),
            ("capture.device.cameras.flavor", "no"),
            ("capture.device.timezone", "UTC"),
            ("a", "b"),
        ]);
        let expected = map(&[
            ("capture.device.names", "camera, screen"),
            ("capture.device.camera.flavor", "presenter/source"),
            ("capture.device.screen", "1"),
        ]);
        assert_eq!(capabilities(configuration), expected);
        assert!(capabilities(map(&[("a", "b")])).is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn what_looks_like_properties_is_read_or_refused(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "<properties>", "</properties>", "<entry key=\"a\">", "<entry", "key=\"", "\">", "</entry>", "<!DOCTYPE x [",
                "<!ENTITY a \"&a;\">", "]>", "&a;", "&#0;", "&#x110000;", "&amp;", "<![CDATA[", "]]>", "<!--", "-->", "text", "\u{0}",
            ]), 0..12)
        ) {
            let _ = parse(&parts.concat());
        }

        #[test]
        fn what_is_sent_as_json_is_stored_as_it_is(names in proptest::collection::btree_map(".*", ".*", 0..5)) {
            let (properties, _) = parse(&json(&names)).unwrap();
            prop_assert_eq!(properties, names);
        }
    }
}
