//! Traces for OpenTelemetry: requests as spans, in the trace of their client, and collectors that keep nobody waiting.

use lectern_tests::collector::{Collector, Manner, Span};
use lectern_tests::content::{self, owned_by};
use lectern_tests::log::Line;
use lectern_tests::metrics::Metrics;
use lectern_tests::{Answer, Client, Installation, Server};
use serde_json::json;

const HOST: &str = "video.uni.example";
const PASSWORD: &str = "leaves traces";

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn installation() -> Installation {
    let installation = Installation::empty();
    installation.init("uni", "University", HOST, "admin", PASSWORD);
    installation
}

fn server(installation: &Installation, collector: &Collector) -> Server {
    Server::start_with(installation, &["--traces-endpoint", &collector.endpoint()])
}

fn admin(server: &Server) -> Client {
    server.client(HOST).with_credentials("admin", PASSWORD)
}

/// The name of the request that was answered with this.
fn request(answer: &Answer) -> String {
    answer
        .header("x-request-id")
        .expect("the name of the request")
        .to_owned()
}

#[track_caller]
fn part<'s>(parts: &'s [Span], name: &str) -> &'s Span {
    let part = parts.iter().find(|part| part.name == name);
    part.unwrap_or_else(|| panic!("no {name} in {parts:#?}"))
}

#[test]
fn a_request_is_a_span_with_its_parts_inside() {
    let installation = installation();
    let collector = Collector::start(Manner::Kind);
    let server = server(&installation, &collector);
    let form = content::series_form(&json!({ "title": "Rust" }), &owned_by("ROLE_USER"));
    let created = admin(&server)
        .post("/api/series?why=so")
        .header("user-agent", "Portal/1.0")
        .multipart(&form)
        .send()
        .expect(201);
    let name = request(&created);
    let line = server.log();
    let line = Line::of(&line, &name);
    // What waits is sent before the server ends.
    drop(server);
    let (root, parts) = collector.request(&name);
    assert_eq!((root.kind, root.name.as_str(), root.status), (2, "POST series", 0));
    assert_eq!(root.parent, "");
    assert_eq!(line.member("trace"), root.trace);
    for (key, value) in [
        ("http.request.method", "POST"),
        ("url.path", "/api/series"),
        ("url.query", "why=so"),
        ("url.scheme", "http"),
        ("server.address", HOST),
        ("client.address", "127.0.0.1"),
        ("http.response.status_code", "201"),
        ("network.protocol.version", "1.1"),
        ("user_agent.original", "Portal/1.0"),
        ("lectern.tenant", "uni"),
        ("lectern.component", "series"),
        ("lectern.component.version", line.member("version")),
    ] {
        assert_eq!(
            root.attributes.get(key).map(String::as_str),
            Some(value),
            "{key}: {root:#?}"
        );
    }
    assert_eq!(root.resource.get("service.name").map(String::as_str), Some("lectern"));
    let handler = part(&parts, "handler");
    for (name, parent) in [
        ("route", &root),
        ("queue", &root),
        ("instantiate", &root),
        ("handler", &root),
        ("encode", &root),
        ("write", &root),
        ("authenticate", handler),
        ("commit", handler),
    ] {
        let part = part(&parts, name);
        assert_eq!(part.parent, parent.id, "{name}: {part:#?}");
        // Clocks are read in pairs that are not one moment.
        let slack = 1_000_000;
        assert!(
            part.start <= part.end && part.start + slack >= parent.start && part.end <= parent.end + slack,
            "{name}: {part:#?} {parent:#?}"
        );
    }
    let commit = part(&parts, "commit");
    assert_eq!(
        commit.attributes.get("db.operation.name").map(String::as_str),
        Some("commit")
    );
}

#[test]
fn a_request_goes_on_with_the_trace_of_its_client() {
    let installation = installation();
    let collector = Collector::start(Manner::Kind);
    let server = server(&installation, &collector);
    let ask = |flags: &str| {
        let answer = server
            .client(HOST)
            .get("/api")
            .header("traceparent", format!("00-{TRACE}-{PARENT}-{flags}"))
            .header("tracestate", "portal=7")
            .send();
        request(&answer.expect(200))
    };
    let (sampled, not_sampled) = (ask("01"), ask("00"));
    let log = server.log();
    for name in [&sampled, &not_sampled] {
        assert_eq!(Line::of(&log, name).member("trace"), TRACE);
    }
    drop(server);
    let (root, _) = collector.request(&sampled);
    assert_eq!((root.trace.as_str(), root.parent.as_str()), (TRACE, PARENT));
    assert_eq!(root.state, "portal=7");
    let of_other = |span: &Span| span.attributes.get("lectern.request") == Some(&not_sampled);
    assert!(!collector.spans().iter().any(of_other));
}

#[test]
fn faults_of_the_server_are_errors_and_mistakes_of_clients_are_not() {
    let installation = installation();
    let folder = installation.components_with("misbehaving");
    let collector = Collector::start(Manner::Kind);
    let endpoint = collector.endpoint();
    let folder = folder.to_str().expect("a path");
    let server = Server::start_with(&installation, &["--traces-endpoint", &endpoint, "--components", folder]);
    let client = server.client(HOST);
    let trap = request(&client.get("/api/misbehaving/trap").send().expect(500));
    let missing = request(&client.get("/nothing").send().expect(404));
    drop(server);
    let (trap, _) = collector.request(&trap);
    assert_eq!(trap.status, 2);
    assert_eq!(trap.attributes.get("error.type").map(String::as_str), Some("trap"));
    assert_eq!(collector.request(&missing).0.status, 0);
}

#[test]
fn credentials_stay_here() {
    let installation = installation();
    let collector = Collector::start(Manner::Kind);
    let server = server(&installation, &collector);
    let secret = "c2VjcmV0LXRva2Vu";
    for query in [
        format!("jwt={secret}"),
        format!("signature={secret}"),
        format!("a=1&J%57T={secret}"),
    ] {
        // Unchecked: no other request may come with it, the spans are counted.
        server
            .client(HOST)
            .get(&format!("/api/info/me?{query}"))
            .send_unchecked();
    }
    admin(&server)
        .get("/api/info/me")
        .header("cookie", secret)
        .header("x-run-with-roles", secret)
        .send_unchecked();
    drop(server);
    assert_eq!(collector.spans().iter().filter(|span| span.kind == 2).count(), 4);
    let bytes = collector.bytes();
    for hidden in [secret, PASSWORD, "YWRtaW4", "admin"] {
        let is_there = bytes.windows(hidden.len()).any(|window| window == hidden.as_bytes());
        assert!(!is_there, "{hidden}");
    }
}

#[test]
fn a_collector_that_is_slow_mad_or_away_keeps_nobody_waiting() {
    for manner in [Manner::Silent, Manner::Mad, Manner::Busy] {
        let installation = installation();
        let collector = Collector::start(manner);
        let endpoint = collector.endpoint();
        let arguments = ["--traces-endpoint", &endpoint, "--metrics-listen", "127.0.0.1:0"];
        let environment = [("OTEL_BSP_SCHEDULE_DELAY", "10"), ("OTEL_BSP_MAX_QUEUE_SIZE", "10")];
        let server = Server::start_in(&installation, &arguments, &environment);
        let dropped = || Metrics::of(server.metrics_address()).get("lectern_traces_dropped_total", &[]);
        // Those that are being sent, those that wait, and then some.
        while dropped() == Some(0.0) {
            server.client(HOST).get("/api").send().expect(200);
        }
        assert!(collector.connections() > 0);
        if manner != Manner::Silent {
            let log = server.log_with(|log| log.contains("the collector does not take spans"));
            server.client(HOST).get("/api").send().expect(200);
            assert_eq!(log.matches("the collector does not take spans").count(), 1, "{log}");
        }
    }
}

#[test]
fn an_endpoint_that_is_none_is_named_with_the_way_out() {
    let installation = installation();
    for endpoint in ["https://collector.example", "collector:4318", "nonsense"] {
        let message = Server::refuses_to_start(&installation, &["--traces-endpoint", endpoint]);
        assert!(message.contains(endpoint) && message.contains("http://"), "{message}");
    }
}

#[test]
fn without_a_collector_there_are_no_traces() {
    let installation = installation();
    let server = Server::start(&installation);
    let answer = server
        .client(HOST)
        .get("/api")
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
        .send()
        .expect(200);
    assert_eq!(Line::of(&server.log(), &request(&answer)).member("trace"), "-");
}
