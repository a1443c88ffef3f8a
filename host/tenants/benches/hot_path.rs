//! What every request pays before a handler runs, and what group commit gains: `cargo bench -p lectern-tenants`. Times are medians of
//! many rounds on one thread.

#![allow(missing_docs, clippy::unwrap_used, reason = "a measurement may stop the short way")]

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_data::identity::User;
use lectern_data::model::{Assignment, Change, Request, Value};
use lectern_tenants::admin::{Admin, NewTenant};
use lectern_tenants::{Options, Tenant, Tenants};

const ROUNDS: usize = 201;
const CALLS: u32 = 500;
const SECONDS: Duration = Duration::from_secs(3);

/// Prints the median time of a call.
fn measure(what: &str, mut call: impl FnMut()) {
    let round = |_| {
        let start = Instant::now();
        (0..CALLS).for_each(|_| call());
        start.elapsed() / CALLS
    };
    let mut times: Vec<_> = (0..ROUNDS).map(round).collect();
    times.sort_unstable();
    let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
    println!("{what:60} {:8.2} µs", median.as_secs_f64() * 1e6);
}

fn request(path: &str, credentials: &str, header: Option<(&str, &str)>) -> Request {
    let mut headers = vec![
        ("host".to_owned(), "a.example".to_owned()),
        ("user-agent".to_owned(), "bench".to_owned()),
        ("accept".to_owned(), "application/v1.11.0+json".to_owned()),
        ("authorization".to_owned(), format!("Basic {credentials}")),
    ];
    headers.extend(header.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Request {
        method: "GET".into(),
        path_with_query: path.into(),
        headers,
    }
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let tenant = |name: &str| NewTenant {
        name: name.parse().unwrap(),
        display_name: name.into(),
        hosts: vec![format!("{name}.example").parse().unwrap()],
        administrator: "admin".into(),
        password: "secret".into(),
        digest: false,
    };
    let mut admin = Admin::init(&data, &tenant("a")).unwrap();
    admin.add_tenant(&tenant("b")).unwrap();
    let roles = (0..10_000)
        .map(|number| format!("ROLE_COURSE_{number}"))
        .chain(["ROLE_API_EVENTS_VIEW".to_owned()])
        .collect();
    let many = User {
        username: "many".into(),
        roles,
        ..User::default()
    };
    admin.add_user(&"a".parse().unwrap(), &many, "secret").unwrap();

    let tenants = Tenants::open(&data, Options::default()).unwrap();
    measure("by_host, two tenants", || {
        drop(black_box(tenants.by_host(black_box("a.example"))).unwrap())
    });

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let a = tenants.by_host("a.example").unwrap().unwrap();
    let client = Ipv4Addr::LOCALHOST.into();
    for (what, request) in [
        // admin:secret and many:secret.
        (
            "authenticate, remembered",
            request("/api/events?limit=1", "YWRtaW46c2VjcmV0", None),
        ),
        (
            "authenticate, remembered, last rule of GET",
            request("/api/workflow-definitions/x", "YWRtaW46c2VjcmV0", None),
        ),
        (
            "authenticate, remembered, 10,000 roles",
            request("/api/events?limit=1", "bWFueTpzZWNyZXQ=", None),
        ),
        (
            "authenticate, X-RUN-WITH-ROLES",
            request(
                "/api/events",
                "YWRtaW46c2VjcmV0",
                Some(("x-run-with-roles", "ROLE_A, ROLE_B")),
            ),
        ),
        (
            "authenticate, X-RUN-AS-USER",
            request("/api/events", "YWRtaW46c2VjcmV0", Some(("x-run-as-user", "admin"))),
        ),
    ] {
        // Without a round trip through the scheduler, as in a request that is being served anyway.
        runtime.block_on(async {
            a.authenticate(&request, client).await.unwrap();
        });
        measure(what, || {
            drop(black_box(runtime.block_on(a.authenticate(&request, client)).unwrap()))
        });
    }
    durable_writes(&a, folder.path());
}

/// Updates that 16 clients have acknowledged in a second, against commits of one row by SQLite alone with the same sync setting.
fn durable_writes(tenant: &Arc<Tenant>, folder: &Path) {
    let bare = rusqlite::Connection::open(folder.join("bare.db")).unwrap();
    lectern_data::native::configure(&bare, lectern_data::connection::Role::Writer).unwrap();
    bare.execute_batch("CREATE TABLE entry (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO entry VALUES (1, 'a')")
        .unwrap();
    let start = Instant::now();
    let mut commits = 0_u32;
    while start.elapsed() < SECONDS {
        bare.execute("UPDATE entry SET title = ? WHERE id = 1", [commits.to_string()])
            .unwrap();
        commits += 1;
    }
    let bare = f64::from(commits) / SECONDS.as_secs_f64();

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let session = tenant.system_session().unwrap();
    let title = |title: String| {
        vec![Assignment {
            field: "title".into(),
            value: Value::Text(title),
        }]
    };
    let collection = || "series".to_owned();
    let updates: u32 = runtime.block_on(async {
        for client in 0..16 {
            let (identifier, fields) = (client.to_string(), title("Title".into()));
            let create = Change::Create {
                collection: collection(),
                identifier,
                fields,
                acl: None,
            };
            tenant.commit(Arc::clone(&session), vec![create]).await.unwrap();
        }
        let start = Instant::now();
        let clients = (0..16).map(|client| {
            let (tenant, session) = (Arc::clone(tenant), Arc::clone(&session));
            tokio::spawn(async move {
                let mut updates = 0_u32;
                while start.elapsed() < SECONDS {
                    let (identifier, fields) = (client.to_string(), title(format!("Title {updates}")));
                    let update = Change::Update {
                        collection: collection(),
                        identifier,
                        fields,
                    };
                    tenant.commit(Arc::clone(&session), vec![update]).await.unwrap();
                    updates += 1;
                }
                updates
            })
        });
        let mut updates = 0;
        for client in clients.collect::<Vec<_>>() {
            updates += client.await.unwrap();
        }
        updates
    });
    let grouped = f64::from(updates) / SECONDS.as_secs_f64();
    println!(
        "durable updates per second: {grouped:.0} by 16 clients, {bare:.0} bare commits, ratio {:.1}",
        grouped / bare
    );
}
