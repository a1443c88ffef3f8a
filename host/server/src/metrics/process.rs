//! What the system knows about the process, under the names that Prometheus' own libraries use.

use super::writer::{Family, Writer};
use prometheus_client::registry::Unit;
use rustix::process::{Resource, getrlimit};
use std::{fmt, fs};

static SECONDS: Unit = Unit::Seconds;
static BYTES: Unit = Unit::Bytes;

/// In a second, in what `/proc` says. The same on every system that this runs on.
const TICKS: f64 = 100.0;

/// What is read from `/proc/self/stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    /// In ticks.
    cpu: u64,
    /// In ticks since the system started.
    started: u64,
}

/// Writes what can be found out; what cannot is left out.
pub fn encode(writer: &mut Writer<'_>) -> fmt::Result {
    let stat = fs::read_to_string("/proc/self/stat").ok();
    if let Some(stat) = stat.as_deref().and_then(parse) {
        let family = Family {
            name: "process_cpu",
            unit: Some(&SECONDS),
            help: "Time of processors that was used.",
        };
        writer.time(&family, stat.cpu as f64 / TICKS)?;
        if let Some(booted) = booted() {
            let family = Family {
                name: "process_start_time",
                unit: Some(&SECONDS),
                help: "When the process was started, since 1970-01-01T00:00:00Z.",
            };
            writer.gauge(&family, booted as f64 + stat.started as f64 / TICKS)?;
        }
    }
    if let Some(resident) = resident() {
        let family = Family {
            name: "process_resident_memory",
            unit: Some(&BYTES),
            help: "Memory that is in use.",
        };
        writer.gauge(&family, resident as f64)?;
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        let family = Family {
            name: "process_open_fds",
            unit: None,
            help: "File descriptors that are open: connections, databases, files.",
        };
        // One of them is that of the list.
        writer.gauge(&family, open.count().saturating_sub(1) as f64)?;
    }
    if let Some(limit) = getrlimit(Resource::Nofile).current {
        let family = Family {
            name: "process_max_fds",
            unit: None,
            help: "File descriptors that may be open.",
        };
        writer.gauge(&family, limit as f64)?;
    }
    Ok(())
}

fn parse(stat: &str) -> Option<Stat> {
    // The name of the program stands in parentheses and may hold anything.
    let (_, members) = stat.rsplit_once(") ")?;
    let member = |place: usize| members.split(' ').nth(place)?.trim().parse::<u64>().ok();
    Some(Stat {
        cpu: member(11)?.saturating_add(member(12)?),
        started: member(19)?,
    })
}

/// When the system started, in seconds since 1970-01-01T00:00:00Z.
fn booted() -> Option<u64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

/// In bytes.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_what_the_process_uses() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 4 0 12345 1000000 500";
        let expected = Stat {
            cpu: 300,
            started: 12345,
        };
        assert_eq!(parse(stat), Some(expected));
        assert_eq!(parse("7 (a"), None);
        assert!(resident().unwrap() > 1 << 20);
        assert!(booted().unwrap() > 1_500_000_000);
    }
}
