//! Load: many clients in a process of their own, each on a thread and a connection that it keeps.
//!
//! A closed loop asks again as soon as it is answered; it finds out how much a server can do. An open loop asks at a rate, whether or not
//! the server keeps up; it finds out how long answers take. There, a request's time counts from the moment at which it was due, unless
//! its client was idle then and merely woke up late.
//!
//! Why not one of the generators that there are: on two processors they take as much as the server. This one takes a few microseconds
//! for a request, since the requests are bytes that were put together before, and needs no building of its own.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::http::{Asked, Connection};

/// Stands in the body of a request for a number that is another one each time.
pub const COUNTER: &str = "000000000000";

/// What is asked of whom, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// The server.
    pub address: SocketAddr,
    /// Asked in turn; client N begins with the Nth.
    pub requests: Vec<Asked>,
    /// How many clients.
    pub clients: usize,
    /// How they ask.
    pub pace: Pace,
}

/// How clients ask.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Pace {
    /// A closed loop for so many seconds.
    Seconds(f64),
    /// A closed loop until each client has asked so often.
    Times(u64),
    /// So many requests a second, all together, for so many seconds.
    Rate { per_second: f64, seconds: f64 },
}

/// What came of it. Times are microseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tally {
    /// Answers with a status of success.
    pub good: u64,
    /// Everything else by status; 0 where there was no answer.
    pub bad: BTreeMap<u16, u64>,
    /// Bytes of bodies.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
    /// The quantiles of good answers.
    pub p50: f64,
    /// See `p50`.
    pub p90: f64,
    /// See `p50`.
    pub p99: f64,
    /// See `p50`.
    pub max: f64,
}

impl Tally {
    /// Good answers per second.
    pub fn rate(&self) -> f64 {
        self.good as f64 / self.seconds
    }
}

/// Puts the load on from a process of its own: this program again.
pub fn run(plan: &Plan) -> Result<Tally> {
    let program = std::env::current_exe().context("this program cannot be found")?;
    let mut child = Command::new(program)
        .arg("--load")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("the load generator cannot be started")?;
    let input = child.stdin.take();
    let mut input = input.context("the load generator has no input")?;
    serde_json::to_writer(&mut input, plan)?;
    input.flush()?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the load generator failed");
    let tally: Tally = serde_json::from_slice(&output.stdout)?;
    ensure!(tally.bad.is_empty(), "not all answers were good: {:?}", tally.bad);
    ensure!(tally.good > 0, "there were no answers");
    Ok(tally)
}

/// What the process does: reads its plan from the standard input, and prints what came of it.
pub fn generate() -> Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let plan: Plan = serde_json::from_str(&text)?;
    println!("{}", serde_json::to_string(&execute(plan)?)?);
    Ok(())
}

/// What one client has seen.
struct Seen {
    good: u64,
    bad: BTreeMap<u16, u64>,
    bytes: u64,
    micros: Histogram<u64>,
}

struct Shared {
    address: SocketAddr,
    /// Each with the place of its [`COUNTER`], if it has one.
    requests: Vec<(Vec<u8>, Option<usize>)>,
    pace: Pace,
    begin: Instant,
    /// The number of the next request of an open loop, and of the next [`COUNTER`].
    next: AtomicU64,
    counted: AtomicU64,
}

fn execute(plan: Plan) -> Result<Tally> {
    if plan.requests.is_empty() {
        bail!("nothing is to be asked");
    }
    let now = u64::from(std::process::id());
    let shared = Arc::new(Shared {
        address: plan.address,
        requests: plan.requests.iter().map(prepared).collect(),
        pace: plan.pace,
        // Time for all to connect.
        begin: Instant::now() + Duration::from_millis(20),
        next: AtomicU64::new(0),
        // No two runs write the same.
        counted: AtomicU64::new(now * 10_000),
    });
    let clients: Vec<_> = (0..plan.clients)
        .map(|client| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || client_of(&shared, client, plan.clients))
        })
        .collect();
    let mut all = Seen::new()?;
    for client in clients {
        let seen = client.join().map_err(|_| anyhow!("a client failed"))??;
        all.good += seen.good;
        all.bytes += seen.bytes;
        for (status, number) in seen.bad {
            *all.bad.entry(status).or_default() += number;
        }
        all.micros.add(&seen.micros)?;
    }
    let at = |quantile| all.micros.value_at_quantile(quantile) as f64 / 10.0;
    Ok(Tally {
        good: all.good,
        bad: all.bad,
        bytes: all.bytes,
        seconds: shared.begin.elapsed().as_secs_f64(),
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        max: at(1.0),
    })
}

impl Seen {
    fn new() -> Result<Self> {
        Ok(Self {
            good: 0,
            bad: BTreeMap::new(),
            bytes: 0,
            // Tenths of microseconds.
            micros: Histogram::new(3)?,
        })
    }
}

fn client_of(shared: &Shared, client: usize, clients: usize) -> Result<Seen> {
    let mut seen = Seen::new()?;
    let mut connection = Connection::open(shared.address)?;
    wait_until(shared.begin);
    let mut asked = 0_u64;
    loop {
        let (due, number) = match shared.pace {
            Pace::Seconds(seconds) if shared.begin.elapsed().as_secs_f64() >= seconds => break,
            Pace::Times(times) if asked >= times => break,
            Pace::Seconds(_) | Pace::Times(_) => (Instant::now(), client as u64 + asked * clients as u64),
            Pace::Rate { per_second, seconds } => {
                let number = shared.next.fetch_add(1, Ordering::Relaxed);
                let due = number as f64 / per_second;
                if due >= seconds {
                    break;
                }
                let due = shared.begin + Duration::from_secs_f64(due);
                let late = wait_until(due);
                (if late { due } else { Instant::now() }, number)
            }
        };
        asked += 1;
        let position = (number % shared.requests.len() as u64) as usize;
        let (request, place) = shared.requests.get(position).context("a request")?;
        let numbered = place.and_then(|place| numbered(request, place, &shared.counted));
        match connection.ask(numbered.as_deref().unwrap_or(request)) {
            Ok(answer) if (200..300).contains(&answer.status) => {
                seen.good += 1;
                seen.bytes += answer.length as u64;
                seen.micros.record((due.elapsed().as_nanos() / 100) as u64)?;
            }
            Ok(answer) => *seen.bad.entry(answer.status).or_default() += 1,
            Err(_) => {
                *seen.bad.entry(0).or_default() += 1;
                connection = Connection::open(shared.address)?;
            }
        }
    }
    Ok(seen)
}

/// Sleeps until then; true if it is later already.
fn wait_until(then: Instant) -> bool {
    match then.checked_duration_since(Instant::now()) {
        Some(rest) => {
            thread::sleep(rest);
            false
        }
        None => true,
    }
}

fn prepared(asked: &Asked) -> (Vec<u8>, Option<usize>) {
    let request = asked.bytes();
    let counter = COUNTER.as_bytes();
    let place = request.windows(counter.len()).rposition(|part| part == counter);
    (request, place)
}

/// The request with the next number in the place of its [`COUNTER`].
fn numbered(request: &[u8], place: usize, counted: &AtomicU64) -> Option<Vec<u8>> {
    let mut request = request.to_vec();
    let number = format!("{:012}", counted.fetch_add(1, Ordering::Relaxed));
    request
        .get_mut(place..place + number.len())?
        .copy_from_slice(number.as_bytes());
    Some(request)
}
