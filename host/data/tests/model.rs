//! The data layer against a plain model: random changes, then random queries by random users, answered by going through everything.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code may stop a test the short way"
)]

mod support;

use lectern_data::access::allows;
use lectern_data::model::*;
use lectern_data::text::{fold, terms};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use std::cmp::{Ordering, Reverse};
use support::*;

/// An object as the model knows it. Fields hold values as they are returned.
#[derive(Debug, Clone)]
struct Object {
    identifier: String,
    /// Objects are numbered in the order of their creation.
    number: u32,
    fields: Vec<(&'static str, Value)>,
    /// An event's own list, a series' list.
    acl: Option<Acl>,
    series: Option<String>,
}

#[derive(Debug, Default)]
struct Model {
    events: Vec<Object>,
    series: Vec<Object>,
    created: u32,
}

const TITLES: [&str; 7] = ["", "Algebra", "algebra II", "Ökonomie", "Größe", "Z", "Algebra"];
const NAMES: [&str; 4] = ["Noether", "Zuse", "Ångström", "a"];
const ROLES: [&str; 4] = ["A", "B", "C", "D"];
const IDENTIFIERS: [&str; 12] = [
    "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "e10", "e11", "e12",
];
const SERIES_IDENTIFIERS: [&str; 4] = ["s1", "s2", "s3", "s4"];
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

impl Object {
    fn value(&self, field: &str) -> Value {
        self.fields
            .iter()
            .find(|(name, _)| *name == field)
            .map_or(Value::None, |(_, value)| value.clone())
    }

    fn assign(&mut self, assignments: &[(&'static str, Value)]) {
        for (name, value) in assignments {
            self.fields.retain(|(other, _)| other != name);
            self.fields.push((name, value.clone()));
        }
    }
}

impl Model {
    fn objects(&mut self, collection: &str) -> &mut Vec<Object> {
        if collection == "events" {
            &mut self.events
        } else {
            &mut self.series
        }
    }

    fn series_of(&self, event: &Object) -> Option<&Object> {
        let identifier = event.series.as_ref()?;
        self.series.iter().find(|series| series.identifier == *identifier)
    }

    fn acl(&self, object: &Object) -> Acl {
        let followed = || self.series_of(object).and_then(|series| series.acl.clone());
        object.acl.clone().or_else(followed).unwrap_or_default()
    }

    fn value(&self, object: &Object, field: &str) -> Value {
        let text = |text: &str| {
            if text.is_empty() {
                Value::None
            } else {
                Value::Text(text.to_owned())
            }
        };
        match field {
            "identifier" => text(&object.identifier),
            "creator" => text("A User"),
            "status" => text("EVENTS.EVENTS.STATUS.PROCESSED"),
            "is_part_of" => object.series.as_deref().map_or(Value::None, text),
            "series" => self
                .series_of(object)
                .map_or(Value::None, |series| series.value("title")),
            "end" => match (object.value("start"), object.value("duration")) {
                (Value::Number(start), Value::Number(duration)) => Value::Number(start + duration),
                (start, _) => start,
            },
            other => object.value(other),
        }
    }

    /// Applies a step; tells why it has to be refused.
    fn apply(&mut self, step: &Step) -> Result<(), Reason> {
        let known_series = |model: &Model, series: &str| model.series.iter().any(|object| object.identifier == series);
        match step {
            Step::Create {
                collection,
                identifier,
                fields,
                series,
                acl,
            } => {
                if self
                    .objects(collection)
                    .iter()
                    .any(|object| object.identifier == *identifier)
                {
                    return Err(Reason::Conflict);
                }
                if series.as_ref().is_some_and(|series| !known_series(self, series)) {
                    return Err(Reason::Invalid);
                }
                self.created += 1;
                let mut object = Object {
                    identifier: identifier.to_string(),
                    number: self.created,
                    fields: Vec::new(),
                    acl: acl.clone().or((*collection == "series").then(Acl::new)),
                    series: series.clone(),
                };
                object.assign(fields);
                let created = [object.value("created"), object.value("start"), Value::Number(NOW)];
                let created = created.into_iter().find(|value| *value != Value::None);
                object.assign(&[("created", created.unwrap())]);
                self.objects(collection).push(object);
            }
            Step::Update {
                collection,
                identifier,
                fields,
                series,
            } => {
                let found = self
                    .objects(collection)
                    .iter()
                    .position(|object| object.identifier == *identifier);
                let position = found.ok_or(Reason::Missing)?;
                if let Some(Some(series)) = series
                    && !known_series(self, series)
                {
                    return Err(Reason::Invalid);
                }
                let object = &mut self.objects(collection)[position];
                object.assign(fields);
                if let Some(series) = series {
                    object.series = series.clone();
                }
            }
            Step::SetAcl {
                collection,
                identifier,
                acl,
            } => {
                let found = self
                    .objects(collection)
                    .iter_mut()
                    .find(|object| object.identifier == *identifier);
                found.ok_or(Reason::Missing)?.acl = acl.clone().or((*collection == "series").then(Acl::new));
            }
            Step::Grant {
                collection,
                identifier,
                role,
                revoke,
            } => {
                let found = self
                    .objects(collection)
                    .iter()
                    .position(|object| object.identifier == *identifier);
                let position = found.ok_or(Reason::Missing)?;
                let object = self.objects(collection)[position].clone();
                let mut acl = self.acl(&object);
                let concerned = |entry: &AccessEntry| entry.action == "read" && entry.role == *role;
                if *revoke {
                    if !acl.iter().any(concerned) {
                        return Err(Reason::Missing);
                    }
                    acl.retain(|entry| !concerned(entry));
                } else if acl.iter().any(concerned) {
                    acl.iter_mut()
                        .filter(|entry| concerned(entry))
                        .for_each(|entry| entry.allow = true);
                } else {
                    acl.push(entry(role, "read", true));
                }
                self.objects(collection)[position].acl = Some(acl);
            }
            Step::Override { series } => {
                if !known_series(self, series) {
                    return Err(Reason::Missing);
                }
                let of_series = |event: &&mut Object| event.series.as_deref() == Some(series);
                self.events
                    .iter_mut()
                    .filter(of_series)
                    .for_each(|event| event.acl = None);
            }
            Step::Delete { collection, identifier } => {
                let found = self
                    .objects(collection)
                    .iter()
                    .position(|object| object.identifier == *identifier);
                self.objects(collection).remove(found.ok_or(Reason::Missing)?);
                if *collection == "series" {
                    let of_series = |event: &&mut Object| event.series.as_deref() == Some(identifier);
                    self.events
                        .iter_mut()
                        .filter(of_series)
                        .for_each(|event| event.series = None);
                }
            }
        }
        Ok(())
    }

    fn meets(&self, collection: &str, object: &Object, criterion: &Criterion) -> bool {
        match (&criterion.test, self.value(object, &criterion.field)) {
            (Test::Equals(values), Value::Text(text)) => values.contains(&text),
            (Test::Equals(values), Value::Texts(texts)) => texts.iter().any(|text| values.contains(text)),
            (Test::Equals(values), Value::Number(number)) => values.contains(&number.to_string()),
            (Test::Between(from, to), Value::Number(number)) => (*from..=*to).contains(&number),
            (Test::Contains(search), _) => {
                let text = fold(&self.text(collection, object));
                terms(search).iter().all(|term| text.contains(term.as_str()))
            }
            _ => false,
        }
    }

    fn text(&self, collection: &str, object: &Object) -> String {
        let names: &[&str] = match collection {
            "events" => &[
                "identifier",
                "creator",
                "title",
                "description",
                "presenter",
                "location",
                "created",
                "start",
                "series",
                "is_part_of",
            ],
            _ => &["identifier", "creator", "title", "organizer", "created"],
        };
        let mut lines = vec![if collection == "events" {
            "PROCESSED".to_owned()
        } else {
            String::new()
        }];
        for name in names {
            match self.value(object, name) {
                Value::Text(text) => lines.push(text),
                Value::Texts(texts) => lines.extend(texts),
                Value::Number(NOW) => lines.push("2023-11-14T22:13:20Z".to_owned()),
                Value::Number(time) => lines.push(format!("1970-01-01T00:00:{:02}Z", time / 1000)),
                _ => {}
            }
        }
        lines.join("\n")
    }

    fn compare(&self, sort: &[SortKey], one: &Object, other: &Object) -> Ordering {
        for key in sort {
            let element = |object: &Object| match self.value(object, &key.field) {
                Value::Texts(texts) if key.descending => texts.into_iter().max().map(Value::Text),
                Value::Texts(texts) => texts.into_iter().min().map(Value::Text),
                Value::None => None,
                value => Some(value),
            };
            let rank = |object: &Object| match element(object)? {
                Value::Text(text) if key.field == "series" => Some((text, 0, self.series_of(object)?.number)),
                Value::Text(text) => Some((text, 0, 0)),
                Value::Number(number) => Some((String::new(), number, 0)),
                _ => None,
            };
            let ordering = match (rank(one), rank(other)) {
                (Some(one), Some(other)) if key.descending => other.cmp(&one),
                (Some(one), Some(other)) => one.cmp(&other),
                (one, other) => Reverse(one.is_some()).cmp(&Reverse(other.is_some())),
            };
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        let age = one.number.cmp(&other.number);
        if sort.first().is_some_and(|key| key.descending) {
            age.reverse()
        } else {
            age
        }
    }

    /// All that a query finds, in order.
    fn find(&self, session: &Session, query: &Query) -> Vec<&Object> {
        let objects = if query.collection == "events" {
            &self.events
        } else {
            &self.series
        };
        let mut found: Vec<&Object> = objects
            .iter()
            .filter(|object| {
                let mut actions = query.actions.iter().map(String::as_str).chain(["read"]);
                actions.all(|action| allows(&self.acl(object), &session.principal, action))
            })
            .filter(|object| {
                let all =
                    |criteria: &Vec<Criterion>| criteria.iter().all(|one| self.meets(&query.collection, object, one));
                query.filters.is_empty() || query.filters.iter().any(all)
            })
            .collect();
        found.sort_by(|one, other| self.compare(&query.sort, one, other));
        found
    }
}

/// A change, in terms of the model.
#[derive(Debug, Clone)]
enum Step {
    Create {
        collection: &'static str,
        identifier: &'static str,
        fields: Vec<(&'static str, Value)>,
        series: Option<String>,
        acl: Option<Acl>,
    },
    Update {
        collection: &'static str,
        identifier: &'static str,
        fields: Vec<(&'static str, Value)>,
        series: Option<Option<String>>,
    },
    SetAcl {
        collection: &'static str,
        identifier: &'static str,
        acl: Option<Acl>,
    },
    Grant {
        collection: &'static str,
        identifier: &'static str,
        role: &'static str,
        revoke: bool,
    },
    Override {
        series: &'static str,
    },
    Delete {
        collection: &'static str,
        identifier: &'static str,
    },
}

impl Step {
    fn change(&self) -> Change {
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
        match self {
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
        }
    }
}

fn value_of(texts: &'static [&'static str]) -> impl Strategy<Value = Value> {
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

fn event_fields() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let field = prop_oneof![
        3 => value_of(&TITLES).prop_map(|value| ("title", value)),
        1 => value_of(&["", "Room 1", "room 1", "x"]).prop_map(|value| ("location", value)),
        1 => value_of(&["", "Über Größe", "a description that is longer than the beginning that is indexed"]).prop_map(|value| ("description", value)),
        2 => names().prop_map(|value| ("presenter", value)),
        2 => moment().prop_map(|value| ("start", value)),
        1 => moment().prop_map(|value| ("duration", value)),
    ];
    vec(field, 0..6).prop_map(distinct)
}

fn series_fields() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let title = value_of(&TITLES[1..]).prop_map(|value| ("title", value));
    (title, names()).prop_map(|(title, names)| vec![title, ("organizer", names)])
}

/// Of several assignments to a field the last.
fn distinct(fields: Vec<(&'static str, Value)>) -> Vec<(&'static str, Value)> {
    let mut object = Object {
        identifier: String::new(),
        number: 0,
        fields: Vec::new(),
        acl: None,
        series: None,
    };
    object.assign(&fields);
    object.fields
}

fn list() -> impl Strategy<Value = Acl> {
    let entry = (
        select(&ROLES[..]),
        select(&["read", "read", "write"][..]),
        prop::bool::weighted(0.75),
    );
    vec(
        entry.prop_map(|(role, action, allow)| entry_of(role, action, allow)),
        0..4,
    )
}

fn entry_of(role: &str, action: &str, allow: bool) -> AccessEntry {
    entry(role, action, allow)
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

fn step() -> impl Strategy<Value = Step> {
    let own = || proptest::option::weighted(0.6, list());
    prop_oneof![
        8 => (select(&IDENTIFIERS[..]), event_fields(), some_series(), own()).prop_map(|(identifier, fields, series, acl)| {
            Step::Create { collection: "events", identifier, fields, series, acl }
        }),
        3 => (select(&SERIES_IDENTIFIERS[..]), series_fields(), own()).prop_map(|(identifier, fields, acl)| {
            Step::Create { collection: "series", identifier, fields, series: None, acl }
        }),
        4 => (select(&IDENTIFIERS[..]), event_fields(), proptest::option::weighted(0.3, some_series())).prop_map(|(identifier, fields, series)| {
            Step::Update { collection: "events", identifier, fields, series }
        }),
        1 => (select(&SERIES_IDENTIFIERS[..]), value_of(&TITLES[1..])).prop_map(|(identifier, title)| {
            Step::Update { collection: "series", identifier, fields: vec![("title", title)], series: None }
        }),
        2 => (target(), own()).prop_map(|((collection, identifier), acl)| Step::SetAcl { collection, identifier, acl }),
        1 => (target(), select(&ROLES[..]), any::<bool>())
            .prop_map(|((collection, identifier), role, revoke)| Step::Grant { collection, identifier, role, revoke }),
        1 => select(&SERIES_IDENTIFIERS[..]).prop_map(|series| Step::Override { series }),
        2 => target().prop_map(|(collection, identifier)| Step::Delete { collection, identifier }),
    ]
}

fn criterion(collection: &'static str) -> BoxedStrategy<Criterion> {
    let one_of = |field: &'static str, values: &'static [&'static str]| {
        vec(select(values), 1..3)
            .prop_map(move |values| equals(field, &values))
            .boxed()
    };
    let search = select(&SEARCHES[..]).prop_map(contains);
    let title = one_of("title", &TITLES);
    if collection == "series" {
        return prop_oneof![
            title,
            one_of("organizer", &NAMES),
            one_of("identifier", &SERIES_IDENTIFIERS),
            search
        ]
        .boxed();
    }
    let bounds = (select(&["start", "end", "created"][..]), -1..5_i64, 0..5_i64);
    prop_oneof![
        title,
        one_of("presenter", &NAMES),
        one_of("identifier", &IDENTIFIERS),
        one_of("location", &["Room 1", "room 1", "x", "y"]),
        one_of(
            "description",
            &[
                "Über Größe",
                "a description that is longer than the beginning that is indexed",
                "z"
            ]
        ),
        one_of("is_part_of", &SERIES_IDENTIFIERS),
        one_of("series", &TITLES),
        one_of("created", &["1000", "2000", "x"]),
        one_of("status", &["EVENTS.EVENTS.STATUS.PROCESSED"]),
        search,
        bounds.prop_map(|(field, from, length)| between(field, from * 1000, (from + length) * 1000)),
    ]
    .boxed()
}

fn any_query() -> impl Strategy<Value = Query> {
    select(&["events", "events", "series"][..]).prop_flat_map(|collection| {
        let keys: &[&str] = match collection {
            "events" => &["title", "presenter", "location", "start", "end", "series"],
            _ => &["title", "organizer", "created"],
        };
        let keys: Vec<SortKey> = keys
            .iter()
            .flat_map(|field| {
                [false, true].map(|descending| SortKey {
                    field: field.to_string(),
                    descending,
                })
            })
            .collect();
        let filters = prop_oneof![
            2 => Just(Vec::new()),
            3 => vec(criterion(collection), 1..3).prop_map(|criteria| vec![criteria]),
            2 => vec(vec(criterion(collection), 1..3), 2..4),
        ];
        let write =
            prop::bool::weighted(0.2).prop_map(|write| if write { vec!["write".to_owned()] } else { Vec::new() });
        (
            filters,
            subsequence(keys, 0..3).prop_shuffle(),
            0..6_u64,
            1..6_u32,
            write,
            any::<bool>(),
        )
            .prop_map(move |(filters, sort, offset, limit, actions, with_total)| Query {
                collection: collection.to_owned(),
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

fn any_user() -> impl Strategy<Value = Session> {
    prop_oneof![
        1 => Just(admin()),
        4 => subsequence(&ROLES[..], 0..=ROLES.len()).prop_map(|roles| user(&roles)),
    ]
}

/// What the counters say against counting.
fn check_counts(tenant: &Tenant) {
    for (collection, table) in [("events", "event"), ("series", "series")] {
        let counted = format!("(SELECT count(*) FROM {table} AS o WHERE o.effective_acl_id = a.id)");
        assert_eq!(
            tenant.number(&format!(
                "SELECT count(*) FROM effective_acl AS a WHERE a.{collection} <> {counted}"
            )),
            0
        );
        assert_eq!(
            tenant.number(&format!(
                "SELECT {collection} - (SELECT count(*) FROM {table}) FROM tenant_state"
            )),
            0
        );
    }
    let unused = "SELECT count(*) FROM acl WHERE NOT EXISTS (SELECT 1 FROM effective_acl WHERE acl_id = acl.id)";
    assert_eq!(tenant.number(unused), 0);
    let empty = "SELECT count(*) FROM effective_acl WHERE events = 0 AND series = 0 AND ifnull(own_acl_id, series_id) IS NOT NULL";
    assert_eq!(tenant.number(empty), 0);
    let entries = "SELECT count(*) FROM acl_entry WHERE acl_id NOT IN (SELECT id FROM acl)";
    assert_eq!(tenant.number(entries), 0);
    assert_eq!(tenant.number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_eq!(
        tenant
            .connection
            .query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))
            .unwrap(),
        "ok"
    );
}

fn check_query(tenant: &Tenant, model: &Model, session: &Session, query: &Query, fields: &[&str]) {
    let found = model.find(session, query);
    let mut query = Query {
        fields: fields.iter().map(|field| field.to_string()).collect(),
        ..query.clone()
    };
    let window: Vec<&Object> = found
        .iter()
        .copied()
        .skip(query.offset as usize)
        .take(query.limit as usize)
        .collect();
    let page = tenant.find(session, &query);
    let expected: Vec<String> = window.iter().map(|object| object.identifier.clone()).collect();
    assert_eq!(
        identifiers(&page),
        expected,
        "{query:?} by {:?}",
        session.principal.roles
    );
    assert_eq!(page.total, query.with_total.then_some(found.len() as u64), "{query:?}");
    assert_eq!(
        page.next.is_some(),
        found.len() > query.offset as usize + window.len(),
        "{query:?}"
    );
    for (item, object) in page.items.iter().zip(&window) {
        let values: Vec<Value> = fields.iter().map(|field| model.value(object, field)).collect();
        assert_eq!(item.values, values);
        assert_eq!(page.acls[item.acl.unwrap() as usize], model.acl(object));
    }
    // The rest, page by page.
    let mut walked = identifiers(&page);
    query.offset = 0;
    query.cursor = page.next;
    while query.cursor.is_some() {
        let page = tenant.find(session, &query);
        assert!(!page.items.is_empty());
        walked.extend(identifiers(&page));
        query.cursor = page.next;
    }
    let rest: Vec<String> = found
        .iter()
        .skip(found.len() - walked.len())
        .map(|object| object.identifier.clone())
        .collect();
    assert_eq!(walked, rest, "{query:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_what_going_through_everything_would_find(
        steps in vec(step(), 5..80),
        together in 1..6_usize,
        queries in vec((any_user(), any_query()), 25),
        interlude in any::<Index>(),
    ) {
        let tenant = Tenant::new();
        let mut model = Model::default();
        let pause = interlude.index(steps.len());
        for (position, steps) in steps.chunks(together).enumerate() {
            // Steps that fit go together, those that have to be refused alone.
            let mut changes = Vec::new();
            for step in steps {
                match model.apply(step) {
                    Ok(()) => changes.push(step.change()),
                    Err(reason) => {
                        tenant.write(&admin(), &std::mem::take(&mut changes));
                        prop_assert_eq!(tenant.try_write(&admin(), &[step.change()]).unwrap_err().reason, reason);
                    }
                }
            }
            tenant.write(&admin(), &changes);
            if position == pause / together {
                // What is remembered from here on has to notice the rest.
                for (session, query) in &queries {
                    check_query(&tenant, &model, session, query, &["title"]);
                }
            }
        }
        check_counts(&tenant);
        for (session, query) in &queries {
            let fields: &[&str] = match query.collection.as_str() {
                "events" => &["identifier", "title", "presenter", "location", "created", "start", "duration", "end", "is_part_of", "series", "status"],
                _ => &["title", "organizer", "creator"],
            };
            check_query(&tenant, &model, session, query, fields);
        }
    }
}
