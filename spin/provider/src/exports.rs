//! The functions of the contract: they find the tenant of a session and hand over.
//!
//! Does not belong here: decisions about data or users.

use std::cell::RefCell;
use std::rc::Rc;

use lectern_data::lists::Window;
use lectern_data::model::{self, Change, Reason};
use lectern_data::statistics::Question;
use uuid::Uuid;

use crate::bindings::{auth, lists, search, statistics, storage, types, urls};
use crate::configuration::max_upload;
use crate::tenant::Tenant;
use crate::uploads::{self, Stored};
use crate::{Provider, authentication, convert, log};

/// The resource `auth.session`.
pub struct Session(Rc<Within>);

/// A session and its tenant.
struct Within {
    tenant: Tenant,
    session: model::Session,
}

/// The resource `storage.transaction`: changes that wait for their commit.
pub struct Transaction {
    within: Rc<Within>,
    changes: RefCell<Vec<Change>>,
    /// The files that changes refer to.
    files: RefCell<Vec<Stored>>,
    /// Why there will be no commit, if that is known before.
    refusal: RefCell<Option<model::Error>>,
}

/// The resource `storage.upload`.
pub struct Upload(RefCell<uploads::Upload>);

/// A refusal as the handler sees it. What is wrong with the store is for the operator, so the handler, and with it the client, only gets
/// to know where to look.
fn refusal(error: model::Error) -> types::Error {
    if error.reason == Reason::Fault {
        eprintln!("the store failed: {}", error.message);
        return model::Error::fault("The store failed; Spin's log says more.").into();
    }
    error.into()
}

fn within<'s>(session: &'s auth::SessionBorrow<'_>) -> &'s Within {
    &session.get::<Session>().0
}

impl auth::Guest for Provider {
    type Session = Session;

    fn accepts_tokens() -> bool {
        false
    }

    fn authenticate(request: auth::Request) -> Result<auth::Session, auth::Denial> {
        log::start();
        let (tenant, session) = authentication::authenticate(&request.into())?;
        Ok(auth::Session::new(Session(Rc::new(Within { tenant, session }))))
    }
}

impl auth::GuestSession for Session {
    fn principal(&self) -> auth::Principal {
        self.0.session.principal.clone().into()
    }

    fn organization(&self) -> auth::Organization {
        self.0.session.organization.clone().into()
    }

    fn capabilities(&self) -> auth::Capabilities {
        auth::Capabilities {
            features: vec![
                ("json-web-tokens".to_owned(), false),
                ("signed-urls".to_owned(), self.0.tenant.settings().signs_urls()),
            ],
            limits: vec![("upload-bytes".to_owned(), max_upload())],
        }
    }
}

impl search::Guest for Provider {
    fn find(session: auth::SessionBorrow<'_>, query: search::Query) -> Result<search::Page, types::Error> {
        let Within { tenant, session } = within(&session);
        tenant
            .find(session, &query.into())
            .map(search::Page::from)
            .map_err(refusal)
    }

    /// No memory outlives a request here, so nothing has been kept.
    fn find_rendered(
        session: auth::SessionBorrow<'_>,
        query: search::Query,
        _form: String,
    ) -> Result<search::RenderedPage, types::Error> {
        let page = Self::find(session, query)?;
        Ok(search::RenderedPage {
            texts: vec![None; page.items.len()],
            page,
        })
    }

    fn keep(_session: auth::SessionBorrow<'_>, _texts: Vec<Option<String>>) {}

    fn catalogs(session: auth::SessionBorrow<'_>, collection: String) -> Result<String, types::Error> {
        within(&session)
            .tenant
            .settings()
            .catalogs(&collection)
            .map_err(refusal)
    }
}

impl lists::Guest for Provider {
    fn names(session: auth::SessionBorrow<'_>) -> Result<Vec<String>, types::Error> {
        Ok(within(&session).tenant.settings().list_names())
    }

    fn entries(
        session: auth::SessionBorrow<'_>,
        name: String,
        offset: u64,
        limit: u32,
    ) -> Result<lists::Part, types::Error> {
        let Within { tenant, session } = within(&session);
        let part = tenant.list(session, &name, Window { offset, limit });
        part.map(lists::Part::from).map_err(refusal)
    }
}

impl statistics::Guest for Provider {
    fn providers(session: auth::SessionBorrow<'_>) -> Result<Vec<statistics::Provider>, types::Error> {
        let providers = within(&session).tenant.settings().statistics();
        Ok(providers.values().map(statistics::Provider::from).collect())
    }

    fn query(
        session: auth::SessionBorrow<'_>,
        questions: Vec<statistics::Question>,
    ) -> Result<Vec<statistics::TimeSeries>, types::Error> {
        let Within { tenant, session } = within(&session);
        let questions: Vec<Question> = questions.into_iter().map(Question::from).collect();
        let answers = tenant.count_views(session, &questions).map_err(refusal)?;
        Ok(answers.into_iter().map(statistics::TimeSeries::from).collect())
    }
}

impl urls::Guest for Provider {
    fn sign(
        session: auth::SessionBorrow<'_>,
        urls: Vec<String>,
        valid_until: Option<i64>,
        address: Option<String>,
    ) -> Result<urls::Signed, types::Error> {
        let signed = within(&session).tenant.sign(&urls, valid_until, address.as_deref());
        let model::Signed { urls, valid_until } = signed.map_err(refusal)?;
        Ok(urls::Signed { urls, valid_until })
    }
}

impl storage::Guest for Provider {
    type Transaction = Transaction;
    type Upload = Upload;
}

impl storage::GuestUpload for Upload {
    fn open(_session: auth::SessionBorrow<'_>, name: String) -> Result<storage::Upload, types::Error> {
        Ok(storage::Upload::new(Upload(RefCell::new(uploads::Upload::open(&name)))))
    }

    fn write(&self, bytes: Vec<u8>) -> Result<(), types::Error> {
        self.0.borrow_mut().write(&bytes).map_err(refusal)
    }
}

impl Transaction {
    fn add(&self, change: Change) {
        self.changes.borrow_mut().push(change);
    }
}

impl storage::GuestTransaction for Transaction {
    fn new(session: auth::SessionBorrow<'_>) -> Self {
        Self {
            within: Rc::clone(&session.get::<Session>().0),
            changes: RefCell::default(),
            files: RefCell::default(),
            refusal: RefCell::default(),
        }
    }

    fn expect(&self, collection: String, identifier: String, sequence: types::Sequence) {
        self.add(Change::Expect {
            collection,
            identifier,
            sequence,
        });
    }

    fn remember(&self, key: String, fingerprint: String, answer: String) {
        self.add(Change::Remember {
            key,
            fingerprint,
            answer,
        });
    }

    fn create(
        &self,
        collection: String,
        identifier: Option<String>,
        fields: Vec<storage::Assignment>,
        acl: Option<types::Acl>,
    ) -> String {
        let identifier = identifier.unwrap_or_else(|| Uuid::new_v4().to_string());
        self.add(Change::Create {
            collection,
            identifier: identifier.clone(),
            fields: convert::assignments(fields),
            acl: acl.map(convert::acl),
        });
        identifier
    }

    fn update(&self, collection: String, identifier: String, fields: Vec<storage::Assignment>) {
        self.add(Change::Update {
            collection,
            identifier,
            fields: convert::assignments(fields),
        });
    }

    fn set_acl(&self, collection: String, identifier: String, acl: Option<types::Acl>) {
        self.add(Change::SetAcl {
            collection,
            identifier,
            acl: acl.map(convert::acl),
        });
    }

    fn grant(&self, collection: String, identifier: String, action: String, role: String) {
        self.add(Change::Grant {
            collection,
            identifier,
            action,
            role,
        });
    }

    fn revoke(&self, collection: String, identifier: String, action: String, role: String) {
        self.add(Change::Revoke {
            collection,
            identifier,
            action,
            role,
        });
    }

    fn override_acls(&self, series: String) {
        self.add(Change::OverrideAcls { series });
    }

    fn schedule(
        &self,
        fields: Vec<storage::Assignment>,
        acl: Option<types::Acl>,
        scheduling: String,
        processing: Option<storage::Processing>,
    ) -> Result<Vec<String>, types::Error> {
        let fields = convert::assignments(fields);
        let schedule = self
            .within
            .tenant
            .schedule(&scheduling, model::title(&fields))
            .map_err(refusal)?;
        let recordings = schedule.recordings.iter();
        let identifiers = recordings.map(|recording| recording.identifier.clone()).collect();
        self.add(Change::Schedule {
            schedule,
            fields,
            acl: acl.map(convert::acl),
            processing: processing.map(model::Processing::from),
        });
        Ok(identifiers)
    }

    fn reschedule(&self, event: String, scheduling: String, allow_conflict: bool) {
        self.add(Change::Reschedule {
            event,
            scheduling,
            allow_conflict,
        });
    }

    fn set_processing(&self, event: String, processing: storage::Processing) {
        let processing = processing.into();
        self.add(Change::SetProcessing { event, processing });
    }

    fn start_workflow(&self, event: String, processing: storage::Processing) -> u64 {
        let identifier = self.within.tenant.new_workflow();
        self.add(Change::StartWorkflow {
            identifier: Some(identifier),
            event,
            processing: processing.into(),
            // Looked up in the commit.
            definition: None,
        });
        identifier.unsigned_abs()
    }

    fn report_recording(&self, event: String, state: Option<String>) {
        self.add(Change::ReportRecording {
            event,
            state,
            // Looked up in the commit.
            definitions: Vec::new(),
        });
    }

    fn add_track(&self, event: String, flavor: String, tags: Vec<String>, file: storage::Upload, overwrite: bool) {
        let upload = file.into_inner::<Upload>().0.into_inner();
        match upload.finish() {
            Ok(stored) => {
                self.add(Change::AddTrack {
                    event,
                    flavor,
                    tags,
                    file: stored.file.clone(),
                    overwrite,
                });
                self.files.borrow_mut().push(stored);
            }
            Err(reason) => {
                let error = model::Error::fault(format!("a file cannot be looked into: {reason}"));
                self.refusal.borrow_mut().get_or_insert(error);
            }
        }
    }

    fn delete(&self, collection: String, identifier: String) {
        self.add(Change::Delete { collection, identifier });
    }

    fn commit(transaction: storage::Transaction) -> Result<types::Sequence, types::Error> {
        let Transaction {
            within,
            changes,
            files,
            refusal: refused,
        } = transaction.into_inner();
        if let Some(error) = refused.into_inner() {
            return Err(refusal(error));
        }
        let Within { tenant, session } = &*within;
        let committed = tenant.commit(session, changes.into_inner(), &files.into_inner());
        committed.map_err(refusal)
    }
}
