//! `cargo xtask schemathesis`: requests that are made of the API's own description, sound and broken ones, against a server with the demo's
//! content. No answer may be a 5xx, or anything that the description does not promise.
//!
//! Schemathesis comes from the Python Package Index, into a virtual environment in the user's cache folder. It is not part of the tests:
//! what it finds belongs there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::demo::client::{Client, Request};
use crate::demo::content::{self, ADMIN, UNIVERSITY};
use crate::demo::server::{self, Lectern};
use crate::workspace::Workspace;
use crate::{build, cache, process, progress};

const VERSION: &str = "4.32.5";

/// What is looked at in every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Requests that are made up for each operation and phase.
const EXAMPLES: &str = "20";

/// How long the installation may take.
const INSTALLATION: Duration = Duration::from_secs(600);

/// The collections whose objects have operations of their own, and what these objects are called by.
const COLLECTIONS: &[(&str, &str)] = &[
    ("/api/events", "identifier"),
    ("/api/series", "identifier"),
    ("/api/groups", "identifier"),
    ("/api/playlists", "id"),
    ("/api/agents", "agent_id"),
    ("/api/workflows", "identifier"),
    ("/api/workflow-definitions", "identifier"),
];

/// Builds what is needed and runs Schemathesis twice: with any identifiers, and with those of objects that are there.
pub fn run(workspace: &Workspace) -> Result<()> {
    build::all(workspace)?;
    let schemathesis = installed()?;
    let folder = tempfile::Builder::new()
        .prefix("lectern-schemathesis-")
        .tempdir()
        .context("cannot create a temporary folder; is TMPDIR writable?")?;
    let lectern = Lectern::new(workspace.lectern(), folder.path().join("data"));
    progress::heading("create tenants, users and sample content");
    content::create_tenants(&lectern)?;
    let log = folder.path().join("server.log");
    let server = lectern.serve(server::any_port(), Some(&log))?;
    let client = Client::new(server.address);
    let attempt = || {
        content::create_samples(&client)?;
        create_more(&client)?;
        for (title, config) in [
            ("made-up identifiers", String::new()),
            ("identifiers of what is there", existing(&client)?),
        ] {
            progress::heading(&format!("schemathesis: {title}"));
            let file = folder.path().join("schemathesis.toml");
            fs::write(&file, config).with_context(|| format!("cannot write {}", file.display()))?;
            process::run(&mut command(&schemathesis, &file, &client))?;
        }
        Ok(())
    };
    attempt().inspect_err(|_: &anyhow::Error| server::show_tail(&log))?;
    server.stop()
}

fn command(schemathesis: &Path, config: &Path, client: &Client) -> Command {
    let mut command = Command::new(schemathesis);
    command
        .arg("--config-file")
        .arg(config)
        .args(["run", &client.url(&UNIVERSITY, "/api/openapi.json")])
        .args(["--auth", &format!("{}:{}", ADMIN.user, ADMIN.password)])
        .args(["--checks", CHECKS, "--max-examples", EXAMPLES])
        .args(["--phases", "examples,coverage,fuzzing", "--generation-deterministic"])
        .args(["--continue-on-failure", "--no-color", "--warnings", "off"]);
    command
}

/// The program, installed if it is not there yet.
fn installed() -> Result<PathBuf> {
    let folder = cache::folder(&format!("schemathesis-{VERSION}"))?;
    let program = folder.join("bin/schemathesis");
    // The last thing that an installation makes.
    let finished = folder.join("finished");
    if finished.exists() {
        return Ok(program);
    }
    progress::heading("install Schemathesis");
    let hint = "Python 3 with its module `venv` is needed: on Debian, `apt install python3-venv`";
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).context(hint)?;
    process::run_behind_progress(
        "install Schemathesis",
        Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .arg(format!("schemathesis=={VERSION}")),
        INSTALLATION,
    )?;
    fs::write(&finished, VERSION).with_context(|| format!("cannot write {}", finished.display()))?;
    Ok(program)
}

/// Objects that the demo has none of.
fn create_more(client: &Client) -> Result<()> {
    let playlist = json!({
        "title": "Highlights", "description": "", "creator": "", "entries": [],
        "accessControlEntries": [{ "allow": true, "role": "ROLE_USER_ADMIN", "action": "read" }],
    });
    for (path, field, value) in [
        ("/api/groups", "name", json!("Teaching staff")),
        ("/api/playlists", "playlist", playlist),
    ] {
        let request = Request::post(&UNIVERSITY, path, vec![(field, value)]).by(ADMIN);
        client.send(&request)?.expect(201)?;
    }
    Ok(())
}

/// A configuration that names, for each collection, one of its objects. Deleting it is left to the other run.
fn existing(client: &Client) -> Result<String> {
    let mut config = String::new();
    for (path, member) in COLLECTIONS {
        let request = Request::get(&UNIVERSITY, format!("{path}?limit=1")).by(ADMIN);
        let list = client.send(&request)?.expect(200)?.json()?;
        let identifier = match list.get(0).and_then(|object| object.get(*member)) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => continue,
        };
        config.push_str(&format!(
            "[[operations]]\ninclude-path-regex = '^{path}/\\{{'\nexclude-method-regex = 'DELETE'\n\
             parameters = {{ 'path.id' = {identifier:?} }}\n\n"
        ));
    }
    Ok(config)
}
