//! Random changes.

use super::model::{Step, assign};
use crate::support::*;
use lectern_data::collection::{Collection, EVENTS, Kind, Place, SERIES};
use lectern_data::model::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

pub const TITLES: [&str; 7] = ["", "Algebra", "algebra II", "Ökonomie", "Größe", "Z", "Algebra"];
pub const NAMES: [&str; 4] = ["Noether", "Zuse", "Ångström", "a"];
pub const WORDS: [&str; 5] = ["", "Room 1", "room 1", "x", "Über Größe"];
/// The second is longer than the beginning that has an index.
pub const DESCRIPTIONS: [&str; 4] = [
    "",
    "a description that is longer than the beginning that is indexed",
    "a description that is longer than the beginning that is equal",
    "Über Größe",
];
pub const ROLES: [&str; 4] = ["A", "B", "C", "D"];
pub const IDENTIFIERS: [&str; 12] = [
    "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "e10", "e11", "e12",
];
pub const SERIES_IDENTIFIERS: [&str; 4] = ["s1", "s2", "s3", "s4"];
/// What only the host assigns; without letters that are searched for, as the index of texts does not hear of it.
pub const DERIVED: [&str; 3] = ["", "QQ-1", "QQ-2"];

impl Step {
    /// The step as the data layer takes it. What is no change of a handler is none.
    pub fn change(&self) -> Option<Change> {
        let assignments = |fields: &[(&'static str, Value)], series: Option<&Option<String>>| -> Vec<Assignment> {
            let assignment = |field: &str, value: Value| Assignment {
                field: field.to_owned(),
                value,
            };
            let series = series.map(|series| assignment("is_part_of", series.clone().map_or(Value::None, Value::Text)));
            fields
                .iter()
                .map(|(field, value)| assignment(field, value.clone()))
                .chain(series)
                .collect()
        };
        Some(match self {
            Step::Create {
                collection,
                identifier,
                fields,
                series,
                acl,
            } => create(
                collection,
                identifier,
                &assignments(fields, series.is_some().then_some(series)),
                acl.clone(),
            ),
            Step::Update {
                collection,
                identifier,
                fields,
                series,
            } => update(collection, identifier, &assignments(fields, series.as_ref())),
            Step::SetAcl {
                collection,
                identifier,
                acl,
            } => set_acl(collection, identifier, acl.clone()),
            Step::Grant {
                collection,
                identifier,
                role,
                revoke: false,
            } => grant(collection, identifier, "read", role),
            Step::Grant {
                collection,
                identifier,
                role,
                revoke: true,
            } => revoke(collection, identifier, "read", role),
            Step::Override { series } => Change::OverrideAcls {
                series: series.to_string(),
            },
            Step::Delete { collection, identifier } => delete(collection, identifier),
            Step::Derive { .. } | Step::Merge(_) => return None,
        })
    }
}

/// The contents that a field can get.
pub fn contents(field: &str) -> &'static [&'static str] {
    match field {
        "title" | "series" => &TITLES,
        "description" => &DESCRIPTIONS,
        "agent_id" | "processing_state" => &DERIVED,
        _ => &WORDS,
    }
}

fn text_of(texts: &'static [&'static str]) -> impl Strategy<Value = Value> {
    select(texts).prop_map(|text| {
        if text.is_empty() {
            Value::None
        } else {
            Value::Text(text.to_owned())
        }
    })
}

fn names() -> impl Strategy<Value = Value> {
    subsequence(&NAMES[..], 0..3).prop_shuffle().prop_map(|names| {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        if names.is_empty() {
            Value::None
        } else {
            Value::Texts(names)
        }
    })
}

fn moment() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::None),
        (0..5_i64).prop_map(|second| Value::Number(second * 1000))
    ]
}

fn content(name: &'static str, kind: Kind) -> BoxedStrategy<(&'static str, Value)> {
    match kind {
        Kind::Texts => names().prop_map(move |value| (name, value)).boxed(),
        Kind::Number => moment()
            // The time of creation can be changed but not removed.
            .prop_map(move |value| match (name, value) {
                ("created", Value::None) => (name, Value::Number(0)),
                (_, value) => (name, value),
            })
            .boxed(),
        _ => text_of(contents(name)).prop_map(move |value| (name, value)).boxed(),
    }
}

/// Content for some of the fields that handlers may assign, except the series.
fn fields(collection: &'static Collection) -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let assigned = collection.fields.iter().filter(|field| {
        field.writable && matches!(field.place, Place::Own(_)) && !matches!(field.kind, Kind::Document(_))
    });
    let assigned: Vec<_> = assigned
        .map(|field| match (field.name, field.kind) {
            // Series have one.
            ("title", _) if *collection == SERIES => text_of(&TITLES[1..]).prop_map(|value| ("title", value)).boxed(),
            (name, kind) => content(name, kind),
        })
        .collect();
    vec(proptest::strategy::Union::new(assigned), 0..7).prop_map(distinct)
}

fn series_fields() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    (text_of(&TITLES[1..]), fields(&SERIES)).prop_map(|(title, fields)| {
        let mut all = vec![("title", title)];
        assign(&mut all, &fields);
        all
    })
}

fn derived_fields() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let text = select(&["agent_id", "processing_state"][..]).prop_flat_map(|name| content(name, Kind::Text));
    let time = select(&["technical_start", "technical_end"][..]).prop_flat_map(|name| content(name, Kind::Number));
    vec(prop_oneof![text, time], 1..4).prop_map(distinct)
}

/// Of several assignments to a field the last.
fn distinct(assignments: Vec<(&'static str, Value)>) -> Vec<(&'static str, Value)> {
    let mut fields = Vec::new();
    assign(&mut fields, &assignments);
    fields
}

fn list() -> impl Strategy<Value = Acl> {
    let entries = (
        select(&ROLES[..]),
        select(&["read", "read", "write"][..]),
        prop::bool::weighted(0.75),
    );
    vec(
        entries.prop_map(|(role, action, allow)| entry(role, action, allow)),
        0..4,
    )
}

fn some_series() -> impl Strategy<Value = Option<String>> {
    proptest::option::weighted(0.7, select(&SERIES_IDENTIFIERS[..]).prop_map(str::to_owned))
}

fn target() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop_oneof![
        3 => select(&IDENTIFIERS[..]).prop_map(|identifier| ("events", identifier)),
        1 => select(&SERIES_IDENTIFIERS[..]).prop_map(|identifier| ("series", identifier)),
    ]
}

pub fn step() -> impl Strategy<Value = Step> {
    let own = || proptest::option::weighted(0.6, list());
    prop_oneof![
        8 => (select(&IDENTIFIERS[..]), fields(&EVENTS), some_series(), own()).prop_map(|(identifier, fields, series, acl)| {
            Step::Create { collection: "events", identifier, fields, series, acl }
        }),
        3 => (select(&SERIES_IDENTIFIERS[..]), series_fields(), own()).prop_map(|(identifier, fields, acl)| {
            Step::Create { collection: "series", identifier, fields, series: None, acl }
        }),
        4 => (select(&IDENTIFIERS[..]), fields(&EVENTS), proptest::option::weighted(0.3, some_series())).prop_map(|(identifier, fields, series)| {
            Step::Update { collection: "events", identifier, fields, series }
        }),
        1 => (select(&SERIES_IDENTIFIERS[..]), fields(&SERIES)).prop_map(|(identifier, fields)| {
            Step::Update { collection: "series", identifier, fields, series: None }
        }),
        3 => (target(), own()).prop_map(|((collection, identifier), acl)| Step::SetAcl { collection, identifier, acl }),
        2 => (target(), select(&ROLES[..]), any::<bool>())
            .prop_map(|((collection, identifier), role, revoke)| Step::Grant { collection, identifier, role, revoke }),
        1 => select(&SERIES_IDENTIFIERS[..]).prop_map(|series| Step::Override { series }),
        2 => target().prop_map(|(collection, identifier)| Step::Delete { collection, identifier }),
        2 => (select(&IDENTIFIERS[..]), derived_fields()).prop_map(|(event, fields)| Step::Derive { event, fields }),
        1 => select(&["override", "roles", "actions"][..]).prop_map(Step::Merge),
    ]
}
