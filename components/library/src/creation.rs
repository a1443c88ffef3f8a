//! Creating an object with POST; only once, even if the request is sent again with the same `Idempotency-Key`.

use serde::Serialize;

use crate::api::{AccessEntry, Assignment, Error, Transaction};
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
    /// Creates the object, together with `others` that are to happen to it, and answers with its identifier and address. `form` is
    /// what the client sent; `refused` says what a refusal of the host means, given the object's identifier.
    pub fn commit(
        self,
        context: &Context,
        form: &Form,
        others: impl FnOnce(&dyn Transaction, &str),
        refused: impl FnOnce(Error, &str) -> Problem,
    ) -> Result<Response, Problem> {
        let create = |transaction: &dyn Transaction| {
            let identifier = transaction.create(self.collection, self.identifier, self.fields, self.acl);
            others(transaction, &identifier);
            Ok((context.created(self.path, &identifier), identifier))
        };
        once(context, form, create, |error, identifier| refused(error, &identifier))
    }
}

/// Carries out what `create` puts into a transaction, and answers as it says; a request that is sent again under its key is only
/// answered. `refused` says what a refusal of the commit means, given what `create` gave besides.
pub fn once<T>(
    context: &Context,
    form: &Form,
    create: impl FnOnce(&dyn Transaction) -> Result<(Response, T), Problem>,
    refused: impl FnOnce(Error, T) -> Problem,
) -> Result<Response, Problem> {
    let key = Key::of(&context.request, form)?;
    let transaction = context.session.begin();
    let (response, created) = match create(&*transaction) {
        Ok(created) => created,
        // What was there the first time may be gone: the request is answered as it was then all the same.
        Err(problem) => return key.and_then(|key| key.remembered(context)).unwrap_or(Err(problem)),
    };
    if let Some(key) = &key {
        key.remember(&*transaction, &response);
    }
    match transaction.commit() {
        Ok(_) => Ok(response),
        Err(error) => match key.and_then(|key| key.answer(&error)) {
            Some(answer) => answer,
            None => Err(refused(error, created)),
        },
    }
}

/// The answer to the creation of several objects by one request: 200 and a list of their identifiers.
pub fn created_several(context: &Context, identifiers: &[String]) -> Response {
    #[derive(Serialize)]
    struct Created<'a> {
        identifier: &'a str,
    }
    let created: Vec<_> = identifiers.iter().map(|identifier| Created { identifier }).collect();
    Response::json(200, context.version, &created)
}
