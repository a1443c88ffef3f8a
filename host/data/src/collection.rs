//! The fields of the collections: where each is kept and what it can be used for. Reading, filtering, sorting and writing are all
//! driven by these tables, which say the same as docs/fields.md. Those of events and series are here, those of the others in [`small`].

pub mod small;

use crate::text::{EVENT_TEXT, SERIES_TEXT, TextIndex};

/// A kind of object that can be listed, and of which there are many: events or series.
#[derive(Debug)]
pub struct Collection {
    /// As handlers name it: `events`.
    pub name: &'static str,
    /// The table, which is also what messages call one object: `event`.
    pub table: &'static str,
    /// In the order in which search texts are put together.
    pub fields: &'static [Field],
    /// Where the search texts are.
    pub text: &'static TextIndex,
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// As handlers name it.
    pub name: &'static str,
    /// Its case of `types.value`.
    pub kind: Kind,
    /// Where it is kept.
    pub place: Place,
    /// How it is compared with exact content.
    pub equals: Equals,
    /// Whether it can be tested for bounds.
    pub between: bool,
    /// Whether it can be tested for what it contains.
    pub contains: bool,
    /// How lists are sorted by it.
    pub sort: Sort,
    /// Whether handlers may assign it.
    pub writable: bool,
    /// Whether it is part of the search text.
    pub searched: bool,
}

/// A field's case of `types.value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Several texts, as a JSON array.
    Texts,
    /// An integer.
    Number,
    /// 0 or 1.
    Flag,
    /// JSON of this shape. An assignment names what it changes and leaves the rest alone: it is a merge patch (RFC 7396).
    Document(Shape),
}

/// What a document holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// An object: texts by name.
    Properties,
    /// The fields of metadata catalogs by flavor: texts, lists of texts, whole numbers and flags by the field's name.
    Metadata,
    /// An array of [tracks](crate::media::Element). Only the host puts it together.
    Tracks,
    /// An array of [publications](crate::media::Publication). Only the host puts it together.
    Publications,
    /// An array of publications as the API shows them. It follows from [`Shape::Publications`].
    ShownPublications,
    /// The entries of a playlist: an array of objects with `id`, `contentId` and `type`. An assignment takes the place of all.
    Entries,
    /// An array of [operations](crate::workflow::Operation). Only the host puts it together.
    Operations,
    /// How an event is to be processed, or what its series says. Only the host puts it together.
    Composed,
}

/// Where a field is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In this column of the object's row.
    Own(&'static str),
    /// In this column of the series that the event belongs to.
    Series(&'static str),
    /// In a table of what is kept apart from the rows of events, under the same id.
    Apart {
        /// The table.
        table: &'static str,
        /// Its column.
        column: &'static str,
    },
    /// In the search index only.
    SearchText,
    /// For a small collection: this is what it is, in SQL.
    Expression(&'static str),
}

/// How a field is compared with exact content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equals {
    /// It is not.
    No,
    /// By its column, which has an index.
    Column,
    /// By its column, of which the beginning has an index.
    Beginning,
    /// By its elements in the table of terms.
    Terms,
}

/// How lists are sorted by a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// They are not.
    No,
    /// By its column, which has an index.
    Column,
    /// By its smallest element, in column `…_first`, or its largest, in column `…_last`.
    Extremes {
        /// Ascending.
        first: &'static str,
        /// Descending.
        last: &'static str,
    },
    /// By the title of the series; the events of one series stay together even if another one has the same title.
    SeriesTitle,
}

/// The collection of this name.
pub fn collection(name: &str) -> Option<&'static Collection> {
    [&EVENTS, &SERIES]
        .into_iter()
        .find(|collection| collection.name == name)
}

impl Collection {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether objects belong to a series and follow its access list.
    pub fn has_series(&self) -> bool {
        self.table == EVENTS.table
    }
}

impl PartialEq for Collection {
    fn eq(&self, other: &Self) -> bool {
        self.table == other.table
    }
}

/// Events.
pub static EVENTS: Collection = Collection {
    name: "events",
    table: "event",
    text: &EVENT_TEXT,
    fields: &[
        text("identifier").exact().searched(),
        text("title").exact().sorted().written().searched(),
        texts("presenter")
            .terms()
            .extremes("presenter_first", "presenter_last")
            .written()
            .searched(),
        text("creator").exact().searched(),
        text("location").exact().sorted().written().searched(),
        text("subject").exact().written().searched(),
        texts("contributor").terms().written().searched(),
        text("language").exact().written().searched(),
        text("rightsholder").exact().written().searched(),
        text("license").exact().written().searched(),
        text("source").exact().written().searched(),
        text("publisher").exact().written().searched(),
        text("agent_id").exact().searched(),
        texts("inputs"),
        text("status").exact().searched(),
        number("created", "created_ms").exact().bounded().written().searched(),
        number("start", "start_ms").bounded().sorted().written().searched(),
        number("duration", "duration_ms").written(),
        number("end", "end_ms").bounded().sorted(),
        number("technical_start", "technical_start_ms").bounded().sorted(),
        number("technical_end", "technical_end_ms").bounded().sorted(),
        text("is_part_of").of_series("identifier").written(),
        text("series").of_series("title").by_series_title(),
        text("processing_state").exact().sorted(),
        number("archive_version", "archive_version"),
        flag("has_previews"),
        texts("publication_status"),
        document("media", Shape::Tracks).apart("event_media", "media"),
        document("publications", Shape::Publications).apart("event_media", "publications"),
        document("published", Shape::ShownPublications).apart("event_publications", "published"),
        document("published_internally", Shape::ShownPublications).apart("event_publications", "internal"),
        text("description").beginning().written().searched(),
        EXTENDED_METADATA,
        SEARCH_TEXT,
    ],
};

/// Series.
pub static SERIES: Collection = Collection {
    name: "series",
    table: "series",
    text: &SERIES_TEXT,
    fields: &[
        text("identifier").exact().contained().searched(),
        text("title").exact().sorted().written().searched(),
        texts("organizer")
            .terms()
            .extremes("organizer_first", "organizer_last")
            .written()
            .searched(),
        texts("contributor")
            .terms()
            .extremes("contributor_first", "contributor_last")
            .written()
            .searched(),
        texts("publisher")
            .terms()
            .extremes("publisher_first", "publisher_last")
            .written()
            .searched(),
        text("creator").exact().sorted().searched(),
        text("subject").exact().sorted().written().searched(),
        text("language").exact().sorted().written().searched(),
        text("rightsholder").exact().sorted().written().searched(),
        text("license").exact().sorted().written().searched(),
        number("created", "created_ms").exact().bounded().sorted(),
        text("managed_acl").exact().sorted(),
        document("properties", Shape::Properties).written(),
        text("description").exact().sorted().written().searched(),
        EXTENDED_METADATA,
        SEARCH_TEXT,
    ],
};

const EXTENDED_METADATA: Field = document("extended_metadata", Shape::Metadata).written().searched();

const SEARCH_TEXT: Field = Field {
    place: Place::SearchText,
    ..text("text").contained()
};

const fn text(name: &'static str) -> Field {
    field(name, Kind::Text, name)
}

const fn texts(name: &'static str) -> Field {
    field(name, Kind::Texts, name)
}

const fn number(name: &'static str, column: &'static str) -> Field {
    field(name, Kind::Number, column)
}

const fn flag(name: &'static str) -> Field {
    field(name, Kind::Flag, name)
}

const fn document(name: &'static str, shape: Shape) -> Field {
    field(name, Kind::Document(shape), name)
}

const fn field(name: &'static str, kind: Kind, column: &'static str) -> Field {
    Field {
        name,
        kind,
        place: Place::Own(column),
        equals: Equals::No,
        between: false,
        contains: false,
        sort: Sort::No,
        writable: false,
        searched: false,
    }
}

/// What the tables above are written with.
impl Field {
    const fn exact(self) -> Field {
        Field {
            equals: Equals::Column,
            ..self
        }
    }

    const fn beginning(self) -> Field {
        Field {
            equals: Equals::Beginning,
            ..self
        }
    }

    const fn terms(self) -> Field {
        Field {
            equals: Equals::Terms,
            ..self
        }
    }

    const fn apart(self, table: &'static str, column: &'static str) -> Field {
        Field {
            place: Place::Apart { table, column },
            ..self
        }
    }

    const fn of_series(self, column: &'static str) -> Field {
        Field {
            place: Place::Series(column),
            equals: Equals::Column,
            ..self
        }
    }

    const fn bounded(self) -> Field {
        Field { between: true, ..self }
    }

    const fn contained(self) -> Field {
        Field { contains: true, ..self }
    }

    const fn sorted(self) -> Field {
        Field {
            sort: Sort::Column,
            ..self
        }
    }

    const fn extremes(self, first: &'static str, last: &'static str) -> Field {
        Field {
            sort: Sort::Extremes { first, last },
            ..self
        }
    }

    const fn by_series_title(self) -> Field {
        Field {
            sort: Sort::SeriesTitle,
            ..self
        }
    }

    const fn written(self) -> Field {
        Field { writable: true, ..self }
    }

    const fn searched(self) -> Field {
        Field { searched: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::small::SMALL;
    use super::*;

    /// A row of docs/fields.md in the document's own terms.
    fn row(field: &Field) -> Vec<String> {
        let value = match (field.place, field.kind) {
            (Place::SearchText, _) => "",
            (_, Kind::Text) => "text",
            (_, Kind::Texts) => "texts",
            (_, Kind::Number) => "number",
            (_, Kind::Flag) => "flag",
            (_, Kind::Document(_)) => "document",
        };
        let mut tests = Vec::new();
        if field.equals != Equals::No {
            tests.push("equals");
        }
        if field.between {
            tests.push("between");
        }
        if field.contains {
            tests.push("contains");
        }
        let mark = |set: bool| if set { "✓" } else { "" };
        let write = match (field.name, field.place) {
            ("identifier", Place::Own(_) | Place::Expression("o.identifier")) => "on create",
            _ => mark(field.writable),
        };
        [
            field.name,
            value,
            &tests.join(", "),
            mark(field.sort != Sort::No),
            write,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn documented(collection: &str) -> Vec<Vec<String>> {
        let text = include_str!("../../../docs/fields.md");
        let heading = format!("\n## {collection}\n");
        let section = text.split(&heading).nth(1).unwrap().split("\n## ").next().unwrap();
        let mut rows = Vec::new();
        for line in section.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            for name in cells[1].split(", ") {
                let name = name.trim_matches('`').to_owned();
                rows.push([vec![name], cells[2..6].iter().map(|cell| cell.to_string()).collect()].concat());
            }
        }
        rows
    }

    #[test]
    fn the_tables_say_what_the_documentation_says() {
        let small = SMALL.map(|small| (small.name, small.fields));
        let others = [&EVENTS, &SERIES].map(|collection| (collection.name, collection.fields));
        for (name, fields) in small.into_iter().chain(others) {
            let mut documented = documented(name);
            let mut rows: Vec<_> = fields.iter().map(row).collect();
            documented.sort();
            rows.sort();
            assert_eq!(rows, documented, "{name}");
        }
    }

    #[test]
    fn a_collection_is_known_by_its_exact_name() {
        assert_eq!(collection("events"), Some(&EVENTS));
        assert_eq!(collection("series"), Some(&SERIES));
        assert_eq!(collection("Events"), None);
    }
}
