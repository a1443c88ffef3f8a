//! Lists: P2, P3, P4, P7, P11.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Bench, EVERYTHING, get, in_turns, latency};
use crate::data::{ADMIN, MANY, RARE, STAFF, Size};
use crate::http::Asked;
use crate::load::Pace;
use crate::server::Server;
use crate::statistics::shown;
use crate::table::Row;

/// How often a page is asked for before times count: the first answers are slower, since nothing has been read from the disk yet.
const WARM_UP: u64 = 50;

/// How often a page is asked for in a row.
const TIMES: u64 = 300;

/// The page that P2, P3 and P4 are about.
fn full_page(user: &str) -> Asked {
    get(
        user,
        &format!("/api/events?limit=100&sort=start_date:DESC&{EVERYTHING}"),
    )
}

/// Checks how many objects an answer lists, and gives the total.
fn listed(server: &Server, asked: &Asked, number: usize) -> Result<u64> {
    let (answer, body) = server.ask(asked)?;
    let list: Vec<Value> = serde_json::from_slice(&body)?;
    ensure!(
        list.len() == number,
        "{} lists {} objects instead of {number}",
        asked.target,
        list.len()
    );
    let total = answer.header("x-total-count").context("a list without its total")?;
    Ok(total.parse()?)
}

/// P2: a page of 100 events with all that can be included. The number is about a page that has been asked for before; what one takes that has not is
/// said beside it.
pub fn page(bench: &Bench) -> Result<Vec<Row>> {
    let dataset = bench.dataset(Size::L)?;
    let server = bench.serve(&dataset.folder, &[])?;
    let page = [full_page(STAFF)];
    listed(&server, &full_page(STAFF), 100)?;
    latency(&server, &page, WARM_UP)?;
    let tally = server.load(&page, 1, Pace::Times(1000))?;
    let kilobytes = tally.bytes / tally.good / 1000;
    let others = |more: &str| -> Vec<Asked> {
        let page = |number| {
            get(
                STAFF,
                &format!("{}&offset={}{more}", full_page(STAFF).target, number * 100),
            )
        };
        (1..=20).map(page).collect()
    };
    // With signed addresses nothing is kept, but everything is read from the disk.
    latency(&server, &others("&sign=true"), 20)?;
    let first = latency(&server, &others(""), 20)?;
    Ok(vec![Row {
        number: "P2",
        what: format!("page of 100 events, all four with…, {}, one client", dataset.size),
        measured: format!(
            "p50 {}, p99 {}, {kilobytes} kB; p50 {} if it has not been asked for",
            shown(tally.p50),
            shown(tally.p99),
            shown(first)
        ),
        to_reach: "p50 ≤ 2 ms".to_owned(),
        verdict: tally.p50 <= 2000.0,
    }])
}

/// P3: the same page in a large tenant and in a small one.
pub fn growth(bench: &Bench) -> Result<Vec<Row>> {
    let small = crate::data::Dataset::of(&bench.folder, Size::S)?;
    let large = bench.dataset(Size::XL)?;
    let servers = [bench.serve(&small.folder, &[])?, bench.serve(&large.folder, &[])?];
    let page = [full_page(STAFF)];
    for server in &servers {
        listed(server, &full_page(STAFF), 100)?;
        latency(server, &page, WARM_UP)?;
    }
    let [in_small, in_large] = &servers;
    let (in_small, in_large) = in_turns(|| latency(in_small, &page, TIMES), || latency(in_large, &page, TIMES))?;
    let ratio = in_large / in_small;
    Ok(vec![Row {
        number: "P3",
        what: format!("the same page, {} against {}", large.size, small.size),
        measured: format!("{ratio:.2}× ({} against {})", shown(in_large), shown(in_small)),
        to_reach: "≤ 1.2×".to_owned(),
        verdict: ratio <= 1.2,
    }])
}

/// P4: users with many roles, and with few rights.
pub fn roles(bench: &Bench) -> Result<Vec<Row>> {
    let dataset = bench.dataset(Size::L)?;
    let server = bench.serve(&dataset.folder, &[])?;
    let (one, many) = ([full_page(STAFF)], [full_page(MANY)]);
    for page in [&one, &many] {
        listed(&server, &page[0], 100)?;
        latency(&server, page, WARM_UP)?;
    }
    let (of_one, of_many) = in_turns(|| latency(&server, &one, TIMES), || latency(&server, &many, TIMES))?;
    let ratio = of_many / of_one;
    let mut rows = vec![Row {
        number: "P4",
        what: format!("user with 10,000 roles against 1 role, page, {}", dataset.size),
        measured: format!("{ratio:.2}× ({} against {})", shown(of_many), shown(of_one)),
        to_reach: "≤ 1.5×".to_owned(),
        verdict: ratio <= 1.5,
    }];
    drop(server);
    let dataset = bench.dataset(Size::XL)?;
    let server = bench.serve(&dataset.folder, &[])?;
    let page = [full_page(RARE)];
    let total = listed(&server, &full_page(RARE), 10)?;
    ensure!(total == 10, "a user who may read 10 events is told of {total}");
    latency(&server, &page, WARM_UP)?;
    let tally = server.load(&page, 1, Pace::Times(1000))?;
    rows.push(Row {
        number: "P4",
        what: format!("user who may read 10 events, page, {}", dataset.size),
        measured: format!("p50 {}, p99 {}", shown(tally.p50), shown(tally.p99)),
        to_reach: "p50 ≤ 1 ms".to_owned(),
        verdict: tally.p50 <= 1000.0,
    });
    Ok(rows)
}

/// P7: what a harvester does.
pub fn walk(bench: &Bench) -> Result<Vec<Row>> {
    const PAGE: usize = 500;
    let dataset = bench.dataset(Size::L)?;
    let server = bench.serve(&dataset.folder, &[])?;
    let query = "sort=start_date:ASC&withacl=true&withmetadata=true&withpublications=true";
    let page = |offset: usize| get(ADMIN, &format!("/api/events?limit={PAGE}&offset={offset}&{query}"));
    let total = listed(&server, &page(0), PAGE)?;
    ensure!(
        total == dataset.size.events() as u64,
        "{} events are listed, not {}",
        total,
        dataset.size.events()
    );
    let pages: Vec<Asked> = (0..dataset.size.events()).step_by(PAGE).map(page).collect();
    let walk = || server.load(&pages, 1, Pace::Times(pages.len() as u64));
    let first = walk()?;
    let second = walk()?;
    let seconds = first.seconds.max(second.seconds);
    Ok(vec![Row {
        number: "P7",
        what: format!(
            "walk all of {} in pages of {PAGE} with metadata, access lists, publications",
            dataset.size
        ),
        measured: format!(
            "{:.2} s first, {:.2} s again, {} MB",
            first.seconds,
            second.seconds,
            first.bytes / 1_000_000
        ),
        to_reach: "≤ 4 s".to_owned(),
        verdict: seconds <= 4.0,
    }])
}

/// P11: searching.
pub fn text(bench: &Bench) -> Result<Vec<Row>> {
    let dataset = bench.dataset(Size::XL)?;
    let server = bench.serve(&dataset.folder, &[])?;
    let search = |text: &str| {
        let text = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
        get(
            STAFF,
            &format!("/api/events?filter=textFilter:{text}&sort=start_date:DESC&limit=100"),
        )
    };
    let mut rows = Vec::new();
    let pieces: Vec<Asked> = dataset.facts.pieces.iter().map(|piece| search(piece)).collect();
    let common = [search(&dataset.facts.commonest)];
    for (what, requests, limit) in [
        (
            format!("textFilter: five letters of a word ({} of them)", pieces.len()),
            &pieces[..],
            10.0,
        ),
        (
            format!(
                "textFilter: the commonest three letters ('{}')",
                dataset.facts.commonest
            ),
            &common[..],
            60.0,
        ),
    ] {
        latency(&server, requests, requests.len() as u64 + 2)?;
        let tally = server.load(requests, 1, Pace::Times(200))?;
        rows.push(Row {
            number: "P11",
            what: format!("{what}, first page, {}", dataset.size),
            measured: format!(
                "p50 {}, p90 {}, longest {}",
                shown(tally.p50),
                shown(tally.p90),
                shown(tally.max)
            ),
            to_reach: format!("p50 ≤ {limit} ms"),
            verdict: tally.p50 <= limit * 1000.0,
        });
    }
    Ok(rows)
}
