//! A running server.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, PipeReader, pipe};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::content;
use crate::program::{self, Installation};
use crate::runtime::Runtime;

/// How long a line may take into the log.
const PATIENCE: Duration = Duration::from_secs(60);

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
    metrics: Option<SocketAddr>,
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

    /// Has a runtime serve a data folder, and a folder go with the process.
    pub fn start_by(runtime: &Runtime, installation: &Installation, discard: Option<PathBuf>) -> Self {
        Self::start_by_in(runtime, installation, discard, &[])
    }

    /// The same with more variables in its environment.
    pub fn start_by_in(
        runtime: &Runtime,
        installation: &Installation,
        discard: Option<PathBuf>,
        environment: &[(&str, &str)],
    ) -> Self {
        let log = installation.file("server.log");
        let errors = File::options().create(true).append(true).open(&log);
        let errors = errors.expect("a log file").into();
        let command = runtime.command(installation);
        Self::try_start_command(&command, environment, discard, log, errors).unwrap_or_else(|log| gave_up(&log))
    }

    /// The same with more variables in its environment.
    pub fn start_in(installation: &Installation, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let log = installation.file("server.log");
        let errors = File::options().create(true).append(true).open(&log);
        let errors = errors.expect("a log file").into();
        let program = program::lectern();
        let server = Self::try_start_logging(&program, installation, arguments, environment, None, log, errors);
        server.unwrap_or_else(|log| gave_up(&log))
    }

    /// A server whose log nobody reads, unless it is read from the pipe that comes with it.
    pub fn start_unread(installation: &Installation, arguments: &[&str]) -> (Self, PipeReader) {
        let (reader, writer) = pipe().expect("a pipe");
        let log = installation.file("server.log");
        let program = program::lectern();
        let server = Self::try_start_logging(&program, installation, arguments, &[], None, log, writer.into());
        (server.unwrap_or_else(|log| gave_up(&log)), reader)
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
        let errors = File::options().create(true).append(true).open(&log);
        let errors = errors.expect("a log file").into();
        Self::try_start_logging(program, installation, arguments, &[], discard, log, errors)
    }

    fn try_start_logging(
        program: &Path,
        installation: &Installation,
        arguments: &[&str],
        environment: &[(&str, &str)],
        discard: Option<PathBuf>,
        log: PathBuf,
        errors: Stdio,
    ) -> Result<Self, String> {
        let mut command = vec![program.to_owned(), "--data".into(), installation.data()];
        command.extend(["serve", "--listen", "127.0.0.1:0"].map(PathBuf::from));
        command.extend(arguments.iter().map(PathBuf::from));
        Self::try_start_command(&command, environment, discard, log, errors)
    }

    fn try_start_command(
        command: &[PathBuf],
        environment: &[(&str, &str)],
        discard: Option<PathBuf>,
        log: PathBuf,
        errors: Stdio,
    ) -> Result<Self, String> {
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .args(command)
            .env("LECTERN_CACHE", program::cache())
            .envs(environment.iter().copied())
            .env("DISCARD", discard.unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("sh starts");
        let output = BufReader::new(keeper.stdout.take().expect("a pipe"));
        let mut process = String::new();
        let mut metrics = None;
        let mut lines = output.lines().map_while(Result::ok);
        while let Some(line) = lines.next() {
            if let Some(identifier) = line.strip_prefix("process ") {
                process = identifier.to_owned();
            }
            if let Some(address) = line.strip_prefix("metrics on http://") {
                let address = address.trim().trim_end_matches("/metrics").parse();
                metrics = Some(address.expect("an address and a port"));
            }
            // The last is that of Spin and of what stands in for it.
            let listening = ["listening on http://", "listening on https://", "Serving http://"];
            if let Some(address) = listening.iter().find_map(|start| line.strip_prefix(start)) {
                let address = address.trim().parse().expect("an address and a port");
                // Spin says more, and ends if nobody listens.
                thread::spawn(move || lines.for_each(drop));
                return Ok(Self {
                    address,
                    metrics,
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

    /// Where it tells its metrics.
    pub fn metrics_address(&self) -> SocketAddr {
        self.metrics.expect("a server with --metrics-listen")
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

    /// What the server has logged so far. Lines are written a moment after the answers that they are about, so this asks something
    /// and waits for its line, which is behind the others.
    #[track_caller]
    pub fn log(&self) -> String {
        let marker = content::unique("marker");
        let path = format!("/health/live?{marker}");
        self.client("log.example").get(&path).send().expect(200);
        self.log_with(|log| log.contains(&marker))
    }

    /// What the server has logged so far; lines about the last answers may be missing.
    pub fn log_so_far(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// What the server has logged as soon as it is like this.
    #[track_caller]
    pub fn log_with(&self, is_there: impl Fn(&str) -> bool) -> String {
        let started = Instant::now();
        loop {
            let log = self.log_so_far();
            if is_there(&log) {
                return log;
            }
            assert!(started.elapsed() < PATIENCE, "it is not in the log:\n{log}");
            std::thread::yield_now();
        }
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
