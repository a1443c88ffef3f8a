use crate::fixture::{Fixture, name};
use lectern_tenants::{ComponentName, Deployments, Error};

fn component(text: &str) -> ComponentName {
    text.parse().unwrap()
}

/// What was deployed for a tenant, or for all, best first, by the content of the files.
fn ranked(fixture: &Fixture, deployments: &Deployments, tenant: Option<&str>) -> Vec<String> {
    let (events, tenant) = (component("events"), tenant.map(name));
    deployments
        .ranked(&events, tenant.as_ref())
        .map(|deployment| String::from_utf8(fixture.tenants.version(&events, &deployment.digest).unwrap()).unwrap())
        .collect()
}

#[test]
fn a_tenants_own_versions_rank_above_those_of_all_and_newer_ones_above_older_ones() {
    let mut fixture = Fixture::new(&["a", "b"]);
    let events = component("events");
    for (tenant, wasm) in [(None, "1"), (Some("a"), "2"), (None, "3"), (Some("a"), "4")] {
        let tenant = tenant.map(name);
        fixture.admin.deploy(&events, tenant.as_ref(), wasm.as_bytes()).unwrap();
    }
    let (_, deployments) = fixture.tenants.deployments().unwrap();
    assert_eq!(ranked(&fixture, &deployments, Some("a")), ["4", "2", "3", "1"]);
    assert_eq!(ranked(&fixture, &deployments, Some("b")), ["3", "1"]);
    assert_eq!(ranked(&fixture, &deployments, None), ["3", "1"]);
    assert_eq!(deployments.tenants().into_iter().collect::<Vec<_>>(), [&name("a")]);
}

#[test]
fn going_back_takes_one_step_of_one_pile() {
    let mut fixture = Fixture::new(&["a"]);
    let events = component("events");
    for wasm in ["1", "2", "2", "1"] {
        fixture.admin.deploy(&events, None, wasm.as_bytes()).unwrap();
    }
    for left in [&["2", "1"][..], &["1"], &[]] {
        fixture.admin.roll_back(&events, None).unwrap();
        assert_eq!(ranked(&fixture, &fixture.admin.deployments().unwrap(), Some("a")), left);
    }
    for tenant in [None, Some(name("a"))] {
        let refused = fixture.admin.roll_back(&events, tenant.as_ref());
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    }
    assert!(fixture.admin.roll_back(&component("series"), None).is_err());
}

#[test]
fn a_server_sees_with_its_next_look_at_the_registry_that_something_else_is_deployed() {
    let mut fixture = Fixture::new(&["a", "b"]);
    let events = component("events");
    let look = |fixture: &Fixture| {
        fixture.tenants.by_host("a.example").unwrap();
        fixture.tenants.deployments_revision()
    };
    let mut seen = vec![look(&fixture)];
    fixture.admin.deploy(&events, None, b"1").unwrap();
    seen.push(look(&fixture));
    // Deploying the same again may repair what was damaged.
    fixture.admin.deploy(&events, None, b"1").unwrap();
    seen.push(look(&fixture));
    fixture.admin.roll_back(&events, None).unwrap();
    seen.push(look(&fixture));
    seen.dedup();
    assert_eq!(seen.len(), 4, "{seen:?}");
    fixture.admin.erase_tenant(&name("b")).unwrap();
    assert_eq!(look(&fixture), seen[3]);
}
