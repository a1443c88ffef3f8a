//! The lists that a tenant's forms offer for choice.

use std::collections::BTreeSet;

use lectern_data::lists::{self, Window};
use lectern_data::model::{Error, ListEntry, ListPart, Reason, Session};

use super::Tenant;

/// The list of the workflows that there are: identifiers and titles.
const WORKFLOWS: &str = "JOBS.WORKFLOW";

impl Tenant {
    /// The names of all lists. See `lists.names` of the contract.
    pub fn list_names(&self) -> Vec<String> {
        let written = self.lists.current();
        let computed = lists::names().chain([WORKFLOWS]).map(str::to_owned);
        let names: BTreeSet<String> = written.keys().cloned().chain(computed).collect();
        names.into_iter().collect()
    }

    /// A part of a list, on the caller's thread. See `lists.entries` of the contract. What somebody has written down counts before what
    /// is computed.
    pub fn list(&self, session: &Session, name: &str, window: Window) -> Result<ListPart, Error> {
        if let Some(entries) = self.lists.current().get(name) {
            return Ok(window.of(entries.iter().cloned()));
        }
        if name == WORKFLOWS {
            return Ok(window.of(self.workflow_titles(session).into_iter()));
        }
        let database = self.database()?;
        let part = database
            .readers
            .with(|sql| lists::entries(sql, session, name, window, Some(&database.access)));
        part.map_err(|error| self.named(error))?
            .ok_or_else(|| Error::new(Reason::Missing, name, format!("There is no list {name:?}.")))
    }

    /// Workflows by their titles, without those that are for others.
    fn workflow_titles(&self, session: &Session) -> Vec<ListEntry> {
        let principal = &session.principal;
        let definitions = self.definitions();
        let mut entries: Vec<ListEntry> = definitions
            .values()
            .filter(|definition| {
                let roles = &definition.roles;
                principal.administrator || roles.is_empty() || roles.iter().any(|role| principal.roles.contains(role))
            })
            .filter(|definition| !definition.title.is_empty())
            .map(|definition| ListEntry::new(definition.identifier.as_str(), definition.title.as_str()))
            .collect();
        entries.sort_by(|left, right| (&left.value, &left.key).cmp(&(&right.value, &right.key)));
        entries
    }
}
