//! An application, ready to be served.

use crate::compose::{Dependency, compose};
use crate::engine::Engine;
use crate::manifest::{self, Database, Manifest, RuntimeConfig};
use crate::routes::Routes;
use crate::state::{Grants, State};
use crate::variables;
use anyhow::{Context, Result, anyhow, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use wasmtime_wasi_http::p2::bindings::ProxyPre;

/// An application.
pub struct Application {
    pub engine: Engine,
    pub routes: Routes,
    /// By name.
    pub components: BTreeMap<String, Component>,
}

/// A component with what it is granted.
pub struct Component {
    pub pre: ProxyPre<State>,
    pub grants: Arc<Grants>,
}

impl Application {
    /// Reads the files of an application and compiles its components.
    pub fn load(manifest_file: &Path, config_file: &Path, cache: &Path) -> Result<Self> {
        let manifest = Manifest::read(manifest_file)?;
        let config = RuntimeConfig::read(config_file)?;
        let folder = manifest_file.parent().unwrap_or(Path::new(""));
        let engine = Engine::new(cache).map_err(of_wasmtime)?;
        let routes = manifest.trigger.http.iter();
        let routes = Routes::new(routes.map(|trigger| (trigger.route.as_str(), trigger.component.as_str())))?;
        let load = |name: &str, component| {
            let loaded = load(&engine, folder, &manifest, &config, component);
            loaded.with_context(|| format!("the component {name}"))
        };
        let components = thread::scope(|scope| {
            let started: Vec<_> = manifest
                .component
                .iter()
                .map(|(name, component)| (name, scope.spawn(|| load(name, component))))
                .collect();
            let loaded = started.into_iter().map(|(name, thread)| {
                let loaded = thread.join().expect("it does not panic")?;
                Ok((name.clone(), loaded))
            });
            loaded.collect::<Result<_>>()
        })?;
        Ok(Self {
            engine,
            routes,
            components,
        })
    }
}

fn load(
    engine: &Engine,
    folder: &Path,
    manifest: &Manifest,
    config: &RuntimeConfig,
    component: &manifest::Component,
) -> Result<Component> {
    let grants = grants(folder, manifest, config, component)?;
    let read = |path: &Path| {
        let path = folder.join(path);
        fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let dependencies = component.dependencies.iter().map(|(name, dependency)| {
        Ok(Dependency {
            name,
            wasm: read(&dependency.path)?,
            inherited: &dependency.inherit_configuration,
        })
    });
    let composed = compose(read(&component.source)?, dependencies.collect::<Result<_>>()?)?;
    Ok(Component {
        pre: engine.load(&composed).map_err(of_wasmtime)?,
        grants: Arc::new(grants),
    })
}

fn grants(
    folder: &Path,
    manifest: &Manifest,
    config: &RuntimeConfig,
    component: &manifest::Component,
) -> Result<Grants> {
    let databases = component.sqlite_databases.iter().map(|label| {
        let path = config
            .sqlite_database
            .get(label)
            .map(|Database::Spin { path }| path.clone());
        ensure!(path.is_some(), "nobody has said where the database {label:?} is");
        Ok((label.clone(), path))
    });
    let mounts = component.files.iter().map(|mount| {
        let source = folder.join(&mount.source);
        ensure!(source.is_dir(), "{} is no folder", source.display());
        Ok((source, mount.destination.clone()))
    });
    Ok(Grants {
        databases: databases.collect::<Result<_>>()?,
        variables: variables::of(manifest, component)?,
        mounts: mounts.collect::<Result<_>>()?,
    })
}

/// The engine's errors have a type of their own.
pub fn of_wasmtime(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:?}")
}
