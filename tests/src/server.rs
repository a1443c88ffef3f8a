//! A running server.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::client::Client;
use crate::program::{self, Installation};

/// Keeps the server for as long as its own standard input is open, and that is as long as the test process lives: a
/// server ends with its tests, however they end. The server's standard output must not stay open in the shell, or a
/// server that dies at start would look like one that is still starting.
const KEEPER: &str = r#"
trap : INT TERM HUP
"$@" &
server=$!
echo "process $server"
exec >&-
cat >/dev/null
kill "$server" 2>/dev/null
wait "$server"
if [ -n "$DISCARD" ]; then rm -rf "$DISCARD"; fi
"#;

/// `lectern serve` on a free port of the loopback interface; stops with the value or with the process.
pub struct Server {
    address: SocketAddr,
    process: String,
    log: PathBuf,
    keeper: Child,
}

impl Server {
    /// Serves a data folder with the handlers the program was built with.
    pub fn start(installation: &Installation) -> Self {
        Self::start_with(installation, &[])
    }

    /// The same with more arguments for `lectern serve`.
    pub fn start_with(installation: &Installation, arguments: &[&str]) -> Self {
        let program = program::lectern();
        Self::try_start(&program, installation, arguments, None).unwrap_or_else(|log| gave_up(&log))
    }

    /// The same with another copy of the program.
    pub fn start_program(program: &Path, installation: &Installation) -> Self {
        Self::try_start(program, installation, &[], None).unwrap_or_else(|log| gave_up(&log))
    }

    /// A server for a whole test program: never stopped by a test, and its installation goes with it.
    pub fn start_shared(installation: &'static Installation, arguments: &[&str]) -> Self {
        let folder = installation.folder().to_owned();
        let program = program::lectern();
        Self::try_start(&program, installation, arguments, Some(folder)).unwrap_or_else(|log| gave_up(&log))
    }

    /// What the server says when it does not start.
    pub fn refuses_to_start(installation: &Installation, arguments: &[&str]) -> String {
        match Self::try_start(&program::lectern(), installation, arguments, None) {
            Ok(server) => panic!("the server must not start, but it listens on {}", server.address),
            Err(log) => log,
        }
    }

    fn try_start(
        program: &Path,
        installation: &Installation,
        arguments: &[&str],
        discard: Option<PathBuf>,
    ) -> Result<Self, String> {
        let log = installation.file("server.log");
        let errors = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log file");
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(program)
            .arg("--data")
            .arg(installation.data())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env("LECTERN_CACHE", program::cache())
            .env("DISCARD", discard.unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("sh starts");
        let output = BufReader::new(keeper.stdout.take().expect("a pipe"));
        let mut process = String::new();
        for line in output.lines().map_while(Result::ok) {
            if let Some(identifier) = line.strip_prefix("process ") {
                process = identifier.to_owned();
            }
            let listening = ["listening on http://", "listening on https://"];
            if let Some(address) = listening.iter().find_map(|start| line.strip_prefix(start)) {
                let address = address.trim().parse().expect("an address and a port");
                return Ok(Self {
                    address,
                    process,
                    log,
                    keeper,
                });
            }
        }
        stop(&mut keeper);
        Err(fs::read_to_string(&log).unwrap_or_default())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub fn process(&self) -> &str {
        &self.process
    }

    /// A client without credentials that asks for `host`.
    pub fn client(&self, host: &str) -> Client {
        Client::new(self.address, host)
    }

    /// Ends the server in order, and waits for that.
    pub fn stop(&mut self) {
        stop(&mut self.keeper);
    }

    /// Ends the server as a power failure would.
    pub fn kill(self) {
        self.signal("KILL");
    }

    /// Sends a signal to the server.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.process]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        stop(&mut self.keeper);
    }
}

fn gave_up(log: &str) -> Server {
    panic!("the server did not start:\n{log}")
}

fn stop(keeper: &mut Child) {
    drop(keeper.stdin.take());
    let _ = keeper.wait();
}
