//! A tenant as plain lists, and every question answered by going through everything.

use crate::support::{NOW, entry};
use lectern_data::access::{MergeMode, allows};
use lectern_data::collection::{Collection, collection};
use lectern_data::model::*;
use lectern_data::text::{fold, terms};
use std::cmp::{Ordering, Reverse};

/// An object as the model knows it. Fields hold values as they are returned.
#[derive(Debug, Clone)]
pub struct Object {
    pub identifier: String,
    /// Objects are numbered in the order of their creation.
    number: u32,
    fields: Vec<(&'static str, Value)>,
    /// An event's own list, a series' list.
    acl: Option<Acl>,
    series: Option<String>,
    /// How many commits have changed it since it was created, and the last of them.
    version: i64,
    commit: u32,
}

#[derive(Debug, Default)]
pub struct Model {
    events: Vec<Object>,
    series: Vec<Object>,
    mode: MergeMode,
    created: u32,
    /// The commit that is being put together.
    pub commit: u32,
}

/// A change, in terms of the model.
#[derive(Debug, Clone)]
pub enum Step {
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
    /// What no handler assigns but the host finds out, such as the state of a recording.
    Derive {
        event: &'static str,
        fields: Vec<(&'static str, Value)>,
    },
    /// Another merge mode for the tenant.
    Merge(&'static str),
}

/// Gives fields their new values.
pub fn assign(fields: &mut Vec<(&'static str, Value)>, assignments: &[(&'static str, Value)]) {
    for (name, value) in assignments {
        fields.retain(|(other, _)| other != name);
        fields.push((name, value.clone()));
    }
}

impl Object {
    fn value(&self, field: &str) -> Value {
        self.fields
            .iter()
            .find(|(name, _)| *name == field)
            .map_or(Value::None, |(_, value)| value.clone())
    }

    /// Notes that a commit has changed it.
    fn changed(&mut self, commit: u32) {
        if self.commit != commit {
            self.version += 1;
            self.commit = commit;
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

    fn position(&mut self, collection: &str, identifier: &str) -> Result<usize, Reason> {
        self.objects(collection)
            .iter()
            .position(|object| object.identifier == *identifier)
            .ok_or(Reason::Missing)
    }

    fn has_series(&self, identifier: &str) -> bool {
        self.series.iter().any(|series| series.identifier == identifier)
    }

    fn series_of(&self, event: &Object) -> Option<&Object> {
        let identifier = event.series.as_ref()?;
        self.series.iter().find(|series| series.identifier == *identifier)
    }

    /// The list that holds.
    pub fn acl(&self, object: &Object) -> Acl {
        self.merged(object, object.acl.as_ref())
    }

    /// The list that would hold if the object had this one.
    fn merged(&self, object: &Object, own: Option<&Acl>) -> Acl {
        let of_series = self.series_of(object).and_then(|series| series.acl.clone());
        let (mut acl, of_series) = match (own, of_series) {
            (Some(own), Some(of_series)) if self.mode != MergeMode::Override => (own.clone(), of_series),
            (own, of_series) => return own.cloned().or(of_series).unwrap_or_default(),
        };
        let own = acl.clone();
        for entry in of_series {
            let same_role = |mine: &&AccessEntry| mine.role == entry.role;
            let same_action = |mine: &AccessEntry| self.mode == MergeMode::Roles || mine.action == entry.action;
            if !own.iter().filter(same_role).any(same_action) {
                acl.push(entry);
            }
        }
        acl
    }

    pub fn value(&self, object: &Object, field: &str) -> Value {
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
            "archive_version" => Value::Number(object.version),
            other => object.value(other),
        }
    }

    /// Applies a step; tells why it has to be refused.
    pub fn apply(&mut self, step: &Step) -> Result<(), Reason> {
        let commit = self.commit;
        match step {
            Step::Create {
                collection,
                identifier,
                fields,
                series,
                acl,
            } => {
                if self.position(collection, identifier).is_ok() {
                    return Err(Reason::Conflict);
                }
                if series.as_ref().is_some_and(|series| !self.has_series(series)) {
                    return Err(Reason::Invalid);
                }
                self.created += 1;
                let mut object = Object {
                    identifier: identifier.to_string(),
                    number: self.created,
                    fields: fields.clone(),
                    acl: acl.clone().or((*collection == "series").then(Acl::new)),
                    series: series.clone(),
                    version: 0,
                    commit,
                };
                let created = [object.value("created"), object.value("start"), Value::Number(NOW)];
                let created = created.into_iter().find(|value| *value != Value::None);
                assign(&mut object.fields, &[("created", created.unwrap())]);
                self.objects(collection).push(object);
            }
            Step::Update {
                collection,
                identifier,
                fields,
                series,
            } => {
                let position = self.position(collection, identifier)?;
                if let Some(Some(series)) = series
                    && !self.has_series(series)
                {
                    return Err(Reason::Invalid);
                }
                let object = &mut self.objects(collection)[position];
                assign(&mut object.fields, fields);
                if let Some(series) = series {
                    object.series = series.clone();
                }
                if series.is_some() || !fields.is_empty() {
                    object.changed(commit);
                }
            }
            Step::SetAcl {
                collection,
                identifier,
                acl,
            } => {
                let position = self.position(collection, identifier)?;
                let object = &mut self.objects(collection)[position];
                object.acl = acl.clone().or((*collection == "series").then(Acl::new));
                object.changed(commit);
            }
            Step::Grant {
                collection,
                identifier,
                role,
                revoke,
            } => {
                let position = self.position(collection, identifier)?;
                let object = self.objects(collection)[position].clone();
                let mut acl = self.acl(&object);
                let concerned = |entry: &AccessEntry| entry.action == "read" && entry.role == *role;
                if *revoke {
                    if !acl.iter().any(concerned) {
                        return Err(Reason::Missing);
                    }
                    acl.retain(|entry| !concerned(entry));
                    if self.merged(&object, Some(&acl)).iter().any(concerned) {
                        return Err(Reason::Conflict);
                    }
                } else if acl.iter().any(concerned) {
                    acl.iter_mut()
                        .filter(|entry| concerned(entry))
                        .for_each(|entry| entry.allow = true);
                } else {
                    acl.push(entry(role, "read", true));
                }
                let object = &mut self.objects(collection)[position];
                object.acl = Some(acl);
                object.changed(commit);
            }
            Step::Override { series } => {
                if !self.has_series(series) {
                    return Err(Reason::Missing);
                }
                for event in self.of_series(series).filter(|event| event.acl.is_some()) {
                    event.acl = None;
                    event.changed(commit);
                }
            }
            Step::Delete { collection, identifier } => {
                let position = self.position(collection, identifier)?;
                self.objects(collection).remove(position);
                if *collection == "series" {
                    for event in self.of_series(identifier) {
                        event.series = None;
                        event.changed(commit);
                    }
                }
            }
            Step::Derive { event, fields } => {
                let position = self.position("events", event)?;
                assign(&mut self.events[position].fields, fields);
            }
            Step::Merge(mode) => self.mode = mode.parse().unwrap(),
        }
        Ok(())
    }

    fn of_series(&mut self, series: &str) -> impl Iterator<Item = &mut Object> {
        self.events
            .iter_mut()
            .filter(move |event| event.series.as_deref() == Some(series))
    }

    fn meets(&self, collection: &Collection, object: &Object, criterion: &Criterion) -> bool {
        match (&criterion.test, self.value(object, &criterion.field)) {
            (Test::Equals(values), Value::Text(text)) => values.contains(&text),
            (Test::Equals(values), Value::Texts(texts)) => texts.iter().any(|text| values.contains(text)),
            (Test::Equals(values), Value::Number(number)) => values.contains(&number.to_string()),
            (Test::Between(from, to), Value::Number(number)) => (*from..=*to).contains(&number),
            (Test::Contains(search), value) => {
                let text = match value {
                    Value::Text(text) => text,
                    _ => self.text(collection, object),
                };
                let text = fold(&text);
                terms(search).iter().all(|term| text.contains(term.as_str()))
            }
            _ => false,
        }
    }

    /// Everything of the object that a person would search for.
    fn text(&self, collection: &Collection, object: &Object) -> String {
        let own = collection
            .fields
            .iter()
            .filter(|field| field.searched)
            .map(|field| field.name);
        let of_series: &[&str] = if collection.has_series() {
            &["series", "is_part_of"]
        } else {
            &[]
        };
        let mut lines = Vec::new();
        for name in own.chain(of_series.iter().copied()) {
            match self.value(object, name) {
                Value::Text(text) => lines.push(text.replace("EVENTS.EVENTS.STATUS.", "")),
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
    pub fn find(&self, session: &Session, query: &Query) -> Vec<&Object> {
        let collection = collection(&query.collection).unwrap();
        let objects = if collection.has_series() {
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
                let all = |criteria: &Vec<Criterion>| criteria.iter().all(|one| self.meets(collection, object, one));
                query.filters.is_empty() || query.filters.iter().any(all)
            })
            .collect();
        found.sort_by(|one, other| self.compare(&query.sort, one, other));
        found
    }
}
