//! The table of required roles: which role a method and a path need.

use std::collections::{BTreeSet, HashMap};

use lectern_tests::Client;
use lectern_tests::content::unique;
use lectern_tests::fixture::{ADMIN, API_ROLES, LMS, NORTH, OUTSIDER, READER, TEACHER, each_tenant, installation};

/// Method, path and the roles of which one is enough: Opencast's table, with `/api/info/organization/properties` open to `ROLE_API`
/// and a trailing slash that makes no difference. The objects do not exist: a request that is let in gets another refusal.
#[rustfmt::skip]
pub const TABLE: &[(&str, &str, &[&str])] = &[
    ("GET", "/api/info/none", &["ROLE_API"]),
    ("GET", "/api/info/me/none", &["ROLE_API"]),
    ("GET", "/api/info/organization/properties", &["ROLE_API"]),
    ("GET", "/api/info/organization/properties/engageuiurl", &["ROLE_API", "ROLE_UI_EVENTS_EMBEDDING_CODE_VIEW"]),
    ("GET", "/api/capabilities", &["ROLE_API"]),
    ("GET", "/api/version", &["ROLE_API"]),
    ("GET", "/api/version/none", &["ROLE_API"]),
    ("GET", "/api/agents", &["ROLE_API_CAPTURE_AGENTS_VIEW"]),
    ("GET", "/api/agents/none", &["ROLE_API_CAPTURE_AGENTS_VIEW"]),
    ("GET", "/api/events", &["ROLE_API_EVENTS_VIEW"]),
    ("GET", "/api/events/none", &["ROLE_API_EVENTS_VIEW"]),
    ("GET", "/api/events/none/acl", &["ROLE_API_EVENTS_ACL_VIEW"]),
    ("GET", "/api/events/none/media", &["ROLE_API_EVENTS_MEDIA_VIEW"]),
    ("GET", "/api/events/none/media/none", &["ROLE_API_EVENTS_MEDIA_VIEW"]),
    ("GET", "/api/events/none/metadata", &["ROLE_API_EVENTS_METADATA_VIEW"]),
    ("GET", "/api/events/none/metadata/none", &["ROLE_API_EVENTS_METADATA_VIEW"]),
    ("GET", "/api/events/none/publications", &["ROLE_API_EVENTS_PUBLICATIONS_VIEW"]),
    ("GET", "/api/events/none/publications/none", &["ROLE_API_EVENTS_PUBLICATIONS_VIEW"]),
    ("GET", "/api/events/none/scheduling", &["ROLE_API_EVENTS_SCHEDULING_VIEW"]),
    ("GET", "/api/groups", &["ROLE_API_GROUPS_VIEW"]),
    ("GET", "/api/groups/none", &["ROLE_API_GROUPS_VIEW"]),
    ("GET", "/api/listproviders", &["ROLE_API_LISTPROVIDERS_VIEW"]),
    ("GET", "/api/listproviders/none", &["ROLE_API_LISTPROVIDERS_VIEW"]),
    ("GET", "/api/playlists", &["ROLE_API_PLAYLISTS_VIEW"]),
    ("GET", "/api/playlists/none", &["ROLE_API_PLAYLISTS_VIEW"]),
    ("GET", "/api/series", &["ROLE_API_SERIES_VIEW"]),
    ("GET", "/api/series/none", &["ROLE_API_SERIES_VIEW"]),
    ("GET", "/api/series/none/acl", &["ROLE_API_SERIES_ACL_VIEW"]),
    ("GET", "/api/series/none/metadata", &["ROLE_API_SERIES_METADATA_VIEW"]),
    ("GET", "/api/series/none/metadata/none", &["ROLE_API_SERIES_METADATA_VIEW"]),
    ("GET", "/api/series/none/properties", &["ROLE_API_SERIES_PROPERTIES_VIEW"]),
    ("GET", "/api/statistics/providers", &["ROLE_API_STATISTICS_VIEW"]),
    ("GET", "/api/statistics/providers/none", &["ROLE_API_STATISTICS_VIEW"]),
    ("GET", "/api/workflows", &["ROLE_API_WORKFLOW_INSTANCE_VIEW"]),
    ("GET", "/api/workflows/none", &["ROLE_API_WORKFLOW_INSTANCE_VIEW"]),
    ("GET", "/api/workflow-definitions", &["ROLE_API_WORKFLOW_DEFINITION_VIEW"]),
    ("GET", "/api/workflow-definitions/none", &["ROLE_API_WORKFLOW_DEFINITION_VIEW"]),
    ("PUT", "/api/events/none", &["ROLE_API_EVENTS_EDIT"]),
    ("PUT", "/api/events/none/acl", &["ROLE_API_EVENTS_ACL_EDIT"]),
    ("PUT", "/api/events/none/metadata", &["ROLE_API_EVENTS_METADATA_EDIT"]),
    ("PUT", "/api/events/none/metadata/none", &["ROLE_API_EVENTS_METADATA_EDIT"]),
    ("PUT", "/api/events/none/scheduling", &["ROLE_API_EVENTS_SCHEDULING_EDIT"]),
    ("PUT", "/api/groups/none", &["ROLE_API_GROUPS_EDIT"]),
    ("PUT", "/api/playlists/none", &["ROLE_API_PLAYLISTS_CREATE", "ROLE_API_PLAYLISTS_EDIT"]),
    ("PUT", "/api/series/none", &["ROLE_API_SERIES_EDIT"]),
    ("PUT", "/api/series/none/acl", &["ROLE_API_SERIES_ACL_EDIT"]),
    ("PUT", "/api/series/none/metadata", &["ROLE_API_SERIES_METADATA_EDIT"]),
    ("PUT", "/api/series/none/metadata/none", &["ROLE_API_SERIES_METADATA_EDIT"]),
    ("PUT", "/api/series/none/properties", &["ROLE_API_SERIES_PROPERTIES_EDIT"]),
    ("PUT", "/api/workflows/none", &["ROLE_API_WORKFLOW_INSTANCE_EDIT"]),
    ("POST", "/api/events", &["ROLE_API_EVENTS_CREATE"]),
    ("POST", "/api/events/none", &["ROLE_API_EVENTS_EDIT"]),
    ("POST", "/api/events/none/acl/none", &["ROLE_API_EVENTS_ACL_EDIT"]),
    ("POST", "/api/events/none/track", &["ROLE_API_EVENTS_TRACK_EDIT"]),
    ("POST", "/api/groups", &["ROLE_API_GROUPS_CREATE"]),
    ("POST", "/api/groups/none/members", &["ROLE_API_GROUPS_EDIT"]),
    ("POST", "/api/playlists", &["ROLE_API_PLAYLISTS_CREATE", "ROLE_API_PLAYLISTS_EDIT"]),
    ("POST", "/api/playlists/none", &["ROLE_API_PLAYLISTS_CREATE", "ROLE_API_PLAYLISTS_EDIT"]),
    ("POST", "/api/series", &["ROLE_API_SERIES_CREATE"]),
    ("POST", "/api/security/sign", &["ROLE_API_SECURITY_EDIT"]),
    ("POST", "/api/statistics/data/query", &["ROLE_API_STATISTICS_VIEW"]),
    ("POST", "/api/statistics/data/export.csv", &["ROLE_API_STATISTICS_VIEW"]),
    ("POST", "/api/workflows", &["ROLE_API_WORKFLOW_INSTANCE_CREATE"]),
    ("DELETE", "/api/events/none", &["ROLE_API_EVENTS_DELETE"]),
    ("DELETE", "/api/events/none/acl/none/none", &["ROLE_API_EVENTS_ACL_DELETE"]),
    ("DELETE", "/api/events/none/metadata", &["ROLE_API_EVENTS_METADATA_DELETE"]),
    ("DELETE", "/api/events/none/metadata/none", &["ROLE_API_EVENTS_METADATA_DELETE"]),
    ("DELETE", "/api/groups/none", &["ROLE_API_GROUPS_DELETE"]),
    ("DELETE", "/api/groups/none/members/none", &["ROLE_API_GROUPS_EDIT"]),
    ("DELETE", "/api/playlists/none", &["ROLE_API_PLAYLISTS_DELETE"]),
    ("DELETE", "/api/series/none", &["ROLE_API_SERIES_DELETE"]),
    ("DELETE", "/api/series/none/metadata", &["ROLE_API_SERIES_METADATA_DELETE"]),
    ("DELETE", "/api/series/none/metadata/none", &["ROLE_API_SERIES_METADATA_DELETE"]),
    ("DELETE", "/api/workflows/none", &["ROLE_API_WORKFLOW_INSTANCE_DELETE"]),
    ("GET", "/capture-admin/agents.json", &["ROLE_CAPTURE_AGENT"]),
    ("GET", "/capture-admin/agents.xml", &["ROLE_CAPTURE_AGENT"]),
    ("GET", "/capture-admin/agents/none", &["ROLE_CAPTURE_AGENT"]),
    ("GET", "/capture-admin/agents/none/none", &["ROLE_CAPTURE_AGENT"]),
    ("GET", "/capture-admin/recordings", &["ROLE_CAPTURE_AGENT"]),
    ("GET", "/capture-admin/recordings/none", &["ROLE_CAPTURE_AGENT"]),
    ("GET", "/recordings/calendars", &["ROLE_CAPTURE_AGENT"]),
    ("GET", "/services/available.json", &["ROLE_CAPTURE_AGENT"]),
    ("POST", "/capture-admin/agents/none", &["ROLE_CAPTURE_AGENT"]),
    ("GET", "/capture-admin/agents/none/configuration", &["ROLE_CAPTURE_AGENT"]),
    ("POST", "/capture-admin/agents/none/configuration", &["ROLE_CAPTURE_AGENT"]),
    ("POST", "/capture-admin/recordings/none", &["ROLE_CAPTURE_AGENT"]),
    ("DELETE", "/capture-admin/agents/none", &["ROLE_CAPTURE_AGENT"]),
    ("DELETE", "/capture-admin/recordings/none", &["ROLE_CAPTURE_AGENT"]),
    // The trailing slash is part of the same row.
    ("GET", "/api/events/", &["ROLE_API_EVENTS_VIEW"]),
    ("POST", "/api/events/", &["ROLE_API_EVENTS_CREATE"]),
    ("GET", "/api/series/", &["ROLE_API_SERIES_VIEW"]),
    ("POST", "/api/series/", &["ROLE_API_SERIES_CREATE"]),
    ("GET", "/api/events/none/acl/", &["ROLE_API_EVENTS_ACL_VIEW"]),
    ("GET", "/api/version/", &["ROLE_API"]),
];

/// All roles that the table speaks of.
fn all_roles() -> BTreeSet<&'static str> {
    TABLE.iter().flat_map(|(_, _, roles)| roles.iter().copied()).collect()
}

#[test]
fn the_table_speaks_of_every_api_role() {
    let all = all_roles();
    for role in API_ROLES {
        assert!(all.contains(role), "{role}");
    }
}

#[test]
fn each_role_of_a_row_lets_in() {
    let mut keys = HashMap::new();
    for (method, path, roles) in TABLE {
        for role in *roles {
            let client = keys.entry(*role).or_insert_with(|| someone_with(&[role]));
            let answer = client.request(method, path).send().not_5xx();
            assert!(
                ![401, 403].contains(&answer.status),
                "{answer}\nmust be let in by {role}"
            );
        }
    }
}

#[test]
fn all_other_roles_together_do_not() {
    let mut keys = HashMap::new();
    for (method, path, roles) in TABLE {
        let client = keys.entry(*roles).or_insert_with(|| {
            let others = all_roles().into_iter().filter(|other| !roles.contains(other));
            someone_with(&others.collect::<Vec<_>>())
        });
        client.request(method, path).send().expect(403);
    }
}

#[test]
fn who_does_not_say_who_they_are_is_asked() {
    for (method, path, _) in TABLE {
        NORTH.anonymous().request(method, path).send().expect(401);
    }
}

#[test]
fn a_method_that_is_not_in_the_table_needs_an_administrator() {
    let everything = someone_with(&all_roles().into_iter().collect::<Vec<_>>());
    let listed: BTreeSet<_> = TABLE.iter().map(|(method, path, _)| (*method, *path)).collect();
    let paths: BTreeSet<_> = TABLE.iter().map(|(_, path, _)| *path).collect();
    for path in paths {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let with_slash = format!("{path}/");
            let without_slash = path.trim_end_matches('/');
            let is_listed = [path, with_slash.as_str(), without_slash]
                .iter()
                .any(|path| listed.contains(&(method, *path)));
            if !is_listed {
                everything.request(method, path).send().expect(403);
                NORTH.anonymous().request(method, path).send().expect(401);
            }
        }
    }
}

#[test]
fn head_needs_what_get_needs() {
    let (with, without) = (someone_with(&["ROLE_API_GROUPS_VIEW"]), someone_with(&["ROLE_API"]));
    let answer = with.request("HEAD", "/api/groups").send().not_5xx();
    assert!(![401, 403].contains(&answer.status), "{answer}");
    without.request("HEAD", "/api/groups").send().expect(403);
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
        let writing = |roles: &[&str]| !roles.iter().any(|role| role.ends_with("_VIEW"));
        for (method, path, _) in TABLE
            .iter()
            .filter(|(method, _, roles)| *method != "GET" && writing(roles))
        {
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

/// An application with just these roles, made on the spot.
fn someone_with(roles: &[&str]) -> Client {
    let key = installation().add_api_key(NORTH.id, &unique("someone"), roles);
    NORTH.anonymous().with_header("authorization", &format!("Bearer {key}"))
}
