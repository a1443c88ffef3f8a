//! Media packages: the tracks of an event and what is published of them, as the columns `media` and `publications` hold them and as
//! handlers read them (docs/fields.md).
//!
//! Does not belong here: the files themselves, what is in them (`lectern-media`), addresses (the handler components).

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::check;
use crate::sql::{Sql, SqlError};

mod shown;

pub use shown::show_all;
pub(crate) use shown::{Shown, differences};

/// What must not stand in a segment of a path as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How long the name of a file may be, in bytes: what file systems and browsers can save.
const NAME: usize = 200;

/// A track, an attachment or a catalog, and the file that it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Element {
    /// A UUID.
    pub id: String,
    /// Type and subtype: `presenter/source`.
    pub flavor: String,
    /// In the order in which they were given.
    pub tags: Vec<String>,
    /// May be empty.
    pub description: String,
    /// What the element was made from: `track:ID`; may be empty.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Identifier of the file; several elements can refer to one.
    pub file: String,
    /// What the file is called in its address.
    pub name: String,
    /// MIME type.
    pub mimetype: String,
    /// Bytes.
    pub size: u64,
    /// MD5 in lower case hexadecimal.
    pub checksum: String,
    /// Milliseconds; none for what has no length, or an unknown one.
    pub duration: Option<i64>,
    /// The streams of a medium: objects with the member names of the API and an `identifier`.
    pub streams: Vec<serde_json::Value>,
}

/// What is published of an event in one channel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Publication {
    /// A UUID.
    pub id: String,
    /// `engage-player`, `internal`, …
    pub channel: String,
    /// MIME type of what is at the address.
    pub mimetype: String,
    /// The address: a path on this server, or a whole URL.
    pub url: String,
    /// Published tracks.
    pub media: Vec<Element>,
    /// Published attachments: previews and other pictures.
    pub attachments: Vec<Element>,
    /// Published catalogs.
    pub metadata: Vec<Element>,
}

impl Publication {
    /// Everything that is published.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.media.iter().chain(&self.attachments).chain(&self.metadata)
    }
}

/// Where the file of an event's element is, on its server.
pub fn path(event: &str, element: &Element) -> String {
    let [event, file, name] =
        [event, &element.file, &element.name].map(|segment| utf8_percent_encode(segment, RESERVED));
    format!("/static/{event}/{file}/{name}")
}

/// The files that the documents of an event refer to.
pub fn files<'d>(media: &'d [Element], publications: &'d [Publication]) -> BTreeSet<&'d str> {
    let published = publications.iter().flat_map(Publication::elements);
    let elements = media.iter().chain(published);
    let files = elements.map(|element| element.file.as_str());
    files.filter(|file| !file.is_empty()).collect()
}

/// The files of a tenant that its events refer to, as they were when they were stored; each once. Also of a database of an earlier schema,
/// in which there are files at all.
pub fn stored_files(sql: &dyn Sql, each: &mut dyn FnMut(Stored<'_>)) -> Result<(), SqlError> {
    // Up to schema 19 the documents were in the rows of events.
    let table = match check::has_table(sql, "event_media")? {
        true => "event_media",
        false => "event",
    };
    let statement = format!(
        "SELECT file, max(size), max(checksum) FROM (\
        SELECT j.value ->> 'file' AS file, j.value ->> 'size' AS size, j.value ->> 'checksum' AS checksum \
        FROM {table} AS m CROSS JOIN json_each(m.media) AS j \
        UNION ALL SELECT j.value ->> 'file', j.value ->> 'size', j.value ->> 'checksum' \
        FROM {table} AS m CROSS JOIN json_each(m.publications) AS p CROSS JOIN json_each(p.value) AS kind CROSS JOIN json_each(kind.value) AS j \
        WHERE kind.key IN ('media', 'attachments', 'metadata')) WHERE file <> '' GROUP BY file"
    );
    sql.query(&statement, &[], &mut |row| {
        each(Stored {
            identifier: row.column(0).text().unwrap_or_default(),
            size: row.column(1).integer().unwrap_or_default().unsigned_abs(),
            checksum: row.column(2).text().unwrap_or_default(),
        });
        Ok(())
    })
}

/// A file as it was stored.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'s> {
    /// Under which it is stored: a UUID.
    pub identifier: &'s str,
    /// Bytes.
    pub size: u64,
    /// MD5 in lower case hexadecimal; empty if it is not known.
    pub checksum: &'s str,
}

/// The name under which a file is offered again: the last part of what the client called it, without what does not show or turns
/// the direction of reading, not too long, and never one that means a folder.
pub fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|letter| !is_hidden(*letter)).collect();
    let shown = shown.trim();
    if shown.trim_matches('.').is_empty() {
        return "file".to_owned();
    }
    if shown.len() <= NAME {
        return shown.to_owned();
    }
    // What a file is can be seen from the end of its name.
    let (stem, extension) = match shown.rfind('.') {
        Some(dot) if shown.len() - dot <= 20 => shown.split_at(dot),
        _ => (shown, ""),
    };
    let end = stem.floor_char_boundary(NAME - extension.len());
    format!("{}{extension}", stem.get(..end).unwrap_or_default())
}

fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_path_only_the_last_part_is_the_name() {
        for (name, kept) in [
            ("talk.mp4", "talk.mp4"),
            ("Vorlesung 1 – Übung.mp4", "Vorlesung 1 – Übung.mp4"),
            ("/etc/passwd", "passwd"),
            ("../../../tenant.db", "tenant.db"),
            (r"C:\Users\ada\talk.mp4", "talk.mp4"),
            ("  talk.mp4 ", "talk.mp4"),
            ("a%2Fb?c#d.mp4", "a%2Fb?c#d.mp4"),
        ] {
            assert_eq!(file_name(name), kept);
        }
    }

    #[test]
    fn a_name_that_says_nothing_or_means_a_folder_is_replaced() {
        for name in ["", " ", ".", "..", "...", "a/", "a/..", r"a\", "\0", "\u{202e}"] {
            assert_eq!(file_name(name), "file", "{name:?}");
        }
    }

    #[test]
    fn what_does_not_show_is_left_out() {
        assert_eq!(file_name("a\r\nSet-Cookie: b\0.mp4"), "aSet-Cookie: b.mp4");
        assert_eq!(file_name("invoice\u{202e}4pm.exe"), "invoice4pm.exe");
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        let name = file_name(&format!("{}.mp4", "ü".repeat(500)));
        assert!(name.len() <= NAME && name.ends_with("ü.mp4"), "{name}");
        assert!(file_name(&"x".repeat(500)).len() <= NAME);
        assert!(file_name(&format!("a.{}", "ü".repeat(500))).len() <= NAME);
    }

    #[test]
    fn a_file_counts_once_however_many_elements_refer_to_it() {
        let element = |file: &str| Element {
            file: file.to_owned(),
            ..Element::default()
        };
        let publication = Publication {
            media: vec![element("a"), element("b")],
            attachments: vec![element("c"), element("")],
            metadata: vec![element("d")],
            ..Publication::default()
        };
        let media = [element("a"), element("e")];
        assert_eq!(
            files(&media, &[publication]).into_iter().collect::<Vec<_>>(),
            ["a", "b", "c", "d", "e"]
        );
    }
}
