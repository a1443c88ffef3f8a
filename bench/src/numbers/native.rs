//! P1: what WebAssembly costs.
//!
//! Both servers have the same source, the same HTTP, the same data layer; one starts an instance of the component for each request, the
//! other calls the handler's code, which is linked into it.

use anyhow::{Result, ensure};

use super::{Bench, ROUNDS, get};
use crate::data::{STAFF, Size};
use crate::http::Asked;
use crate::load::Pace;
use crate::server::Server;
use crate::statistics::{median, shown};
use crate::table::Row;

/// How many clients ask at once in a closed loop.
const CLIENTS: [usize; 3] = [4, 16, 64];

/// Clients that are there for an open loop, whether or not they have something to ask.
const OPEN_CLIENTS: usize = 32;

/// How much of what the slower server can do is asked of both in the open loop.
const SHARE: f64 = 0.5;

/// What an operator can ask for, who has instances answer more than one request.
const KEPT: [&str; 2] = ["--instance-requests", "1000"];

/// P1, as the server is by default and with instances that are kept.
pub fn single_event(bench: &Bench) -> Result<Vec<Row>> {
    let mut rows = against_native(bench, &[], "the component")?;
    rows.extend(against_native(
        bench,
        &KEPT,
        "the component in instances that answer 1,000 requests",
    )?);
    Ok(rows)
}

fn against_native(bench: &Bench, arguments: &[&str], component: &str) -> Result<Vec<Row>> {
    let dataset = bench.dataset(Size::L)?;
    let requests: Vec<Asked> = dataset
        .facts
        .events
        .iter()
        .map(|event| get(STAFF, &format!("/api/events/{event}")))
        .collect();
    let wasm = bench.serve(&dataset.folder, arguments)?;
    let native = Server::lectern(&bench.native, &dataset.folder, &bench.cache(), &[])?;
    let servers = [&wasm, &native];
    if let Some(request) = requests.first() {
        let [answer, expected] = [wasm.ask(request)?, native.ask(request)?].map(|(_, body)| body);
        ensure!(answer == expected, "the two servers give different answers");
    }
    for server in servers {
        server.load(&requests, 16, Pace::Seconds(1.0))?;
    }
    let mut details = Vec::new();
    let mut best = [0.0_f64; 2];
    let mut processor = [0.0_f64; 2];
    for clients in CLIENTS {
        let mut rates = [Vec::new(), Vec::new()];
        let mut costs = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (server, (rates, costs)) in servers.iter().zip(rates.iter_mut().zip(&mut costs)) {
                let before = server.processor_time()?;
                let tally = server.load(&requests, clients, Pace::Seconds(2.0))?;
                let cost = server.processor_time()?.saturating_sub(before);
                rates.push(tally.rate());
                costs.push(cost.as_secs_f64() * 1e6 / tally.good as f64);
            }
        }
        let rates = rates.map(median);
        let costs = costs.map(median);
        details.push(format!("{:.0} against {:.0} by {clients}", rates[0], rates[1]));
        for (best, rate) in best.iter_mut().zip(rates) {
            *best = best.max(rate);
        }
        processor = costs;
    }
    let ratio = best[0] / best[1];
    let per_second = best[0].min(best[1]) * SHARE;
    let mut p99 = [Vec::new(), Vec::new()];
    let mut p50 = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (server, (p50, p99)) in servers.iter().zip(p50.iter_mut().zip(&mut p99)) {
            let pace = Pace::Rate {
                per_second,
                seconds: 3.0,
            };
            let tally = server.load(&requests, OPEN_CLIENTS, pace)?;
            p50.push(tally.p50);
            p99.push(tally.p99);
        }
    }
    let (p50, p99) = (p50.map(median), p99.map(median));
    let slower = p99[0] / p99[1];
    Ok(vec![
        Row {
            number: "P1",
            what: format!(
                "single event, throughput of {component} against native code, {}",
                dataset.size
            ),
            measured: format!(
                "{ratio:.2} ({:.0}/s against {:.0}/s; {} clients; {:.0} against {:.0} µs of processors each)",
                best[0],
                best[1],
                details.join(", "),
                processor[0],
                processor[1]
            ),
            to_reach: "≥ 0.9".to_owned(),
            verdict: ratio >= 0.9,
        },
        Row {
            number: "P1",
            what: format!("the same, p99 at {per_second:.0} requests a second"),
            measured: format!(
                "{slower:.2}× ({} against {}; p50 {} against {})",
                shown(p99[0]),
                shown(p99[1]),
                shown(p50[0]),
                shown(p50[1])
            ),
            to_reach: "≤ 1.25×".to_owned(),
            verdict: slower <= 1.25,
        },
    ])
}
