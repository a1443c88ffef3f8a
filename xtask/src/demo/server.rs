//! The `lectern` program: its commands on one data folder, and a running server.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;

/// How long a server may take to finish the requests it is working on.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Any free port of the loopback interface.
pub fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Shows the end of a log file, for the error that follows.
pub fn show_tail(log: &Path) {
    let log = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    let tail = lines.get(lines.len().saturating_sub(20)..).unwrap_or_default();
    eprintln!("\nthe server's log ends with:\n{}", tail.join("\n"));
}

/// The program and the data folder it works on.
pub struct Lectern {
    program: PathBuf,
    data: PathBuf,
}

impl Lectern {
    /// Nothing is read or written yet.
    pub fn new(program: PathBuf, data: PathBuf) -> Self {
        Self { program, data }
    }

    /// Runs a command of the program with a password on its standard input.
    pub fn call(&self, arguments: &[&str], password: &str) -> Result<()> {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that fails early does not read; its own message says more than a broken pipe.
            let _ = writeln!(stdin, "{password}");
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("`{}` failed ({status})", process::shown(&command));
        }
        Ok(())
    }

    /// Starts a server and waits until it listens. Its log goes to the file, or to the user.
    pub fn serve(&self, listen: SocketAddr, log: Option<&Path>) -> Result<Server> {
        let mut command = self.command();
        command
            .args(["serve", "--listen", &listen.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        // Ctrl-C reaches this program only, which then stops the server properly.
        command.process_group(0);
        if let Some(log) = log {
            command.stderr(File::create(log).with_context(|| format!("cannot write {}", log.display()))?);
        }
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let stdout = child.stdout.take();
        let mut server = Server { child, address: listen };
        let mut lines = BufReader::new(stdout.context("the server has no standard output")?).lines();
        let announced = lines.by_ref().map_while(Result::ok).find_map(|line| listening(&line));
        let Some(address) = announced else {
            let status = server.child.wait()?;
            if let Some(log) = log {
                show_tail(log);
            }
            let hint = match listen.port() {
                0 => String::new(),
                _ => format!("; if {listen} is in use, choose another address with `--listen`"),
            };
            bail!("the server did not start ({status}){hint}");
        };
        server.address = address;
        // Read on, so that the server never waits for a full pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| println!("{line}")));
        Ok(server)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("LECTERN_DATA", &self.data);
        command
    }
}

fn listening(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("listening on http://")?.trim().parse().ok()
}

/// A running server; it ends with the value.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Waits for `condition`, then stops the server; a server that ends by itself is an error.
    pub fn wait_until(&mut self, condition: impl Fn() -> bool) -> Result<()> {
        while !condition() {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server has ended ({status}); its last lines above say why");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        self.terminate()
    }

    /// Stops the server.
    pub fn stop(mut self) -> Result<()> {
        self.terminate()
    }

    fn terminate(&mut self) -> Result<()> {
        process::run(Command::new("kill").arg(self.child.id().to_string()))?;
        let asked = Instant::now();
        while asked.elapsed() < STOP_LIMIT {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!(
            "the server was still running {} s after it was asked to stop, and was killed",
            STOP_LIMIT.as_secs()
        )
    }
}

/// Reached with a running server only after an error.
impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
