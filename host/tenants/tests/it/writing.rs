use crate::fixture::{Fixture, log_in, name};
use lectern_data::identity::User;
use lectern_data::model::{Assignment, Change, Error, Page, Query, Reason, Session, Value};
use lectern_tenants::{Options, Tenant};
use std::sync::Arc;

fn create(identifier: &str) -> Vec<Change> {
    let title = Assignment {
        field: "title".into(),
        value: Value::Text(format!("Title of {identifier}")),
    };
    vec![Change::Create {
        collection: "series".into(),
        identifier: identifier.into(),
        fields: vec![title],
        acl: None,
    }]
}

fn series(tenant: &Tenant, session: &Session) -> Result<Page, Error> {
    let query = Query {
        collection: "series".into(),
        limit: 1000,
        fields: vec!["identifier".into()],
        with_total: true,
        ..Query::default()
    };
    tenant.find(session, &query)
}

/// Sorted.
fn identifiers(tenant: &Tenant, session: &Session) -> Vec<String> {
    let page = series(tenant, session).unwrap();
    let mut identifiers: Vec<String> = page.items.into_iter().map(|item| item.identifier).collect();
    identifiers.sort();
    identifiers
}

#[tokio::test]
async fn what_is_committed_is_found_by_the_next_query() {
    let fixture = Fixture::new(&["a"]);
    let tenant = fixture.tenant("a");
    let admin = log_in(&tenant, "admin", "secret of a").await.unwrap();
    let mut last = 0;
    for number in 1..=5 {
        let sequence = tenant
            .commit(Arc::clone(&admin), create(&number.to_string()))
            .await
            .unwrap();
        assert!(sequence > last);
        last = sequence;
        assert_eq!(series(&tenant, &admin).unwrap().total, Some(number));
    }
}

#[tokio::test]
async fn tenants_share_no_objects() {
    let fixture = Fixture::new(&["a", "b"]);
    let (a, b) = (fixture.tenant("a"), fixture.tenant("b"));
    let (admin_of_a, admin_of_b) = (a.system_session().unwrap(), b.system_session().unwrap());
    a.commit(Arc::clone(&admin_of_a), create("x")).await.unwrap();
    assert_eq!(identifiers(&a, &admin_of_a), ["x"]);
    assert_eq!(identifiers(&b, &admin_of_b), [""; 0]);
    b.commit(Arc::clone(&admin_of_b), create("x")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_of_many_writers_is_answered_for_itself() {
    let fixture = Fixture::new(&["a"]);
    let tenant = fixture.tenant("a");
    let session = tenant.system_session().unwrap();
    // Every identifier twice, so that one of the two is told of a conflict; and some that are not valid at all.
    let tasks: Vec<_> = (0..120)
        .map(|number| {
            let (tenant, session) = (Arc::clone(&tenant), Arc::clone(&session));
            tokio::spawn(async move {
                let mut changes = create(&format!("{:03}", number % 40));
                if number >= 80 {
                    changes.extend(vec![Change::Delete {
                        collection: "unknown".into(),
                        identifier: "x".into(),
                    }]);
                }
                (number, tenant.commit(session, changes).await)
            })
        })
        .collect();
    let (mut sequences, mut conflicts) = (Vec::new(), 0);
    for task in tasks {
        match task.await.unwrap() {
            (number, Ok(sequence)) if number < 80 => sequences.push(sequence),
            (number, Err(error)) if number < 80 => {
                assert_eq!(error.reason, Reason::Conflict, "{error}");
                conflicts += 1;
            }
            (_, outcome) => assert!(matches!(
                outcome.unwrap_err().reason,
                Reason::Conflict | Reason::Invalid
            )),
        }
    }
    assert_eq!((sequences.len(), conflicts), (40, 40));
    sequences.sort_unstable();
    sequences.dedup();
    assert_eq!(sequences.len(), 40);
    let expected: Vec<String> = (0..40).map(|number| format!("{number:03}")).collect();
    assert_eq!(identifiers(&tenant, &session), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_command_line_can_write_while_the_server_does() {
    let fixture = Fixture::new(&["a"]);
    let tenant = fixture.tenant("a");
    let session = tenant.system_session().unwrap();
    let writing = tokio::spawn({
        let (tenant, session) = (Arc::clone(&tenant), Arc::clone(&session));
        async move {
            for number in 0..50 {
                tenant
                    .commit(Arc::clone(&session), create(&number.to_string()))
                    .await
                    .unwrap();
            }
        }
    });
    for number in 0..5 {
        let user = User {
            username: format!("user{number}"),
            ..User::default()
        };
        fixture.admin.add_user(&name("a"), &user, "secret").unwrap();
    }
    writing.await.unwrap();
    assert_eq!(fixture.admin.users(&name("a")).unwrap().len(), 6);
    assert_eq!(series(&tenant, &session).unwrap().total, Some(50));
}

#[tokio::test]
async fn a_tenant_whose_database_was_closed_in_between_keeps_what_was_written() {
    let fixture = Fixture::with_options(
        &["a", "b"],
        Options {
            open_databases: 1,
            ..Options::default()
        },
    );
    for number in 0..3 {
        for tenant in ["a", "b"] {
            let tenant = fixture.tenant(tenant);
            let session = tenant.system_session().unwrap();
            tenant
                .commit(Arc::clone(&session), create(&number.to_string()))
                .await
                .unwrap();
            assert_eq!(series(&tenant, &session).unwrap().total, Some(number + 1));
        }
    }
}

#[tokio::test]
async fn a_damaged_page_is_a_fault_that_names_the_tenant_and_the_file() {
    let fixture = Fixture::new(&["a"]);
    let tenant = fixture.tenant("a");
    let session = tenant.system_session().unwrap();
    drop(tenant);
    fixture.tenants.close_idle(std::time::Duration::ZERO);
    // The first page, which holds the schema, stays as it is.
    let path = fixture.data().join("tenants/a/tenant.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let error = series(&fixture.tenant("a"), &session).unwrap_err();
    assert_eq!(error.reason, Reason::Fault);
    assert!(
        error.message.contains("tenant a") && error.message.contains("backup"),
        "{}",
        error.message
    );
}
