//! The definitions as a collection of `search.find`: `workflow-definitions`. They are files, not rows, and few: a query looks at all.

use crate::Definition;
use lectern_data::model::{Criterion, Error, Item, Page, Principal, Query, Session, SortKey, Test, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The name of the collection.
pub const COLLECTION: &str = "workflow-definitions";

/// What a field of a definition holds.
type Read = fn(&Definition) -> Value;

/// The fields, as in docs/fields.md.
const FIELDS: [(&str, Read); 8] = [
    ("identifier", |definition| text(&definition.identifier)),
    ("title", |definition| text(&definition.title)),
    ("description", |definition| text(&definition.description)),
    ("tags", |definition| Value::Texts(definition.tags.clone())),
    ("display_order", |definition| Value::Number(definition.display_order)),
    ("configuration_panel", |definition| {
        text(&definition.configuration_panel)
    }),
    ("configuration_panel_json", |definition| {
        text(&definition.configuration_panel_json)
    }),
    ("operations", |definition| {
        // Texts, numbers and flags cannot fail to be JSON.
        Value::Document(serde_json::to_string(&definition.operations).unwrap_or_default())
    }),
];

/// The fields that are tested.
const TESTED: [&str; 3] = ["identifier", "title", "tags"];

/// The fields that are sort keys.
const SORTED: [&str; 3] = ["identifier", "title", "display_order"];

fn text(text: &str) -> Value {
    if text.is_empty() {
        Value::None
    } else {
        Value::Text(text.to_owned())
    }
}

/// Whether a user may see a definition, and start workflows with it.
pub fn is_visible(definition: &Definition, principal: &Principal) -> bool {
    definition.roles.is_empty()
        || principal.administrator
        || definition.roles.iter().any(|role| principal.roles.contains(role))
}

/// Answers a query over the definitions that the session may see.
pub fn find(known: &BTreeMap<String, Definition>, session: &Session, query: &Query) -> Result<Page, Error> {
    let fields: Vec<Read> = query
        .fields
        .iter()
        .map(|name| named(name, &FIELDS.map(|(name, _)| name)))
        .collect::<Result<_, _>>()?;
    let filters: Vec<Vec<(Read, &Test)>> = query
        .filters
        .iter()
        .map(|criteria| criteria.iter().map(tested).collect())
        .collect::<Result<_, _>>()?;
    let keys: Vec<(Read, bool)> = query.sort.iter().map(sorted).collect::<Result<_, _>>()?;
    let start = start(query)?;

    let mut found: Vec<&Definition> = known
        .values()
        // Only files change definitions: nobody may do more with them than look at them.
        .filter(|definition| query.actions.is_empty() && is_visible(definition, &session.principal))
        .filter(|definition| {
            let holds = |(read, test): &(Read, &Test)| holds(&read(definition), test);
            filters.is_empty() || filters.iter().any(|criteria| criteria.iter().all(holds))
        })
        .collect();
    found.sort_by(|left, right| {
        keys.iter()
            .map(|(read, descending)| order(&read(left), &read(right), *descending))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| base_order(left, right))
    });

    let total = found.len();
    let end = start.saturating_add(query.limit as usize).min(total);
    let item = |definition: &&Definition| Item {
        identifier: definition.identifier.clone(),
        sequence: fingerprint(definition),
        values: fields.iter().map(|read| read(definition)).collect(),
        acl: None,
    };
    Ok(Page {
        items: found.get(start..end).unwrap_or_default().iter().map(item).collect(),
        acls: Vec::new(),
        total: query.with_total.then_some(total as u64),
        next: (end < total && end > start).then(|| end.to_string()),
    })
}

/// How many definitions to leave out. A cursor is the number of those that an earlier page ended behind.
fn start(query: &Query) -> Result<usize, Error> {
    let cursor: u64 = match &query.cursor {
        None => 0,
        Some(cursor) => cursor
            .parse()
            .map_err(|_| Error::invalid("cursor", format!("{cursor:?} is no cursor of this list.")))?,
    };
    Ok(usize::try_from(cursor.saturating_add(query.offset)).unwrap_or(usize::MAX))
}

fn named(name: &str, allowed: &[&str]) -> Result<Read, Error> {
    let field = FIELDS
        .iter()
        .find(|(known, _)| *known == name && allowed.contains(known));
    field.map(|(_, read)| *read).ok_or_else(|| {
        Error::invalid(
            name,
            format!("{COLLECTION:?} has no field {name:?} that can be used so."),
        )
    })
}

fn tested(criterion: &Criterion) -> Result<(Read, &Test), Error> {
    match criterion.test {
        Test::Equals(_) => Ok((named(&criterion.field, &TESTED)?, &criterion.test)),
        _ => Err(Error::invalid(
            &criterion.field,
            format!(
                "The field {:?} can only be compared with exact content.",
                criterion.field
            ),
        )),
    }
}

fn sorted(key: &SortKey) -> Result<(Read, bool), Error> {
    Ok((named(&key.field, &SORTED)?, key.descending))
}

fn holds(value: &Value, test: &Test) -> bool {
    let Test::Equals(wanted) = test else { return false };
    match value {
        Value::Text(text) => wanted.contains(text),
        Value::Texts(texts) => texts.iter().any(|text| wanted.contains(text)),
        _ => false,
    }
}

/// Without content last in both directions, as in every collection.
fn order(left: &Value, right: &Value, descending: bool) -> Ordering {
    let order = match (left, right) {
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => left.cmp(right),
        (Value::None, Value::None) => Ordering::Equal,
        (Value::None, _) => return Ordering::Greater,
        (_, Value::None) => return Ordering::Less,
        _ => Ordering::Equal,
    };
    if descending { order.reverse() } else { order }
}

/// By title, whatever its case, those without one first; ties by identifier.
fn base_order(left: &Definition, right: &Definition) -> Ordering {
    let key = |definition: &Definition| definition.title.to_lowercase();
    key(left)
        .cmp(&key(right))
        .then_with(|| left.identifier.cmp(&right.identifier))
}

/// A number that changes with everything that a definition says: the place of the sequence that files do not have.
fn fingerprint(definition: &Definition) -> u64 {
    let hash = blake3::hash(format!("{definition:?}").as_bytes());
    let (first, _) = hash.as_bytes().split_first_chunk().unwrap_or((&[0; 8], &[]));
    u64::from_be_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_data::model::Reason;

    fn definition(identifier: &str, title: &str, display_order: i64, tags: &[&str], roles: &[&str]) -> Definition {
        Definition {
            identifier: identifier.to_owned(),
            title: title.to_owned(),
            display_order,
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            ..Definition::default()
        }
    }

    fn known() -> BTreeMap<String, Definition> {
        [
            definition("c", "beta", 3, &["upload", "archive"], &[]),
            definition("a", "Alpha", 1, &["archive"], &["ROLE_EDITOR", "ROLE_BOSS"]),
            definition("b", "", 2, &["upload"], &[]),
            definition("d", "Beta", 2, &[], &[]),
        ]
        .map(|definition| (definition.identifier.clone(), definition))
        .into()
    }

    fn session(roles: &[&str], administrator: bool) -> Session {
        Session {
            principal: Principal {
                roles: roles.iter().map(|&role| role.to_owned()).collect(),
                administrator,
                ..Principal::default()
            },
            ..Session::default()
        }
    }

    fn query() -> Query {
        Query {
            collection: COLLECTION.to_owned(),
            limit: u32::MAX,
            with_total: true,
            ..Query::default()
        }
    }

    fn equals(field: &str, value: &str) -> Criterion {
        Criterion {
            field: field.to_owned(),
            test: Test::Equals(vec![value.to_owned()]),
        }
    }

    fn found(roles: &[&str], query: &Query) -> Vec<String> {
        let page = find(&known(), &session(roles, false), query).unwrap();
        page.items.into_iter().map(|item| item.identifier).collect()
    }

    #[test]
    fn the_base_order_is_by_title_whatever_its_case_and_those_without_one_come_first() {
        assert_eq!(found(&["ROLE_BOSS"], &query()), ["b", "a", "c", "d"]);
    }

    #[test]
    fn who_has_none_of_the_roles_does_not_see_a_definition() {
        assert_eq!(found(&["ROLE_OTHER"], &query()), ["b", "c", "d"]);
        let all = find(&known(), &session(&[], true), &query()).unwrap();
        assert_eq!(all.total, Some(4));
    }

    #[test]
    fn all_criteria_of_a_list_must_be_met() {
        let with = |filters| Query { filters, ..query() };
        assert_eq!(
            found(
                &[],
                &with(vec![vec![equals("tags", "upload"), equals("tags", "archive")]])
            ),
            ["c"]
        );
        assert_eq!(
            found(
                &[],
                &with(vec![vec![equals("tags", "archive")], vec![equals("identifier", "b")]])
            ),
            ["b", "c"]
        );
    }

    #[test]
    fn keys_sort_by_code_points_and_what_has_no_content_comes_last() {
        let by = |field: &str, descending| Query {
            sort: vec![SortKey {
                field: field.to_owned(),
                descending,
            }],
            ..query()
        };
        assert_eq!(found(&[], &by("title", false)), ["d", "c", "b"]);
        assert_eq!(found(&[], &by("title", true)), ["c", "d", "b"]);
        assert_eq!(found(&[], &by("display_order", true)), ["c", "b", "d"]);
        assert_eq!(found(&[], &by("identifier", true)), ["d", "c", "b"]);
    }

    #[test]
    fn pages_follow_each_other_without_gaps() {
        let mut query = Query { limit: 2, ..query() };
        let first = find(&known(), &session(&[], true), &query).unwrap();
        assert_eq!((first.items.len(), first.total), (2, Some(4)));
        query.cursor = first.next;
        let second = find(&known(), &session(&[], true), &query).unwrap();
        assert_eq!((second.items.len(), second.next), (2, None));
        query.cursor = None;
        query.offset = 9;
        let behind = find(&known(), &session(&[], true), &query).unwrap();
        assert_eq!((behind.items.len(), behind.next), (0, None));
    }

    #[test]
    fn the_sequence_changes_with_what_the_definition_says() {
        let before = definition("a", "A", 1, &[], &[]);
        let after = definition("a", "A", 1, &["archive"], &[]);
        assert_eq!(fingerprint(&before), fingerprint(&before.clone()));
        assert_ne!(fingerprint(&before), fingerprint(&after));
    }

    #[test]
    fn what_definitions_do_not_have_is_refused() {
        let field = Query {
            fields: vec!["colour".to_owned()],
            ..query()
        };
        let sort = Query {
            sort: vec![SortKey {
                field: "tags".to_owned(),
                descending: false,
            }],
            ..query()
        };
        let cursor = Query {
            cursor: Some("x".to_owned()),
            ..query()
        };
        for (query, subject) in [(field, "colour"), (sort, "tags"), (cursor, "cursor")] {
            let error = find(&known(), &session(&[], true), &query).unwrap_err();
            assert_eq!((error.reason, error.subject.as_str()), (Reason::Invalid, subject));
        }
    }
}
