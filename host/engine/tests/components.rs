//! Components that are refused, and components that fail: what the host does about each.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use lectern_data::model::{self, Change, Denial, Page, Query, Reason, Schedule, Sequence, Session};
use lectern_data::statistics::{Providers, Question, TimeSeries};
use lectern_engine::{Artefacts, Backend, BoxFuture, Call, Engine, FileUpload, Handler, Handlers, Refusal, Settings};
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A tenant of this name that has nothing and lets nobody in.
struct NoTenant(&'static str);

impl Backend for NoTenant {
    fn tenant(&self) -> &str {
        self.0
    }

    fn accepts_tokens(&self) -> bool {
        false
    }

    fn features(&self) -> Vec<(&'static str, bool)> {
        Vec::new()
    }

    fn authenticate<'a>(&'a self, _: &'a model::Request, _: IpAddr) -> BoxFuture<'a, Result<Arc<Session>, Denial>> {
        Box::pin(std::future::ready(Err(Denial {
            status: 401,
            message: String::new(),
            headers: Vec::new(),
        })))
    }

    fn find(&self, _: &Session, _: &Query) -> Result<Page, model::Error> {
        Err(nothing())
    }

    fn schedule(&self, _: &Session, _: &str, _: &str) -> Result<Schedule, model::Error> {
        Err(nothing())
    }

    fn upload<'a>(&'a self, _: &'a Session, _: &'a str) -> BoxFuture<'a, Result<Box<dyn FileUpload>, model::Error>> {
        Box::pin(std::future::ready(Err(nothing())))
    }

    fn list_names(&self, _: &Session) -> Result<Vec<String>, model::Error> {
        Err(nothing())
    }

    fn list(&self, _: &Session, _: &str, _: u64, _: u32) -> Result<model::ListPart, model::Error> {
        Err(nothing())
    }

    fn new_workflow(&self) -> i64 {
        0
    }

    fn statistics(&self) -> Arc<Providers> {
        Arc::default()
    }

    fn count_views(&self, _: &Session, _: &[Question]) -> Result<Vec<TimeSeries>, model::Error> {
        Err(nothing())
    }

    fn catalogs(&self, _: &str) -> Result<String, model::Error> {
        Err(nothing())
    }

    fn sign(&self, _: &Session, _: &[String], _: Option<i64>, _: Option<&str>) -> Result<model::Signed, model::Error> {
        Err(nothing())
    }

    fn commit(
        &self,
        _: Arc<Session>,
        _: Vec<Change>,
        _: Vec<Box<dyn FileUpload>>,
    ) -> BoxFuture<'_, Result<Sequence, model::Error>> {
        Box::pin(std::future::ready(Err(nothing())))
    }
}

fn nothing() -> model::Error {
    model::Error {
        reason: Reason::Missing,
        message: String::new(),
        subject: String::new(),
        document: String::new(),
    }
}

/// A handler whose function for requests has this body, in WebAssembly text. It declares `GET /api/sample`, 200 as its probe.
fn handler(body: &str) -> Vec<u8> {
    with_probe(body, r#"(i32.const 128)"#)
}

/// The same with a body for the function that declares the probe.
fn with_probe(body: &str, declaration: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(component
            (import "wasi:http/types@0.2.0" (instance $types
                (export "incoming-request" (type (sub resource)))
                (export "response-outparam" (type (sub resource)))))
            (alias export $types "incoming-request" (type $request))
            (alias export $types "response-outparam" (type $outparam))
            (core func $drop-request (canon resource.drop $request))
            (core func $drop-outparam (canon resource.drop $outparam))
            (core instance $drops
                (export "request" (func $drop-request))
                (export "outparam" (func $drop-outparam)))
            (core module $module
                (import "drop" "request" (func $drop-request (param i32)))
                (import "drop" "outparam" (func $drop-outparam (param i32)))
                (memory (export "memory") 48)
                (data (i32.const 128) "\a0\00\00\00\03\00\00\00\a4\00\00\00\0b\00\00\00\c8\00")
                (data (i32.const 160) "GET\00/api/sample")
                (global $used (mut i32) (i32.const 0))
                (func $handle (export "handle") (param i32 i32) {body})
                (func (export "declare") (result i32) {declaration}))
            (core instance $instance (instantiate $module (with "drop" (instance $drops))))
            (func $handle (param "request" (own $request)) (param "response-out" (own $outparam))
                (canon lift (core func $instance "handle")))
            (instance $handler (export "handle" (func $handle)))
            (export "wasi:http/incoming-handler@0.2.0" (instance $handler))
            (type $probing (record (field "method" string) (field "path-with-query" string) (field "status" u16)))
            (func $declare (result $probing)
                (canon lift (core func $instance "declare") (memory (core memory $instance "memory"))))
            (component $named
                (type $plain (record (field "method" string) (field "path-with-query" string) (field "status" u16)))
                (import "probing" (type $probing (eq $plain)))
                (import "declaring" (func $declaring (result $probing)))
                (export $request "request" (type $probing))
                (export "declare" (func $declaring) (func (result $request))))
            (instance $probe (instantiate $named
                (with "probing" (type $probing))
                (with "declaring" (func $declare))))
            (export "lectern:api/probe@0.1.0" (instance $probe)))"#
    ))
    .unwrap()
}

fn engine() -> Engine {
    let settings = Settings {
        request_timeout: Duration::from_millis(200),
        instances: 4,
        ..Settings::default()
    };
    Engine::new(settings).unwrap()
}

fn refusal(wasm: &[u8]) -> String {
    match engine().load("sample", wasm, None) {
        Ok(_) => panic!("must be refused"),
        Err(refusal) => refusal.to_string(),
    }
}

async fn answer(engine: &Engine, handler: &Handler) -> (StatusCode, serde_json::Value) {
    answer_of("none", engine, handler).await
}

async fn answer_of(tenant: &'static str, engine: &Engine, handler: &Handler) -> (StatusCode, serde_json::Value) {
    let call = Call {
        backend: Arc::new(NoTenant(tenant)),
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        request_id: "the-request".into(),
        secure: false,
        record: Arc::default(),
    };
    let request = Request::get("/api/sample")
        .header("host", "localhost")
        .body(Full::<Bytes>::default())
        .unwrap();
    let response = engine.call(handler, call, request).await;
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

async fn failure(body: &str) -> StatusCode {
    let engine = engine();
    let broken = engine.load("sample", &handler(body), None).unwrap();
    let (status, problem) = answer(&engine, &broken).await;
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["request"], "the-request");
    status
}

#[test]
fn what_is_not_a_component_is_refused() {
    let message = refusal(b"nonsense");
    assert!(message.contains("sample: not a WebAssembly component"), "{message}");
    // It goes into logs.
    assert!(!message.contains('\n'), "{message}");
}

#[test]
fn a_component_that_asks_for_the_network_is_refused_by_name() {
    let component = wat::parse_str(r#"(component (import "wasi:sockets/tcp@0.2.0" (instance)))"#).unwrap();
    assert!(refusal(&component).contains("imports wasi:sockets/tcp@0.2.0, which handlers are not given"));
}

#[test]
fn a_component_that_answers_no_requests_is_refused() {
    assert!(refusal(&wat::parse_str("(component)").unwrap()).contains("does not export wasi:http/incoming-handler"));
}

#[test]
fn a_component_that_cannot_be_tried_is_refused() {
    let mute = r#"(component (instance $empty) (export "wasi:http/incoming-handler@0.2.0" (instance $empty)))"#;
    assert!(refusal(&wat::parse_str(mute).unwrap()).contains("does not export lectern:api/probe"));
}

#[test]
fn a_component_built_for_another_contract_is_refused() {
    let other = r#"(component
        (import "lectern:api/search@0.1.0" (instance (export "find" (func (param "query" string) (result string)))))
        (instance $empty)
        (export "wasi:http/incoming-handler@0.2.0" (instance $empty))
        (export "lectern:api/probe@0.1.0" (instance $empty)))"#;
    assert!(refusal(&wat::parse_str(other).unwrap()).contains("does not fit this server"));
}

#[test]
fn a_name_that_cannot_be_in_a_path_is_refused() {
    let wasm = handler("nop");
    for name in ["", "..", "Events", "a/b", "a b"] {
        assert!(
            matches!(engine().load(name, &wasm, None), Err(Refusal::Name(_))),
            "{name:?}"
        );
    }
}

#[tokio::test]
async fn a_trap_costs_one_500() {
    assert_eq!(failure("unreachable").await, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn no_answer_costs_one_500() {
    assert_eq!(failure("nop").await, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn an_endless_loop_costs_one_504() {
    assert_eq!(failure("(loop br 0)").await, StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test]
async fn growing_memory_beyond_the_limit_costs_one_500() {
    assert_eq!(
        failure("(loop (drop (memory.grow (i32.const 16))) br 0)").await,
        StatusCode::INTERNAL_SERVER_ERROR
    );
}

#[tokio::test]
async fn endless_recursion_costs_one_500() {
    let recursive = r#"(call $handle (local.get 0) (local.get 1))"#;
    assert_eq!(failure(recursive).await, StatusCode::INTERNAL_SERVER_ERROR);
}

/// Loops for ever if any part of the memory is not as it was at the start, and writes to all of it.
const LEAVES_TRACES: &str = r#"
    (local $address i32)
    (loop $dirty (br_if $dirty (global.get $used)))
    (global.set $used (i32.const 1))
    (loop $next
        (loop $dirty (br_if $dirty (i32.load (local.get $address))))
        (i32.store (local.get $address) (i32.const -1))
        (local.set $address (i32.add (local.get $address) (i32.const 1024)))
        (br_if $next (i32.lt_u (local.get $address) (i32.const 3145728))))
    unreachable"#;

#[tokio::test]
async fn nothing_that_an_instance_leaves_in_its_memory_is_seen_by_the_next() {
    let engine = engine();
    let handler = engine.load("sample", &handler(LEAVES_TRACES), None).unwrap();
    for _ in 0..20 {
        assert_eq!(answer(&engine, &handler).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[tokio::test]
async fn after_more_failures_than_there_are_instances_there_is_still_room() {
    let engine = engine();
    let trap = engine.load("sample", &handler("unreachable"), None).unwrap();
    for _ in 0..20 {
        assert_eq!(answer(&engine, &trap).await.0, StatusCode::INTERNAL_SERVER_ERROR);
    }
}

/// Lets go of the request, without an answer.
const LETS_GO: &str = "(call $drop-request (local.get 0)) (call $drop-outparam (local.get 1))";

/// Loops for ever with the third request that the same instance is given.
const COUNTS: &str = "
    (global.set $used (i32.add (global.get $used) (i32.const 1)))
    (loop $third (br_if $third (i32.eq (global.get $used) (i32.const 3))))";

/// The statuses of the answers to requests of these tenants, where instances answer so many each.
async fn statuses<const N: usize>(requests: u32, tenants: [&'static str; N], body: &str) -> [u16; N] {
    let engine = Engine::new(Settings {
        request_timeout: Duration::from_millis(200),
        instances: 1,
        instance_requests: requests,
        ..Settings::default()
    })
    .unwrap();
    let handler = engine.load("sample", &handler(body), None).unwrap();
    let mut statuses = [0; N];
    for (status, tenant) in statuses.iter_mut().zip(tenants) {
        *status = answer_of(tenant, &engine, &handler).await.0.as_u16();
    }
    statuses
}

#[tokio::test]
async fn an_instance_answers_one_request_unless_more_are_allowed() {
    let counts = format!("{LETS_GO} {COUNTS}");
    assert_eq!(statuses(1, ["a"; 5], &counts).await, [500; 5]);
    assert_eq!(statuses(2, ["a"; 6], &counts).await, [500; 6]);
    assert_eq!(statuses(9, ["a"; 6], &counts).await, [500, 500, 504, 500, 500, 504]);
}

#[tokio::test]
async fn an_instance_answers_one_tenant_only_and_makes_room_for_those_of_others() {
    let counts = format!("{LETS_GO} {COUNTS}");
    assert_eq!(statuses(9, ["a", "b", "a", "b", "a", "b"], &counts).await, [500; 6]);
    assert_eq!(
        statuses(9, ["a", "a", "b", "a", "a", "a"], &counts).await,
        [500, 500, 500, 500, 500, 504]
    );
}

#[tokio::test]
async fn an_instance_that_failed_or_holds_something_or_has_grown_answers_no_more() {
    assert_eq!(statuses(9, ["a"; 6], COUNTS).await, [500; 6]);
    assert_eq!(
        statuses(9, ["a"; 6], &format!("{LETS_GO} {COUNTS} unreachable")).await,
        [500; 6]
    );
    let grows = format!("{LETS_GO} {COUNTS} (drop (memory.grow (i32.const 128)))");
    assert_eq!(statuses(9, ["a"; 6], &grows).await, [500; 6]);
}

#[tokio::test]
async fn an_instance_answers_for_its_version_of_the_handler_only() {
    let engine = Engine::new(Settings {
        request_timeout: Duration::from_millis(200),
        instance_requests: 9,
        ..Settings::default()
    })
    .unwrap();
    let load = |body: &str| engine.load("sample", &handler(body), None).unwrap();
    let (old, new) = (
        load(&format!("{LETS_GO} {COUNTS}")),
        load(&format!("{LETS_GO} {COUNTS} nop")),
    );
    for (handler, expected) in [
        (&old, 500),
        (&old, 500),
        (&new, 500),
        (&new, 500),
        (&new, 504),
        (&old, 504),
    ] {
        assert_eq!(answer(&engine, handler).await.0.as_u16(), expected);
    }
}

#[tokio::test]
async fn a_tenant_whose_instances_are_all_busy_gets_a_503_that_says_when_to_come_back() {
    let settings = Settings {
        request_timeout: Duration::from_millis(200),
        tenant_instances: 1,
        queue_timeout: Duration::ZERO,
        ..Settings::default()
    };
    let engine = Engine::new(settings).unwrap();
    let endless = engine.load("sample", &handler("(loop $on (br $on))"), None).unwrap();
    let (first, second) = tokio::join!(answer(&engine, &endless), answer(&engine, &endless));
    assert_eq!(first.0, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(second.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn a_path_goes_to_the_handler_of_its_second_segment_and_otherwise_to_base() {
    let engine = engine();
    let wasm = handler("nop");
    let handlers: Handlers = ["base", "events"]
        .iter()
        .map(|name| engine.load(name, &wasm, None).unwrap())
        .collect();
    let route = |path| handlers.route(path).map(Handler::name);
    for path in ["/api/events", "/api/events/", "/api/events/1/acl"] {
        assert_eq!(route(path), Some("events"), "{path}");
    }
    for path in ["/api", "/api/", "/api/version", "/api/eventsx", "/api//events"] {
        assert_eq!(route(path), Some("base"), "{path}");
    }
    for path in ["/", "", "/apix", "/events", "//api/events", "*"] {
        assert_eq!(route(path), None, "{path}");
    }
}

/// The only file of a folder of artefacts.
fn artefact(folder: &std::path::Path) -> PathBuf {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[test]
fn a_component_is_compiled_once() {
    let folder = tempfile::tempdir().unwrap();
    let artefacts = Artefacts::open(&folder.path().join("cache")).unwrap();
    let wasm = handler("unreachable");
    engine().load("sample", &wasm, Some(&artefacts)).unwrap();
    let file = artefact(&folder.path().join("cache"));
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    engine().load("sample", &wasm, Some(&artefacts)).unwrap();
    assert_eq!(artefact(&folder.path().join("cache")), file);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written);
}

#[tokio::test]
async fn a_damaged_artefact_is_compiled_again() {
    let folder = tempfile::tempdir().unwrap();
    let artefacts = Artefacts::open(&folder.path().join("cache")).unwrap();
    let wasm = handler("unreachable");
    engine().load("sample", &wasm, Some(&artefacts)).unwrap();
    let file = artefact(&folder.path().join("cache"));
    let sound = fs::read(&file).unwrap();
    let flipped = sound
        .iter()
        .enumerate()
        .map(|(index, byte)| if index == sound.len() / 2 { !byte } else { *byte });
    for damaged in [flipped.collect(), sound[..sound.len() / 2].to_vec(), Vec::new()] {
        fs::write(&file, damaged).unwrap();
        let engine = engine();
        let trap = engine.load("sample", &wasm, Some(&artefacts)).unwrap();
        assert_eq!(answer(&engine, &trap).await.0, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(fs::read(&file).unwrap().len(), sound.len());
    }
}

#[test]
fn an_artefact_under_the_name_of_another_component_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let artefacts = Artefacts::open(&folder.path().join("cache")).unwrap();
    engine()
        .load("sample", &handler("unreachable"), Some(&artefacts))
        .unwrap();
    let first = artefact(&folder.path().join("cache"));
    let foreign = fs::read(&first).unwrap();
    fs::remove_file(first).unwrap();
    engine().load("sample", &handler("nop"), Some(&artefacts)).unwrap();
    let second = artefact(&folder.path().join("cache"));
    fs::write(&second, &foreign).unwrap();
    engine().load("sample", &handler("nop"), Some(&artefacts)).unwrap();
    assert_ne!(fs::read(&second).unwrap(), foreign);
}

#[test]
fn what_one_engine_has_compiled_any_other_of_the_same_version_loads_whatever_its_limits() {
    let folder = tempfile::tempdir().unwrap();
    let artefacts = Artefacts::open(&folder.path().join("cache")).unwrap();
    let wasm = handler("nop");
    let small = Engine::new(Settings {
        instances: 1,
        instance_memory: 4 << 20,
        ..Settings::default()
    });
    let compiled = small.unwrap().load("sample", &wasm, Some(&artefacts)).unwrap();
    let server = Engine::new(Settings::default()).unwrap();
    let loaded = server.load_compiled("sample", compiled.digest(), &artefacts);
    assert_eq!(loaded.unwrap().unwrap().digest(), lectern_engine::digest(&wasm));
    assert!(server.load_compiled("sample", "0", &artefacts).is_none());
}

#[test]
fn what_is_only_examined_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let artefacts = Artefacts::open(&folder.path().join("cache")).unwrap();
    let engine = engine();
    let examined = engine.examine("sample", &handler("nop"), Some(&artefacts)).unwrap();
    assert_eq!(fs::read_dir(folder.path().join("cache")).unwrap().count(), 0);
    engine.keep(&examined, &artefacts);
    artefact(&folder.path().join("cache"));
}

/// Why a handler does not pass its probe, where there is a handler `other` as well.
async fn unfit(name: &str, wasm: &[u8]) -> String {
    let engine = engine();
    let handler = engine.load(name, wasm, None).unwrap();
    let credentials = HeaderValue::from_static("nobody");
    let probed = engine.probe(&handler, Arc::new(NoTenant("none")), &credentials, |name| {
        name == "other" || name == "sample"
    });
    probed.await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_handler_that_fails_when_it_is_tried_is_unfit_for_a_reason_that_is_named() {
    for (body, reason) in [
        ("unreachable", "unreachable"),
        ("nop", "it gave no answer"),
        ("(loop br 0)", "no end within the time of a request"),
        ("(loop (drop (memory.grow (i32.const 16))) br 0)", "memory"),
    ] {
        let message = unfit("sample", &handler(body)).await;
        assert!(
            message.contains("GET /api/sample") && message.contains(reason),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_handler_that_cannot_say_how_it_is_tried_is_unfit() {
    for (declaration, reason) in [
        ("unreachable", "unreachable"),
        ("(loop br 0) (i32.const 128)", "no end"),
    ] {
        let message = unfit("sample", &with_probe("nop", declaration)).await;
        assert!(
            message.contains("declares its probe") && message.contains(reason),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_handler_under_the_name_of_another_is_unfit() {
    let message = unfit("other", &handler("nop")).await;
    assert!(
        message.contains("/api/sample") && message.contains("by `sample`"),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_others_can_write_to_is_not_trusted_with_artefacts() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(
        Artefacts::open(folder.path())
            .unwrap_err()
            .to_string()
            .contains("others can write")
    );
}
