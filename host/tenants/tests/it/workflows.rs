//! Workflows being done: taken up with the commit that starts them, and after a restart where they were.

use std::fs;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use lectern_data::model::{Assignment, Change, Criterion, Processing, Query, Reason, Session, StoredFile, Test, Value};
use lectern_data::workflow::{Operation, OperationState, State, Workflow};
use lectern_tenants::{Options, Tenant, Tenants, WorkflowLimits};
use tokio::sync::oneshot;

use crate::fixture::{Fixture, name};

const SAMPLE: &[u8] = include_bytes!("../../../media/tests/data/h264-aac.mp4");

/// A server that runs workflows until it is stopped.
struct Runner {
    tenants: Arc<Tenants>,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

impl Runner {
    fn start(fixture: &Fixture) -> Self {
        let tenants = Arc::new(Tenants::open(&fixture.data(), Options::default()).unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let limits = WorkflowLimits {
            together: 2,
            of_tenant: 1,
        };
        let run = Arc::clone(&tenants).run_workflows(limits, async {
            let _ = stopped.await;
        });
        Self {
            ended: tokio::spawn(run),
            tenants,
            stop,
        }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap();
    }

    fn tenant(&self, tenant: &str) -> Arc<Tenant> {
        self.tenants.tenant(&name(tenant)).unwrap().unwrap()
    }
}

fn create(event: &str) -> Change {
    Change::Create {
        collection: "events".into(),
        identifier: event.into(),
        fields: vec![Assignment {
            field: "title".into(),
            value: Value::Text("Talk".into()),
        }],
        acl: None,
    }
}

fn start(event: &str, workflow: &str) -> Change {
    Change::StartWorkflow {
        identifier: None,
        event: event.into(),
        processing: Processing {
            workflow: workflow.into(),
            configuration: vec![],
        },
        definition: None,
    }
}

fn add(event: &str, file: StoredFile) -> Change {
    Change::AddTrack {
        event: event.into(),
        flavor: "presenter/source".into(),
        tags: vec![],
        file,
        overwrite: false,
    }
}

/// An event with a track on which a workflow is started, all in one commit.
async fn upload(tenant: &Tenant, event: &str, workflow: &str) {
    let session = tenant.system_session().unwrap();
    let mut upload = tenant.upload("talk.mp4").await.unwrap();
    upload.write(SAMPLE).await.unwrap();
    let stored = upload.finish().await.unwrap();
    let changes = vec![create(event), add(event, stored), start(event, workflow)];
    tenant
        .commit_then(session, changes, move || upload.keep())
        .await
        .unwrap();
}

fn field(tenant: &Tenant, session: &Session, event: &str, field: &str) -> Option<Value> {
    let query = Query {
        collection: "events".into(),
        filters: vec![vec![Criterion {
            field: "identifier".into(),
            test: Test::Equals(vec![event.into()]),
        }]],
        limit: 1,
        fields: vec![field.into()],
        ..Query::default()
    };
    let page = tenant.find(session, &query).unwrap();
    page.items.into_iter().next().map(|item| item.values[0].clone())
}

/// Asks until it is so.
async fn until(so: impl Fn() -> bool) {
    let ask = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), ask)
        .await
        .expect("within a minute");
}

async fn until_state(tenant: &Tenant, event: &str, state: State) {
    let session = tenant.system_session().unwrap();
    let expected = Some(Value::Text(state.as_str().into()));
    until(|| field(tenant, &session, event, "processing_state") == expected).await;
}

fn only(fixture: &Fixture, tenant: &str) -> Workflow {
    let all = fixture.admin.workflows(&name(tenant), false, 10).unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all.into_iter().next().unwrap()
}

/// The test on a runtime as the server has it.
fn on_threads(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

#[test]
fn an_upload_is_processed_as_soon_as_it_is_committed() {
    on_threads(async {
        let fixture = Fixture::new(&["a", "b"]);
        let runner = Runner::start(&fixture);
        for tenant in ["a", "b"] {
            let tenant = runner.tenant(tenant);
            upload(&tenant, "e", "schedule-and-upload").await;
            until_state(&tenant, "e", State::Succeeded).await;
            let session = tenant.system_session().unwrap();
            let channels = Some(Value::Texts(vec!["engage-player".into()]));
            assert_eq!(field(&tenant, &session, "e", "publication_status"), channels);
            let Some(Value::Document(json)) = field(&tenant, &session, "e", "publications") else {
                panic!()
            };
            let publications: serde_json::Value = serde_json::from_str(&json).unwrap();
            let catalog = publications[0]["metadata"][0]["file"].as_str().unwrap();
            let xml = std::io::read_to_string(tenant.open_file(catalog).unwrap()).unwrap();
            assert!(xml.contains("<dcterms:title>Talk</dcterms:title>"), "{xml}");
            assert!(
                tenant
                    .open_file(publications[0]["media"][0]["file"].as_str().unwrap())
                    .is_ok()
            );
        }
        runner.stop().await;
        let states: Vec<_> = only(&fixture, "a")
            .operations
            .iter()
            .map(|operation| operation.state)
            .collect();
        assert_eq!(states, [OperationState::Succeeded; 3]);
    });
}

#[test]
fn a_restart_takes_up_what_was_left_unfinished() {
    on_threads(async {
        let fixture = Fixture::new(&["a", "b", "c"]);
        // Nobody runs workflows yet.
        for tenant in ["a", "c"] {
            upload(&fixture.tenant(tenant), "e", "fast").await;
            assert_eq!(only(&fixture, tenant).state, State::Instantiated);
        }
        let runner = Runner::start(&fixture);
        for tenant in ["a", "c"] {
            until_state(&runner.tenant(tenant), "e", State::Succeeded).await;
        }
        runner.stop().await;
    });
}

#[test]
fn a_stop_between_any_two_steps_loses_and_repeats_nothing() {
    on_threads(async {
        let fixture = Fixture::new(&["a"]);
        for number in 0..20 {
            upload(&fixture.tenant("a"), &format!("e{number}"), "fast").await;
        }
        loop {
            let runner = Runner::start(&fixture);
            let tenant = runner.tenant("a");
            let session = tenant.system_session().unwrap();
            let sequence = || fixture.admin.audit(&name("a"), None, 1).unwrap()[0].sequence;
            let before = sequence();
            let is_done = || {
                let done = Some(Value::Text("SUCCEEDED".into()));
                (0..20).all(|number| field(&tenant, &session, &format!("e{number}"), "processing_state") == done)
            };
            // Stopped as soon as it has done anything.
            until(|| sequence() > before || is_done()).await;
            runner.stop().await;
            if is_done() {
                break;
            }
        }
        let session = fixture.tenant("a").system_session().unwrap();
        for number in 0..20 {
            let tenant = fixture.tenant("a");
            let published = field(&tenant, &session, &format!("e{number}"), "publication_status");
            assert_eq!(published, Some(Value::Texts(vec!["engage-player".into()])));
        }
        let trail = fixture.admin.audit(&name("a"), None, 1000).unwrap();
        let published = trail
            .iter()
            .filter(|entry| entry.detail.starts_with("publish-engage"))
            .count();
        assert_eq!(published, 20);
        // A track and a catalog each, and nothing that belongs to nobody.
        let files = fs::read_dir(fixture.data().join("tenants/a/files")).unwrap();
        assert_eq!(
            files.filter(|entry| entry.as_ref().unwrap().path().is_file()).count(),
            40
        );
    });
}

#[test]
fn a_workflow_that_pauses_goes_on_when_the_command_line_resumes_it() {
    on_threads(async {
        let fixture = Fixture::new(&["a"]);
        let runner = Runner::start(&fixture);
        let tenant = runner.tenant("a");
        upload(&tenant, "e", "hold").await;
        until_state(&tenant, "e", State::Paused).await;
        let session = tenant.system_session().unwrap();
        let again = tenant
            .commit(Arc::clone(&session), vec![start("e", "fast")])
            .await
            .unwrap_err();
        assert_eq!((again.reason, again.subject.as_str()), (Reason::Conflict, "workflow"));
        fixture
            .admin
            .resume_workflow(&name("a"), only(&fixture, "a").id)
            .unwrap();
        until_state(&tenant, "e", State::Succeeded).await;
        runner.stop().await;
    });
}

#[test]
fn a_stopped_workflow_stays_stopped() {
    on_threads(async {
        let fixture = Fixture::new(&["a"]);
        let runner = Runner::start(&fixture);
        let tenant = runner.tenant("a");
        upload(&tenant, "e", "hold").await;
        until_state(&tenant, "e", State::Paused).await;
        fixture.admin.stop_workflow(&name("a"), only(&fixture, "a").id).unwrap();
        until_state(&tenant, "e", State::Stopped).await;
        let session = tenant.system_session().unwrap();
        tenant.commit(session, vec![start("e", "fast")]).await.unwrap();
        until_state(&tenant, "e", State::Succeeded).await;
        runner.stop().await;
    });
}

#[test]
fn an_unknown_workflow_of_an_upload_is_the_default_and_otherwise_refused() {
    on_threads(async {
        let fixture = Fixture::new(&["a"]);
        let tenant = fixture.tenant("a");
        upload(&tenant, "e", "no-such-workflow").await;
        assert_eq!(only(&fixture, "a").definition, "schedule-and-upload");
        let session = tenant.system_session().unwrap();
        tenant.commit(Arc::clone(&session), vec![create("f")]).await.unwrap();
        let error = tenant
            .commit(session, vec![start("f", "no-such-workflow")])
            .await
            .unwrap_err();
        assert_eq!((error.reason, error.subject.as_str()), (Reason::Missing, "workflow"));
    });
}

#[test]
fn an_operators_definition_is_done_and_its_failure_is_told() {
    on_threads(async {
        let fixture = Fixture::new(&["a"]);
        let folder = fixture.data().join("tenants/a/workflows");
        fs::create_dir(&folder).unwrap();
        let failing = "id: failing\noperations:\n  - id: inspect\n    exception-handler-workflow: handler\n    configurations:\n      - accept-no-media: false\n  - id: retract\n";
        let handler = "id: handler\noperations:\n  - id: tag\n    configurations:\n      - target-tags: failed\n";
        fs::write(folder.join("failing.yaml"), failing).unwrap();
        fs::write(folder.join("handler.yaml"), handler).unwrap();
        let runner = Runner::start(&fixture);
        let tenant = runner.tenant("a");
        let session = tenant.system_session().unwrap();
        tenant
            .commit(session, vec![create("e"), start("e", "failing")])
            .await
            .unwrap();
        until_state(&tenant, "e", State::Failed).await;
        let workflow = only(&fixture, "a");
        let operations: Vec<_> = workflow
            .operations
            .iter()
            .map(|operation| (operation.operation.as_str(), operation.state))
            .collect();
        assert_eq!(
            operations,
            [("inspect", OperationState::Failed), ("tag", OperationState::Skipped)]
        );
        assert!(workflow.operations[0].reason.contains("no tracks"));
        assert!(workflow.completed.is_some());
        runner.stop().await;
    });
}

#[test]
fn the_delete_workflow_takes_everything_along() {
    on_threads(async {
        let fixture = Fixture::new(&["a"]);
        let runner = Runner::start(&fixture);
        let tenant = runner.tenant("a");
        upload(&tenant, "e", "fast").await;
        until_state(&tenant, "e", State::Succeeded).await;
        let session = tenant.system_session().unwrap();
        tenant
            .commit(Arc::clone(&session), vec![start("e", "delete")])
            .await
            .unwrap();
        until(|| field(&tenant, &session, "e", "title").is_none()).await;
        runner.stop().await;
        assert!(fixture.admin.workflows(&name("a"), false, 10).unwrap().is_empty());
        let files = fs::read_dir(fixture.data().join("tenants/a/files")).unwrap();
        assert_eq!(
            files.filter(|entry| entry.as_ref().unwrap().path().is_file()).count(),
            0
        );
    });
}

#[test]
fn a_workflow_whose_effect_is_refused_fails_with_the_reason() {
    on_threads(async {
        let fixture = Fixture::new(&["a"]);
        let folder = fixture.data().join("workflows");
        fs::create_dir(&folder).unwrap();
        // Each operation doubles the tracks, until a media package would be larger than one may be.
        let operation = "  - id: tag\n    configurations:\n      - source-flavors: '*/*'\n      - target-tags: copied\n      - copy: 'true'\n";
        let definition = format!("id: doubling\ntitle: Doubling\noperations:\n{}", operation.repeat(16));
        fs::write(folder.join("doubling.yaml"), definition).unwrap();
        let runner = Runner::start(&fixture);
        upload(&runner.tenant("a"), "talk", "doubling").await;
        until_state(&runner.tenant("a"), "talk", State::Failed).await;
        let workflow = only(&fixture, "a");
        let failed: Vec<_> = workflow
            .operations
            .iter()
            .filter(|operation| operation.state == OperationState::Failed)
            .collect();
        assert_eq!(failed.len(), 1, "{workflow:?}");
        assert!(failed[0].reason.contains("1 MiB"), "{:?}", failed[0].reason);
        runner.stop().await;
    });
}

fn to_state(workflow: i64, state: &str) -> Change {
    Change::Update {
        collection: "workflows".into(),
        identifier: workflow.to_string(),
        fields: vec![Assignment {
            field: "state".into(),
            value: Value::Text(state.into()),
        }],
    }
}

#[test]
fn whenever_a_workflow_is_paused_and_resumed_everything_is_done_once() {
    on_threads(async {
        let fixture = Fixture::new(&["a"]);
        let runner = Runner::start(&fixture);
        let tenant = runner.tenant("a");
        let session = tenant.system_session().unwrap();
        for number in 0..20 {
            let event = format!("e{number}");
            upload(&tenant, &event, "fast").await;
            let workflow = fixture.admin.workflows(&name("a"), false, 1).unwrap().remove(0);
            // Sooner or later in the workflow, and sometimes after its end.
            for _ in 0..number {
                tokio::task::yield_now().await;
            }
            let paused = tenant.commit(Arc::clone(&session), vec![to_state(workflow.id, "PAUSED")]);
            paused.await.unwrap();
            assert_eq!(
                field(&tenant, &session, &event, "processing_state"),
                Some(Value::Text("PAUSED".into()))
            );
            let resumed = tenant.commit(Arc::clone(&session), vec![to_state(workflow.id, "RUNNING")]);
            resumed.await.unwrap();
            until_state(&tenant, &event, State::Succeeded).await;
            let channels = field(&tenant, &session, &event, "publication_status");
            assert_eq!(channels, Some(Value::Texts(vec!["engage-player".into()])));
        }
        runner.stop().await;
        for workflow in fixture.admin.workflows(&name("a"), false, 100).unwrap() {
            let is_done = |operation: &Operation| {
                matches!(operation.state, OperationState::Succeeded | OperationState::Skipped)
                    && operation.failed_attempts == 0
            };
            assert!(workflow.operations.iter().all(is_done), "{workflow:?}");
        }
    });
}

#[test]
fn a_number_is_given_to_one_workflow_only_and_before_it_is_started() {
    on_threads(async {
        let fixture = Fixture::new(&["a"]);
        let runner = Runner::start(&fixture);
        let tenant = runner.tenant("a");
        let session = tenant.system_session().unwrap();
        let (first, second) = (tenant.new_workflow(), tenant.new_workflow());
        assert_ne!(first, second);
        for (event, number) in [("late", second), ("early", first)] {
            let mut start = start(event, "hold");
            if let Change::StartWorkflow { identifier, .. } = &mut start {
                *identifier = Some(number);
            }
            tenant
                .commit(Arc::clone(&session), vec![create(event), start])
                .await
                .unwrap();
        }
        assert!(tenant.new_workflow() > second);
        let mut workflows = fixture.admin.workflows(&name("a"), false, 10).unwrap();
        workflows.sort_by_key(|workflow| workflow.id);
        let events: Vec<_> = workflows
            .iter()
            .map(|workflow| (workflow.id, workflow.event.as_str()))
            .collect();
        assert_eq!(events, [(first, "early"), (second, "late")]);
        runner.stop().await;
    });
}

#[test]
fn a_definition_with_roles_starts_nothing_for_others() {
    on_threads(async {
        let fixture = Fixture::new(&["a"]);
        let folder = fixture.data().join("workflows");
        fs::create_dir(&folder).unwrap();
        fs::write(
            folder.join("boss.yaml"),
            "id: boss\nroles: [ROLE_BOSS]\noperations:\n  - id: pause\n",
        )
        .unwrap();
        let runner = Runner::start(&fixture);
        let tenant = runner.tenant("a");
        let mut session = Session::clone(&*tenant.system_session().unwrap());
        session.principal.provider.clear();
        session.principal.administrator = false;
        session.principal.roles = vec!["ROLE_WORKER".into()];
        let worker = Arc::new(session.clone());
        session.principal.roles = vec!["ROLE_BOSS".into()];
        let boss = Arc::new(session);
        let hidden = tenant
            .commit(Arc::clone(&worker), vec![create("e"), start("e", "boss")])
            .await;
        hidden.unwrap();
        assert_eq!(only(&fixture, "a").definition, "schedule-and-upload");
        let waiting = Change::SetProcessing {
            event: "e".into(),
            processing: Processing {
                workflow: "boss".into(),
                configuration: vec![],
            },
        };
        let refused = tenant.commit(worker, vec![waiting]).await.unwrap_err();
        assert_eq!(
            (refused.reason, refused.subject.as_str()),
            (Reason::Invalid, "processing/workflow")
        );
        tenant
            .commit(boss, vec![create("f"), start("f", "boss")])
            .await
            .unwrap();
        let started = fixture.admin.workflows(&name("a"), false, 1).unwrap();
        assert_eq!(started[0].definition, "boss");
        runner.stop().await;
    });
}
