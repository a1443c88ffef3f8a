//! `cargo xtask demo`: a server with two tenants and sample content to try things with, or, with `--check`, the main job
//! done once over HTTP with every request and answer shown.
//!
//! The users and passwords here are the demo's own; `lectern` itself has no default credentials.

mod check;
pub(crate) mod client;
pub(crate) mod content;
mod samples;
pub(crate) mod server;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{build, progress};
use client::Client;
use server::Lectern;

/// The arguments of `cargo xtask demo`.
#[derive(clap::Args)]
pub struct Options {
    /// Do the main job over HTTP on a free port with a data folder that is thrown away, and fail if anything is wrong.
    #[arg(long, conflicts_with_all = ["listen", "fresh"])]
    check: bool,
    /// Where the server listens.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Throw away what earlier runs left in target/demo.
    #[arg(long)]
    fresh: bool,
}

/// Set by Ctrl-C, or a request to terminate: the server is then stopped properly before this program ends.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Builds what is needed and runs the demo.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    build::all(workspace)?;
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed)).context("cannot listen for Ctrl-C")?;
    if options.check {
        return check::run(&workspace.lectern());
    }
    let data = workspace.demo();
    if options.fresh {
        remove(&data)?;
    }
    if data.exists() {
        eprintln!("\nUsing the data in {}; `--fresh` starts over.", data.display());
    } else {
        prepare(&workspace.lectern(), &data)?;
    }
    let mut server = Lectern::new(workspace.lectern(), data).serve(options.listen, None)?;
    print_tour(server.address);
    server.wait_until(interrupted)
}

fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Fills a data folder under another name and moves it into place at the end, so that a run that is interrupted leaves
/// nothing that the next one would take for the finished demo.
fn prepare(program: &Path, data: &Path) -> Result<()> {
    progress::heading("create tenants, users and sample content");
    let unfinished = data.with_extension("unfinished");
    remove(&unfinished)?;
    let lectern = Lectern::new(program.to_owned(), unfinished.clone());
    content::create_tenants(&lectern)?;
    let log = tempfile::NamedTempFile::new().context("cannot create a temporary file for the server's log")?;
    let server = lectern.serve(server::any_port(), Some(log.path()))?;
    let created =
        content::create_samples(&Client::new(server.address)).inspect_err(|_| server::show_tail(log.path()))?;
    server.stop()?;
    fs::rename(&unfinished, data).with_context(|| format!("cannot move the demo's data to {}", data.display()))?;
    eprintln!("{created}");
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}; is another demo running?", folder.display()))
        }
        _ => Ok(()),
    }
}

fn print_tour(address: SocketAddr) {
    let port = address.port();
    let [university, academy] =
        [content::UNIVERSITY, content::ACADEMY].map(|tenant| format!("http://{}:{port}", tenant.host));
    let [admin, lecturer, student] = [content::ADMIN, content::LECTURER, content::STUDENT]
        .map(|account| format!("{}:{}", account.user, account.password));
    println!(
        r#"
Lectern is running. Users of the tenant {university}: {admin} {lecturer} {student}
Try, in another terminal:

curl -s {university}/api
curl -s -u {student} '{university}/api/events?filter=textFilter:ubung&sort=start_date:DESC&limit=3&withmetadata=true'
curl -s -u {lecturer} {university}/api/series -F 'metadata=[{{"flavor":"dublincore/series","fields":[{{"id":"title","value":"My first series"}}]}}]' -F 'acl=[{{"role":"ROLE_USER_ADA","action":"read","allow":true}}]'
curl -s -u {admin} {academy}/api/events

Ctrl-C stops the server; its data stays in target/demo."#
    );
}

/// Ends the work between two steps if the user has asked for it.
fn go_on() -> Result<()> {
    if interrupted() {
        bail!("interrupted");
    }
    Ok(())
}
