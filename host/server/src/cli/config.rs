//! `lectern config`.

use crate::cli::Cli;
use crate::cli::serve::Serve;
use crate::config::{self, COMMAND, ConfigFile};
use anyhow::{Context, Result};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Subcommand};
use std::ffi::OsStr;

const CHECK_EXAMPLES: &str = "\
Examples:
  lectern config check --data /var/lib/lectern
  lectern config check --config /etc/lectern/lectern.toml && systemctl restart lectern";

const EXAMPLE_EXAMPLES: &str = "\
Example:
  lectern config example > /var/lib/lectern/lectern.toml";

#[derive(Debug, Subcommand)]
pub enum Config {
    /// Checks the settings, and whether the files that they name can be used
    #[command(after_help = CHECK_EXAMPLES)]
    Check,
    /// Prints the settings that count, and where each comes from
    Show,
    /// Prints an example of a configuration file: every setting with its explanation and default
    #[command(after_help = EXAMPLE_EXAMPLES)]
    Example,
}

impl Config {
    /// `file` has been read already, and with that, checked for what is said in it.
    pub fn run(&self, file: Option<&ConfigFile>) -> Result<()> {
        match self {
            Self::Check => check(file),
            Self::Show => show(file),
            Self::Example => {
                print!("{}", config::example(&Cli::command()));
                Ok(())
            }
        }
    }
}

/// What `lectern serve` would see.
fn effective(file: Option<&ConfigFile>) -> ArgMatches {
    let command = Cli::command();
    let command = match file {
        Some(file) => file.apply(command),
        None => command,
    };
    command.get_matches_from(["lectern", COMMAND])
}

/// What a server is started with if its command line says nothing.
pub fn serve(file: Option<&ConfigFile>) -> Result<Serve> {
    let matches = effective(file);
    let of_serve = matches.subcommand_matches(COMMAND).unwrap_or(&matches);
    Ok(Serve::from_arg_matches(of_serve)?)
}

/// Refuses settings that `lectern serve` could not start with.
pub fn usable(file: Option<&ConfigFile>) -> Result<()> {
    serve(file)
        .and_then(|serve| serve.check())
        .context("the settings cannot be used")
}

fn check(file: Option<&ConfigFile>) -> Result<()> {
    usable(file)?;
    match file {
        Some(file) => println!("{}: the settings can be used", file.path().display()),
        None => println!("no configuration file: the defaults and the environment can be used"),
    }
    Ok(())
}

fn show(file: Option<&ConfigFile>) -> Result<()> {
    let matches = effective(file);
    let of_serve = matches.subcommand_matches(COMMAND).unwrap_or(&matches);
    for setting in config::settings(&Cli::command()) {
        let (id, name) = (setting.get_id().as_str(), setting.get_long().unwrap_or_default());
        let values: Vec<String> = of_serve
            .get_raw(id)
            .into_iter()
            .flatten()
            .map(|value| config::literal(&value.to_string_lossy()))
            .collect();
        let value = match values.as_slice() {
            [] => "(not set)".to_owned(),
            [value] => value.clone(),
            values => format!("[{}]", values.join(", ")),
        };
        let source = match of_serve.value_source(id) {
            Some(ValueSource::EnvVariable) => {
                let variable = setting.get_env().unwrap_or(OsStr::new("environment"));
                variable.to_string_lossy().into_owned()
            }
            _ => match file.filter(|file| file.sets(name)) {
                Some(file) => file.name(),
                None => "default".to_owned(),
            },
        };
        println!("{name} = {value}  # {source}");
    }
    Ok(())
}
