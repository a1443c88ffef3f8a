//! Metrics for Prometheus: what is told, that it is what happened, and to whom it is told.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lectern_tests::content::{self, owned_by};
use lectern_tests::metrics::Metrics;
use lectern_tests::raw::Connection;
use lectern_tests::{Client, Installation, Server};
use serde_json::json;

const PASSWORD: &str = "counts on it";
const LISTEN: [&str; 2] = ["--metrics-listen", "127.0.0.1:0"];

fn host(tenant: &str) -> String {
    format!("{tenant}.example")
}

fn installation(tenants: &[&str]) -> Installation {
    let installation = Installation::empty();
    for (place, tenant) in tenants.iter().enumerate() {
        let host = host(tenant);
        match place {
            0 => installation.init(tenant, tenant, &host, "admin", PASSWORD),
            _ => installation.add_tenant(tenant, tenant, &host, "admin", PASSWORD),
        }
    }
    installation
}

fn admin(server: &Server, tenant: &str) -> Client {
    server.client(&host(tenant)).with_credentials("admin", PASSWORD)
}

/// The metrics as soon as they are like this.
#[track_caller]
fn metrics_with(server: &Server, is_there: impl Fn(&Metrics) -> bool) -> Metrics {
    let started = Instant::now();
    loop {
        let metrics = Metrics::of(server.metrics_address());
        if is_there(&metrics) {
            return metrics;
        }
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "it does not happen: {metrics:#?}"
        );
    }
}

/// How many requests of a tenant have ended.
fn requests(metrics: &Metrics, tenant: &str) -> f64 {
    metrics.sum("lectern_requests_total", &[("tenant", tenant)])
}

#[test]
fn the_documentation_lists_what_is_told_and_nothing_else() {
    let installation = installation(&["uni"]);
    let server = Server::start_with(&installation, &LISTEN);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/monitoring.md");
    let text = fs::read_to_string(path).expect("the documentation");
    let cells = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    let names = cells.flat_map(|cell| {
        cell.split('`')
            .filter(|name| name.starts_with("lectern_") || name.starts_with("process_"))
    });
    let documented: BTreeSet<&str> = names.collect();
    let told = Metrics::of(server.metrics_address());
    let told: BTreeSet<&str> = told.families.keys().map(String::as_str).collect();
    assert_eq!(documented, told);
}

#[test]
fn instances_that_may_answer_more_requests_do_so_for_their_tenant() {
    let installation = installation(&["north", "south"]);
    let arguments = [&LISTEN[..], &["--instance-requests", "3"]].concat();
    let server = Server::start_with(&installation, &arguments);
    for _ in 0..6 {
        for tenant in ["north", "south"] {
            let me = admin(&server, tenant).get("/api/info/organization").send_unchecked();
            assert_eq!(me.json()["id"], tenant);
        }
    }
    let metrics = metrics_with(&server, |metrics| {
        requests(metrics, "north") + requests(metrics, "south") >= 12.0
    });
    for tenant in ["north", "south"] {
        let labels = [("tenant", tenant), ("component", "base")];
        assert_eq!(
            metrics.get("lectern_instances_started_total", &labels),
            Some(2.0),
            "{tenant}"
        );
    }
}

#[test]
fn requests_are_counted_by_tenant_component_method_and_status() {
    let installation = installation(&["north", "south"]);
    let server = Server::start_with(&installation, &LISTEN);
    // Unchecked: no other request may come with them, they are counted.
    let north = admin(&server, "north");
    let form = content::series_form(&json!({ "title": "Rust" }), &owned_by("ROLE_USER"));
    let created = north.post("/api/series").multipart(&form).send_unchecked().expect(201);
    let list = north.get("/api/series").send_unchecked().expect(200);
    north.get("/api/series/nothing").send_unchecked().expect(404);
    north.get("/api/series").send_unchecked().expect(200);
    server
        .client(&host("south"))
        .get("/api/events")
        .send_unchecked()
        .expect(401);
    server
        .client("elsewhere.example")
        .get("/api")
        .send_unchecked()
        .expect(404);
    let metrics = metrics_with(&server, |metrics| requests(metrics, "") >= 1.0);
    for (tenant, component, method, status, number) in [
        ("north", "series", "write", "2xx", Some(1.0)),
        ("north", "series", "read", "2xx", Some(2.0)),
        ("north", "series", "read", "4xx", Some(1.0)),
        ("north", "series", "read", "5xx", None),
        ("north", "events", "read", "4xx", None),
        ("south", "events", "read", "4xx", Some(1.0)),
        ("", "server", "read", "4xx", Some(1.0)),
    ] {
        let labels = [
            ("tenant", tenant),
            ("component", component),
            ("method", method),
            ("status", status),
        ];
        assert_eq!(metrics.get("lectern_requests_total", &labels), number, "{labels:?}");
    }
    let north = [("tenant", "north")];
    let of_series = [("tenant", "north"), ("component", "series")];
    assert_eq!(metrics.get("lectern_instances_started_total", &of_series), Some(4.0));
    let sent = metrics.get("lectern_sent_bytes_total", &north).expect("bytes");
    assert!(sent >= (created.body.len() + list.body.len()) as f64, "{sent}");
    assert!(metrics.get("lectern_received_bytes_total", &north) > Some(100.0));
    let count = |name: &str, labels: &[(&str, &str)]| metrics.get(name, labels).unwrap_or_default();
    assert_eq!(
        count("lectern_request_duration_seconds_count", &[("component", "series")]),
        4.0
    );
    assert_eq!(count("lectern_tenant_request_duration_seconds_count", &north), 4.0);
    let of_phase = |phase| count("lectern_request_phase_duration_seconds_count", &[("phase", phase)]);
    assert_eq!((of_phase("instantiate"), of_phase("queue")), (5.0, 5.0));
    assert!(
        count(
            "lectern_request_phase_duration_seconds_sum",
            &[("phase", "authenticate")]
        ) > 0.0
    );
    assert_eq!(
        count(
            "lectern_data_calls_total",
            &[("tenant", "north"), ("operation", "commit")]
        ),
        1.0
    );
    assert!(
        count(
            "lectern_data_seconds_total",
            &[("tenant", "north"), ("operation", "find")]
        ) > 0.0
    );
    assert_eq!(count("lectern_transactions_total", &[("outcome", "committed")]), 1.0);
    assert_eq!(count("lectern_commit_transactions_count", &[]), 1.0);
    assert_eq!(count("lectern_commit_duration_seconds_count", &[]), 1.0);
    assert!(count("lectern_database_wal_bytes", &north) > 0.0);
    assert_eq!(count("lectern_tenants", &[]), 2.0);
    assert!(count("lectern_databases_open", &[]) >= 1.0);
    let versions = metrics.label("lectern_component_info", "version");
    assert!(versions.iter().all(|version| version.len() == 12), "{versions:?}");
    assert!(metrics.label("lectern_component_info", "component").contains("series"));
    assert!(count("process_resident_memory_bytes", &[]) > 1e6);
    assert!(count("process_open_fds", &[]) > 3.0);
}

#[test]
fn both_formats_say_the_same() {
    let installation = installation(&["uni"]);
    let server = Server::start_with(&installation, &LISTEN);
    admin(&server, "uni").get("/api/events").send().expect(200);
    let open = metrics_with(&server, |metrics| requests(metrics, "uni") >= 1.0);
    let plain = Metrics::of_plain(server.metrics_address());
    let names = |metrics: &Metrics| metrics.families.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&open), names(&plain));
    let labels = [
        ("tenant", "uni"),
        ("component", "events"),
        ("method", "read"),
        ("status", "2xx"),
    ];
    assert_eq!(plain.get("lectern_requests_total", &labels), Some(1.0));
}

#[test]
fn what_is_at_work_and_what_fails_is_told() {
    let installation = installation(&["uni"]);
    let folder = installation.components_with("misbehaving");
    let arguments = [&["--components", folder.to_str().expect("a path")], LISTEN.as_slice()].concat();
    let server = Server::start_with(&installation, &arguments);
    let client = server.client(&host("uni"));
    client.get("/api/misbehaving/trap").send().expect(500);
    client.get("/api/misbehaving/silent").send().expect(500);
    let mut reading = Connection::open(server.address());
    reading.send("GET /api/misbehaving/endless HTTP/1.1\r\nHost: uni.example\r\n\r\n");
    reading.read_at_least(1 << 20);
    let mut waiting = Connection::open(server.address());
    waiting.send("GET /api/misbehaving/wait HTTP/1.1\r\nHost: uni.example\r\n\r\n");
    let running = |metrics: &Metrics| {
        let running = metrics.get("lectern_instances_running", &[]);
        (running, metrics.get("lectern_requests_running", &[]))
    };
    metrics_with(&server, |metrics| running(metrics) == (Some(2.0), Some(2.0)));
    drop((reading, waiting));
    let metrics = metrics_with(&server, |metrics| running(metrics) == (Some(0.0), Some(0.0)));
    for (reason, number) in [("trap", Some(1.0)), ("no-answer", Some(1.0)), ("timeout", None)] {
        let labels = [("tenant", "uni"), ("component", "misbehaving"), ("reason", reason)];
        assert_eq!(
            metrics.get("lectern_request_failures_total", &labels),
            number,
            "{reason}"
        );
    }
    let of_status = |status| {
        metrics.sum(
            "lectern_requests_total",
            &[("component", "misbehaving"), ("status", status)],
        )
    };
    assert_eq!(
        (of_status("5xx"), of_status("2xx"), of_status("canceled")),
        (2.0, 1.0, 1.0)
    );
    assert_eq!(
        metrics.get("lectern_answers_broken_total", &[("component", "misbehaving")]),
        Some(1.0)
    );
}

#[test]
fn only_so_many_tenants_have_numbers_of_their_own() {
    let tenants = ["a", "b", "c", "d"];
    let installation = installation(&tenants);
    let arguments = [LISTEN.as_slice(), &["--metrics-tenants", "2"]].concat();
    let server = Server::start_with(&installation, &arguments);
    for tenant in tenants {
        admin(&server, tenant).get("/api/events").send().expect(200);
    }
    let all = |metrics: &Metrics| metrics.sum("lectern_requests_total", &[]);
    let metrics = metrics_with(&server, |metrics| all(metrics) >= 4.0);
    assert_eq!(requests(&metrics, "(other)"), 2.0);
    let named = metrics.label("lectern_requests_total", "tenant");
    assert_eq!(named, BTreeSet::from(["a", "b", "(other)"]));
}

#[test]
fn metrics_are_nowhere_but_on_their_own_listener_and_nothing_else_is_there() {
    let installation = installation(&["uni"]);
    let server = Server::start_with(&installation, &LISTEN);
    admin(&server, "uni").get("/metrics").send().expect(404);
    let own = Client::new(server.metrics_address(), &host("uni"));
    for path in ["/", "/play/event", "/health/live", "/metrics/more"] {
        own.get(path).send().refused(404, "/metrics");
    }
    own.post("/metrics").send().refused(405, "GET");
    own.request("HEAD", "/metrics").send().expect_empty(200);
}

#[test]
fn an_address_that_is_taken_is_named_with_the_option() {
    let installation = installation(&["uni"]);
    let server = Server::start_with(&installation, &LISTEN);
    let taken = server.metrics_address().to_string();
    let message = Server::refuses_to_start(&installation, &["--metrics-listen", &taken]);
    assert!(
        message.contains(&taken) && message.contains("--metrics-listen"),
        "{message}"
    );
}
