//! One tenant.

mod authentication;
mod lists;
mod statistics;
mod workflows;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use lectern_data::identity::{self, denials};
use lectern_data::model::{
    self, Change, Criterion, Denial, Item, Page, Query, Reason, RenderedPage, Schedule, Sequence, Session, Test,
};
use lectern_data::sql::{Failure, SqlError};
use lectern_data::{scheduling, search};
use lectern_media::Inspector;
use lectern_settings::Settings;
use lectern_workflows::listing;
use rusqlite::Connection;

use crate::database::{Database, OpenDatabases, Slot};
use crate::digest::Nonces;
use crate::files::Upload;
use crate::jwt::Tokens;
use crate::login::Logins;
use crate::renderings::{Form, Renderings};
use crate::workflows::Wake;
use crate::writer::Then;
use crate::{Activity, Clock, Error, TenantName};

/// What all tenants of a process share.
pub(crate) struct Shared {
    pub(crate) databases: OpenDatabases,
    pub(crate) renderings: Renderings,
    pub(crate) logins: Logins,
    pub(crate) nonces: Nonces,
    pub(crate) inspector: Arc<Inspector>,
    pub(crate) wake: Wake,
    pub(crate) activity: Arc<Activity>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A tenant: its database and who may use it. Cheap as long as nobody asks anything of it.
pub struct Tenant {
    serial: i64,
    name: TenantName,
    slot: Arc<Slot>,
    shared: Arc<Shared>,
    tokens: Tokens,
    settings: Settings,
    /// The last number that was given to a workflow that is to be started.
    last_workflow: Mutex<i64>,
}

impl Tenant {
    pub(crate) fn new(serial: i64, name: TenantName, database: PathBuf, shared: Arc<Shared>) -> Self {
        let tokens = Tokens::new(name.clone(), &database);
        let settings = Settings::new(name.clone(), &database);
        let slot = Arc::new(Slot::new(name.clone(), database));
        Self {
            serial,
            name,
            slot,
            shared,
            tokens,
            settings,
            last_workflow: Mutex::new(0),
        }
    }

    pub(crate) fn serial(&self) -> i64 {
        self.serial
    }

    /// The tenant's identifier.
    pub fn name(&self) -> &TenantName {
        &self.name
    }

    /// Answers a query, on the caller's thread. See `search.find` of the contract.
    pub fn find(&self, session: &Session, query: &Query) -> Result<Page, model::Error> {
        if query.collection == listing::COLLECTION {
            return listing::find(&self.definitions(), session, query);
        }
        self.find_in(&*self.database()?, session, query)
    }

    fn find_in(&self, database: &Database, session: &Session, query: &Query) -> Result<Page, model::Error> {
        let found = database
            .readers
            .with(|sql| search::find(sql, session, query, Some(&database.access)));
        found.map_err(|error| self.named(error))
    }

    /// Answers a query, on the caller's thread, with what has been written of objects. See `search.find-rendered` of the contract.
    ///
    /// Which objects a page has is found out first, and then the values of those of which nothing has been kept. What is changed in between is
    /// answered as it is afterwards.
    pub fn find_rendered(&self, session: &Session, query: &Query, form: &str) -> Result<RenderedPage, model::Error> {
        let database = self.database()?;
        let opening = database.opening;
        let renderings = &self.shared.renderings;
        if !renderings.are_kept() {
            let page = self.find_in(&database, session, query)?;
            let texts = vec![None; page.items.len()];
            return Ok(RenderedPage { page, texts, opening });
        }
        let bare = Query {
            fields: Vec::new(),
            with_acl: false,
            ..query.clone()
        };
        let mut page = self.find_in(&database, session, &bare)?;
        let form = Form::new(opening, &query.collection, form);
        let objects = page.items.iter().map(|item| (item.identifier.as_str(), item.sequence));
        let mut texts = renderings.get(&form, objects);
        if texts.iter().any(Option::is_none) {
            let kept = std::mem::take(&mut page.items).into_iter().zip(texts);
            let missing = |(item, text): &(Item, Option<_>)| text.is_none().then(|| item.identifier.clone());
            let kept: Vec<_> = kept.collect();
            let fresh = self.find_in(
                &database,
                session,
                &values_of(query, kept.iter().filter_map(missing).collect()),
            )?;
            page.acls = fresh.acls;
            let items = fresh.items.into_iter();
            let mut fresh: HashMap<String, Item> = items.map(|item| (item.identifier.clone(), item)).collect();
            let with_values = |(item, text): (Item, Option<Arc<str>>)| match text {
                Some(text) => Some((item, Some(text))),
                None => Some((fresh.remove(&item.identifier)?, None)),
            };
            (page.items, texts) = kept.into_iter().filter_map(with_values).unzip();
        }
        Ok(RenderedPage { page, texts, opening })
    }

    /// Keeps what has been written of objects. See `search.keep` of the contract.
    pub fn keep(&self, opening: u64, collection: &str, form: &str, written: Vec<(String, Sequence, String)>) {
        let form = Form::new(opening, collection, form);
        self.shared.renderings.put(&form, written);
    }

    /// The metadata catalogs that are configured for a collection. See `search.catalogs` of the contract.
    pub fn catalogs(&self, collection: &str) -> Result<String, model::Error> {
        self.settings.catalogs(collection)
    }

    /// The recordings that a `scheduling` object asks for, on the caller's thread. See `storage.transaction.schedule`.
    pub fn schedule(&self, scheduling: &str, title: &str) -> Result<Schedule, model::Error> {
        let database = self.database()?;
        let identifier = || uuid::Uuid::new_v4().to_string();
        let recordings = database
            .readers
            .with(|sql| scheduling::recordings(sql, scheduling, title, identifier));
        recordings.map_err(|error| self.named(error))
    }

    /// Makes changes durable, together or not at all, and gives the commit's sequence. See `storage.transaction`.
    pub async fn commit(&self, session: Arc<Session>, changes: Vec<Change>) -> Result<Sequence, model::Error> {
        self.write(session, changes, None).await
    }

    /// The same; `then` is done as soon as the changes are durable, even if the caller has stopped waiting, and dropped if they are not
    /// made.
    pub async fn commit_then(
        &self,
        session: Arc<Session>,
        changes: Vec<Change>,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<Sequence, model::Error> {
        self.write(session, changes, Some(Box::new(then))).await
    }

    async fn write(
        &self,
        session: Arc<Session>,
        mut changes: Vec<Change>,
        then: Option<Then>,
    ) -> Result<Sequence, model::Error> {
        let then = self.starting(&session, &mut changes, then)?;
        let database = self.database()?;
        database
            .writer
            .commit(session, changes, then)
            .await
            .map_err(|error| self.named(error))
    }

    /// Begins to store a file that its client calls `name`. See `storage.upload` of the contract.
    pub async fn upload(&self, name: &str) -> Result<Upload, model::Error> {
        let (files, inspector) = (Arc::clone(&self.slot.files), Arc::clone(&self.shared.inspector));
        Upload::begin(files, inspector, name).await
    }

    /// Opens a file by the identifier that tracks and publications refer to, on the caller's thread.
    pub fn open_file(&self, identifier: &str) -> io::Result<File> {
        match self.slot.files.open(identifier) {
            // Another program that works on the tenant may have no disk to put files on.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.slot.takes_in_files() => {
                self.slot.files.open(identifier)
            }
            opened => opened,
        }
    }

    /// A session of the system itself, under the name that Opencast gives it, for what the operator does on the command line.
    pub fn system_session(&self) -> Result<Arc<Session>, model::Error> {
        let database = self.database()?;
        let organization = database
            .readers
            .with(|sql| database.directory.organization(sql))
            .map_err(|error| self.fault(error))?;
        Ok(Arc::new(identity::system_session(&organization)))
    }

    /// Opens the database on a thread made for waiting: after an update of the program this can take long.
    async fn open_aside(&self) {
        if !self.slot.is_open() {
            let (shared, slot) = (Arc::clone(&self.shared), Arc::clone(&self.slot));
            // Whether it worked is seen by whoever uses it.
            let _ = tokio::task::spawn_blocking(move || shared.databases.get(&slot).map(drop)).await;
        }
    }

    fn database(&self) -> Result<Arc<Database>, model::Error> {
        self.shared.databases.get(&self.slot).map_err(|error| match error {
            Error::Database {
                source:
                    SqlError {
                        failure: failure @ (Failure::Busy | Failure::Full),
                        message,
                    },
                ..
            } => SqlError { failure, message }.into(),
            error => model::Error::fault(error.to_string()),
        })
    }

    /// Asks the directory; its trouble is the operator's and not the client's.
    fn ask<T>(&self, question: impl FnOnce(&Database, &Connection) -> Result<T, SqlError>) -> Result<T, Denial> {
        let database = self.database();
        let answer = database.and_then(|database| {
            database
                .readers
                .with(|sql| question(&database, sql))
                .map_err(|error| self.fault(error))
        });
        answer.map_err(|error| {
            tracing::error!(tenant = %self.name, "{}", error.message);
            denials::unavailable("The users of this tenant cannot be looked up at the moment.")
        })
    }

    fn fault(&self, error: SqlError) -> model::Error {
        self.named(error.into())
    }

    /// Tells the operator which tenant's database is in trouble, and what to do. The database is opened anew for the next request: what
    /// is put right is seen without a restart.
    fn named(&self, error: model::Error) -> model::Error {
        match error.reason {
            Reason::Fault => {
                self.slot.close();
                let source = SqlError {
                    failure: Failure::Other,
                    message: error.message,
                };
                model::Error {
                    message: self.slot.failed(source).to_string(),
                    ..error
                }
            }
            _ => error,
        }
    }
}

impl Drop for Tenant {
    /// A tenant that was removed lets go of its files.
    fn drop(&mut self) {
        self.slot.close();
    }
}

/// Asks for what a query shows of these objects.
fn values_of(query: &Query, identifiers: Vec<String>) -> Query {
    Query {
        collection: query.collection.clone(),
        limit: u32::try_from(identifiers.len()).unwrap_or(u32::MAX),
        filters: vec![vec![Criterion {
            field: "identifier".to_owned(),
            test: Test::Equals(identifiers),
        }]],
        actions: query.actions.clone(),
        fields: query.fields.clone(),
        with_acl: query.with_acl,
        ..Query::default()
    }
}
