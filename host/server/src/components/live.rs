//! Which version of each component serves which tenant, while the operator changes it.
//!
//! A request takes the [`Handlers`] of its tenant once and keeps them to its end, so it never sees two versions; the old ones go with the
//! last request that uses them. The registry is looked at for every request anyway: the first one that finds something new deployed loads
//! it, which takes a millisecond, because whoever deployed it has compiled it. What is not compiled yet is compiled aside, and until that
//! is done what has served goes on.

use crate::components::{Source, short};
use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use lectern_engine::{Artefacts, Engine, Handler, Handlers};
use lectern_tenants::{ComponentName, Deployment, Deployments, Tenant, TenantName, Tenants};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// All components of a server.
pub struct Components {
    engine: Engine,
    artefacts: Artefacts,
    tenants: Arc<Tenants>,
    served: ArcSwap<Served>,
    state: Mutex<State>,
}

/// What requests are answered with: immutable, and replaced as a whole.
#[derive(Default)]
struct Served {
    /// The revision of the deployments that this was made from.
    revision: u64,
    /// For all who have no version of their own of anything.
    all: Arc<Handlers>,
    /// For the others.
    own: HashMap<TenantName, Arc<Handlers>>,
}

impl Served {
    fn of(&self, tenant: Option<&TenantName>) -> &Arc<Handlers> {
        tenant.and_then(|tenant| self.own.get(tenant)).unwrap_or(&self.all)
    }
}

/// A component and the digest of a version.
type Version = (ComponentName, String);

/// What is known about a version that is deployed.
enum Loaded {
    Ready(Handler),
    /// On another thread.
    Compiling,
    /// The log says why.
    Unusable,
}

/// What [`Served`] is made from.
#[derive(Default)]
struct State {
    /// From the program or the folder, by name.
    below: BTreeMap<String, Handler>,
    deployments: Arc<Deployments>,
    revision: u64,
    versions: HashMap<Version, Loaded>,
}

/// What to do with a version that has not been compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compile {
    /// Now: nothing is served yet.
    Now,
    /// On another thread.
    Aside,
}

impl Components {
    /// Loads everything that serves. A component of the source that is no handler keeps the server from starting, because nobody looks at a log
    /// that says that a part of the API is missing. A deployed one that cannot be loaded any more does not: there is always one below it.
    pub fn load(engine: Engine, artefacts: Artefacts, tenants: Arc<Tenants>, source: &Source) -> Result<Arc<Self>> {
        let mut below = BTreeMap::new();
        for component in source.components()? {
            let handler = engine
                .load(&component.name, &component.wasm, Some(&artefacts))
                .context("a component cannot be used")?;
            tracing::info!(handler = handler.name(), digest = handler.digest(), "loaded");
            below.insert(handler.name().to_owned(), handler);
        }
        let (revision, deployments) = tenants.deployments()?;
        let mut state = State {
            below,
            deployments,
            revision,
            versions: HashMap::new(),
        };
        let components = Self {
            engine,
            artefacts,
            tenants,
            served: ArcSwap::default(),
            state: Mutex::default(),
        };
        components.publish(&mut state, Compile::Now);
        *components.lock() = state;
        Ok(Arc::new(components))
    }

    /// What runs the handlers.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The handlers for those who have no version of their own of anything.
    pub fn all(&self) -> Arc<Handlers> {
        Arc::clone(&self.served.load().all)
    }

    /// The handlers for a request of a tenant that has just been looked up.
    pub fn of(self: &Arc<Self>, tenant: &Tenant) -> Arc<Handlers> {
        if self.served.load().revision != self.tenants.deployments_revision() {
            self.follow();
        }
        Arc::clone(self.served.load().of(Some(tenant.name())))
    }

    /// Does what the registry says.
    fn follow(self: &Arc<Self>) {
        let mut state = self.lock();
        let (revision, deployments) = match self.tenants.deployments() {
            Ok(current) => current,
            Err(error) => {
                tracing::error!(%error, "what is deployed cannot be read; what has served goes on");
                return;
            }
        };
        if state.revision == revision {
            return;
        }
        state.revision = revision;
        state.deployments = deployments;
        let used: BTreeSet<Version> = state.deployments.iter().map(version).collect();
        // What could not be used may have been repaired.
        state
            .versions
            .retain(|version, loaded| used.contains(version) && !matches!(loaded, Loaded::Unusable));
        let uncompiled = self.publish(&mut state, Compile::Aside);
        drop(state);
        self.compile_aside(uncompiled);
    }

    /// Puts a handler in the place of the one that the source had under its name, for those whom nothing that is deployed serves.
    pub(super) fn replace(&self, handler: Handler) {
        let mut state = self.lock();
        state.below.insert(handler.name().to_owned(), handler);
        // Compiles nothing: no deployment has changed.
        self.publish(&mut state, Compile::Aside);
    }

    /// Takes a handler of the source away.
    pub(super) fn remove(&self, name: &str) {
        let mut state = self.lock();
        state.below.remove(name);
        self.publish(&mut state, Compile::Aside);
    }

    /// The digests of the source's handlers, by name.
    pub(super) fn below(&self) -> BTreeMap<String, String> {
        let state = self.lock();
        let digest = |(name, handler): (&String, &Handler)| (name.clone(), handler.digest().to_owned());
        state.below.iter().map(digest).collect()
    }

    pub(super) fn artefacts(&self) -> &Artefacts {
        &self.artefacts
    }

    /// Makes what is served of the state, and gives the versions that are to be compiled aside.
    fn publish(&self, state: &mut State, compile: Compile) -> Vec<Version> {
        let mut uncompiled = Vec::new();
        let before = self.served.load();
        let deployments = Arc::clone(&state.deployments);
        let mut handlers = |tenant: Option<&TenantName>| {
            let mut names: BTreeSet<String> = state.below.keys().cloned().collect();
            names.extend(deployments.components().into_iter().map(ToString::to_string));
            let chosen = names.iter().filter_map(|name| {
                let served = before.of(tenant).get(name);
                self.choose(state, name, tenant, served, compile, &mut uncompiled)
            });
            let chosen: Handlers = chosen.collect();
            announce(before.of(tenant), &chosen, tenant);
            Arc::new(chosen)
        };
        let served = Served {
            all: handlers(None),
            own: deployments
                .tenants()
                .into_iter()
                .map(|tenant| (tenant.clone(), handlers(Some(tenant))))
                .collect(),
            revision: state.revision,
        };
        self.served.store(Arc::new(served));
        uncompiled
    }

    /// The handler of a name for a tenant: the best that can be used. While a better one is being compiled, the one that has served goes on.
    fn choose(
        &self,
        state: &mut State,
        name: &str,
        tenant: Option<&TenantName>,
        served: Option<&Handler>,
        compile: Compile,
        uncompiled: &mut Vec<Version>,
    ) -> Option<Handler> {
        let deployments = Arc::clone(&state.deployments);
        // What is below can have a name that nothing can be deployed under only if it was refused.
        let component: Option<ComponentName> = name.parse().ok();
        let ranked = component
            .iter()
            .flat_map(|component| deployments.ranked(component, tenant));
        for deployment in ranked {
            let version = version(deployment);
            let loaded = match state.versions.entry(version.clone()) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(place) => {
                    let loaded = self.loaded(deployment, compile);
                    if matches!(loaded, Loaded::Compiling) {
                        uncompiled.push(version);
                    }
                    place.insert(loaded)
                }
            };
            match (loaded, served) {
                (Loaded::Ready(handler), _) => return Some(handler.clone()),
                (Loaded::Compiling, Some(served)) => return Some(served.clone()),
                (Loaded::Compiling, None) | (Loaded::Unusable, _) => {}
            }
        }
        state.below.get(name).cloned()
    }

    fn loaded(&self, deployment: &Deployment, compile: Compile) -> Loaded {
        let Deployment { component, digest, .. } = deployment;
        let compiled = self.engine.load_compiled(component.as_str(), digest, &self.artefacts);
        match (compiled, compile) {
            (Some(Ok(handler)), _) => Loaded::Ready(handler),
            (Some(Err(refusal)), _) => unusable(component, digest, &refusal),
            (None, Compile::Now) => self.compiled(component, digest),
            (None, Compile::Aside) => Loaded::Compiling,
        }
    }

    fn compiled(&self, component: &ComponentName, digest: &str) -> Loaded {
        let wasm = match self.tenants.version(component, digest) {
            Ok(wasm) => wasm,
            Err(error) => return unusable(component, digest, &error),
        };
        match self.engine.load(component.as_str(), &wasm, Some(&self.artefacts)) {
            Ok(handler) => Loaded::Ready(handler),
            Err(refusal) => unusable(component, digest, &refusal),
        }
    }

    /// Compiles versions without keeping anybody waiting, and then has them serve.
    fn compile_aside(self: &Arc<Self>, mut versions: Vec<Version>) {
        if versions.is_empty() {
            return;
        }
        let components = Arc::clone(self);
        let work = move || {
            while let Some((component, digest)) = versions.pop() {
                let loaded = components.compiled(&component, &digest);
                let mut state = components.lock();
                // Meanwhile it may have been rolled back.
                if let Some(known) = state.versions.get_mut(&(component, digest)) {
                    *known = loaded;
                    // If it cannot be used, one below it may have to be compiled.
                    versions.extend(components.publish(&mut state, Compile::Aside));
                }
            }
        };
        if let Err(error) = thread::Builder::new().name("compile".to_owned()).spawn(work) {
            tracing::error!(%error, "what is deployed cannot be compiled; what has served goes on");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn version(deployment: &Deployment) -> Version {
    (deployment.component.clone(), deployment.digest.clone())
}

fn unusable(component: &ComponentName, digest: &str, reason: &dyn std::fmt::Display) -> Loaded {
    tracing::error!(
        "{component}: version {}, which is deployed, cannot be used: {reason}; the version before it serves instead",
        short(digest)
    );
    Loaded::Unusable
}

/// Tells the operator what serves from now on.
fn announce(before: &Handlers, now: &Handlers, tenant: Option<&TenantName>) {
    // At the start everything is new.
    if before.is_empty() {
        return;
    }
    let whom = tenant.map_or_else(|| "all tenants".to_owned(), |tenant| format!("tenant {tenant}"));
    for handler in now.iter() {
        let known = before.get(handler.name()).map(Handler::digest);
        if known != Some(handler.digest()) {
            tracing::info!("{}: version {} serves {whom}", handler.name(), short(handler.digest()));
        }
    }
    for handler in before.iter().filter(|handler| now.get(handler.name()).is_none()) {
        tracing::info!("{}: serves {whom} no longer", handler.name());
    }
}
