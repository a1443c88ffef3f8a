//! Random queries: every field in every way that the tables of fields allow.

use super::steps::{IDENTIFIERS, NAMES, ROLES, SERIES_IDENTIFIERS, contents};
use crate::support::*;
use lectern_data::collection::{Collection, Equals, Field, Kind, Place, Sort, collection};
use lectern_data::model::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;

const SEARCHES: [&str; 12] = [
    "a",
    "al",
    "alg",
    "ALGEBRA",
    "bra",
    "okonomie",
    "grosse zuse",
    "noether s1",
    "00:00:0",
    "ss",
    "rom",
    "x y",
];

/// Contents to compare a field with, most of which occur.
fn compared(collection: &Collection, field: &Field) -> Vec<&'static str> {
    match (field.name, field.kind) {
        ("identifier", _) if collection.has_series() => IDENTIFIERS.to_vec(),
        ("identifier" | "is_part_of", _) => SERIES_IDENTIFIERS.to_vec(),
        ("creator", _) => vec!["A User", "user"],
        ("status", _) => vec!["EVENTS.EVENTS.STATUS.PROCESSED", "PROCESSED"],
        (_, Kind::Texts) => NAMES.to_vec(),
        (_, Kind::Number) => vec!["1000", "2000", "x"],
        (name, _) => [contents(name), &["y"]].concat(),
    }
}

/// Every test of a field.
fn tests(collection: &Collection, field: &'static Field) -> Vec<BoxedStrategy<Criterion>> {
    let name = field.name;
    let mut tests = Vec::new();
    if field.equals != Equals::No {
        let values = vec(select(compared(collection, field)), 1..3);
        tests.push(values.prop_map(move |values| equals(name, &values)).boxed());
    }
    if field.between {
        let bounds = (-1..5_i64, -1..5_i64);
        let bounds = bounds.prop_map(move |(from, length)| between(name, from * 1000, (from + length) * 1000));
        tests.push(bounds.boxed());
    }
    if field.contains {
        let searches = if field.place == Place::SearchText {
            SEARCHES.to_vec()
        } else {
            vec!["s", "1", "S2", "x"]
        };
        let search = select(searches).prop_map(move |search| Criterion {
            field: name.to_owned(),
            test: Test::Contains(search.to_owned()),
        });
        tests.push(search.boxed());
    }
    tests
}

fn criterion(collection: &'static Collection) -> impl Strategy<Value = Criterion> {
    let tests: Vec<_> = collection
        .fields
        .iter()
        .flat_map(|field| tests(collection, field))
        .collect();
    Union::new(tests)
}

/// Some filters that are likely to find something.
fn common(collection: &'static Collection) -> impl Strategy<Value = Criterion> {
    let common = ["title", "text", "start", "is_part_of", "presenter", "organizer"];
    let fields = collection.fields.iter().filter(|field| common.contains(&field.name));
    Union::new(fields.flat_map(|field| tests(collection, field)))
}

fn sort_keys(collection: &Collection) -> Vec<SortKey> {
    let fields = collection.fields.iter().filter(|field| field.sort != Sort::No);
    fields
        .flat_map(|field| {
            [false, true].map(|descending| SortKey {
                field: field.name.to_owned(),
                descending,
            })
        })
        .collect()
}

pub fn any_query() -> impl Strategy<Value = Query> {
    let name = select(&["events", "events", "series"][..]);
    name.prop_flat_map(|name| {
        let collection = collection(name).unwrap();
        let criterion = || prop_oneof![criterion(collection), common(collection)];
        let filters = prop_oneof![
            2 => Just(Vec::new()),
            3 => vec(criterion(), 1..3).prop_map(|criteria| vec![criteria]),
            2 => vec(vec(criterion(), 1..3), 2..4),
        ];
        let write =
            prop::bool::weighted(0.2).prop_map(|write| if write { vec!["write".to_owned()] } else { Vec::new() });
        (
            filters,
            subsequence(sort_keys(collection), 0..4).prop_shuffle(),
            0..6_u64,
            1..6_u32,
            write,
            any::<bool>(),
        )
            .prop_map(move |(filters, sort, offset, limit, actions, with_total)| Query {
                collection: name.to_owned(),
                filters,
                sort,
                offset,
                limit,
                actions,
                with_total,
                with_acl: true,
                ..Query::default()
            })
    })
}

pub fn any_user() -> impl Strategy<Value = Session> {
    prop_oneof![
        1 => Just(admin()),
        4 => subsequence(&ROLES[..], 0..=ROLES.len()).prop_map(|roles| user(&roles)),
    ]
}
