//! P9: many tenants, few of them active; and how fast a server is there.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use lectern_tenants::admin::Admin;

use super::{Bench, EVERYTHING, ROUNDS};
use crate::data::{ADMIN, BIG_SERIES, Dataset, HOST, STAFF, Size, copy_folder, new_tenant};
use crate::http::Asked;
use crate::load::Pace;
use crate::statistics::{median, shown};
use crate::table::Row;

const KNOWN: usize = 1000;
const ACTIVE: usize = 10;

/// A data folder with [`KNOWN`] tenants, the first [`ACTIVE`] of which are copies of the smallest data set.
fn folder(bench: &Bench, small: &Dataset) -> Result<PathBuf> {
    let place = bench.folder.join("tenants");
    let data = place.join("data");
    let stamp = place.join("stamp");
    // What the copies are of, so that they are made again together with that.
    let current = fs::read_to_string(small.folder.with_file_name("stamp"))?;
    if fs::read_to_string(&stamp).is_ok_and(|found| found == current) {
        return Ok(data);
    }
    eprintln!("making {KNOWN} tenants …");
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::create_dir_all(&place)?;
    copy_folder(&small.folder, &data)?;
    let mut admin = Admin::open(&data)?;
    for number in 1..KNOWN {
        let name = format!("tenant-{number}");
        admin.add_tenant(&new_tenant(&name, &host(number))?)?;
        if number < ACTIVE {
            let database = data.join("tenants").join(&name).join("tenant.db");
            fs::copy(small.database(), &database)?;
            let connection = rusqlite::Connection::open(&database)?;
            connection.execute("UPDATE organization SET identifier = ?", [&name])?;
        }
    }
    fs::write(stamp, current)?;
    Ok(data)
}

fn host(number: usize) -> String {
    match number {
        0 => HOST.to_owned(),
        number => format!("tenant-{number}.example"),
    }
}

/// P9.
pub fn tenants(bench: &Bench) -> Result<Vec<Row>> {
    let small = Dataset::of(&bench.folder, Size::S)?;
    let data = folder(bench, &small)?;
    // Compiles the components, if they are not.
    drop(bench.serve(&data, &[])?);
    let first = Asked::get(HOST, STAFF, "/api/events?limit=10");
    let mut starts = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let server = bench.serve(&data, &[])?;
        server.ask(&first)?;
        starts.push(start.elapsed().as_secs_f64() * 1e6);
    }
    let server = bench.serve(&data, &[])?;
    let requests: Vec<Asked> = (0..ACTIVE).flat_map(|number| requests(&host(number), &small)).collect();
    server.load(&requests, ACTIVE, Pace::Seconds(5.0))?;
    let memory = server.memory()?;
    let start = median(starts);
    Ok(vec![
        Row {
            number: "P9",
            what: format!(
                "resident memory, {KNOWN} tenants known, {ACTIVE} active with the events of {}",
                small.size
            ),
            measured: format!("{:.0} MB, {:.0} MB of it anonymous", memory.resident, memory.anonymous),
            to_reach: "≤ 100 MB".to_owned(),
            verdict: memory.resident <= 100.0,
        },
        Row {
            number: "P9",
            what: "start to first answer (a list, password checked), components compiled before".to_owned(),
            measured: shown(start),
            to_reach: "≤ 200 ms".to_owned(),
            verdict: start <= 200_000.0,
        },
    ])
}

/// What is asked of an active tenant: pages, single events, searches, and a change.
fn requests(host: &str, dataset: &Dataset) -> Vec<Asked> {
    let get = |user: &str, target: &str| Asked::get(host, user, target);
    let piece = dataset.facts.commonest.as_str();
    let event = dataset.facts.events.first().map_or("", String::as_str);
    let acl = r#"[{"role":"ROLE_STAFF","action":"read","allow":true}]"#;
    vec![
        get(
            STAFF,
            &format!("/api/events?limit=100&sort=start_date:DESC&{EVERYTHING}"),
        ),
        get(STAFF, "/api/series?limit=100&sort=title:ASC"),
        get(STAFF, &format!("/api/events/{event}?{EVERYTHING}")),
        get(
            STAFF,
            &format!("/api/events?limit=20&filter=textFilter:{piece}&sort=title:ASC"),
        ),
        Asked::form("PUT", host, ADMIN, &format!("/api/series/{BIG_SERIES}/acl"), "acl", acl),
    ]
}
