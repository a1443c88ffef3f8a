//! Publications as the API shows them, put together when they change, so that a list of events need not look into them.
//!
//! Does not belong here: what depends on the request, like the version of the API and the address of the server.

use serde::Serialize;
use serde_json::Value;

use super::{Element, Publication, path};
use crate::sql::{Param, Sql, SqlError};

/// The channel of what is published for those who edit an event.
const INTERNAL: &str = "internal";

/// How many events are looked at at once.
const BATCH: i64 = 500;

/// What is published for everybody, and what is published internally.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Shown {
    published: Option<String>,
    internal: Option<String>,
}

/// A publication with the members and in the order of the API, see docs/fields.md.
#[derive(Serialize)]
struct ShownPublication<'a> {
    id: &'a str,
    channel: &'a str,
    mediatype: &'a str,
    url: &'a str,
    media: Vec<ShownElement<'a>>,
    attachments: Vec<ShownElement<'a>>,
    metadata: Vec<ShownElement<'a>>,
}

/// A published element: what all have in common, what attachments have, and what media have.
#[derive(Serialize)]
struct ShownElement<'a> {
    id: &'a str,
    mediatype: &'a str,
    url: String,
    flavor: &'a str,
    size: u64,
    checksum: String,
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    r#ref: Option<&'a str>,
    #[serde(flatten)]
    medium: Option<ShownMedium<'a>>,
}

/// The members that only media have. Those of the first video stream are there if they are known.
#[derive(Serialize)]
struct ShownMedium<'a> {
    has_audio: bool,
    has_video: bool,
    duration: Option<i64>,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bitrate: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framerate: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framecount: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<&'a Value>,
    /// Nothing follows playlists or broadcasts, so no track is known to be one of these.
    is_master_playlist: bool,
    is_live: bool,
}

impl Shown {
    /// What is shown of these publications of an event.
    pub(crate) fn of(event: &str, publications: &[Publication]) -> Self {
        let document = |internal: bool| {
            let shown: Vec<ShownPublication<'_>> = publications
                .iter()
                .filter(|publication| (publication.channel == INTERNAL) == internal)
                .map(|publication| ShownPublication::of(event, publication))
                .collect();
            // Texts, numbers and lists cannot fail to be JSON.
            let json = (!shown.is_empty()).then(|| serde_json::to_string(&shown).ok());
            json.flatten()
        };
        Self {
            published: document(false),
            internal: document(true),
        }
    }

    /// Puts it in the place of what was shown before.
    pub(crate) fn store(&self, sql: &dyn Sql, event: i64) -> Result<(), SqlError> {
        let [published, internal] =
            [&self.published, &self.internal].map(|document| document.as_deref().map_or(Param::Null, Param::Text));
        let (statement, params): (&str, &[Param<'_>]) = if self.published.is_none() && self.internal.is_none() {
            ("DELETE FROM event_publications WHERE id = ?", &[Param::Integer(event)])
        } else {
            (
                "INSERT OR REPLACE INTO event_publications (id, published, internal) VALUES (?, ?, ?)",
                &[Param::Integer(event), published, internal],
            )
        };
        sql.execute(statement, params)?;
        Ok(())
    }
}

/// Lets everything that is published be shown; for files in which it has been put without the rules of this crate. What is damaged is not.
pub fn show_all(sql: &dyn Sql) -> Result<(), SqlError> {
    each(sql, &mut |id, shown| shown.store(sql, id))
}

/// How many events show something else than what is published of them.
pub(crate) fn differences(sql: &dyn Sql) -> Result<u64, SqlError> {
    let mut differing = 0;
    each(sql, &mut |id, shown| {
        let mut kept = Shown::default();
        let statement = "SELECT published, internal FROM event_publications WHERE id = ?";
        sql.query(statement, &[Param::Integer(id)], &mut |row| {
            let [published, internal] = [0, 1].map(|column| row.column(column).text().map(str::to_owned));
            kept = Shown { published, internal };
            Ok(())
        })?;
        differing += u64::from(kept != *shown);
        Ok(())
    })?;
    let others = "SELECT count(*) FROM event_publications WHERE id NOT IN (SELECT id FROM event_media WHERE publications IS NOT NULL)";
    sql.query(others, &[], &mut |row| {
        differing += row.column(0).integer().unwrap_or_default().unsigned_abs();
        Ok(())
    })?;
    Ok(differing)
}

/// What is to be shown of each event of which something is published.
fn each(sql: &dyn Sql, then: &mut dyn FnMut(i64, &Shown) -> Result<(), SqlError>) -> Result<(), SqlError> {
    let mut last = 0;
    loop {
        let mut batch = Vec::new();
        sql.query(
            "SELECT m.id, e.identifier, m.publications FROM event_media AS m CROSS JOIN event AS e ON e.id = m.id \
             WHERE m.id > ? AND m.publications IS NOT NULL ORDER BY m.id LIMIT ?",
            &[Param::Integer(last), Param::Integer(BATCH)],
            &mut |row| {
                let [event, publications] = [1, 2].map(|column| row.column(column).text().unwrap_or_default());
                let publications: Vec<Publication> = serde_json::from_str(publications).unwrap_or_default();
                batch.push((
                    row.column(0).integer().unwrap_or_default(),
                    Shown::of(event, &publications),
                ));
                Ok(())
            },
        )?;
        let Some((highest, _)) = batch.last() else {
            return Ok(());
        };
        last = *highest;
        for (id, shown) in &batch {
            then(*id, shown)?;
        }
    }
}

impl<'a> ShownPublication<'a> {
    fn of(event: &str, publication: &'a Publication) -> Self {
        let elements = |elements: &'a [Element], of: fn(&str, &'a Element) -> ShownElement<'a>| {
            elements.iter().map(|element| of(event, element)).collect()
        };
        Self {
            id: &publication.id,
            channel: &publication.channel,
            mediatype: &publication.mimetype,
            url: &publication.url,
            media: elements(&publication.media, ShownElement::medium),
            attachments: elements(&publication.attachments, ShownElement::attachment),
            metadata: elements(&publication.metadata, ShownElement::catalog),
        }
    }
}

impl<'a> ShownElement<'a> {
    fn catalog(event: &str, element: &'a Element) -> Self {
        Self {
            id: &element.id,
            mediatype: &element.mimetype,
            url: path(event, element),
            flavor: &element.flavor,
            size: element.size,
            checksum: match element.checksum.as_str() {
                "" => String::new(),
                checksum => format!("{checksum} (md5)"),
            },
            tags: &element.tags,
            r#ref: None,
            medium: None,
        }
    }

    fn attachment(event: &str, element: &'a Element) -> Self {
        Self {
            r#ref: Some(&element.reference),
            ..Self::catalog(event, element)
        }
    }

    fn medium(event: &str, element: &'a Element) -> Self {
        let video = element.streams_of("video").next();
        let member = |name: &str| {
            video
                .and_then(|stream| stream.get(name))
                .filter(|value| !value.is_null())
        };
        Self {
            medium: Some(ShownMedium {
                has_audio: element.streams_of("audio").next().is_some(),
                has_video: video.is_some(),
                duration: element.duration,
                description: &element.description,
                bitrate: member("bitrate"),
                framerate: member("framerate"),
                framecount: member("framecount"),
                width: member("framewidth"),
                height: member("frameheight"),
                is_master_playlist: false,
                is_live: false,
            }),
            ..Self::catalog(event, element)
        }
    }
}

impl Element {
    /// The streams of a kind: `video` or `audio`.
    fn streams_of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.streams.iter().filter(move |stream| {
            let identifier = stream.get("identifier").and_then(Value::as_str).unwrap_or_default();
            identifier.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-'))
        })
    }
}
