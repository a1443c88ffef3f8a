//! `lectern doctor`.

use anyhow::{Context, Result, bail};
use clap::Args;
use lectern_engine::{PageReset, page_reset};
use lectern_tenants::Host;
use lectern_tenants::doctor::{Examination, Finding, examine};
use rustix::process::{Resource, geteuid, getrlimit};
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::config;
use crate::components::ARTEFACTS;
use crate::config::ConfigFile;

const EXAMPLES: &str = "\
Looks at the data folder, at every tenant, and at this machine, and says of everything that is wrong why it
matters and what to do. Changes nothing; a server may run meanwhile. The exit code is 0 if all is well
and 1 if there is a problem; notes are none.

Examples:
  lectern doctor
  lectern doctor --json";

/// Less room than this on the disk is a problem: bytes, and the part of the whole.
const ROOM: u64 = 1 << 30;
const ROOM_PART: u64 = 20;

/// Fewer files than this may be open at once than a busy server needs.
const FILES: u64 = 4096;

/// Before this the program was not there.
const EARLIEST: u64 = 1_735_689_600;

/// Bits of a mode that let others write.
const OTHERS_WRITE: u32 = 0o022;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Doctor {
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub fn run(&self, data: &Path, artefacts: &Path, file: Option<&ConfigFile>) -> Result<()> {
        let mut examination = examine(data);
        let artefacts = artefacts.join(ARTEFACTS);
        let machine = [
            settings(file),
            disk(data),
            open_files(),
            swap(),
            cache(data, &artefacts),
            clock(),
        ];
        examination.findings.extend(machine.into_iter().flatten());
        let text = match self.json {
            true => format!("{:#}\n", as_json(&examination)),
            false => as_text(data, &examination),
        };
        io::stdout()
            .write_all(text.as_bytes())
            .context("the findings cannot be written to standard output")?;
        match examination.findings.iter().filter(|finding| finding.is_problem).count() {
            0 => Ok(()),
            1 => bail!("there is a problem"),
            count => bail!("there are {count} problems"),
        }
    }
}

fn as_text(data: &Path, examination: &Examination) -> String {
    let running = if examination.is_running {
        "a server runs on it"
    } else {
        "no server runs on it"
    };
    let mut text = format!("data folder {}: {running}\n", data.display());
    for tenant in &examination.tenants {
        let hosts: Vec<&str> = tenant.hosts.iter().map(Host::as_str).collect();
        text.push_str(&format!(
            "tenant {} at {}: schema {}, database {} bytes, {} files with {} bytes\n",
            tenant.name,
            hosts.join(", "),
            tenant.schema,
            tenant.database,
            tenant.files,
            tenant.size
        ));
    }
    // When the last backup was made, only the operator knows.
    for finding in &examination.findings {
        let Finding {
            is_problem,
            what,
            why,
            todo,
        } = finding;
        let kind = if *is_problem { "PROBLEM" } else { "note" };
        text.push_str(&format!(
            "\n{kind}: {what}\n  why it matters: {why}\n  what to do: {todo}\n"
        ));
    }
    if !examination.findings.iter().any(|finding| finding.is_problem) {
        text.push_str("\nno problem was found; `lectern verify --tenant ID` looks at every byte of a tenant\n");
    }
    text
}

fn as_json(examination: &Examination) -> Value {
    let findings = |is_problem: bool| -> Value {
        let of_kind = examination
            .findings
            .iter()
            .filter(|finding| finding.is_problem == is_problem);
        of_kind
            .map(|finding| json!({ "what": finding.what, "why": finding.why, "todo": finding.todo }))
            .collect()
    };
    let tenants: Value = examination
        .tenants
        .iter()
        .map(|tenant| {
            json!({
                "tenant": tenant.name.as_str(),
                "hosts": tenant.hosts.iter().map(Host::as_str).collect::<Vec<_>>(),
                "schema": tenant.schema,
                "database_bytes": tenant.database,
                "files": tenant.files,
                "file_bytes": tenant.size,
            })
        })
        .collect();
    json!({
        "running": examination.is_running,
        "tenants": tenants,
        "problems": findings(true),
        "notes": findings(false),
    })
}

/// What the configuration file and the environment say, certificates included.
fn settings(file: Option<&ConfigFile>) -> Option<Finding> {
    let error = config::usable(file).err()?;
    Some(Finding::problem(
        format!("{error:#}"),
        "the server does not start with them",
        "put them right, and check them with: lectern config check",
    ))
}

fn disk(data: &Path) -> Option<Finding> {
    let room = rustix::fs::statvfs(data).ok()?;
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let all = room.f_blocks.saturating_mul(room.f_frsize);
    (free < ROOM && free < all / ROOM_PART || room.f_files > 0 && room.f_favail == 0).then(|| {
        Finding::problem(
            format!("the disk of {} is nearly full: {free} bytes are free", data.display()),
            "without room nothing can be stored; what is there can be read",
            "remove what is not needed, or enlarge the disk; a running server goes on by itself",
        )
    })
}

fn open_files() -> Option<Finding> {
    // The server raises the soft limit to the hard one.
    let limit = getrlimit(Resource::Nofile).maximum.filter(|limit| *limit < FILES)?;
    Some(Finding::problem(
        format!("a process of this user may have {limit} files open at once"),
        "every connection and every open database takes some; when there are none left, requests fail",
        format!(
            "raise the limit: LimitNOFILE={} in the systemd unit, or `ulimit -H -n`",
            FILES * 16
        ),
    ))
}

fn swap() -> Option<Finding> {
    (page_reset() == PageReset::Decommit).then(|| {
        Finding::note(
            "this machine has swap, or does not say",
            "memory of finished requests is given back to the kernel instead of being cleared page by page: safe, and some microseconds slower",
            "nothing need be done; without swap (swapoff -a, and no swap in /etc/fstab) a server that is started then is faster. \
             Never switch swap on while a server runs that was started without",
        )
    })
}

fn cache(data: &Path, folder: &Path) -> Option<Finding> {
    let metadata = fs::symlink_metadata(folder).ok()?;
    let owner = fs::metadata(data).map_or(geteuid().as_raw(), |data| data.uid());
    let is_safe = metadata.is_dir() && metadata.uid() == owner && metadata.mode() & OTHERS_WRITE == 0;
    (!is_safe).then(|| {
        Finding::problem(
            format!("others can write to {}, or it is no folder", folder.display()),
            "compiled components are run as they are, so the server does not start with them",
            format!("delete it, it is made again: rm -r {}", folder.display()),
        )
    })
}

fn clock() -> Option<Finding> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    (now < EARLIEST).then(|| {
        Finding::problem(
            "the clock of this machine is years behind",
            "tokens, signatures, recordings and statistics go by the time",
            "set the clock: timedatectl set-ntp true",
        )
    })
}
