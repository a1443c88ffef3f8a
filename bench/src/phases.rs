//! Where the time of requests goes: by the server's own clock (`lectern_request_phase_duration` of its metrics), and beside it what its
//! client sees.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::data::{HOST, STAFF, Size};
use crate::http::Asked;
use crate::load::Pace;
use crate::numbers::{Bench, EVERYTHING, get};
use crate::server::Server;
use crate::statistics::shown;
use crate::table::aligned;

const TIMES: u64 = 2000;

/// In the order of a request.
const PHASES: [&str; 10] = [
    "accept",
    "route",
    "queue",
    "instantiate",
    "receive",
    "authenticate",
    "handler",
    "data",
    "encode",
    "write",
];

/// Prints the mean of each phase for typical requests.
pub fn print(bench: &Bench) -> Result<()> {
    let dataset = bench.dataset(Size::L)?;
    let event = dataset.facts.events.first().map_or("", String::as_str);
    let cases = [
        ("single event", get(STAFF, &format!("/api/events/{event}"))),
        ("page of 20", get(STAFF, "/api/events?limit=20&sort=start_date:DESC")),
        (
            "page of 100, all four with…",
            get(
                STAFF,
                &format!("/api/events?limit=100&sort=start_date:DESC&{EVERYTHING}"),
            ),
        ),
        ("page of 100 series", get(STAFF, "/api/series?limit=100&sort=title:ASC")),
        ("nobody's request", Asked::get(HOST, "nobody", "/api")),
    ];
    let mut columns = vec![];
    for (name, request) in cases.into_iter().take(4) {
        let server = bench.serve(&dataset.folder, &["--metrics-listen", "127.0.0.1:0"])?;
        columns.push((name, times(&server, &request)?));
    }
    let mut rows = vec![[
        "phase".to_owned(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
    ]];
    if let Some(head) = rows.first_mut() {
        for (place, (name, _)) in head.iter_mut().skip(1).zip(&columns) {
            (*name).clone_into(place);
        }
    }
    for phase in PHASES.into_iter().chain(["rest", "server", "client"]) {
        let mut row = [
            phase.to_owned(),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
        ];
        for (place, (_, times)) in row.iter_mut().skip(1).zip(&columns) {
            *place = times.get(phase).map_or("–".to_owned(), |micros| shown(*micros));
        }
        rows.push(row);
    }
    let mut text = String::new();
    aligned(&mut text, rows)?;
    println!("\nmeans of {TIMES} requests by one client, {}\n\n{text}", dataset.size);
    println!(
        "rest: what the server does outside of its phases; client: with the connection, the kernel and the client itself"
    );
    Ok(())
}

/// The mean of each phase in microseconds.
fn times(server: &Server, request: &Asked) -> Result<BTreeMap<String, f64>> {
    let requests = [request.clone()];
    server.load(&requests, 1, Pace::Times(200))?;
    let before = sums(&server.metrics()?);
    let tally = server.load(&requests, 1, Pace::Times(TIMES))?;
    let after = sums(&server.metrics()?);
    let mut means: BTreeMap<String, f64> = after
        .into_iter()
        .map(|(name, sum)| {
            let since = sum - before.get(&name).copied().unwrap_or_default();
            (name, since * 1e6 / TIMES as f64)
        })
        .collect();
    let named: f64 = means
        .iter()
        // The time of a request begins when its head is there.
        .filter(|(name, _)| !["server", "accept"].contains(&name.as_str()))
        .map(|(_, micros)| micros)
        .sum();
    let server = means.get("server").copied().unwrap_or_default();
    means.insert("rest".to_owned(), (server - named).max(0.0));
    means.insert("client".to_owned(), tally.seconds * 1e6 / TIMES as f64);
    Ok(means)
}

/// The sums of the phases in seconds, of all components together.
fn sums(metrics: &str) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for line in metrics.lines() {
        let Some((sample, value)) = line.rsplit_once(' ') else {
            continue;
        };
        let phase = if sample.starts_with("lectern_request_phase_duration_seconds_sum") {
            sample
                .split_once("phase=\"")
                .and_then(|(_, rest)| rest.split_once('"'))
                .map(|(phase, _)| phase)
        } else if sample.starts_with("lectern_request_duration_seconds_sum") {
            Some("server")
        } else {
            None
        };
        if let (Some(phase), Ok(value)) = (phase, value.parse::<f64>()) {
            *sums.entry(phase.to_owned()).or_default() += value;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_of_all_components_are_added() {
        let metrics = "# HELP x y.\n\
            lectern_request_phase_duration_seconds_sum{component=\"events\",phase=\"route\"} 0.5\n\
            lectern_request_phase_duration_seconds_sum{component=\"series\",phase=\"route\"} 0.25\n\
            lectern_request_phase_duration_seconds_count{component=\"series\",phase=\"route\"} 3\n\
            lectern_request_duration_seconds_sum{component=\"events\"} 2\n";
        let sums = sums(metrics);
        assert_eq!(sums.get("route"), Some(&0.75));
        assert_eq!(sums.get("server"), Some(&2.0));
        assert_eq!(sums.len(), 2);
    }
}
