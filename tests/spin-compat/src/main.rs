//! What the tests need of [Spin](https://spinframework.dev), so that they need no Spin: reads the manifest and the runtime configuration
//! of an application, composes its components with their dependencies, and serves them over HTTP.
//!
//! Everything that a component can notice is as Spin has it: the interfaces, what they refuse and with which words, the headers that a
//! request gets, the routes, and that each request has an instance of its own. What only an operator notices is not: there is no log of
//! requests, no TLS, no registry. A manifest that asks for something else than Lectern's is refused.
//!
//! Does not belong here: anything that knows what the components do.

mod application;
mod bindings;
mod call;
mod compose;
mod denial;
mod engine;
mod headers;
mod label;
mod manifest;
mod routes;
mod server;
mod sqlite;
mod state;
mod variables;

use anyhow::Result;
use application::Application;
use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Serves an application of Spin, for tests.
#[derive(Parser)]
pub struct Arguments {
    /// The manifest of the application
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The runtime configuration: which database is behind which label
    #[arg(long, value_name = "FILE")]
    runtime_config_file: PathBuf,
    /// Where to listen
    #[arg(long, value_name = "ADDR:PORT")]
    listen: SocketAddr,
    /// Mount folders as they are, instead of copying what is beside the manifest
    #[arg(long)]
    direct_mounts: bool,
    /// Trap whenever a statement has had this text as a parameter
    #[arg(long, value_name = "TEXT", env = "SPIN_COMPAT_TRAP_AFTER")]
    trap_after: Option<String>,
    /// Folder of compiled components
    #[arg(long, value_name = "DIR", env = "LECTERN_CACHE")]
    cache: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let application = Application::load(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(server::serve(Arc::new(application), arguments.listen))
}
