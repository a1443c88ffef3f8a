//! Bytes on a TCP connection, for what no HTTP client would send.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any deadline of the server.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that sends exactly what it is given.
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// The start of an answer and its body, as far as `Content-Length` says.
#[derive(Debug)]
pub struct RawAnswer {
    /// Status code.
    pub status: u16,
    /// Status line and header fields.
    pub head: String,
    /// Body.
    pub body: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Self {
            stream,
            unread: Vec::new(),
        }
    }

    /// Sends bytes. A server that has refused the request already may have closed the connection.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Says that nothing more will be sent.
    pub fn finish(&self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
    }

    /// Reads one answer; none if the server closed the connection without one.
    pub fn answer(&mut self) -> Option<RawAnswer> {
        let end = loop {
            if let Some(end) = find(&self.unread, b"\r\n\r\n") {
                break end + 4;
            }
            if !self.read_more() {
                assert!(
                    self.unread.is_empty(),
                    "half an answer: {}",
                    String::from_utf8_lossy(&self.unread)
                );
                return None;
            }
        };
        let head = String::from_utf8_lossy(&self.unread[..end]).into_owned();
        self.unread.drain(..end);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, length)| length.trim().parse().expect("a length"));
        while self.unread.len() < length && self.read_more() {}
        let body = self.unread.drain(..length.min(self.unread.len())).collect();
        Some(RawAnswer {
            status: status.unwrap_or_else(|| panic!("no status: {head}")),
            head,
            body,
        })
    }

    /// Reads at least so many bytes more, or until the server closes the connection; gives how many have been read that nobody took.
    pub fn read_at_least(&mut self, bytes: usize) -> usize {
        let enough = self.unread.len() + bytes;
        while self.unread.len() < enough && self.read_more() {}
        self.unread.len()
    }

    /// Reads until the server closes the connection.
    pub fn until_closed(&mut self) -> Vec<u8> {
        while self.read_more() {}
        std::mem::take(&mut self.unread)
    }

    /// The last bytes that the server sends before it closes the connection, however many those before are.
    pub fn last_before_closing(&mut self, bytes: usize) -> Vec<u8> {
        while self.read_more() {
            let passed = self.unread.len().saturating_sub(bytes);
            self.unread.drain(..passed);
        }
        std::mem::take(&mut self.unread)
    }

    fn read_more(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(read) => {
                self.unread.extend_from_slice(&buffer[..read]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("the server neither answers nor closes: {error}"),
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
