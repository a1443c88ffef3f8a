//! Who may do what with the data of the backend in memory.

use super::small;
use super::store::{Object, Store, refuse};
use crate::api::{Acl, Error, Principal, Reason, Sequence, Value};

impl Store {
    pub(super) fn object(&self, collection: &str, identifier: &str) -> Option<&Object> {
        self.objects.get(&(collection.to_owned(), identifier.to_owned()))
    }

    /// The list that counts: the own one, or that of the event's series.
    pub(super) fn effective_acl(&self, collection: &str, object: &Object) -> Acl {
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

    /// Whether a user may do this with an object.
    pub(super) fn allows(&self, principal: &Principal, collection: &str, object: &Object, action: &str) -> bool {
        if let Some(allows) = small::allows(self, principal, collection, object, action) {
            return allows;
        }
        let acl = self.effective_acl(collection, object);
        let mut entries = acl
            .iter()
            .filter(|entry| entry.action == action && principal.roles.contains(&entry.role))
            .peekable();
        principal.roles.iter().any(|role| role == "ROLE_ADMIN")
            || (entries.peek().is_some() && entries.all(|entry| entry.allow))
    }

    /// An object that may be changed.
    pub(super) fn writable(
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
}
