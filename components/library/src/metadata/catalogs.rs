//! Which catalogs there are: the main one, and the extended ones that the tenant has configured.

use std::borrow::Cow;

use serde::Deserialize;

use super::input::CatalogInput;
use super::read::{Form, Layouts};
use super::{Catalog, Changes, EXTENDED, Field, Kept, Kind};
use crate::Problem;
use crate::api::Session;

/// The catalogs of a collection.
#[derive(Debug)]
pub struct Catalogs {
    main: &'static Catalog<'static>,
    extended: Vec<Definition>,
    configuration: String,
}

/// A catalog as the host describes it, see docs/metadata.md.
#[derive(Debug, Deserialize)]
struct Definition {
    flavor: String,
    title: String,
    fields: Vec<FieldDefinition>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FieldDefinition {
    id: String,
    label: String,
    r#type: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    read_only: bool,
    translatable: Option<bool>,
    pattern: Option<String>,
    delimiter: Option<String>,
}

impl Catalogs {
    /// The main catalog and no others, which costs nothing.
    pub(super) fn main(main: &'static Catalog<'static>) -> Catalogs {
        Catalogs {
            main,
            extended: Vec::new(),
            configuration: String::new(),
        }
    }

    /// The flavors of all catalogs, the main one first.
    pub fn flavors(&self) -> Vec<String> {
        let extended = self.extended.iter().map(|definition| definition.flavor.clone());
        std::iter::once(self.main.flavor.to_owned()).chain(extended).collect()
    }

    /// All catalogs of a collection.
    pub fn all(session: &dyn Session, collection: &str, main: &'static Catalog<'static>) -> Result<Catalogs, Problem> {
        let text = session.catalogs(collection)?;
        let extended = serde_json::from_str(&text)
            .map_err(|_| Problem::new(500, "The configuration of the metadata catalogs cannot be understood."))?;
        Ok(Catalogs {
            main,
            extended,
            configuration: text,
        })
    }

    /// Catalogs among which are those of these flavors, if they exist. The host is only asked if it has to be.
    pub(super) fn with<'f>(
        session: &dyn Session,
        collection: &str,
        main: &'static Catalog<'static>,
        mut flavors: impl Iterator<Item = &'f str>,
    ) -> Result<Catalogs, Problem> {
        if flavors.all(|flavor| flavor == main.flavor) {
            Ok(Catalogs::main(main))
        } else {
            Catalogs::all(session, collection, main)
        }
    }

    /// What the tenant has configured, as the host says it.
    pub fn configuration(&self) -> &str {
        &self.configuration
    }

    /// The catalog of this flavor.
    pub fn get(&self, flavor: &str) -> Option<Catalog<'_>> {
        if flavor == self.main.flavor {
            return Some(self.main.borrowed());
        }
        let definition = self.extended.iter().find(|definition| definition.flavor == flavor)?;
        Some(definition.catalog())
    }

    pub(super) fn main_catalog(&self) -> &'static Catalog<'static> {
        self.main
    }

    pub(super) fn extended(&self) -> impl Iterator<Item = Catalog<'_>> {
        self.extended.iter().map(Definition::catalog)
    }

    /// The fields of a query that wants the catalogs besides these fields.
    pub fn fields<'n>(&self, fields: &[&'n str]) -> Vec<&'n str> {
        let extended = (!self.extended.is_empty()).then_some(EXTENDED);
        fields.iter().copied().chain(extended).collect()
    }

    /// The catalogs made ready to be shown for the objects of a query for these fields.
    pub fn layouts(&self, fields: &[&str], form: Form) -> Layouts {
        Layouts::new(self, fields, form)
    }

    /// Checks what a client wants of these catalogs. A field that its catalog does not have is refused with the status `unknown`, a
    /// catalog that is not there with 400.
    pub fn changes(&self, inputs: &[CatalogInput], unknown: u16) -> Result<Changes<'_>, Problem> {
        Changes::of(self, inputs, unknown)
    }
}

impl Definition {
    fn catalog(&self) -> Catalog<'_> {
        Catalog {
            flavor: &self.flavor,
            title: &self.title,
            fields: Cow::Owned(self.fields.iter().map(FieldDefinition::field).collect()),
            kept: Kept::Document,
        }
    }
}

impl FieldDefinition {
    fn field(&self) -> Field<'_> {
        Field {
            id: &self.id,
            alias: None,
            label: &self.label,
            kind: kind(&self.r#type),
            required: self.required,
            read_only: self.read_only,
            translatable: self.translatable,
            pattern: self.pattern.as_deref(),
            delimiter: self.delimiter.as_deref(),
            content: &self.id,
        }
    }
}

/// What the types of the configuration mean. In an extended catalog date and time of a start are two contents that have nothing to do with
/// each other.
fn kind(name: &str) -> Kind {
    match name {
        "boolean" => Kind::Boolean,
        "date" | "start_date" => Kind::Date,
        "duration" => Kind::Duration,
        "iterable_text" => Kind::IterableText,
        "long" => Kind::Long,
        "mixed_text" => Kind::MixedText,
        "ordered_text" => Kind::OrderedText,
        "start_time" => Kind::Time,
        "text_long" => Kind::LongText,
        _ => Kind::Text,
    }
}

#[cfg(test)]
mod tests;
