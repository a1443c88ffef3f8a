//! The `lectern` program: HTTP in front of the handler components, and the operator's command line.
//!
//! `cli` reads the command line, `config` the configuration file, `web` speaks HTTP, `logging`, `metrics` and `traces` tell the operator
//! about it, `components` finds the handlers, `backend` gives them their tenant, `import`
//! brings in what other systems export. Does not belong here: running WebAssembly (`lectern-engine`), finding tenants and checking
//! identities (`lectern-tenants`), shapes of the External API (the handler components).

mod backend;
mod cli;
mod components;
mod config;
mod import;
mod logging;
mod metrics;
#[cfg(feature = "native-handlers")]
mod native;
mod traces;
mod web;

use std::process::ExitCode;

/// A request makes some hundred small allocations, most of them in wasmtime.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Does what the command line says.
pub fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lectern: {error:#}");
            ExitCode::FAILURE
        }
    }
}
