//! The others, and how they are started.

use std::ffi::OsStr;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::{Contender, encoded};
use crate::data::{Dataset, STAFF};
use crate::http::Asked;
use crate::numbers::Bench;
use crate::server::Server;

/// From PyPI.
const PACKAGES: [&str; 3] = ["datasette==0.65.5", "fastapi==0.165.0", "uvicorn==0.54.0"];

/// Where its programs are.
pub fn python(folder: &Path) -> Result<PathBuf> {
    let place = folder.join("python");
    let programs = place.join("bin");
    if !programs.join("datasette").exists() {
        eprintln!("installing {} …", PACKAGES.join(", "));
        run(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
        run(Command::new(programs.join("pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(PACKAGES))?;
    }
    fs::write(place.join("service.py"), include_str!("service.py"))?;
    Ok(place)
}

/// The very components of Lectern in Spin, by the path of its program, on a copy of a data set: it remembers passwords there.
pub fn spin(program: &OsStr, bench: &Bench, copy: &Path, list: Asked, search: Vec<Asked>) -> Result<Contender> {
    let folder = copy.join("spin");
    run(Command::new(&bench.lectern)
        .arg("--data")
        .arg(copy)
        .args(["spin", "manifest", "--output"])
        .arg(&folder)
        .stdout(Stdio::null()))?;
    let address = free()?;
    let mut command = Command::new(program);
    command
        .args(["up", "--direct-mounts", "--from"])
        .arg(folder.join("spin.toml"))
        .arg("--runtime-config-file")
        .arg(folder.join("runtime-config.toml"))
        .args(["--listen", &address.to_string()]);
    // Compiles the components, if they are not.
    drop(Server::other(&mut command, address)?);
    Contender::start("Lectern in Spin", || Server::other(&mut command, address), list, search)
}

/// The service in Python, with a process for each of two processors.
pub fn service(python: &Path, database: &Path, dataset: &Dataset) -> Result<Contender> {
    let address = free()?;
    let mut command = Command::new(python.join("bin/uvicorn"));
    command
        .args(["service:app", "--workers", "2", "--host", "127.0.0.1", "--port"])
        .arg(address.port().to_string())
        .arg("--app-dir")
        .arg(python)
        .env("PLAIN_DB", database);
    let list = "/events?limit=100";
    let get = |target: &str| Asked::get("localhost", STAFF, target);
    let pieces = dataset.facts.pieces.iter();
    let search = pieces.map(|piece| get(&format!("{list}&text={}", encoded(piece))));
    Contender::start(
        "FastAPI, uvicorn, sqlite3",
        || Server::other(&mut command, address),
        get(list),
        search.collect(),
    )
}

/// Datasette, as it comes.
pub fn datasette(python: &Path, database: &Path, dataset: &Dataset) -> Result<Contender> {
    let address = free()?;
    let mut command = Command::new(python.join("bin/datasette"));
    command
        .args(["serve", "--host", "127.0.0.1", "--port"])
        .arg(address.port().to_string())
        .arg(database);
    let list = "/plain/event.json?_shape=array&_size=100&_sort_desc=start&_nofacet=1&_nosuggest=1&_nocount=1";
    let get = |target: &str| Asked::get("localhost", "nobody", target);
    let pieces = dataset.facts.pieces.iter();
    let search = pieces.map(|piece| {
        let condition = format!("id in (select rowid from event_fts where event_fts match '\"{piece}\"')");
        get(&format!("{list}&_where={}", encoded(&condition)))
    });
    Contender::start(
        "Datasette",
        || Server::other(&mut command, address),
        get(list),
        search.collect(),
    )
}

/// nginx with a file.
pub fn nginx(folder: &Path, bytes: &[u8]) -> Result<Contender> {
    let place = folder.join("nginx");
    fs::create_dir_all(place.join("root"))?;
    fs::write(place.join("root/list.json"), bytes)?;
    let address = free()?;
    let configuration = format!(
        "daemon off; worker_processes 2; pid nginx.pid; error_log error.log;\n\
         events {{ }}\n\
         http {{ access_log access.log; keepalive_requests 1000000000; sendfile on; tcp_nodelay on;\n\
         server {{ listen {address}; root root; types {{ application/json json; }} }} }}\n"
    );
    fs::write(place.join("nginx.conf"), configuration)?;
    let mut command = Command::new("nginx");
    command
        .arg("-p")
        .arg(&place)
        .args(["-e", "error.log", "-c"])
        .arg(place.join("nginx.conf"));
    Contender::start(
        "nginx, the list as a file",
        || Server::other(&mut command, address),
        Asked::get("localhost", "nobody", "/list.json"),
        Vec::new(),
    )
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    ensure!(status.success(), "{} failed", command.get_program().display());
    Ok(())
}

/// A port that nobody listens at.
fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
