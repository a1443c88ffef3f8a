//! `/api`, `/api/info/*` and `/api/version*`.

use lectern_tests::fixture::{ADMIN, LMS, READER, TEACHER, TEACHER_NAME, each_tenant};
use serde_json::{Value, json};

fn get(tenant: &lectern_tests::fixture::Tenant, user: &str, path: &str) -> Value {
    tenant.user(user).get(path).send().expect(200).json()
}

#[test]
fn the_root_says_where_the_api_is_and_which_version_it_has() {
    each_tenant(|tenant| {
        for path in ["/api", "/api/"] {
            let root = tenant.anonymous().get(path).send().expect(200).json();
            assert_eq!(root["version"], "v1.11.0");
            assert!(
                root["url"]
                    .as_str()
                    .is_some_and(|url| url.starts_with("http") && url.ends_with("/api")),
                "{root}"
            );
            assert_eq!(root.as_object().map(serde_json::Map::len), Some(2));
        }
    });
}

#[test]
fn the_versions_are_listed_in_ascending_order() {
    each_tenant(|tenant| {
        for path in ["/api/version", "/api/version/"] {
            let expected = json!({
                "versions": [
                    "v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0",
                    "v1.6.0", "v1.7.0", "v1.8.0", "v1.9.0", "v1.10.0", "v1.11.0",
                ],
                "default": "v1.11.0",
            });
            assert_eq!(get(tenant, READER, path), expected);
        }
        assert_eq!(
            get(tenant, READER, "/api/version/default"),
            json!({ "default": "v1.11.0" })
        );
    });
}

#[test]
fn the_default_version_does_not_depend_on_the_version_asked_for() {
    each_tenant(|tenant| {
        let answer = tenant
            .user(READER)
            .get("/api/version/default")
            .version("v1.0.0")
            .send()
            .expect(200);
        assert_eq!(answer.json(), json!({ "default": "v1.11.0" }));
    });
}

#[test]
fn me_is_the_user_of_the_credentials() {
    each_tenant(|tenant| {
        for path in ["/api/info/me", "/api/info/me/"] {
            let me = get(tenant, TEACHER, path);
            assert_eq!(me["username"], TEACHER);
            assert_eq!(me["name"], TEACHER_NAME);
            assert_eq!(me["userrole"], "ROLE_USER_PROF_ADA_EXAMPLE_ORG");
            assert_eq!(me["provider"], "opencast");
            assert_eq!(me["email"], "");
            assert_eq!(me.as_object().map(serde_json::Map::len), Some(5), "{me}");
        }
    });
}

#[test]
fn my_roles_are_those_given_and_those_every_user_has() {
    each_tenant(|tenant| {
        let roles: Vec<String> = serde_json::from_value(get(tenant, READER, "/api/info/me/roles")).expect("a list");
        for role in [
            "ROLE_API",
            "ROLE_API_EVENTS_VIEW",
            "ROLE_COURSE_1_STUDENT",
            "ROLE_USER",
            "ROLE_USER_READER",
        ] {
            assert!(roles.iter().any(|have| have == role), "{role} in {roles:?}");
        }
        for role in ["ROLE_ADMIN", "ROLE_SUDO", "ROLE_COURSE_1"] {
            assert!(!roles.iter().any(|have| have == role), "{role} not in {roles:?}");
        }
        let lms: Vec<String> = serde_json::from_value(get(tenant, LMS, "/api/info/me/roles")).expect("a list");
        assert!(lms.contains(&"ROLE_SUDO".to_owned()));
    });
}

#[test]
fn the_administrator_of_a_tenant_is_administrator_and_may_act_for_others() {
    each_tenant(|tenant| {
        let roles: Vec<String> = serde_json::from_value(get(tenant, ADMIN, "/api/info/me/roles")).expect("a list");
        for role in ["ROLE_ADMIN", "ROLE_SUDO"] {
            assert!(roles.iter().any(|have| have == role), "{role} in {roles:?}");
        }
    });
}

#[test]
fn the_organization_is_the_tenant_of_the_host() {
    each_tenant(|tenant| {
        let expected = json!({
            "id": tenant.id,
            "name": tenant.name,
            "adminRole": "ROLE_ADMIN",
            "anonymousRole": "ROLE_ANONYMOUS",
        });
        assert_eq!(get(tenant, READER, "/api/info/organization"), expected);
    });
}

#[test]
fn the_properties_of_the_organization_are_texts() {
    each_tenant(|tenant| {
        let properties = get(tenant, ADMIN, "/api/info/organization/properties");
        let properties = properties.as_object().expect("an object");
        assert!(properties.values().all(Value::is_string), "{properties:?}");
    });
}

#[test]
fn the_address_of_the_player_is_always_given() {
    each_tenant(|tenant| {
        let answer = get(tenant, ADMIN, "/api/info/organization/properties/engageuiurl");
        let url = answer["org.opencastproject.engage.ui.url"].as_str().unwrap_or_default();
        assert!(url.starts_with("http"), "{answer}");
        assert_eq!(answer.as_object().map(serde_json::Map::len), Some(1));
    });
}
