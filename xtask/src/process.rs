//! Running other programs: with their output shown, behind a progress line, or for their answer.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::progress::Progress;

/// How much of a failed program's output goes into the error.
const LINES_IN_ERROR: usize = 25;

/// The cargo that runs this program, so that nested builds use the same toolchain. What that has told this program about itself is
/// not passed on: build scripts that look at it would take every change between `cargo` and `cargo xtask` for one of theirs.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|start| name.to_string_lossy().starts_with(start))
        {
            command.env_remove(name);
        }
    }
    command
}

/// The value for PATH with `folder` in front of what is there now.
pub fn path_with(folder: &Path) -> Result<OsString> {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&old));
    std::env::join_paths(folders).with_context(|| format!("cannot put {} on PATH", folder.display()))
}

/// Runs a program with its output going straight to the user; anything but success is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    succeeded(command, status)
}

/// Runs a program for what it prints; `None` if it is missing or fails.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program behind a progress line. Its output is kept back and becomes part of the error if it fails or is
/// still running after `limit`.
pub fn run_behind_progress(label: &str, command: &mut Command, limit: Duration) -> Result<()> {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| cannot_start(command))?;
    let lines = output_lines(&mut child);
    let mut progress = Progress::start(label);
    let mut kept = Vec::new();
    let mut last = String::new();
    let status = loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => {
                if !line.trim().is_empty() {
                    last.clone_from(&line);
                    kept.push(line);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            // Both pipes are closed: all that is left is to wait for the exit status.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(Duration::from_millis(20)),
        }
        progress.note(&last);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!(
                "`{}` was still running after {} s and was stopped",
                shown(command),
                limit.as_secs()
            );
        }
    };
    // Lines written just before the end; bounded, because a left-over grandchild could keep the pipe open.
    while let Ok(line) = lines.recv_timeout(Duration::from_millis(200)) {
        kept.push(line);
    }
    match succeeded(command, status) {
        Ok(()) => {
            progress.finish();
            Ok(())
        }
        Err(error) => {
            let skipped = kept.len().saturating_sub(LINES_IN_ERROR);
            let tail: Vec<&str> = kept.iter().skip(skipped).map(String::as_str).collect();
            Err(error.context(tail.join("\n")))
        }
    }
}

/// A command the way one would type it.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn output_lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, sender);
    }
    receiver
}

fn forward(pipe: impl Read + Send + 'static, sender: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`; is it installed and on PATH?", shown(command))
}
