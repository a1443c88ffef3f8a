//! `/api`, `/api/info` and `/api/version`: what the server is and who is asking.
//!
//! These answers are plain `application/json`, whatever version was asked for: clients that do not know yet which versions
//! there are ask here.

use std::collections::BTreeMap;

use lectern_handler::route::{Route, route};
use lectern_handler::{App, Context, Problem, Response, Version};
use serde::Serialize;

/// The handler.
pub const APP: App = App {
    routes: ROUTES,
    versioned: false,
};

const ROUTES: &[Route] = &[
    route("GET", "/api", root),
    route("GET", "/api/info/me", me),
    route("GET", "/api/info/me/roles", roles),
    route("GET", "/api/info/organization", organization),
    route("GET", "/api/info/organization/properties", properties),
    route("GET", "/api/info/organization/properties/engageuiurl", engage_ui_url),
    route("GET", "/api/version", versions),
    route("GET", "/api/version/default", default_version),
];

lectern_handler::component!(APP);

fn json(value: &impl Serialize) -> Result<Response, Problem> {
    Ok(Response::json_as(200, "application/json", value))
}

fn root(context: Context) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Root {
        url: String,
        version: String,
    }
    json(&Root {
        // As configured, to the letter: some clients compare it with their own setting.
        url: context.configured_url().unwrap_or_else(|| context.api_url()),
        version: Version::NEWEST.to_string(),
    })
}

fn me(context: Context) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Me {
        email: String,
        name: String,
        provider: String,
        userrole: String,
        username: String,
    }
    let principal = context.session.principal();
    json(&Me {
        email: principal.email,
        name: principal.name,
        provider: principal.provider,
        userrole: principal.user_role,
        username: principal.username,
    })
}

fn roles(context: Context) -> Result<Response, Problem> {
    json(&context.session.principal().roles)
}

fn organization(context: Context) -> Result<Response, Problem> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Organization {
        admin_role: String,
        anonymous_role: String,
        id: String,
        name: String,
    }
    let organization = context.session.organization();
    json(&Organization {
        admin_role: organization.admin_role,
        anonymous_role: organization.anonymous_role,
        id: organization.identifier,
        name: organization.name,
    })
}

fn properties(context: Context) -> Result<Response, Problem> {
    let properties: BTreeMap<String, String> = context.session.organization().properties.into_iter().collect();
    json(&properties)
}

fn engage_ui_url(context: Context) -> Result<Response, Problem> {
    const NAME: &str = "org.opencastproject.engage.ui.url";
    let properties = context.session.organization().properties;
    let configured = properties
        .into_iter()
        .find(|(name, _)| name == NAME)
        .map(|(_, url)| url);
    json(&BTreeMap::from([(
        NAME,
        configured.unwrap_or_else(|| context.origin()),
    )]))
}

fn versions(_: Context) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Versions {
        versions: Vec<String>,
        default: String,
    }
    json(&Versions {
        versions: Version::all().map(|version| version.to_string()).collect(),
        default: Version::NEWEST.to_string(),
    })
}

fn default_version(_: Context) -> Result<Response, Problem> {
    json(&BTreeMap::from([("default", Version::NEWEST.to_string())]))
}

#[cfg(test)]
mod tests {
    use lectern_handler::fake::Client;
    use serde_json::json;

    use super::*;

    fn client() -> Client {
        Client::of(&APP)
    }

    fn with_property(name: &str, value: &str) -> Client {
        let client = client();
        client
            .backend
            .store
            .borrow_mut()
            .properties
            .push((name.to_owned(), value.to_owned()));
        client
    }

    #[test]
    fn the_root_is_open_and_names_address_and_version() {
        for path in ["/api", "/api/"] {
            let answer = client().anonymous().get(path);
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("content-type"), Some("application/json"));
            assert_eq!(
                answer.json(),
                json!({"url": "http://localhost:8080/api", "version": "v1.11.0"})
            );
        }
    }

    #[test]
    fn a_configured_address_is_shown_to_the_letter() {
        let client = with_property("org.opencastproject.external.api.url", "https://video.example.org/");
        assert_eq!(client.get("/api").json()["url"], "https://video.example.org/");
    }

    #[test]
    fn everything_else_needs_credentials() {
        for path in ["/api/info/me", "/api/version", "/api/nothing"] {
            let answer = client().anonymous().get(path);
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"Opencast\""));
        }
    }

    #[test]
    fn a_user_learns_who_they_are() {
        let answer = client().get("/api/info/me");
        assert_eq!(
            answer.json(),
            json!({
                "email": "", "name": "Display name of admin", "provider": "opencast",
                "userrole": "ROLE_USER_ADMIN", "username": "admin"
            })
        );
        let answer = client().identified("alice", &["ROLE_A"]).get("/api/info/me/roles");
        assert_eq!(answer.json(), json!(["ROLE_A", "ROLE_USER_ALICE"]));
    }

    #[test]
    fn the_organization_is_named_without_its_properties() {
        assert_eq!(
            client().get("/api/info/organization").json(),
            json!({
                "adminRole": "ROLE_ADMIN", "anonymousRole": "ROLE_ANONYMOUS",
                "id": "mh_default_org", "name": "Opencast Project"
            })
        );
    }

    #[test]
    fn properties_are_an_object_even_if_there_are_none() {
        assert_eq!(client().get("/api/info/organization/properties").text, "{}");
        let client = with_property("a", "b");
        assert_eq!(
            client.get("/api/info/organization/properties").json(),
            json!({"a": "b"})
        );
    }

    #[test]
    fn the_engage_address_is_the_configured_one_or_this_server() {
        let path = "/api/info/organization/properties/engageuiurl";
        const NAME: &str = "org.opencastproject.engage.ui.url";
        assert_eq!(client().get(path).json()[NAME], "http://localhost:8080");
        let client = with_property(NAME, "https://engage.example.org");
        assert_eq!(client.get(path).json()[NAME], "https://engage.example.org");
    }

    #[test]
    fn versions_are_listed_oldest_first_whatever_version_is_asked_for() {
        for client in [client(), client().speaking("1.0.0")] {
            let answer = client.get("/api/version/");
            assert_eq!(answer.header("content-type"), Some("application/json"));
            assert_eq!(
                answer.json(),
                json!({
                    "versions": ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0", "v1.6.0", "v1.7.0",
                                 "v1.8.0", "v1.9.0", "v1.10.0", "v1.11.0"],
                    "default": "v1.11.0"
                })
            );
            assert_eq!(client.get("/api/version/default").json(), json!({"default": "v1.11.0"}));
        }
    }

    #[test]
    fn a_version_that_does_not_exist_is_not_acceptable() {
        let answer = client().speaking("2.0.0").get("/api");
        assert_eq!(answer.status, 406);
        assert!(answer.text.contains("v1.11.0"), "{}", answer.text);
    }

    #[test]
    fn an_unknown_path_is_not_found_and_says_so_in_text() {
        let answer = client().get("/api/versions");
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header("content-type"), Some("text/plain;charset=utf-8"));
        assert!(answer.text.contains("/api/versions"));
    }

    #[test]
    fn a_method_that_is_not_served_is_told_which_are() {
        let answer = client().send("POST", "/api/version");
        assert_eq!(answer.status, 405);
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }

    #[test]
    fn head_is_answered_like_get() {
        assert_eq!(
            client().send("HEAD", "/api/version/default"),
            client().get("/api/version/default")
        );
    }
}
