//! The configuration file: settings of the command line, written down.
//!
//! A key is the long name of an option of `lectern serve` or of all commands, and what the file says takes the place of the option's
//! default; environment variables and the command line rank above it. So each setting is named, checked and explained in one place,
//! and that is where the commands are defined (`cli`).

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::builder::{OsStr, Resettable};
use clap::error::ErrorKind;
use clap::{Arg, Command};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The file's name in a data folder, where it is looked for unless another one is named.
pub const FILE: &str = "lectern.toml";

/// The command whose options can be set, besides those of all commands.
pub const COMMAND: &str = "serve";

/// Options that only make sense on a command line.
const NOT_SETTINGS: [&str; 3] = ["help", "version", "config"];

/// A configuration file whose keys are all known and whose values have been accepted.
#[derive(Debug)]
pub struct ConfigFile {
    path: PathBuf,
    /// By option; a list has several values.
    values: BTreeMap<String, Vec<String>>,
}

impl ConfigFile {
    /// Reads the file at `path` for a command line.
    pub fn read(path: &Path, command: &Command) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("the configuration file {} cannot be read", path.display()))?;
        Self::parse(path, &text, command).with_context(|| format!("the configuration file {}", path.display()))
    }

    /// The same for a file that need not be there.
    pub fn read_if_there(path: &Path, command: &Command) -> Result<Option<Self>> {
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => Self::read(path, command).map(Some),
        }
    }

    fn parse(path: &Path, text: &str, command: &Command) -> Result<Self> {
        let table: Table = toml::from_str(text).map_err(|error| anyhow!("{error}"))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut values = BTreeMap::new();
        for (key, value) in &table {
            ensure!(
                !value.is_table(),
                "there is no section [{key}]: all settings stand at the top of the file, as in `lectern config example`"
            );
            let setting = settings(command)
                .find(|setting| setting.get_long() == Some(key))
                .ok_or_else(|| unknown(key, command))?;
            let mut texts = texts(key, value)?;
            if is_path(setting) {
                // What is written in a file is meant from there, wherever the program is started.
                texts = texts
                    .iter()
                    .map(|text| folder.join(text).to_string_lossy().into_owned())
                    .collect();
            }
            values.insert(key.clone(), texts);
        }
        let file = Self {
            path: path.to_owned(),
            values,
        };
        file.check(command)?;
        Ok(file)
    }

    /// Has the command line say what it thinks of the values, without what the environment says.
    fn check(&self, command: &Command) -> Result<()> {
        let arguments = self
            .values
            .iter()
            .flat_map(|(key, values)| values.iter().map(move |value| (key, value)))
            // A flag takes no value.
            .filter(|(key, _)| takes_value(command, key))
            .map(|(key, value)| format!("--{key}={value}"));
        let deaf = |command: Command| command.mut_args(|arg| arg.env(Resettable::Reset));
        let deaf_command = deaf(command.clone()).mut_subcommand(COMMAND, deaf);
        let line = ["lectern", COMMAND].map(str::to_owned).into_iter().chain(arguments);
        match deaf_command.try_get_matches_from(line) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(()),
            Err(error) => {
                let text = error.to_string();
                let reason = text.strip_prefix("error: ").unwrap_or(&text);
                bail!("{}", reason.lines().next().unwrap_or_default())
            }
        }
    }

    /// The command line with the file's values for defaults.
    pub fn apply(&self, command: Command) -> Command {
        let set = |command: Command| {
            let ids: Vec<_> = command
                .get_arguments()
                .filter_map(|arg| Some((arg.get_id().clone(), self.values.get(arg.get_long()?)?)))
                .collect();
            ids.into_iter().fold(command, |command, (id, values)| {
                command.mut_arg(id, |arg| arg.default_values(values.iter().map(OsStr::from)))
            })
        };
        set(command).mut_subcommand(COMMAND, set)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it is called in its folder.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether it sets an option.
    pub fn sets(&self, option: &str) -> bool {
        self.values.contains_key(option)
    }
}

/// What can be set.
pub fn settings(command: &Command) -> impl Iterator<Item = &Arg> {
    let serve = command.find_subcommand(COMMAND);
    let of_serve = serve.into_iter().flat_map(Command::get_arguments);
    of_serve
        .chain(command.get_arguments())
        .filter(|arg| arg.get_long().is_some_and(|name| !NOT_SETTINGS.contains(&name)))
}

/// An example of a configuration file: every setting with its explanation and its default.
pub fn example(command: &Command) -> String {
    let mut text = "\
# Settings of Lectern. What is commented out has its default.
# Environment variables and options of the command line rank above this file.
"
    .to_owned();
    let mut heading = None;
    for setting in settings(command) {
        let name = setting.get_long().unwrap_or_default();
        let its_heading = setting.get_help_heading();
        if its_heading != heading {
            heading = its_heading;
            text += &format!("\n## {}\n", heading.unwrap_or("General"));
        }
        let help = setting.get_long_help().or_else(|| setting.get_help());
        let help = help.map(ToString::to_string).unwrap_or_default();
        text.push('\n');
        for line in help.lines().flat_map(wrapped) {
            text += format!("# {line}").trim_end();
            text.push('\n');
        }
        if let Some(variable) = setting.get_env() {
            text += &format!("# Environment: {}\n", variable.to_string_lossy());
        }
        let placeholder = setting.get_value_names().and_then(<[_]>::first);
        let value = match (setting.get_default_values(), placeholder) {
            _ if !setting.get_action().takes_values() => "false".to_owned(),
            ([default, ..], _) => literal(&default.to_string_lossy()),
            ([], Some(placeholder)) => format!("\"{placeholder}\""),
            ([], None) => "false".to_owned(),
        };
        text += &format!("#{name} = {value}\n");
    }
    text
}

/// A line as lines that are easy to read.
fn wrapped(line: &str) -> Vec<String> {
    const WIDTH: usize = 98;
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        match lines.last_mut() {
            Some(last) if last.is_empty() => last.push_str(word),
            Some(last) if last.len() + 1 + word.len() <= WIDTH => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A value as TOML has it: numbers and truth values bare, the rest quoted.
pub fn literal(text: &str) -> String {
    let is_bare = text.parse::<i64>().is_ok() || text.parse::<bool>().is_ok();
    if is_bare {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

fn takes_value(command: &Command, key: &str) -> bool {
    settings(command)
        .find(|setting| setting.get_long() == Some(key))
        .is_some_and(|setting| setting.get_action().takes_values())
}

fn is_path(setting: &Arg) -> bool {
    setting.get_value_parser().type_id() == TypeId::of::<PathBuf>()
}

fn texts(key: &str, value: &Value) -> Result<Vec<String>> {
    match value {
        Value::Array(values) => {
            ensure!(!values.is_empty(), "the list `{key}` is empty: leave it out instead");
            values.iter().map(|value| single(key, value)).collect()
        }
        value => Ok(vec![single(key, value)?]),
    }
}

fn single(key: &str, value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Boolean(truth) => Ok(truth.to_string()),
        other => Err(anyhow!(
            "`{key}` must be a text, a whole number or a list of these, not a {}",
            other.type_str()
        )),
    }
}

fn unknown(key: &str, command: &Command) -> anyhow::Error {
    let known: Vec<&str> = settings(command).filter_map(Arg::get_long).collect();
    anyhow!("there is no setting `{key}`; there are: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ArgAction;

    fn command() -> Command {
        let serve = Command::new(COMMAND)
            .arg(
                Arg::new("listen_here")
                    .long("listen")
                    .value_name("ADDR")
                    .default_value("127.0.0.1:8080")
                    .help("Where to listen"),
            )
            .arg(
                Arg::new("limit")
                    .long("limit")
                    .value_parser(clap::value_parser!(u8))
                    .default_value("7")
                    .help("How many"),
            )
            .arg(
                Arg::new("proxy")
                    .long("proxy")
                    .action(ArgAction::Append)
                    .help("Whom to trust"),
            )
            .arg(Arg::new("loud").long("loud").action(ArgAction::SetTrue).help("Loud"))
            .arg(
                Arg::new("key")
                    .long("key")
                    .value_parser(clap::value_parser!(PathBuf))
                    .help("A file"),
            );
        Command::new("lectern").subcommand(serve)
    }

    fn parse(text: &str) -> Result<ConfigFile> {
        ConfigFile::parse(Path::new("/etc/lectern/lectern.toml"), text, &command())
    }

    fn value(file: &ConfigFile, line: &[&str], id: &str) -> String {
        let matches = file.apply(command()).get_matches_from(line);
        let serve = matches.subcommand_matches(COMMAND).unwrap();
        serve
            .get_raw(id)
            .unwrap()
            .map(|value| value.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn a_setting_takes_the_place_of_the_default() {
        let file = parse("listen = \"[::1]:80\"\nlimit = 8\nproxy = [\"a\", \"b\"]\nloud = true").unwrap();
        let line = ["lectern", "serve"];
        assert_eq!(value(&file, &line, "listen_here"), "[::1]:80");
        assert_eq!(value(&file, &line, "limit"), "8");
        assert_eq!(value(&file, &line, "proxy"), "a b");
        assert_eq!(value(&file, &line, "loud"), "true");
    }

    #[test]
    fn the_command_line_ranks_above_the_file() {
        let file = parse("limit = 8\nproxy = \"a\"").unwrap();
        assert_eq!(value(&file, &["lectern", "serve", "--limit", "9"], "limit"), "9");
        assert_eq!(value(&file, &["lectern", "serve", "--proxy", "c"], "proxy"), "c");
    }

    #[test]
    fn a_path_is_meant_from_the_folder_of_the_file() {
        let file = parse("key = \"tls/key.pem\"").unwrap();
        assert_eq!(value(&file, &["lectern", "serve"], "key"), "/etc/lectern/tls/key.pem");
        let file = parse("key = \"/secret/key.pem\"").unwrap();
        assert_eq!(value(&file, &["lectern", "serve"], "key"), "/secret/key.pem");
    }

    #[test]
    fn what_cannot_be_set_is_refused_by_name() {
        for (text, parts) in [
            ("limt = 8", &["`limt`", "limit", "listen"][..]),
            ("help = true", &["`help`"]),
            ("limit = 800", &["800", "--limit"]),
            ("limit = \"many\"", &["many", "--limit"]),
            ("limit = 1.5", &["`limit`", "float"]),
            ("proxy = []", &["`proxy`", "empty"]),
            ("[limit]\nmore = 1", &["[limit]", "config example"]),
            ("limit = ", &["limit"]),
        ] {
            let message = format!("{:#}", parse(text).unwrap_err());
            for part in parts {
                assert!(message.contains(part), "{text}: {part} in {message}");
            }
        }
    }

    #[test]
    fn the_example_sets_every_default_once_its_lines_count() {
        let example = example(&command());
        let uncommented: String = example
            .lines()
            .filter(|line| !line.starts_with("# ") && !line.starts_with("##"))
            .map(|line| line.trim_start_matches('#').to_owned() + "\n")
            .collect();
        let file = parse(&uncommented).unwrap();
        assert_eq!(value(&file, &["lectern", "serve"], "limit"), "7");
        assert!(file.sets("proxy") && file.sets("listen"), "{example}");
    }
}
