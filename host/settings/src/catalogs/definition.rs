//! What a file says about a metadata catalog: the keys are those of Opencast's `CatalogUIAdapterFactory` configurations.

use serde::Serialize;

use crate::TenantName;
use crate::properties::Properties;

/// Objects that have metadata.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// What the key `type` says, which is also the name of the collection.
    pub(super) collection: &'static str,
    /// The flavor of the main catalog.
    main: &'static str,
}

/// All of them.
pub(super) const KINDS: [Kind; 2] = [
    Kind {
        collection: "events",
        main: "dublincore/episode",
    },
    Kind {
        collection: "series",
        main: "dublincore/series",
    },
];

/// What fields can hold: the values of the key `type`. Handlers know what they mean.
const TYPES: [&str; 11] = [
    "boolean",
    "date",
    "duration",
    "iterable_text",
    "long",
    "mixed_text",
    "ordered_text",
    "start_date",
    "start_time",
    "text",
    "text_long",
];

/// Those that have a pattern.
const TYPES_WITH_PATTERN: [&str; 3] = ["date", "start_date", "start_time"];

/// The letters of Java's `SimpleDateFormat` that handlers know.
const PATTERN_LETTERS: &str = "yMdHmsS";

/// Lists of values whose names are keys of translations. What is chosen from other lists is shown as it is.
const TRANSLATABLE: [&str; 2] = ["LANGUAGES", "LICENSES"];

/// A catalog, in the shape that handlers read: see docs/metadata.md.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Catalog {
    /// In lower case.
    pub(super) flavor: String,
    title: String,
    /// In the order in which they are shown.
    fields: Vec<Field>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    id: String,
    label: String,
    r#type: String,
    required: bool,
    read_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    translatable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter: Option<String>,
    #[serde(skip)]
    order: Option<usize>,
}

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A catalog for this kind of objects.
    Catalog(&'static Kind, Catalog),
    /// A catalog that is for another organization.
    Elsewhere(String),
}

/// Reads a configuration. The error is a sentence for the operator, without the file's name.
pub(super) fn definition(properties: &Properties, tenant: &TenantName) -> Result<Found, String> {
    let organization = properties.get("organization").unwrap_or("*");
    if organization != "*" && organization != tenant.as_str() {
        return Ok(Found::Elsewhere(organization.to_owned()));
    }
    let wanted = required(properties, "type")?;
    let kind = KINDS
        .iter()
        .find(|kind| kind.collection == wanted)
        .ok_or_else(|| format!("`type` is `{wanted}`, but there are only `events` and `series`"))?;
    let flavor = flavor(required(properties, "flavor")?)?;
    if flavor == kind.main || flag(properties, "common-metadata")? {
        return Err(format!(
            "it describes the main catalog of {} (`common-metadata`, `{}`), which is the same for all tenants: only further catalogs \
             can be configured",
            kind.collection, kind.main
        ));
    }
    let catalog = Catalog {
        flavor,
        title: required(properties, "title")?.to_owned(),
        fields: fields(properties)?,
    };
    Ok(Found::Catalog(kind, catalog))
}

fn flavor(text: &str) -> Result<String, String> {
    let flavor = text.to_lowercase();
    let is_part = |part: &str| !part.is_empty() && !part.contains(['/', '*']) && !part.contains(char::is_whitespace);
    match flavor.split_once('/') {
        Some((kind, subtype)) if is_part(kind) && is_part(subtype) => Ok(flavor),
        _ => Err(format!(
            "`flavor` is `{text}`, but a flavor is a type and a subtype, as in `lecture/extended`"
        )),
    }
}

/// The fields in the order in which they are shown: first those without an `order`, as they stand in the file; then each of the
/// others at the position that its `order` says, if there are as many before it.
fn fields(properties: &Properties) -> Result<Vec<Field>, String> {
    let mut names: Vec<&str> = Vec::new();
    for (key, _) in properties.iter() {
        if let Some(name) = field_name(key)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err("it has no fields: give it at least `property.NAME.inputID`, `.label` and `.type`".to_owned());
    }
    let mut ordered: Vec<Field> = Vec::new();
    let mut shown: Vec<Field> = Vec::new();
    for name in names {
        let field = field(properties, name)?;
        if shown.iter().chain(&ordered).any(|known| known.id == field.id) {
            return Err(format!("more than one field has the id `{}`", field.id));
        }
        let list = if field.order.is_some() {
            &mut ordered
        } else {
            &mut shown
        };
        list.push(field);
    }
    ordered.sort_by_key(|field| field.order);
    for field in ordered {
        let position = field.order.unwrap_or(usize::MAX).min(shown.len());
        shown.insert(position, field);
    }
    Ok(shown)
}

/// `name` of `property.name.inputID`.
fn field_name(key: &str) -> Option<&str> {
    let (name, _) = key.strip_prefix("property.")?.rsplit_once('.')?;
    (!name.is_empty()).then_some(name)
}

fn field(properties: &Properties, name: &str) -> Result<Field, String> {
    let key = |attribute: &str| format!("property.{name}.{attribute}");
    let optional = |attribute: &str| properties.get(&key(attribute)).map(str::to_owned);
    let id = match optional("outputID") {
        Some(id) => id,
        None => required(properties, &key("inputID"))?.to_owned(),
    };
    let r#type = required(properties, &key("type"))?.to_ascii_lowercase();
    if !TYPES.contains(&r#type.as_str()) {
        let types = TYPES.join(", ");
        return Err(format!("`{}` is `{type}`, but there are: {types}", key("type")));
    }
    let pattern = optional("pattern").filter(|_| TYPES_WITH_PATTERN.contains(&r#type.as_str()));
    if let Some(piece) = pattern.as_deref().and_then(unknown_piece) {
        return Err(format!(
            "`{}` has `{piece}`, but its letters are `{PATTERN_LETTERS}`, each as a number; everything else stands in 'quotes'",
            key("pattern")
        ));
    }
    let order = match properties.get(&key("order")) {
        None => None,
        Some(order) => Some(
            order
                .parse()
                .map_err(|_| format!("`{}` is `{order}`, which is no position", key("order")))?,
        ),
    };
    Ok(Field {
        id,
        label: required(properties, &key("label"))?.to_owned(),
        required: flag(properties, &key("required"))?,
        read_only: flag(properties, &key("readOnly"))?,
        translatable: optional("listprovider").map(|list| TRANSLATABLE.contains(&list.as_str())),
        pattern,
        delimiter: optional("delimiter"),
        order,
        r#type,
    })
}

/// What in a pattern is neither quoted nor a number: an unknown letter, or the name of a month.
fn unknown_piece(pattern: &str) -> Option<String> {
    let mut outside = pattern.split('\'').step_by(2);
    outside.find_map(|text| {
        match text.find(|letter: char| letter.is_ascii_alphabetic() && !PATTERN_LETTERS.contains(letter)) {
            Some(at) => text.get(at..)?.chars().next().map(String::from),
            None => text.contains("MMM").then(|| "MMM".to_owned()),
        }
    })
}

fn required<'p>(properties: &'p Properties, key: &str) -> Result<&'p str, String> {
    properties.get(key).ok_or_else(|| format!("`{key}` is missing"))
}

fn flag(properties: &Properties, key: &str) -> Result<bool, String> {
    match properties.get(key) {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(text) => Err(format!("`{key}` is `{text}`, but it is `true` or `false`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LECTURE: &str = "type=events\norganization=*\nflavor=Lecture/Extended\ntitle=TEACHING\n";

    fn read(text: &str) -> Result<Found, String> {
        let properties = Properties::parse(text.as_bytes())?;
        definition(&properties, &"uni".parse().unwrap())
    }

    fn with(lines: &str) -> Result<Found, String> {
        read(&format!("{LECTURE}{lines}"))
    }

    fn catalog(lines: &str) -> serde_json::Value {
        match with(lines) {
            Ok(Found::Catalog(_, catalog)) => serde_json::to_value(catalog).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn room(attributes: &str) -> String {
        format!("property.room.inputID=room\nproperty.room.label=ROOM\nproperty.room.type=text\n{attributes}")
    }

    #[test]
    fn a_field_has_what_the_file_says_of_it() {
        let lines = "property.degree.inputID=degree_internal\nproperty.degree.outputID=degree\nproperty.degree.label=DEGREE\n\
                     property.degree.type=MIXED_TEXT\nproperty.degree.readOnly=true\nproperty.degree.required=True\n\
                     property.degree.listprovider=LANGUAGES\nproperty.degree.delimiter=;\nproperty.degree.pattern=yyyy\n\
                     property.degree.namespace=http://example.org/\nxml.rootElement.name=degree\n";
        assert_eq!(
            catalog(lines),
            serde_json::json!({"flavor": "lecture/extended", "title": "TEACHING", "fields": [{
                "id": "degree", "label": "DEGREE", "type": "mixed_text", "required": true, "readOnly": true,
                "translatable": true, "delimiter": ";",
            }]})
        );
    }

    #[test]
    fn fields_come_in_their_order_and_those_without_one_come_first() {
        let field = |name: &str, order: &str| {
            let order = match order {
                "" => String::new(),
                order => format!("property.{name}.order={order}\n"),
            };
            format!("property.{name}.inputID={name}\nproperty.{name}.label=L\nproperty.{name}.type=text\n{order}")
        };
        let lines: String = [("c", "7"), ("x", ""), ("b", "1"), ("y", ""), ("a", "0")]
            .map(|(name, order)| field(name, order))
            .concat();
        let catalog = catalog(&lines);
        let ids: Vec<&str> = catalog["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, ["a", "b", "x", "y", "c"]);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        for (text, named) in [
            (room("").as_str(), "`type` is missing"),
            ("type=event\nflavor=a/b\ntitle=T", "`event`"),
            ("type=events\ntitle=T", "`flavor` is missing"),
            ("type=events\nflavor=lecture\ntitle=T", "`lecture`"),
            ("type=events\nflavor=*/b\ntitle=T", "`*/b`"),
            ("type=events\nflavor=a/b", "`title` is missing"),
            ("type=events\nflavor=a/b\ntitle=T", "no fields"),
            (
                "type=events\nflavor=DublinCore/Episode\ntitle=T",
                "main catalog of events",
            ),
            (
                "type=series\nflavor=dublincore/series\ntitle=T",
                "main catalog of series",
            ),
            (
                "type=events\nflavor=a/b\ntitle=T\ncommon-metadata=true",
                "main catalog of events",
            ),
            ("type=events\nflavor=a/b\ntitle=T\ncommon-metadata=maybe", "`maybe`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
        for (attributes, named) in [
            ("property.room.type=texts", "`texts`"),
            ("property.room.type=", "`property.room.type` is missing"),
            ("property.room.label=", "`property.room.label` is missing"),
            ("property.room.inputID=", "`property.room.inputID` is missing"),
            ("property.room.order=last", "`last`"),
            ("property.room.required=yes", "`yes`"),
            ("property.room.type=date\nproperty.room.pattern=yyyy-MM-dd Z", "`Z`"),
            ("property.room.type=date\nproperty.room.pattern=d. MMMM yyyy", "`MMM`"),
            (
                "property.hall.inputID=room\nproperty.hall.label=H\nproperty.hall.type=text",
                "id `room`",
            ),
        ] {
            let error = with(&room(attributes)).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_pattern_belongs_to_points_in_time_and_may_quote() {
        let lines = room("property.room.type=start_date\nproperty.room.pattern=yyyy-MM-dd'T'HH:mm 'UTC'");
        assert_eq!(catalog(&lines)["fields"][0]["pattern"], "yyyy-MM-dd'T'HH:mm 'UTC'");
    }

    #[test]
    fn a_file_for_another_organization_is_none_for_this_tenant() {
        let text = |organization: &str| {
            format!(
                "type=series\nflavor=a/b\ntitle=T\norganization={organization}\n{}",
                room("")
            )
        };
        assert_eq!(read(&text("other")), Ok(Found::Elsewhere("other".to_owned())));
        for organization in ["uni", "*", ""] {
            assert!(
                matches!(read(&text(organization)), Ok(Found::Catalog(kind, _)) if kind.collection == "series"),
                "{organization}"
            );
        }
    }
}
