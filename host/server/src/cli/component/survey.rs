//! What serves whom, as a server would find it: the best version that can be used.

use crate::cli::component::Setup;
use crate::cli::table::time;
use crate::components::{Named, short};
use anyhow::Result;
use lectern_engine::{Artefacts, Engine};
use lectern_tenants::admin::Admin;
use lectern_tenants::{ComponentName, Deployments, TenantName};
use std::collections::{BTreeMap, BTreeSet};

/// The versions of a data folder and of the program.
pub struct Survey {
    pub engine: Engine,
    pub artefacts: Artefacts,
    pub deployments: Deployments,
    /// What comes from the program or the folder, by name.
    pub below: BTreeMap<String, Named>,
    /// Where that is, in one word.
    word: &'static str,
}

/// One version of a component for somebody.
pub struct Candidate {
    pub digest: String,
    /// Where it comes from.
    pub from: String,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

impl Candidate {
    /// `VERSION, WHERE FROM`
    pub fn shown(&self) -> String {
        format!("{}, {}", short(&self.digest), self.from)
    }
}

impl Survey {
    /// Takes stock.
    pub fn new(admin: &Admin, setup: &Setup) -> Result<Self> {
        let named = |component: Named| (component.name.to_string(), component);
        Ok(Self {
            deployments: admin.deployments()?,
            artefacts: Artefacts::open(&setup.artefacts)?,
            engine: Engine::new(setup.settings.clone())?,
            below: setup.source.components()?.into_iter().map(named).collect(),
            word: setup.source.word(),
        })
    }

    /// The names of all components, sorted.
    pub fn names(&self) -> BTreeSet<String> {
        let deployed = self.deployments.components();
        let deployed = deployed.into_iter().map(ToString::to_string);
        self.below.keys().cloned().chain(deployed).collect()
    }

    /// The versions that may serve a tenant, or all, the best first. Those above the first that can be used are looked at as a server would;
    /// those below are not.
    pub fn candidates(&self, admin: &Admin, name: &str, tenant: Option<&TenantName>) -> Vec<Candidate> {
        let component: Option<ComponentName> = name.parse().ok();
        let ranked = component
            .iter()
            .flat_map(|component| self.deployments.ranked(component, tenant));
        let mut candidates: Vec<Candidate> = Vec::new();
        for deployment in ranked {
            let found = candidates.iter().any(|known| known.problem.is_none());
            let problem = || self.problem(admin, &deployment.component, &deployment.digest);
            let whose = if deployment.tenant.is_none() && tenant.is_some() {
                " for all"
            } else {
                ""
            };
            candidates.push(Candidate {
                digest: deployment.digest.clone(),
                from: format!("deployed{whose} {}", time(deployment.deployed)),
                problem: if found { None } else { problem() },
            });
        }
        candidates.extend(self.below.get(name).map(|component| Candidate {
            digest: lectern_engine::digest(&component.wasm),
            from: self.word.to_owned(),
            problem: None,
        }));
        candidates
    }

    /// Why a version that is deployed cannot be used. Compiles it if nobody has done so.
    fn problem(&self, admin: &Admin, component: &ComponentName, digest: &str) -> Option<String> {
        let name = component.as_str();
        let compiled = self.engine.load_compiled(name, digest, &self.artefacts);
        match compiled.map(|loaded| loaded.map_err(anyhow::Error::from)) {
            Some(loaded) => loaded.err(),
            None => admin
                .version(component, digest)
                .map_err(anyhow::Error::from)
                .and_then(|wasm| Ok(self.engine.load(name, &wasm, Some(&self.artefacts))?))
                .err(),
        }
        .map(|error| format!("{error:#}"))
    }
}
