//! `cargo xtask bench`: what Lectern takes on this machine, against the numbers that it is to reach. Operators size machines with it.
//!
//! - [`data`]: the data sets, made once and kept;
//! - [`server`]: the programs that are measured, each in a process of its own;
//! - [`load`], [`http`]: the load, from a process of its own again;
//! - [`numbers`]: the measurements, P1 to P11;
//! - [`phases`]: where the time of a request goes, by the server's own clock;
//! - [`compare`]: what others take for the same;
//! - [`table`]: what is printed.
//!
//! Does not belong here: tests. A figure that falls short is a fact about a machine, not a mistake in the program.

mod compare;
mod data;
mod fixed;
mod http;
mod load;
mod numbers;
mod phases;
mod server;
mod statistics;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use data::Size;
use numbers::{Bench, Number};
use table::Table;

/// As in the server: a request makes some hundred small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "lectern-bench")]
struct Cli {
    /// Numbers to measure instead of all: P1 to P11
    #[arg(value_name = "NUMBER", ignore_case = true)]
    numbers: Vec<Number>,
    /// The data set to measure on, instead of the one that each number is about
    #[arg(long, value_name = "SIZE", ignore_case = true)]
    size: Option<Size>,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
    /// Show where the time of requests goes, instead of measuring the numbers
    #[arg(long)]
    phases: bool,
    /// Compare with what others take for the same, instead of measuring the numbers
    #[arg(long)]
    compare: bool,
    /// Where data sets are kept
    #[arg(long, value_name = "DIR", default_value = "target/bench")]
    folder: PathBuf,
    /// The server
    #[arg(long, value_name = "FILE", default_value = "target/release/lectern")]
    lectern: PathBuf,
    /// The server whose handlers are linked into it, for P1
    #[arg(long, value_name = "FILE", default_value = "target/release/lectern-native")]
    native: PathBuf,
    /// The folder of handler components, for P8
    #[arg(long, value_name = "DIR", default_value = "target/components/dist")]
    components: PathBuf,
    /// Put load on a server: what this program starts itself for
    #[arg(long, hide = true)]
    load: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    if cli.load {
        return load::generate();
    }
    std::fs::create_dir_all(&cli.folder)?;
    let bench = Bench {
        folder: cli.folder.canonicalize()?,
        lectern: cli.lectern,
        native: cli.native,
        components: cli.components,
        size: cli.size,
    };
    eprintln!("{}", statistics::machine());
    if cli.phases {
        return phases::print(&bench);
    }
    if cli.compare {
        return compare::print(&bench);
    }
    let all = Number::ALL.to_vec();
    let numbers = if cli.numbers.is_empty() { all } else { cli.numbers };
    let mut table = Table::default();
    for number in numbers {
        let rows = bench.measure(number)?;
        for row in &rows {
            eprintln!("{}: {}: {}", row.number, row.what, row.measured);
        }
        table.rows.extend(rows);
    }
    if cli.json {
        println!("{}", serde_json::to_string_pretty(&table)?);
    } else {
        print!("\n{table}");
    }
    Ok(())
}
