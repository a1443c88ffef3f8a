//! The table of required roles: which role a method and a path need.

use lectern_tests::Client;
use lectern_tests::content::unique;
use lectern_tests::fixture::{ADMIN, API_ROLES, LMS, NORTH, OUTSIDER, READER, TEACHER, each_tenant, installation};

/// Method, path and the role it needs. The objects do not exist: a request that is let in gets another refusal.
const TABLE: [(&str, &str, &str); 32] = [
    ("GET", "/api/info/me", "ROLE_API"),
    ("GET", "/api/info/me/roles", "ROLE_API"),
    ("GET", "/api/info/organization", "ROLE_API"),
    ("GET", "/api/info/organization/properties", "ROLE_API"),
    ("GET", "/api/version", "ROLE_API"),
    ("GET", "/api/version/default", "ROLE_API"),
    ("GET", "/api/events", "ROLE_API_EVENTS_VIEW"),
    ("GET", "/api/events/none", "ROLE_API_EVENTS_VIEW"),
    ("GET", "/api/events/none/acl", "ROLE_API_EVENTS_ACL_VIEW"),
    ("GET", "/api/events/none/metadata", "ROLE_API_EVENTS_METADATA_VIEW"),
    ("POST", "/api/events", "ROLE_API_EVENTS_CREATE"),
    ("PUT", "/api/events/none/acl", "ROLE_API_EVENTS_ACL_EDIT"),
    ("POST", "/api/events/none/acl/read", "ROLE_API_EVENTS_ACL_EDIT"),
    (
        "DELETE",
        "/api/events/none/acl/read/ROLE_X",
        "ROLE_API_EVENTS_ACL_DELETE",
    ),
    ("PUT", "/api/events/none/metadata", "ROLE_API_EVENTS_METADATA_EDIT"),
    ("DELETE", "/api/events/none/metadata", "ROLE_API_EVENTS_METADATA_DELETE"),
    ("DELETE", "/api/events/none", "ROLE_API_EVENTS_DELETE"),
    ("GET", "/api/series", "ROLE_API_SERIES_VIEW"),
    ("GET", "/api/series/none", "ROLE_API_SERIES_VIEW"),
    ("GET", "/api/series/none/acl", "ROLE_API_SERIES_ACL_VIEW"),
    ("GET", "/api/series/none/metadata", "ROLE_API_SERIES_METADATA_VIEW"),
    ("POST", "/api/series", "ROLE_API_SERIES_CREATE"),
    ("PUT", "/api/series/none/acl", "ROLE_API_SERIES_ACL_EDIT"),
    ("PUT", "/api/series/none/metadata", "ROLE_API_SERIES_METADATA_EDIT"),
    ("DELETE", "/api/series/none/metadata", "ROLE_API_SERIES_METADATA_DELETE"),
    ("DELETE", "/api/series/none", "ROLE_API_SERIES_DELETE"),
    // The trailing slash is part of the same row.
    ("GET", "/api/events/", "ROLE_API_EVENTS_VIEW"),
    ("POST", "/api/events/", "ROLE_API_EVENTS_CREATE"),
    ("GET", "/api/series/", "ROLE_API_SERIES_VIEW"),
    ("POST", "/api/series/", "ROLE_API_SERIES_CREATE"),
    ("GET", "/api/events/none/acl/", "ROLE_API_EVENTS_ACL_VIEW"),
    ("GET", "/api/version/", "ROLE_API"),
];

#[test]
fn the_role_of_the_row_lets_in() {
    for (method, path, role) in TABLE {
        let answer = someone_with(&[role]).request(method, path).send().not_5xx();
        assert!(
            ![401, 403].contains(&answer.status),
            "{answer}\nmust be let in by {role}"
        );
    }
}

#[test]
fn all_other_roles_together_do_not() {
    for (method, path, role) in TABLE {
        let others: Vec<_> = API_ROLES.into_iter().filter(|other| *other != role).collect();
        someone_with(&others).request(method, path).send().expect(403);
    }
}

#[test]
fn an_administrator_needs_no_other_role() {
    each_tenant(|tenant| {
        for (method, path, _) in TABLE {
            let answer = tenant.user(ADMIN).request(method, path).send().not_5xx();
            assert!(
                ![401, 403].contains(&answer.status) || path.contains("metadata"),
                "{answer}"
            );
        }
    });
}

#[test]
fn a_user_without_api_roles_gets_nowhere() {
    each_tenant(|tenant| {
        for (method, path, _) in TABLE {
            tenant.user(OUTSIDER).request(method, path).send().expect(403);
        }
    });
}

#[test]
fn a_reader_may_not_write() {
    each_tenant(|tenant| {
        for (method, path, _) in TABLE.iter().filter(|(method, _, _)| *method != "GET") {
            tenant.user(READER).request(method, path).send().expect(403);
        }
    });
}

#[test]
fn the_case_of_the_path_does_not_open_a_door() {
    for path in ["/API/events", "/api/EVENTS", "/Api/Series"] {
        let answer = NORTH.user(OUTSIDER).get(path).send().not_5xx();
        assert!([403, 404].contains(&answer.status), "{answer}");
    }
}

#[test]
fn an_encoded_path_does_not_open_a_door() {
    for path in [
        "/%61pi/events",
        "/api/%65vents",
        "/api//events",
        "/api/./events",
        "/api/x/../events",
        "//api/events",
    ] {
        let answer = NORTH.user(OUTSIDER).get(path).send().not_5xx();
        assert!([400, 403, 404].contains(&answer.status), "{answer}");
        let answer = NORTH.anonymous().get(path).send().not_5xx();
        assert!([400, 401, 404].contains(&answer.status), "{answer}");
    }
}

#[test]
fn an_endpoint_that_does_not_exist_is_not_found_for_administrators() {
    for path in [
        "/api/no-such-thing",
        "/api/info/nothing",
        "/api/version/newest",
        "/api/events/none/no-such-part",
    ] {
        NORTH.admin().get(path).send().expect(404);
    }
}

#[test]
fn an_endpoint_that_does_not_exist_is_closed_to_all_others() {
    for user in [TEACHER, LMS] {
        let answer = NORTH.user(user).get("/api/no-such-thing").send();
        assert!([403, 404].contains(&answer.status), "{answer}");
    }
}

#[test]
fn head_is_answered_like_get_without_a_body() {
    each_tenant(|tenant| {
        for path in ["/api", "/api/version", "/api/events?limit=1", "/api/series?limit=1"] {
            tenant.user(TEACHER).request("HEAD", path).send().expect_empty(200);
        }
        tenant
            .user(TEACHER)
            .request("HEAD", "/api/events/none")
            .send()
            .expect_empty(404);
        tenant
            .user(OUTSIDER)
            .request("HEAD", "/api/events")
            .send()
            .expect_empty(403);
    });
}

#[test]
fn a_method_that_a_path_does_not_have_is_refused() {
    for (method, path) in [
        ("PATCH", "/api/events"),
        ("PUT", "/api/events"),
        ("DELETE", "/api/series"),
        ("POST", "/api/version"),
        ("TRACE", "/api/events"),
    ] {
        let answer = NORTH.admin().request(method, path).send();
        assert!([404, 405, 501].contains(&answer.status), "{answer}");
    }
}

/// A user with just these roles, made on the spot.
fn someone_with(roles: &[&str]) -> Client {
    let user = unique("someone");
    installation().add_user(NORTH.id, &user, "some password", "Someone", roles);
    NORTH.anonymous().with_credentials(&user, "some password")
}
