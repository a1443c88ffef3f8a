//! Changes: P5, P6, P10. They happen in copies of the data sets.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lectern_data::connection::Role;
use lectern_data::native;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{Bench, get, in_turns};
use crate::data::{self, ADMIN, AGENT, BIG_SERIES, BIG_SERIES_EVENTS, HOST, NEW_ROLE, NEWCOMER, Size};
use crate::http::{Asked, Connection as Client};
use crate::load::{COUNTER, Pace};
use crate::statistics::{median, micros_of, shown, time};
use crate::table::Row;

/// How often the access list is changed.
const CHANGES: usize = 100;

/// P5: who is let into a series is let into its events with the very next request.
pub fn access_list(bench: &Bench) -> Result<Vec<Row>> {
    let dataset = bench.dataset(Size::L)?;
    let copy = dataset.copy()?;
    let server = bench.serve(&copy.data, &[])?;
    let mut client = Client::open(server.address())?;
    let target = format!("/api/series/{BIG_SERIES}/acl");
    let list = get(NEWCOMER, &format!("/api/events?filter=is_part_of:{BIG_SERIES}&limit=1")).bytes();
    let mut micros = Vec::new();
    let mut visible = 0;
    for round in 0..CHANGES {
        let entry = |role: &str| json!({ "role": role, "action": "read", "allow": true });
        let mut entries = vec![entry("ROLE_STAFF"), entry(&format!("ROLE_ROUND_{round}"))];
        let is_let_in = round % 2 == 0;
        if is_let_in {
            entries.push(entry(NEW_ROLE));
        }
        let acl = Value::from(entries).to_string();
        let change = Asked::form("PUT", HOST, ADMIN, &target, "acl", &acl).bytes();
        let start = Instant::now();
        let answer = client.ask(&change)?;
        micros.push(micros_of(start.elapsed()));
        ensure!(
            answer.status == 200,
            "the access list could not be changed: {}",
            answer.status
        );
        let answer = client.ask(&list)?;
        let seen: usize = answer.header("x-total-count").context("a list")?.parse()?;
        visible += usize::from(seen == if is_let_in { BIG_SERIES_EVENTS } else { 0 });
    }
    let write = median(micros);
    let sync = sync(&copy.data)?;
    Ok(vec![Row {
        number: "P5",
        what: format!(
            "access list of a series of {BIG_SERIES_EVENTS} events changed, then a list of somebody let in, {}",
            dataset.size
        ),
        measured: format!(
            "visible in {visible} of {CHANGES} next requests; write p50 {}, one sync {}",
            shown(write),
            shown(sync)
        ),
        to_reach: "visible in the very next request; write ≤ 2 ms plus one sync".to_owned(),
        verdict: visible == CHANGES && write - sync <= 2000.0,
    }])
}

/// How long it takes to bring two pages to the disk, in microseconds: what a small commit has to wait for.
fn sync(folder: &Path) -> Result<f64> {
    let path = folder.join("sync");
    let mut file = File::create(&path)?;
    let micros = time(CHANGES, || {
        file.write_all(&[1; 8192])?;
        Ok(file.sync_data()?)
    })?;
    std::fs::remove_file(path)?;
    Ok(micros)
}

/// P6: a recording on every day for 68 years, at an agent that is booked as often already.
pub fn schedule(bench: &Bench) -> Result<Vec<Row>> {
    const OCCURRENCES: usize = 25_000;
    let dataset = bench.dataset(Size::L)?;
    let copy = dataset.copy()?;
    let server = bench.serve(&copy.data, &[])?;
    let metadata =
        json!([{ "flavor": "dublincore/episode", "fields": [{ "id": "title", "value": "Every day" }] }]).to_string();
    let acl = json!([{ "role": "ROLE_STAFF", "action": "read" }]).to_string();
    let processing = json!({ "workflow": "schedule-and-upload" }).to_string();
    let mut seconds = Vec::new();
    for hour in [8, 12] {
        let rrule = format!("FREQ=DAILY;COUNT={OCCURRENCES};BYHOUR={hour};BYMINUTE=0");
        let scheduling = json!({
            "agent_id": AGENT, "start": format!("2030-01-01T{hour:02}:00:00Z"), "end": "2110-01-01T00:00:00Z",
            "duration": 5_400_000, "rrule": rrule,
        })
        .to_string();
        let fields = [
            ("metadata", metadata.as_str()),
            ("acl", &acl),
            ("processing", &processing),
            ("scheduling", &scheduling),
        ];
        let asked = Asked::multipart(HOST, ADMIN, "/api/events", &fields);
        let start = Instant::now();
        let (_, body) = server.ask(&asked)?;
        seconds.push(start.elapsed().as_secs_f64());
        let made: Vec<Value> = serde_json::from_slice(&body)?;
        ensure!(
            made.len() == OCCURRENCES,
            "{} occurrences instead of {OCCURRENCES}",
            made.len()
        );
    }
    drop(server);
    let database = Connection::open(data::database(&copy.data))?;
    let commits: i64 = database.query_row(
        "SELECT count(DISTINCT sequence) FROM event WHERE agent_id = ?",
        [AGENT],
        |row| row.get(0),
    )?;
    let longest = seconds.iter().copied().fold(0.0, f64::max);
    let shown: Vec<String> = seconds.iter().map(|seconds| format!("{seconds:.2} s")).collect();
    Ok(vec![Row {
        number: "P6",
        what: format!(
            "{OCCURRENCES} occurrences scheduled by rrule with conflict check, {}",
            dataset.size
        ),
        measured: format!(
            "{}; {commits} commits for {} requests",
            shown.join(", then "),
            seconds.len()
        ),
        to_reach: "≤ 2 s, one transaction".to_owned(),
        verdict: longest <= 2.0 && usize::try_from(commits)? == seconds.len(),
    }])
}

/// P10: durable updates, against SQLite alone.
pub fn updates(bench: &Bench) -> Result<Vec<Row>> {
    const CLIENTS: usize = 16;
    const SECONDS: f64 = 2.0;
    let dataset = bench.dataset(Size::L)?;
    let copy = dataset.copy()?;
    let server = bench.serve(&copy.data, &[])?;
    let fields = json!([{ "id": "title", "value": format!("Title {COUNTER}") }]).to_string();
    let updates: Vec<Asked> = dataset
        .facts
        .events
        .iter()
        .take(CLIENTS)
        .map(|event| {
            let target = format!("/api/events/{event}/metadata?type=dublincore/episode");
            Asked::form("PUT", HOST, ADMIN, &target, "metadata", &fields)
        })
        .collect();
    server.load(&updates, CLIENTS, Pace::Seconds(0.5))?;
    let bare = Connection::open(copy.data.join("bare.db"))?;
    native::configure(&bare, Role::Writer)?;
    bare.execute_batch("CREATE TABLE entry (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO entry VALUES (1, 'a')")?;
    let (grouped, alone) = in_turns(
        || Ok(server.load(&updates, CLIENTS, Pace::Seconds(SECONDS))?.rate()),
        || commits(&bare, Duration::from_secs_f64(SECONDS)),
    )?;
    let ratio = grouped / alone;
    Ok(vec![Row {
        number: "P10",
        what: format!(
            "durable updates of metadata, {CLIENTS} clients, one tenant, {}, against bare SQLite commits",
            dataset.size
        ),
        measured: format!("{ratio:.2}× ({grouped:.0}/s against {alone:.0}/s)"),
        to_reach: "≥ 3.0×".to_owned(),
        verdict: ratio >= 3.0,
    }])
}

/// Commits of one row per second, on one thread.
fn commits(connection: &Connection, time: Duration) -> Result<f64> {
    let mut update = connection.prepare_cached("UPDATE entry SET title = ? WHERE id = 1")?;
    let start = Instant::now();
    let mut number = 0_u32;
    while start.elapsed() < time {
        number += 1;
        update.execute([format!("Title {number:012}")])?;
    }
    Ok(f64::from(number) / start.elapsed().as_secs_f64())
}
