//! P8: starting an instance, having it answer, dropping it; all in process.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use lectern_engine::{Backend, Call, Engine, Settings};

use super::Bench;
use crate::fixed::Fixed;
use crate::statistics::{micros_of, shown};
use crate::table::Row;

const WARM_UP: usize = 5_000;
const TIMES: usize = 50_000;

/// The handler with the most code, and the one with the largest file: much of that is what it serves.
fn largest(bench: &Bench) -> Result<Vec<PathBuf>> {
    let folder = &bench.components;
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let files = entries.filter_map(|entry| Some((entry.as_ref().ok()?.metadata().ok()?.len(), entry.ok()?.path())));
    let largest = files
        .filter(|(_, path)| path.extension().is_some_and(|kind| kind == "wasm"))
        .max();
    let (_, largest) = largest.context("there are no components")?;
    let mut both = vec![folder.join("events.wasm")];
    if !both.contains(&largest) {
        both.push(largest);
    }
    Ok(both)
}

/// P8.
pub fn instance(bench: &Bench) -> Result<Vec<Row>> {
    let files = largest(bench)?;
    let fresh = files.iter().map(|file| row(file, 1));
    // Only what is left when nothing has to be started and dropped.
    let kept = files.first().map(|file| row(file, u32::MAX));
    fresh.chain(kept).collect()
}

/// What a call takes where instances answer so many requests.
fn row(file: &Path, requests: u32) -> Result<Row> {
    let name = file
        .file_stem()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let engine = Engine::new(Settings {
        instance_requests: requests,
        ..Settings::default()
    })?;
    let handler = engine.load(&name, &std::fs::read(file)?, None)?;
    // Nobody is let in: what is measured is the way there and back, and the little that every request has in common.
    let backend: Arc<dyn Backend> = Arc::new(Fixed::default());
    let request_id: Arc<str> = "1".into();
    let target = format!("/api/{name}/none");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut micros = Vec::with_capacity(TIMES);
    for round in 0..WARM_UP + TIMES {
        let request = Request::get(&target)
            .header("host", "localhost")
            .body(Empty::<Bytes>::new())?;
        let call = Call {
            backend: Arc::clone(&backend),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            request_id: Arc::clone(&request_id),
            secure: false,
            record: Arc::default(),
        };
        let start = Instant::now();
        let status = runtime.block_on(async {
            let response = engine.call(&handler, call, request).await;
            let (head, body) = response.into_parts();
            body.collect().await.map(|_| head.status)
        })?;
        if round >= WARM_UP {
            micros.push(micros_of(start.elapsed()));
        }
        ensure!(status == 401, "the handler answered with {status}");
    }
    micros.sort_by(f64::total_cmp);
    let at = |share: f64| micros.get((TIMES as f64 * share) as usize).copied().unwrap_or_default();
    let what = if requests > 1 {
        "empty call alone of an instance that is kept (`instance-requests`)"
    } else {
        "start, empty call and drop of an instance"
    };
    Ok(Row {
        number: "P8",
        what: format!("{what}, '{name}', in process, one thread"),
        measured: format!("p50 {}, p99 {}", shown(at(0.5)), shown(at(0.99))),
        to_reach: "p50 ≤ 15 µs".to_owned(),
        verdict: at(0.5) <= 15.0,
    })
}
