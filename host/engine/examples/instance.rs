//! How long it takes to start an instance of a component, have it answer a request and drop it, all in process.
//!
//! ```text
//! cargo run --release -p lectern-engine --example instance -- target/components/dist/events.wasm /api/events/none
//! ```
//!
//! There is no tenant behind it: every request is denied, so what is measured is the way there and back.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use lectern_data::model::{self, Change, Denial, Page, Query, Reason, Schedule, Sequence, Session};
use lectern_data::statistics::{Providers, Question, TimeSeries};
use lectern_engine::{Backend, BoxFuture, Call, Engine, FileUpload, Settings};
use std::collections::BTreeMap;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WARM_UP: usize = 5_000;
const SAMPLES: usize = 50_000;

struct NoTenant;

impl Backend for NoTenant {
    fn tenant(&self) -> &str {
        "none"
    }

    fn accepts_tokens(&self) -> bool {
        false
    }

    fn features(&self) -> Vec<(&'static str, bool)> {
        Vec::new()
    }

    fn authenticate<'a>(&'a self, _: &'a model::Request, _: IpAddr) -> BoxFuture<'a, Result<Arc<Session>, Denial>> {
        let denial = Denial {
            status: 401,
            message: "nobody is let in".to_owned(),
            headers: Vec::new(),
        };
        Box::pin(std::future::ready(Err(denial)))
    }

    fn find(&self, _: &Session, _: &Query) -> Result<Page, model::Error> {
        Err(nothing())
    }

    fn schedule(&self, _: &Session, _: &str, _: &str) -> Result<Schedule, model::Error> {
        Err(nothing())
    }

    fn upload<'a>(&'a self, _: &'a Session, _: &'a str) -> BoxFuture<'a, Result<Box<dyn FileUpload>, model::Error>> {
        Box::pin(std::future::ready(Err(nothing())))
    }

    fn list_names(&self, _: &Session) -> Result<Vec<String>, model::Error> {
        Err(nothing())
    }

    fn list(&self, _: &Session, _: &str, _: u64, _: u32) -> Result<model::ListPart, model::Error> {
        Err(nothing())
    }

    fn new_workflow(&self) -> i64 {
        0
    }

    fn statistics(&self) -> Arc<Providers> {
        Arc::default()
    }

    fn count_views(&self, _: &Session, _: &[Question]) -> Result<Vec<TimeSeries>, model::Error> {
        Err(nothing())
    }

    fn catalogs(&self, _: &str) -> Result<String, model::Error> {
        Err(nothing())
    }

    fn sign(&self, _: &Session, _: &[String], _: Option<i64>, _: Option<&str>) -> Result<model::Signed, model::Error> {
        Err(nothing())
    }

    fn commit(
        &self,
        _: Arc<Session>,
        _: Vec<Change>,
        _: Vec<Box<dyn FileUpload>>,
    ) -> BoxFuture<'_, Result<Sequence, model::Error>> {
        Box::pin(std::future::ready(Err(nothing())))
    }
}

fn nothing() -> model::Error {
    model::Error {
        reason: Reason::Missing,
        message: "there is nothing".to_owned(),
        subject: String::new(),
        document: String::new(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("name a component and the path of a request".into());
    };
    let engine = Engine::new(Settings::default())?;
    let started = Instant::now();
    let handler = engine.load("sample", &std::fs::read(&file)?, None)?;
    println!("compiled in {:?}", started.elapsed());

    let backend: Arc<dyn Backend> = Arc::new(NoTenant);
    let request_id: Arc<str> = "1".into();
    let mut samples = Vec::with_capacity(SAMPLES);
    let mut answers = BTreeMap::new();
    for round in 0..WARM_UP + SAMPLES {
        let request = Request::get(&path)
            .header("host", "localhost")
            .body(Empty::<Bytes>::new())?;
        let call = Call {
            backend: backend.clone(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            request_id: request_id.clone(),
            secure: false,
            record: Arc::default(),
        };
        let started = Instant::now();
        let response = engine.call(&handler, call, request).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        if round >= WARM_UP {
            samples.push(started.elapsed());
        }
        *answers.entry((head.status.as_u16(), body.len())).or_insert(0) += 1;
    }
    samples.sort_unstable();
    let at = |share: f64| {
        samples
            .get((SAMPLES as f64 * share) as usize)
            .copied()
            .unwrap_or_default()
    };
    let total: Duration = samples.iter().sum();
    println!("answers by status and length: {answers:?}");
    println!(
        "p50 {:?}, p90 {:?}, p99 {:?}, mean {:?}",
        at(0.5),
        at(0.9),
        at(0.99),
        total / SAMPLES as u32
    );
    Ok(())
}
