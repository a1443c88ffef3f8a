//! `…/metadata` of an object, for every collection that has it.
//!
//! Does not belong here: in which order a resource checks what is wrong with a request, and how it answers an update.

use std::iter;

use serde_json::json;

use super::document::{Document, EXTENDED};
use super::read::Form;
use super::{Catalog, CatalogInput, Catalogs, parse_entries, parse_flavor};
use crate::api::{Value, assign};
use crate::object::{Found, Object};
use crate::{Context, Problem, Response};

/// The metadata of a collection's objects.
pub struct Metadata {
    /// The collection.
    pub collection: &'static str,
    /// The main catalog.
    pub main: &'static Catalog<'static>,
    /// The fields that the main catalog is kept in.
    pub fields: &'static [&'static str],
    /// Whether an object with these values is being processed, so that nobody may edit it.
    pub is_locked: fn(&[Value]) -> bool,
}

/// What the parameter `type` says.
pub enum Wanted {
    /// Nothing: all catalogs.
    All,
    /// The catalog of this flavor.
    One(String),
    /// Something that is no flavor.
    Nonsense(Problem),
}

impl Wanted {
    /// The catalogs that a request wants.
    pub fn of(context: &Context) -> Wanted {
        match context.query().first("type").filter(|text| !text.trim().is_empty()) {
            None => Wanted::All,
            Some(text) => parse_flavor(&text).map_or_else(|| Wanted::Nonsense(no_flavor(&text)), Wanted::One),
        }
    }

    /// The one catalog that a request must want.
    pub fn one(context: &Context) -> Result<String, Problem> {
        match Wanted::of(context) {
            Wanted::All => Err(no_flavor("")),
            Wanted::One(flavor) => Ok(flavor),
            Wanted::Nonsense(problem) => Err(problem),
        }
    }
}

fn no_flavor(text: &str) -> Problem {
    Problem::bad_request(format!(
        "The parameter 'type' must be a flavor like 'dublincore/episode', not '{text}'."
    ))
    .at_parameter("type")
}

impl Metadata {
    /// All catalogs.
    pub fn catalogs(&self, context: &Context) -> Result<Catalogs, Problem> {
        Catalogs::all(&*context.session, self.collection, self.main)
    }

    /// The catalogs that inputs are about.
    pub fn catalogs_of(&self, context: &Context, inputs: &[CatalogInput]) -> Result<Catalogs, Problem> {
        self.catalogs_with(context, inputs.iter().map(|input| input.flavor.as_str()))
    }

    fn catalogs_with<'f>(
        &self,
        context: &Context,
        flavors: impl Iterator<Item = &'f str>,
    ) -> Result<Catalogs, Problem> {
        Catalogs::with(&*context.session, self.collection, self.main, flavors)
    }

    /// Answers with all catalogs of an object.
    pub fn show_all(&self, context: &Context, object: Object<'_>) -> Result<Response, Problem> {
        let (found, text) = self.all(context, object)?;
        Ok(found.respond(context, || {
            Response::new(200).with_body(context.version.media_type(), text)
        }))
    }

    /// Finds an object and writes all its catalogs.
    pub fn all(&self, context: &Context, object: Object<'_>) -> Result<(Found, Vec<u8>), Problem> {
        let catalogs = self.catalogs(context)?;
        let fields = catalogs.fields(self.fields);
        let found = object.find(context, &fields, false)?;
        let mut text = Vec::new();
        let layouts = catalogs.layouts(&fields, Form::Own);
        layouts.write_catalogs(found.values(), (self.is_locked)(found.values()), &mut text);
        Ok((found, text))
    }

    /// Answers with the fields of one catalog of an object. A catalog that has never been given content is empty.
    pub fn show(&self, context: &Context, object: Object<'_>, flavor: &str) -> Result<Response, Problem> {
        let catalogs = self.catalogs_with(context, iter::once(flavor))?;
        let fields = catalogs.fields(self.fields);
        let found = object.find(context, &fields, false)?;
        let mut text = Vec::new();
        let layouts = catalogs.layouts(&fields, Form::Own);
        if !layouts.write_fields(flavor, found.values(), (self.is_locked)(found.values()), &mut text) {
            return Err(no_such_catalog(object));
        }
        Ok(found.respond(context, || {
            Response::new(200).with_body(context.version.media_type(), text)
        }))
    }

    /// Gives fields of one catalog of an object the content that the form field `metadata` says.
    pub fn update(&self, context: &Context, object: Object<'_>, text: &str) -> Result<(), Problem> {
        let entries = parse_entries("metadata", text)?;
        let flavor = Wanted::one(context)?;
        let catalogs = self.catalogs_with(context, iter::once(flavor.as_str()))?;
        if catalogs.get(&flavor).is_none() {
            return Err(object.if_found(context, no_such_catalog(object)));
        }
        let input = CatalogInput {
            flavor,
            entries,
            pointer: "metadata".to_owned(),
        };
        let changes = catalogs
            .changes(&[input], 404)
            .map_err(|problem| object.if_found(context, problem))?;
        object.write(context, &changes, |_| {})
    }

    /// Takes an extended catalog away from an object that has been given content in it. The tenant need not know the catalog any more.
    pub fn delete(&self, context: &Context, object: Object<'_>, flavor: &str) -> Result<(), Problem> {
        let found = object.find(context, &[EXTENDED], false)?;
        if !Document::of(found.values().first()).has(flavor) {
            return Err(no_such_catalog(object));
        }
        let patch = json!({ flavor: null }).to_string();
        object.change(context, |transaction| {
            let patch = assign(EXTENDED, Value::Document(patch.clone()));
            transaction.update(object.collection, object.identifier, &[patch]);
        })
    }

    /// 403: objects always have their main catalog.
    pub fn must_stay(&self) -> Problem {
        let flavor = self.main.flavor;
        Problem::new(403, format!("The main metadata catalog '{flavor}' cannot be deleted."))
    }
}

/// 404: the object has no catalog of the flavor that the request wants.
pub fn no_such_catalog(object: Object<'_>) -> Problem {
    let Object { noun, identifier, .. } = object;
    let (_, noun) = noun.split_once(' ').unwrap_or(("", noun));
    Problem::not_found(format!(
        "The {noun} with id '{identifier}' has no metadata catalog of this type."
    ))
    .at_parameter("type")
}
