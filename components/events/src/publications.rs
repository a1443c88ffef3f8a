//! `/api/events/{id}/publications`: what is published of an event, and where. Also part of events, with `withpublications`.
//!
//! The host keeps it as the newest version of the API shows it, except for what depends on the request: the address of the server and the
//! version. So it is mostly copied, and only read where a part of it is looked for or to be signed.

use std::rc::Rc;

use lectern_handler::api::{self, Session};
use lectern_handler::list::write_json;
use lectern_handler::row::Row;
use lectern_handler::{Context, Problem, Response, Version};
use memchr::arch::all::packedpair::HeuristicFrequencyRank;
use memchr::memmem::{Finder, FinderBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::media::Text;
use crate::named;

/// The fields that publications are kept in: those for everybody, and internal ones.
const FIELDS: [&str; 2] = ["published", "published_internally"];

/// What an address on this server begins with, where it is kept. Nothing else in JSON without white space looks like it: inside of texts
/// quotation marks are escaped.
const LOCAL: &str = "\"url\":\"/";

/// What was not shown before version 1.7.0. Nothing follows playlists or broadcasts, so it is always the same.
const SINCE_1_7: &str = ",\"is_master_playlist\":false,\"is_live\":false";

/// A publication as the API shows it.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct Publication<'a> {
    #[serde(borrow)]
    #[schema(value_type = String)]
    id: Text<'a>,
    #[serde(borrow)]
    #[schema(value_type = String)]
    channel: Text<'a>,
    #[serde(borrow)]
    #[schema(value_type = String)]
    mediatype: Text<'a>,
    url: String,
    media: Vec<Published>,
    attachments: Vec<Published>,
    metadata: Vec<Published>,
}

/// A published element: what all have in common, what attachments have, and what media have.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(as = PublishedElement)]
struct Published {
    id: String,
    mediatype: String,
    url: String,
    flavor: String,
    size: u64,
    checksum: String,
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    r#ref: Option<String>,
    #[serde(flatten)]
    medium: Option<Medium>,
}

#[derive(Deserialize, Serialize, ToSchema)]
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
#[derive(Deserialize, Serialize, ToSchema)]
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

/// The members of version 1.7.0. Nothing follows playlists or broadcasts, so no track is known to be one of these.
#[derive(Deserialize, Serialize, ToSchema)]
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
    local: Finder<'static>,
}

/// Has addresses looked for by their letters: JSON is full of quotation marks and colons, unlike the texts that are usually searched.
struct LettersFirst;

impl HeuristicFrequencyRank for LettersFirst {
    fn rank(&self, byte: u8) -> u8 {
        if byte.is_ascii_alphabetic() { 0 } else { u8::MAX }
    }
}

pub fn list(context: Context) -> Result<Response, Problem> {
    let event = named(&context);
    let shower = Shower::of(&context);
    let found = event.find(&context, shower.fields(), false)?;
    respond(&context, &found, &shower, || {
        let mut text = Vec::new();
        shower.write(found.values(), &mut text);
        text
    })
}

pub fn single(context: Context) -> Result<Response, Problem> {
    let event = named(&context);
    let shower = Shower {
        // Whoever knows its identifier has seen it.
        with_internal: context.version >= Version::V1_11,
        ..Shower::of(&context)
    };
    let found = event.find(&context, shower.fields(), false)?;
    let wanted = context.path("publication");
    let mut text = Vec::new();
    shower.write(found.values(), &mut text);
    let shown: Vec<Publication<'_>> = read(&text)?;
    match shown.iter().find(|publication| publication.id.0 == wanted) {
        Some(publication) => respond(&context, &found, &shower, || {
            let mut text = Vec::new();
            write_json(publication, &mut text);
            text
        }),
        None => Err(Problem::not_found(format!(
            "The event has no publication with id '{wanted}'."
        ))),
    }
}

fn respond(
    context: &Context,
    found: &lectern_handler::object::Found,
    shower: &Shower,
    shown: impl FnOnce() -> Vec<u8>,
) -> Result<Response, Problem> {
    let answer = || Response::new(200).with_body(context.version.media_type(), shown());
    // Signed addresses expire, so no client has the answer already.
    Ok(if shower.signer.is_some() {
        answer()
    } else {
        found.respond(context, answer)
    })
}

fn read(shown: &[u8]) -> Result<Vec<Publication<'_>>, Problem> {
    serde_json::from_slice(shown)
        .map_err(|_| Problem::new(500, "What is stored about the publications of this event is damaged."))
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
            local: FinderBuilder::new().build_forward_with_ranker(LettersFirst, LOCAL),
        }
    }

    /// The fields that are needed.
    pub fn fields(&self) -> &'static [&'static str] {
        const PUBLIC: &[&str] = FIELDS.split_at(1).0;
        if self.with_internal { &FIELDS } else { PUBLIC }
    }

    /// Everything besides the event that the text follows from. Signed addresses expire, so then there is nothing of that kind.
    pub fn form(&self) -> Option<String> {
        let Shower {
            server, with_internal, ..
        } = self;
        self.signer.is_none().then(|| format!("{server} {with_internal}"))
    }

    /// Appends the publications of an event whose values end with those of the [fields](Self::fields), as a list.
    pub fn write(&self, values: &[api::Value], text: &mut Vec<u8>) {
        let begun = text.len();
        let first = values.len().saturating_sub(self.fields().len());
        text.push(b'[');
        for column in first..values.len() {
            let before = text.len();
            self.write_elements(Row(values).text(column), text);
            // Something has been written, and something before it.
            if text.len() > before && before > begun + 1 {
                text.insert(before, b',');
            }
        }
        text.push(b']');
        if let Some(session) = &self.signer {
            let shown = text.split_off(begun);
            self.write_signed(&**session, &shown, text);
        }
    }

    /// Appends the elements of a list that is kept, with the addresses of this server.
    fn write_elements(&self, list: &str, text: &mut Vec<u8>) {
        let elements = list.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
        let elements = elements.unwrap_or_default();
        if self.version < Version::V1_7 {
            self.write_addressed(&elements.replace(SINCE_1_7, ""), text);
        } else {
            self.write_addressed(elements, text);
        }
    }

    fn write_addressed(&self, elements: &str, text: &mut Vec<u8>) {
        let elements = elements.as_bytes();
        let mut copied = 0;
        for found in self.local.find_iter(elements) {
            // Everything up to the path.
            let path = found + LOCAL.len() - 1;
            text.extend_from_slice(elements.get(copied..path).unwrap_or_default());
            text.extend_from_slice(self.server.as_bytes());
            copied = path;
        }
        text.extend_from_slice(elements.get(copied..).unwrap_or_default());
    }

    /// Appends the list with signed addresses, all by one call. A list of events does not end because one of them is damaged.
    fn write_signed(&self, session: &dyn Session, shown: &[u8], text: &mut Vec<u8>) {
        let mut shown: Vec<Publication<'_>> = read(shown).unwrap_or_default();
        let mut addresses: Vec<&mut String> = Vec::new();
        for publication in &mut shown {
            if self.version >= Version::V1_7 {
                addresses.push(&mut publication.url);
            }
            let elements = [
                &mut publication.media,
                &mut publication.attachments,
                &mut publication.metadata,
            ];
            addresses.extend(elements.into_iter().flatten().map(|element| &mut element.url));
        }
        sign(session, addresses);
        write_json(&shown, text);
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
