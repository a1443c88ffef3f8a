//! Measures the data layer on a large tenant: `cargo run --release -p lectern-data --features native --example measure -- FILE [EVENTS [reads|writes|nothing [CASE]]]`.
//!
//! Fills the tenant in FILE if it has no events (300,000 by default, one series for ten), then prints the median time of each kind of
//! request. Nothing here is part of the product.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a tool for developers"
)]

mod generate;
mod schedule;

use generate::{Generator, list};
use lectern_data::access::AccessCache;
use lectern_data::connection::Role;
use lectern_data::model::*;
use lectern_data::{lists, migrations, native, search, write};
use rusqlite::Connection;
use std::time::{Duration, Instant};

const FIELDS: [&str; 22] = [
    "title",
    "description",
    "creator",
    "presenter",
    "contributor",
    "subject",
    "location",
    "created",
    "start",
    "duration",
    "language",
    "rightsholder",
    "license",
    "source",
    "is_part_of",
    "series",
    "status",
    "processing_state",
    "archive_version",
    "has_previews",
    "publication_status",
    "publisher",
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().expect("the first argument is the file");
    let events: usize = arguments
        .next()
        .map_or(300_000, |number| number.parse().expect("a number of events"));
    let writer = Connection::open(&file).unwrap();
    native::configure(&writer, Role::Writer).unwrap();
    writer.pragma_update(None, "cache_size", -65536).unwrap();
    migrations::apply(&writer).unwrap();
    let empty = "SELECT events = 0 FROM tenant_state";
    if writer.query_row(empty, [], |row| row.get(0)).unwrap() {
        fill(&writer, events);
    }
    let reader = Connection::open(&file).unwrap();
    native::configure(&reader, Role::Reader).unwrap();
    reader.pragma_update(None, "cache_size", -65536).unwrap();
    let only = arguments.next();
    if matches!(only.as_deref(), None | Some("reads")) {
        reads(&reader);
    }
    if matches!(only.as_deref(), None | Some("writes")) {
        writes(&writer);
    }
}

fn fill(writer: &Connection, events: usize) {
    let mut generator = Generator::new(1);
    let start = Instant::now();
    let mut done = 0;
    let series = events / 10;
    while done < series + events {
        let changes: Vec<Change> = (done..(done + 2000).min(series + events))
            .map(|index| {
                if index < series {
                    generator.series()
                } else {
                    generator.event()
                }
            })
            .collect();
        done += changes.len();
        write(writer, &changes);
    }
    // The one list that hardly anybody has.
    let rare: Vec<Change> = (0..10)
        .map(|_| match generator.event() {
            Change::Create {
                collection,
                identifier,
                fields,
                ..
            } => Change::Create {
                collection,
                identifier,
                fields,
                acl: Some(list(&["ROLE_RARE".to_owned()])),
            },
            other => other,
        })
        .collect();
    write(writer, &rare);
    writer.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    println!(
        "filled in {:?}, {:?} per object",
        start.elapsed(),
        start.elapsed() / (series + events) as u32
    );
}

fn write(writer: &Connection, changes: &[Change]) {
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    write::apply(writer, &admin(), changes, 1_700_000_000_000).unwrap();
    writer.execute_batch("COMMIT").unwrap();
}

fn user(roles: Vec<String>) -> Session {
    Session {
        principal: Principal {
            username: "user".to_owned(),
            roles,
            ..Principal::default()
        },
        ..Session::default()
    }
}

fn admin() -> Session {
    let mut session = user(vec!["ROLE_ADMIN".to_owned()]);
    session.principal.administrator = true;
    session
}

fn page(sort: &[(&str, bool)], filter: &[Criterion]) -> Query {
    Query {
        collection: "events".to_owned(),
        filters: if filter.is_empty() {
            Vec::new()
        } else {
            vec![filter.to_vec()]
        },
        sort: sort
            .iter()
            .map(|(field, descending)| SortKey {
                field: field.to_string(),
                descending: *descending,
            })
            .collect(),
        limit: 100,
        fields: FIELDS.map(str::to_owned).to_vec(),
        with_acl: true,
        ..Query::default()
    }
}

fn equals(field: &str, value: &str) -> Criterion {
    Criterion {
        field: field.to_owned(),
        test: Test::Equals(vec![value.to_owned()]),
    }
}

fn contains(text: &str) -> Criterion {
    Criterion {
        field: "text".to_owned(),
        test: Test::Contains(text.to_owned()),
    }
}

fn reads(reader: &Connection) {
    let all = reader
        .query_row("SELECT count(*) FROM event", [], |row| row.get::<_, i64>(0))
        .unwrap()
        .unsigned_abs();
    let staff = user(vec!["ROLE_STAFF".to_owned()]);
    let rare = user(vec!["ROLE_RARE".to_owned()]);
    let faculty = user(vec!["ROLE_FACULTY_11".to_owned(), "ROLE_FACULTY_10".to_owned()]);
    let mut many = vec!["ROLE_STAFF".to_owned()];
    many.extend((0..9_999).map(|index| format!("ROLE_COURSE_{index}")));
    let many = user(many);
    let users = [
        ("administrator", &admin()),
        ("1 role", &staff),
        ("rare list", &rare),
        ("two lists", &faculty),
        ("10,000 roles", &many),
    ];
    let (series, identifier): (String, String) = reader
        .query_row("SELECT s.identifier, e.identifier FROM event e JOIN series s ON s.id = e.series_id WHERE e.id = 100000 OR e.id = (SELECT max(id) FROM event) LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let title: String = reader
        .query_row("SELECT title FROM event LIMIT 1 OFFSET 5000", [], |row| row.get(0))
        .unwrap();
    let presenter: String = reader
        .query_row("SELECT presenter_first FROM event LIMIT 1 OFFSET 5000", [], |row| {
            row.get(0)
        })
        .unwrap();
    let deep = |query: Query, offset: u64| Query { offset, ..query };
    let total = |query: Query| Query {
        with_total: true,
        ..query
    };
    let by_title = [("title", false)];
    let newest = [("start", true)];
    let cases: Vec<(&str, Query)> = vec![
        (
            "single event",
            Query {
                limit: 1,
                ..page(&[], &[equals("identifier", &identifier)])
            },
        ),
        ("first page, unsorted", page(&[], &[])),
        ("first page by title", page(&by_title, &[])),
        ("first page by title, total", total(page(&by_title, &[]))),
        ("page in the middle by title", deep(page(&by_title, &[]), all / 2)),
        ("page at 90 % by title", deep(page(&by_title, &[]), all * 9 / 10)),
        ("last page by title", deep(page(&by_title, &[]), all - 100)),
        ("page in the middle, unsorted", deep(page(&[], &[]), all / 2)),
        ("first page by location", page(&[("location", false)], &[])),
        ("first page by series", page(&[("series", false)], &[])),
        (
            "page in the middle by series",
            deep(page(&[("series", false)], &[]), all / 2),
        ),
        (
            "first page by title, start",
            page(&[("title", false), ("start", true)], &[]),
        ),
        (
            "series page, newest first",
            page(&newest, &[equals("is_part_of", &series)]),
        ),
        (
            "series page by location, total",
            total(page(&[("location", false)], &[equals("is_part_of", &series)])),
        ),
        ("by exact title", page(&newest, &[equals("title", &title)])),
        (
            "by presenter, newest first",
            page(&newest, &[equals("presenter", &presenter)]),
        ),
        ("by language, newest first", page(&newest, &[equals("language", "deu")])),
        ("by language, total", total(page(&newest, &[equals("language", "deu")]))),
        ("text: nothing", page(&newest, &[contains("qqqqq")])),
        ("text: five letters", page(&newest, &[contains("rling")])),
        ("text: five letters, total", total(page(&newest, &[contains("rling")]))),
        ("text: five common letters", page(&newest, &[contains("lange")])),
        ("text: commonest three letters", page(&newest, &[contains("len")])),
        ("text: commonest three, total", total(page(&newest, &[contains("len")]))),
        ("text: a frequent word", page(&newest, &[contains("gelan")])),
        (
            "text: a frequent word, total",
            total(page(&newest, &[contains("gelan")])),
        ),
        ("text: two letters, total", total(page(&newest, &[contains("el")]))),
        ("text: one letter, total", total(page(&newest, &[contains("e")]))),
        (
            "text: two terms, total",
            total(page(&newest, &[contains("lan ge sel")])),
        ),
    ];
    print!("{:34}", "milliseconds, median");
    users.iter().for_each(|(name, _)| print!("{name:>15}"));
    println!();
    let wanted = std::env::args().nth(4).unwrap_or_default();
    for (name, query) in cases.iter().filter(|(name, _)| name.contains(&wanted)) {
        print!("{name:34}");
        for (_, session) in &users {
            let cache = AccessCache::default();
            let time = median(|| search::find(reader, session, query, Some(&cache)).unwrap());
            print!("{:>15.3}", time.as_secs_f64() * 1e3);
        }
        let total = search::find(reader, users[0].1, query, None).unwrap().total;
        println!("{}", total.map_or(String::new(), |total| format!("   {total} matches")));
    }
    if "without a cache".contains(&wanted) {
        print!("{:34}", "without a cache, first by title");
        for (_, session) in &users {
            let time = median(|| search::find(reader, session, &page(&by_title, &[]), None).unwrap());
            print!("{:>15.3}", time.as_secs_f64() * 1e3);
        }
        println!();
    }
    for name in lists::names().filter(|name| format!("list {name}").contains(&wanted)) {
        print!("{:34}", format!("list {name}"));
        for (_, session) in &users {
            let cache = AccessCache::default();
            let window = lists::Window {
                offset: 0,
                limit: u32::MAX,
            };
            let time = median(|| lists::entries(reader, session, name, window, Some(&cache)).unwrap());
            print!("{:>15.3}", time.as_secs_f64() * 1e3);
        }
        println!();
    }
    if "walk".contains(&wanted) {
        walk(reader, &staff, page(&by_title, &[]));
    }
}

fn walk(reader: &Connection, session: &Session, mut query: Query) {
    query.limit = 500;
    query.fields.truncate(1);
    let cache = AccessCache::default();
    let start = Instant::now();
    let mut seen = 0;
    loop {
        let page = search::find(reader, session, &query, Some(&cache)).unwrap();
        seen += page.items.len();
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    println!("walk of all {seen} in pages of 500 by cursor: {:?}", start.elapsed());
}

fn median<T>(mut run: impl FnMut() -> T) -> Duration {
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < 5 || (begin.elapsed() < Duration::from_millis(300) && times.len() < 1001) {
        let start = Instant::now();
        std::hint::black_box(run());
        times.push(start.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

fn writes(writer: &Connection) {
    let (series, event): (String, String) = writer
        .query_row(
            "SELECT s.identifier, e.identifier FROM event e JOIN series s ON s.id = e.series_id LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let mut round = 0;
    let mut measure = |name: &str, change: &dyn Fn(usize) -> Change| {
        let time = median(|| {
            round += 1;
            write(writer, &[change(round)]);
        });
        println!("{name:34}{:>15.3}", time.as_secs_f64() * 1e3);
    };
    measure("write: title of an event", &|round| Change::Update {
        collection: "events".to_owned(),
        identifier: event.clone(),
        fields: vec![Assignment {
            field: "title".to_owned(),
            value: Value::Text(format!("Title {round}")),
        }],
    });
    measure("write: license of an event", &|round| Change::Update {
        collection: "events".to_owned(),
        identifier: event.clone(),
        fields: vec![Assignment {
            field: "duration".to_owned(),
            value: Value::Number(round as i64),
        }],
    });
    measure("write: access list of a series", &|round| Change::SetAcl {
        collection: "series".to_owned(),
        identifier: series.clone(),
        acl: Some(list(&[format!("ROLE_{round}")])),
    });
    let mut generator = Generator::new(2);
    let changes: Vec<Change> = (0..25_000).map(|_| generator.event()).collect();
    let start = Instant::now();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    write::apply(writer, &admin(), &changes, 0).unwrap();
    println!(
        "25,000 events in one transaction: {:?}, then rolled back",
        start.elapsed()
    );
    writer.execute_batch("ROLLBACK").unwrap();
    schedule::measure(writer);
}
