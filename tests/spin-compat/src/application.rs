//! An application, ready to be served.

use crate::Arguments;
use crate::compose::{Dependency, compose};
use crate::engine::Engine;
use crate::manifest::{self, Database, Manifest, RuntimeConfig};
use crate::routes::Routes;
use crate::state::{Grants, State};
use crate::variables;
use anyhow::{Context, Result, anyhow, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::{self, Path};
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
    pub fn load(arguments: &Arguments) -> Result<Self> {
        let manifest = Manifest::read(&arguments.from)?;
        let config = RuntimeConfig::read(&arguments.runtime_config_file)?;
        let engine = Engine::new(&arguments.cache).map_err(of_wasmtime)?;
        let routes = manifest.trigger.http.iter();
        let routes = Routes::new(routes.map(|trigger| (trigger.route.as_str(), trigger.component.as_str())))?;
        let load = |name: &str, component| {
            let loaded = load(&engine, arguments, &manifest, &config, component);
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
    arguments: &Arguments,
    manifest: &Manifest,
    config: &RuntimeConfig,
    component: &manifest::Component,
) -> Result<Component> {
    let grants = grants(arguments, manifest, config, component)?;
    let folder = folder(arguments);
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
        pre: engine.load(&composed)?,
        grants: Arc::new(grants),
    })
}

fn folder(arguments: &Arguments) -> &Path {
    arguments.from.parent().unwrap_or(Path::new(""))
}

fn grants(
    arguments: &Arguments,
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
    let folder = folder(arguments);
    let mounts = component.files.iter().map(|mount| {
        let source = folder.join(&mount.source);
        ensure!(source.is_dir(), "{} is no folder", source.display());
        if arguments.direct_mounts {
            // As Spin has it: not from the folder of the manifest, but from the one where it was started.
            return Ok((path::absolute(&mount.source)?, mount.destination.clone()));
        }
        ensure!(
            source.starts_with(folder),
            "{} is outside of the application: use --direct-mounts",
            source.display()
        );
        Ok((source, mount.destination.clone()))
    });
    Ok(Grants {
        databases: databases.collect::<Result<_>>()?,
        variables: variables::of(manifest, component)?,
        mounts: mounts.collect::<Result<_>>()?,
        trap_after: arguments.trap_after.clone(),
    })
}

/// The engine's errors have a type of their own.
pub fn of_wasmtime(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:?}")
}
