//! Changes of the backend in memory: collected first, carried out by `commit`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::json;

use super::file::File;
use super::patch::patched;
use super::store::{Object, Store, refuse};
use super::{recording, small};
use crate::api::{
    AccessEntry, Acl, Assignment, Error, Principal, Processing, Reason, Sequence, Transaction, Upload, Value,
};

type Change = Box<dyn FnOnce(&mut Store, &Principal, Sequence) -> Result<(), Error>>;

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

    /// The workflow as an object of its own.
    fn instantiate(&self, identifier: u64, event: &str, processing: &Processing) {
        let text = |text: &str| Value::Text(text.to_owned());
        let configuration: BTreeMap<&str, &str> = processing
            .configuration
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let fields = [
            ("event", text(event)),
            ("definition", text(&processing.workflow)),
            ("state", text("INSTANTIATED")),
            ("creator", text(&self.principal.username)),
            ("created", Value::Number(super::NOW)),
            ("configuration", Value::Document(json!(configuration).to_string())),
            ("operations", Value::Document("[]".to_owned())),
        ];
        self.add(move |store, _, sequence| {
            let object = Object {
                fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
                acl: None,
                sequence,
            };
            store
                .objects
                .insert(("workflows".to_owned(), identifier.to_string()), object);
            Ok(())
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
            // Agents send all of it.
            (_, Value::Document(_)) if field == "configuration" => value.clone(),
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

/// Refuses a series that does not exist.
fn check_series(store: &Store, fields: &[Assignment]) -> Result<(), Error> {
    let series = fields.iter().find(|assignment| assignment.field == "is_part_of");
    match series.map(|assignment| &assignment.value) {
        Some(Value::Text(series)) if store.object("series", series).is_none() => {
            Err(refuse(Reason::Invalid, "is_part_of"))
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
            if small::is_small(&key.0) {
                small::check(principal, &key.0, &object, &fields)?;
                small::complete(&mut object, &key.0, &key.1);
            } else {
                let creator = Value::Text(principal.name.clone());
                object.fields.insert("creator".to_owned(), creator);
                object.fields.insert("created".to_owned(), Value::Number(super::NOW));
            }
            write(&mut object, &fields);
            small::number_entries(&mut object, &key.0)?;
            check_series(store, &fields)?;
            store.objects.insert(key, object);
            Ok(())
        });
        identifier
    }

    fn update(&self, collection: &str, identifier: &str, fields: &[Assignment]) {
        let (collection, identifier, fields) = (collection.to_owned(), identifier.to_owned(), fields.to_vec());
        self.add(move |store, principal, sequence| {
            let object = store.writable(principal, &collection, &identifier, sequence)?;
            small::check(principal, &collection, object, &fields)?;
            small::touch(object, &collection);
            write(object, &fields);
            small::number_entries(object, &collection)?;
            check_series(store, &fields)
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

    fn start_workflow(&self, event: &str, processing: &Processing) -> u64 {
        let identifier = self.store.borrow().sequence + self.changes.borrow().len() as u64 + 1000;
        self.instantiate(identifier, event, processing);
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
        identifier
    }

    /// Believes in every state but `happy`.
    fn report_recording(&self, event: &str, state: Option<&str>) {
        let state = state.map_or(Value::None, |state| Value::Text(state.to_owned()));
        self.edit("recordings", event, |object| {
            if state == Value::Text("happy".to_owned()) {
                return Err(refuse(Reason::Invalid, "state"));
            }
            object.fields.insert("state".to_owned(), state);
            object.fields.insert("updated".to_owned(), Value::Number(super::NOW));
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
            let object = store.writable(principal, &key.0, &key.1, sequence)?;
            small::check(principal, &key.0, object, &[])?;
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
