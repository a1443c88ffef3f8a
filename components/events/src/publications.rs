//! `/api/events/{id}/publications`: what is published of an event, and where. Also part of events, with `withpublications`.

use std::rc::Rc;

use lectern_handler::address::{absolute, file_url};
use lectern_handler::api::Session;
use lectern_handler::row::Row;
use lectern_handler::{Context, Problem, Response, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::media::{Element, Stream, Text};
use crate::named;

/// The field that publications are kept in.
pub const FIELD: &str = "publications";

/// The channel of what is published for the people who edit an event. It is shown to those who ask for it only.
const INTERNAL: &str = "internal";

/// A publication, as the host keeps it: see docs/fields.md.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Stored<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    channel: Text<'a>,
    #[serde(borrow)]
    mimetype: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    media: Vec<Element<'a, Measured<'a>>>,
    #[serde(borrow)]
    attachments: Vec<Element<'a, Measured<'a>>>,
    #[serde(borrow)]
    metadata: Vec<Element<'a, Measured<'a>>>,
}

/// What is shown of a stream.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Measured<'a> {
    #[serde(borrow)]
    identifier: Text<'a>,
    bitrate: Option<Value>,
    framerate: Option<Value>,
    framecount: Option<Value>,
    framewidth: Option<Value>,
    frameheight: Option<Value>,
}

impl Stream for Measured<'_> {
    fn identifier(&self) -> &str {
        &self.identifier.0
    }
}

/// A publication as the API shows it.
#[derive(Serialize, ToSchema)]
pub struct Publication<'a> {
    #[schema(value_type = String)]
    id: Text<'a>,
    #[schema(value_type = String)]
    channel: Text<'a>,
    #[schema(value_type = String)]
    mediatype: Text<'a>,
    url: String,
    media: Vec<Published<'a>>,
    attachments: Vec<Published<'a>>,
    metadata: Vec<Published<'a>>,
}

/// A published element: what all have in common, what attachments have, and what media have.
#[derive(Serialize, ToSchema)]
#[schema(as = PublishedElement)]
struct Published<'a> {
    #[schema(value_type = String)]
    id: Text<'a>,
    #[schema(value_type = String)]
    mediatype: Text<'a>,
    url: String,
    #[schema(value_type = String)]
    flavor: Text<'a>,
    size: u64,
    checksum: String,
    #[schema(value_type = Vec<String>)]
    tags: Vec<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    r#ref: Option<Text<'a>>,
    #[serde(flatten)]
    medium: Option<Medium<'a>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PublishedMedium)]
struct Medium<'a> {
    #[schema(required = false)]
    has_audio: bool,
    #[schema(required = false)]
    has_video: bool,
    duration: Option<i64>,
    #[schema(required = false, value_type = String)]
    description: Text<'a>,
    #[serde(flatten)]
    video: Video,
    #[serde(flatten)]
    since_1_7: Option<Since1_7>,
}

/// What is known of the first video stream.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = PublishedVideo)]
struct Video {
    #[serde(skip_serializing_if = "Option::is_none")]
    bitrate: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framerate: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framecount: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<Value>,
}

impl Video {
    fn of(stream: &Measured<'_>) -> Video {
        let Measured {
            identifier: _,
            bitrate,
            framerate,
            framecount,
            framewidth,
            frameheight,
        } = stream;
        Video {
            bitrate: bitrate.clone(),
            framerate: framerate.clone(),
            framecount: framecount.clone(),
            width: framewidth.clone(),
            height: frameheight.clone(),
        }
    }
}

/// The members of version 1.7.0. Nothing follows playlists or broadcasts, so no track is known to be one of these.
#[derive(Serialize, ToSchema)]
#[schema(as = PublishedMediumSince1_7)]
struct Since1_7 {
    #[schema(required = false)]
    is_master_playlist: bool,
    #[schema(required = false)]
    is_live: bool,
}

/// The way in which a request wants publications.
pub struct Shower {
    version: Version,
    server: String,
    with_internal: bool,
    /// Who asks for signed addresses, if anybody does.
    signer: Option<Rc<dyn Session>>,
}

pub fn list(context: Context) -> Result<Response, Problem> {
    let event = named(&context);
    let found = event.find(&context, &[FIELD], false)?;
    let shower = Shower::of(&context);
    let shown = shower.shown(event.identifier, Row(found.values()).text(0))?;
    respond(&context, &found, &shower, &shown)
}

pub fn single(context: Context) -> Result<Response, Problem> {
    let event = named(&context);
    let found = event.find(&context, &[FIELD], false)?;
    let shower = Shower {
        // Whoever knows its identifier has seen it.
        with_internal: context.version >= Version::V1_11,
        ..Shower::of(&context)
    };
    let wanted = context.path("publication");
    let shown = shower.shown(event.identifier, Row(found.values()).text(0))?;
    match shown.iter().find(|publication| publication.id.0 == wanted) {
        Some(publication) => respond(&context, &found, &shower, publication),
        None => Err(Problem::not_found(format!(
            "The event has no publication with id '{wanted}'."
        ))),
    }
}

fn respond(
    context: &Context,
    found: &lectern_handler::object::Found,
    shower: &Shower,
    shown: &impl Serialize,
) -> Result<Response, Problem> {
    let answer = || Response::json(200, context.version, shown);
    // Signed addresses expire, so no client has the answer already.
    Ok(if shower.signer.is_some() {
        answer()
    } else {
        found.respond(context, answer)
    })
}

impl Shower {
    /// Reads the parameters of a request.
    pub fn of(context: &Context) -> Shower {
        let parameters = context.query();
        Shower {
            version: context.version,
            server: context.server_url(),
            with_internal: context.version >= Version::V1_11 && parameters.flag("includeInternalPublication"),
            signer: parameters.flag("sign").then(|| Rc::clone(&context.session)),
        }
    }

    /// The publications of an event, given the content of [`FIELD`].
    pub fn shown<'a>(&self, event: &str, document: &'a str) -> Result<Vec<Publication<'a>>, Problem> {
        let stored: Vec<Stored<'a>> = match document {
            "" => Vec::new(),
            document => serde_json::from_str(document)
                .map_err(|_| Problem::new(500, "What is stored about the publications of this event is damaged."))?,
        };
        let mut shown: Vec<Publication<'a>> = stored
            .into_iter()
            .filter(|publication| self.with_internal || publication.channel.0 != INTERNAL)
            .map(|publication| self.publication(event, publication))
            .collect();
        if let Some(session) = &self.signer {
            self.sign(&**session, &mut shown);
        }
        Ok(shown)
    }

    fn publication<'a>(&self, event: &str, stored: Stored<'a>) -> Publication<'a> {
        let published = |element: Element<'a, Measured<'a>>| Published {
            url: file_url(&self.server, event, &element.file.0, &element.name.0),
            checksum: element.shown_checksum().unwrap_or_default(),
            id: element.id,
            mediatype: element.mimetype,
            flavor: element.flavor,
            size: element.size,
            tags: element.tags,
            r#ref: None,
            medium: None,
        };
        let medium = |mut element: Element<'a, Measured<'a>>| Published {
            medium: Some(self.medium(&mut element)),
            ..published(element)
        };
        let attachment = |mut element: Element<'a, Measured<'a>>| Published {
            r#ref: Some(std::mem::take(&mut element.reference)),
            ..published(element)
        };
        Publication {
            media: stored.media.into_iter().map(medium).collect(),
            attachments: stored.attachments.into_iter().map(attachment).collect(),
            metadata: stored.metadata.into_iter().map(published).collect(),
            id: stored.id,
            channel: stored.channel,
            mediatype: stored.mimetype,
            url: absolute(&self.server, &stored.url.0),
        }
    }

    fn medium<'a>(&self, element: &mut Element<'a, Measured<'a>>) -> Medium<'a> {
        let first = element.streams_of("video").next();
        Medium {
            has_audio: element.has("audio"),
            has_video: first.is_some(),
            video: first.map(Video::of).unwrap_or_default(),
            duration: element.duration,
            description: std::mem::take(&mut element.description),
            since_1_7: (self.version >= Version::V1_7).then_some(Since1_7 {
                is_master_playlist: false,
                is_live: false,
            }),
        }
    }

    /// Replaces addresses by signed ones, all with one call; those that cannot be signed stay.
    fn sign(&self, session: &dyn Session, shown: &mut [Publication<'_>]) {
        let mut addresses: Vec<&mut String> = Vec::new();
        for publication in shown {
            if self.version >= Version::V1_7 {
                addresses.push(&mut publication.url);
            }
            addresses.extend(publication.media.iter_mut().map(|media| &mut media.url));
            addresses.extend(publication.attachments.iter_mut().map(|attachment| &mut attachment.url));
            addresses.extend(publication.metadata.iter_mut().map(|catalog| &mut catalog.url));
        }
        sign(session, addresses);
    }
}

/// Replaces addresses by signed ones; those that cannot be signed stay.
pub fn sign(session: &dyn Session, addresses: Vec<&mut String>) {
    let urls: Vec<String> = addresses.iter().map(|address| (**address).clone()).collect();
    if let Ok(signed) = session.sign(&urls, None, None) {
        for (address, signed) in addresses.into_iter().zip(signed.urls) {
            if let Some(signed) = signed {
                *address = signed;
            }
        }
    }
}
