//! The parts of a request, each by itself: `cargo bench -p lectern-bench`, after `cargo xtask build`.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement may stop the short way"
)]

#[path = "../src/data/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with the program, tests included")]
mod data;
#[path = "../src/fixed.rs"]
mod fixed;

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http_body_util::{BodyExt, Empty};
use lectern_data::access::AccessCache;
use lectern_data::collection::{EVENTS, Equals, SERIES, Sort};
use lectern_data::connection::Role;
use lectern_data::model::{Criterion as Condition, Principal, Query, Session, SortKey, Test};
use lectern_data::{native, search};
use lectern_engine::{Backend, Call, Engine, Handler, Phase, Record, Settings};
use lectern_handler::fake::Client;
use lectern_handler::{Version, filter};
use rusqlite::Connection;
use tokio::runtime::Runtime;

use data::{Dataset, Size};
use fixed::Fixed;

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target")
}

fn dataset() -> Dataset {
    Dataset::of(&target().join("bench"), Size::S).unwrap()
}

fn connection(dataset: &Dataset) -> Connection {
    let connection = Connection::open(dataset.database()).unwrap();
    native::configure(&connection, Role::Reader).unwrap();
    connection
}

/// The engine with the handler that has the most code.
struct Machine {
    engine: Engine,
    handler: Handler,
    runtime: Runtime,
}

impl Machine {
    fn new() -> Self {
        let file = target().join("components/dist/events.wasm");
        let engine = Engine::new(Settings::default()).unwrap();
        let handler = engine.load("events", &std::fs::read(file).unwrap(), None).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self {
            engine,
            handler,
            runtime: runtime.unwrap(),
        }
    }

    fn call(&self, backend: &Arc<dyn Backend>, target: &str, record: &Arc<Record>) -> usize {
        let request = http::Request::get(target).header("host", "localhost");
        let call = Call {
            backend: Arc::clone(backend),
            client: Ipv4Addr::LOCALHOST.into(),
            request_id: "1".into(),
            secure: false,
            record: Arc::clone(record),
        };
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        self.runtime.block_on(async {
            let answer = self.engine.call(&self.handler, call, request).await;
            answer.into_body().collect().await.unwrap().to_bytes().len()
        })
    }

    /// How long a phase takes.
    fn phase(&self, backend: &Arc<dyn Backend>, target: &str, phase: Phase, times: u64) -> Duration {
        let record = |_| {
            let record = Arc::default();
            self.call(backend, target, &record);
            record.sum(phase).time
        };
        (0..times).map(record).sum()
    }
}

fn instances(criterion: &mut Criterion) {
    let machine = Machine::new();
    let nobody: Arc<dyn Backend> = Arc::new(Fixed::default());
    let target = "/api/events/none";
    criterion.bench_function("start of an instance", |bencher| {
        bencher.iter_custom(|times| machine.phase(&nobody, target, Phase::Instantiate, times));
    });
    criterion.bench_function("empty request through a component, with its instance", |bencher| {
        bencher.iter(|| machine.call(&nobody, target, &Arc::default()));
    });
}

/// A query for a page of 100 with everything that the handler asks for.
fn page(collection: &str, fields: &[&str]) -> Query {
    Query {
        collection: collection.to_owned(),
        limit: 100,
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
        with_acl: true,
        with_total: true,
        ..Query::default()
    }
}

fn administrator() -> Session {
    Session {
        principal: Principal {
            administrator: true,
            ..Principal::default()
        },
        ..Session::default()
    }
}

/// Fields of an event, in the order in which the handler asks for them.
const FIELDS: [&str; 27] = [
    "identifier",
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
    "technical_start",
    "technical_end",
    "agent_id",
    "inputs",
    "language",
    "rightsholder",
    "license",
    "source",
    "publisher",
    "is_part_of",
    "series",
    "status",
    "processing_state",
    "archive_version",
    "has_previews",
    "publication_status",
];

fn pages(criterion: &mut Criterion) {
    let dataset = dataset();
    let found = search::find(&connection(&dataset), &administrator(), &page("events", &FIELDS), None).unwrap();
    let machine = Machine::new();
    let backend: Arc<dyn Backend> = Arc::new(Fixed { page: Some(found) });
    let target = "/api/events?limit=100&withacl=true";
    criterion.bench_function("page of 100 events through a component, data at hand", |bencher| {
        bencher.iter(|| machine.call(&backend, target, &Arc::default()));
    });
    let client = Client::of(&lectern_events::APP);
    let acl = r#"[{"role": "ROLE_STAFF", "action": "read"}]"#;
    for title in &dataset.facts.titles[..100] {
        let fields =
            serde_json::json!([{ "id": "title", "value": title }, { "id": "description", "value": title.repeat(10) }]);
        let metadata = format!(r#"[{{"flavor": "dublincore/episode", "fields": {fields}}}]"#);
        let parts = [
            ("metadata", metadata.as_str()),
            ("acl", acl),
            ("processing", r#"{"workflow": "fast"}"#),
        ];
        let answer = client.multipart("POST", "/api/events", &parts);
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    criterion.bench_function("page of 100 events as JSON, by the handler's code alone", |bencher| {
        bencher.iter(|| client.get(target).text.len());
    });
}

const GRAMMAR: filter::Grammar = filter::Grammar {
    filters: &[
        filter::filter("title", "title", filter::Kind::Equal),
        filter::filter("presenters", "presenter", filter::Kind::AnyOf),
        filter::filter("start", "start", filter::Kind::Period),
        filter::filter("textFilter", "text", filter::Kind::Contains),
    ],
    colons_since: Version::V1_1,
    is_lenient: false,
};

fn filters(criterion: &mut Criterion) {
    let text =
        "presenters:Ada Löwe,presenters:José Nuñez,start:2026-01-01T00:00:00Z/2026-12-31T23:59:59Z,textFilter:rust";
    criterion.bench_function("filter with four criteria", |bencher| {
        bencher.iter(|| GRAMMAR.parse(black_box(text), Version::NEWEST).unwrap());
    });
}

fn access(criterion: &mut Criterion) {
    let dataset = dataset();
    let connection = connection(&dataset);
    let query = Query {
        limit: 1,
        ..page("events", &["title"])
    };
    for (name, roles) in [("1 role", 1), ("10,000 roles", 10_000)] {
        let courses = (1..roles).map(|course| format!("ROLE_COURSE_{course}"));
        let session = Session {
            principal: Principal {
                roles: courses.chain(["ROLE_STAFF".to_owned()]).collect(),
                ..Principal::default()
            },
            ..Session::default()
        };
        let cache = AccessCache::default();
        for (how, cache) in [("anew", None), ("remembered", Some(&cache))] {
            criterion.bench_function(&format!("access lists of a user with {name}, {how}"), |bencher| {
                bencher.iter(|| search::find(&connection, &session, &query, cache).unwrap());
            });
        }
    }
}

fn searches(criterion: &mut Criterion) {
    let dataset = dataset();
    let connection = connection(&dataset);
    let session = administrator();
    let fields = ["identifier", "title"];
    for collection in [&EVENTS, &SERIES] {
        let mut group = criterion.benchmark_group(format!("first page of 100 {}", collection.name));
        group
            .sample_size(20)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1));
        for field in collection.fields.iter().filter(|field| field.sort != Sort::No) {
            let mut query = page(collection.name, &fields);
            query.sort = vec![SortKey {
                field: field.name.to_owned(),
                descending: false,
            }];
            group.bench_function(format!("by {}", field.name), |bencher| {
                bencher.iter(|| search::find(&connection, &session, &query, None).unwrap());
            });
        }
        for field in collection.fields.iter().filter(|field| field.equals != Equals::No) {
            let query = filtered(collection.name, field.name, Test::Equals(vec!["deu".to_owned()]));
            group.bench_function(format!("with {}", field.name), |bencher| {
                bencher.iter(|| search::find(&connection, &session, &query, None).unwrap());
            });
        }
        let query = filtered(collection.name, "text", Test::Contains(dataset.facts.commonest.clone()));
        group.bench_function("with text", |bencher| {
            bencher.iter(|| search::find(&connection, &session, &query, None).unwrap());
        });
    }
}

fn filtered(collection: &str, field: &str, test: Test) -> Query {
    Query {
        filters: vec![vec![Condition {
            field: field.to_owned(),
            test,
        }]],
        ..page(collection, &["identifier", "title"])
    }
}

criterion_group!(parts, instances, pages, filters, access, searches);
criterion_main!(parts);
