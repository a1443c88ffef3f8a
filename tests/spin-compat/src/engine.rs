//! Compiling components, and keeping what came of it: tests start the program many times.

use crate::application::of_wasmtime;
use crate::bindings::{fermyon, spin};
use crate::state::{MEMORY, State};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::error::Context;
use wasmtime::{Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, RegallocAlgorithm, Result};
use wasmtime_wasi_http::p2::bindings::ProxyPre;

/// Bytes of stack that a component may use, several times what Spin gives: code that is compiled in a hurry takes more of it.
const STACK: usize = 4 << 20;

/// Instances that there may be at a time.
const INSTANCES: u32 = 64;

/// Time between two ticks of the clock that makes running instances yield.
const TICK: Duration = Duration::from_millis(10);

/// The compiler, and what instances are linked to.
pub struct Engine {
    pub wasmtime: wasmtime::Engine,
    linker: Linker<State>,
    cache: PathBuf,
}

impl Engine {
    /// With a folder for what has been compiled, which nobody else may write to.
    pub fn new(cache: &Path) -> Result<Self> {
        let mut config = Config::new();
        // Every component has the whole provider in it: what counts is how long compiling takes.
        config
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool()))
            .epoch_interruption(true)
            .wasm_component_model(true)
            .max_wasm_stack(STACK)
            .async_stack_size(2 * STACK)
            .cranelift_opt_level(OptLevel::None)
            .cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass);
        let wasmtime = wasmtime::Engine::new(&config)?;
        let mut linker = Linker::new(&wasmtime);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        spin::sqlite::sqlite::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        fermyon::spin::variables::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        start_clock(&wasmtime);
        let cache = cache.join("spin-compat");
        fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
        Ok(Self {
            wasmtime,
            linker,
            cache,
        })
    }

    /// Makes a component ready for requests.
    pub fn load(&self, wasm: &[u8]) -> anyhow::Result<ProxyPre<State>> {
        let component = self.compiled(wasm)?;
        let linked = self.linker.instantiate_pre(&component).map_err(of_wasmtime)?;
        ProxyPre::new(linked).map_err(of_wasmtime)
    }

    fn compiled(&self, wasm: &[u8]) -> anyhow::Result<Component> {
        let mut hasher = DefaultHasher::new();
        self.wasmtime.precompile_compatibility_hash().hash(&mut hasher);
        let name = format!("{}-{:016x}", blake3::hash(wasm).to_hex(), hasher.finish());
        let file = self.cache.join(name);
        let known = || {
            // SAFETY: a file of this name is written below, as a whole, and by nobody else.
            unsafe { Component::deserialize_file(&self.wasmtime, &file) }.map_err(of_wasmtime)
        };
        if file.exists() {
            return known();
        }
        // Tests start several of these at the same time, and compiling takes all processors.
        let lock = File::create(file.with_extension("lock"))?;
        lock.lock()?;
        if file.exists() {
            return known();
        }
        let component = Component::from_binary(&self.wasmtime, wasm).map_err(of_wasmtime)?;
        let unfinished = tempfile::NamedTempFile::new_in(&self.cache)?;
        fs::write(unfinished.path(), component.serialize().map_err(of_wasmtime)?)?;
        unfinished.persist(&file)?;
        Ok(component)
    }
}

/// Slots for instances: a composed component consists of about twenty core modules.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .total_stacks(INSTANCES)
        .total_core_instances(64 * INSTANCES)
        .total_memories(8 * INSTANCES)
        .total_tables(32 * INSTANCES)
        .max_core_instances_per_component(64)
        .max_memories_per_component(8)
        .max_tables_per_component(32)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        .max_memory_size(MEMORY);
    pool
}

fn start_clock(engine: &wasmtime::Engine) {
    let engine = engine.weak();
    thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    });
}
