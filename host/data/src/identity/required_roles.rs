//! Which role a method and path require: Opencast's URL table.
//!
//! The role that counts is the one of the user who authenticated, not of the user that a run-as header names. Three rules are more
//! generous than Opencast's, see docs/compatibility.md: `/api` is open, the tenant's properties are readable with `ROLE_API`, and
//! a trailing slash never makes a difference.

use super::{denials, roles};
use crate::model::{Denial, Principal};

/// One rule of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// In upper case. `GET` rules hold for `HEAD` as well.
    pub method: &'static str,
    /// Compared without regard to case; `*` stands for one segment.
    pub path: &'static str,
    /// One of these is enough, and so is `ROLE_ADMIN`.
    pub roles: &'static [&'static str],
}

const fn rule(method: &'static str, path: &'static str, roles: &'static [&'static str]) -> Rule {
    Rule { method, path, roles }
}

/// What everybody may `GET`, with or without credentials: where the API is, and how it is described.
pub const OPEN: [&str; 4] = ["/api", "/api/openapi.json", "/api/docs", "/api/docs/*"];

/// Where files are: everybody may ask for them, and the access list of the event they belong to decides.
pub const FILES: &str = "/static/*/*/*";

/// Where what is published is watched, in the same way.
pub const PAGES: &str = "/play/*";

/// Who speaks for capture agents.
const AGENTS: &[&str] = &[roles::CAPTURE_AGENT];

/// The table; the first rule that matches counts. Everything that is not listed requires `ROLE_ADMIN`.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    rule("GET", "/api/info/*", &["ROLE_API"]),
    rule("GET", "/api/info/me/*", &["ROLE_API"]),
    rule("GET", "/api/info/organization/properties", &["ROLE_API"]),
    rule("GET", "/api/info/organization/properties/engageuiurl", &["ROLE_API", "ROLE_UI_EVENTS_EMBEDDING_CODE_VIEW"]),
    rule("GET", "/api/capabilities", &["ROLE_API"]),
    rule("GET", "/api/version", &["ROLE_API"]),
    rule("GET", "/api/version/*", &["ROLE_API"]),
    rule("GET", "/api/agents", &["ROLE_API_CAPTURE_AGENTS_VIEW"]),
    rule("GET", "/api/agents/*", &["ROLE_API_CAPTURE_AGENTS_VIEW"]),
    rule("GET", "/api/events", &["ROLE_API_EVENTS_VIEW"]),
    rule("GET", "/api/events/*", &["ROLE_API_EVENTS_VIEW"]),
    rule("GET", "/api/events/*/acl", &["ROLE_API_EVENTS_ACL_VIEW"]),
    rule("GET", "/api/events/*/media", &["ROLE_API_EVENTS_MEDIA_VIEW"]),
    rule("GET", "/api/events/*/media/*", &["ROLE_API_EVENTS_MEDIA_VIEW"]),
    rule("GET", "/api/events/*/metadata", &["ROLE_API_EVENTS_METADATA_VIEW"]),
    rule("GET", "/api/events/*/metadata/*", &["ROLE_API_EVENTS_METADATA_VIEW"]),
    rule("GET", "/api/events/*/publications", &["ROLE_API_EVENTS_PUBLICATIONS_VIEW"]),
    rule("GET", "/api/events/*/publications/*", &["ROLE_API_EVENTS_PUBLICATIONS_VIEW"]),
    rule("GET", "/api/events/*/scheduling", &["ROLE_API_EVENTS_SCHEDULING_VIEW"]),
    rule("GET", "/api/groups", &["ROLE_API_GROUPS_VIEW"]),
    rule("GET", "/api/groups/*", &["ROLE_API_GROUPS_VIEW"]),
    rule("GET", "/api/listproviders", &["ROLE_API_LISTPROVIDERS_VIEW"]),
    rule("GET", "/api/listproviders/*", &["ROLE_API_LISTPROVIDERS_VIEW"]),
    rule("GET", "/api/playlists", &["ROLE_API_PLAYLISTS_VIEW"]),
    rule("GET", "/api/playlists/*", &["ROLE_API_PLAYLISTS_VIEW"]),
    rule("GET", "/api/series", &["ROLE_API_SERIES_VIEW"]),
    rule("GET", "/api/series/*", &["ROLE_API_SERIES_VIEW"]),
    rule("GET", "/api/series/*/acl", &["ROLE_API_SERIES_ACL_VIEW"]),
    rule("GET", "/api/series/*/metadata", &["ROLE_API_SERIES_METADATA_VIEW"]),
    rule("GET", "/api/series/*/metadata/*", &["ROLE_API_SERIES_METADATA_VIEW"]),
    rule("GET", "/api/series/*/properties", &["ROLE_API_SERIES_PROPERTIES_VIEW"]),
    rule("GET", "/api/statistics/providers", &["ROLE_API_STATISTICS_VIEW"]),
    rule("GET", "/api/statistics/providers/*", &["ROLE_API_STATISTICS_VIEW"]),
    rule("GET", "/api/workflows", &["ROLE_API_WORKFLOW_INSTANCE_VIEW"]),
    rule("GET", "/api/workflows/*", &["ROLE_API_WORKFLOW_INSTANCE_VIEW"]),
    rule("GET", "/api/workflow-definitions", &["ROLE_API_WORKFLOW_DEFINITION_VIEW"]),
    rule("GET", "/api/workflow-definitions/*", &["ROLE_API_WORKFLOW_DEFINITION_VIEW"]),
    rule("PUT", "/api/events/*", &["ROLE_API_EVENTS_EDIT"]),
    rule("PUT", "/api/events/*/acl", &["ROLE_API_EVENTS_ACL_EDIT"]),
    rule("PUT", "/api/events/*/metadata", &["ROLE_API_EVENTS_METADATA_EDIT"]),
    rule("PUT", "/api/events/*/metadata/*", &["ROLE_API_EVENTS_METADATA_EDIT"]),
    rule("PUT", "/api/events/*/scheduling", &["ROLE_API_EVENTS_SCHEDULING_EDIT"]),
    rule("PUT", "/api/groups/*", &["ROLE_API_GROUPS_EDIT"]),
    rule("PUT", "/api/playlists/*", &["ROLE_API_PLAYLISTS_CREATE", "ROLE_API_PLAYLISTS_EDIT"]),
    rule("PUT", "/api/series/*", &["ROLE_API_SERIES_EDIT"]),
    rule("PUT", "/api/series/*/acl", &["ROLE_API_SERIES_ACL_EDIT"]),
    rule("PUT", "/api/series/*/metadata", &["ROLE_API_SERIES_METADATA_EDIT"]),
    rule("PUT", "/api/series/*/metadata/*", &["ROLE_API_SERIES_METADATA_EDIT"]),
    rule("PUT", "/api/series/*/properties", &["ROLE_API_SERIES_PROPERTIES_EDIT"]),
    rule("PUT", "/api/workflows/*", &["ROLE_API_WORKFLOW_INSTANCE_EDIT"]),
    rule("POST", "/api/events", &["ROLE_API_EVENTS_CREATE"]),
    rule("POST", "/api/events/*", &["ROLE_API_EVENTS_EDIT"]),
    rule("POST", "/api/events/*/acl/*", &["ROLE_API_EVENTS_ACL_EDIT"]),
    rule("POST", "/api/events/*/track", &["ROLE_API_EVENTS_TRACK_EDIT"]),
    rule("POST", "/api/groups", &["ROLE_API_GROUPS_CREATE"]),
    rule("POST", "/api/groups/*/members", &["ROLE_API_GROUPS_EDIT"]),
    rule("POST", "/api/playlists", &["ROLE_API_PLAYLISTS_CREATE", "ROLE_API_PLAYLISTS_EDIT"]),
    rule("POST", "/api/playlists/*", &["ROLE_API_PLAYLISTS_CREATE", "ROLE_API_PLAYLISTS_EDIT"]),
    rule("POST", "/api/series", &["ROLE_API_SERIES_CREATE"]),
    rule("POST", "/api/security/sign", &["ROLE_API_SECURITY_EDIT"]),
    rule("POST", "/api/statistics/data/query", &["ROLE_API_STATISTICS_VIEW"]),
    rule("POST", "/api/statistics/data/export.csv", &["ROLE_API_STATISTICS_VIEW"]),
    rule("POST", "/api/workflows", &["ROLE_API_WORKFLOW_INSTANCE_CREATE"]),
    rule("GET", "/capture-admin/agents.json", AGENTS),
    rule("GET", "/capture-admin/agents.xml", AGENTS),
    rule("GET", "/capture-admin/agents/*", AGENTS),
    rule("GET", "/capture-admin/agents/*/*", AGENTS),
    rule("GET", "/capture-admin/recordings", AGENTS),
    rule("GET", "/capture-admin/recordings/*", AGENTS),
    rule("GET", "/recordings/calendars", AGENTS),
    rule("GET", "/services/available.json", AGENTS),
    rule("POST", "/capture-admin/agents/*", AGENTS),
    rule("POST", "/capture-admin/agents/*/configuration", AGENTS),
    rule("POST", "/capture-admin/recordings/*", AGENTS),
    rule("DELETE", "/capture-admin/agents/*", AGENTS),
    rule("DELETE", "/capture-admin/recordings/*", AGENTS),
    rule("DELETE", "/api/events/*", &["ROLE_API_EVENTS_DELETE"]),
    rule("DELETE", "/api/events/*/acl/*/*", &["ROLE_API_EVENTS_ACL_DELETE"]),
    rule("DELETE", "/api/events/*/metadata", &["ROLE_API_EVENTS_METADATA_DELETE"]),
    rule("DELETE", "/api/events/*/metadata/*", &["ROLE_API_EVENTS_METADATA_DELETE"]),
    rule("DELETE", "/api/groups/*", &["ROLE_API_GROUPS_DELETE"]),
    rule("DELETE", "/api/groups/*/members/*", &["ROLE_API_GROUPS_EDIT"]),
    rule("DELETE", "/api/playlists/*", &["ROLE_API_PLAYLISTS_DELETE"]),
    rule("DELETE", "/api/series/*", &["ROLE_API_SERIES_DELETE"]),
    rule("DELETE", "/api/series/*/metadata", &["ROLE_API_SERIES_METADATA_DELETE"]),
    rule("DELETE", "/api/series/*/metadata/*", &["ROLE_API_SERIES_METADATA_DELETE"]),
    rule("DELETE", "/api/workflows/*", &["ROLE_API_WORKFLOW_INSTANCE_DELETE"]),
];

/// Whether the method and path need no credentials.
pub fn is_open(method: &str, path_with_query: &str) -> bool {
    let path = path_of(path_with_query);
    is_get(method) && OPEN.iter().chain(&[FILES, PAGES]).any(|open| matches(open, path))
}

/// Refuses with 403 a user who lacks the role that the method and path require.
pub fn check(principal: &Principal, method: &str, path_with_query: &str) -> Result<(), Denial> {
    let rule = rule_for(method, path_with_query);
    let sufficient = rule.map_or(&[][..], |rule| rule.roles);
    let allowed = roles::has(principal, roles::ADMIN)
        || sufficient.iter().any(|role| roles::has(principal, role))
        || is_open(method, path_with_query);
    if allowed {
        return Ok(());
    }
    let needed = if sufficient.is_empty() {
        roles::ADMIN.to_owned()
    } else {
        sufficient.join(" or ")
    };
    let (user, path) = (&principal.username, path_of(path_with_query));
    Err(denials::forbidden(format!(
        "User {user} needs the role {needed} for {method} {path}."
    )))
}

/// The rule for a method and path, if there is one.
pub fn rule_for(method: &str, path_with_query: &str) -> Option<&'static Rule> {
    let method = if is_get(method) { "GET" } else { method };
    let path = path_of(path_with_query);
    RULES
        .iter()
        .find(|rule| rule.method == method && matches(rule.path, path))
}

fn is_get(method: &str) -> bool {
    matches!(method, "GET" | "HEAD")
}

/// The path without query and trailing slash. Percent-encoded octets stay as they are: an encoded slash does not end a segment, and a
/// literal part in an unusual spelling matches no rule, which is the safe side.
fn path_of(path_with_query: &str) -> &str {
    let path = path_with_query
        .split_once('?')
        .map_or(path_with_query, |(path, _)| path);
    path.strip_suffix('/').unwrap_or(path)
}

fn matches(pattern: &str, path: &str) -> bool {
    // Bytes, because this runs for every request and rule.
    let mut segments = path.as_bytes().split(|byte| *byte == b'/');
    let mut expected = pattern.as_bytes().split(|byte| *byte == b'/');
    let same = expected.all(|expected| {
        segments.next().is_some_and(|segment| match expected {
            b"*" => !segment.is_empty(),
            literal => segment.eq_ignore_ascii_case(literal),
        })
    });
    same && segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Organization;

    fn user_with(role: &str) -> Principal {
        roles::with_roles(Principal::default(), vec![role.to_owned()], &Organization::default())
    }

    fn status(role: &str, method: &str, path: &str) -> u16 {
        check(&user_with(role), method, path).map_or_else(|denial| denial.status, |()| 200)
    }

    /// Every rule with a path that it matches.
    fn examples() -> impl Iterator<Item = (&'static Rule, String)> {
        RULES.iter().map(|rule| (rule, rule.path.replace('*', "0c1f")))
    }

    /// All roles that appear in the table.
    fn all_roles() -> Vec<&'static str> {
        let mut all: Vec<_> = RULES.iter().flat_map(|rule| rule.roles).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    #[test]
    fn every_rule_admits_its_roles_and_role_admin_and_nobody_else() {
        for (rule, path) in examples() {
            for role in all_roles() {
                let expected = if rule.roles.contains(&role) { 200 } else { 403 };
                assert_eq!(
                    status(role, rule.method, &path),
                    expected,
                    "{role} {} {path}",
                    rule.method
                );
            }
            assert_eq!(status("ROLE_ADMIN", rule.method, &path), 200);
            assert_eq!(status("ROLE_USER", rule.method, &path), 403);
        }
    }

    #[test]
    fn no_rule_hides_another_one() {
        for (rule, path) in examples() {
            assert_eq!(rule_for(rule.method, &path), Some(rule));
        }
    }

    #[test]
    fn the_table_knows_opencasts_44_api_roles() {
        let api: Vec<_> = all_roles()
            .into_iter()
            .filter(|role| role.starts_with("ROLE_API"))
            .collect();
        assert_eq!(api.len(), 44, "{api:?}");
    }

    #[test]
    fn case_query_and_a_trailing_slash_make_no_difference() {
        for (rule, path) in examples() {
            for variant in [
                format!("{path}/"),
                format!("{path}?limit=1"),
                format!("{path}/?a=/b/c"),
                path.to_uppercase(),
            ] {
                assert_eq!(rule_for(rule.method, &variant), Some(rule), "{variant}");
            }
        }
    }

    #[test]
    fn head_needs_what_get_needs() {
        for (rule, path) in examples().filter(|(rule, _)| rule.method == "GET") {
            assert_eq!(rule_for("HEAD", &path), Some(rule));
        }
    }

    #[test]
    fn what_is_not_listed_is_for_role_admin_only() {
        for (method, path) in [
            ("OPTIONS", "/api/events"),
            ("PATCH", "/api/events/1"),
            ("get", "/api/events"),
            ("PUT", "/api/events"),
            ("PUT", "/api/events/"),
            ("POST", "/api/series/1"),
            ("POST", "/api/series/1/acl"),
            ("POST", "/api"),
            ("POST", "/api/recreateIndex"),
            ("GET", "/api/unknown"),
            ("GET", "/api/events/1/acl/read"),
            ("GET", "/api/events//acl"),
            ("GET", "/api/events//"),
            ("GET", "//api/events"),
            ("GET", "/api/%65vents"),
            ("GET", "/api/../events"),
            ("GET", "/"),
            ("GET", ""),
            ("GET", "/search"),
        ] {
            for role in all_roles() {
                assert_eq!(status(role, method, path), 403, "{role} {method} {path}");
            }
            assert_eq!(status("ROLE_ADMIN", method, path), 200, "{method} {path}");
        }
    }

    #[test]
    fn an_encoded_slash_does_not_start_a_segment() {
        assert_eq!(
            rule_for("GET", "/api/events/1%2Facl").unwrap().roles,
            ["ROLE_API_EVENTS_VIEW"]
        );
    }

    #[test]
    fn only_reading_the_root_of_the_api_files_and_pages_is_open() {
        for (method, path, open) in [
            ("GET", "/api", true),
            ("GET", "/api/", true),
            ("HEAD", "/api/", true),
            ("GET", "/API?x=1", true),
            ("POST", "/api", false),
            ("GET", "/api//", false),
            ("GET", "/api/version", false),
            ("GET", "/apiary", false),
            ("GET", "/static/event/file/talk.mp4?policy=x", true),
            ("HEAD", "/static/event/file/talk.mp4", true),
            ("POST", "/static/event/file/talk.mp4", false),
            ("GET", "/static/event/file", false),
            ("GET", "/static", false),
            ("GET", "/static/event/file/talk.mp4/more", false),
            ("GET", "/play/event", true),
            ("POST", "/play/event", false),
            ("GET", "/play", false),
            ("GET", "/play/event/more", false),
            ("GET", "/", false),
        ] {
            assert_eq!(is_open(method, path), open, "{method} {path}");
        }
        assert_eq!(status("ROLE_NONE", "GET", "/api/"), 200);
    }

    #[test]
    fn a_refusal_names_the_role_that_is_missing() {
        let denial = check(&user_with("ROLE_API"), "PUT", "/api/playlists/1?x=y").unwrap_err();
        assert!(
            denial
                .message
                .contains("ROLE_API_PLAYLISTS_CREATE or ROLE_API_PLAYLISTS_EDIT"),
            "{}",
            denial.message
        );
        assert!(denial.headers.is_empty());
    }
}
