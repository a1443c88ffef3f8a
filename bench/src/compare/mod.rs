//! What others take for the same: a service in Python as one would write it, Datasette, nginx with a file of the same bytes, which
//! is the limit, and Spin with Lectern's own components, if its program is named.
//!
//! They are asked for the newest 100 events, and for the newest 100 with a piece of a word. The others know less: the service knows
//! access lists, the total it does not tell; Datasette and nginx know neither.

mod contenders;
mod plain;

use std::fmt::Write;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::data::{Dataset, STAFF, Size};
use crate::http::Asked;
use crate::load::Pace;
use crate::numbers::{Bench, get};
use crate::server::{Memory, Server};
use crate::statistics::shown;
use crate::table::aligned;

/// How long each load lasts, in seconds.
const SECONDS: f64 = 3.0;

/// Clients that ask for as much as they can get.
const CLIENTS: usize = 16;

/// What can be asked of a contender.
struct Contender {
    name: &'static str,
    server: Server,
    /// From its start to its first answer, in microseconds.
    start: f64,
    list: Asked,
    /// With each of these pieces of words.
    search: Vec<Asked>,
}

/// What came of one kind of request.
struct Figures {
    bytes: u64,
    p50: f64,
    rate: f64,
    processor: f64,
}

/// Prints the tables, for the smallest and the largest data set.
pub fn print(bench: &Bench) -> Result<()> {
    let python = contenders::python(&bench.folder)?;
    let mut rows = vec![
        [
            "",
            "data",
            "start",
            "memory",
            "list p50",
            "list/s",
            "list CPU",
            "search p50",
            "search/s",
            "search CPU",
        ]
        .map(str::to_owned),
    ];
    let sizes = bench.size.map_or_else(|| vec![Size::S, Size::XL], |size| vec![size]);
    for size in sizes {
        let dataset = Dataset::of(&bench.folder, size)?;
        let plain = plain::database(&dataset)?;
        let list = lectern(bench, &dataset)?;
        let (_, bytes) = list.server.ask(&list.list)?;
        let (asked, search) = (list.list.clone(), list.search.clone());
        rows.push(row(list, size)?);
        if let Some(spin) = std::env::var_os("SPIN") {
            let copy = dataset.copy()?;
            rows.push(row(contenders::spin(&spin, bench, &copy.data, asked, search)?, size)?);
        }
        rows.push(row(contenders::service(&python, &plain, &dataset)?, size)?);
        rows.push(row(contenders::datasette(&python, &plain, &dataset)?, size)?);
        rows.push(row(contenders::nginx(&bench.folder, &bytes)?, size)?);
    }
    let mut text = String::new();
    aligned(&mut text, rows)?;
    writeln!(
        text,
        "\nlist: the newest 100 events; search: five letters of a word, the newest 100; p50: one client; /s: {CLIENTS} clients; \
         CPU: of all its processes, for a request; memory: anonymous, after the load"
    )?;
    println!("\n{text}");
    Ok(())
}

fn lectern(bench: &Bench, dataset: &Dataset) -> Result<Contender> {
    // Compiles the components, if they are not.
    drop(bench.serve(&dataset.folder, &[])?);
    let list = "/api/events?sort=start_date:DESC&limit=100";
    let pieces = dataset.facts.pieces.iter();
    let search = pieces.map(|piece| get(STAFF, &format!("{list}&filter=textFilter:{}", encoded(piece))));
    Contender::start(
        "Lectern",
        || bench.serve(&dataset.folder, &[]),
        get(STAFF, list),
        search.collect(),
    )
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl Contender {
    fn start(
        name: &'static str,
        start: impl FnOnce() -> Result<Server>,
        list: Asked,
        search: Vec<Asked>,
    ) -> Result<Self> {
        let begun = Instant::now();
        let server = start().with_context(|| format!("{name} does not start"))?;
        server.ask(&list).with_context(|| format!("{name} does not answer"))?;
        Ok(Self {
            name,
            server,
            start: begun.elapsed().as_secs_f64() * 1e6,
            list,
            search,
        })
    }
}

fn row(contender: Contender, size: Size) -> Result<[String; 10]> {
    let list = figures(&contender.server, std::slice::from_ref(&contender.list))?;
    let search = match contender.search.as_slice() {
        [] => None,
        requests => Some(figures(&contender.server, requests)?),
    };
    let Memory { anonymous, .. } = contender.server.memory()?;
    let searched = |show: &dyn Fn(&Figures) -> String| search.as_ref().map_or_else(|| "–".to_owned(), show);
    eprintln!("{} {size}: {} bytes a list", contender.name, list.bytes);
    Ok([
        contender.name.to_owned(),
        size.to_string(),
        shown(contender.start),
        format!("{anonymous:.0} MB"),
        shown(list.p50),
        format!("{:.0}", list.rate),
        shown(list.processor),
        searched(&|search| shown(search.p50)),
        searched(&|search| format!("{:.0}", search.rate)),
        searched(&|search| shown(search.processor)),
    ])
}

fn figures(server: &Server, requests: &[Asked]) -> Result<Figures> {
    server.load(requests, 1, Pace::Seconds(1.0))?;
    let alone = server.load(requests, 1, Pace::Seconds(SECONDS))?;
    let before = server.processor_time()?;
    let many = server.load(requests, CLIENTS, Pace::Seconds(SECONDS))?;
    let time = server.processor_time()?.saturating_sub(before);
    Ok(Figures {
        bytes: alone.bytes / alone.good,
        p50: alone.p50,
        rate: many.rate(),
        processor: time.as_secs_f64() * 1e6 / many.good as f64,
    })
}
