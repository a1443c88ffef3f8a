//! One tenant's flood, and load that is too much for the server.

use std::time::Duration;

use serde_json::json;

use super::{Figure, Size};
use crate::client::basic;
use crate::load::{Generator, Target};
use crate::{Installation, Server, content};

const PASSWORD: &str = "keeps its distance";

/// A page that costs the server some milliseconds and is soon read, so that the load and not its generator is what there is too much of: what
/// is looked for is no piece of a word, so each text is read.
const PAGE: &str = "/api/events?filter=textFilter:say.&sort=title:ASC&limit=10&withmetadata=true&withacl=true";

/// A server with two tenants that have a page of events each.
struct Setting {
    server: Server,
    _installation: Installation,
}

impl Setting {
    fn new() -> Self {
        let installation = Installation::empty();
        installation.init("north", "North", "north.example", "admin", PASSWORD);
        installation.add_tenant("south", "South", "south.example", "admin", PASSWORD);
        for tenant in ["north", "south"] {
            installation.add_agent(tenant, "hall", "UTC");
        }
        let server = Server::start_with(&installation, &["--log", "warn"]);
        for host in ["north.example", "south.example"] {
            let scheduling = json!({
                "agent_id": "hall", "start": "2030-01-07T08:00:00Z", "end": "2044-01-07T10:00:00Z", "duration": 3_600_000,
                "rrule": "FREQ=DAILY;BYHOUR=8;BYMINUTE=0",
            });
            let fields = json!({ "title": "Lecture", "description": "About what there is to say. ".repeat(20) });
            let form = content::scheduled_form(&fields, &content::owned_by("ROLE_READER"), &scheduling);
            let admin = server.client(host).with_credentials("admin", PASSWORD);
            admin.post("/api/events").multipart(&form).send().expect(200);
        }
        Self {
            server,
            _installation: installation,
        }
    }

    fn target(&self, host: &str) -> Target {
        Target {
            address: self.server.address(),
            host: host.to_owned(),
            authorization: basic("admin", PASSWORD),
            path: PAGE.to_owned(),
        }
    }
}

/// One tenant floods; another one's single client goes on asking.
pub fn flood(size: Size) -> Vec<Figure> {
    let setting = Setting::new();
    let (north, south) = (setting.target("north.example"), setting.target("south.example"));
    let (probe, flood) = (Generator::new(1), Generator::new(1));
    let (rounds, time) = size.pick((1, Duration::from_millis(500)), (5, Duration::from_secs(6)));
    let pause = Duration::from_millis(5);
    // Nobody's first request is measured.
    probe.probe(&south, pause, time / 4);
    let (mut alone, mut flooded) = (Vec::new(), Vec::new());
    let (mut disturbed, mut flooding) = (0, 0);
    for _ in 0..rounds {
        let tally = probe.probe(&south, pause, time);
        disturbed += tally.failed + tally.refused;
        alone.push(tally.quantile_ms(0.99));
        std::thread::scope(|scope| {
            let flood = scope.spawn(|| flood.closed(&north, 64, time + time / 4));
            let tally = probe.probe(&south, pause, time);
            disturbed += tally.failed + tally.refused;
            flooded.push(tally.quantile_ms(0.99));
            let tally = flood.join().expect("the flood ends");
            flooding += tally.good;
            disturbed += tally.failed;
        });
    }
    let mut figures = vec![
        Figure::exactly("a tenant floods: requests that failed or were refused", disturbed, 0),
        Figure::at_least("a tenant floods: its answers", flooding as f64, 10.0, ""),
    ];
    if size == Size::Long {
        let (alone, flooded) = (median(&mut alone), median(&mut flooded));
        eprintln!("p99 of the other tenant: {alone:.2} ms alone, {flooded:.2} ms beside the flood");
        figures.push(Figure::at_most(
            "a tenant floods: p99 of another one, against alone",
            flooded / alone,
            2.0,
            "×",
        ));
    }
    figures
}

/// Four times the requests that the server can answer.
pub fn overload(size: Size) -> Vec<Figure> {
    let setting = Setting::new();
    let target = setting.target("north.example");
    let generator = Generator::new(1);
    let time = size.pick(Duration::from_millis(700), Duration::from_secs(10));
    generator.closed(&target, 16, time / 4);
    let peak = generator.closed(&target, 16, time);
    let offered = 4.0 * peak.rate();
    let overloaded = generator.open(&target, offered, time);
    let after = generator.closed(&target, 16, time / 4);
    let mut figures = vec![
        Figure::exactly(
            "four times the load: answers that are neither good nor 503 with Retry-After",
            overloaded.failed,
            0,
        ),
        Figure::exactly(
            "after the overload: requests that failed or were refused",
            after.failed + after.refused,
            0,
        ),
    ];
    if size == Size::Long {
        let goodput = overloaded.good as f64 / time.as_secs_f64() / peak.rate();
        eprintln!(
            "peak {:.0}/s; at {offered:.0}/s: {:.0}/s good, {} refused, p50 {:.0} ms, p99 {:.0} ms",
            peak.rate(),
            overloaded.good as f64 / time.as_secs_f64(),
            overloaded.refused,
            overloaded.quantile_ms(0.5),
            overloaded.quantile_ms(0.99),
        );
        figures.push(Figure::at_least(
            "four times the load: good answers, against the peak",
            100.0 * goodput,
            80.0,
            "%",
        ));
    }
    figures
}

pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
