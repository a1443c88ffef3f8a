//! `/api/agents`: which capture agents there are, and how they are.

use lectern_tests::Form;
use lectern_tests::fixture::{ADMIN, FreshTenant, OUTSIDER, READER, each_tenant};
use serde_json::json;

#[test]
fn an_agent_of_the_operator_is_there_and_nobody_has_heard_of_it() {
    each_tenant(|tenant| {
        let agent = tenant.agent("Europe/Zurich");
        let expected = json!({ "agent_id": agent, "status": "unknown", "update": "", "url": "", "inputs": [] });
        let answer = tenant
            .user(READER)
            .get(&format!("/api/agents/{agent}"))
            .send()
            .expect(200);
        assert_eq!(answer.json(), expected);
        assert_eq!(answer.header("content-type"), Some("application/v1.11.0+json"));
        let list = tenant.user(READER).get("/api/agents").send().expect(200).json();
        assert!(list.as_array().unwrap().contains(&expected), "{list}");
        tenant
            .other()
            .user(READER)
            .get(&format!("/api/agents/{agent}"))
            .send()
            .refused(404, &agent);
    });
}

#[test]
fn agents_are_listed_by_name_and_in_parts() {
    let tenant = FreshTenant::new();
    for name in ["hall-b", "hall-a", "hall-c"] {
        tenant.installation().add_agent(&tenant.id, name, "UTC");
    }
    let list = |query: &str| tenant.admin().get(&format!("/api/agents{query}")).send().expect(200);
    assert_eq!(list("").column("agent_id"), ["hall-a", "hall-b", "hall-c"]);
    assert_eq!(list("/?limit=2").column("agent_id"), ["hall-a", "hall-b"]);
    assert_eq!(list("?limit=2").header("x-total-count"), Some("3"));
    assert_eq!(list("?limit=1&offset=2").column("agent_id"), ["hall-c"]);
    assert_eq!(list("?limit=0&offset=-1").column("agent_id").len(), 3);
    assert_eq!(list("?offset=3").json(), json!([]));
    tenant
        .admin()
        .get("/api/agents?limit=few")
        .send()
        .refused(400, "'limit'");
    assert_eq!(
        FreshTenant::new().admin().get("/api/agents").send().expect(200).json(),
        json!([])
    );
}

#[test]
fn agents_are_there_since_1_1_need_their_role_and_are_only_read() {
    each_tenant(|tenant| {
        let path = format!("/api/agents/{}", tenant.agent("UTC"));
        for path in ["/api/agents", &path] {
            let status = |version: &str| tenant.user(READER).get(path).version(version).send().status;
            assert_eq!(
                (status("v1.0.0"), status("v1.1.0"), status("v1.11.0")),
                (406, 200, 200),
                "{path}"
            );
            tenant
                .user(OUTSIDER)
                .get(path)
                .send()
                .refused(403, "ROLE_API_CAPTURE_AGENTS_VIEW");
            tenant.anonymous().get(path).send().expect(401);
            tenant.user(READER).request("HEAD", path).send().expect_empty(200);
            assert_eq!(
                tenant.user(ADMIN).post(path).send().expect(405).header("allow"),
                Some("GET, HEAD")
            );
        }
    });
}

#[test]
fn an_agent_that_has_not_changed_is_not_sent_again() {
    each_tenant(|tenant| {
        let path = format!("/api/agents/{}", tenant.agent("UTC"));
        let tag = tenant
            .user(READER)
            .get(&path)
            .send()
            .expect(200)
            .header("etag")
            .unwrap()
            .to_owned();
        let again = || tenant.user(READER).get(&path).header("if-none-match", &tag).send();
        again().expect_empty(304);
        let report = tenant.admin().post(&path.replace("/api/", "/capture-admin/"));
        report
            .urlencoded(&Form::new().field("state", "idle"))
            .send()
            .expect(200);
        again().expect(200);
    });
}
