//! A collector of traces: takes spans by OTLP over HTTP, or behaves as badly as collectors do.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How a collector behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It takes spans.
    Kind,
    /// It takes connections and says nothing.
    Silent,
    /// It says something that is no HTTP.
    Mad,
    /// It says that it is overloaded.
    Busy,
}

/// A span as it was received.
#[derive(Clone, Debug, Default)]
pub struct Span {
    /// In hexadecimal digits.
    pub trace: String,
    /// In hexadecimal digits.
    pub id: String,
    /// In hexadecimal digits; empty for none.
    pub parent: String,
    /// What `tracestate` said.
    pub state: String,
    /// Name.
    pub name: String,
    /// 1 is internal, 2 is a server's.
    pub kind: u64,
    /// In nanoseconds since 1970-01-01T00:00:00Z.
    pub start: u64,
    /// The same.
    pub end: u64,
    /// 2 is an error.
    pub status: u64,
    /// Of the span.
    pub attributes: BTreeMap<String, String>,
    /// Of the program that sent it.
    pub resource: BTreeMap<String, String>,
}

/// A running collector; ends with the process.
pub struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Received>>,
}

#[derive(Default)]
struct Received {
    spans: Vec<Span>,
    bytes: Vec<u8>,
    connections: usize,
}

impl Collector {
    /// Starts one on a free port of the loopback interface.
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let received = Arc::new(Mutex::new(Received::default()));
        let shared = Arc::clone(&received);
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                shared.lock().expect("what was received").connections += 1;
                match manner {
                    Manner::Silent => silent.push(stream),
                    manner => answer(stream, manner, &shared),
                }
            }
        });
        Self { address, received }
    }

    /// What a server is told.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans that have come.
    pub fn spans(&self) -> Vec<Span> {
        self.received.lock().expect("what was received").spans.clone()
    }

    /// The span of a request, and those inside of it.
    #[track_caller]
    pub fn request(&self, name: &str) -> (Span, Vec<Span>) {
        let spans = self.spans();
        let is_it = |span: &&Span| {
            span.attributes
                .get("lectern.request")
                .is_some_and(|request| request == name)
        };
        let found: Vec<&Span> = spans.iter().filter(is_it).collect();
        let [root] = found.as_slice() else {
            panic!("spans of {name} in {spans:#?}")
        };
        let parts = spans
            .iter()
            .filter(|span| span.trace == root.trace && span.id != root.id);
        ((*root).clone(), parts.cloned().collect())
    }

    /// Everything that has come, byte by byte.
    pub fn bytes(&self) -> Vec<u8> {
        self.received.lock().expect("what was received").bytes.clone()
    }

    /// How often somebody has connected.
    pub fn connections(&self) -> usize {
        self.received.lock().expect("what was received").connections
    }
}

fn answer(mut stream: TcpStream, manner: Manner, received: &Mutex<Received>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut length = 0;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let before = head.len();
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
        let line = head[before..].to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
    assert!(
        head.to_ascii_lowercase()
            .contains("content-type: application/x-protobuf"),
        "{head}"
    );
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let reply = match manner {
        Manner::Mad => "\u{1}\u{2}nonsense\r\n\r\n",
        Manner::Busy => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
        Manner::Kind | Manner::Silent => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    };
    {
        let mut received = received.lock().expect("what was received");
        if manner == Manner::Kind {
            received.spans.extend(spans(&body));
        }
        received.bytes.extend(body);
    }
    // Whoever has gone does not want to know.
    let _ = stream.write_all(reply.as_bytes());
}

/// A member of a message of protobuf.
enum Member<'m> {
    Number(u64),
    Bytes(&'m [u8]),
}

impl Member<'_> {
    fn text(&self) -> String {
        match self {
            Self::Bytes(bytes) => String::from_utf8(bytes.to_vec()).expect("text"),
            Self::Number(number) => number.to_string(),
        }
    }

    fn hex(&self) -> String {
        match self {
            Self::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Number(_) => panic!("a number"),
        }
    }

    fn number(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            Self::Bytes(_) => panic!("no number"),
        }
    }
}

fn members(mut message: &[u8]) -> Vec<(u64, Member<'_>)> {
    let mut members = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let member = match key & 7 {
            0 => Member::Number(varint(&mut message)),
            1 => Member::Number(u64::from_le_bytes(take(&mut message, 8).try_into().expect("8 bytes"))),
            2 => {
                let length = usize::try_from(varint(&mut message)).expect("a length");
                Member::Bytes(take(&mut message, length))
            }
            5 => Member::Number(u32::from_le_bytes(take(&mut message, 4).try_into().expect("4 bytes")).into()),
            kind => panic!("no kind {kind} in protobuf"),
        };
        members.push((key >> 3, member));
    }
    members
}

fn varint(message: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(message, 1)[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return number;
        }
    }
    panic!("a number without end")
}

fn take<'m>(message: &mut &'m [u8], length: usize) -> &'m [u8] {
    let (taken, rest) = message.split_at_checked(length).expect("a whole message");
    *message = rest;
    taken
}

/// The messages that a member of a message holds.
fn inside(message: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    members(message)
        .into_iter()
        .filter_map(move |(found, member)| match member {
            Member::Bytes(bytes) if found == number => Some(bytes),
            _ => None,
        })
}

fn attribute(message: &[u8]) -> (String, String) {
    let key = inside(message, 1).next().expect("a key");
    let value = inside(message, 2).next().expect("a value");
    let value = members(value)
        .first()
        .map_or_else(String::new, |(_, value)| value.text());
    (String::from_utf8(key.to_vec()).expect("text"), value)
}

/// The spans of an `ExportTraceServiceRequest`.
fn spans(request: &[u8]) -> Vec<Span> {
    let mut spans = Vec::new();
    for of_resource in inside(request, 1) {
        let resource: BTreeMap<String, String> = inside(of_resource, 1)
            .flat_map(|resource| inside(resource, 1))
            .map(attribute)
            .collect();
        for span in inside(of_resource, 2).flat_map(|scope| inside(scope, 2)) {
            let mut read = Span {
                resource: resource.clone(),
                attributes: inside(span, 9).map(attribute).collect(),
                ..Span::default()
            };
            for (number, member) in members(span) {
                match number {
                    1 => read.trace = member.hex(),
                    2 => read.id = member.hex(),
                    3 => read.state = member.text(),
                    4 => read.parent = member.hex(),
                    5 => read.name = member.text(),
                    6 => read.kind = member.number(),
                    7 => read.start = member.number(),
                    8 => read.end = member.number(),
                    _ => {}
                }
            }
            let status = inside(span, 15).flat_map(members).find(|(number, _)| *number == 3);
            read.status = status.map_or(0, |(_, code)| code.number());
            spans.push(read);
        }
    }
    spans
}
