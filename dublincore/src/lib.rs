//! Metadata as Dublin Core in XML: the catalogs `dublincore/episode` and `dublincore/series`, in the form that Opencast gives them.
//!
//! Does not belong here: where the metadata come from.

use std::fmt::Write;

/// The content of a field, by the names of docs/fields.md.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// A text.
    Text(&'a str),
    /// Several texts.
    Texts(&'a [String]),
    /// A number; points in time and durations are milliseconds.
    Number(i64),
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <dublincore xmlns=\"http://www.opencastproject.org/xsd/1.0/dublincore/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n";

/// Elements of an event and the fields they hold.
const EPISODE: &[(&str, &str)] = &[
    ("identifier", "identifier"),
    ("title", "title"),
    ("creator", "presenter"),
    ("contributor", "contributor"),
    ("subject", "subject"),
    ("description", "description"),
    ("language", "language"),
    ("rightsHolder", "rightsholder"),
    ("license", "license"),
    ("isPartOf", "is_part_of"),
    ("spatial", "location"),
    ("source", "source"),
    ("publisher", "publisher"),
    ("created", "created"),
];

/// Elements of a series and the fields they hold.
const SERIES: &[(&str, &str)] = &[
    ("identifier", "identifier"),
    ("title", "title"),
    ("creator", "organizer"),
    ("contributor", "contributor"),
    ("publisher", "publisher"),
    ("subject", "subject"),
    ("description", "description"),
    ("language", "language"),
    ("rightsHolder", "rightsholder"),
    ("license", "license"),
    ("created", "created"),
];

/// The catalog of an event. `content` gives what is in a field of it.
pub fn episode<'a>(content: impl Fn(&str) -> Option<Content<'a>>) -> String {
    let mut xml = HEAD.to_owned();
    write_fields(&mut xml, EPISODE, &content);
    let number = |field: &str| match content(field) {
        Some(Content::Number(number)) => Some(number),
        _ => None,
    };
    if let Some(start) = number("start") {
        let length = number("duration").unwrap_or_default().max(0);
        let end = start.saturating_add(length);
        let period = format!("start={}; end={}; scheme=W3C-DTF;", moment(start), moment(end));
        element(&mut xml, "temporal", " xsi:type=\"dcterms:Period\"", &period);
        let extent = format!("PT{}.{:03}S", length / 1000, length % 1000);
        element(&mut xml, "extent", " xsi:type=\"dcterms:ISO8601\"", &extent);
    }
    xml + "</dublincore>\n"
}

/// The catalog of a series. `content` gives what is in a field of it.
pub fn series<'a>(content: impl Fn(&str) -> Option<Content<'a>>) -> String {
    let mut xml = HEAD.to_owned();
    write_fields(&mut xml, SERIES, &content);
    xml + "</dublincore>\n"
}

fn write_fields<'a>(xml: &mut String, names: &[(&str, &str)], content: &impl Fn(&str) -> Option<Content<'a>>) {
    for (name, field) in names {
        match content(field) {
            Some(Content::Text(text)) => element(xml, name, "", text),
            Some(Content::Texts(texts)) => texts.iter().for_each(|text| element(xml, name, "", text)),
            Some(Content::Number(number)) => element(xml, name, " xsi:type=\"dcterms:W3CDTF\"", &moment(number)),
            None => {}
        }
    }
}

fn element(xml: &mut String, name: &str, attributes: &str, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(xml, "  <dcterms:{name}{attributes}>{}</dcterms:{name}>", escaped(text));
}

/// Text as it stands inside of an XML element.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Otherwise taken for a line feed.
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(letter),
            // No XML document can hold these.
            '\u{fffe}' | '\u{ffff}' | '\0'..='\u{1f}' => escaped.push('\u{fffd}'),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// A point in time in milliseconds as `2016-06-22T13:30:00Z`.
fn moment(milliseconds: i64) -> String {
    chrono::DateTime::from_timestamp_millis(milliseconds)
        .map(|moment| moment.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    fn content(field: &str) -> Option<Content<'static>> {
        static PRESENTERS: LazyLock<Vec<String>> = LazyLock::new(|| vec!["Ada".to_owned(), "José".to_owned()]);
        match field {
            "title" => Some(Content::Text("Über <Rust> & Co.\r\n")),
            "presenter" => Some(Content::Texts(&PRESENTERS)),
            "start" => Some(Content::Number(1_466_602_200_000)),
            "duration" => Some(Content::Number(61_500)),
            "created" => Some(Content::Number(951_782_400_000)),
            _ => None,
        }
    }

    #[test]
    fn a_catalog_holds_what_the_event_has_and_nothing_else() {
        let xml = episode(content);
        for line in [
            "<dcterms:title>Über &lt;Rust&gt; &amp; Co.&#13;\n</dcterms:title>",
            "<dcterms:creator>Ada</dcterms:creator>",
            "<dcterms:creator>José</dcterms:creator>",
            "<dcterms:created xsi:type=\"dcterms:W3CDTF\">2000-02-29T00:00:00Z</dcterms:created>",
            "<dcterms:temporal xsi:type=\"dcterms:Period\">start=2016-06-22T13:30:00Z; end=2016-06-22T13:31:01Z; scheme=W3C-DTF;</dcterms:temporal>",
            "<dcterms:extent xsi:type=\"dcterms:ISO8601\">PT61.500S</dcterms:extent>",
        ] {
            assert!(xml.contains(line), "{line} is missing in {xml}");
        }
        assert!(!xml.contains("license") && !xml.contains("description"));
    }

    #[test]
    fn what_no_document_can_hold_does_not_spoil_it() {
        assert_eq!(escaped("a\u{1}b\u{ffff}c\td"), "a\u{fffd}b\u{fffd}c\td");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00Z"),
            (4_102_444_799_999, "2099-12-31T23:59:59Z"),
            (-2_203_977_600_000, "1900-02-28T00:00:00Z"),
        ] {
            assert_eq!(moment(milliseconds), text);
        }
    }
}
