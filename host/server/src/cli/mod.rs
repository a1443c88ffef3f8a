//! The operator's command line. Commands change the data folder directly; a server that runs on it sees the change with its next
//! request.
//!
//! Does not belong here: what a command does to the data (`lectern_tenants::admin`).

mod agent;
mod api_key;
mod audit;
mod backup;
mod component;
mod config;
mod doctor;
mod import;
mod init;
mod password;
mod serve;
mod spin;
mod stats;
mod table;
mod tenant;
mod user;
mod workflow;

use crate::cli::component::Setup;
use crate::config::{self as settings, ConfigFile};
use crate::logging;
use anyhow::{Result, ensure};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  Make a data folder with a first tenant, and serve it:
    export LECTERN_DATA=/var/lib/lectern
    echo \"$PASSWORD\" | lectern init --tenant uni --name 'University' --host video.uni.example \\
        --admin admin --admin-password-stdin
    lectern serve --listen 127.0.0.1:8080

  Give an LMS access:
    echo \"$PASSWORD\" | lectern user add moodle --tenant uni --password-stdin \\
        --role ROLE_API --role ROLE_API_EVENTS_VIEW --role ROLE_API_SERIES_VIEW";

/// An Opencast-compatible External API for many institutions, served by WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "lectern", version, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    /// The folder that holds all data
    #[arg(long, global = true, value_name = "DIR", env = "LECTERN_DATA", display_order = 1000)]
    data: Option<PathBuf>,
    /// File of settings, see `lectern config`; DATA/lectern.toml if it is there and no other is named
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "LECTERN_CONFIG",
        display_order = 1000
    )]
    config: Option<PathBuf>,
    /// Folder of compiled handlers, which several data folders may share; DATA/cache if no other is named. Can be deleted at any time
    #[arg(long, global = true, value_name = "DIR", env = "LECTERN_CACHE", display_order = 1000)]
    cache: Option<PathBuf>,
    /// What to log, such as `warn`, or `info,lectern::access=off` for no access log
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        env = "RUST_LOG",
        default_value = "info",
        display_order = 1000
    )]
    log: String,
    /// What lines of the log look like
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "LECTERN_LOG_FORMAT",
        value_enum,
        default_value_t,
        display_order = 1000
    )]
    log_format: logging::Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes a data folder with a first tenant
    Init(init::Init),
    /// Adds, lists and removes tenants: the institutions that are served
    #[command(subcommand)]
    Tenant(tenant::Tenant),
    /// Adds, lists and removes users of a tenant, and changes their passwords
    #[command(subcommand)]
    User(user::User),
    /// Adds, lists and removes capture agents of a tenant
    #[command(subcommand)]
    Agent(agent::Agent),
    /// Adds, lists and revokes API keys: credentials of programs
    #[command(subcommand)]
    ApiKey(api_key::ApiKey),
    /// Writes a tenant to a file, while it is served
    Backup(backup::Backup),
    /// Makes a tenant of a backup
    Restore(backup::Restore),
    /// Checks a backup, or a tenant with its files
    Verify(backup::Verify),
    /// Looks for what is wrong, and says what to do
    Doctor(doctor::Doctor),
    /// Prints who changed what in a tenant
    Audit(audit::Audit),
    /// Lists, pauses, resumes and stops workflows
    #[command(subcommand)]
    Workflow(workflow::Workflow),
    /// Imports what other systems export into a tenant
    #[command(subcommand)]
    Import(import::Import),
    /// Counts how often events were watched
    #[command(subcommand)]
    Stats(stats::Stats),
    /// Lists, deploys and rolls back versions of handlers, and makes new ones
    #[command(subcommand)]
    Component(component::Component),
    /// Serves the API
    Serve(serve::Serve),
    /// Has Spin serve the tenants, with the same handlers
    #[command(subcommand)]
    Spin(spin::Spin),
    /// Checks, shows and explains the settings of `lectern serve`
    #[command(subcommand)]
    Config(config::Config),
}

impl Cli {
    fn cache(&self, data: &Path) -> PathBuf {
        self.cache.clone().unwrap_or_else(|| data.join("cache"))
    }
}

/// Does what the command line asks for. A command line that asks for nothing sensible ends the program with exit code 2.
pub fn run() -> Result<()> {
    let (cli, file) = parse()?;
    let _log = logging::start(&cli.log, cli.log_format)?;
    let data = || cli.data.as_deref().unwrap_or_else(|| no_data_folder());
    match &cli.command {
        Command::Init(init) => init.run(data()),
        Command::Tenant(tenant) => tenant.run(data()),
        Command::User(user) => user.run(data()),
        Command::Agent(agent) => agent.run(data()),
        Command::ApiKey(key) => key.run(data()),
        Command::Backup(backup) => backup.run(data()),
        Command::Restore(restore) => restore.run(data()),
        Command::Verify(verify) if verify.is_of_backup() => verify.run(Path::new("")),
        Command::Verify(verify) => verify.run(data()),
        Command::Doctor(doctor) => doctor.run(data(), &cli.cache(data()), file.as_ref()),
        Command::Audit(audit) => audit.run(data()),
        Command::Workflow(workflow) => workflow.run(data()),
        Command::Import(import) => import.run(data()),
        Command::Stats(stats) => stats.run(data()),
        Command::Component(component) => {
            let cache = |data: &Path| cli.cache(data);
            component.run(data, cache, || config::serve(file.as_ref()))
        }
        Command::Serve(serve) => serve.run(data(), &cli.cache(data())),
        Command::Spin(spin) => spin.run(&Setup::new(data(), &cli.cache(data()), &config::serve(file.as_ref())?)),
        Command::Config(config) => config.run(file.as_ref()),
    }
}

/// The command line, with the defaults that the configuration file sets.
fn parse() -> Result<(Cli, Option<ConfigFile>)> {
    // The first time to find the file, and to tell who mistyped something before anything is read.
    let cli = Cli::parse();
    let command = Cli::command();
    let file = match (&cli.config, &cli.data) {
        (Some(path), _) => Some(ConfigFile::read(path, &command)?),
        (None, Some(data)) => ConfigFile::read_if_there(&data.join(settings::FILE), &command)?,
        (None, None) => None,
    };
    let Some(file) = file else { return Ok((cli, None)) };
    ensure!(
        cli.config.is_some() || !file.sets("data"),
        "the configuration file {} lies in the data folder and cannot set `data`: remove it there, or name the file with --config",
        file.path().display()
    );
    let matches = file.apply(command).get_matches();
    Ok((
        Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()),
        Some(file),
    ))
}

fn no_data_folder() -> &'static Path {
    let message =
        "there is no data folder to work on: name it with --data DIR or in the environment variable LECTERN_DATA";
    Cli::command().error(ErrorKind::MissingRequiredArgument, message).exit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// Every argument of every command, at any depth.
    fn undescribed(command: &clap::Command, found: &mut Vec<String>) {
        let arguments = command.get_arguments().filter(|argument| argument.get_help().is_none());
        found.extend(arguments.map(|argument| format!("{} {}", command.get_name(), argument.get_id())));
        if command.get_about().is_none() {
            found.push(command.get_name().to_owned());
        }
        for command in command.get_subcommands() {
            undescribed(command, found);
        }
    }

    #[test]
    fn every_command_and_every_option_is_described() {
        let mut found = Vec::new();
        undescribed(&Cli::command(), &mut found);
        assert!(found.is_empty(), "{found:?}");
    }
}
