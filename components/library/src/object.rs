//! One object of a collection: find it, answer with it, change it.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::api::{AccessEntry, Error, Item, Page, Reason, Transaction, Value, by_identifier};
use crate::condition::{self, entity_tag, view_tag};
use crate::creation::once;
use crate::form::Form;
use crate::list::access_list;
use crate::metadata::Changes;
use crate::{Context, Problem, Response};

/// How often a change that depends on the object is tried again when somebody else was faster.
const ATTEMPTS: usize = 8;

/// An object that a request names.
#[derive(Debug, Clone, Copy)]
pub struct Object<'a> {
    /// The collection.
    pub collection: &'a str,
    /// What people call it, with its article: `an event`.
    pub noun: &'a str,
    /// Its identifier.
    pub identifier: &'a str,
}

/// An object that has been found.
pub struct Found(Page);

impl Found {
    /// Its values, in the order of the query.
    pub fn values(&self) -> &[Value] {
        self.0.items.first().map_or(&[], |item| &item.values)
    }

    /// Its access list, if that was asked for.
    pub fn acl(&self) -> &[AccessEntry] {
        self.0.items.first().map_or(&[], |item| access_list(&self.0.acls, item))
    }

    /// The commit that last changed it.
    pub fn sequence(&self) -> u64 {
        self.0.items.first().map_or(0, |item| item.sequence)
    }

    /// The object as an item of a list.
    pub fn item(&self) -> Option<&Item> {
        self.0.items.first()
    }

    /// Answers with something about the object, unless the client has it already: `ETag` and `If-None-Match`.
    pub fn respond(&self, context: &Context, answer: impl FnOnce() -> Response) -> Response {
        self.respond_with(context, entity_tag(self.sequence(), context.version), answer)
    }

    /// The same for an object that does not look the same to everybody; `view` tells what is different.
    pub fn respond_to_view(&self, context: &Context, view: &impl Hash, answer: impl FnOnce() -> Response) -> Response {
        let mut hasher = DefaultHasher::new();
        view.hash(&mut hasher);
        let tag = view_tag(self.sequence(), context.version, hasher.finish());
        self.respond_with(context, tag, answer)
    }

    fn respond_with(&self, context: &Context, tag: String, answer: impl FnOnce() -> Response) -> Response {
        condition::not_modified(&context.request, &tag).unwrap_or_else(|| answer().with_header("etag", tag))
    }
}

impl Object<'_> {
    /// Finds the object, or answers 404.
    pub fn find(self, context: &Context, fields: &[&str], with_acl: bool) -> Result<Found, Problem> {
        let mut query = by_identifier(self.collection, self.identifier, fields);
        query.with_acl = with_acl;
        let page = context.session.find(&query)?;
        if page.items.is_empty() {
            Err(self.missing())
        } else {
            Ok(Found(page))
        }
    }

    /// 404: there is no such object, or it may not be read.
    pub fn missing(self) -> Problem {
        Problem::not_found(format!("Cannot find {} with id '{}'.", self.noun, self.identifier))
    }

    /// The problem with a request, which only matters if the object exists.
    pub fn if_found(self, context: &Context, problem: Problem) -> Problem {
        self.find(context, &[], false).err().unwrap_or(problem)
    }

    /// Makes changes to the object in one transaction, on the condition of `If-Match`.
    pub fn change(self, context: &Context, changes: impl FnOnce(&dyn Transaction)) -> Result<(), Problem> {
        self.commit(context, changes, Problem::from)
    }

    /// Writes metadata, together with other changes, in one transaction. Metadata may depend on what is there already
    /// (a new start date keeps the time of day): then the object is read first, and all is tried again if it changed in
    /// between.
    pub fn write(
        self,
        context: &Context,
        metadata: &Changes<'_>,
        others: impl Fn(&dyn Transaction),
    ) -> Result<(), Problem> {
        for _ in 0..ATTEMPTS {
            if self.attempt(context, metadata, &others)? {
                return Ok(());
            }
        }
        Err(outrun())
    }

    /// The same together with changes that cannot be tried again: 503 if the object changed in between.
    pub fn write_once(
        self,
        context: &Context,
        metadata: &Changes<'_>,
        others: impl FnOnce(&dyn Transaction),
    ) -> Result<(), Problem> {
        if self.attempt(context, metadata, others)? {
            Ok(())
        } else {
            Err(outrun())
        }
    }

    /// Gives whether it was written: not if somebody else was faster.
    fn attempt(
        self,
        context: &Context,
        metadata: &Changes<'_>,
        others: impl FnOnce(&dyn Transaction),
    ) -> Result<bool, Problem> {
        let refused = |error| metadata.refused(error);
        if !metadata.depend_on_object() {
            let assignments = metadata.for_existing(&|_| None)?;
            let changes = |transaction: &dyn Transaction| {
                transaction.update(self.collection, self.identifier, &assignments);
                others(transaction);
            };
            return self.commit(context, changes, refused).map(|()| true);
        }
        let fields = metadata.dependencies();
        let found = self.find(context, &fields, false)?;
        let current = |content: &str| {
            let column = fields.iter().position(|known| *known == content)?;
            found.values().get(column)
        };
        let assignments = metadata.for_existing(&current)?;
        let changes = |transaction: &dyn Transaction| {
            transaction.expect(self.collection, self.identifier, found.sequence());
            transaction.update(self.collection, self.identifier, &assignments);
            others(transaction);
        };
        match self.commit(context, changes, refused) {
            Err(problem) if problem.status == 412 && !condition::is_guarded(&context.request) => Ok(false),
            written => written.map(|()| true),
        }
    }

    /// Makes changes that depend on the object in one transaction: it is read first, and all is tried again if it changed in between.
    /// `refused` says what a refusal means that is not about the object being missing or changed. Gives the object as it was.
    pub fn change_found(
        self,
        context: &Context,
        fields: &[&str],
        with_acl: bool,
        changes: impl Fn(&Found, &dyn Transaction),
        refused: impl Fn(Error) -> Problem,
    ) -> Result<Found, Problem> {
        for _ in 0..ATTEMPTS {
            let found = self.find(context, fields, with_acl)?;
            let all = |transaction: &dyn Transaction| {
                transaction.expect(self.collection, self.identifier, found.sequence());
                changes(&found, transaction);
            };
            match self.commit(context, all, &refused) {
                Err(problem) if problem.status == 412 && !condition::is_guarded(&context.request) => {}
                changed => return changed.map(|()| found),
            }
        }
        Err(outrun())
    }

    /// Refuses a request that will want to change the object and may not: 404 or 401, before it has sent much.
    pub fn require_write(self, context: &Context) -> Result<(), Problem> {
        let mut query = by_identifier(self.collection, self.identifier, &[]);
        query.actions.push("write".to_owned());
        if context.session.find(&query)?.items.is_empty() {
            self.find(context, &[], false)?;
            return Err(Problem::new(401, "unauthorized"));
        }
        Ok(())
    }

    /// Makes changes to the object in one transaction, on the condition of `If-Match`, and answers with `response`; a request that is
    /// sent again under its `Idempotency-Key` is only answered. `form` is what the client sent.
    pub fn change_once(
        self,
        context: &Context,
        form: &Form,
        response: Response,
        changes: impl FnOnce(&dyn Transaction),
    ) -> Result<Response, Problem> {
        let change = |transaction: &dyn Transaction| {
            condition::guard(context, transaction, self.collection, self.identifier)?;
            changes(transaction);
            Ok((response, ()))
        };
        once(context, form, change, |error, ()| self.refused(error, Problem::from))
    }

    /// The same as [`change`](Self::change), where `refused` says what a refusal means that is not about the object being missing.
    pub fn commit(
        self,
        context: &Context,
        changes: impl FnOnce(&dyn Transaction),
        refused: impl FnOnce(Error) -> Problem,
    ) -> Result<(), Problem> {
        let transaction = context.session.begin();
        condition::guard(context, &*transaction, self.collection, self.identifier)?;
        changes(&*transaction);
        transaction
            .commit()
            .map(drop)
            .map_err(|error| self.refused(error, refused))
    }

    /// What a refusal means: if the object itself is missing, always the same.
    fn refused(self, error: Error, otherwise: impl FnOnce(Error) -> Problem) -> Problem {
        if error.reason == Reason::Missing && error.subject == self.identifier {
            self.missing()
        } else {
            otherwise(error)
        }
    }
}

fn outrun() -> Problem {
    Problem::new(503, "Too many others are changing the same object.").with_header("retry-after", "1")
}
