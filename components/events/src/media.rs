//! `GET /api/events/{id}/media`: the tracks of an event.

use std::borrow::Cow;

use lectern_handler::row::Row;
use lectern_handler::{Context, Problem, Response, Version};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::named;
use crate::publications::sign;

/// A text of a stored document, which need not be copied to be shown.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// A track, as the host keeps it: see docs/fields.md.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Element<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    flavor: Text<'a>,
    #[serde(borrow)]
    tags: Vec<Text<'a>>,
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    file: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    mimetype: Text<'a>,
    size: u64,
    #[serde(borrow)]
    checksum: Text<'a>,
    duration: Option<i64>,
    streams: Vec<Map<String, Value>>,
}

impl Element<'_> {
    /// Whether there is a stream of this kind: `video` or `audio`.
    fn has(&self, kind: &str) -> bool {
        self.streams.iter().any(|stream| {
            let identifier = stream.get("identifier").and_then(Value::as_str).unwrap_or_default();
            identifier.strip_prefix(kind).is_some_and(|rest| rest.starts_with('-'))
        })
    }

    /// The checksum as the API shows it.
    fn shown_checksum(&self) -> Option<String> {
        let checksum = &*self.checksum.0;
        (!checksum.is_empty()).then(|| [checksum, " (md5)"].concat())
    }
}

pub fn read(context: Context) -> Result<Response, Problem> {
    let event = named(&context);
    let found = event.find(&context, &["media"], false)?;
    let document = Row(found.values()).text(0);
    let elements: Vec<Element<'_>> = match document {
        "" => Vec::new(),
        document => serde_json::from_str(document)
            .map_err(|_| Problem::new(500, "What is stored about the media of this event is damaged."))?,
    };
    let is_signed = context.query().flag("sign");
    let answer = || {
        let mut uris: Vec<String> = elements
            .iter()
            .map(|element| context.file_url(event.identifier, &element.file.0, &element.name.0))
            .collect();
        if is_signed {
            sign(&*context.session, uris.iter_mut().collect());
        }
        let tracks: Vec<Track<'_>> = elements
            .iter()
            .zip(uris)
            .map(|(element, uri)| Track::of(element, uri, context.version))
            .collect();
        Response::json(200, context.version, &tracks)
    };
    // Signed addresses expire, so no client has the answer already.
    Ok(if is_signed {
        answer()
    } else {
        found.respond(&context, answer)
    })
}

/// A track as the API shows it.
#[derive(Serialize, ToSchema)]
pub struct Track<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<i64>,
    #[schema(example = "presenter/source")]
    flavor: &'a str,
    identifier: &'a str,
    mimetype: &'a str,
    size: u64,
    /// The streams in the file by name: `video-1`, `audio-1`.
    #[schema(value_type = Map<String, Value>)]
    streams: Streams<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    description: &'a str,
    #[serde(flatten)]
    since_1_7: Option<Since1_7>,
    #[serde(rename = "element-description")]
    element_description: String,
    /// Where the file is.
    uri: String,
    #[schema(value_type = Vec<String>)]
    tags: &'a [Text<'a>],
}

/// The members of version 1.7.0.
#[derive(Serialize, ToSchema)]
#[schema(as = TrackSince1_7)]
struct Since1_7 {
    #[schema(required = false)]
    has_audio: bool,
    #[schema(required = false)]
    has_video: bool,
    /// Nothing follows playlists or broadcasts, so no track is known to be one of these.
    #[schema(required = false)]
    is_master_playlist: bool,
    #[schema(required = false)]
    is_live: bool,
}

impl<'a> Track<'a> {
    fn of(element: &'a Element<'a>, uri: String, version: Version) -> Self {
        Track {
            duration: element.duration,
            flavor: &element.flavor.0,
            identifier: &element.id.0,
            mimetype: &element.mimetype.0,
            size: element.size,
            streams: Streams(&element.streams),
            checksum: element.shown_checksum(),
            description: &element.description.0,
            since_1_7: (version >= Version::V1_7).then(|| Since1_7 {
                has_audio: element.has("audio"),
                has_video: element.has("video"),
                is_master_playlist: false,
                is_live: false,
            }),
            element_description: match &*element.description.0 {
                "" => uri.clone(),
                description => description.to_owned(),
            },
            uri,
            tags: &element.tags,
        }
    }
}

/// Streams by their identifiers.
struct Streams<'a>(&'a [Map<String, Value>]);

impl Serialize for Streams<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named =
            |stream: &'_ Map<String, Value>| Some((stream.get("identifier")?.as_str()?.to_owned(), stream.clone()));
        serializer.collect_map(self.0.iter().filter_map(named))
    }
}
