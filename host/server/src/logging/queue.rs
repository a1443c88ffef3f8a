//! The way of lines to standard error, which nobody who answers requests waits for.
//!
//! Whoever logs leaves a line in memory; one thread writes. If what reads the log is slow, lines wait, up to a bound, and what comes
//! then is lost, and counted. The thread writes all lines that wait at once and then rests for a moment, so that a busy server
//! neither writes nor wakes for every line.

use super::escape;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes that may wait.
const ROOM: usize = 4 << 20;

/// How long the thread rests after it has written: whoever follows the log does not notice, and a busy server does not wake it for a
/// handful of lines.
const REST: Duration = Duration::from_millis(20);

/// Lines that were lost since the start.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How many lines were lost since the start because nobody read the log.
pub fn dropped_lines() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

pub struct Queue {
    waiting: Mutex<Waiting>,
    /// Something waits, or is not going to any more.
    changed: Condvar,
    /// Everything is written.
    written: Condvar,
    /// Escapes may stand in lines, since a terminal shows them.
    is_colourful: bool,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Lines that were lost and not told of.
    lost: u64,
    is_sleeping: bool,
    is_writing: bool,
    is_finished: bool,
}

impl Queue {
    /// Starts the thread that writes to `output`.
    pub fn start(output: impl AsFd, is_colourful: bool) -> io::Result<Arc<Self>> {
        // Not by the standard library's handle: its lock would be held for as long as nobody reads.
        let output = File::from(output.as_fd().try_clone_to_owned()?);
        let queue = Arc::new(Self {
            waiting: Mutex::default(),
            changed: Condvar::new(),
            written: Condvar::new(),
            is_colourful,
        });
        let writer = Arc::clone(&queue);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || writer.run(output))?;
        Ok(queue)
    }

    /// Waits until everything is written, but not for longer than this.
    pub fn finish(&self, patience: Duration) {
        let latest = Instant::now() + patience;
        let mut waiting = self.lock();
        waiting.is_finished = true;
        self.changed.notify_one();
        while waiting.is_writing || !waiting.lines.is_empty() {
            let left = latest.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            waiting = match self.written.wait_timeout(waiting, left) {
                Ok((waiting, _)) => waiting,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    fn push(&self, line: &[u8]) {
        let mut waiting = self.lock();
        if waiting.lines.len().saturating_add(line.len()) > ROOM {
            waiting.lost = waiting.lost.saturating_add(1);
            DROPPED.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.lines.extend_from_slice(line);
        if std::mem::take(&mut waiting.is_sleeping) {
            drop(waiting);
            self.changed.notify_one();
        }
    }

    fn run(&self, mut output: File) {
        let mut lines = Vec::new();
        loop {
            let mut waiting = self.lock();
            while waiting.lines.is_empty() {
                if waiting.is_finished {
                    return;
                }
                waiting.is_sleeping = true;
                waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            std::mem::swap(&mut waiting.lines, &mut lines);
            let lost = std::mem::take(&mut waiting.lost);
            waiting.is_writing = true;
            drop(waiting);

            // Whoever has closed the log does not want to know.
            let _ = output.write_all(&lines);
            lines.clear();
            if lost > 0 {
                tracing::warn!(lost, "lines of the log are lost because what reads it is too slow");
            }
            let mut waiting = self.lock();
            waiting.is_writing = false;
            let is_finished = waiting.is_finished;
            self.written.notify_all();
            drop(waiting);
            if !is_finished {
                thread::sleep(REST);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for &Queue {
    /// Called with a whole event, the end of the line included.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let inside = event.strip_suffix(b"\n").unwrap_or(event);
        let is_plain = inside.iter().all(|byte| (b' '..=b'~').contains(byte));
        if is_plain || self.is_colourful {
            self.push(event);
        } else {
            let text = String::from_utf8_lossy(inside);
            let mut line = escape::visible(&text).into_owned();
            line.push('\n');
            self.push(line.as_bytes());
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, pipe};

    #[test]
    fn what_is_logged_arrives_in_order_and_before_the_end() {
        let (mut reader, writer) = pipe().unwrap();
        let queue = Queue::start(writer, false).unwrap();
        let mut expected = String::new();
        for number in 0..1000 {
            let line = format!("line {number}\n");
            (&*queue).write_all(line.as_bytes()).unwrap();
            expected.push_str(&line);
        }
        queue.finish(Duration::from_secs(60));
        let mut text = vec![0; expected.len()];
        reader.read_exact(&mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        let (mut reader, writer) = pipe().unwrap();
        let queue = Queue::start(writer, false).unwrap();
        let event = "one\ntwo\u{2028}three\x1b[31m ü\n";
        (&*queue).write_all(event.as_bytes()).unwrap();
        queue.finish(Duration::from_secs(60));
        let expected = "one\\ntwo\\u{2028}three\\u{1b}[31m ü\n";
        let mut text = vec![0; expected.len()];
        reader.read_exact(&mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn nobody_waits_for_a_reader_that_does_not_read() {
        let (reader, writer) = pipe().unwrap();
        let queue = Queue::start(writer, false).unwrap();
        let line = [[b'x'; 1023].as_slice(), b"\n"].concat();
        let lost = dropped_lines();
        for _ in 0..2 * ROOM / line.len() {
            (&*queue).write_all(&line).unwrap();
        }
        assert!(dropped_lines() > lost);
        queue.finish(Duration::ZERO);
        drop(reader);
    }
}
