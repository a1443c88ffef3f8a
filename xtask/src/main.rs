//! What a developer or a CI machine runs: `cargo xtask toolchain`, `build`, `test`, `torture`, `bench`, `schemathesis`, `demo`.
//!
//! Nothing here is part of the product: what `lectern` needs at run time belongs into `host/`.

mod bench;
mod build;
mod cache;
mod demo;
mod new_handler;
mod process;
mod progress;
mod schemathesis;
mod test;
mod toolchain;
mod torture;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use workspace::Workspace;

/// Build, check and try Lectern.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make sure that components can be built for wasm32-wasip2 (the other commands do it, too).
    Toolchain,
    /// Build the handler components and the `lectern` program that carries them.
    Build {
        /// Leave the `lectern` program out.
        #[arg(long)]
        components_only: bool,
    },
    /// Run the format check, the build, clippy and all tests.
    Test,
    /// Break things at length and measure: swaps under load, kill -9, floods; a figure that falls short is an error.
    Torture(torture::Options),
    /// Measure what Lectern takes on this machine, on data sets of up to 300,000 events, against the numbers that it is to reach.
    Bench(bench::Options),
    /// Have Schemathesis try thousands of requests, sound and broken ones, against the API's own description.
    Schemathesis,
    /// Start a server with two tenants and sample content, and keep it running until Ctrl-C.
    Demo(demo::Options),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not returned from here: with RUST_BACKTRACE set, what to do would drown in a backtrace.
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    match command {
        Command::Toolchain => toolchain::ensure().map(|_| ()),
        Command::Build { components_only: true } => build::components(&workspace),
        Command::Build { components_only: false } => build::all(&workspace),
        Command::Test => test::run(&workspace),
        Command::Torture(options) => torture::run(&workspace, &options),
        Command::Bench(options) => bench::run(&workspace, &options),
        Command::Schemathesis => schemathesis::run(&workspace),
        Command::Demo(options) => demo::run(&workspace, &options),
    }
}
