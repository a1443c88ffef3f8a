//! The data layer against a plain model: random changes, then random queries by random users, answered by going through everything.

mod model;
mod queries;
mod steps;

use crate::support::*;
use lectern_data::access::MERGE_MODE;
use lectern_data::collection::{Collection, EVENTS, Kind, Place, collection};
use lectern_data::model::*;
use model::{Model, Object, Step};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use queries::{any_query, any_user};
use std::collections::BTreeMap;
use steps::step;

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
    let unused =
        "SELECT count(*) FROM acl WHERE NOT EXISTS (SELECT 1 FROM effective_acl WHERE acl.id IN (acl_id, own_acl_id))";
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

/// The fields that can be shown.
fn shown(collection: &Collection) -> Vec<&'static str> {
    let fields = collection.fields.iter();
    fields
        .filter(|field| field.place != Place::SearchText && !matches!(field.kind, Kind::Document(_) | Kind::Flag))
        .map(|field| field.name)
        .collect()
}

/// Makes a change that no handler makes, if it is one.
fn make_otherwise(tenant: &Tenant, step: &Step) {
    match step {
        Step::Merge(mode) => tenant.set_property(MERGE_MODE, mode),
        Step::Derive { event, fields } => {
            for (name, value) in fields {
                let Some(Place::Own(column)) = EVENTS.field(name).map(|field| field.place) else {
                    panic!("{name} has no column");
                };
                let value = match value {
                    Value::Text(text) => format!("'{text}'"),
                    Value::Number(number) => number.to_string(),
                    _ => "NULL".to_owned(),
                };
                tenant.sql(&format!(
                    "UPDATE event SET {column} = {value} WHERE identifier = '{event}'"
                ));
            }
        }
        _ => {}
    }
}

/// What every object shows, and the commit that changed it last.
fn everything(tenant: &Tenant) -> BTreeMap<String, (Sequence, Vec<Value>, Acl)> {
    let mut objects = BTreeMap::new();
    for name in ["events", "series"] {
        let derived = ["agent_id", "processing_state", "technical_start", "technical_end"];
        let fields = shown(collection(name).unwrap()).into_iter();
        let page = tenant.find(
            &admin(),
            &Query {
                fields: fields
                    .filter(|field| !derived.contains(field))
                    .map(str::to_owned)
                    .collect(),
                with_acl: true,
                ..query(name)
            },
        );
        for item in page.items {
            let acl = page.acls[item.acl.unwrap() as usize].clone();
            objects.insert(item.identifier, (item.sequence, item.values, acl));
        }
    }
    objects
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

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
        let mut before = BTreeMap::new();
        for (position, steps) in steps.chunks(together).enumerate() {
            // Steps that fit go together, those that have to be refused and those of nobody's session alone.
            let mut changes = Vec::new();
            for step in steps {
                if step.change().is_none() || model.apply(step).is_err() {
                    tenant.write(&admin(), &std::mem::take(&mut changes));
                    model.commit += 1;
                    match (model.apply(step), step.change()) {
                        (Err(reason), Some(change)) => {
                            prop_assert_eq!(tenant.try_write(&admin(), &[change]).unwrap_err().reason, reason);
                        }
                        _ => make_otherwise(&tenant, step),
                    }
                } else {
                    changes.extend(step.change());
                }
            }
            tenant.write(&admin(), &changes);
            model.commit += 1;
            if position == pause / together {
                // What is remembered from here on has to notice the rest.
                for (session, query) in &queries {
                    check_query(&tenant, &model, session, query, &["title"]);
                }
                before = everything(&tenant);
            }
        }
        check_counts(&tenant);
        for (session, query) in &queries {
            check_query(&tenant, &model, session, query, &shown(collection(&query.collection).unwrap()));
        }
        // Who remembers what an object showed hears of it when it shows something else.
        for (identifier, (sequence, values, acl)) in everything(&tenant) {
            if let Some((former, was, allowed)) = before.get(&identifier)
                && (*was != values || *allowed != acl)
            {
                prop_assert!(sequence > *former, "{}", identifier);
            }
        }
    }
}
