//! Creating an object with POST; only once, even if the request is sent again with the same `Idempotency-Key`.

use crate::api::{AccessEntry, Assignment, Error};
use crate::form::Form;
use crate::idempotency::Key;
use crate::{Context, Problem, Response};

/// An object that is to be created.
#[derive(Debug, Clone, Copy)]
pub struct Creation<'a> {
    /// The collection.
    pub collection: &'a str,
    /// Where its objects are, below the API: `/series`.
    pub path: &'a str,
    /// The identifier, if the client has chosen one.
    pub identifier: Option<&'a str>,
    /// The content.
    pub fields: &'a [Assignment],
    /// The access list.
    pub acl: Option<&'a [AccessEntry]>,
}

impl Creation<'_> {
    /// Creates the object and answers with its identifier and address. `form` is what the client sent; `refused` says what a
    /// refusal of the host means, given the object's identifier.
    pub fn commit(
        self,
        context: &Context,
        form: &Form,
        refused: impl FnOnce(Error, &str) -> Problem,
    ) -> Result<Response, Problem> {
        let key = Key::of(&context.request, form)?;
        let transaction = context.session.begin();
        let identifier = transaction.create(self.collection, self.identifier, self.fields, self.acl);
        let response = context.created(self.path, &identifier);
        if let Some(key) = &key {
            key.remember(&*transaction, &response);
        }
        match transaction.commit() {
            Ok(_) => Ok(response),
            Err(error) => match key.and_then(|key| key.answer(&error)) {
                Some(answer) => answer,
                None => Err(refused(error, &identifier)),
            },
        }
    }
}
