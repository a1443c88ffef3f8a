//! The lists that a tenant's forms offer for choice.

use lectern_data::lists::{self, Window};
use lectern_data::model::{Error, ListPart, Reason, Session};

use super::Tenant;

impl Tenant {
    /// The names of all lists. See `lists.names` of the contract.
    pub fn list_names(&self) -> Vec<String> {
        self.settings.list_names()
    }

    /// A part of a list, on the caller's thread. See `lists.entries` of the contract.
    pub fn list(&self, session: &Session, name: &str, window: Window) -> Result<ListPart, Error> {
        if let Some(part) = self.settings.list(session, name, window) {
            return Ok(part);
        }
        let database = self.database()?;
        let part = database
            .readers
            .with(|sql| lists::entries(sql, session, name, window, Some(&database.access)));
        part.map_err(|error| self.named(error))?
            .ok_or_else(|| Error::new(Reason::Missing, name, format!("There is no list {name:?}.")))
    }
}
