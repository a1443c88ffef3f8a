//! What it costs that the operator sees every request.

use std::time::Duration;

use super::{Figure, Size};
use crate::client::basic;
use crate::collector::{Collector, Manner};
use crate::load::{Generator, Target};
use crate::log::Line;
use crate::metrics::Metrics;
use crate::{Installation, Server};

const PASSWORD: &str = "minds being watched";
const HOST: &str = "north.example";

/// A request that costs the server as little as one by an instance can: what is added shows most.
const PATH: &str = "/api/info/me";

fn target(server: &Server) -> Target {
    Target {
        address: server.address(),
        host: HOST.to_owned(),
        authorization: basic("admin", PASSWORD),
        path: PATH.to_owned(),
    }
}

/// The same requests to a server that tells nothing, to one that logs and counts them, and to one that follows each of them as well, in turn.
pub fn watched(size: Size) -> Vec<Figure> {
    let collector = Collector::start(Manner::Kind);
    let endpoint = collector.endpoint();
    let log_and_metrics = ["--metrics-listen", "127.0.0.1:0"];
    let everything = [log_and_metrics.as_slice(), &["--traces-endpoint", &endpoint]].concat();
    let installations = [(), (), ()].map(|()| {
        let installation = Installation::empty();
        installation.init("north", "North", HOST, "admin", PASSWORD);
        installation
    });
    let [first, second, third] = &installations;
    let servers = [
        Server::start_with(first, &["--log", "warn"]),
        Server::start_with(second, &log_and_metrics),
        Server::start_with(third, &everything),
    ];
    let generator = Generator::new(1);
    let (rounds, time) = size.pick((1, Duration::from_millis(300)), (21, Duration::from_secs(1)));
    let mut rates = [(); 3].map(|()| Vec::new());
    let (mut failed, mut good) = (0, [0; 3]);
    // The first round warms up and is not measured.
    for round in 0..=rounds {
        for (place, server) in servers.iter().enumerate() {
            let tally = generator.closed(&target(server), 4, time);
            failed += tally.failed + tally.refused;
            good[place] += tally.good;
            if round > 0 {
                rates[place].push(tally.rate());
            }
        }
    }
    let [_, counted, followed] = &servers;
    let requests = |server: &Server| {
        let metrics = Metrics::of(server.metrics_address());
        metrics.sum("lectern_requests_total", &[("tenant", "north")]) as u64
    };
    let mut figures = vec![
        Figure::exactly("requests are watched: failed or refused", failed, 0),
        Figure::exactly("requests that are counted", requests(counted), good[1]),
        Figure::exactly("requests that are counted and followed", requests(followed), good[2]),
    ];
    if size == Size::Short {
        let lines = Line::all(&counted.log());
        let lines = lines.iter().filter(|line| line.member("path") == PATH).count();
        figures.push(Figure::exactly("lines of the access log", lines as u64, good[1]));
    } else {
        let [plain, counted, followed] = rates.map(|mut rates| super::isolation::median(&mut rates));
        eprintln!(
            "answers per second: {plain:.0} untold, {counted:.0} logged and counted, {followed:.0} followed as well"
        );
        figures.push(Figure::at_least(
            "access log and metrics: answers, against none",
            100.0 * counted / plain,
            90.0,
            "%",
        ));
        figures.push(Figure::at_least(
            "access log, metrics, and traces of every request: answers, against none",
            100.0 * followed / plain,
            75.0,
            "%",
        ));
    }
    figures
}
