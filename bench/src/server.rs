//! A server that is measured: the real program in a process of its own, and what the kernel says of it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::http::{Answer, Asked, Connection};
use crate::load::{self, Pace, Plan, Tally};

/// A clock tick of the kernel's times of processes (`USER_HZ`), which is the same on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// How long a program may take to start. Spin compiles components when it sees them for the first time.
const STARTING: Duration = Duration::from_secs(300);

/// A running program. It ends with the value.
pub struct Server {
    process: Child,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
}

/// What a process takes of memory, in MB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// All that is resident.
    pub resident: f64,
    /// Of that, what is not a file's.
    pub anonymous: f64,
}

impl Server {
    /// `lectern serve` on a free port, on this data folder.
    pub fn lectern(program: &Path, data: &Path, cache: &Path, arguments: &[&str]) -> Result<Self> {
        let log = data.with_extension("log");
        let log = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut process = Command::new(program)
            .arg("--data")
            .arg(data)
            .arg("--cache")
            .arg(cache)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let output = process.stdout.take().context("a server without output")?;
        let mut metrics = None;
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("metrics on http://") {
                metrics = Some(address.trim().trim_end_matches("/metrics").parse()?);
            }
            if let Some(address) = line.strip_prefix("listening on http://") {
                let address = address.trim().parse()?;
                return Ok(Self {
                    process,
                    address,
                    metrics,
                });
            }
        }
        let _ = process.wait();
        bail!("the server did not start; see {}", data.with_extension("log").display())
    }

    /// Another program that listens at this address as soon as it is ready.
    pub fn other(command: &mut Command, address: SocketAddr) -> Result<Self> {
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
        let mut server = Self {
            process,
            address,
            metrics: None,
        };
        let started = Instant::now();
        while Connection::open(address).is_err() {
            if let Some(status) = server.process.try_wait()? {
                bail!("{} ended at once: {status}", command.get_program().display());
            }
            if started.elapsed() > STARTING {
                bail!("{} does not listen", command.get_program().display());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it tells of itself at `/metrics`.
    pub fn metrics(&self) -> Result<String> {
        let address = self.metrics.context("the server has no metrics")?;
        let asked = Asked::get("localhost", "nobody", "/metrics");
        let mut connection = Connection::open(address)?;
        connection.ask(&asked.bytes())?;
        Ok(String::from_utf8_lossy(connection.body()).into_owned())
    }

    /// Asks once, which must succeed, and gives the body.
    pub fn ask(&self, asked: &Asked) -> Result<(Answer, Vec<u8>)> {
        let mut connection = Connection::open(self.address)?;
        let answer = connection.ask(&asked.bytes())?;
        let body = connection.body().to_vec();
        if !(200..300).contains(&answer.status) {
            let start = String::from_utf8_lossy(body.get(..body.len().min(300)).unwrap_or_default()).into_owned();
            bail!(
                "{} {} was answered with {}: {start}",
                asked.method,
                asked.target,
                answer.status
            );
        }
        Ok((answer, body))
    }

    /// Puts load on it.
    pub fn load(&self, requests: &[Asked], clients: usize, pace: Pace) -> Result<Tally> {
        load::run(&Plan {
            address: self.address,
            requests: requests.to_vec(),
            clients,
            pace,
        })
    }

    /// The time that its process, and those that it has started, have had of processors.
    pub fn processor_time(&self) -> Result<Duration> {
        let ticks: u64 = self.processes()?.iter().map(|process| ticks(*process)).sum();
        Ok(TICK * u32::try_from(ticks)?)
    }

    /// What it takes of memory.
    pub fn memory(&self) -> Result<Memory> {
        let mut memory = Memory {
            resident: 0.0,
            anonymous: 0.0,
        };
        for process in self.processes()? {
            let status = fs::read_to_string(format!("/proc/{process}/status"))?;
            memory.resident += megabytes(&status, "VmRSS:");
            memory.anonymous += megabytes(&status, "RssAnon:");
        }
        Ok(memory)
    }

    /// It and its children.
    fn processes(&self) -> Result<Vec<u32>> {
        let own = self.process.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        let mut all = vec![own];
        all.extend(children.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
        Ok(all)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let process = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        if let Some(process) = process {
            let _ = kill_process(process, Signal::TERM);
        }
        let _ = self.process.wait();
    }
}

/// User and system time (fields 14 and 15; the name before may contain anything).
fn ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields = rest.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

fn megabytes(status: &str, name: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1000.0 * 1.024
}
