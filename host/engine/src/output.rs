//! Where a handler's standard output and error go: line by line to the log, never to the process's own output.

use bytes::Bytes;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// Bytes of a line; the rest of a longer one is left out.
const LINE_BYTES: usize = 1024;

/// Lines that one stream of one request may write, so that a handler cannot fill the log.
const LINES: usize = 100;

/// Bytes that can be written at once.
const WRITE_BYTES: usize = 64 << 10;

/// Which request a line is from.
pub(crate) struct Origin {
    pub(crate) handler: Arc<str>,
    pub(crate) tenant: Arc<str>,
    pub(crate) request: Arc<str>,
}

/// One of the two streams. Clones write to the same line.
#[derive(Clone)]
pub(crate) struct Output {
    lines: Arc<Mutex<Lines>>,
}

impl Output {
    pub(crate) fn new(stream: &'static str, origin: Arc<Origin>) -> Self {
        Self {
            lines: Arc::new(Mutex::new(Lines {
                stream,
                origin,
                line: Vec::new(),
                left: LINES,
            })),
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Lines {
    stream: &'static str,
    origin: Arc<Origin>,
    line: Vec<u8>,
    left: usize,
}

impl Lines {
    fn write(&mut self, bytes: &[u8]) {
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        if let Some(rest) = pieces.next() {
            self.append(rest);
        }
        for piece in pieces {
            self.end_line();
            self.append(piece);
        }
    }

    fn append(&mut self, piece: &[u8]) {
        let room = LINE_BYTES.saturating_sub(self.line.len());
        self.line.extend(piece.iter().take(room));
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() && self.left > 0 {
            self.left -= 1;
            // As a quoted string, so that a handler cannot forge lines of the log.
            tracing::warn!(
                target: "lectern::handler",
                tenant = %self.origin.tenant,
                handler = %self.origin.handler,
                request = %self.origin.request,
                stream = self.stream,
                output = ?String::from_utf8_lossy(&self.line),
            );
        }
        self.line.clear();
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.end_line();
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.lines().write(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.lines().write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Lines {
        let origin = Origin {
            handler: "events".into(),
            tenant: "uni".into(),
            request: "1".into(),
        };
        Lines {
            stream: "stdout",
            origin: Arc::new(origin),
            line: Vec::new(),
            left: LINES,
        }
    }

    #[test]
    fn a_line_longer_than_the_limit_is_cut() {
        let mut lines = lines();
        lines.write(&[b'x'; 5 * LINE_BYTES]);
        assert_eq!(lines.line.len(), LINE_BYTES);
    }

    #[test]
    fn what_is_written_in_pieces_becomes_one_line() {
        let mut lines = lines();
        lines.write(b"one ");
        lines.write(b"line\nand the next");
        assert_eq!(lines.line, b"and the next");
        assert_eq!(lines.left, LINES - 1);
    }

    #[test]
    fn a_handler_cannot_fill_the_log() {
        let mut lines = lines();
        for _ in 0..10 * LINES {
            lines.write(b"again\n");
        }
        assert_eq!(lines.left, 0);
        assert!(lines.line.is_empty());
    }
}
