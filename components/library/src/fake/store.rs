//! The data of the backend in memory.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::json;

use super::patch::patched;
use super::recording;
use crate::api::{
    AccessEntry, Acl, Assignment, Criterion, Error, Item, Page, Principal, Processing, Query, Reason, Sequence, Test,
    Transaction, Upload, Value,
};

/// An object of a collection.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// Its content.
    pub fields: BTreeMap<String, Value>,
    /// Its own access list.
    pub acl: Option<Acl>,
    /// The commit that changed it last.
    pub sequence: Sequence,
}

/// Something that somebody else does.
pub type Interference = Box<dyn FnOnce(&mut Store)>;

/// The data of a tenant.
#[derive(Default)]
pub struct Store {
    /// All objects by collection and identifier.
    pub objects: BTreeMap<(String, String), Object>,
    /// The tenant's properties.
    pub properties: Vec<(String, String)>,
    /// The last commit.
    pub sequence: Sequence,
    /// How many objects a page may hold, whatever the query says.
    pub page_size: Option<u32>,
    /// What the next calls of `find` and `commit` answer instead of doing anything, the last first; none lets one through.
    pub failures: Vec<Option<Reason>>,
    /// What URLs begin with that can be signed; none if it is empty.
    pub signed: String,
    /// Whether nothing can be signed because the keys are broken.
    pub signing_fails: bool,
    /// What happens just before the next commit, as if somebody else had done it.
    pub interference: Option<Interference>,
    /// What has been remembered: fingerprint and answer by user and key.
    pub answers: BTreeMap<(String, String), (String, String)>,
    /// Whether the tenant trusts nobody's tokens.
    pub refuses_tokens: bool,
    /// The queries that have been asked.
    pub queries: Vec<Query>,
    /// The extended metadata catalogs by collection, as JSON.
    pub catalogs: BTreeMap<String, String>,
    /// How often somebody has asked for them.
    pub catalogs_asked: usize,
}

type Change = Box<dyn FnOnce(&mut Store, &Principal, Sequence) -> Result<(), Error>>;

pub(super) fn refuse(reason: Reason, subject: &str) -> Error {
    Error {
        reason,
        message: format!("The store says {reason:?} to '{subject}'."),
        subject: subject.to_owned(),
        document: String::new(),
    }
}

impl Store {
    fn object(&self, collection: &str, identifier: &str) -> Option<&Object> {
        self.objects.get(&(collection.to_owned(), identifier.to_owned()))
    }

    /// The list that counts: the own one, or that of the event's series.
    fn effective_acl(&self, collection: &str, object: &Object) -> Acl {
        let series = match (collection, object.fields.get("is_part_of")) {
            ("events", Some(Value::Text(series))) => self.object("series", series),
            _ => None,
        };
        object
            .acl
            .clone()
            .or_else(|| series.and_then(|series| series.acl.clone()))
            .unwrap_or_default()
    }

    fn allows(&self, principal: &Principal, collection: &str, object: &Object, action: &str) -> bool {
        let acl = self.effective_acl(collection, object);
        let mut entries = acl
            .iter()
            .filter(|entry| entry.action == action && principal.roles.contains(&entry.role))
            .peekable();
        principal.roles.iter().any(|role| role == "ROLE_ADMIN")
            || (entries.peek().is_some() && entries.all(|entry| entry.allow))
    }

    /// An object that may be changed.
    fn writable(
        &mut self,
        principal: &Principal,
        collection: &str,
        identifier: &str,
        sequence: Sequence,
    ) -> Result<&mut Object, Error> {
        let object = self
            .object(collection, identifier)
            .ok_or_else(|| refuse(Reason::Missing, identifier))?;
        for (action, reason) in [("read", Reason::Missing), ("write", Reason::Denied)] {
            if !self.allows(principal, collection, object, action) {
                return Err(refuse(reason, identifier));
            }
        }
        let object = self.objects.get_mut(&(collection.to_owned(), identifier.to_owned()));
        let object = object.ok_or_else(|| refuse(Reason::Missing, identifier))?;
        object.sequence = sequence;
        Ok(object)
    }

    /// Refuses a series that does not exist.
    fn check_series(&self, fields: &[Assignment]) -> Result<(), Error> {
        let series = fields.iter().find(|assignment| assignment.field == "is_part_of");
        match series.map(|assignment| &assignment.value) {
            Some(Value::Text(series)) if self.object("series", series).is_none() => {
                Err(refuse(Reason::Invalid, "is_part_of"))
            }
            _ => Ok(()),
        }
    }

    fn value(&self, collection: &str, identifier: &str, object: &Object, field: &str) -> Value {
        match (collection, field) {
            (_, "identifier") => Value::Text(identifier.to_owned()),
            ("events", "series") => match object.fields.get("is_part_of") {
                Some(Value::Text(series)) => self
                    .object("series", series)
                    .and_then(|series| series.fields.get("title"))
                    .cloned()
                    .unwrap_or(Value::None),
                _ => Value::None,
            },
            (_, "text") => Value::Text(format!("{:?}", object.fields).to_lowercase()),
            _ => object.fields.get(field).cloned().unwrap_or(Value::None),
        }
    }

    fn meets(&self, collection: &str, identifier: &str, object: &Object, criterion: &Criterion) -> bool {
        let value = self.value(collection, identifier, object, &criterion.field);
        match (&criterion.test, value) {
            (Test::Equals(wanted), Value::Text(text)) => wanted.contains(&text),
            (Test::Equals(wanted), Value::Texts(texts)) => texts.iter().any(|text| wanted.contains(text)),
            (Test::Equals(wanted), Value::Number(number)) => wanted.contains(&number.to_string()),
            (Test::Between((from, to)), Value::Number(number)) => (*from..=*to).contains(&number),
            (Test::Contains(terms), Value::Text(text)) => {
                terms.split_whitespace().all(|term| text.contains(&term.to_lowercase()))
            }
            _ => false,
        }
    }

    pub(super) fn catalogs(&mut self, collection: &str) -> Result<String, Error> {
        self.catalogs_asked += 1;
        Ok(self
            .catalogs
            .get(collection)
            .cloned()
            .unwrap_or_else(|| "[]".to_owned()))
    }

    pub(super) fn find(&mut self, principal: &Principal, query: &Query) -> Result<Page, Error> {
        self.queries.push(query.clone());
        if let Some(Some(reason)) = self.failures.pop() {
            return Err(refuse(reason, "find"));
        }
        let collection = query.collection.as_str();
        let mut found: Vec<(&String, &Object)> = self
            .objects
            .iter()
            .filter(|((known, _), _)| known == collection)
            .map(|((_, identifier), object)| (identifier, object))
            .filter(|(_, object)| self.allows(principal, collection, object, "read"))
            .filter(|(_, object)| {
                query
                    .actions
                    .iter()
                    .all(|action| self.allows(principal, collection, object, action))
            })
            .filter(|(identifier, object)| {
                let meets = |criterion| self.meets(collection, identifier, object, criterion);
                query.filters.is_empty() || query.filters.iter().any(|criteria| criteria.iter().all(meets))
            })
            .collect();
        for key in query.sort.iter().rev() {
            // Objects without content come last in both directions, and the sort is stable.
            let content = |(identifier, object): &(&String, &Object)| {
                let value = self.value(collection, identifier, object, &key.field);
                (value != Value::None).then(|| format!("{value:?}"))
            };
            found.sort_by(|left, right| match (content(left), content(right)) {
                (Some(left), Some(right)) if key.descending => right.cmp(&left),
                (Some(left), Some(right)) => left.cmp(&right),
                (left, right) => right.is_some().cmp(&left.is_some()),
            });
        }
        let total = found.len();
        let cursor: usize = query
            .cursor
            .as_ref()
            .and_then(|cursor| cursor.parse().ok())
            .unwrap_or(0);
        let start = cursor + usize::try_from(query.offset).unwrap_or(usize::MAX);
        let limit = query.limit.min(self.page_size.unwrap_or(u32::MAX)) as usize;
        let mut page = Page {
            items: Vec::new(),
            acls: Vec::new(),
            total: query.with_total.then_some(total as u64),
            next: (start + limit < total).then(|| (start + limit).to_string()),
        };
        for (identifier, object) in found.into_iter().skip(start).take(limit) {
            page.items.push(Item {
                identifier: identifier.clone(),
                sequence: object.sequence,
                values: query
                    .fields
                    .iter()
                    .map(|field| self.value(collection, identifier, object, field))
                    .collect(),
                acl: query.with_acl.then_some(page.acls.len() as u32),
            });
            if query.with_acl {
                page.acls.push(self.effective_acl(collection, object));
            }
        }
        Ok(page)
    }
}

/// A file in memory.
pub(super) struct File {
    name: String,
    content: RefCell<Vec<u8>>,
}

impl File {
    pub(super) fn new(name: &str) -> File {
        File {
            name: name.to_owned(),
            content: RefCell::default(),
        }
    }
}

impl Upload for File {
    fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        self.content.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// Changes that have not happened yet.
pub(super) struct Pending {
    store: Rc<RefCell<Store>>,
    principal: Principal,
    changes: RefCell<Vec<Change>>,
}

impl Pending {
    pub(super) fn new(store: Rc<RefCell<Store>>, principal: Principal) -> Pending {
        Pending {
            store,
            principal,
            changes: RefCell::default(),
        }
    }

    fn add(&self, change: impl FnOnce(&mut Store, &Principal, Sequence) -> Result<(), Error> + 'static) {
        self.changes.borrow_mut().push(Box::new(change));
    }

    fn edit(&self, collection: &str, identifier: &str, edit: impl FnOnce(&mut Object) -> Result<(), Error> + 'static) {
        let (collection, identifier) = (collection.to_owned(), identifier.to_owned());
        self.add(move |store, principal, sequence| {
            edit(store.writable(principal, &collection, &identifier, sequence)?)
        });
    }

    /// Changes the list that counts, which becomes the object's own.
    fn edit_acl(&self, collection: &str, identifier: &str, edit: impl FnOnce(&mut Acl) -> Result<(), Error> + 'static) {
        let (collection, identifier) = (collection.to_owned(), identifier.to_owned());
        self.add(move |store, principal, sequence| {
            let object = store.writable(principal, &collection, &identifier, sequence)?.clone();
            refuse_if_active(&object)?;
            let mut acl = store.effective_acl(&collection, &object);
            edit(&mut acl)?;
            store.writable(principal, &collection, &identifier, sequence)?.acl = Some(acl);
            Ok(())
        });
    }
}

fn write(object: &mut Object, fields: &[Assignment]) {
    for Assignment { field, value } in fields {
        let value = match (object.fields.get(field), value) {
            (before, Value::Document(patch)) => Value::Document(patched(before, patch)),
            (_, value) => value.clone(),
        };
        object.fields.insert(field.clone(), value);
    }
}

/// A workflow that has been started stays active until a test says that it has ended.
fn refuse_if_active(object: &Object) -> Result<(), Error> {
    match object.fields.get("processing_state") {
        Some(Value::Text(state)) if ["INSTANTIATED", "RUNNING", "PAUSED", "FAILING"].contains(&state.as_str()) => {
            Err(refuse(Reason::Conflict, "workflow"))
        }
        _ => Ok(()),
    }
}

impl Transaction for Pending {
    fn expect(&self, collection: &str, identifier: &str, sequence: Sequence) {
        let key = (collection.to_owned(), identifier.to_owned());
        self.add(move |store, _, _| match store.objects.get(&key) {
            Some(object) if object.sequence == sequence => Ok(()),
            Some(_) => Err(refuse(Reason::Changed, &key.1)),
            None => Err(refuse(Reason::Missing, &key.1)),
        });
    }

    fn remember(&self, key: &str, fingerprint: &str, answer: &str) {
        let entry = (self.principal.username.clone(), key.to_owned());
        let remembered = (fingerprint.to_owned(), answer.to_owned());
        let change: Change = Box::new(move |store, _, _| match store.answers.get(&entry) {
            Some((fingerprint, answer)) => Err(Error {
                document: json!({ "fingerprint": fingerprint, "answer": answer }).to_string(),
                ..refuse(Reason::Conflict, "idempotency-key")
            }),
            None => {
                store.answers.insert(entry, remembered);
                Ok(())
            }
        });
        // Before anything else, as the contract says.
        self.changes.borrow_mut().insert(0, change);
    }

    fn create(
        &self,
        collection: &str,
        identifier: Option<&str>,
        fields: &[Assignment],
        acl: Option<&[AccessEntry]>,
    ) -> String {
        let number = self.store.borrow().objects.len() + self.changes.borrow().len();
        let identifier = identifier.map_or_else(|| format!("new-{number}"), str::to_owned);
        let key = (collection.to_owned(), identifier.clone());
        let (fields, acl) = (fields.to_vec(), acl.map(<[AccessEntry]>::to_vec));
        self.add(move |store, principal, sequence| {
            if store.objects.contains_key(&key) {
                return Err(refuse(Reason::Conflict, &key.1));
            }
            let mut object = Object {
                acl,
                sequence,
                ..Object::default()
            };
            object
                .fields
                .insert("creator".to_owned(), Value::Text(principal.name.clone()));
            object.fields.insert("created".to_owned(), Value::Number(super::NOW));
            write(&mut object, &fields);
            store.check_series(&fields)?;
            store.objects.insert(key, object);
            Ok(())
        });
        identifier
    }

    fn update(&self, collection: &str, identifier: &str, fields: &[Assignment]) {
        let (collection, identifier, fields) = (collection.to_owned(), identifier.to_owned(), fields.to_vec());
        self.add(move |store, principal, sequence| {
            write(store.writable(principal, &collection, &identifier, sequence)?, &fields);
            store.check_series(&fields)
        });
    }

    fn set_acl(&self, collection: &str, identifier: &str, acl: Option<&[AccessEntry]>) {
        let acl = acl.map(<[AccessEntry]>::to_vec);
        self.edit(collection, identifier, move |object| {
            refuse_if_active(object)?;
            object.acl = acl;
            Ok(())
        });
    }

    fn grant(&self, collection: &str, identifier: &str, action: &str, role: &str) {
        let (action, role) = (action.to_owned(), role.to_owned());
        self.edit_acl(collection, identifier, move |acl| {
            match acl
                .iter_mut()
                .find(|entry| entry.action == action && entry.role == role)
            {
                Some(entry) => entry.allow = true,
                None => acl.push(AccessEntry {
                    role,
                    action,
                    allow: true,
                }),
            }
            Ok(())
        });
    }

    fn revoke(&self, collection: &str, identifier: &str, action: &str, role: &str) {
        let (action, role) = (action.to_owned(), role.to_owned());
        self.edit_acl(collection, identifier, move |acl| {
            let before = acl.len();
            acl.retain(|entry| entry.action != action || entry.role != role);
            if acl.len() == before {
                Err(refuse(Reason::Missing, &role))
            } else {
                Ok(())
            }
        });
    }

    fn override_acls(&self, series: &str) {
        let series = Value::Text(series.to_owned());
        self.add(move |store, _, sequence| {
            for ((collection, _), object) in &mut store.objects {
                if collection == "events" && object.fields.get("is_part_of") == Some(&series) {
                    object.acl = None;
                    object.sequence = sequence;
                }
            }
            Ok(())
        });
    }

    /// As many recordings as the rule's COUNT says, all at the same time: nothing here knows a calendar, or that agents can be booked.
    fn schedule(
        &self,
        fields: &[Assignment],
        acl: Option<&[AccessEntry]>,
        scheduling: &str,
        processing: Option<&Processing>,
    ) -> Result<Vec<String>, Error> {
        if recording::agent(scheduling).is_none() {
            return Err(refuse(Reason::Invalid, "scheduling/agent_id"));
        }
        let recordings = (0..recording::count(scheduling)).map(|_| {
            let identifier = self.create("events", None, fields, acl);
            let scheduling = scheduling.to_owned();
            self.edit("events", &identifier, move |object| {
                object.fields.extend(recording::fields(&scheduling));
                Ok(())
            });
            if let Some(processing) = processing {
                self.set_processing(&identifier, processing);
            }
            identifier
        });
        Ok(recordings.collect())
    }

    fn reschedule(&self, event: &str, scheduling: &str, _: bool) {
        let scheduling = scheduling.to_owned();
        self.edit("events", event, move |object| {
            if !object.fields.contains_key("agent_id") {
                return Err(refuse(Reason::Missing, "scheduling"));
            }
            object.fields.extend(recording::fields(&scheduling));
            Ok(())
        });
    }

    fn set_processing(&self, event: &str, processing: &Processing) {
        let workflow = Value::Text(processing.workflow.clone());
        self.edit("events", event, |object| {
            if !object.fields.contains_key("agent_id") {
                return Err(refuse(Reason::Invalid, "processing"));
            }
            object.fields.insert("processing".to_owned(), workflow);
            Ok(())
        });
    }

    fn start_workflow(&self, event: &str, processing: &Processing) {
        let workflow = Value::Text(processing.workflow.clone());
        let configuration = Value::Texts(
            processing
                .configuration
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        );
        self.edit("events", event, |object| {
            refuse_if_active(object)?;
            object.fields.insert("workflow".to_owned(), workflow);
            object.fields.insert("configuration".to_owned(), configuration);
            object
                .fields
                .insert("processing_state".to_owned(), Value::Text("INSTANTIATED".to_owned()));
            Ok(())
        });
    }

    fn add_track(&self, event: &str, flavor: &str, tags: &[String], file: Box<dyn Upload>, overwrite: bool) {
        let Ok(file) = file.into_any().downcast::<File>() else {
            return;
        };
        let content = file.content.take();
        let track = json!({
            "id": format!("track-{}", file.name), "flavor": flavor, "tags": tags, "file": format!("file-{}", file.name),
            "name": file.name, "size": content.len(),
        });
        self.edit("events", event, move |object| {
            refuse_if_active(object)?;
            let mut tracks: Vec<serde_json::Value> = match object.fields.get("media") {
                Some(Value::Document(tracks)) => serde_json::from_str(tracks).unwrap_or_default(),
                _ => Vec::new(),
            };
            tracks.retain(|other| !overwrite || other.get("flavor") != track.get("flavor"));
            tracks.push(track);
            let tracks = Value::Document(json!(tracks).to_string());
            object.fields.insert("media".to_owned(), tracks);
            Ok(())
        });
    }

    fn delete(&self, collection: &str, identifier: &str) {
        let key = (collection.to_owned(), identifier.to_owned());
        self.add(move |store, principal, sequence| {
            store.writable(principal, &key.0, &key.1, sequence)?;
            store.objects.remove(&key);
            Ok(())
        });
    }

    fn commit(self: Box<Self>) -> Result<Sequence, Error> {
        let mut store = self.store.borrow_mut();
        if let Some(Some(reason)) = store.failures.pop() {
            return Err(refuse(reason, "commit"));
        }
        if let Some(interference) = store.interference.take() {
            interference(&mut store);
        }
        let before = (store.objects.clone(), store.answers.clone());
        let sequence = store.sequence + 1;
        for change in self.changes.take() {
            if let Err(error) = change(&mut store, &self.principal, sequence) {
                (store.objects, store.answers) = before;
                return Err(error);
            }
        }
        store.sequence = sequence;
        Ok(sequence)
    }
}
