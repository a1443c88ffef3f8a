//! Tracks: adding them to events, and which files an event keeps.
//!
//! Does not belong here: the files themselves. What no longer has a row in table `file` gets one in `removed_file`, for whoever
//! has the disk.

use super::content::{check_length, check_plain};
use super::target::Target;
use super::{NEXT_VERSION, Work, workflows};
use crate::media::{Element, Publication, files};
use crate::model::{Error, StoredFile};
use crate::sql::{Param, Sql};

/// How many tags a track may have.
const TAGS: usize = 100;

/// A track that is to be added.
#[derive(Debug, Clone, Copy)]
pub struct Track<'c> {
    pub flavor: &'c str,
    pub tags: &'c [String],
    pub file: &'c StoredFile,
}

/// A document of an event that is kept apart from its row.
#[derive(Debug, Clone, Copy)]
pub enum Document {
    /// Its tracks.
    Media,
    /// What is published of them.
    Publications,
}

impl Document {
    fn column(self) -> &'static str {
        match self {
            Document::Media => "media",
            Document::Publications => "publications",
        }
    }
}

/// Adds a track. With `overwrite`, those of its flavor go first; if it has a tag of a language, only those with the same one.
pub fn add_track(work: &mut Work<'_>, target: &Target, track: Track<'_>, overwrite: bool) -> Result<(), Error> {
    check(track)?;
    workflows::refuse_if_active(work, target)?;
    let (mut media, _) = documents(work.sql, target.id)?;
    let former_length = longest(&media);
    if overwrite {
        let language = track.tags.iter().find(|tag| tag.starts_with("lang:"));
        media.retain(|other| {
            other.flavor != track.flavor || language.is_some_and(|language| !other.tags.contains(language))
        });
    }
    media.push(element(track)?);
    let json = serde_json::to_string(&media).map_err(|error| Error::fault(error.to_string()))?;
    store(work.sql, target.id, Document::Media, &json)?;
    work.sql.execute(
        &format!(
            "UPDATE event SET {NEXT_VERSION}, sequence = ?, duration_ms = \
             CASE WHEN ifnull(duration_ms, 0) IN (0, ?) THEN ifnull(?, duration_ms) ELSE duration_ms END WHERE id = ?"
        ),
        &[
            Param::Integer(work.sequence),
            Param::Integer(work.sequence),
            Param::Integer(former_length.unwrap_or_default()),
            longest(&media).map_or(Param::Null, Param::Integer),
            Param::Integer(target.id),
        ],
    )?;
    keep_files(work.sql, target.id)
}

/// Brings table `file` in line with the documents of an event. To be called whenever one of them has changed.
pub fn keep_files(sql: &dyn Sql, event: i64) -> Result<(), Error> {
    let (media, publications) = documents(sql, event)?;
    let kept = serde_json::json!(files(&media, &publications)).to_string();
    sql.execute(
        "DELETE FROM file WHERE event_id = ? AND identifier NOT IN (SELECT value FROM json_each(?))",
        &[Param::Integer(event), Param::Text(&kept)],
    )?;
    sql.execute(
        "INSERT INTO file (identifier, event_id) SELECT value, ?1 FROM json_each(?2) WHERE value NOT IN (SELECT identifier FROM file WHERE event_id = ?1)",
        &[Param::Integer(event), Param::Text(&kept)],
    )?;
    Ok(())
}

/// The tracks and the publications of an event.
pub fn documents(sql: &dyn Sql, event: i64) -> Result<(Vec<Element>, Vec<Publication>), Error> {
    let (mut media, mut publications) = (String::new(), String::new());
    let statement = "SELECT media, publications FROM event_media WHERE id = ?";
    sql.query(statement, &[Param::Integer(event)], &mut |row| {
        media.push_str(row.column(0).text().unwrap_or_default());
        publications.push_str(row.column(1).text().unwrap_or_default());
        Ok(())
    })?;
    for document in [&mut media, &mut publications] {
        if document.is_empty() {
            document.push_str("[]");
        }
    }
    let damaged =
        |error: serde_json::Error| Error::fault(format!("the media package of event row {event} is damaged: {error}"));
    Ok((
        serde_json::from_str(&media).map_err(damaged)?,
        serde_json::from_str(&publications).map_err(damaged)?,
    ))
}

/// Puts a document of an event, which is a JSON array, in the place of the former one. An empty one is none.
pub fn store(sql: &dyn Sql, event: i64, document: Document, json: &str) -> Result<(), Error> {
    let column = document.column();
    check_length(column, json.len() as u64)?;
    let content = if json == "[]" { Param::Null } else { Param::Text(json) };
    sql.execute(
        &format!(
            "INSERT INTO event_media (id, {column}) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}"
        ),
        &[Param::Integer(event), content],
    )?;
    Ok(())
}

fn check(track: Track<'_>) -> Result<(), Error> {
    let Track { flavor, tags, .. } = track;
    let is_part =
        |part: &str| !part.is_empty() && !part.contains(|letter: char| letter.is_whitespace() || letter == '/');
    if flavor.len() > 255
        || !flavor
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_part(kind) && is_part(subtype))
    {
        return Err(Error::invalid(
            "flavor",
            "A flavor is a type and a subtype: 'presenter/source'.",
        ));
    }
    check_plain("flavor", flavor)?;
    if tags.len() > TAGS || tags.iter().any(|tag| tag.is_empty() || tag.len() > 255) {
        let message = format!("A track has at most {TAGS} tags of 1 to 255 bytes.");
        return Err(Error::invalid("tags", message));
    }
    tags.iter().try_for_each(|tag| check_plain("tags", tag))
}

fn element(track: Track<'_>) -> Result<Element, Error> {
    let StoredFile {
        identifier,
        name,
        mimetype,
        size,
        checksum,
        duration,
        streams,
    } = track.file.clone();
    let streams = match streams.as_str() {
        "" => Vec::new(),
        streams => serde_json::from_str(streams)
            .map_err(|error| Error::fault(format!("the streams of a file are not JSON: {error}")))?,
    };
    Ok(Element {
        // A file becomes one track, so its identifier is as unique as one for the track would be; and there is no source of
        // chance here.
        id: identifier.clone(),
        flavor: track.flavor.to_owned(),
        tags: track.tags.to_vec(),
        file: identifier,
        name,
        mimetype,
        size,
        checksum,
        duration,
        streams,
        ..Element::default()
    })
}

fn longest(media: &[Element]) -> Option<i64> {
    media.iter().filter_map(|track| track.duration).max()
}
