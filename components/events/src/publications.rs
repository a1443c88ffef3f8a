//! `/api/events/{id}/publications`: what is published of an event, and where. Also part of events, with `withpublications`.

use std::rc::Rc;

use lectern_handler::address::{absolute, file_url};
use lectern_handler::api::Session;
use lectern_handler::row::Row;
use lectern_handler::{Context, Problem, Response, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::media::Element;
use crate::named;

/// The field that publications are kept in.
pub const FIELD: &str = "publications";

/// The channel of what is published for the people who edit an event. It is shown to those who ask for it only.
const INTERNAL: &str = "internal";

/// A publication, as the host keeps it: see docs/fields.md.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Stored {
    id: String,
    channel: String,
    mimetype: String,
    url: String,
    media: Vec<Element>,
    attachments: Vec<Element>,
    metadata: Vec<Element>,
}

/// A publication as the API shows it.
#[derive(Serialize, ToSchema)]
pub struct Publication {
    id: String,
    channel: String,
    mediatype: String,
    url: String,
    media: Vec<Published>,
    attachments: Vec<Published>,
    metadata: Vec<Published>,
}

/// A published element: what all have in common, what attachments have, and what media have.
#[derive(Serialize, ToSchema)]
#[schema(as = PublishedElement)]
struct Published {
    id: String,
    mediatype: String,
    url: String,
    flavor: String,
    size: u64,
    checksum: String,
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#ref: Option<String>,
    #[serde(flatten)]
    medium: Option<Medium>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PublishedMedium)]
struct Medium {
    #[schema(required = false)]
    has_audio: bool,
    #[schema(required = false)]
    has_video: bool,
    duration: Option<i64>,
    #[schema(required = false)]
    description: String,
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
    bitrate: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framerate: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    framecount: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<serde_json::Value>,
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
    match shown.iter().find(|publication| publication.id == wanted) {
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
    pub fn shown(&self, event: &str, document: &str) -> Result<Vec<Publication>, Problem> {
        let stored: Vec<Stored> = match document {
            "" => Vec::new(),
            document => serde_json::from_str(document)
                .map_err(|_| Problem::new(500, "What is stored about the publications of this event is damaged."))?,
        };
        let mut shown: Vec<Publication> = stored
            .into_iter()
            .filter(|publication| self.with_internal || publication.channel != INTERNAL)
            .map(|publication| self.publication(event, publication))
            .collect();
        if let Some(session) = &self.signer {
            self.sign(&**session, &mut shown);
        }
        Ok(shown)
    }

    fn publication(&self, event: &str, stored: Stored) -> Publication {
        let published = |element: &Element| Published {
            id: element.id.clone(),
            mediatype: element.mimetype.clone(),
            url: file_url(&self.server, event, &element.file, &element.name),
            flavor: element.flavor.clone(),
            size: element.size,
            checksum: element.shown_checksum().unwrap_or_default(),
            tags: element.tags.clone(),
            r#ref: None,
            medium: None,
        };
        let medium = |element: &Element| Published {
            medium: Some(self.medium(element)),
            ..published(element)
        };
        let attachment = |element: &Element| Published {
            r#ref: Some(element.reference.clone()),
            ..published(element)
        };
        Publication {
            media: stored.media.iter().map(medium).collect(),
            attachments: stored.attachments.iter().map(attachment).collect(),
            metadata: stored.metadata.iter().map(published).collect(),
            id: stored.id,
            channel: stored.channel,
            mediatype: stored.mimetype,
            url: absolute(&self.server, &stored.url),
        }
    }

    fn medium(&self, element: &Element) -> Medium {
        let first = element.streams_of("video").next();
        let known = |member: &str| first.and_then(|stream| stream.get(member).cloned());
        Medium {
            has_audio: element.has("audio"),
            has_video: element.has("video"),
            duration: element.duration,
            description: element.description.clone(),
            video: Video {
                bitrate: known("bitrate"),
                framerate: known("framerate"),
                framecount: known("framecount"),
                width: known("framewidth"),
                height: known("frameheight"),
            },
            since_1_7: (self.version >= Version::V1_7).then_some(Since1_7 {
                is_master_playlist: false,
                is_live: false,
            }),
        }
    }

    /// Replaces addresses by signed ones, all with one call; those that cannot be signed stay.
    fn sign(&self, session: &dyn Session, shown: &mut [Publication]) {
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
