//! The compiler, the pool of instances and what they are linked to.

use crate::activity::Activity;
use crate::artefacts::{Artefacts, digest};
use crate::bindings::HandlerPre;
use crate::config::{self, PageReset};
use crate::contract::{self, Refusal};
use crate::gate::Gate;
use crate::handlers::Handler;
use crate::idle::Idle;
use crate::imports;
use crate::settings::Settings;
use crate::state::State;
use std::sync::Arc;
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
    idle: Arc<Idle>,
    page_reset: PageReset,
    activity: Activity,
}

/// The machine cannot run WebAssembly as it is set up.
#[derive(Debug, thiserror::Error)]
#[error("WebAssembly cannot be run on this machine: {0:#}; if it is short of address space, allow fewer instances")]
pub struct EngineError(wasmtime::Error);

impl Engine {
    /// Reserves the address space for all instances and starts the clock. Resets memory as
    /// [`page_reset`](crate::page_reset()) says, if the kernel can.
    pub fn new(settings: Settings) -> Result<Self, EngineError> {
        Self::build(settings).map_err(EngineError)
    }

    fn build(settings: Settings) -> wasmtime::Result<Self> {
        let (wasmtime, page_reset) = new_wasmtime(&settings)?;
        let mut linker = Linker::new(&wasmtime);
        imports::add_to_linker(&mut linker)?;
        start_clock(&wasmtime)?;
        let (gate, idle) = (Gate::new(&settings), Arc::new(Idle::new(&settings)));
        Ok(Self {
            wasmtime,
            linker,
            settings,
            gate,
            idle,
            page_reset,
            activity: Activity::default(),
        })
    }

    /// Makes a handler of a component: takes it from `artefacts` if it has been compiled before; otherwise compiles it, which takes up
    /// to seconds, and keeps it there. Checks that it is a handler.
    pub fn load(&self, name: &str, wasm: &[u8], artefacts: Option<&Artefacts>) -> Result<Handler, Refusal> {
        let handler = self.examine(name, wasm, artefacts)?;
        if let Some(artefacts) = artefacts {
            self.keep(&handler, artefacts);
        }
        Ok(handler)
    }

    /// The same without keeping what has been compiled, for a component that may still turn out to be unfit.
    pub fn examine(&self, name: &str, wasm: &[u8], artefacts: Option<&Artefacts>) -> Result<Handler, Refusal> {
        let digest = digest(wasm);
        if let Some(known) = artefacts.and_then(|artefacts| artefacts.read(&self.wasmtime, &digest)) {
            return self.link(name, &digest, &known, true);
        }
        let component = Component::from_binary(&self.wasmtime, wasm).map_err(|error| Refusal::Compile {
            name: name.to_owned(),
            reason: in_a_line(&error),
        })?;
        self.link(name, &digest, &component, false)
    }

    /// The handler of a component that has been compiled before, by its [digest](Handler::digest); none if it has not. Takes less than a millisecond.
    pub fn load_compiled(&self, name: &str, digest: &str, artefacts: &Artefacts) -> Option<Result<Handler, Refusal>> {
        let component = artefacts.read(&self.wasmtime, digest)?;
        Some(self.link(name, digest, &component, true))
    }

    /// Keeps what a handler has been compiled to, so that any engine of the same version loads it at once.
    pub fn keep(&self, handler: &Handler, artefacts: &Artefacts) {
        if !handler.is_kept {
            let component = handler.pre.instance_pre().component();
            artefacts.keep(&self.wasmtime, &handler.digest, component);
        }
    }

    fn link(&self, name: &str, digest: &str, component: &Component, is_kept: bool) -> Result<Handler, Refusal> {
        contract::check_name(name)?;
        contract::check(&self.wasmtime, name, component)?;
        let misfit = |error: wasmtime::Error| Refusal::Contract {
            name: name.to_owned(),
            reason: in_a_line(&error),
        };
        let linked = self.linker.instantiate_pre(component).map_err(misfit)?;
        let pre = HandlerPre::new(linked).map_err(misfit)?;
        let imports = contract::imports(&self.wasmtime, component);
        Ok(Handler {
            name: name.into(),
            digest: digest.into(),
            pre,
            imports: imports.into(),
            is_kept,
        })
    }

    /// How memory of instances is reset.
    pub fn page_reset(&self) -> PageReset {
        self.page_reset
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.wasmtime
    }

    /// The limits that it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What it has to do.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Has something else than a handler computed when it is its tenant's turn: what is answered without one.
    pub fn in_turn<F: Future>(&self, tenant: &str, work: F) -> impl Future<Output = F::Output> {
        self.gate.in_turn(&tenant.into(), work)
    }

    pub(crate) fn idle(&self) -> &Arc<Idle> {
        &self.idle
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }
}

/// What wasmtime says about a component, which may be in several lines, and with words of the component in it.
fn in_a_line(error: &wasmtime::Error) -> String {
    let text = format!("{error:#}");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn new_wasmtime(settings: &Settings) -> wasmtime::Result<(wasmtime::Engine, PageReset)> {
    if config::page_reset() == PageReset::Scan {
        match wasmtime::Engine::new(&config::config(settings, PageReset::Scan)) {
            Ok(engine) => return Ok((engine, PageReset::Scan)),
            Err(error) => tracing::debug!(reason = %error, "the kernel cannot list dirty pages"),
        }
    }
    let engine = wasmtime::Engine::new(&config::config(settings, PageReset::Decommit))?;
    Ok((engine, PageReset::Decommit))
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
