//! How an event looks in the API.

use lectern_handler::acl;
use lectern_handler::api::{AccessEntry, Value};
use lectern_handler::list::write_json;
use lectern_handler::metadata::{Form, Layouts};
use lectern_handler::row::{Joined, Moment, Row, column};
use lectern_handler::{Context, Problem, Version};
use serde::Serialize;
use utoipa::ToSchema;

use crate::metadata::METADATA;
use crate::publications::{Publication, Shower};
use crate::scheduling::Scheduling;

/// The fields that an event is made of.
pub const FIELDS: &[&str] = &[
    "identifier",
    "title",
    "description",
    "creator",
    "presenter",
    "contributor",
    "subject",
    "location",
    "created",
    "start",
    "duration",
    "technical_start",
    "technical_end",
    "agent_id",
    "inputs",
    "language",
    "rightsholder",
    "license",
    "source",
    "publisher",
    "is_part_of",
    "series",
    "status",
    "processing_state",
    "archive_version",
    "has_previews",
    "publication_status",
];

/// An event: the members of version 1.0.0, those that 1.1.0 added, and what the client asked to be included. Publications and metadata are
/// added by the [`Writer`].
#[derive(Serialize, ToSchema)]
pub struct Event<'a> {
    identifier: &'a str,
    title: &'a str,
    description: &'a str,
    creator: &'a str,
    #[schema(value_type = Vec<String>)]
    presenter: &'a [String],
    #[schema(value_type = Vec<String>)]
    contributor: &'a [String],
    #[schema(value_type = Vec<String>)]
    subjects: Joined<'a>,
    location: &'a str,
    created: Moment,
    start: Moment,
    /// Absent if none, null if some without a length.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    duration: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    archive_version: Option<i64>,
    has_previews: bool,
    /// The channels that it is published on.
    #[schema(value_type = Vec<String>)]
    publication_status: &'a [String],
    processing_state: &'a str,
    #[serde(flatten)]
    since_1_1: Option<Since1_1<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<acl::ShownEntry>, required = false)]
    acl: Option<acl::Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduling: Option<Scheduling<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Publication<'_>>>)]
    publications: Option<()>,
}

/// The members of version 1.1.0.
#[derive(Serialize, ToSchema)]
#[schema(as = EventSince1_1)]
struct Since1_1<'a> {
    #[schema(required = false, example = "eng")]
    language: &'a str,
    #[schema(required = false)]
    rightsholder: &'a str,
    #[schema(required = false, example = "CC-BY")]
    license: &'a str,
    /// The identifier of its series.
    #[schema(required = false)]
    is_part_of: &'a str,
    /// The title of its series.
    #[schema(required = false)]
    series: &'a str,
    #[schema(required = false)]
    source: &'a str,
    #[schema(required = false, example = "EVENTS.EVENTS.STATUS.PROCESSED")]
    status: &'a str,
}

/// What the client asked to be included.
#[derive(Debug, Clone, Copy)]
pub struct Included {
    /// `withacl`
    pub acl: bool,
    /// `withmetadata`
    pub metadata: bool,
    /// `withscheduling`, since 1.1.0
    pub scheduling: bool,
    /// `withpublications`
    pub publications: bool,
}

impl Included {
    /// Reads the parameters of a request.
    pub fn of(context: &Context) -> Included {
        let parameters = context.query();
        Included {
            acl: parameters.flag("withacl"),
            metadata: parameters.flag("withmetadata"),
            scheduling: context.version >= Version::V1_1 && parameters.flag("withscheduling"),
            publications: parameters.flag("withpublications"),
        }
    }
}

/// Whether nobody may edit the metadata of an event because a workflow is running.
pub fn is_locked(values: &[Value]) -> bool {
    Row(values).text(const { column(FIELDS, "processing_state") }) == "RUNNING"
}

/// Writes events as JSON, all in the same way.
pub struct Writer {
    /// The fields that are needed: [`FIELDS`] first, and behind them what else is included, publications last.
    pub fields: Vec<&'static str>,
    /// Everything besides the event that the text follows from; none if that is too much.
    pub form: Option<String>,
    version: Version,
    included: Included,
    metadata: Option<Layouts>,
    publications: Option<Shower>,
}

impl Writer {
    /// The way in which a request wants its events.
    pub fn of(context: &Context, included: Included) -> Result<Writer, Problem> {
        let mut fields = FIELDS.to_vec();
        let mut metadata = None;
        let mut form = Some(format!("{} {included:?}", context.version));
        if included.metadata {
            let catalogs = METADATA.catalogs(context)?;
            fields = catalogs.fields(FIELDS);
            metadata = Some(catalogs.layouts(&fields, Form::Embedded));
            form = form.map(|form| format!("{form}\n{}", catalogs.configuration()));
        }
        let publications = included.publications.then(|| Shower::of(context));
        if let Some(shower) = &publications {
            fields.extend(shower.fields());
            form = form.zip(shower.form()).map(|(form, shown)| format!("{form}\n{shown}"));
        }
        Ok(Writer {
            fields,
            form,
            version: context.version,
            included,
            metadata,
            publications,
        })
    }

    /// Appends the event with these values of the writer's fields.
    pub fn write(&self, values: &[Value], acl: &[AccessEntry], text: &mut Vec<u8>) {
        write_json(&Event::of(values, acl, self.version, self.included), text);
        if let Some(shower) = &self.publications {
            add_member(text, br#","publications":"#, |text| shower.write(values, text));
        }
        if let Some(metadata) = &self.metadata {
            add_member(text, br#","metadata":"#, |text| {
                metadata.write_catalogs(values, is_locked(values), text);
            });
        }
    }
}

/// Gives the object at the end of a text one more member: everything up to its value, and the value.
fn add_member(text: &mut Vec<u8>, head: &[u8], value: impl FnOnce(&mut Vec<u8>)) {
    text.pop();
    text.extend_from_slice(head);
    value(text);
    text.push(b'}');
}

impl<'a> Event<'a> {
    /// The event with these values of [`FIELDS`].
    fn of(values: &'a [Value], acl: &'a [AccessEntry], version: Version, included: Included) -> Event<'a> {
        let row = Row(values);
        let times = Times::of(row);
        Event {
            identifier: row.text(const { column(FIELDS, "identifier") }),
            title: row.text(const { column(FIELDS, "title") }),
            description: row.text(const { column(FIELDS, "description") }),
            creator: row.text(const { column(FIELDS, "creator") }),
            presenter: row.texts(const { column(FIELDS, "presenter") }),
            contributor: row.texts(const { column(FIELDS, "contributor") }),
            subjects: Joined(row.text(const { column(FIELDS, "subject") })),
            location: row.text(const { column(FIELDS, "location") }),
            created: Moment(times.created),
            start: Moment(times.start_in(version)),
            duration: times.duration_in(version),
            archive_version: row.number(const { column(FIELDS, "archive_version") }),
            has_previews: row.flag(const { column(FIELDS, "has_previews") }),
            publication_status: row.texts(const { column(FIELDS, "publication_status") }),
            processing_state: row.text(const { column(FIELDS, "processing_state") }),
            since_1_1: (version >= Version::V1_1).then(|| Since1_1 {
                language: row.text(const { column(FIELDS, "language") }),
                rightsholder: row.text(const { column(FIELDS, "rightsholder") }),
                license: row.text(const { column(FIELDS, "license") }),
                is_part_of: row.text(const { column(FIELDS, "is_part_of") }),
                series: row.text(const { column(FIELDS, "series") }),
                source: row.text(const { column(FIELDS, "source") }),
                status: row.text(const { column(FIELDS, "status") }),
            }),
            acl: included.acl.then_some(acl::Shown(acl)),
            scheduling: included.scheduling.then(|| Scheduling::of(row).unwrap_or_default()),
            publications: None,
        }
    }
}

/// The points in time of an event.
struct Times {
    created: Option<i64>,
    start: Option<i64>,
    duration: Option<i64>,
    technical_start: Option<i64>,
    technical_end: Option<i64>,
}

impl Times {
    fn of(row: Row<'_>) -> Times {
        Times {
            created: row.number(const { column(FIELDS, "created") }),
            start: row.number(const { column(FIELDS, "start") }),
            duration: row.number(const { column(FIELDS, "duration") }),
            technical_start: row.number(const { column(FIELDS, "technical_start") }),
            technical_end: row.number(const { column(FIELDS, "technical_end") }),
        }
    }

    /// Before 1.4.0 the recording's start, since then that of the metadata; an event that is not recorded has only the
    /// latter, and one without any starts when it was created.
    fn start_in(&self, version: Version) -> Option<i64> {
        let technical = self.technical_start.filter(|_| version < Version::V1_4);
        technical.or(self.start).or(self.created)
    }

    fn duration_in(&self, version: Version) -> Option<Option<i64>> {
        if version >= Version::V1_4 {
            return Some(self.duration);
        }
        let (start, end) = self.technical_start.zip(self.technical_end)?;
        Some(Some(end.saturating_sub(start)))
    }
}
