//! What tables list: events or series, with what describes them.

use lectern_handler::api::{Criterion, Query as Search, Test, Value, everything};
use lectern_handler::filter::Kind::{AnyOf, Contains, Equal, Second};
use lectern_handler::filter::{Grammar, filter};
use lectern_handler::form::Form;
use lectern_handler::metadata::{self, Catalogs, EPISODE, Layouts, Metadata, SERIES};
use lectern_handler::{Context, Problem, Version};
use serde::Deserialize;

use crate::query::Query;

/// A kind of resources that can be listed.
pub struct Listed {
    /// As statistics call it.
    pub resource_type: &'static str,
    pub metadata: Metadata,
    filters: Grammar,
}

static LISTED: [Listed; 2] = [
    Listed {
        resource_type: "episode",
        metadata: Metadata {
            collection: "events",
            main: &EPISODE,
            fields: &[
                "identifier",
                "title",
                "subject",
                "description",
                "language",
                "rightsholder",
                "license",
                "is_part_of",
                "presenter",
                "contributor",
                "start",
                "duration",
                "location",
                "source",
                "created",
                "publisher",
            ],
            is_locked: |_| false,
        },
        filters: Grammar {
            filters: &[
                filter("presenters", "presenter", AnyOf),
                filter("creator", "creator", Equal),
                filter("contributors", "contributor", AnyOf),
                filter("location", "location", Equal),
                filter("textFilter", "text", Contains),
                filter("series", "is_part_of", Equal),
                filter("subject", "subject", Equal),
                filter("title", "title", Equal),
                filter("description", "description", Equal),
                filter("series_name", "series", Equal),
                filter("language", "language", Equal),
                filter("created", "created", Second),
                filter("license", "license", Equal),
                filter("rightsholder", "rightsholder", Equal),
                filter("is_part_of", "is_part_of", Equal),
                filter("source", "source", Equal),
                filter("status", "status", Equal),
                filter("agent_id", "agent_id", Equal),
                filter("publisher", "publisher", Equal),
            ],
            colons_since: Version::V1_1,
            is_lenient: false,
        },
    },
    Listed {
        resource_type: "series",
        metadata: Metadata {
            collection: "series",
            main: &SERIES,
            fields: &[
                "identifier",
                "title",
                "subject",
                "description",
                "language",
                "rightsholder",
                "license",
                "organizer",
                "contributor",
                "publisher",
                "creator",
            ],
            is_locked: |_| false,
        },
        filters: Grammar {
            filters: &[
                filter("contributors", "contributor", AnyOf),
                filter("creator", "creator", Equal),
                filter("textFilter", "text", Contains),
                filter("subject", "subject", Equal),
                filter("title", "title", Equal),
                filter("description", "description", Equal),
                filter("language", "language", Equal),
                filter("license", "license", Equal),
                filter("publisher", "publisher", AnyOf),
                filter("organizer", "organizer", AnyOf),
                filter("rightsholder", "rightsholder", Equal),
            ],
            colons_since: Version::V1_1,
            is_lenient: false,
        },
    },
];

impl Listed {
    /// The kind of this name; none of the tenant, which there is but one of.
    pub fn named(resource_type: &str) -> Option<&'static Listed> {
        LISTED.iter().find(|listed| listed.resource_type == resource_type)
    }

    /// The resources that belong to the one of the query, as far as the form's `filter` lets them pass.
    pub fn query(&self, context: &Context, query: &Query<'_>, form: &Form, fields: &[&str]) -> Result<Search, Problem> {
        let text = form.get("filter").unwrap_or_default();
        let mut criteria = self
            .filters
            .parse(text, context.version)
            .map_err(|problem| problem.at_body("filter"))?;
        if query.provider.resource_type == "series" {
            criteria.push(Criterion {
                field: "is_part_of".to_owned(),
                test: Test::Equals(vec![query.resource.clone()]),
            });
        }
        Ok(Search {
            filters: if criteria.is_empty() {
                Vec::new()
            } else {
                vec![criteria]
            },
            ..everything(self.metadata.collection, fields)
        })
    }

    /// How the metadata of resources are shown.
    pub fn layouts(&self, catalogs: &Catalogs, fields: &[&str]) -> Layouts {
        catalogs.layouts(fields, metadata::Form::Own)
    }
}

/// What describes a resource, column by column.
pub struct Description {
    /// Name and content.
    pub columns: Vec<(String, String)>,
}

/// A catalog as the API shows it.
#[derive(Deserialize)]
struct Catalog {
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    id: String,
    value: serde_json::Value,
}

impl Description {
    /// The name alone.
    pub fn name(name: String) -> Description {
        Description {
            columns: vec![("Name".to_owned(), name)],
        }
    }

    /// The fields of all metadata catalogs of the resource with these values; without values the names alone.
    pub fn of(layouts: &Layouts, values: &[Value]) -> Description {
        let mut text = Vec::new();
        layouts.write_catalogs(values, false, &mut text);
        // What the layouts write can be read.
        let catalogs: Vec<Catalog> = serde_json::from_slice(&text).unwrap_or_default();
        let fields = catalogs.into_iter().flat_map(|catalog| catalog.fields);
        Description {
            columns: fields.map(|field| (field.id, plain(&field.value))).collect(),
        }
    }
}

/// A list is written with commas between its elements.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
