//! The description of the API in OpenAPI 3.1, made of the same tables and types that serve the requests: methods, paths and versions come
//! from the [routes](crate::route), filters and sort names from the [listings](crate::list::Listing), shapes from the answers' types.
//! Only what code cannot say is written down here a second time: what something is good for, and when a request is refused.
//!
//! Nothing of this becomes part of a component: a [`Description`] is made where the document is built and where it is tested.

#[cfg(not(target_arch = "wasm32"))]
mod document;
mod operation;
mod shapes;

#[cfg(not(target_arch = "wasm32"))]
pub use document::{Part, document};
pub use operation::{Description, Operation};
pub use shapes::{Created, MetadataCatalog, MetadataCatalogInput, MetadataField, MetadataFieldInput};

use utoipa::openapi::schema::{Array, Object, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr};

/// Describes one route.
pub type Describe = fn(Description) -> Description;

/// Text.
pub fn text() -> RefOr<Schema> {
    Object::with_type(Type::String).into()
}

/// A whole number.
pub fn integer() -> RefOr<Schema> {
    Object::with_type(Type::Integer).into()
}

/// Yes or no.
pub fn flag() -> RefOr<Schema> {
    Object::with_type(Type::Boolean).into()
}

/// One of these texts.
pub fn one_of(texts: &[&str]) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(texts.iter().copied()))
        .into()
}

/// A point in time, as [`Moment`](crate::row::Moment) writes it: empty if it is not known, which `format: date-time` would not allow.
pub fn moment() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(r"^(\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z)?$"))
        .examples(["2018-03-20T09:30:00Z"])
        .into()
}

/// A list of these.
pub fn array(items: RefOr<Schema>) -> RefOr<Schema> {
    Array::new(items).into()
}

/// An object with members of any kind.
pub fn object() -> RefOr<Schema> {
    Object::with_type(Type::Object).into()
}

/// Texts by name.
pub fn texts_by_name() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(text()))
        .into()
}

/// The content of a file.
fn file() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
        .into()
}
