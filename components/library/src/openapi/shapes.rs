//! Shapes that are read or written field by field, so that no type of the code has them.

use serde_json::Value;
use utoipa::ToSchema;

/// A metadata catalog of an object.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only the shape is of interest")]
pub struct MetadataCatalog {
    /// Type and subtype.
    #[schema(example = "dublincore/episode")]
    flavor: String,
    /// The key of the title's translation.
    #[schema(example = "EVENTS.EVENTS.DETAILS.CATALOG.EPISODE")]
    title: String,
    /// Why nothing can be changed at the moment, if so.
    #[schema(required = false)]
    locked: String,
    fields: Vec<MetadataField>,
}

/// A field of a metadata catalog.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only the shape is of interest")]
pub struct MetadataField {
    #[schema(example = "title")]
    id: String,
    /// The key of the label's translation.
    #[schema(example = "EVENTS.EVENTS.DETAILS.METADATA.TITLE")]
    label: String,
    /// How the value is to be edited.
    #[schema(example = "text")]
    r#type: String,
    /// Whether it must not be empty.
    required: bool,
    /// Whether clients may not change it.
    #[serde(rename = "readOnly")]
    read_only: bool,
    /// Whether the names of the list of values are to be translated; absent if there is no such list.
    #[schema(required = false)]
    translatable: bool,
    /// What separates the elements of a list in a form.
    #[schema(required = false)]
    delimiter: String,
    /// Text, a list of texts, or yes or no.
    #[schema(example = "Captivating title")]
    value: Value,
}

/// New content of a metadata catalog.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only the shape is of interest")]
pub struct MetadataCatalogInput {
    /// Type and subtype.
    #[schema(example = "dublincore/episode")]
    flavor: String,
    fields: Vec<MetadataFieldInput>,
}

/// New content of a metadata field.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only the shape is of interest")]
pub struct MetadataFieldInput {
    #[schema(example = "title", min_length = 1)]
    id: String,
    /// Text, a list of texts, or yes or no.
    #[schema(example = "Captivating title", required = false)]
    value: Value,
}

/// The identifier of what has been created.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only the shape is of interest")]
pub struct Created {
    #[schema(example = "776d4970-f1ae-43b4-8a4e-36a5c1e6a1d7")]
    identifier: String,
}
