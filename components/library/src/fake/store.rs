//! The data of the backend in memory, and what is found in it.

use std::collections::BTreeMap;

use super::small;
use crate::api::{
    Acl, Criterion, Error, Item, ListEntry, ListPart, Page, Principal, Provider, Query, Question, Reason, RenderedPage,
    Sequence, Test, Value,
};

/// An object of a collection.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// Its content.
    pub fields: BTreeMap<String, Value>,
    /// Its own access list.
    pub acl: Option<Acl>,
    /// The commit that changed it last.
    pub sequence: Sequence,
}

/// Something that somebody else does.
pub type Interference = Box<dyn FnOnce(&mut Store)>;

/// The data of a tenant.
#[derive(Default)]
pub struct Store {
    /// All objects by collection and identifier.
    pub objects: BTreeMap<(String, String), Object>,
    /// The tenant's properties.
    pub properties: Vec<(String, String)>,
    /// The last commit.
    pub sequence: Sequence,
    /// How many objects a page may hold, whatever the query says.
    pub page_size: Option<u32>,
    /// What the next calls of `find` and `commit` answer instead of doing anything, the last first; none lets one through.
    pub failures: Vec<Option<Reason>>,
    /// What URLs begin with that can be signed; none if it is empty.
    pub signed: String,
    /// Whether nothing can be signed because the keys are broken.
    pub signing_fails: bool,
    /// What happens just before the next commit, as if somebody else had done it.
    pub interference: Option<Interference>,
    /// What has been remembered: fingerprint and answer by user and key.
    pub answers: BTreeMap<(String, String), (String, String)>,
    /// Whether the tenant trusts nobody's tokens.
    pub refuses_tokens: bool,
    /// The queries that have been asked.
    pub queries: Vec<Query>,
    /// Whether what has been written of objects is kept.
    pub keeps: bool,
    /// What has been written of objects by form, identifier and sequence.
    pub kept: BTreeMap<(String, String, Sequence), String>,
    asked: Vec<(String, String, Sequence)>,
    /// The extended metadata catalogs by collection, as JSON.
    pub catalogs: BTreeMap<String, String>,
    /// How often somebody has asked for them.
    pub catalogs_asked: usize,
    /// The lists that forms offer for choice: keys and values by name.
    pub lists: BTreeMap<String, Vec<(String, String)>>,
    /// The statistics that there are.
    pub statistics: Vec<Provider>,
    /// When what was watched, in days since 1970-01-01.
    pub views: Vec<(String, i64)>,
    /// What was asked about statistics, call by call.
    pub questions: Vec<Vec<Question>>,
}

pub(super) fn refuse(reason: Reason, subject: &str) -> Error {
    Error {
        reason,
        message: format!("The store says {reason:?} to '{subject}'."),
        subject: subject.to_owned(),
        document: String::new(),
    }
}

impl Store {
    /// Like [`Store::value`], as a user sees it.
    fn seen(&self, principal: &Principal, collection: &str, identifier: &str, object: &Object, field: &str) -> Value {
        let value = self.value(collection, identifier, object, field);
        match (collection, field) {
            ("playlists", "entries") => small::entries(self, principal, value),
            _ => value,
        }
    }

    fn value(&self, collection: &str, identifier: &str, object: &Object, field: &str) -> Value {
        match (collection, field) {
            ("workflows", "identifier") => identifier.parse().map_or(Value::None, Value::Number),
            ("users", "username") | ("agents", "name") => Value::Text(identifier.to_owned()),
            (_, "identifier") => Value::Text(identifier.to_owned()),
            ("events", "series") => match object.fields.get("is_part_of") {
                Some(Value::Text(series)) => self
                    .object("series", series)
                    .and_then(|series| series.fields.get("title"))
                    .cloned()
                    .unwrap_or(Value::None),
                _ => Value::None,
            },
            (_, "text") => Value::Text(format!("{:?}", object.fields).to_lowercase()),
            _ => object.fields.get(field).cloned().unwrap_or(Value::None),
        }
    }

    fn meets(&self, collection: &str, identifier: &str, object: &Object, criterion: &Criterion) -> bool {
        let value = self.value(collection, identifier, object, &criterion.field);
        match (&criterion.test, value) {
            (Test::Equals(wanted), Value::Text(text)) => wanted.contains(&text),
            (Test::Equals(wanted), Value::Texts(texts)) => texts.iter().any(|text| wanted.contains(text)),
            (Test::Equals(wanted), Value::Number(number)) => wanted.contains(&number.to_string()),
            (Test::Between((from, to)), Value::Number(number)) => (*from..=*to).contains(&number),
            (Test::Contains(terms), Value::Text(text)) => {
                terms.split_whitespace().all(|term| text.contains(&term.to_lowercase()))
            }
            _ => false,
        }
    }

    pub(super) fn catalogs(&mut self, collection: &str) -> Result<String, Error> {
        self.catalogs_asked += 1;
        Ok(self
            .catalogs
            .get(collection)
            .cloned()
            .unwrap_or_else(|| "[]".to_owned()))
    }

    /// In parts of `page_size`.
    pub(super) fn list(&mut self, name: &str, offset: u64, limit: u32) -> Result<ListPart, Error> {
        if let Some(Some(reason)) = self.failures.pop() {
            return Err(refuse(reason, "list"));
        }
        let list = self.lists.get(name).ok_or_else(|| refuse(Reason::Missing, name))?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let limit = limit.min(self.page_size.unwrap_or(u32::MAX)) as usize;
        let entries = list.iter().skip(start).take(limit);
        Ok(ListPart {
            entries: entries
                .map(|(key, value)| ListEntry {
                    key: key.clone(),
                    value: value.clone(),
                })
                .collect(),
            more: list.len() > start.saturating_add(limit),
        })
    }

    /// Nothing is as it was written unless [`Store::keeps`] says so, since tests change objects behind the back of the sequence.
    pub(super) fn find_rendered(
        &mut self,
        principal: &Principal,
        query: &Query,
        form: &str,
    ) -> Result<RenderedPage, Error> {
        let mut page = self.find(principal, query)?;
        let key = |item: &Item| (form.to_owned(), item.identifier.clone(), item.sequence);
        self.asked = page.items.iter().map(key).collect();
        let texts: Vec<Option<String>> = self.asked.iter().map(|key| self.kept.get(key).cloned()).collect();
        for (item, _) in page.items.iter_mut().zip(&texts).filter(|(_, text)| text.is_some()) {
            item.values = Vec::new();
            item.acl = None;
        }
        Ok(RenderedPage { page, texts })
    }

    pub(super) fn keep(&mut self, texts: &[Option<String>]) {
        let written = std::mem::take(&mut self.asked).into_iter().zip(texts);
        if self.keeps {
            let written = written.filter_map(|(key, text)| Some((key, text.clone()?)));
            self.kept.extend(written);
        }
    }

    pub(super) fn find(&mut self, principal: &Principal, query: &Query) -> Result<Page, Error> {
        self.queries.push(query.clone());
        if let Some(Some(reason)) = self.failures.pop() {
            return Err(refuse(reason, "find"));
        }
        let collection = query.collection.as_str();
        let is_single = matches!(query.filters.as_slice(), [criteria] if matches!(criteria.as_slice(), [criterion]
            if criterion.field == "identifier"));
        let mut found: Vec<(&String, &Object)> = self
            .objects
            .iter()
            .filter(|((known, _), _)| known == collection)
            .map(|((_, identifier), object)| (identifier, object))
            .filter(|(_, object)| self.allows(principal, collection, object, "read"))
            .filter(|(_, object)| is_single || small::is_listed(principal, collection, object))
            .filter(|(_, object)| {
                query
                    .actions
                    .iter()
                    .all(|action| self.allows(principal, collection, object, action))
            })
            .filter(|(identifier, object)| {
                let meets = |criterion| self.meets(collection, identifier, object, criterion);
                query.filters.is_empty() || query.filters.iter().any(|criteria| criteria.iter().all(meets))
            })
            .collect();
        for key in query.sort.iter().rev() {
            // Objects without content come last in both directions, and the sort is stable.
            let content = |(identifier, object): &(&String, &Object)| {
                let value = self.value(collection, identifier, object, &key.field);
                match value {
                    Value::None => None,
                    Value::Number(number) => Some((number, String::new())),
                    value => Some((0, format!("{value:?}"))),
                }
            };
            found.sort_by(|left, right| match (content(left), content(right)) {
                (Some(left), Some(right)) if key.descending => right.cmp(&left),
                (Some(left), Some(right)) => left.cmp(&right),
                (left, right) => right.is_some().cmp(&left.is_some()),
            });
        }
        let total = found.len();
        let cursor: usize = query
            .cursor
            .as_ref()
            .and_then(|cursor| cursor.parse().ok())
            .unwrap_or(0);
        let start = cursor + usize::try_from(query.offset).unwrap_or(usize::MAX);
        let limit = query.limit.min(self.page_size.unwrap_or(u32::MAX)) as usize;
        let mut page = Page {
            items: Vec::new(),
            acls: Vec::new(),
            total: query.with_total.then_some(total as u64),
            next: (start + limit < total).then(|| (start + limit).to_string()),
        };
        for (identifier, object) in found.into_iter().skip(start).take(limit) {
            page.items.push(Item {
                identifier: identifier.clone(),
                sequence: object.sequence,
                values: query
                    .fields
                    .iter()
                    .map(|field| self.seen(principal, collection, identifier, object, field))
                    .collect(),
                acl: query.with_acl.then_some(page.acls.len() as u32),
            });
            if query.with_acl {
                page.acls.push(self.effective_acl(collection, object));
            }
        }
        Ok(page)
    }
}
