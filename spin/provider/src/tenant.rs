//! An open tenant: its database, and what its operator has written down.

use std::cell::OnceCell;

use lectern_data::identity;
use lectern_data::lists::{self, Window};
use lectern_data::model::{
    Change, Error, ListPart, Organization, Page, Query, Reason, Schedule, Sequence, Session, Signed,
};
use lectern_data::search;
use lectern_data::sql::{Sql, SqlError};
use lectern_data::statistics::{Question, TimeSeries};
use lectern_data::{pieces, scheduling, statistics, workflow, write};
use lectern_settings::{Settings, TenantName};
use lectern_workflows::{listing, start};
use uuid::Uuid;

use crate::configuration::Label;
use crate::database::Database;
use crate::now;
use crate::uploads::Stored;

/// A tenant that a request is for.
pub struct Tenant {
    pub label: Label,
    pub name: TenantName,
    pub database: Database,
    settings: OnceCell<Settings>,
}

impl Tenant {
    /// The tenant of this database.
    pub fn new(label: Label, database: Database, organization: &Organization) -> Result<Self, SqlError> {
        let name = organization.identifier.parse().map_err(|error| SqlError {
            failure: lectern_data::sql::Failure::Other,
            message: format!("this is no database of a tenant: {error}"),
        })?;
        Ok(Self {
            label,
            name,
            database,
            settings: OnceCell::new(),
        })
    }

    /// What the operator has written down, read when somebody asks for it.
    pub fn settings(&self) -> &Settings {
        self.settings.get_or_init(|| {
            let database = self.label.pseudo_database(self.name.as_str());
            Settings::new(self.name.clone(), &database)
        })
    }

    pub fn find(&self, session: &Session, query: &Query) -> Result<Page, Error> {
        if query.collection == listing::COLLECTION {
            return listing::find(&self.settings().definitions(), session, query);
        }
        search::find(&self.database, session, query, None)
    }

    pub fn list(&self, session: &Session, name: &str, window: Window) -> Result<ListPart, Error> {
        if let Some(part) = self.settings().list(session, name, window) {
            return Ok(part);
        }
        lists::entries(&self.database, session, name, window, None)?
            .ok_or_else(|| Error::new(Reason::Missing, name, format!("There is no list {name:?}.")))
    }

    pub fn schedule(&self, scheduling: &str, title: &str) -> Result<Schedule, Error> {
        scheduling::recordings(&self.database, scheduling, title, || Uuid::new_v4().to_string())
    }

    /// A number for a workflow that is going to be started. What is wrong with the database is reported by whoever starts it: 0 is no
    /// number.
    pub fn new_workflow(&self) -> i64 {
        workflow::reserve_number(&self.database).unwrap_or_default()
    }

    pub fn count_views(&self, session: &Session, questions: &[Question]) -> Result<Vec<TimeSeries>, Error> {
        statistics::answer(&self.database, session, &self.settings().statistics(), questions)
    }

    pub fn sign(&self, urls: &[String], valid_until: Option<i64>, address: Option<&str>) -> Result<Signed, Error> {
        let address = address.map(lectern_settings::address).transpose()?;
        self.settings().sign(urls, valid_until, address, now())
    }

    /// Makes changes durable, together with the files that they refer to, and does the workflows that follow.
    pub fn commit(&self, session: &Session, mut changes: Vec<Change>, files: &[Stored]) -> Result<Sequence, Error> {
        start::resolve(&mut changes, &session.principal, || self.settings().definitions())?;
        let sequence = self.write(session, &changes, files)?;
        if start::is_due(&changes) {
            self.run_workflows()?;
        }
        Ok(sequence)
    }

    /// One transaction.
    pub fn write(&self, session: &Session, changes: &[Change], files: &[Stored]) -> Result<Sequence, Error> {
        // Within a transaction it would do nothing.
        self.database.execute("PRAGMA foreign_keys = ON", &[])?;
        self.database.transaction(|| {
            let sequence = write::apply(&self.database, session, changes, now())?;
            for Stored { file, content } in files {
                pieces::store(&self.database, &file.identifier, content)?;
            }
            Ok(sequence)
        })
    }

    /// A session of the system itself.
    pub fn system_session(&self) -> Result<Session, Error> {
        let organization = identity::organization(&self.database)?;
        Ok(identity::system_session(&organization))
    }
}
