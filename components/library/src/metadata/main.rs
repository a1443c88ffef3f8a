//! The main catalogs of events and series, as upstream configures them by default.

use std::borrow::Cow;

use super::{Catalog, Field, Kept, Kind};

/// The main catalog of events, `dublincore/episode`.
pub static EPISODE: Catalog<'static> = Catalog {
    flavor: "dublincore/episode",
    title: "EVENTS.EVENTS.DETAILS.CATALOG.EPISODE",
    fields: Cow::Borrowed(EPISODE_FIELDS),
    kept: Kept::Fields,
};

const EPISODE_FIELDS: &[Field<'static>] = &[
    required(field(
        "title",
        Kind::Text,
        "EVENTS.EVENTS.DETAILS.METADATA.TITLE",
        "title",
    )),
    Field {
        alias: Some("subject"),
        ..field(
            "subjects",
            Kind::JoinedText,
            "EVENTS.EVENTS.DETAILS.METADATA.SUBJECT",
            "subject",
        )
    },
    field(
        "description",
        Kind::LongText,
        "EVENTS.EVENTS.DETAILS.METADATA.DESCRIPTION",
        "description",
    ),
    listed(
        true,
        field(
            "language",
            Kind::Text,
            "EVENTS.EVENTS.DETAILS.METADATA.LANGUAGE",
            "language",
        ),
    ),
    field(
        "rightsHolder",
        Kind::Text,
        "EVENTS.EVENTS.DETAILS.METADATA.RIGHTS",
        "rightsholder",
    ),
    listed(
        true,
        field(
            "license",
            Kind::OrderedText,
            "EVENTS.EVENTS.DETAILS.METADATA.LICENSE",
            "license",
        ),
    ),
    listed(
        false,
        field(
            "isPartOf",
            Kind::Text,
            "EVENTS.EVENTS.DETAILS.METADATA.SERIES",
            "is_part_of",
        ),
    ),
    listed(
        false,
        field(
            "creator",
            Kind::MixedText,
            "EVENTS.EVENTS.DETAILS.METADATA.PRESENTERS",
            "presenter",
        ),
    ),
    listed(
        false,
        field(
            "contributor",
            Kind::MixedText,
            "EVENTS.EVENTS.DETAILS.METADATA.CONTRIBUTORS",
            "contributor",
        ),
    ),
    field(
        "startDate",
        Kind::StartDate,
        "EVENTS.EVENTS.DETAILS.METADATA.START_DATE",
        "start",
    ),
    field(
        "startTime",
        Kind::StartTime,
        "EVENTS.EVENTS.DETAILS.METADATA.START_TIME",
        "start",
    ),
    field(
        "duration",
        Kind::Duration,
        "EVENTS.EVENTS.DETAILS.METADATA.DURATION",
        "duration",
    ),
    field(
        "location",
        Kind::Text,
        "EVENTS.EVENTS.DETAILS.METADATA.LOCATION",
        "location",
    ),
    field("source", Kind::Text, "EVENTS.EVENTS.DETAILS.METADATA.SOURCE", "source"),
    read_only(field(
        "created",
        Kind::Date,
        "EVENTS.EVENTS.DETAILS.METADATA.CREATED",
        "created",
    )),
    read_only(field(
        "publisher",
        Kind::Text,
        "EVENTS.EVENTS.DETAILS.METADATA.PUBLISHER",
        "publisher",
    )),
    read_only(field(
        "identifier",
        Kind::Text,
        "EVENTS.EVENTS.DETAILS.METADATA.ID",
        "identifier",
    )),
];

/// The main catalog of series, `dublincore/series`.
pub static SERIES: Catalog<'static> = Catalog {
    flavor: "dublincore/series",
    title: "Opencast Series DublinCore",
    fields: Cow::Borrowed(SERIES_FIELDS),
    kept: Kept::Fields,
};

const SERIES_FIELDS: &[Field<'static>] = &[
    required(field(
        "title",
        Kind::Text,
        "EVENTS.SERIES.DETAILS.METADATA.TITLE",
        "title",
    )),
    Field {
        alias: Some("subject"),
        ..field(
            "subjects",
            Kind::JoinedText,
            "EVENTS.SERIES.DETAILS.METADATA.SUBJECT",
            "subject",
        )
    },
    field(
        "description",
        Kind::Text,
        "EVENTS.SERIES.DETAILS.METADATA.DESCRIPTION",
        "description",
    ),
    listed(
        true,
        field(
            "language",
            Kind::Text,
            "EVENTS.SERIES.DETAILS.METADATA.LANGUAGE",
            "language",
        ),
    ),
    field(
        "rightsHolder",
        Kind::Text,
        "EVENTS.SERIES.DETAILS.METADATA.RIGHTS",
        "rightsholder",
    ),
    listed(
        true,
        field(
            "license",
            Kind::OrderedText,
            "EVENTS.SERIES.DETAILS.METADATA.LICENSE",
            "license",
        ),
    ),
    listed(
        false,
        field(
            "creator",
            Kind::MixedText,
            "EVENTS.SERIES.DETAILS.METADATA.ORGANIZERS",
            "organizer",
        ),
    ),
    listed(
        false,
        field(
            "contributor",
            Kind::MixedText,
            "EVENTS.SERIES.DETAILS.METADATA.CONTRIBUTORS",
            "contributor",
        ),
    ),
    field(
        "publisher",
        Kind::MixedText,
        "EVENTS.SERIES.DETAILS.METADATA.PUBLISHERS",
        "publisher",
    ),
    read_only(field(
        "createdBy",
        Kind::Text,
        "EVENTS.SERIES.DETAILS.METADATA.CREATED_BY",
        "creator",
    )),
    read_only(field(
        "identifier",
        Kind::Text,
        "EVENTS.SERIES.DETAILS.METADATA.ID",
        "identifier",
    )),
];

const fn field<'a>(id: &'a str, kind: Kind, label: &'a str, content: &'a str) -> Field<'a> {
    Field {
        id,
        alias: None,
        label,
        kind,
        required: false,
        read_only: false,
        translatable: None,
        pattern: None,
        delimiter: None,
        content,
    }
}

const fn required(field: Field<'_>) -> Field<'_> {
    Field {
        required: true,
        ..field
    }
}

const fn read_only(field: Field<'_>) -> Field<'_> {
    Field {
        read_only: true,
        ..field
    }
}

const fn listed(translatable: bool, field: Field<'_>) -> Field<'_> {
    Field {
        translatable: Some(translatable),
        ..field
    }
}
