//! `lectern:api/storage`: transactions collect changes here and take place in the backend.

use super::{Session, Transaction};
use crate::bindings::storage::{Acl, Assignment, Host, HostTransaction, Sequence};
use crate::bindings::types::{Error, Reason};
use crate::convert;
use crate::state::State;
use lectern_data::model::{self, Change};
use std::mem::size_of;
use wasmtime::Result;
use wasmtime::component::Resource;

impl Host for State {}

impl State {
    /// Adds a change, unless the request's transactions hold as much as they may. That is reported by the commit, like everything
    /// that is wrong with a change.
    fn add(&mut self, transaction: Resource<Transaction>, change: Change) -> Result<()> {
        let transaction = self.table.get_mut(&transaction)?;
        let bytes = size(&change);
        match self.transaction_bytes_left.checked_sub(bytes) {
            Some(left) if !transaction.overflown => {
                self.transaction_bytes_left = left;
                transaction.bytes += bytes;
                transaction.changes.push(change);
            }
            _ => transaction.overflown = true,
        }
        Ok(())
    }

    fn take(&mut self, transaction: Resource<Transaction>) -> Result<Transaction> {
        let transaction = self.table.delete(transaction)?;
        self.transaction_bytes_left += transaction.bytes;
        Ok(transaction)
    }
}

impl HostTransaction for State {
    fn new(&mut self, session: Resource<Session>) -> Result<Resource<Transaction>> {
        let session = self.table.get(&session)?.0.clone();
        Ok(self.table.push(Transaction {
            session,
            changes: Vec::new(),
            bytes: 0,
            overflown: false,
        })?)
    }

    fn expect(
        &mut self,
        transaction: Resource<Transaction>,
        collection: String,
        identifier: String,
        sequence: Sequence,
    ) -> Result<()> {
        self.add(
            transaction,
            Change::Expect {
                collection,
                identifier,
                sequence,
            },
        )
    }

    fn remember(
        &mut self,
        transaction: Resource<Transaction>,
        key: String,
        fingerprint: String,
        answer: String,
    ) -> Result<()> {
        self.add(
            transaction,
            Change::Remember {
                key,
                fingerprint,
                answer,
            },
        )
    }

    fn create(
        &mut self,
        transaction: Resource<Transaction>,
        collection: String,
        identifier: Option<String>,
        fields: Vec<Assignment>,
        acl: Option<Acl>,
    ) -> Result<String> {
        let identifier = identifier.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let change = Change::Create {
            collection,
            identifier: identifier.clone(),
            fields: convert::assignments(fields),
            acl: acl.map(convert::acl),
        };
        self.add(transaction, change)?;
        Ok(identifier)
    }

    fn update(
        &mut self,
        transaction: Resource<Transaction>,
        collection: String,
        identifier: String,
        fields: Vec<Assignment>,
    ) -> Result<()> {
        self.add(
            transaction,
            Change::Update {
                collection,
                identifier,
                fields: convert::assignments(fields),
            },
        )
    }

    fn set_acl(
        &mut self,
        transaction: Resource<Transaction>,
        collection: String,
        identifier: String,
        acl: Option<Acl>,
    ) -> Result<()> {
        self.add(
            transaction,
            Change::SetAcl {
                collection,
                identifier,
                acl: acl.map(convert::acl),
            },
        )
    }

    fn grant(
        &mut self,
        transaction: Resource<Transaction>,
        collection: String,
        identifier: String,
        action: String,
        role: String,
    ) -> Result<()> {
        self.add(
            transaction,
            Change::Grant {
                collection,
                identifier,
                action,
                role,
            },
        )
    }

    fn revoke(
        &mut self,
        transaction: Resource<Transaction>,
        collection: String,
        identifier: String,
        action: String,
        role: String,
    ) -> Result<()> {
        self.add(
            transaction,
            Change::Revoke {
                collection,
                identifier,
                action,
                role,
            },
        )
    }

    fn override_acls(&mut self, transaction: Resource<Transaction>, series: String) -> Result<()> {
        self.add(transaction, Change::OverrideAcls { series })
    }

    fn delete(&mut self, transaction: Resource<Transaction>, collection: String, identifier: String) -> Result<()> {
        self.add(transaction, Change::Delete { collection, identifier })
    }

    async fn commit(&mut self, transaction: Resource<Transaction>) -> Result<Result<Sequence, Error>> {
        let transaction = self.take(transaction)?;
        if transaction.overflown {
            return Ok(Err(Error {
                reason: Reason::Invalid,
                message: "The request changes too much at once; split it into several requests.".to_owned(),
                subject: String::new(),
                document: String::new(),
            }));
        }
        let backend = self.backend.clone();
        let committed = backend.commit(transaction.session, transaction.changes).await;
        Ok(committed.map_err(|error| self.refusal(error)))
    }

    fn drop(&mut self, transaction: Resource<Transaction>) -> Result<()> {
        self.take(transaction)?;
        Ok(())
    }
}

/// Bytes that a change keeps from other uses, roughly.
fn size(change: &Change) -> usize {
    let content = match change {
        Change::Expect {
            collection, identifier, ..
        }
        | Change::Delete { collection, identifier } => collection.len() + identifier.len(),
        Change::Create {
            collection,
            identifier,
            fields,
            acl,
        } => collection.len() + identifier.len() + fields_size(fields) + acl_size(acl),
        Change::Update {
            collection,
            identifier,
            fields,
        } => collection.len() + identifier.len() + fields_size(fields),
        Change::SetAcl {
            collection,
            identifier,
            acl,
        } => collection.len() + identifier.len() + acl_size(acl),
        Change::Grant {
            collection,
            identifier,
            action,
            role,
        }
        | Change::Revoke {
            collection,
            identifier,
            action,
            role,
        } => collection.len() + identifier.len() + action.len() + role.len(),
        Change::OverrideAcls { series } => series.len(),
        Change::Remember {
            key,
            fingerprint,
            answer,
        } => key.len() + fingerprint.len() + answer.len(),
    };
    size_of::<Change>() + content
}

fn fields_size(fields: &[model::Assignment]) -> usize {
    let content = |value: &model::Value| match value {
        model::Value::None | model::Value::Number(_) | model::Value::Flag(_) => 0,
        model::Value::Text(text) | model::Value::Document(text) => text.len(),
        model::Value::Texts(texts) => texts.iter().map(|text| size_of::<String>() + text.len()).sum(),
    };
    fields
        .iter()
        .map(|field| size_of::<model::Assignment>() + field.field.len() + content(&field.value))
        .sum()
}

fn acl_size(acl: &Option<model::Acl>) -> usize {
    let entries = acl.iter().flatten();
    entries
        .map(|entry| size_of::<model::AccessEntry>() + entry.role.len() + entry.action.len())
        .sum()
}
