//! Load: many clients that ask the same, on connections that they keep.
//!
//! Latencies are measured where the client is. Everything runs on threads of its own and ends when it was told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(60);

type Sender = SendRequest<Empty<Bytes>>;

/// Whom is asked what.
#[derive(Clone, Debug)]
pub struct Target {
    /// The server.
    pub address: SocketAddr,
    /// The tenant's host.
    pub host: String,
    /// The value of `Authorization`.
    pub authorization: String,
    /// Path and query.
    pub path: String,
}

/// What came of a load.
#[derive(Debug)]
pub struct Tally {
    /// Answers with a status of success.
    pub good: u64,
    /// Answers with 503 and a `Retry-After`.
    pub refused: u64,
    /// Everything else: other answers, and none.
    pub failed: u64,
    /// Microseconds to the end of good answers.
    pub latencies: Histogram<u64>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Tally {
    fn new() -> Self {
        Self {
            good: 0,
            refused: 0,
            failed: 0,
            latencies: Histogram::new(3).expect("three digits"),
            elapsed: Duration::ZERO,
        }
    }

    /// Good answers per second.
    pub fn rate(&self) -> f64 {
        self.good as f64 / self.elapsed.as_secs_f64()
    }

    /// The time within which this part of the good answers came, in milliseconds.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        self.latencies.value_at_quantile(quantile) as f64 / 1000.0
    }

    fn count(&mut self, outcome: Outcome, latency: Duration) {
        match outcome {
            Outcome::Good => {
                self.good += 1;
                let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
                self.latencies.record(micros).expect("a histogram that grows");
            }
            Outcome::Refused => self.refused += 1,
            Outcome::Failed => self.failed += 1,
        }
    }
}

#[derive(Clone, Copy)]
enum Outcome {
    Good,
    Refused,
    Failed,
}

/// Threads that put load on a server.
pub struct Generator {
    runtime: Runtime,
}

impl Generator {
    /// A generator with so many threads.
    pub fn new(threads: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build();
        Self {
            runtime: runtime.expect("a runtime"),
        }
    }

    /// So many clients that ask again as soon as they are answered.
    pub fn closed(&self, target: &Target, clients: usize, time: Duration) -> Tally {
        let target = Arc::new(target.clone());
        self.runtime.block_on(async {
            let started = Instant::now();
            let tasks: Vec<_> = (0..clients)
                .map(|_| tokio::spawn(one_after_the_other(Arc::clone(&target), started + time, Duration::ZERO)))
                .collect();
            let mut sum = Tally::new();
            for task in tasks {
                let tally = task.await.expect("a client");
                sum.good += tally.good;
                sum.refused += tally.refused;
                sum.failed += tally.failed;
                sum.latencies.add(&tally.latencies).expect("the same range");
            }
            sum.elapsed = started.elapsed();
            sum
        })
    }

    /// A single client that pauses between two requests.
    pub fn probe(&self, target: &Target, pause: Duration, time: Duration) -> Tally {
        let started = Instant::now();
        let probe = one_after_the_other(Arc::new(target.clone()), started + time, pause);
        let mut tally = self.runtime.block_on(probe);
        tally.elapsed = started.elapsed();
        tally
    }

    /// Requests at a rate per second, whether or not those before have been answered. The time counts from the moment that each was due.
    pub fn open(&self, target: &Target, rate: f64, time: Duration) -> Tally {
        let target = Arc::new(target.clone());
        let idle: Arc<Mutex<Vec<Sender>>> = Arc::default();
        let tally = Arc::new(Mutex::new(Tally::new()));
        let open = Arc::new(AtomicU64::new(0));
        let started = Instant::now();
        self.runtime.block_on(async {
            let mut sent = 0_u64;
            while started.elapsed() < time {
                let due = (started.elapsed().as_secs_f64() * rate) as u64;
                for number in sent..due {
                    let was_due = started + Duration::from_secs_f64(number as f64 / rate);
                    let (target, idle, tally, open) = (
                        Arc::clone(&target),
                        Arc::clone(&idle),
                        Arc::clone(&tally),
                        Arc::clone(&open),
                    );
                    open.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(async move {
                        let kept = idle.lock().expect("a lock").pop();
                        let (outcome, sender) = ask(&target, kept).await;
                        tally.lock().expect("a lock").count(outcome, was_due.elapsed());
                        idle.lock().expect("a lock").extend(sender);
                        open.fetch_sub(1, Ordering::Relaxed);
                    });
                }
                sent = due;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            while open.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let mut sum = std::mem::replace(&mut *tally.lock().expect("a lock"), Tally::new());
        // What was asked in time is answered a little later.
        sum.elapsed = started.elapsed();
        sum
    }
}

async fn one_after_the_other(target: Arc<Target>, end: Instant, pause: Duration) -> Tally {
    let mut tally = Tally::new();
    let mut kept = None;
    while Instant::now() < end {
        let asked = Instant::now();
        let (outcome, sender) = ask(&target, kept).await;
        tally.count(outcome, asked.elapsed());
        kept = sender;
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
    tally
}

/// Asks on a connection that was kept, or on a new one; gives it back if it can be used again.
async fn ask(target: &Target, kept: Option<Sender>) -> (Outcome, Option<Sender>) {
    match tokio::time::timeout(PATIENCE, exchange(target, kept)).await {
        Ok(Ok((outcome, sender))) => (outcome, Some(sender)),
        _ => (Outcome::Failed, None),
    }
}

async fn exchange(
    target: &Target,
    kept: Option<Sender>,
) -> Result<(Outcome, Sender), Box<dyn std::error::Error + Send + Sync>> {
    let mut sender = match kept {
        Some(sender) if !sender.is_closed() => sender,
        _ => {
            let stream = TcpStream::connect(target.address).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            sender
        }
    };
    sender.ready().await?;
    let request = hyper::Request::get(&target.path)
        .header("host", &target.host)
        .header("authorization", &target.authorization)
        .body(Empty::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let may_be_retried = response.headers().contains_key("retry-after");
    response.into_body().collect().await?;
    let outcome = match status.as_u16() {
        200..300 => Outcome::Good,
        503 if may_be_retried => Outcome::Refused,
        _ => Outcome::Failed,
    };
    Ok((outcome, sender))
}
