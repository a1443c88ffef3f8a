use crate::fixture::{CLIENT, Fixture, Ticking, log_in, request};
use lectern_tenants::Options;
use std::sync::Arc;
use std::time::Duration;

fn at_most(open_databases: usize) -> Options {
    Options {
        open_databases,
        clock: Arc::new(Ticking::default()),
        ..Options::default()
    }
}

async fn ask(fixture: &Fixture, tenant: &str) {
    fixture
        .tenant(tenant)
        .authenticate(&request("/api", None, &[]), CLIENT)
        .await
        .unwrap();
}

fn open(fixture: &Fixture) -> Vec<&'static str> {
    ["a", "b", "c"]
        .into_iter()
        .filter(|tenant| fixture.is_open(tenant))
        .collect()
}

#[tokio::test]
async fn databases_are_opened_when_they_are_needed_and_the_least_recently_used_is_closed() {
    let fixture = Fixture::with_options(&["a", "b", "c"], at_most(2));
    assert_eq!(open(&fixture), [""; 0]);
    ask(&fixture, "a").await;
    assert_eq!(open(&fixture), ["a"]);
    ask(&fixture, "b").await;
    ask(&fixture, "a").await;
    assert_eq!(open(&fixture), ["a", "b"]);
    ask(&fixture, "c").await;
    assert_eq!(open(&fixture), ["a", "c"]);
    ask(&fixture, "b").await;
    assert_eq!(open(&fixture), ["b", "c"]);
}

#[tokio::test]
async fn a_database_that_was_closed_works_as_before() {
    let fixture = Fixture::with_options(&["a", "b"], at_most(1));
    for _ in 0..3 {
        for tenant in ["a", "b"] {
            assert!(
                log_in(&fixture.tenant(tenant), "admin", &format!("secret of {tenant}"))
                    .await
                    .is_ok()
            );
        }
    }
}

#[tokio::test]
async fn databases_that_nobody_uses_can_be_closed() {
    let fixture = Fixture::with_options(&["a", "b"], at_most(2));
    ask(&fixture, "a").await;
    fixture.tenants.close_idle(Duration::from_secs(60));
    assert_eq!(open(&fixture), ["a"]);
    fixture.tenants.close_idle(Duration::ZERO);
    assert_eq!(open(&fixture), [""; 0]);
    ask(&fixture, "a").await;
    assert_eq!(open(&fixture), ["a"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_removed_tenants_files_are_let_go_of() {
    let fixture = Fixture::new(&["a", "b"]);
    let folder = fixture.data().join("tenants/b");
    let held = || {
        let open = std::fs::read_dir("/proc/self/fd").unwrap();
        let files = open.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
        files
            .filter(|file| file.to_string_lossy().starts_with(&*folder.to_string_lossy()))
            .count()
    };
    ask(&fixture, "b").await;
    assert!(held() > 0);
    fixture.admin.erase_tenant(&crate::fixture::name("b")).unwrap();
    // The next request to whomever.
    fixture.tenants.by_host("a.example").unwrap().unwrap();
    assert_eq!(held(), 0);
}

#[tokio::test]
async fn a_damaged_database_takes_out_its_own_tenant_only() {
    let fixture = Fixture::new(&["a", "b"]);
    std::fs::write(fixture.data().join("tenants/a/tenant.db"), "x".repeat(10_000)).unwrap();
    let (a, b) = (fixture.tenant("a"), fixture.tenant("b"));
    assert_eq!(log_in(&a, "admin", "secret of a").await.err(), Some(503));
    let error = a.system_session().unwrap_err();
    assert_eq!(error.reason, lectern_data::model::Reason::Fault);
    assert!(
        error.message.contains("tenant a") && error.message.contains("tenant.db") && error.message.contains("backup"),
        "{}",
        error.message
    );
    assert!(log_in(&b, "admin", "secret of b").await.is_ok());
}

#[tokio::test]
async fn a_lost_database_is_not_replaced_by_an_empty_one() {
    let fixture = Fixture::new(&["a"]);
    let path = fixture.data().join("tenants/a/tenant.db");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(
        log_in(&fixture.tenant("a"), "admin", "secret of a").await.err(),
        Some(503)
    );
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_can_use_few_databases_at_once() {
    let fixture = Fixture::with_options(&["a", "b", "c"], at_most(1));
    let tasks: Vec<_> = (0..60)
        .map(|number| {
            let tenant = fixture.tenant(["a", "b", "c"][number % 3]);
            tokio::spawn(async move {
                let session = log_in(&tenant, "admin", &format!("secret of {}", tenant.name()))
                    .await
                    .unwrap();
                assert_eq!(session.organization.identifier, tenant.name().as_str());
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
