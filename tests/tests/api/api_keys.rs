//! API keys: credentials of a program, with exactly the roles that they were made with.

use std::collections::BTreeSet;

use lectern_tests::Client;
use lectern_tests::content::{owned_by, unique, unique_role};
use lectern_tests::fixture::{NORTH, READER, SOUTH, Tenant, each_tenant, installation};
use serde_json::json;

/// A client with a new key of these roles.
fn key(tenant: &Tenant, name: &str, roles: &[&str]) -> Client {
    tenant
        .anonymous()
        .with_header("authorization", &bearer(tenant, name, roles))
}

fn bearer(tenant: &Tenant, name: &str, roles: &[&str]) -> String {
    format!("Bearer {}", installation().add_api_key(tenant.id, name, roles))
}

fn roles(client: &Client) -> BTreeSet<String> {
    let answer = client.get("/api/info/me/roles").send().expect(200);
    serde_json::from_value(answer.json()).expect("a list of roles")
}

#[test]
fn a_key_has_its_roles_and_the_anonymous_one_and_no_others() {
    each_tenant(|tenant| {
        let name = unique("key");
        let client = key(tenant, &name, &["ROLE_API", "ROLE_X"]);
        let expected = ["ROLE_ANONYMOUS", "ROLE_API", "ROLE_X"].map(str::to_owned);
        assert_eq!(roles(&client), BTreeSet::from(expected));
        let me = client.get("/api/info/me").send().expect(200).json();
        assert_eq!(me["username"], format!("key:{name}"));
        client.get("/api/events").send().expect(403);
    });
}

#[test]
fn a_key_reads_and_writes_what_its_roles_may() {
    let role = unique_role();
    let all = ["ROLE_API_SERIES_CREATE", "ROLE_API_SERIES_VIEW", &role];
    let client = key(&NORTH, &unique("key"), &all);
    let series = client.create_series(json!({ "title": "By a key" }), &owned_by(&role));
    assert_eq!(client.series(&series)["title"], "By a key");
    let other = key(&NORTH, &unique("key"), &["ROLE_API_SERIES_VIEW"]);
    other.get(&format!("/api/series/{series}")).send().expect(404);
}

#[test]
fn a_revoked_key_is_out_at_once() {
    let name = unique("key");
    let client = key(&NORTH, &name, &["ROLE_API"]);
    client.get("/api/version").send().expect(200);
    installation()
        .call(&["api-key", "revoke", &name, "--tenant", NORTH.id])
        .succeeded();
    let answer = client.get("/api/version").send().expect(401);
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(
        challenge.starts_with("Bearer") && challenge.contains("invalid_token"),
        "{answer}"
    );
    // Its name is free again, for another key.
    let next = key(&NORTH, &name, &["ROLE_API"]);
    next.get("/api/version").send().expect(200);
    client.get("/api/version").send().expect(401);
}

#[test]
fn a_key_of_one_tenant_is_worth_nothing_at_the_other() {
    let client = key(&NORTH, &unique("key"), &["ROLE_ADMIN"]);
    client.get("/api/version").send().expect(200);
    client.at_host(SOUTH.host).get("/api/version").send().expect(401);
}

#[test]
fn what_is_no_key_is_refused_also_where_none_is_needed() {
    let real = bearer(&NORTH, &unique("key"), &["ROLE_API"]);
    let cut = real.get(..real.len() - 1).expect("ASCII").to_owned();
    for value in ["Bearer", "Bearer lk_", "Bearer lk_0000", &cut, &real.to_uppercase()] {
        for path in ["/api", "/api/version"] {
            let client = NORTH.anonymous().with_header("authorization", value);
            client.get(path).send().expect(401);
        }
    }
    let in_query = real.replace("Bearer ", "/api/version?jwt=");
    NORTH.anonymous().get(&in_query).send().expect(401);
}

#[test]
fn acting_for_others_needs_role_sudo() {
    let without = key(&NORTH, &unique("key"), &["ROLE_API"]).with_header("x-run-as-user", READER);
    without.get("/api/info/me").send().expect(403);
    let with = key(&NORTH, &unique("key"), &["ROLE_API", "ROLE_SUDO"]).with_header("x-run-as-user", READER);
    let me = with.get("/api/info/me").send().expect(200).json();
    assert_eq!(me["username"], READER);
    // And nobody acts for a key.
    let name = unique("key");
    key(&NORTH, &name, &["ROLE_API"]);
    let admin = NORTH.admin().with_header("x-run-as-user", &format!("key:{name}"));
    admin.get("/api/info/me").send().expect(403);
}

#[test]
fn keys_are_listed_without_their_secret() {
    let name = unique("key");
    let arguments = [
        "api-key", "add", &name, "--tenant", NORTH.id, "--role", "ROLE_B", "--role", "ROLE_A",
    ];
    let expires = ["--expires", "2040-01-31T00:00:00Z"];
    let made = installation()
        .call(&[arguments.as_slice(), &expires].concat())
        .succeeded()
        .stdout;
    let list = installation()
        .call(&["api-key", "list", "--tenant", NORTH.id])
        .succeeded()
        .stdout;
    let line = list
        .lines()
        .find(|line| line.starts_with(&name))
        .expect("the key's line");
    assert!(
        line.contains("2040-01-31T00:00:00Z") && line.contains("ROLE_A,ROLE_B"),
        "{line}"
    );
    assert!(made.starts_with("lk_") && !list.contains(made.trim()));
    installation()
        .call(&[arguments.as_slice(), &expires].concat())
        .refused(&[&name]);
}

#[test]
fn what_could_not_be_used_is_refused_by_the_command_line() {
    for (arguments, part) in [
        (["x:y", "--role", "ROLE_A", "--expires", "1d"], "x:y"),
        (["x", "--role", "ROLE A", "--expires", "1d"], "ROLE A"),
        (["x", "--role", "ROLE_A", "--expires", "soon"], "90d"),
        (
            ["x", "--role", "ROLE_A", "--expires", "2001-01-31T00:00:00Z"],
            "expired",
        ),
    ] {
        let arguments = [["api-key", "add", "--tenant", NORTH.id].as_slice(), &arguments].concat();
        installation().call(&arguments).refused(&[part]);
    }
    installation()
        .call(&["api-key", "revoke", "no-such-key", "--tenant", NORTH.id])
        .refused(&["no-such-key"]);
}
