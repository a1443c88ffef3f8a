//! Versions of a handler that take each other's place under load.

use std::error::Error;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Figure, Size};
use crate::component::{single_version, version};
use crate::form::Chunks;
use crate::raw::Connection;
use crate::{Installation, Server};

const HOST: &str = "north.example";
const PATH: &str = "/api/versions";

/// Connections that ask without a pause.
const CONNECTIONS: usize = 4;

/// What became of the requests of all connections.
#[derive(Default)]
struct Tally {
    whole: AtomicU64,
    failed: AtomicU64,
    /// What was wrong with the first ones.
    wrong: Mutex<Vec<String>>,
}

impl Tally {
    fn count(&self, answer: Result<u8, String>) {
        match answer {
            Ok(_) => {
                self.whole.fetch_add(1, Ordering::Relaxed);
            }
            Err(what) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                let mut wrong = self.wrong.lock().expect("nobody panics with it");
                if wrong.len() < 5 {
                    wrong.push(what);
                }
            }
        }
    }
}

/// Swaps two versions of a handler that is asked without a pause, by whole requests and by such that last from one swap to the next.
pub fn swaps(size: Size) -> Vec<Figure> {
    let installation = Installation::empty();
    installation.init("north", "North", HOST, "admin", "takes turns");
    let files = [1, 2].map(|number| installation.component(&format!("version-{number}.wasm"), &version(number)));
    installation.deploy("versions", &files[0]);
    let server = Server::start_with(&installation, &["--log", "warn"]);
    let (tally, stop) = (Tally::default(), AtomicBool::new(false));
    let swaps = size.pick(4, 100);
    let (mut late, mut unfaithful) = (0, 0);
    std::thread::scope(|scope| {
        for number in 0..CONNECTIONS {
            let (server, tally, stop) = (&server, &tally, &stop);
            scope.spawn(move || ask(server, number, tally, stop));
        }
        for swap in 1..=swaps {
            let (old, new) = (1 + (swap + 1) % 2, 1 + swap % 2);
            let long = Long::begin(&server);
            installation.deploy("versions", &files[usize::from(new) - 1]);
            let answer = server.client(HOST).get(PATH).send();
            let seen = single_version(answer.status, answer.header("x-version"), &answer.text());
            late += u64::from(seen != Ok(new));
            tally.count(seen);
            unfaithful += u64::from(long.finish() != Ok(old));
        }
        stop.store(true, Ordering::Relaxed);
    });
    let failed = tally.failed.load(Ordering::Relaxed);
    for wrong in tally.wrong.lock().expect("nobody panics with it").iter() {
        eprintln!("{wrong}");
    }
    let whole = tally.whole.load(Ordering::Relaxed);
    vec![
        Figure::exactly("answers that failed, or were made of two versions", failed, 0),
        Figure::exactly("swaps that the next request did not see", late, 0),
        Figure::exactly(
            "requests across a swap not finished by the version that began",
            unfaithful,
            0,
        ),
        Figure::at_least(
            "answers meanwhile, each whole and of one version",
            whole as f64,
            f64::from(swaps),
            "",
        ),
        Figure::at_least("swaps", f64::from(swaps), f64::from(size.pick(4_u8, 100)), ""),
    ]
}

/// Asks until it is told to stop; whoever breaks the connection has failed one request.
fn ask(server: &Server, number: usize, tally: &Tally, stop: &AtomicBool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut connection = None;
        // Some are answered as a whole, others piece by piece.
        let mut pieces = number % 2;
        while !stop.load(Ordering::Relaxed) {
            let answer = exchange(server, &mut connection, pieces * 3).await;
            if answer.is_err() {
                connection = None;
            }
            tally.count(answer.unwrap_or_else(|error| Err(error.to_string())));
            pieces = 1 - pieces;
        }
    });
}

type Sender = SendRequest<Chunks>;

/// One request with a body of so many pieces: the version that has answered, or what is wrong with the answer.
async fn exchange(
    server: &Server,
    connection: &mut Option<Sender>,
    pieces: usize,
) -> Result<Result<u8, String>, Box<dyn Error>> {
    let sender = match connection {
        Some(sender) => sender,
        None => {
            let io = TokioIo::new(TcpStream::connect(server.address()).await?);
            let (sender, driver) = http1::handshake(io).await?;
            tokio::spawn(driver);
            connection.insert(sender)
        }
    };
    sender.ready().await?;
    let request = hyper::Request::post(PATH)
        .header("host", HOST)
        .body(Chunks::new(&Bytes::from(vec![b'x'; pieces]), 1))?;
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    let header = head.headers.get("x-version").and_then(|value| value.to_str().ok());
    Ok(single_version(
        head.status.as_u16(),
        header,
        &String::from_utf8_lossy(&body),
    ))
}

/// A request whose answer has begun, and that has not been sent to its end.
struct Long(Connection);

impl Long {
    fn begin(server: &Server) -> Self {
        let mut connection = Connection::open(server.address());
        connection.send(format!(
            "POST {PATH} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"
        ));
        assert!(connection.read_at_least(1) > 0, "the beginning of an answer");
        Self(connection)
    }

    /// Sends the rest, and gives the version that has answered, or what is wrong with the answer.
    fn finish(mut self) -> Result<u8, String> {
        self.0.send("1\r\nx\r\n0\r\n\r\n");
        let answer = String::from_utf8_lossy(&self.0.until_closed()).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or_default();
        let header = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("x-version"))
            .map(|(_, value)| value);
        // Between the lengths of the chunks.
        let lines = body.lines().filter(|line| line.contains(' '));
        let text: String = lines.flat_map(|line| [line, "\n"]).collect();
        if !body.ends_with("\r\n0\r\n\r\n") {
            return Err(format!("an answer that broke off:\n{answer}"));
        }
        single_version(status, header, &text)
    }
}
