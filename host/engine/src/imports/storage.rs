//! `lectern:api/storage`: transactions collect changes here and take place in the backend.

use super::{Session, Transaction, Upload};
use crate::bindings::storage::{Acl, Assignment, Host, HostTransaction, HostUpload, Processing, Sequence};
use crate::bindings::types::{Error, Reason};
use crate::convert;
use crate::record::Phase;
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
        self.add_with(transaction, change, None)
    }

    /// The same for a change that refers to a file.
    fn add_with(&mut self, transaction: Resource<Transaction>, change: Change, file: Option<Upload>) -> Result<()> {
        let transaction = self.table.get_mut(&transaction)?;
        let bytes = size(&change);
        match self.transaction_bytes_left.checked_sub(bytes) {
            Some(left) if !transaction.overflown => {
                self.transaction_bytes_left = left;
                transaction.bytes += bytes;
                let position = transaction.changes.len();
                transaction.changes.push(change);
                transaction.files.extend(file.map(|file| (position, file.0)));
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
            files: Vec::new(),
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

    fn schedule(
        &mut self,
        transaction: Resource<Transaction>,
        fields: Vec<Assignment>,
        acl: Option<Acl>,
        scheduling: String,
        processing: Option<Processing>,
    ) -> Result<Result<Vec<String>, Error>> {
        let session = self.table.get(&transaction)?.session.clone();
        let fields = convert::assignments(fields);
        let backend = self.backend()?;
        let schedule = || backend.schedule(&session, &scheduling, model::title(&fields));
        let schedule = match self.record.measure(Phase::Schedule, schedule) {
            Ok(schedule) => schedule,
            Err(error) => return Ok(Err(self.refusal(error))),
        };
        let identifiers = schedule
            .recordings
            .iter()
            .map(|recording| recording.identifier.clone())
            .collect();
        let change = Change::Schedule {
            schedule,
            fields,
            acl: acl.map(convert::acl),
            processing: processing.map(model::Processing::from),
        };
        self.add(transaction, change)?;
        Ok(Ok(identifiers))
    }

    fn reschedule(
        &mut self,
        transaction: Resource<Transaction>,
        event: String,
        scheduling: String,
        allow_conflict: bool,
    ) -> Result<()> {
        self.add(
            transaction,
            Change::Reschedule {
                event,
                scheduling,
                allow_conflict,
            },
        )
    }

    fn set_processing(
        &mut self,
        transaction: Resource<Transaction>,
        event: String,
        processing: Processing,
    ) -> Result<()> {
        let processing = processing.into();
        self.add(transaction, Change::SetProcessing { event, processing })
    }

    fn start_workflow(
        &mut self,
        transaction: Resource<Transaction>,
        event: String,
        processing: Processing,
    ) -> Result<u64> {
        let identifier = self.backend()?.new_workflow();
        let change = Change::StartWorkflow {
            identifier: Some(identifier),
            event,
            processing: processing.into(),
            // Looked up by the backend, in the commit.
            definition: None,
        };
        self.add(transaction, change)?;
        Ok(identifier.unsigned_abs())
    }

    fn report_recording(
        &mut self,
        transaction: Resource<Transaction>,
        event: String,
        state: Option<String>,
    ) -> Result<()> {
        let change = Change::ReportRecording {
            event,
            state,
            // Looked up by the backend, in the commit.
            definitions: Vec::new(),
        };
        self.add(transaction, change)
    }

    fn add_track(
        &mut self,
        transaction: Resource<Transaction>,
        event: String,
        flavor: String,
        tags: Vec<String>,
        file: Resource<Upload>,
        overwrite: bool,
    ) -> Result<()> {
        let file = self.table.delete(file)?;
        let change = Change::AddTrack {
            event,
            flavor,
            tags,
            // Known as soon as the file is complete, in the commit.
            file: model::StoredFile::default(),
            overwrite,
        };
        self.add_with(transaction, change, Some(file))
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
        let mut changes = transaction.changes;
        let mut files = Vec::with_capacity(transaction.files.len());
        for (position, mut upload) in transaction.files {
            let finished = self.record.wait(Phase::Upload, upload.finish()).await;
            match (finished, changes.get_mut(position)) {
                (Ok(stored), Some(Change::AddTrack { file, .. })) => *file = stored,
                (Ok(_), _) => {}
                (Err(error), _) => return Ok(Err(self.refusal(error))),
            }
            files.push(upload);
        }
        let backend = self.backend()?.clone();
        let commit = backend.commit(transaction.session, changes, files);
        let committed = self.record.wait(Phase::Commit, commit).await;
        Ok(committed.map_err(|error| self.refusal(error)))
    }

    fn drop(&mut self, transaction: Resource<Transaction>) -> Result<()> {
        self.take(transaction)?;
        Ok(())
    }
}

impl HostUpload for State {
    async fn open(&mut self, session: Resource<Session>, name: String) -> Result<Result<Resource<Upload>, Error>> {
        let session = self.table.get(&session)?.0.clone();
        let backend = self.backend()?.clone();
        match self.record.wait(Phase::Upload, backend.upload(&session, &name)).await {
            Ok(upload) => Ok(Ok(self.table.push(Upload(upload))?)),
            Err(error) => Ok(Err(self.refusal(error))),
        }
    }

    async fn write(&mut self, upload: Resource<Upload>, bytes: Vec<u8>) -> Result<Result<(), Error>> {
        let write = self.table.get_mut(&upload)?.0.write(bytes);
        let written = self.record.wait(Phase::Upload, write).await;
        Ok(written.map_err(|error| self.refusal(error)))
    }

    fn drop(&mut self, upload: Resource<Upload>) -> Result<()> {
        self.table.delete(upload)?;
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
        Change::Schedule {
            schedule,
            fields,
            acl,
            processing,
        } => {
            let recordings = schedule.recordings.iter();
            let recordings: usize = recordings
                .map(|recording| {
                    size_of::<model::Recording>()
                        + recording.identifier.len()
                        + recording.title.as_ref().map_or(0, String::len)
                })
                .sum();
            recordings + fields_size(fields) + acl_size(acl) + processing.as_ref().map_or(0, processing_size)
        }
        Change::Reschedule { event, scheduling, .. } => event.len() + scheduling.len(),
        Change::SetProcessing { event, processing } | Change::StartWorkflow { event, processing, .. } => {
            event.len() + processing_size(processing)
        }
        Change::ReportRecording { event, state, .. } => event.len() + state.as_ref().map_or(0, String::len),
        // Made by the host alone.
        Change::AdvanceWorkflow(_) => 0,
        Change::AddTrack {
            event, flavor, tags, ..
        } => event.len() + flavor.len() + tags.iter().map(|tag| size_of::<String>() + tag.len()).sum::<usize>(),
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

fn processing_size(processing: &model::Processing) -> usize {
    let pairs = processing.configuration.iter();
    let content: usize = pairs
        .map(|(name, value)| size_of::<(String, String)>() + name.len() + value.len())
        .sum();
    processing.workflow.len() + content
}

fn acl_size(acl: &Option<model::Acl>) -> usize {
    let entries = acl.iter().flatten();
    entries
        .map(|entry| size_of::<model::AccessEntry>() + entry.role.len() + entry.action.len())
        .sum()
}
