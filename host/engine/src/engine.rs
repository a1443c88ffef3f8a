//! The compiler, the pool of instances and what they are linked to.

use crate::artefacts::{Artefacts, digest};
use crate::bindings::HandlerPre;
use crate::config::{self, PageReset};
use crate::contract::{self, Refusal};
use crate::gate::Gate;
use crate::handlers::Handler;
use crate::imports;
use crate::settings::Settings;
use crate::state::State;
use std::thread;
use std::time::Duration;
use wasmtime::component::{Component, Linker};

/// Time between two ticks of the clock that makes running instances yield. Nothing waits for a tick while no instance computes for
/// that long.
const TICK: Duration = Duration::from_millis(5);

/// Loads components and runs them. A process has one.
pub struct Engine {
    wasmtime: wasmtime::Engine,
    linker: Linker<State>,
    settings: Settings,
    gate: Gate,
}

/// The machine cannot run WebAssembly as it is set up.
#[derive(Debug, thiserror::Error)]
#[error("WebAssembly cannot be run on this machine: {0:#}; if it is short of address space, allow fewer instances")]
pub struct EngineError(wasmtime::Error);

impl Engine {
    /// Reserves the address space for all instances and starts the clock. Resets memory as
    /// [`page_reset`](crate::page_reset) says.
    pub fn new(settings: Settings) -> Result<Self, EngineError> {
        Self::build(settings).map_err(EngineError)
    }

    fn build(settings: Settings) -> wasmtime::Result<Self> {
        let wasmtime = new_wasmtime(&settings)?;
        let mut linker = Linker::new(&wasmtime);
        imports::add_to_linker(&mut linker)?;
        start_clock(&wasmtime)?;
        let gate = Gate::new(&settings);
        Ok(Self {
            wasmtime,
            linker,
            settings,
            gate,
        })
    }

    /// Compiles a component, or takes it from `artefacts` if it has been compiled before, and checks that it is a handler.
    pub fn load(&self, name: &str, wasm: &[u8], artefacts: Option<&Artefacts>) -> Result<Handler, Refusal> {
        contract::check_name(name)?;
        let compile = || Component::from_binary(&self.wasmtime, wasm);
        let component = match artefacts {
            Some(artefacts) => artefacts.load(&self.wasmtime, wasm, compile),
            None => compile(),
        };
        let component = component.map_err(|error| Refusal::Compile {
            name: name.to_owned(),
            reason: format!("{error:#}"),
        })?;
        contract::check(&self.wasmtime, name, &component)?;
        let misfit = |error: wasmtime::Error| Refusal::Contract {
            name: name.to_owned(),
            reason: format!("{error:#}"),
        };
        let linked = self.linker.instantiate_pre(&component).map_err(misfit)?;
        let pre = HandlerPre::new(linked).map_err(misfit)?;
        let imports = contract::imports(&self.wasmtime, &component);
        Ok(Handler {
            name: name.into(),
            digest: digest(wasm).into(),
            pre,
            imports: imports.into(),
        })
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.wasmtime
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }
}

fn new_wasmtime(settings: &Settings) -> wasmtime::Result<wasmtime::Engine> {
    if config::page_reset() == PageReset::Scan {
        match wasmtime::Engine::new(&config::config(settings, PageReset::Scan)) {
            Ok(engine) => {
                tracing::info!("no swap: memory of instances is reset page by page");
                return Ok(engine);
            }
            Err(error) => {
                tracing::info!(reason = %error, "the kernel cannot list dirty pages: memory of instances is decommitted")
            }
        }
    } else {
        tracing::info!(
            "the host has swap: memory of instances is decommitted, which costs some microseconds per request"
        );
    }
    wasmtime::Engine::new(&config::config(settings, PageReset::Decommit))
}

/// The thread ends with the engine.
fn start_clock(engine: &wasmtime::Engine) -> wasmtime::Result<()> {
    let engine = engine.weak();
    thread::Builder::new().name("epoch".to_owned()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    })?;
    Ok(())
}
