//! HTTP/1.1 as a client that costs next to nothing: a request is bytes that were put together before, an answer is read by its head.
//!
//! The benchmark shares its processors with the server, so every microsecond of the client is one that the server does not have.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// How much is read at once.
const CHUNK: usize = 256 << 10;

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    /// In upper case.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Besides those about the body.
    pub headers: Vec<(String, String)>,
    /// May be empty.
    pub body: String,
}

impl Asked {
    /// A `GET` request of somebody.
    pub fn get(host: &str, user: &str, target: &str) -> Self {
        let headers = vec![
            ("host".to_owned(), host.to_owned()),
            ("authorization".to_owned(), basic(user)),
        ];
        Self {
            method: "GET".to_owned(),
            target: target.to_owned(),
            headers,
            body: String::new(),
        }
    }

    /// A request with a form of one field.
    pub fn form(method: &str, host: &str, user: &str, target: &str, field: &str, value: &str) -> Self {
        let mut asked = Self::get(host, user, target);
        method.clone_into(&mut asked.method);
        let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
        asked.body = format!("{field}={value}");
        let kind = "application/x-www-form-urlencoded".to_owned();
        asked.headers.push(("content-type".to_owned(), kind));
        asked
    }

    /// A `POST` request with a form in parts.
    pub fn multipart(host: &str, user: &str, target: &str, fields: &[(&str, &str)]) -> Self {
        const BOUNDARY: &str = "part-of-a-form-of-the-benchmark";
        let mut asked = Self::get(host, user, target);
        "POST".clone_into(&mut asked.method);
        for (name, value) in fields {
            asked.body +=
                &format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        asked.body += &format!("--{BOUNDARY}--\r\n");
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        asked.headers.push(("content-type".to_owned(), kind));
        asked
    }

    /// As it is sent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !self.body.is_empty() {
            text += &format!("content-length: {}\r\n", self.body.len());
        }
        text += "\r\n";
        text += &self.body;
        text.into_bytes()
    }
}

/// The value of `Authorization`. Users of the benchmark have their name as password.
fn basic(user: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{user}")))
}

/// An answer. Its body stays in the connection until the next request.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub head: String,
    /// Bytes of the body.
    pub length: usize,
}

impl Answer {
    /// A header field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
    /// How much of `read` has been filled.
    filled: usize,
    body: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            read: vec![0; CHUNK],
            filled: 0,
            body: Vec::new(),
        })
    }

    /// Sends a request and reads the answer to its end.
    pub fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request)?;
        self.filled = 0;
        let end = loop {
            self.fill()?;
            let read = self.read.get(..self.filled).unwrap_or_default();
            if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
        };
        let head = self.read.get(..end).unwrap_or_default();
        let head = String::from_utf8_lossy(head).into_owned();
        let mut answer = Answer {
            status: head.get(9..12).and_then(|text| text.parse().ok()).ok_or_else(broken)?,
            head,
            length: 0,
        };
        self.body.clear();
        let begun = self.read.get(end + 4..self.filled).unwrap_or_default();
        self.body.extend_from_slice(begun);
        if let Some(length) = answer.header("content-length") {
            let length: usize = length.parse().map_err(|_| broken())?;
            while self.body.len() < length {
                self.read_more()?;
            }
        } else if answer.header("transfer-encoding").is_some() {
            self.read_chunks()?;
        }
        answer.length = self.body.len();
        Ok(answer)
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    fn fill(&mut self) -> io::Result<()> {
        let room = self.read.get_mut(self.filled..).unwrap_or_default();
        match self.stream.read(room)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.filled += read;
                Ok(())
            }
        }
    }

    fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read(&mut self.read)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.body.extend_from_slice(self.read.get(..read).unwrap_or_default());
                Ok(())
            }
        }
    }

    /// Reads a body in chunks, and leaves only what is in them.
    fn read_chunks(&mut self) -> io::Result<()> {
        let mut whole = Vec::new();
        let mut at = 0;
        loop {
            let rest = self.body.get(at..).unwrap_or_default();
            let Some(line) = rest.windows(2).position(|two| two == b"\r\n") else {
                self.read_more()?;
                continue;
            };
            let size = rest.get(..line).and_then(|text| str::from_utf8(text).ok());
            let size = size.and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
            let size = size.ok_or_else(broken)?;
            let start = at + line + 2;
            while self.body.len() < start + size + 2 {
                self.read_more()?;
            }
            whole.extend_from_slice(self.body.get(start..start + size).unwrap_or_default());
            at = start + size + 2;
            if size == 0 {
                self.body = whole;
                return Ok(());
            }
        }
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "this is no answer in HTTP/1.1")
}
