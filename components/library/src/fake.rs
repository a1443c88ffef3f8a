//! A backend in memory, for the unit tests of handlers: it keeps objects, checks access lists, filters, sorts and pages as the
//! contract says, without being fast.

mod access;
mod client;
mod file;
mod patch;
mod recording;
mod small;
mod statistics;
mod store;
mod transaction;

pub use client::{Answer, Client};
pub use store::{Object, Store};

use std::cell::RefCell;
use std::rc::Rc;

use crate::api::{
    AccessEntry, Acl, Backend, Capabilities, Credentials, Denial, Error, ListPart, Organization, Page, Principal,
    Provider, Query, Question, Reason, RenderedPage, Session, Signed, TimeSeries, Transaction, Upload, Value,
};

/// A tenant in memory. Clones share their data.
#[derive(Clone, Default)]
pub struct Fake {
    /// The tenant's data.
    pub store: Rc<RefCell<Store>>,
}

/// The user who may do everything.
pub const ADMIN: &str = "admin";

/// The point in time at which all tests happen: 2018-03-19T16:11:48Z.
pub const NOW: i64 = 1_521_475_908_000;

impl Backend for Fake {
    fn accepts_tokens(&self) -> bool {
        !self.store.borrow().refuses_tokens
    }

    /// `Authorization: Test alice ROLE_A,ROLE_B` is alice with these roles, and so is `Bearer`. Without it, only `/api` and its description are open.
    fn authenticate(&self, credentials: &Credentials) -> Result<Box<dyn Session>, Denial> {
        let header = credentials.headers.iter().find(|(name, _)| name == "authorization");
        let claim = header.and_then(|(_, value)| value.strip_prefix("Test ").or_else(|| value.strip_prefix("Bearer ")));
        let path = credentials.path_with_query.trim_end_matches('/');
        let is_open = path == "/api" || path == "/api/openapi.json" || path.starts_with("/api/docs");
        let (username, roles) = match claim {
            Some(claim) => claim.split_once(' ').unwrap_or((claim, "")),
            None if is_open => ("anonymous", "ROLE_ANONYMOUS"),
            None => {
                return Err(Denial {
                    status: 401,
                    message: "Say who you are.".to_owned(),
                    headers: vec![("www-authenticate".to_owned(), "Basic realm=\"Opencast\"".to_owned())],
                });
            }
        };
        let mut roles: Vec<String> = roles
            .split(',')
            .filter(|role| !role.is_empty())
            .map(str::to_owned)
            .collect();
        let user_role = format!("ROLE_USER_{}", username.to_uppercase());
        roles.push(user_role.clone());
        if username == ADMIN {
            roles.push("ROLE_ADMIN".to_owned());
        }
        Ok(Box::new(FakeSession {
            store: Rc::clone(&self.store),
            principal: Principal {
                username: username.to_owned(),
                name: format!("Display name of {username}"),
                email: String::new(),
                provider: "opencast".to_owned(),
                user_role,
                roles,
            },
        }))
    }
}

struct FakeSession {
    store: Rc<RefCell<Store>>,
    principal: Principal,
}

impl Session for FakeSession {
    fn principal(&self) -> Principal {
        self.principal.clone()
    }

    fn organization(&self) -> Organization {
        Organization {
            identifier: "mh_default_org".to_owned(),
            name: "Opencast Project".to_owned(),
            admin_role: "ROLE_ADMIN".to_owned(),
            anonymous_role: "ROLE_ANONYMOUS".to_owned(),
            properties: self.store.borrow().properties.clone(),
        }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            features: vec![("signed-urls".to_owned(), !self.store.borrow().signed.is_empty())],
            limits: vec![("body-bytes".to_owned(), 1 << 20)],
        }
    }

    fn find(&self, query: &Query) -> Result<Page, Error> {
        self.store.borrow_mut().find(&self.principal, query)
    }

    fn find_rendered(&self, query: &Query, form: &str) -> Result<RenderedPage, Error> {
        self.store.borrow_mut().find_rendered(&self.principal, query, form)
    }

    fn keep(&self, texts: &[Option<String>]) {
        self.store.borrow_mut().keep(texts);
    }

    fn catalogs(&self, collection: &str) -> Result<String, Error> {
        self.store.borrow_mut().catalogs(collection)
    }

    fn list_names(&self) -> Result<Vec<String>, Error> {
        Ok(self.store.borrow().lists.keys().cloned().collect())
    }

    fn list(&self, name: &str, offset: u64, limit: u32) -> Result<ListPart, Error> {
        self.store.borrow_mut().list(name, offset, limit)
    }

    fn begin(&self) -> Box<dyn Transaction> {
        Box::new(transaction::Pending::new(
            Rc::clone(&self.store),
            self.principal.clone(),
        ))
    }

    fn upload(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        Ok(Box::new(file::File::new(name)))
    }

    fn sign(&self, urls: &[String], valid_until: Option<i64>, address: Option<&str>) -> Result<Signed, Error> {
        let store = self.store.borrow();
        if store.signing_fails {
            return Err(store::refuse(Reason::Fault, ""));
        }
        let prefix = store.signed.as_str();
        let valid_until = valid_until.unwrap_or(NOW + 7_200_000);
        let sign = |url: &String| {
            let covered = !prefix.is_empty() && url.starts_with(prefix);
            covered.then(|| format!("{url}?signature={valid_until}{}", address.unwrap_or_default()))
        };
        Ok(Signed {
            urls: urls.iter().map(sign).collect(),
            valid_until,
        })
    }

    fn statistics(&self) -> Result<Vec<Provider>, Error> {
        Ok(self.store.borrow().statistics.clone())
    }

    fn count_views(&self, questions: &[Question]) -> Result<Vec<TimeSeries>, Error> {
        self.store.borrow_mut().count_views(&self.principal, questions)
    }

    fn now(&self) -> i64 {
        NOW
    }
}

impl Fake {
    /// Adds an event as if it had been created: texts by field, and allowing entries `(role, action)`.
    pub fn add_event(&self, identifier: &str, texts: &[(&str, &str)], acl: Option<&[(&str, &str)]>) {
        self.add("events", identifier, texts, acl);
    }

    /// Adds an object of any collection with any content.
    pub fn add_object(&self, collection: &str, identifier: &str, fields: &[(&str, Value)]) {
        self.add(collection, identifier, &[], None);
        let key = (collection.to_owned(), identifier.to_owned());
        if let Some(object) = self.store.borrow_mut().objects.get_mut(&key) {
            let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
            object.fields.extend(fields);
        }
    }

    fn add(&self, collection: &str, identifier: &str, texts: &[(&str, &str)], acl: Option<&[(&str, &str)]>) {
        let entry = |(role, action): &(&str, &str)| AccessEntry {
            role: (*role).to_owned(),
            action: (*action).to_owned(),
            allow: true,
        };
        let field = |(name, text): &(&str, &str)| ((*name).to_owned(), Value::Text((*text).to_owned()));
        let mut store = self.store.borrow_mut();
        store.sequence += 1;
        let object = Object {
            fields: texts.iter().map(field).collect(),
            acl: acl.map(|entries| entries.iter().map(entry).collect()),
            sequence: store.sequence,
        };
        store
            .objects
            .insert((collection.to_owned(), identifier.to_owned()), object);
    }

    /// Adds a series as if it had been created, with allowing entries `(role, action)`.
    pub fn add_series(&self, identifier: &str, title: &str, acl: &[(&str, &str)]) {
        self.add("series", identifier, &[("title", title)], Some(acl));
    }

    /// The access list that belongs to an object itself.
    pub fn own_acl(&self, collection: &str, identifier: &str) -> Option<Acl> {
        self.store
            .borrow()
            .objects
            .get(&(collection.to_owned(), identifier.to_owned()))?
            .acl
            .clone()
    }
}
