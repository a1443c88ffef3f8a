//! Acting for somebody else: the header families and their guards.

use std::collections::BTreeSet;

use lectern_tests::content::{owned_by, unique, unique_role};
use lectern_tests::fixture::{ADMIN, LMS, OUTSIDER, READER, TEACHER, TEACHER_NAME, each_tenant};
use lectern_tests::{Client, Stage};
use serde_json::json;

fn roles(client: &Client) -> BTreeSet<String> {
    let answer = client.get("/api/info/me/roles").send().expect(200);
    let list: Vec<String> = serde_json::from_value(answer.json()).expect("a list of roles");
    let set: BTreeSet<_> = list.iter().cloned().collect();
    assert_eq!(list.len(), set.len(), "no role twice: {list:?}");
    set
}

fn set(roles: &[&str]) -> BTreeSet<String> {
    roles.iter().map(|role| (*role).to_owned()).collect()
}

#[test]
fn run_with_roles_replaces_all_roles() {
    each_tenant(|tenant| {
        for list in ["ROLE_A,ROLE_B", "ROLE_A, ROLE_B", " ROLE_A ,ROLE_B,, "] {
            for header in ["X-RUN-WITH-ROLES", "x-run-with-roles", "X-Opencast-Matterhorn-Roles"] {
                let client = tenant.user(LMS).with_header(header, list);
                assert_eq!(roles(&client), set(&["ROLE_A", "ROLE_B"]), "{header}: {list}");
            }
        }
    });
}

#[test]
fn run_with_roles_alone_acts_as_the_anonymous_user() {
    each_tenant(|tenant| {
        let me = tenant
            .with_roles("ROLE_A")
            .get("/api/info/me")
            .send()
            .expect(200)
            .json();
        assert_eq!(me["username"], "anonymous");
        assert_eq!(me["userrole"], "ROLE_USER_ANONYMOUS");
    });
}

#[test]
fn run_as_user_takes_the_identity_and_all_roles_of_the_user() {
    each_tenant(|tenant| {
        for header in ["X-RUN-AS-USER", "X-Opencast-Matterhorn-User"] {
            let client = tenant.user(LMS).with_header(header, READER);
            let me = client.get("/api/info/me").send().expect(200).json();
            assert_eq!(me["username"], READER, "{header}");
            assert_eq!(roles(&client), roles(&tenant.user(READER)), "{header}");
        }
    });
}

#[test]
fn run_as_user_with_roles_keeps_the_identity_and_replaces_the_roles() {
    each_tenant(|tenant| {
        let client = tenant.with_roles("ROLE_A,ROLE_B").with_header("x-run-as-user", READER);
        let me = client.get("/api/info/me").send().expect(200).json();
        assert_eq!(me["username"], READER);
        assert_eq!(roles(&client), set(&["ROLE_A", "ROLE_B"]));
    });
}

#[test]
fn the_long_header_names_win_over_the_short_ones() {
    each_tenant(|tenant| {
        let client = tenant
            .with_roles("ROLE_SHORT")
            .with_header("x-opencast-matterhorn-roles", "ROLE_LONG");
        assert_eq!(roles(&client), set(&["ROLE_LONG"]));
    });
}

#[test]
fn run_as_anonymous_is_the_anonymous_user() {
    each_tenant(|tenant| {
        let client = tenant.user(LMS).with_header("x-run-as-user", "anonymous");
        let me = client.get("/api/info/me").send().expect(200).json();
        assert_eq!(me["username"], "anonymous");
        assert_eq!(roles(&client), set(&["ROLE_ANONYMOUS"]));
    });
}

#[test]
fn api_with_roles_adds_to_the_roles_of_the_user() {
    each_tenant(|tenant| {
        for list in ["ROLE_A ROLE_B", "ROLE_A,ROLE_B", "ROLE_A, ROLE_B", "  ROLE_A\tROLE_B "] {
            let client = tenant
                .user(LMS)
                .with_header("x-api-as-user", READER)
                .with_header("x-api-with-roles", list);
            let mut expected = roles(&tenant.user(READER));
            expected.extend(set(&["ROLE_A", "ROLE_B"]));
            assert_eq!(roles(&client), expected, "{list:?}");
            let me = client.get("/api/info/me").send().expect(200).json();
            assert_eq!(me["username"], READER);
        }
    });
}

#[test]
fn api_with_roles_alone_adds_to_the_roles_of_the_anonymous_user() {
    each_tenant(|tenant| {
        let client = tenant.user(LMS).with_header("x-api-with-roles", "ROLE_A ROLE_B");
        assert_eq!(roles(&client), set(&["ROLE_A", "ROLE_ANONYMOUS", "ROLE_B"]));
        let me = client.get("/api/info/me").send().expect(200).json();
        assert_eq!(me["username"], "anonymous");
    });
}

#[test]
fn both_families_in_one_request_are_refused() {
    each_tenant(|tenant| {
        for (run, api) in [
            (("x-run-as-user", READER), ("x-api-as-user", READER)),
            (("x-run-with-roles", "ROLE_A"), ("x-api-with-roles", "ROLE_A")),
            (("x-opencast-matterhorn-user", READER), ("x-api-with-roles", "ROLE_A")),
            (("x-opencast-matterhorn-roles", "ROLE_A"), ("x-api-as-user", READER)),
        ] {
            let client = tenant.user(ADMIN).with_header(run.0, run.1).with_header(api.0, api.1);
            client.get("/api/info/me").send().refused(400, "X-API-");
        }
    });
}

#[test]
fn blank_headers_are_as_if_they_were_not_there() {
    each_tenant(|tenant| {
        for header in ["x-run-as-user", "x-run-with-roles", "x-api-as-user", "x-api-with-roles"] {
            for blank in ["", "  "] {
                // The reader may not act for anybody: only an ignored header lets the request through.
                let client = tenant.user(READER).with_header(header, blank);
                let me = client.get("/api/info/me").send().expect(200).json();
                assert_eq!(me["username"], READER);
            }
        }
    });
}

#[test]
fn acting_for_somebody_needs_the_sudo_role() {
    each_tenant(|tenant| {
        for (header, value) in [
            ("x-run-as-user", READER),
            ("x-run-with-roles", "ROLE_A"),
            ("x-opencast-matterhorn-user", READER),
            ("x-opencast-matterhorn-roles", "ROLE_A"),
            ("x-api-as-user", READER),
            ("x-api-with-roles", "ROLE_A"),
        ] {
            for user in [TEACHER, READER] {
                tenant
                    .user(user)
                    .with_header(header, value)
                    .get("/api/info/me")
                    .send()
                    .expect(403);
            }
        }
    });
}

#[test]
fn acting_for_somebody_needs_credentials() {
    each_tenant(|tenant| {
        let client = tenant.anonymous().with_header("x-run-with-roles", "ROLE_ADMIN");
        client.get("/api/events").send().expect(401);
    });
}

#[test]
fn an_unknown_user_cannot_be_acted_for() {
    each_tenant(|tenant| {
        for header in ["x-run-as-user", "x-api-as-user"] {
            let client = tenant.user(LMS).with_header(header, &unique("nobody"));
            client.get("/api/info/me").send().expect(403);
        }
    });
}

#[test]
fn an_application_cannot_become_an_administrator() {
    each_tenant(|tenant| {
        for (header, value) in [
            ("x-run-as-user", ADMIN),
            ("x-run-as-user", LMS),
            ("x-run-with-roles", "ROLE_ADMIN"),
            ("x-run-with-roles", "ROLE_A, ROLE_ADMIN"),
            ("x-run-with-roles", "ROLE_SUDO"),
            ("x-opencast-matterhorn-roles", "ROLE_ADMIN"),
            ("x-api-as-user", ADMIN),
            ("x-api-with-roles", "ROLE_A ROLE_ADMIN"),
            ("x-api-with-roles", "ROLE_SUDO"),
        ] {
            tenant
                .user(LMS)
                .with_header(header, value)
                .get("/api/info/me")
                .send()
                .expect(403);
        }
    });
}

#[test]
fn an_administrator_may_act_with_any_role() {
    each_tenant(|tenant| {
        let client = tenant.user(ADMIN).with_header("x-run-with-roles", "ROLE_ADMIN,ROLE_A");
        assert_eq!(roles(&client), set(&["ROLE_A", "ROLE_ADMIN"]));
    });
}

#[test]
fn another_tenant_cannot_be_reached_by_a_header() {
    each_tenant(|tenant| {
        let client = tenant
            .user(ADMIN)
            .with_header("x-opencast-matterhorn-organization", tenant.other().id);
        client.get("/api/info/organization").send().expect(403);
        let own = tenant
            .user(ADMIN)
            .with_header("x-opencast-matterhorn-organization", tenant.id);
        let organization = own.get("/api/info/organization").send().expect(200).json();
        assert_eq!(organization["id"], tenant.id);
    });
}

#[test]
fn the_api_role_is_needed_by_the_caller_not_by_the_user_acted_for() {
    each_tenant(|tenant| {
        let client = tenant.user(LMS).with_header("x-run-as-user", OUTSIDER);
        client.get("/api/events?limit=1").send().expect(200);
        client.get("/api/series?limit=1").send().expect(200);
    });
}

#[test]
fn what_may_be_read_depends_on_the_roles_acted_with() {
    each_tenant(|tenant| {
        let stage = Stage::new(tenant);
        let event = stage.event(json!({ "title": "Nur für diese Rolle" }));
        let path = format!("/api/events/{event}");
        tenant.with_roles(&stage.role).get(&path).send().expect(200);
        tenant
            .with_roles(&format!("ROLE_X, {}", stage.role))
            .get(&path)
            .send()
            .expect(200);
        tenant.with_roles(&unique_role()).get(&path).send().expect(404);
        tenant
            .with_roles(&stage.role.to_lowercase())
            .get(&path)
            .send()
            .expect(404);
        tenant.user(LMS).get(&path).send().expect(404);
        let added = tenant.user(LMS).with_header("x-api-as-user", READER);
        added.get(&path).send().expect(404);
        added
            .with_header("x-api-with-roles", &stage.role)
            .get(&path)
            .send()
            .expect(200);
    });
}

#[test]
fn what_is_created_for_somebody_is_theirs() {
    each_tenant(|tenant| {
        let role = unique_role();
        let client = tenant.user(LMS).with_header("x-run-as-user", TEACHER);
        let series = client.create_series(json!({ "title": "Vertretung" }), &owned_by(&role));
        let event = client.create_event(json!({ "title": "Vertretung" }), &owned_by(&role));
        assert_eq!(tenant.admin().series(&series)["creator"], TEACHER_NAME);
        assert_eq!(tenant.admin().event(&event)["creator"], TEACHER_NAME);
    });
}
