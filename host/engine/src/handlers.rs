//! The set of loaded components, and which of them answers a path.

use crate::bindings::HandlerPre;
use crate::state::State;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The part of the path that all handlers share.
const ROOT: &str = "/api";

/// The handler that answers everything below [`ROOT`] that has no handler of its own.
const BASE: &str = "base";

/// Paths that are not named after the handler that answers them and everything below them.
const ELSEWHERE: [(&str, &str); 5] = [
    ("/api/openapi.json", "docs"),
    ("/api/workflow-definitions", "workflows"),
    ("/capture-admin", "agents"),
    ("/recordings", "agents"),
    ("/services", "agents"),
];

/// A component that has been compiled, checked and linked; clones are cheap.
#[derive(Clone)]
pub struct Handler {
    pub(crate) name: Arc<str>,
    pub(crate) digest: Arc<str>,
    pub(crate) pre: HandlerPre<State>,
    pub(crate) imports: Arc<[String]>,
    /// Whether it was loaded from what had been compiled before.
    pub(crate) is_kept: bool,
}

impl Handler {
    /// What it is called, and with that, which paths it answers.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// BLAKE3 of the component, in hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Its name and its digest, to be kept.
    pub fn identity(&self) -> (Arc<str>, Arc<str>) {
        (Arc::clone(&self.name), Arc::clone(&self.digest))
    }

    /// The interfaces that it imports, with their versions, sorted.
    pub fn imports(&self) -> &[String] {
        &self.imports
    }
}

/// Handlers by name. The component `NAME` answers `/api/NAME` and everything below, `base` the rest of `/api`, and a few answer
/// [elsewhere](ELSEWHERE) as well. A set does not change: to change what is served, another set takes its place, and requests that have begun finish with the old one.
#[derive(Clone, Default)]
pub struct Handlers {
    by_name: BTreeMap<Arc<str>, Handler>,
}

impl Handlers {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Handler> {
        self.by_name.values()
    }

    /// The handler of this name.
    pub fn get(&self, name: &str) -> Option<&Handler> {
        self.by_name.get(name)
    }

    /// The handler for a path as it was sent, without the query.
    pub fn route(&self, path: &str) -> Option<&Handler> {
        self.by_name
            .get(name_for(path, |name| self.by_name.contains_key(name))?)
    }
}

/// The name of the handler that a path belongs to, where `is_there` knows which ones there are; the handler itself need not be there.
pub fn name_for(path: &str, is_there: impl Fn(&str) -> bool) -> Option<&str> {
    let elsewhere = ELSEWHERE.iter().find(|(start, _)| is_at_or_below(path, start));
    if let Some((_, name)) = elsewhere {
        return Some(name);
    }
    let below = path.strip_prefix(ROOT)?;
    let segment = match below.strip_prefix('/') {
        Some(rest) => rest.split('/').next().unwrap_or_default(),
        None if below.is_empty() => "",
        None => return None,
    };
    Some(if is_there(segment) { segment } else { BASE })
}

/// The paths at and below which a handler of this name answers, unless another one answers there; for whoever routes requests elsewhere.
pub fn paths_of(name: &str) -> Vec<String> {
    let own = if name == BASE {
        ROOT.to_owned()
    } else {
        format!("{ROOT}/{name}")
    };
    let elsewhere = ELSEWHERE.iter().filter(|(_, handler)| *handler == name);
    std::iter::once(own)
        .chain(elsewhere.map(|(path, _)| (*path).to_owned()))
        .collect()
}

fn is_at_or_below(path: &str, start: &str) -> bool {
    path.strip_prefix(start)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl FromIterator<Handler> for Handlers {
    fn from_iter<T: IntoIterator<Item = Handler>>(handlers: T) -> Self {
        Self {
            by_name: handlers
                .into_iter()
                .map(|handler| (handler.name.clone(), handler))
                .collect(),
        }
    }
}
