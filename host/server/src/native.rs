//! Handlers as ordinary code, in the place of their components: what the benchmark compares WebAssembly with.
//!
//! Only what reads is answered this way; everything else goes to the component, whatever the feature. There is no instance, no limit of
//! memory or time, no copy at a boundary. What is the same: HTTP, tenants, authentication, data layer, the turns of tenants.
//!
//! Does not belong here: anything that a server for others could want.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use lectern_data::model;
use lectern_engine::{Backend as Host, Body, Call, Phase, Record};
use lectern_handler::api::{
    AccessEntry, Acl, Assignment, Backend, Capabilities, Credentials, Denial, Error, Item, ListPart, Organization,
    Page, Principal, Processing, Provider, Query, Question, Reason, RenderedPage, Sequence, Session, Signed, Test,
    TimeSeries, Transaction, Upload, Value,
};
use lectern_handler::{App, Body as Content};

/// The code of a handler, if it is linked in and the method only reads.
pub fn app(handler: &str, method: &Method) -> Option<&'static App> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    match handler {
        "events" => Some(const { &lectern_events::APP }),
        "series" => Some(const { &lectern_series::APP }),
        _ => None,
    }
}

/// Answers a request.
pub async fn call<B>(app: &'static App, call: Call, request: &Request<B>) -> Response<Body> {
    let head = credentials(request);
    let asked = model::Request {
        method: head.method.clone(),
        path_with_query: head.path_with_query.clone(),
        headers: head.headers.clone(),
    };
    let authenticated = call.backend.authenticate(&asked, call.client);
    let authenticated = call.record.wait(Phase::Authenticate, authenticated).await;
    if let Ok(session) = &authenticated {
        call.record.authenticated(session);
    }
    let authority = request.uri().authority().map(ToString::to_string);
    let named = || head.headers.iter().find(|(name, _)| name == "host");
    let asked = lectern_handler::Request {
        scheme: if call.secure { "https" } else { "http" }.to_owned(),
        authority: authority
            .or_else(|| named().map(|(_, host)| host.clone()))
            .unwrap_or_default(),
        head,
        body: Box::new(std::io::empty()),
    };
    let door = Door {
        host: call.backend,
        record: call.record,
        authenticated,
    };
    sent(app.respond(&door, asked))
}

fn credentials<B>(request: &Request<B>) -> Credentials {
    let headers = request.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    Credentials {
        method: request.method().as_str().to_owned(),
        path_with_query: path_with_query(request.uri()),
        headers: headers.collect(),
    }
}

fn path_with_query(target: &Uri) -> String {
    target
        .path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string)
}

fn sent(response: lectern_handler::Response) -> Response<Body> {
    let bytes = match response.body {
        Content::Empty => Vec::new(),
        Content::Bytes(bytes) => bytes,
        Content::Chunks(chunks) => chunks.map_while(Result::ok).flatten().collect(),
    };
    let mut headers = HeaderMap::new();
    for (name, value) in response.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            headers.append(name, value);
        }
    }
    let mut answer = Response::new(Body::from(hyper::body::Bytes::from(bytes)));
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *answer.headers_mut() = headers;
    answer
}

/// The way in: who asks has been found out already.
struct Door {
    host: Arc<dyn Host>,
    record: Arc<Record>,
    authenticated: Result<Arc<model::Session>, model::Denial>,
}

impl Backend for Door {
    fn accepts_tokens(&self) -> bool {
        self.host.accepts_tokens()
    }

    fn authenticate(&self, _: &Credentials) -> Result<Box<dyn Session>, Denial> {
        match &self.authenticated {
            Ok(session) => Ok(Box::new(Guest {
                host: Arc::clone(&self.host),
                record: Arc::clone(&self.record),
                session: Arc::clone(session),
                rendered: RefCell::default(),
            })),
            Err(denial) => Err(Denial {
                status: denial.status,
                message: denial.message.clone(),
                headers: denial.headers.clone(),
            }),
        }
    }
}

/// Somebody who has been let in.
struct Guest {
    host: Arc<dyn Host>,
    record: Arc<Record>,
    session: Arc<model::Session>,
    /// The objects of the last page that came with what has been written of them: the opening of the database, their collection, the form, identifiers and sequences.
    rendered: RefCell<Option<(u64, String, String, Vec<(String, u64)>)>>,
}

/// A form that components have nothing to do with.
fn native(form: &str) -> String {
    format!("native\n{form}")
}

impl Session for Guest {
    fn principal(&self) -> Principal {
        let model::Principal {
            username,
            name,
            email,
            provider,
            user_role,
            roles,
            administrator: _,
        } = self.session.principal.clone();
        Principal {
            username,
            name,
            email,
            provider,
            user_role,
            roles,
        }
    }

    fn organization(&self) -> Organization {
        let model::Organization {
            identifier,
            name,
            admin_role,
            anonymous_role,
            properties,
        } = self.session.organization.clone();
        Organization {
            identifier,
            name,
            admin_role,
            anonymous_role,
            properties,
        }
    }

    fn capabilities(&self) -> Capabilities {
        let features = self.host.features().into_iter();
        Capabilities {
            features: features.map(|(name, has)| (name.to_owned(), has)).collect(),
            limits: Vec::new(),
        }
    }

    fn find(&self, query: &Query) -> Result<Page, Error> {
        let query = asked(query);
        let found = self
            .record
            .measure(Phase::Find, || self.host.find(&self.session, &query));
        found.map(page).map_err(error)
    }

    fn find_rendered(&self, query: &Query, form: &str) -> Result<RenderedPage, Error> {
        let query = asked(query);
        let found = self.record.measure(Phase::Find, || {
            self.host.find_rendered(&self.session, &query, &native(form))
        });
        let model::RenderedPage {
            page: found,
            texts,
            opening,
        } = found.map_err(error)?;
        let objects = found.items.iter().map(|item| (item.identifier.clone(), item.sequence));
        *self.rendered.borrow_mut() = Some((opening, query.collection, native(form), objects.collect()));
        Ok(RenderedPage {
            page: page(found),
            texts: texts.iter().map(|text| text.as_deref().map(str::to_owned)).collect(),
        })
    }

    fn keep(&self, texts: &[Option<String>]) {
        if let Some((opening, collection, form, objects)) = self.rendered.take() {
            let written = objects.into_iter().zip(texts);
            let written =
                written.filter_map(|((identifier, sequence), text)| Some((identifier, sequence, text.clone()?)));
            self.host.keep(opening, &collection, &form, written.collect());
        }
    }

    fn catalogs(&self, collection: &str) -> Result<String, Error> {
        self.host.catalogs(collection).map_err(error)
    }

    fn list_names(&self) -> Result<Vec<String>, Error> {
        Err(only_reads())
    }

    fn list(&self, _: &str, _: u64, _: u32) -> Result<ListPart, Error> {
        Err(only_reads())
    }

    fn begin(&self) -> Box<dyn Transaction> {
        Box::new(Nothing)
    }

    fn upload(&self, _: &str) -> Result<Box<dyn Upload>, Error> {
        Err(only_reads())
    }

    fn sign(&self, urls: &[String], valid_until: Option<i64>, address: Option<&str>) -> Result<Signed, Error> {
        let signed = self.host.sign(&self.session, urls, valid_until, address);
        let model::Signed { urls, valid_until } = signed.map_err(error)?;
        Ok(Signed { urls, valid_until })
    }

    fn statistics(&self) -> Result<Vec<Provider>, Error> {
        Err(only_reads())
    }

    fn count_views(&self, _: &[Question]) -> Result<Vec<TimeSeries>, Error> {
        Err(only_reads())
    }

    fn now(&self) -> i64 {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since_epoch.map_or(0, |elapsed| i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }
}

fn only_reads() -> Error {
    Error {
        reason: Reason::Fault,
        message: "A handler that is linked into the program reads events and series, and does nothing else.".to_owned(),
        subject: String::new(),
        document: String::new(),
    }
}

/// A transaction that refuses to become one.
struct Nothing;

impl Transaction for Nothing {
    fn expect(&self, _: &str, _: &str, _: Sequence) {}
    fn remember(&self, _: &str, _: &str, _: &str) {}
    fn create(&self, _: &str, identifier: Option<&str>, _: &[Assignment], _: Option<&[AccessEntry]>) -> String {
        identifier.unwrap_or_default().to_owned()
    }
    fn update(&self, _: &str, _: &str, _: &[Assignment]) {}
    fn set_acl(&self, _: &str, _: &str, _: Option<&[AccessEntry]>) {}
    fn grant(&self, _: &str, _: &str, _: &str, _: &str) {}
    fn revoke(&self, _: &str, _: &str, _: &str, _: &str) {}
    fn override_acls(&self, _: &str) {}
    fn schedule(
        &self,
        _: &[Assignment],
        _: Option<&[AccessEntry]>,
        _: &str,
        _: Option<&Processing>,
    ) -> Result<Vec<String>, Error> {
        Err(only_reads())
    }
    fn reschedule(&self, _: &str, _: &str, _: bool) {}
    fn set_processing(&self, _: &str, _: &Processing) {}
    fn start_workflow(&self, _: &str, _: &Processing) -> u64 {
        0
    }
    fn report_recording(&self, _: &str, _: Option<&str>) {}
    fn add_track(&self, _: &str, _: &str, _: &[String], file: Box<dyn Upload>, _: bool) {
        let _: Box<dyn Any> = file.into_any();
    }
    fn delete(&self, _: &str, _: &str) {}
    fn commit(self: Box<Self>) -> Result<Sequence, Error> {
        Err(only_reads())
    }
}

fn asked(query: &Query) -> model::Query {
    let criterion = |criterion: &lectern_handler::api::Criterion| model::Criterion {
        field: criterion.field.clone(),
        test: match &criterion.test {
            Test::Equals(texts) => model::Test::Equals(texts.clone()),
            Test::Between((from, to)) => model::Test::Between(*from, *to),
            Test::Contains(text) => model::Test::Contains(text.clone()),
        },
    };
    let key = |key: &lectern_handler::api::SortKey| model::SortKey {
        field: key.field.clone(),
        descending: key.descending,
    };
    model::Query {
        collection: query.collection.clone(),
        filters: query
            .filters
            .iter()
            .map(|all| all.iter().map(criterion).collect())
            .collect(),
        sort: query.sort.iter().map(key).collect(),
        offset: query.offset,
        limit: query.limit,
        cursor: query.cursor.clone(),
        actions: query.actions.clone(),
        fields: query.fields.clone(),
        with_acl: query.with_acl,
        with_total: query.with_total,
    }
}

fn page(page: model::Page) -> Page {
    let item = |item: model::Item| Item {
        identifier: item.identifier,
        sequence: item.sequence,
        values: item.values.into_iter().map(value).collect(),
        acl: item.acl,
    };
    Page {
        items: page.items.into_iter().map(item).collect(),
        acls: page.acls.into_iter().map(acl).collect(),
        total: page.total,
        next: page.next,
    }
}

fn acl(acl: model::Acl) -> Acl {
    acl.into_iter()
        .map(|model::AccessEntry { role, action, allow }| AccessEntry { role, action, allow })
        .collect()
}

fn value(value: model::Value) -> Value {
    match value {
        model::Value::None => Value::None,
        model::Value::Text(text) => Value::Text(text),
        model::Value::Texts(texts) => Value::Texts(texts),
        model::Value::Number(number) => Value::Number(number),
        model::Value::Flag(flag) => Value::Flag(flag),
        model::Value::Document(document) => Value::Document(document),
    }
}

fn error(error: model::Error) -> Error {
    Error {
        reason: match error.reason {
            model::Reason::Missing => Reason::Missing,
            model::Reason::Denied => Reason::Denied,
            model::Reason::Invalid => Reason::Invalid,
            model::Reason::Conflict => Reason::Conflict,
            model::Reason::Changed => Reason::Changed,
            model::Reason::Busy => Reason::Busy,
            model::Reason::Full => Reason::Full,
            model::Reason::Fault => Reason::Fault,
        },
        message: error.message,
        subject: error.subject,
        document: error.document,
    }
}
